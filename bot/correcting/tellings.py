"""Which of those who were answered from a section were told what was wrong in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta, timezone

from bot.correcting.model import Telling, ToldPeople, Wanted, WrongFact
from bot.ids import VisitorId

_QINGDAO = timezone(timedelta(hours=8))
"""Days are those of there, as wherever the knowledge has to do with days."""


def people_told(tellings: Iterable[Telling], fact: WrongFact, wanted: Wanted) -> ToldPeople:
    """Who was told it by an answer, within the days that are meant."""
    people: dict[VisitorId, Telling] = {}
    days: dict[date, set[VisitorId]] = defaultdict(set)
    unsure: dict[VisitorId, bool] = {}
    for telling in sorted(tellings, key=lambda one: one.told_at):
        version, is_kept = _version_of(telling, fact)
        if not (is_kept or _may_be_older(wanted)) or not _is_meant(telling, version, wanted):
            continue
        if fact.was_told(telling.locale, version):
            visitor_id = telling.visitor_id
            people[visitor_id] = telling
            days[_day_of(telling)].add(visitor_id)
            unsure[visitor_id] = unsure.get(visitor_id, True) and not is_kept
    by_day = {day: len(told) for day, told in sorted(days.items())}
    return ToldPeople(people, by_day, sum(unsure.values()))


def with_announced(told: ToldPeople, tellings: Iterable[Telling]) -> ToldPeople:
    """Whoever got an announcement that says it was told it, too; the last time counts, an answer's language stays."""
    people, by_day = dict(told.people), dict(told.by_day)
    for telling in tellings:
        known = people.get(telling.visitor_id)
        if known is None:
            people[telling.visitor_id] = telling
        elif known.told_at < telling.told_at:
            people[telling.visitor_id] = replace(known, told_at=telling.told_at)
    new = people.keys() - told.people.keys()
    for visitor_id in new:
        day = _day_of(people[visitor_id])
        by_day[day] = by_day.get(day, 0) + 1
    return replace(told, people=people, by_day=dict(sorted(by_day.items())), by_announcements=len(new))


def by_language(told: ToldPeople) -> Mapping[str, int]:
    """How many were told it in each language, each person once: the last one counts."""
    counted: dict[str, int] = defaultdict(int)
    for telling in told.people.values():
        counted[telling.locale.value] += 1
    return dict(sorted(counted.items()))


def _version_of(telling: Telling, fact: WrongFact) -> tuple[int, bool]:
    """The kept version whose text it was told, and whether that is sure: else it is older than all that are kept.

    One that is missing between two of them was a step on the way to the later one, and had its text.
    """
    oldest, newest = fact.kept[0], fact.kept[-1]
    if not telling.version:
        before = [number for number, at in fact.kept if at <= telling.told_at]
        return (before[-1], True) if before else (oldest[0], False)
    version = next((number for number, _ in fact.kept if number >= telling.version), newest[0])
    return version, telling.version >= oldest[0]


def _may_be_older(wanted: Wanted) -> bool:
    """Whether versions that are kept no more may be meant."""
    return not isinstance(wanted.since, int)


def _is_meant(telling: Telling, version: int, wanted: Wanted) -> bool:
    day = _day_of(telling)
    if isinstance(wanted.since, date) and day < wanted.since:
        return False
    if isinstance(wanted.until, date) and day > wanted.until:
        return False
    after = not isinstance(wanted.since, int) or version >= wanted.since
    return after and (not isinstance(wanted.until, int) or version <= wanted.until)


def _day_of(telling: Telling) -> date:
    return telling.told_at.astimezone(_QINGDAO).date()
