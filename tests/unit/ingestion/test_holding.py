"""Which changes of the folder wait for a person's word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ids import Locale
from bot.ingestion.holding import digest_of, held_for_removal, removal_reasons
from bot.ingestion.model import Document
from tests.support.knowledge_parts import document, section


def hall(number: int, locale: Locale = Locale.EN, sections: int = 1) -> Document:
    parts = [section(f"s{part}", f"Hall {number} {locale} has part {part}.") for part in range(sections)]
    return document(f"area/hall{number}.md", locale, *parts)


def halls(count: int, locale: Locale = Locale.EN) -> list[Document]:
    return [hall(number, locale) for number in range(count)]


@pytest.mark.parametrize(
    ("had", "gone", "waits"),
    [(3, 1, False), (3, 2, False), (3, 3, True), (9, 2, False), (10, 3, True), (15, 3, False), (20, 4, False), (20, 5, True)],
)  # fmt: skip
def test_more_than_a_fifth_waits_but_two_sections_may_always_go(had: int, gone: int, waits: bool):
    before = halls(had)
    after = [*before[gone:], hall(100, Locale.RU)]
    assert bool(removal_reasons(before, after)) is waits


def test_the_sections_of_one_language_count_alone():
    before = [*halls(50), *halls(10, Locale.RU)]
    after = [*halls(50), *halls(6, Locale.RU)]

    [reason] = removal_reasons(before, after)

    assert reason.startswith("it would remove 4 of 10 sections in Русский (ru): ru/area/hall6.md, ru/area/hall7.md, ")
    assert reason.endswith(" and 1 more")


def test_a_little_of_each_language_can_be_much_of_all():
    before = [one for locale in Locale for one in [hall(0, locale, sections=8)]]
    after = [one for locale in Locale for one in [hall(0, locale, sections=6)]]
    [reason] = removal_reasons(before, after)
    assert reason.startswith("it would remove 24 of 96 sections: ")


def test_a_section_that_moves_to_another_file_is_not_taken_away():
    before = [hall(number, sections=4) for number in range(3)]
    after = [replace(one, path=one.path.replace("area/", "venue/")) for one in before]
    assert removal_reasons(before, after) == []


def test_an_empty_folder_waits_whatever_its_size_and_what_is_announced_does_not_count():
    news = replace(document("announcements/a.md", Locale.EN, section("announcement", "Closed.")), is_file=False)

    [reason] = removal_reasons([hall(1), news], [news])
    assert "no readable document" in reason

    assert removal_reasons([*halls(4), news], halls(4)) == []
    assert digest_of([*halls(4), news]) == digest_of(halls(4))


def test_what_is_held_is_named_by_what_stands_in_the_folder():
    held = held_for_removal(halls(10), halls(2))
    assert held is not None
    assert held.digest == digest_of(halls(2))
    assert held_for_removal(halls(10), halls(10)) is None
