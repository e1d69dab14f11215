"""When an announcement is due: now, once, or again and again by a cron line, always in wall time of an IANA zone.

Wall time that does not exist (the clocks are put forward over it) stands for the first moment after the gap. Wall time
that comes twice (the clocks are put back) stands for the first of the two. Moments that fall together fire once, and
none fires twice, because a slot is the local date and time at which it really fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.announcements.model import Schedule, Timing

_LONGEST_WAIT = timedelta(days=366 * 9)
"""29 February comes once in eight years at the worst (around 2100)."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MINUTE, _HOUR, _DAY = _Field("minute", 0, 59), _Field("hour", 0, 23), _Field("day-of-month", 1, 31)
_MONTH = _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day-of-week", 0, 6, _DAYS)


class ScheduleError(ValueError):
    """A schedule can't be read; the message names the field and what it may hold."""


class Note(Enum):
    """What the clock change does to a moment."""

    PLAIN = "plain"
    GAP = "gap"
    """The wall time is skipped on that day: it fires at the first moment after the gap."""
    OVERLAP = "overlap"
    """The wall time comes twice on that day: it fires at the first of the two."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One firing: the local time at which it fires (aware), the wall time that was asked for, and why they differ."""

    local: datetime
    asked: datetime
    note: Note

    @property
    def utc(self) -> datetime:
        """The same moment in UTC."""
        return self.local.astimezone(UTC)

    @property
    def slot(self) -> str:
        """What makes it unique among the firings of its announcement: the local date and time."""
        return self.local.strftime("%Y%m%dT%H%M%S" if self.local.second else "%Y%m%dT%H%M")


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron line of five fields, read. When day of month and day of week are both given, either suffices."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    either_day: bool

    def after(self, start: datetime) -> Iterator[datetime]:
        """Wall times (naive) from `start` on, this one included, in order; ends when none comes for nine years."""
        day, last = start.date(), start.date() + _LONGEST_WAIT
        while day <= last:
            if self._has(day):
                for wall in self._times(day):
                    if wall >= start:
                        yield wall
                        last = day + _LONGEST_WAIT
            day += timedelta(days=1)

    def _has(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_number, by_name = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_number or by_name if self.either_day else by_number and by_name

    def _times(self, day: date) -> Iterator[datetime]:
        return (datetime.combine(day, time(hour, minute)) for hour in self.hours for minute in self.minutes)


def read_cron(line: str) -> Cron:
    """Read `minute hour day month weekday`: numbers, names, lists, ranges and steps (`*/15`, `9-17`, `mon,thu`).

    Raises:
        ScheduleError: it can't be read, or it stands for no day at all; the message names the field.
    """
    fields = line.split()
    if len(fields) != 5:
        raise ScheduleError(
            f"cron {line!r} has {len(fields)} fields: it needs five (minute hour day-of-month month day-of-week)"
        )
    cron = Cron(
        minutes=tuple(sorted(_read(fields[0], _MINUTE))),
        hours=tuple(sorted(_read(fields[1], _HOUR))),
        days=_read(fields[2], _DAY),
        months=_read(fields[3], _MONTH),
        weekdays=frozenset(number % 7 for number in _read(fields[4], _WEEKDAY)),
        either_day=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )
    if next(cron.after(datetime(2000, 1, 1)), None) is None:  # noqa: DTZ001 - wall time
        raise ScheduleError(f"cron {line!r}: day-of-month {fields[2]!r} never comes in month {fields[3]!r}")
    return cron


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name.

    Raises:
        ScheduleError: there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError(f"zone {name!r} is no IANA time zone: write it as Asia/Shanghai") from error


def resolve(wall: datetime, zone: ZoneInfo) -> Moment:
    """The moment that a wall time (naive) stands for, by the rule at the top of this page."""
    wall = wall.replace(tzinfo=None, fold=0)
    first, second = wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return Moment(first, wall, Note.PLAIN)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall:
        return Moment(first, wall, Note.OVERLAP)
    return Moment(_end_of_gap(second.astimezone(UTC), first.astimezone(UTC), zone), wall, Note.GAP)


def moments(schedule: Schedule, *, after: datetime) -> Iterator[Moment]:
    """The firings later than `after`, in order. One that is due now or once has a single moment.

    For `Timing.NOW`, that moment is `after` itself.

    Raises:
        ScheduleError: the schedule can't be read.
    """
    zone = zone_of(schedule.zone)
    if schedule.timing is Timing.NOW:
        yield Moment(after.astimezone(zone).replace(microsecond=0), after.astimezone(zone), Note.PLAIN)
    elif schedule.timing is Timing.ONCE:
        if schedule.at is None:
            raise ScheduleError("a schedule that fires once needs the date and time")
        moment = resolve(schedule.at, zone)
        if moment.utc > after:
            yield moment
    else:
        yield from _recurring(read_cron(schedule.cron), zone, after, schedule.until)


def next_moment(schedule: Schedule, *, after: datetime) -> Moment | None:
    """The first firing later than `after`; None when there is none."""
    return next(moments(schedule, after=after), None)


def preview(schedule: Schedule, count: int, *, after: datetime) -> tuple[Moment, ...]:
    """The next firings, at most `count`, to be shown in local time and UTC with their notes."""
    return tuple(islice(moments(schedule, after=after), count))


def moment_at(schedule: Schedule, due_at: datetime) -> Moment:
    """The firing that is due at a moment which `moments` gave before."""
    return Moment(due_at.astimezone(zone_of(schedule.zone)), due_at, Note.PLAIN)


def after_quiet_hours(
    moment: datetime, *, zone: ZoneInfo, quiet_from: time | None, quiet_until: time | None
) -> datetime:
    """`moment`, or the end of the quiet hours in which it lies (UTC). Hours may span midnight; equal ends mean none."""
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return moment
    local = moment.astimezone(zone)
    wall = local.time()
    spans_midnight = quiet_from > quiet_until
    is_quiet = wall >= quiet_from or wall < quiet_until if spans_midnight else quiet_from <= wall < quiet_until
    if not is_quiet:
        return moment
    day = local.date() + timedelta(days=1) if spans_midnight and wall >= quiet_from else local.date()
    ends = resolve(datetime.combine(day, quiet_until), zone).utc
    return max(ends, moment)


def _recurring(cron: Cron, zone: ZoneInfo, after: datetime, until: date | None) -> Iterator[Moment]:
    last = after.astimezone(UTC)
    for wall in cron.after(after.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0, fold=0)):
        if until is not None and wall.date() > until:
            return
        moment = resolve(wall, zone)
        if moment.utc > last:
            yield moment
            last = moment.utc


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the new offset, to the second, between a moment before the change and one after it."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.astimezone(zone)


