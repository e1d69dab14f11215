"""The planner: what is due becomes an occurrence, and its audience becomes deliveries, batch by batch.

Opening an occurrence and moving the announcement's next due moment on are one transaction, and the slot is unique, so
it can't fire twice. Planning goes on after a kill at the batch where it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.announcements.closing import finish_if_done
from bot.announcements.content import locale_for
from bot.announcements.crash_points import CrashPoint, Probe, hit_crash_point, no_probe
from bot.announcements.events import OccurrenceAwaitsConfirmation, OccurrenceEvent, OccurrenceLate, OccurrenceMissed
from bot.announcements.model import (
    Announcement,
    Delivery,
    DeliveryState,
    Lateness,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    QuietHours,
    Recipient,
    Stage,
    Timing,
)
from bot.announcements.notifier import notify_all
from bot.announcements.ports import AnnouncementStore, Notify, Outbox, Subscribers
from bot.announcements.restore_watch import RestoreWatch
from bot.announcements.schedule import (
    Moment,
    ScheduleError,
    after_quiet_hours,
    moment_at,
    moments,
    next_moment,
    zone_of,
)
from bot.transaction import Transaction

_log = structlog.get_logger(__name__)

_PLANNING = frozenset({OccurrenceState.PLANNING})
_PAUSED = frozenset({Stage.PAUSED})
_DUE_AT_ONCE = 50
"""Announcements read in one go; whatever more is due follows in the same wake. By reasoning."""
_MANY = 10_000
"""Paused announcements looked at after a restore: more than an organisation ever has. By reasoning."""
_MISSED_KEPT = 50
"""Missed firings that get a row of their own; of earlier ones only the number is told. By reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningRules:
    """How planning goes about it. The figures were chosen by reasoning, not measured."""

    batch: int = 1_000
    """Recipients in one transaction: visitors' writes wait for it, and a kill loses at most so much planning."""
    batches_a_wake: int = 40
    """After as many the planner looks again at what is due, so that a large audience holds up no other firing."""
    tolerance: timedelta = timedelta(minutes=5)
    """Later than this, an occurrence counts as late and organisers hear of it; a restart takes less."""
    leap: timedelta = timedelta(minutes=2)
    """When the clock leaps forward by more than this while the process runs, it is believed only after `doubt`."""
    doubt: timedelta = timedelta(minutes=15)
    """A time service sets a wrong clock right within that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerParts:
    """What the planner needs from outside.

    `monotonic` is a stopwatch in seconds that never leaps; without one every clock is believed at once.
    """

    announcements: AnnouncementStore
    subscribers: Subscribers
    outbox: Outbox
    watch: RestoreWatch
    notify: Notify
    transaction: Transaction
    monotonic: Callable[[], float] | None = None


@dataclass(frozen=True, slots=True)
class _Firing:
    """What is due of one announcement: the moment that counts, and those before it that were missed."""

    moment: Moment
    missed: tuple[Moment, ...]
    missed_in_all: int


class Planner:
    """Wakes each second, opens what is due and plans what is open."""

    def __init__(self, parts: PlannerParts, rules: PlanningRules | None = None, *, probe: Probe = no_probe) -> None:
        self._parts = parts
        self._rules = rules or PlanningRules()
        self._probe = probe
        self._in_hand: dict[OccurrenceId, Announcement] = {}
        self._seen: tuple[datetime, float] | None = None
        self._doubted_since = float("-inf")

    async def wake(self, now: datetime) -> bool:
        """Open all that is due and plan for a while; whether there is more to plan at once."""
        if self._is_believable(now):
            await self._open_all_due(now)
        for _ in range(self._rules.batches_a_wake):
            planning = await self._parts.outbox.occurrences(states=_PLANNING)
            if not planning:
                return False
            for occurrence in planning:
                await self._plan_batch(occurrence, now)
        return True

    def _is_believable(self, now: datetime) -> bool:
        """A clock that has just leaped forward may be set right soon: what it makes due would be lost or too early."""
        if self._parts.monotonic is None:
            return True
        reading = self._parts.monotonic()
        last_now, last_reading = self._seen or (now, reading)
        drift = (now - last_now) - timedelta(seconds=reading - last_reading)
        self._seen = (now, reading)
        if abs(drift) > self._rules.leap:
            _log.warning("clock_leaped", seconds=int(drift.total_seconds()))
            self._doubted_since = reading if drift > timedelta(0) else float("-inf")
        return reading - self._doubted_since >= self._rules.doubt.total_seconds()

    async def _open_all_due(self, now: datetime) -> None:
        opened = 0
        while due := await self._parts.announcements.due(now=now, limit=_DUE_AT_ONCE):
            progress = [await self._open(announcement, now) for announcement in due]
            opened += len(due)
            if not any(progress):  # somebody else is changing them: next time
                break
        if await self._parts.watch.is_restored(now=now):
            await self._open_overdue_pauses(now)
            await self._parts.watch.settle(now=now)
        elif opened:
            await self._parts.watch.settle(now=now)

    async def _open_overdue_pauses(self, now: datetime) -> None:
        """What a restored database knows as paused may have been sent since: it waits for a confirmation too."""
        for announcement in await self._parts.announcements.recent(stages=_PAUSED, limit=_MANY):
            if announcement.next_due_at is not None and announcement.next_due_at <= now:
                await self._open(announcement, now)

    async def _open(self, announcement: Announcement, now: datetime) -> bool:
        """One transaction: the occurrence, those that were missed before it, and the next due moment."""
        firing = _due_firing(announcement, now)
        is_restored = await self._parts.watch.is_restored(now=now)
        outbox = self._parts.outbox
        async with self._parts.transaction():
            found = await self._parts.announcements.find(announcement.announcement_id)
            if found is None or found.stage is not announcement.stage or found.next_due_at != announcement.next_due_at:
                return False
            occurrence = _occurrence(found, firing.moment, self._state(found, firing.moment, now, is_restored), now)
            snapshot = await self._parts.subscribers.snapshot()
            is_new = await outbox.open_occurrence(replace(occurrence, snapshot=snapshot))
            for moment in firing.missed:
                await outbox.open_occurrence(_occurrence(found, moment, OccurrenceState.MISSED, now))
            following = next_moment(found.schedule, after=firing.moment.utc) if _recurs(found) else None
            moved_on = replace(found, next_due_at=following.utc if following else None, version=found.version + 1)
            await self._parts.announcements.save(moved_on)
            await finish_if_done(self._parts.announcements, outbox, moved_on)
            await hit_crash_point(self._probe, CrashPoint.CP0)
        if is_new:
            await self._report(found, occurrence, firing, now)
        return True

    def _state(
        self,
        announcement: Announcement,
        moment: Moment,
        now: datetime,
        is_restored: bool,  # noqa: FBT001
    ) -> OccurrenceState:
        """Late but valid ones go out if they are to be sent late; what may have gone out before a restore waits."""
        terms = announcement.terms
        if terms.valid_for is not None and now >= moment.utc + terms.valid_for:
            return OccurrenceState.MISSED
        if terms.lateness is Lateness.MARK_MISSED and now - moment.utc > self._rules.tolerance:
            return OccurrenceState.MISSED
        return OccurrenceState.AWAITING_CONFIRMATION if is_restored else OccurrenceState.PLANNING

    async def _report(self, announcement: Announcement, occurrence: Occurrence, firing: _Firing, now: datetime) -> None:
        late_s = int((now - occurrence.due_at).total_seconds())
        missed = firing.missed_in_all + (occurrence.state is OccurrenceState.MISSED)
        _log.info(
            "occurrence_opened",
            state=occurrence.state.value,
            announcement_id=announcement.announcement_id,
            label=announcement.label,
            occurrence_id=occurrence.occurrence_id,
            late_s=late_s,
            missed=missed,
        )
        is_late = firing.missed_in_all > 0 or late_s > self._rules.tolerance.total_seconds()
        if event := _opened(announcement, occurrence, late_s=late_s, missed=missed, is_late=is_late):
            await notify_all(self._parts.notify, event)

    async def _plan_batch(self, occurrence: Occurrence, now: datetime) -> None:
        parts, limit = self._parts, self._rules.batch
        announcement = await self._announcement_of(occurrence)
        page = await parts.subscribers.page(
            announcement.audience,
            topic=announcement.topic,
            snapshot=occurrence.snapshot,
            after=occurrence.planned_through,
            limit=limit,
        )
        rows = [planned_delivery(announcement, occurrence, recipient, now=now) for recipient in page]
        is_last = len(page) < limit
        async with parts.transaction():
            present = await parts.outbox.find(occurrence.occurrence_id)
            if present != occurrence:  # paused or stopped meanwhile
                self._in_hand.pop(occurrence.occurrence_id, None)
                return
            if page:
                await parts.outbox.plan(rows, occurrence_id=occurrence.occurrence_id, through=page[-1].chat_id)
            if is_last:
                await parts.outbox.set_state(occurrence.occurrence_id, OccurrenceState.RUNNING, now=now)
            await hit_crash_point(self._probe, CrashPoint.CP0)
        if is_last:
            del self._in_hand[occurrence.occurrence_id]
            _log.info("occurrence_planned", occurrence_id=occurrence.occurrence_id)
            await hit_crash_point(self._probe, CrashPoint.CP1)

    async def _announcement_of(self, occurrence: Occurrence) -> Announcement:
        """Read once for all batches: what is approved does not change."""
        if occurrence.occurrence_id not in self._in_hand:
            announcement = await self._parts.announcements.find(occurrence.announcement_id)
            assert announcement is not None
            self._in_hand[occurrence.occurrence_id] = announcement
        return self._in_hand[occurrence.occurrence_id]


def _opened(
    announcement: Announcement, occurrence: Occurrence, *, late_s: int, missed: int, is_late: bool
) -> OccurrenceEvent | None:
    """What organisers hear of a firing; nothing when it goes out in time."""
    announcement_id, label, occurrence_id = announcement.announcement_id, announcement.label, occurrence.occurrence_id
    if occurrence.state is OccurrenceState.AWAITING_CONFIRMATION:
        return OccurrenceAwaitsConfirmation(announcement_id=announcement_id, label=label, occurrence_id=occurrence_id)
    if occurrence.state is OccurrenceState.MISSED or is_late:
        kind = OccurrenceMissed if occurrence.state is OccurrenceState.MISSED else OccurrenceLate
        return kind(
            announcement_id=announcement_id, label=label, occurrence_id=occurrence_id, late_s=late_s, missed=missed
        )
    return None


def planned_delivery(
    announcement: Announcement, occurrence: Occurrence, recipient: Recipient, *, now: datetime
) -> Delivery:
    """The row of one recipient: planned, held for want of a text, or expired because quiet hours outlast it."""
    gets = locale_for(recipient.locale, announcement.content, announcement.terms)
    not_before, zone = _first_moment(announcement, occurrence, recipient, now)
    row = Delivery(
        occurrence_id=occurrence.occurrence_id,
        chat_id=recipient.chat_id,
        locale=gets or recipient.locale,
        zone=zone,
        state=DeliveryState.PLANNED,
        body_hash="" if gets is None else announcement.body_hashes[gets],
        not_before=not_before,
        due_at=not_before,
        changed_at=now,
    )
    if gets is None:
        return replace(row, state=DeliveryState.HELD, reason="no_text_in_their_language")
    if occurrence.valid_until is not None and not_before >= occurrence.valid_until:
        return replace(row, state=DeliveryState.EXPIRED, reason="quiet_hours_outlast_it")
    return row


def _first_moment(
    announcement: Announcement, occurrence: Occurrence, recipient: Recipient, now: datetime
) -> tuple[datetime, str]:
    """From when on the copy may go out, and the zone that times are shown in (an unknown one is the schedule's)."""
    try:
        zone = zone_of(recipient.zone)
    except ScheduleError:
        zone = zone_of(announcement.schedule.zone)
    if announcement.terms.quiet_hours is QuietHours.OVERRIDE:
        return occurrence.due_at, zone.key
    start = max(occurrence.due_at, now)
    allowed = after_quiet_hours(start, zone=zone, quiet_from=recipient.quiet_from, quiet_until=recipient.quiet_until)
    return (allowed if allowed > start else occurrence.due_at), zone.key


def _due_firing(announcement: Announcement, now: datetime) -> _Firing:
    """Of several missed moments the latest counts; the earlier ones are missed for good."""
    assert announcement.next_due_at is not None
    latest = moment_at(announcement.schedule, announcement.next_due_at)
    if not _recurs(announcement):
        return _Firing(latest, (), 0)
    missed: deque[Moment] = deque(maxlen=_MISSED_KEPT)
    count = 0
    for moment in moments(announcement.schedule, after=latest.utc):
        if moment.utc > now:
            break
        missed.append(latest)
        count += 1
        latest = moment
    return _Firing(latest, tuple(missed), count)


def _recurs(announcement: Announcement) -> bool:
    return announcement.schedule.timing is Timing.RECURRING


def _occurrence(announcement: Announcement, moment: Moment, state: OccurrenceState, now: datetime) -> Occurrence:
    valid_for = announcement.terms.valid_for
    return Occurrence(
        occurrence_id=OccurrenceId(f"{announcement.announcement_id}.{moment.slot}"),
        announcement_id=announcement.announcement_id,
        slot=moment.slot,
        due_at=moment.utc,
        valid_until=None if valid_for is None else moment.utc + valid_for,
        state=state,
        created_at=now,
        finished_at=now if state.has_ended else None,
    )
