"""What is wrong between the files of a collection is told once."""

from __future__ import annotations

from dataclasses import replace

from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.comparing import differences_of
from bot.ingestion.inspection import inspect
from bot.ingestion.model import FolderReading
from tests.support.knowledge_parts import document, section


def test_what_is_a_fault_is_not_told_as_a_warning_too() -> None:
    english = document("area/x.md", Locale.EN, section("one", "Text."), section("two", "Text."))
    russian = document("area/x.md", Locale.RU, section("one", "Text."))
    faults = differences_of([english, russian]).faults
    reading = inspect(FolderReading(documents=(english, russian), faults=(), warnings=faults))
    assert (reading.faults, reading.warnings) == (faults, ())


def test_what_a_section_offers_must_be_there() -> None:
    russia = document("entry/countries.md", Locale.EN, section("russia", "A rule."))
    asking = section("which", "Which passport?")
    offers = ("entry/countries.md", "entry/countries.md#russia", "entry/countries.md#gone", "gone.md")
    which = document("open/entry.md", Locale.EN, replace(asking, offers=offers), answerable=False)
    reading = inspect(FolderReading(documents=(russia, which), faults=(), warnings=()))
    assert [fault.reason for fault in reading.faults] == [
        f"offers={name} names no document and no section: write it as entry/countries.md#russia"
        for name in ("entry/countries.md#gone", "gone.md")
    ]


def test_an_open_question_that_nothing_answers_is_told_to_stay_open() -> None:
    asking = replace(section("hours", "I do not know."), answered_by=SectionKey(DocumentPath("venue/hall.md"), "hours"))
    marked = document("open/venue.md", Locale.EN, asking, answerable=False)
    hall = document("venue/hall.md", Locale.EN, section("hours", "From nine."))
    alone = inspect(FolderReading(documents=(marked,), faults=(), warnings=()))
    assert [fault.reason for fault in alone.warnings] == [
        "answered_by=venue/hall.md#hours names no section that is told: the question stays open"
    ]
    assert not inspect(FolderReading(documents=(marked, hall), faults=(), warnings=())).warnings
