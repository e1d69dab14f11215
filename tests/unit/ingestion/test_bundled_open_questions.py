"""What the bundled files say where the bot has no answer, in all twelve languages."""

from pathlib import Path

import pytest

from bot.adapters.knowledge.file_format import FilePlace, parse_file
from bot.ids import DocumentPath, Locale
from bot.ingestion.model import Section
from bot.writing.terms import numbers_in
from tests.support.knowledge_parts import no_language

KNOWLEDGE = Path(__file__).parents[3] / "knowledge"


def sections_of(path: str, locale: Locale) -> dict[str, Section]:
    raw = KNOWLEDGE.joinpath(locale, path).read_bytes()
    place = FilePlace(f"{locale}/{path}", DocumentPath(path), locale, path.partition("/")[0])
    parsed = parse_file(raw.decode(), place, "", no_language)
    assert parsed.document is not None
    return {section.section_id: section for section in parsed.document.sections}


@pytest.mark.parametrize("locale", list(Locale))
def test_whoever_asks_for_the_next_expo_is_told_when_the_last_one_was(locale: Locale):
    told = sections_of("open/expo.md", locale)["next-edition"].text
    held = sections_of("expo/editions.md", locale)["edition-2025"].text
    assert {"17", "20", "2025"} <= numbers_in(told) & numbers_in(held)
