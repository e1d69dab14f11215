"""The file that a pin is written to reads as what was meant, whatever was typed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.knowledge.reader import parse_raw
from bot.ids import DocumentPath, Locale, SectionKey
from bot.proposals.pinning import PinSource, PinWish, is_pin_file, running_text, source_at_end, source_of
from bot.writing.cleaning import one_line
from tests.support.knowledge_parts import no_language

DAY = date(2026, 11, 28)
SOURCE = PinSource("The venue", "https://example.org/parking", "Getting there", date(2026, 11, 1))


def wish(*questions: str, **more) -> PinWish:
    given = {"text": "Park at gate 4.", "source": SOURCE} | more
    return PinWish(questions=questions or ("Is there parking?",), locale=Locale.EN, day=DAY, **given)


def read(one: PinWish):
    parsed = parse_raw(one.content.encode(), one.file, no_language)
    assert parsed.faults == ()
    return parsed.document


def test_a_pin_with_a_text_is_read_with_its_source_owner_and_last_day():
    document = read(wish("Is there parking?", "Can I park?", until=date(2026, 12, 31), owner="Rena"))
    [section] = document.sections
    assert (document.is_pin, document.tells, document.owner) == (True, None, "Rena")
    assert (section.text, section.questions) == ("Park at gate 4.", ("Is there parking?", "Can I park?"))
    assert (section.as_of, section.valid_until) == (DAY, date(2026, 12, 31))
    assert section.source is not None
    assert (section.source.publisher, section.source.date) == ("The venue", date(2026, 11, 1))


def test_a_pin_that_tells_a_section_has_no_text_and_no_source():
    key = SectionKey(DocumentPath("venue/hall.md"), "size")
    document = read(wish(tells=key, text="", source=None))
    assert (document.tells, document.sections[0].text, document.sections[0].source) == (key, "", None)


def test_the_same_question_has_one_file_and_one_without_latin_letters_a_name_of_its_own():
    assert wish("Is there parking?").file == "en/pins/is-there-parking.md"
    chinese, other = wish("有停车场吗？").file, wish("有地铁吗？").file
    assert chinese != other
    assert chinese == wish("有停车场吗？").file


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=200))
def test_whatever_is_typed_stays_question_and_running_text(question: str, text: str):
    line = running_text(text)
    if not line or not one_line(question, limit=80):
        return
    document = parse_raw(wish(question, text=line).content.encode(), "en/pins/x.md", no_language).document
    if document is not None:  # Markdown that hides all of it leaves nothing to tell
        assert len(document.sections) == 1
        assert len(document.sections[0].questions) <= 1


@pytest.mark.parametrize(
    ("written", "text", "url"),
    [
        ("Park here. https://www.example.org/p", "Park here.", "https://www.example.org/p"),
        ("Park here.", "Park here.", None),
        ("https://example.org/ says so.", "https://example.org/ says so.", None),
    ],
)
def test_the_address_at_the_end_is_the_source(written: str, text: str, url: str | None):
    found, source = source_at_end(written)
    assert (found, source.url if source else None) == (text, url)
    assert source is None or source.publisher == "example.org"


@pytest.mark.parametrize("url", ["", "ftp://example.org", "example.org", "https://", "http://[broken"])
def test_what_is_no_address_is_no_source(url: str):
    assert source_of(url) is None


def test_pins_are_told_from_other_files_by_their_front_matter_alone():
    assert is_pin_file(wish().content)
    assert not is_pin_file("---\ntitle: x\n---\n\ntells: a.md#b\n")
