"""CSV, calendars and text: what has no pictures and no styles."""

from __future__ import annotations

import pytest

from bot.adapters.office.outcome import Converted, FileKind, RefusalReason, Refused, RemarkKind
from bot.adapters.office.work import convert


def converted(text: str, kind: FileKind) -> Converted:
    outcome = convert(text.encode(), "sent-today.txt")
    assert isinstance(outcome, Converted), outcome
    assert outcome.kind is kind
    return outcome


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_table_is_told_row_by_row(separator: str):
    rows = [["Поезд", "To", "发车"], ["X9", '"Almaty, Astana"', "9:00"], ["X12", "Minsk", ""]]
    found = converted("\n".join(separator.join(row) for row in rows), FileKind.CSV)
    assert found.markdown == "# sent today\n\n- Поезд: X9; To: Almaty, Astana; 发车: 9:00\n- Поезд: X12; To: Minsk\n"


def test_prose_with_commas_is_no_table():
    text = "The expo, which is in Qingdao, opens at nine.\nOn Mondays, it is closed."
    assert converted(text, FileKind.TEXT).markdown == f"# sent today\n\n{' '.join(text.split())}\n"


_CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
{}
END:VCALENDAR
"""


def event(*lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"])


def test_events_are_sections_in_the_order_of_time():
    later = event(
        "DTSTART;TZID=Asia/Shanghai:20260502T090000",
        "DURATION:PT90M",
        "SUMMARY:开幕式\\, первый день",
        "LOCATION:Hall 3",
        "DESCRIPTION:प्रवेश\\nfree of",
        "  charge",
        "RRULE:FREQ=DAILY",
    )
    days = event("DTSTART;VALUE=DATE:20260430", "DTEND;VALUE=DATE:20260502", "SUMMARY:Days of trade")
    found = converted(_CALENDAR.format(f"{later}\n{days}"), FileKind.ICS)
    assert (
        found.markdown
        == """# sent today

## Days of trade {#days-of-trade}

2026-04-30 – 2026-05-01

## 开幕式, первый день {#part-2}

2026-05-02 09:00 – 10:30 (Asia/Shanghai)

Hall 3

प्रवेश

free of charge
"""
    )
    assert [one.kind for one in found.remarks] == [RemarkKind.REPEATING_EVENTS]


@pytest.mark.parametrize("broken", ["BEGIN:VCALENDAR\nBEGIN:VEVENT\nnothing", "BEGIN:VCALENDAR\nEND:VCALENDAR"])
def test_a_calendar_without_a_readable_event_is_refused(broken: str):
    outcome = convert(broken.encode(), "x.ics")
    assert isinstance(outcome, Refused)
    assert outcome.reason in {RefusalReason.DAMAGED, RefusalReason.NO_TEXT}


def test_markdown_keeps_its_headings_entries_links_and_questions():
    text = (
        "---\ntitle: Old\n---\n# Guide\n\n## Hours {#hours}\n\nOpen at [nine](https://example.org/n),\nas ever.\n"
        "- one\n  - two\n3. three\n\n? When does it open?\n"
    )
    assert (
        converted(text, FileKind.TEXT).markdown
        == """# Guide

## Hours {#hours}

Open at nine (https://example.org/n), as ever.

- one
  - two
- three

? When does it open?
"""
    )


def test_more_text_than_a_knowledge_file_holds_is_refused():
    outcome = convert(b"A sentence of some words.\n\n" * 20_000, "long.txt")
    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.TOO_MUCH_TEXT
    assert str(outcome).startswith("long.txt: it holds too much text for one file: divide it (")
