"""How much one visitor may ask, by the number of requests and by what their answers cost."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto
from operator import itemgetter

from bot.ids import VisitorId

_MINUTE = timedelta(minutes=1)
_VISITORS_REMEMBERED = 20_000
"""Visitors whose counts are kept; who wrote longest ago is forgotten first. Chosen, not measured."""
_SAID_AGAIN_AFTER = 10
"""Requests beyond the cap of a day: who goes on all the same hears once more why nothing comes."""


class Admission(Enum):
    """What to do with one more request."""

    ADMITTED = auto()
    NOTICE = auto()
    """Too many: say so, once until there is room again."""
    DROPPED = auto()


class RateLimit:
    """At most `per_minute` requests within any minute for each visitor.

    The time of arrival counts, so a backlog is judged as it came in.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._admitted: OrderedDict[int, deque[datetime]] = OrderedDict()
        self._noticed: set[int] = set()

    def admit(self, visitor_id: int, at: datetime) -> Admission:
        """Count one request that came in `at`."""
        times = self._within_a_minute(visitor_id, at)
        if len(times) < self._per_minute:
            times.append(at)
            self._noticed.discard(visitor_id)
            return Admission.ADMITTED
        if visitor_id in self._noticed:
            return Admission.DROPPED
        self._noticed.add(visitor_id)
        return Admission.NOTICE

    def count(self, visitor_id: int, at: datetime) -> None:
        """Count one that was admitted elsewhere; the notice stays to be given."""
        times = self._within_a_minute(visitor_id, at)
        if len(times) < self._per_minute:
            times.append(at)

    def _within_a_minute(self, visitor_id: int, at: datetime) -> deque[datetime]:
        times = self._admitted.setdefault(visitor_id, deque())
        self._admitted.move_to_end(visitor_id)
        self._forget_the_oldest()
        while times and at - times[0] >= _MINUTE:
            times.popleft()
        return times

    def _forget_the_oldest(self) -> None:
        while len(self._admitted) > _VISITORS_REMEMBERED:
            forgotten, _times = self._admitted.popitem(last=False)
            self._noticed.discard(forgotten)


class DailyCap:
    """At most `per_day` requests on one day of UTC for each visitor: what is stored of one has an end."""

    def __init__(self, per_day: int) -> None:
        self._per_day = per_day
        self._counts: OrderedDict[int, tuple[date, int]] = OrderedDict()

    def resume(self, counts: Mapping[VisitorId, int], day: date) -> None:
        """Go on from what was counted on the day before this process began."""
        most = sorted(counts.items(), key=itemgetter(1))[-_VISITORS_REMEMBERED:]
        self._counts.update((visitor_id, (day, count)) for visitor_id, count in most)

    def admit(self, visitor_id: int, at: datetime) -> Admission:
        """Count one request that came in `at`."""
        today = at.astimezone(UTC).date()
        day, count = self._counts.pop(visitor_id, (today, 0))
        count = count + 1 if day == today else 1
        self._counts[visitor_id] = (today, count)
        while len(self._counts) > _VISITORS_REMEMBERED:
            self._counts.popitem(last=False)
        if count <= self._per_day:
            return Admission.ADMITTED
        beyond = count - self._per_day
        return Admission.NOTICE if beyond % _SAID_AGAIN_AFTER == 1 else Admission.DROPPED


class CpuBudget:
    """At most about `s_per_minute` seconds of a processor within any minute for each visitor.

    What an answer takes is known once it is made: the one that uses the budget up is still given, and so are those that
    are made side by side with it.
    """

    def __init__(self, s_per_minute: float) -> None:
        self._s_per_minute = s_per_minute
        self._spent: OrderedDict[int, deque[tuple[datetime, float]]] = OrderedDict()
        self._noticed: set[int] = set()

    def admit(self, visitor_id: int, at: datetime) -> Admission:
        """Whether an answer may be begun now; it counts by what is spent on it."""
        if not self.is_used_up(visitor_id, at):
            self._noticed.discard(visitor_id)
            return Admission.ADMITTED
        if visitor_id in self._noticed:
            return Admission.DROPPED
        self._noticed.add(visitor_id)
        return Admission.NOTICE

    def is_used_up(self, visitor_id: int, at: datetime) -> bool:
        """Whether no answer may be begun now, for one who need not be told."""
        spent = self._spent.get(visitor_id, deque())
        while spent and at - spent[0][0] >= _MINUTE:
            spent.popleft()
        return sum(seconds for _, seconds in spent) >= self._s_per_minute

    def spend(self, visitor_id: int, at: datetime, seconds: float) -> None:
        """Count what an answer took that was begun then."""
        spent = self._spent.setdefault(visitor_id, deque())
        self._spent.move_to_end(visitor_id)
        if spent and spent[-1][0] == at:
            seconds += spent.pop()[1]
        spent.append((at, seconds))
        while len(self._spent) > _VISITORS_REMEMBERED:
            forgotten, _ = self._spent.popitem(last=False)
            self._noticed.discard(forgotten)


class OncePer:
    """Lets something happen at most once in `period` for each visitor."""

    def __init__(self, period: timedelta) -> None:
        self._period = period
        self._last: OrderedDict[int, datetime] = OrderedDict()

    def may(self, visitor_id: int, at: datetime) -> bool:
        """Whether it may happen now; if so, it counts as having happened."""
        if self.wait(visitor_id, at):
            return False
        self._last[visitor_id] = at
        self._last.move_to_end(visitor_id)
        while len(self._last) > _VISITORS_REMEMBERED:
            self._last.popitem(last=False)
        return True

    def wait(self, visitor_id: int, at: datetime) -> timedelta:
        """How long it may not happen yet; nothing where it may."""
        last = self._last.get(visitor_id)
        return timedelta() if last is None else max(last + self._period - at, timedelta())
