"""What is wrong between the files of a collection is told once."""

from __future__ import annotations

from bot.ids import Locale
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
