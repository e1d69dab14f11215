"""Settling: results are stored in groups by compare-and-set, and what follows from them is done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.announcements.crash_points import CrashPoint
from bot.announcements.events import DatabaseFailed, ResultsNotStored, TokenRefused
from bot.announcements.lease_holder import LeaseLostError
from bot.announcements.model import Delivery, DeliveryState, OccurrenceId, OccurrenceState, SendOutcome
from bot.announcements.policy import after_doubt, when_ended
from bot.announcements.session import CallResult, DispatchSession, OccurrenceJob, copy_key
from bot.errors import DatabaseError

_log = structlog.get_logger(__name__)

_RUNNING = frozenset({OccurrenceState.RUNNING})


@dataclass(slots=True)
class _Group:
    """The results of one occurrence, and what storing them has shown."""

    job: OccurrenceJob
    results: list[CallResult] = field(default_factory=list)
    paused: Sequence[tuple[OccurrenceJob, str]] = ()
    """The occurrences that it paused, and why."""
    is_withdrawn: bool = False


class ResultSettler:
    """Stores what the calls of one session have shown."""

    def __init__(self, session: DispatchSession) -> None:
        self._session = session

    async def settle_finished(self) -> bool:
        """Store results in one group, if there are any; while the database fails they are kept, but not for ever.

        Raises:
            LeaseLostError: they could not be stored in time; their rows are orphans of this epoch.
        """
        session = self._session
        if not session.finished:
            return False
        results = list(session.finished)
        await session.hit(CrashPoint.CP7)
        groups = await self._store_with_patience(results)
        await session.hit(CrashPoint.CP9)
        for result in results:
            session.finished.popleft()
            session.in_flight.discard(copy_key(result.claimed))
            result.job.in_flight -= 1
            result.job.look_again_at = 0.0
        self._after_commit(groups)
        return True

    async def store(self, results: Iterable[CallResult]) -> Sequence[_Group]:
        """One transaction for results and what follows from them."""
        session = self._session
        groups = _by_job(results)
        async with session.parts.transaction():
            for group in groups:
                await self._store_group(group)
            await session.hit(CrashPoint.CP8)
        return groups

    async def _store_with_patience(self, results: Sequence[CallResult]) -> Sequence[_Group]:
        session, monotonic = self._session, self._session.parts.monotonic
        deadline = monotonic() + session.rules.settle_patience_s
        while True:
            try:
                groups = await self.store(results)
            except DatabaseError as error:
                _log.error("results_not_stored", count=len(results), error=str(error))
                if session.gate.note_database_failure():
                    session.notify(DatabaseFailed())
                if monotonic() >= deadline:
                    session.notify(ResultsNotStored(count=len(results)))
                    raise LeaseLostError("results could not be stored: their rows are left in doubt") from error
            else:
                session.gate.note_recovery()
                return groups
            await asyncio.sleep(min(1.0, session.rules.database_pause_s))

    async def _store_group(self, group: _Group) -> None:
        session, outbox, now = self._session, self._session.parts.outbox, self._session.parts.clock()
        present = await outbox.find(group.job.occurrence.occurrence_id)
        has_ended = present is None or present.state.has_ended
        group.is_withdrawn = present is not None and present.pause_reason == "withdrawn"
        for result in group.results:
            row = when_ended(result.row) if has_ended else result.row
            if await outbox.settle([row], epoch=session.epoch):
                await self._follow(result)
                if row.state is DeliveryState.IN_DOUBT:
                    policy = group.job.announcement.terms.policy
                    await outbox.resolve([after_doubt(row, policy, now=now, has_ended=has_ended)])
        group.paused = await self._pause_occurrences(group, now)

    async def _follow(self, result: CallResult) -> None:
        """What a receipt tells about the chat or the attachment."""
        parts, receipt, row = self._session.parts, result.receipt, result.claimed
        if receipt is None:
            return
        if receipt.outcome is SendOutcome.GONE:
            await parts.subscribers.mark_gone(row.chat_id)
        if receipt.outcome is SendOutcome.MIGRATED and receipt.new_chat_id is not None:
            await parts.outbox.rename(row.occurrence_id, row.chat_id, receipt.new_chat_id)
            await parts.subscribers.migrate(row.chat_id, receipt.new_chat_id)
        if receipt.file_id and result.job.uploads:
            await parts.announcements.keep_file_id(result.job.announcement.announcement_id, receipt.file_id)

    async def _pause_occurrences(self, group: _Group, now: datetime) -> Sequence[tuple[OccurrenceJob, str]]:
        """Pause the occurrence, or all that run when Telegram's long pause is for the whole bot."""
        outbox, own = self._session.parts.outbox, group.job.occurrence.occurrence_id
        paused: dict[OccurrenceId, tuple[OccurrenceJob, str]] = {}
        for result in group.results:
            if not result.pauses:
                continue
            is_for_all = result.pauses == "flood_wait" and result.receipt is not None and result.receipt.pauses_all
            for occurrence in await outbox.occurrences(states=_RUNNING):
                occurrence_id = occurrence.occurrence_id
                if is_for_all or occurrence_id == own:
                    await outbox.set_state(occurrence_id, OccurrenceState.PAUSED, now=now, reason=result.pauses)
                    paused[occurrence_id] = (await self._session.job_of(occurrence), result.pauses)
        return list(paused.values())

    def _after_commit(self, groups: Sequence[_Group]) -> None:
        """Tell what was paused, keep an attachment's id, and take back what came too late."""
        session = self._session
        for group in groups:
            for job, reason in group.paused:
                session.notify_paused(job, reason)
        receipts = [result.receipt for group in groups for result in group.results if result.receipt is not None]
        if any(receipt.outcome is SendOutcome.NOTHING_GOES for receipt in receipts):
            _log.error("token_refused")
            session.notify(TokenRefused())
        for group in groups:
            file_ids = [result.receipt.file_id for result in group.results if result.receipt and result.receipt.file_id]
            if file_ids and group.job.uploads:
                group.job.keep_file_id(file_ids[0])
            sent = [result.row for result in group.results if result.row.state is DeliveryState.SENT]
            if sent and group.is_withdrawn:
                session.group.create_task(self._take_back(sent))

    async def _take_back(self, rows: Iterable[Delivery]) -> None:
        """Copies that were in flight when their announcement was withdrawn."""
        for row in rows:
            if row.message_id is not None:
                await self._session.parts.announcement_sender.delete(row.chat_id, row.message_id)


def _by_job(results: Iterable[CallResult]) -> Sequence[_Group]:
    groups: dict[OccurrenceId, _Group] = {}
    for result in results:
        groups.setdefault(result.job.occurrence.occurrence_id, _Group(result.job)).results.append(result)
    return list(groups.values())
