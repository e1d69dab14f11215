"""When an occurrence ends, and with its last one the announcement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.announcements.events import OccurrenceFinished
from bot.announcements.model import (
    OPEN_STATES,
    Announcement,
    DeliveryState,
    Occurrence,
    OccurrenceState,
    Stage,
)
from bot.announcements.orphans import OrphanSweeper
from bot.announcements.ports import AnnouncementStore, Outbox
from bot.announcements.session import DispatchSession, OccurrenceJob

_log = structlog.get_logger(__name__)

_GOING = (Stage.APPROVED, Stage.PAUSED)
_UNSETTLED = frozenset({DeliveryState.SENDING, DeliveryState.IN_DOUBT})
_LONGEST_SLEEP = timedelta(seconds=30)
"""An occurrence that waits for quiet hours is looked at so often at least, should its rows change. By reasoning."""


async def stop_occurrence(outbox: Outbox, occurrence: Occurrence, *, now: datetime, reason: str) -> None:
    """End it at once: what was not sent is cancelled, what is in flight will still be noted."""
    await outbox.set_state(occurrence.occurrence_id, OccurrenceState.STOPPED, now=now, reason=reason)
    await outbox.end_remaining(occurrence.occurrence_id, DeliveryState.CANCELLED, now=now, reason=reason)


async def finish_if_done(announcements: AnnouncementStore, outbox: Outbox, announcement: Announcement) -> bool:
    """Close an announcement of which nothing more will be due and every occurrence has ended. Twice does no harm.

    It must have been read or saved in the transaction that is open: an older version is not replaced.
    """
    if announcement.stage not in _GOING or announcement.next_due_at is not None:
        return False
    if await outbox.occurrences(states=OPEN_STATES, of=announcement.announcement_id, limit=1):
        return False
    return await announcements.save(replace(announcement, stage=Stage.FINISHED, version=announcement.version + 1))


class OccurrenceCloser:
    """Ends what the dispatcher has nothing left to claim of."""

    def __init__(self, session: DispatchSession, sweeper: OrphanSweeper) -> None:
        self._session = session
        self._sweeper = sweeper

    async def close(self, job: OccurrenceJob) -> bool:
        """Finish an occurrence of which nothing is left, else find out when to look again; whether it was finished."""
        session, parts, now = self._session, self._session.parts, self._session.parts.clock()
        if job.in_flight:
            self._look_soon(job)
            return False
        standing = await parts.outbox.standing(job.occurrence.occurrence_id)
        if not standing.adds_up:
            await self._pause_broken(job, standing.counts, now)
            return True
        if any(standing.counts.get(state) for state in _UNSETTLED):
            await self._sweeper.sweep()
            session.is_uncertain = True
            self._look_soon(job)
            return False
        if standing.counts.get(DeliveryState.PLANNED):
            await self._sleep_until_next(job, now)
            return False
        await self._finish(job, standing.counts, now)
        return True

    async def _finish(self, job: OccurrenceJob, counts: Mapping[DeliveryState, int], now: datetime) -> None:
        parts, occurrence_id = self._session.parts, job.occurrence.occurrence_id
        async with parts.transaction():
            await parts.outbox.set_state(occurrence_id, OccurrenceState.FINISHED, now=now)
            present = await parts.announcements.find(job.announcement.announcement_id)
            if present is not None:
                await finish_if_done(parts.announcements, parts.outbox, present)
        figures = {state.value: number for state, number in sorted(counts.items())}
        _log.info("occurrence_finished", occurrence_id=occurrence_id, **figures)
        self._session.notify(
            OccurrenceFinished(
                announcement_id=job.announcement.announcement_id,
                label=job.announcement.label,
                occurrence_id=occurrence_id,
                counts=counts,
            )
        )

    def _look_soon(self, job: OccurrenceJob) -> None:
        job.look_again_at = self._session.parts.monotonic() + self._session.rules.poll_s

    async def _sleep_until_next(self, job: OccurrenceJob, now: datetime) -> None:
        parts = self._session.parts
        moment = await parts.outbox.next_moment(after=now)
        wait = _LONGEST_SLEEP if moment is None else min(_LONGEST_SLEEP, moment - now)
        until = job.occurrence.valid_until
        if until is not None:
            wait = min(wait, until - now)
        job.look_again_at = parts.monotonic() + wait.total_seconds()

    async def _pause_broken(self, job: OccurrenceJob, counts: Mapping[DeliveryState, int], now: datetime) -> None:
        """The invariant is broken: nobody may go on before somebody has looked."""
        occurrence, reason = job.occurrence, "states_do_not_add_up"
        found = {state.value: number for state, number in counts.items()}
        _log.error(reason, occurrence_id=occurrence.occurrence_id, audience=occurrence.audience, **found)
        await self._session.parts.outbox.set_state(
            occurrence.occurrence_id, OccurrenceState.PAUSED, now=now, reason=reason
        )
        self._session.notify(job.paused(reason))
