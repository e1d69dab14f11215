"""Claiming: turns in the common pace become copies whose intent is durable, each occurrence getting its share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.announcements.calling import CopyCaller
from bot.announcements.closing import OccurrenceCloser
from bot.announcements.crash_points import CrashPoint
from bot.announcements.events import DatabaseFailed
from bot.announcements.model import Delivery, DeliveryState, OccurrenceId, OccurrenceState
from bot.announcements.orphans import OrphanSweeper
from bot.announcements.ports import SendSlot
from bot.announcements.session import DispatchSession, OccurrenceJob
from bot.announcements.turns import give_back
from bot.errors import DatabaseError

_log = structlog.get_logger(__name__)

_RUNNING = frozenset({OccurrenceState.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimingParts:
    """The other parts of the same session that claiming leads to."""

    caller: CopyCaller
    sweeper: OrphanSweeper
    closer: OccurrenceCloser


class CopyClaimer:
    """Claims for every occurrence that runs, in turn."""

    def __init__(self, session: DispatchSession, parts: ClaimingParts) -> None:
        self._session = session
        self._parts = parts
        self._served = 0
        """How often an occurrence was given turns: the next one is first then."""
        self._wants_alone = False
        """A copy that has seen its sender die waits until nothing is in flight."""
        self._marked_at = float("-inf")

    async def claim_round(self) -> bool:
        """Claim for each running occurrence in turn; whether something changed, so that another look pays."""
        try:
            await self._obey_pause()
            return self._may_claim and await self._claim_in_turn()
        except DatabaseError as error:
            self._note_failure(error)
            return False
        finally:
            self._session.turns.give_back()

    @property
    def _may_claim(self) -> bool:
        session, gate = self._session, self._session.gate
        is_full = session.in_flight and (session.room < session.worthwhile_room or self._wants_alone)
        may_send = session.lease.is_good and not gate.is_leaving and not gate.is_token_refused
        return may_send and not is_full and not gate.pause_left_s

    async def _claim_in_turn(self) -> bool:
        session = self._session
        if session.is_uncertain:
            await self._parts.sweeper.put_back_unsent()
            session.is_uncertain = False
        running = await session.parts.outbox.occurrences(states=_RUNNING)
        if running:
            await self._mark_progress()
        else:
            session.gate.note_recovery()
        self._forget_jobs({occurrence.occurrence_id for occurrence in running})
        first, changed = self._served, False
        for number in range(len(running)):
            if session.room <= 0 or (self._wants_alone and session.in_flight):
                break
            job = await session.job_of(running[(number + first) % len(running)])
            changed |= await self._serve(job, sharers=len(running) - number)
        return changed

    async def _serve(self, job: OccurrenceJob, *, sharers: int) -> bool:
        """One occurrence's share of the turns that have come; whether something changed."""
        session = self._session
        now, until = session.parts.clock(), job.occurrence.valid_until
        if until is not None and now >= until:
            await session.parts.outbox.end_remaining(
                job.occurrence.occurrence_id, DeliveryState.EXPIRED, now=now, reason="no_longer_valid"
            )
            return await self._parts.closer.close(job)
        if session.parts.monotonic() < job.look_again_at or (job.uploads and job.in_flight):
            return False
        room = 1 if job.uploads else session.room
        turns = session.turns.take(is_paid=job.is_paid, limit=room, sharers=sharers)
        if not turns:
            session.turns.ask(is_paid=job.is_paid, limit=room)
            return False
        self._served += 1
        calls, looked_at = await self._claim(job, turns)
        for row, turn in calls:
            self._parts.caller.start(job, row, turn)
        if not looked_at:
            return await self._parts.closer.close(job)
        if self._may_claim and not job.uploads:
            session.turns.ask(is_paid=job.is_paid, limit=session.room)
        return not calls

    async def _claim(
        self, job: OccurrenceJob, turns: Sequence[SendSlot]
    ) -> tuple[Sequence[tuple[Delivery, SendSlot]], int]:
        """Rows to send, each in its turn, their intents durable; and how many rows were claimed at first.

        Turns that are not needed are given back.
        """
        calls: list[tuple[Delivery, SendSlot]] = []
        try:
            async with self._session.parts.transaction():
                seated, looked_at = await self._store_intents(job, turns)
            calls = seated
        finally:
            give_back(turns[: len(turns) - len(calls)])  # the last ones have a chat
        self._session.gate.note_recovery()
        if calls:
            await self._session.hit(CrashPoint.CP3)
        return calls, looked_at

    async def _store_intents(
        self, job: OccurrenceJob, turns: Sequence[SendSlot]
    ) -> tuple[list[tuple[Delivery, SendSlot]], int]:
        """Within one transaction: who unsubscribed is skipped, and whose chat must wait goes back into the plan.

        A row that has seen its sender die is sent alone.
        """
        session, parts, now = self._session, self._session.parts, self._session.parts.clock()
        occurrence_id, topic = job.occurrence.occurrence_id, job.announcement.topic
        claimed = await parts.outbox.claim(occurrence_id, epoch=session.epoch, now=now, limit=len(turns))
        wanted = await parts.subscribers.still_wanted(
            [row.chat_id for row in claimed], job.announcement.audience, topic=topic
        )
        chosen, back = _choose([row for row in claimed if row.chat_id in wanted], alone=not session.in_flight)
        skipped = [
            replace(row, state=DeliveryState.SKIPPED, reason="unsubscribed", changed_at=now)
            for row in claimed
            if row.chat_id not in wanted
        ]
        seated, later = _seated(chosen, turns, now)
        planned = [replace(row, state=DeliveryState.PLANNED) for row in back]
        await parts.outbox.settle([*skipped, *later, *planned], epoch=session.epoch)
        if claimed:
            await session.hit(CrashPoint.CP2)
        self._wants_alone = bool(back)
        return seated, len(claimed)

    async def _obey_pause(self) -> None:
        """The pace gives no turns for a while; when that is long the organisers decide."""
        session = self._session
        pause_s = session.turns.take_pause()
        session.gate.pause(pause_s)
        if pause_s <= session.rules.longest_pause_s:
            return
        for occurrence in await session.parts.outbox.occurrences(states=_RUNNING):
            await session.parts.outbox.set_state(
                occurrence.occurrence_id, OccurrenceState.PAUSED, now=session.parts.clock(), reason="flood_wait"
            )
            session.notify_paused(await session.job_of(occurrence), "flood_wait")

    def _forget_jobs(self, running: set[OccurrenceId]) -> None:
        jobs = self._session.jobs
        if self._session.is_uncertain:
            return
        for occurrence_id in [known for known, job in jobs.items() if known not in running and not job.in_flight]:
            del jobs[occurrence_id]

    async def _mark_progress(self) -> None:
        parts = self._session.parts
        if parts.monotonic() - self._marked_at >= self._session.rules.mark_every_s:
            await parts.watch.mark(now=parts.clock())
            self._marked_at = parts.monotonic()

    def _note_failure(self, error: DatabaseError) -> None:
        """No intent, no call. The claim may have become durable all the same: its rows are looked for later."""
        _log.error("intents_not_stored", error=str(error))
        self._session.is_uncertain = True
        if self._session.gate.note_database_failure():
            self._session.notify(DatabaseFailed())


def _choose(rows: Sequence[Delivery], *, alone: bool) -> tuple[Sequence[Delivery], Sequence[Delivery]]:
    """Rows to send now, and rows to put back: one that has seen its sender die goes with nobody beside it."""
    suspects = [row for row in rows if row.crashes]
    if not suspects:
        return rows, ()
    if alone:
        return suspects[:1], [row for row in rows if row is not suspects[0]]
    return [row for row in rows if not row.crashes], suspects


def _seated(
    rows: Sequence[Delivery], turns: Sequence[SendSlot], now: datetime
) -> tuple[list[tuple[Delivery, SendSlot]], list[Delivery]]:
    """Rows with a turn each, from the last on, and rows whose chat must wait: they go back into the plan until then."""
    free, seated, later = list(turns), [], []
    for row in rows:
        if wait_s := free[-1].seat(row.chat_id):
            moment = max(row.not_before, now + timedelta(seconds=wait_s))
            later.append(replace(row, state=DeliveryState.PLANNED, reason="chat_waits", not_before=moment))
        else:
            seated.append((row, free.pop()))
    return seated, later