def _read(text: str, field: _Field) -> frozenset[int]:
    return frozenset(number for part in text.split(",") for number in _read_part(part, field))


def _read_part(part: str, field: _Field) -> range:
    span, slash, step_text = part.partition("/")
    if slash and not (_is_number(step_text) and int(step_text) > 0):
        raise ScheduleError(f"cron field {field.name}: the step in {part!r} must be a number above 0")
    step = int(step_text) if slash else 1
    if span == "*":
        return range(field.low, field.high + 1, step)
    first_text, dash, last_text = span.partition("-")
    first = _number(first_text, field)
    if not dash:
        return range(first, (field.high if slash else first) + 1, step)
    last = _number(last_text, field)
    if field is _WEEKDAY and last == 0 and first > 0:
        last = 7  # fri-sun
    if last < first:
        raise ScheduleError(f"cron field {field.name}: {span!r} runs backwards; write two ranges with a comma between")
    return range(first, last + 1, step)


def _number(text: str, field: _Field) -> int:
    if text.lower() in field.names:
        return field.names.index(text.lower()) + field.low
    highest = 7 if field is _WEEKDAY else field.high  # Sunday is 0 and 7
    if not (_is_number(text) and field.low <= int(text) <= highest):
        also = f" or {field.names[0]}…{field.names[-1]}" if field.names else ""
        raise ScheduleError(f"cron field {field.name}: {text!r} is not {field.low}–{highest}{also}")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3
