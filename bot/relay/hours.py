"""When the staff answer: `Mon-Fri 09:00-18:00, Sat 10:00-14:00` in the time of one zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Self
from zoneinfo import ZoneInfo

import regex

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = regex.compile(
    r"(?P<first>[a-z]{3})(?:\s*[-–]\s*(?P<last>[a-z]{3}))?\s+(?P<opens>\d{1,2}:\d{2})\s*[-–]\s*(?P<closes>\d{1,2}:\d{2})"
)


@dataclass(frozen=True, slots=True)
class HoursSpan:
    """Days of the week, 0 is Monday, and from when to when on each of them; `closes` 00:00 is midnight."""

    first: int
    last: int
    opens: time
    closes: time

    def holds(self, weekday: int, at: time) -> bool:
        """Whether the staff are there on that day at that time."""
        return self.first <= weekday <= self.last and self.opens <= at and (at < self.closes or self.closes == time())


@dataclass(frozen=True, slots=True)
class StaffHours:
    """When the staff are there; without spans at any time."""

    spans: tuple[HoursSpan, ...]
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str, zone: ZoneInfo) -> Self:
        """Read spans with commas between them; an empty text is at any time.

        Raises:
            ValueError: one can't be read.
        """
        return cls(tuple(_span(part) for part in text.split(",") if part.strip()), zone)

    def is_open(self, now: datetime) -> bool:
        """Whether the staff are there at that moment."""
        local = now.astimezone(self.zone)
        return not self.spans or any(span.holds(local.weekday(), local.time()) for span in self.spans)


def _span(text: str) -> HoursSpan:
    found = _SPAN.fullmatch(text.strip().lower())
    days = [found["first"], found["last"] or found["first"]] if found else []
    if found is None or not set(days) <= set(_DAYS):
        raise ValueError(f"{text.strip()!r} can't be read: it needs the form Mon-Fri 09:00-18:00")
    first, last = map(_DAYS.index, days)
    opens, closes = _time(found["opens"]), _time(found["closes"])
    if last < first or (closes <= opens and closes != time()):
        raise ValueError(f"{text.strip()!r} ends before it begins: write it as two, with a comma between them")
    return HoursSpan(first, last, opens, closes)


def _time(text: str) -> time:
    """A time of day; 24:00 is the midnight at its end."""
    hour, minute = map(int, text.split(":"))
    return time() if (hour, minute) == (24, 0) else time(hour, minute)
