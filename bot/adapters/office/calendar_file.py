"""Calendars (RFC 5545): an event a section, with its time, place and description."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from icalendar import Calendar, Component

from bot.adapters.office.blocks import Block, Heading, Paragraph
from bot.adapters.office.outcome import Notes, RefusalReason, RefusedError, RemarkKind

_LONGEST = 2**20
"""Characters: by reasoning, some 2,000 events."""


def read_calendar(text: str, notes: Notes) -> list[Block]:
    """The events in the order of their beginnings.

    Raises:
        RefusedError: it is no calendar, or has far more events than anybody reads.
    """
    if len(text) > _LONGEST:
        raise RefusedError(RefusalReason.TOO_MUCH_TEXT)
    try:
        calendar = Calendar.from_ical(text)
    except (ValueError, KeyError, IndexError) as error:
        raise RefusedError(RefusalReason.DAMAGED, str(error)[:200]) from error
    events = [event for event in calendar.walk("VEVENT") if _text(event, "SUMMARY") or _text(event, "DESCRIPTION")]
    blocks: list[Block] = []
    for event in sorted(events, key=lambda event: str(_moment(event, "DTSTART") or "")):
        blocks.extend(_blocks(event))
        if "RRULE" in event or "RDATE" in event:
            notes.add(RemarkKind.REPEATING_EVENTS)
    return blocks


def _blocks(event: Component) -> list[Block]:
    parts = [_text(event, name) for name in ("LOCATION", "DESCRIPTION", "URL")]
    paragraphs = [line for part in (_time(event), *parts) for line in part.split("\n")]
    summary = _text(event, "SUMMARY") or _text(event, "DESCRIPTION").split("\n")[0]
    return [Heading(2, summary), *(Paragraph(line) for line in paragraphs if line.strip())]


def _time(event: Component) -> str:
    begin, end = _moment(event, "DTSTART"), _moment(event, "DTEND")
    if begin is None:
        return ""
    if end is None and isinstance(length := _value(event, "DURATION"), timedelta):
        end = begin + length
    if not isinstance(begin, datetime) or (end is not None and not isinstance(end, datetime)):
        last = end - timedelta(days=1) if end is not None and end > begin else begin
        return f"{begin}" if last == begin else f"{begin} – {last}"
    zone = f" ({begin.tzinfo})" if begin.tzinfo is not None else ""
    if end is None or end == begin:
        return f"{begin:%Y-%m-%d %H:%M}{zone}"
    until = f"{end:%H:%M}" if end.date() == begin.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{begin:%Y-%m-%d %H:%M} – {until}{zone}"


def _moment(event: Component, name: str) -> date | None:
    value = _value(event, name)
    return value if isinstance(value, date) else None


def _value(event: Component, name: str) -> object:
    return getattr(event.get(name), "dt", None)


def _text(event: Component, name: str) -> str:
    value = event.get(name)
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")
