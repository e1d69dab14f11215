"""What stands below what was told: sources, and until when it holds."""

from __future__ import annotations

from datetime import date

import pytest

from bot.answering.model import Answer, Citation, Outcome
from bot.chat.text.answers import answer_text
from bot.chat.text.rendering import plain
from bot.chat.text.sections import section_text
from bot.i18n.translator import Catalogs
from bot.ids import DocumentPath, Locale, SectionKey
from tests.support.chat_rig import LOCALES

CATALOGS = Catalogs(LOCALES)
DEC_1, DEC_10 = date(2026, 12, 1), date(2026, 12, 10)


def told(*ends: date | None, as_of: date | None = None) -> Answer:
    cited = [
        Citation(
            key=SectionKey(DocumentPath("venue/hall.md"), str(number)), title="Hall", heading="Hours", publisher="Hall",
            source_title="", url="", source_date=None, as_of=as_of, valid_until=end, locale=Locale.EN,
        )
        for number, end in enumerate(ends)
    ]  # fmt: skip
    return Answer(Outcome.ANSWERED, Locale.EN, Locale.EN, ("It opens at 9:00.",), citations=tuple(cited))


def shown(answer: Answer, near: date | None, *, whole: bool = False) -> list[str]:
    t = CATALOGS.translator(Locale.EN)
    text = section_text(answer, t, near=near) if whole else answer_text(answer, t, near=near)
    return [line for line in plain(text).splitlines() if line]


@pytest.mark.parametrize("whole", [False, True], ids=["an answer", "a whole section"])
def test_near_its_end_a_fact_is_told_with_it_once(whole: bool) -> None:
    lines = shown(told(DEC_1, DEC_1), date(2026, 12, 1), whole=whole)
    assert [line for line in lines if "2026" in line] == ["Holds until December 1, 2026."]
    assert lines.index("Holds until December 1, 2026.") == lines.index("It opens at 9:00.") + 1


def test_an_end_that_is_far_stands_in_the_small_print() -> None:
    for near in (date(2026, 11, 30), None):
        lines = shown(told(DEC_1), near)
        assert [line for line in lines if "2026" in line] == ["Valid until: December 1, 2026"]


def test_of_several_ends_the_first_is_told_and_the_others_are_kept() -> None:
    lines = shown(told(DEC_10, DEC_1, None), date(2026, 12, 12))
    assert [line for line in lines if "2026" in line] == [
        "Holds until December 1, 2026.",
        "Valid until: December 10, 2026",
    ]


def test_the_end_of_a_source_that_is_not_shown_any_more_is_told_too() -> None:
    assert "Holds until December 1, 2026." in shown(told(None, None, None, DEC_1), DEC_10)


def test_what_has_no_end_says_as_before_of_when_it_is() -> None:
    assert "Source: Hall · as of: March 1, 2024" in shown(told(None, as_of=date(2024, 3, 1)), DEC_10)
