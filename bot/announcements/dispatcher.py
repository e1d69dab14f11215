"""The dispatcher: intent, call, result.

A copy gets its turn in the common pace first, then its intent, durable, and then its call begins: so only what may have
left is in doubt after a crash, and not what still waited for its turn. A result is stored by compare-and-set; a row
whose sender died is in doubt and the policy decides. One dispatcher lives at a time; an older epoch can write nothing,
so a second one that was started by mistake does no harm.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.announcements.content import message_of
from bot.announcements.corrections import CorrectionStep, Corrector
from bot.announcements.crash_points import CrashPoint, Probe, hit_crash_point, no_probe
from bot.announcements.ending import finish_if_done
from bot.announcements.events import (
    DatabaseFailed,
    OccurrenceFinished,
    OccurrencePaused,
    OrganiserEvent,
    ResultsNotStored,
    TokenRefused,
)
from bot.announcements.model import (
    Announcement,
    Delivery,
    DeliveryState,
    Epoch,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Policy,
    Receipt,
    SendOutcome,
)
from bot.announcements.notifier import notify_all
from bot.announcements.policy import AlikeFailures, Orphans, after_call, after_doubt, when_ended
from bot.announcements.ports import (
    AnnouncementSender,
    AnnouncementStore,
    Lease,
    Notify,
    Outbox,
    SendSlot,
    Subscribers,
)
from bot.announcements.restore_watch import RestoreWatch
from bot.announcements.tenure import LeaseHolder, LeaseLostError
from bot.announcements.turns import Turns, give_back
from bot.backoff import Backoff
from bot.errors import DatabaseError
from bot.ids import ChatId
from bot.transaction import Transaction

_log = structlog.get_logger(__name__)

_RUNNING = frozenset({OccurrenceState.RUNNING})
_UNSETTLED = frozenset({DeliveryState.SENDING, DeliveryState.IN_DOUBT})
_ORPHANS_AT_ONCE = 200
_STRIKES = 3
_RECONNECTING = Backoff(first_s=0.5, longest_s=30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRules:
    """How the dispatcher goes about it."""

    in_flight: int = 30
    """W: copies on their way at once; more can't be in doubt after a crash."""
    lease_s: float = 15.0
    poll_s: float = 0.5
    """How soon a stop or a new occurrence is seen at the latest."""
    linger_s: float = 0.05
    """How long a result waits for others to be stored with it."""
    settle_patience_s: float = 30.0
    """How long results are kept while the database sulks; then their rows are left in doubt."""
    database_pause_s: float = 5.0
    longest_pause_s: float = 600.0
    """When Telegram asks for more the occurrence is paused and organisers decide."""
    alike_limit: int = 5
    """Copies of one body that fail alike, one after the other, before the occurrence is paused."""
    crash_limit: int = 2
    mark_every_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatcherParts:
    """What the dispatcher needs from outside. `monotonic` is a stopwatch in seconds that never goes back."""

    announcements: AnnouncementStore
    subscribers: Subscribers
    outbox: Outbox
    lease: Lease
    announcement_sender: AnnouncementSender
    corrector: Corrector
    watch: RestoreWatch
    notify: Notify
    transaction: Transaction
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]


@dataclass(slots=True)
class _Job:
    """An occurrence in the dispatcher's hands."""

    occurrence: Occurrence
    announcement: Announcement
    breaker: AlikeFailures
    in_flight: int = 0
    look_again_at: float = 0.0
    """By the stopwatch: before that there is nothing to claim."""

    @property
    def is_paid(self) -> bool:
        """Whether its copies go by paid broadcast; the one that uploads does not."""
        return self.announcement.terms.is_paid and not self.uploads

    @property
    def uploads(self) -> bool:
        """Whether the attachment has no file id yet: then the first copy goes alone."""
        attachment = self.announcement.content.attachment
        return attachment is not None and not attachment.file_id


@dataclass(frozen=True, slots=True)
class _Result:
    """A finished call and the row as it is to be stored."""

    job: _Job
    claimed: Delivery
    row: Delivery
    receipt: Receipt | None
    """None: the call was never made."""
    pauses: str = ""
    """Why the occurrence is to be paused, if it is."""


@dataclass(slots=True)
class _Term:
    """What lives as long as one epoch."""

    epoch: Epoch
    group: asyncio.TaskGroup
    turns: Turns
    jobs: dict[OccurrenceId, _Job] = field(default_factory=dict)
    in_flight: set[tuple[OccurrenceId, ChatId, int]] = field(default_factory=set)
    finished: deque[_Result] = field(default_factory=deque)
    served: int = 0
    """How often an occurrence was given turns: the next one is first then."""
    wants_alone: bool = False
    is_uncertain: bool = False
    """A claim failed in a way that may have been durable: look for rows that were never sent."""
    marked_at: float = float("-inf")


class DeliveryDispatcher:
    """Sends what is planned. `run` it in one task of the process; `leave` ends it in order."""

    def __init__(
        self, parts: DispatcherParts, rules: DeliveryRules | None = None, *, holder: str, probe: Probe = no_probe
    ) -> None:
        self._parts = parts
        self._rules = rules or DeliveryRules()
        self._probe = probe
        self._orphans = Orphans(self._rules.crash_limit)
        self._tenure = LeaseHolder(
            parts.lease,
            holder=holder,
            lasts_s=self._rules.lease_s,
            clock=parts.clock,
            monotonic=parts.monotonic,
        )
        self._signal = asyncio.Event()
        self._is_leaving = False
        self._paused_until = float("-inf")
        self._strikes = 0
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why nothing goes at present: `token_refused`, `database_failed`, or nothing."""
        return self._trouble

    def wake(self) -> None:
        """Something was planned, paused or stopped: look at once."""
        self._signal.set()

    def leave(self) -> None:
        """Claim nothing more, wait for what is in flight, store it, give the lease back."""
        self._is_leaving = True
        self._signal.set()

    def carry_on(self) -> None:
        """The token is accepted again: go on."""
        self._trouble = ""
        self._signal.set()

    async def run(self) -> None:
        """Take the lease and send, again and again, until `leave`."""
        while not self._is_leaving:
            wait_s = self._rules.poll_s
            try:
                if not await self._serve_a_term():
                    wait_s = self._rules.lease_s / 3
            except* LeaseLostError as lost:
                _log.warning("lease_lost", reasons=[str(error) for error in lost.exceptions])
            except* Exception as errors:  # noqa: BLE001 - visitors' questions must not suffer when announcements fail
                _log.error("dispatcher_failed", reasons=[repr(error) for error in errors.exceptions])
                wait_s = self._rules.database_pause_s
            if not self._is_leaving:
                await self._nap(wait_s)

    async def _serve_a_term(self) -> bool:
        """Serve as long as the lease lasts; False when another dispatcher has it."""
        await self._parts.watch.is_restored(now=self._parts.clock())
        epoch = await self._tenure.take()
        if epoch is None:
            _log.warning("lease_held_by_another")
            return False
        _log.info("lease_taken", epoch=epoch)
        try:
            async with asyncio.TaskGroup() as group:
                term = _Term(epoch, group, Turns(self._parts.announcement_sender, group, self._signal.set))
                keeping = group.create_task(self._tenure.keep(epoch))
                correcting = group.create_task(self._keep_correcting())
                await self._sweep(epoch)
                try:
                    await self._pump(term)
                finally:
                    term.turns.close()
                keeping.cancel()
                correcting.cancel()
        finally:
            await self._tenure.release(epoch)
        return True

    async def _pump(self, term: _Term) -> None:
        """Use the turns that have come, settle what is finished, ask for turns, wait; what is in flight is awaited."""
        while not self._is_leaving or term.in_flight or term.finished:
            changed = term.turns.are_ready and await self._claim_round(term)
            changed |= await self._settle_finished(term)
            if not changed and not await self._claim_round(term):
                await self._wait(term)

    async def _wait(self, term: _Term) -> None:
        """Until a call is finished, somebody wakes us or it is time to look again; results are gathered for a while."""
        if not term.finished:
            await self._nap(max(min(self._rules.poll_s, self._pause_left() or self._rules.poll_s), 0.001))
        deadline = self._parts.monotonic() + self._rules.linger_s
        while term.finished and term.in_flight and len(term.finished) < self._share and not term.turns.are_ready:
            left = deadline - self._parts.monotonic()
            if left <= 0:
                return
            await self._nap(left)

    async def _nap(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._signal.wait()
        except TimeoutError:
            pass
        self._signal.clear()

    @property
    def _share(self) -> int:
        """So many places must be free before the next are claimed."""
        return max(1, self._rules.in_flight // 4)

    def _pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, self._parts.monotonic() + seconds)

    def _pause_left(self) -> float:
        return max(0.0, self._paused_until - self._parts.monotonic())

    # Claiming

    async def _claim_round(self, term: _Term) -> bool:
        """Claim for each running occurrence in turn; whether something changed, so that another look pays."""
        try:
            await self._obey_pause(term)
            return self._may_claim(term) and await self._claim_in_turn(term)
        except DatabaseError as error:
            await self._database_failed(term, error)
            return False
        finally:
            term.turns.give_back()

    def _may_claim(self, term: _Term) -> bool:
        is_full = term.in_flight and (self._room(term) < self._share or term.wants_alone)
        may_send = self._tenure.is_good and not self._is_leaving and self._trouble != "token_refused"
        return may_send and not is_full and not self._pause_left()

    def _room(self, term: _Term) -> int:
        return self._rules.in_flight - len(term.in_flight)

    async def _claim_in_turn(self, term: _Term) -> bool:
        if term.is_uncertain:
            await self._put_back_unsent(term)
            term.is_uncertain = False
        running = await self._parts.outbox.occurrences(states=_RUNNING)
        if running:
            await self._mark_progress(term)
        else:
            self._note_recovery()
        self._forget_jobs(term, {occurrence.occurrence_id for occurrence in running})
        first, changed = term.served, False
        for number in range(len(running)):
            if self._room(term) <= 0 or (term.wants_alone and term.in_flight):
                break
            job = await self._job(term, running[(number + first) % len(running)])
            changed |= await self._serve(term, job, sharers=len(running) - number)
        return changed

    async def _serve(self, term: _Term, job: _Job, *, sharers: int) -> bool:
        """One occurrence's share of the turns that have come; whether something changed."""
        now, until = self._parts.clock(), job.occurrence.valid_until
        if until is not None and now >= until:
            await self._parts.outbox.end_remaining(
                job.occurrence.occurrence_id, DeliveryState.EXPIRED, now=now, reason="no_longer_valid"
            )
            return await self._close(term, job)
        if self._parts.monotonic() < job.look_again_at or (job.uploads and job.in_flight):
            return False
        room = 1 if job.uploads else self._room(term)
        turns = term.turns.take(is_paid=job.is_paid, limit=room, sharers=sharers)
        if not turns:
            term.turns.ask(is_paid=job.is_paid, limit=room)
            return False
        term.served += 1
        calls, looked_at = await self._claim(term, job, turns)
        for row, turn in calls:
            self._start(term, job, row, turn)
        if not looked_at:
            return await self._close(term, job)
        if self._may_claim(term) and not job.uploads:
            term.turns.ask(is_paid=job.is_paid, limit=self._room(term))
        return not calls

    async def _claim(
        self, term: _Term, job: _Job, turns: Sequence[SendSlot]
    ) -> tuple[Sequence[tuple[Delivery, SendSlot]], int]:
        """Rows to send, each in its turn, their intents durable; and how many rows were claimed at first.

        Turns that are not needed are given back.
        """
        calls: list[tuple[Delivery, SendSlot]] = []
        try:
            async with self._parts.transaction():
                seated, looked_at = await self._store_intents(term, job, turns)
            calls = seated
        finally:
            give_back(turns[: len(turns) - len(calls)])  # the last ones have a chat
        self._note_recovery()
        if calls:
            await hit_crash_point(self._probe, CrashPoint.CP3)
        return calls, looked_at

    async def _store_intents(
        self, term: _Term, job: _Job, turns: Sequence[SendSlot]
    ) -> tuple[list[tuple[Delivery, SendSlot]], int]:
        """Within one transaction: who unsubscribed is skipped, and whose chat must wait goes back into the plan.

        A row that has seen its sender die is sent alone.
        """
        parts, now = self._parts, self._parts.clock()
        occurrence_id, topic = job.occurrence.occurrence_id, job.announcement.topic
        claimed = await parts.outbox.claim(occurrence_id, epoch=term.epoch, now=now, limit=len(turns))
        wanted = await parts.subscribers.still_wanted([row.chat_id for row in claimed], topic=topic)
        chosen, back = _choose([row for row in claimed if row.chat_id in wanted], alone=not term.in_flight)
        skipped = [
            replace(row, state=DeliveryState.SKIPPED, reason="unsubscribed", changed_at=now)
            for row in claimed
            if row.chat_id not in wanted
        ]
        seated, later = _seated(chosen, turns, now)
        planned = [replace(row, state=DeliveryState.PLANNED) for row in back]
        await parts.outbox.settle([*skipped, *later, *planned], epoch=term.epoch)
        if claimed:
            await hit_crash_point(self._probe, CrashPoint.CP2)
        term.wants_alone = bool(back)
        return seated, len(claimed)

    async def _obey_pause(self, term: _Term) -> None:
        """The pace gives no turns for a while; when that is long the organisers decide."""
        pause_s = term.turns.take_pause()
        self._pause(pause_s)
        if pause_s <= self._rules.longest_pause_s:
            return
        for occurrence in await self._parts.outbox.occurrences(states=_RUNNING):
            await self._parts.outbox.set_state(
                occurrence.occurrence_id, OccurrenceState.PAUSED, now=self._parts.clock(), reason="flood_wait"
            )
            self._notify_paused(term, await self._job(term, occurrence), occurrence, "flood_wait")

    def _note_recovery(self) -> None:
        if self._trouble == "database_failed":
            self._trouble = ""
            _log.info("database_recovered")

    async def _job(self, term: _Term, occurrence: Occurrence) -> _Job:
        job = term.jobs.get(occurrence.occurrence_id)
        if job is None:
            announcement = await self._parts.announcements.find(occurrence.announcement_id)
            assert announcement is not None
            job = _Job(occurrence, announcement, AlikeFailures(self._rules.alike_limit))
            term.jobs[occurrence.occurrence_id] = job
        job.occurrence = occurrence
        return job

    def _forget_jobs(self, term: _Term, running: set[OccurrenceId]) -> None:
        if term.is_uncertain:
            return
        for occurrence_id in [known for known, job in term.jobs.items() if known not in running and not job.in_flight]:
            del term.jobs[occurrence_id]

    async def _mark_progress(self, term: _Term) -> None:
        if self._parts.monotonic() - term.marked_at >= self._rules.mark_every_s:
            await self._parts.watch.mark(now=self._parts.clock())
            term.marked_at = self._parts.monotonic()

    async def _database_failed(self, term: _Term, error: DatabaseError) -> None:
        """No intent, no call. The claim may have become durable all the same: its rows are looked for later."""
        _log.error("intents_not_stored", error=str(error))
        term.is_uncertain = True
        self._pause(self._rules.database_pause_s)
        if self._trouble != "database_failed":
            self._trouble = "database_failed"
            self._notify_apart(term, DatabaseFailed())

    async def _put_back_unsent(self, term: _Term) -> None:
        """Rows that are ours, SENDING, and never reached a call: proof that nothing was sent."""
        for occurrence_id in list(term.jobs):
            rows = self._parts.outbox.rows(occurrence_id, states=frozenset({DeliveryState.SENDING}))
            unsent = [
                replace(row, state=DeliveryState.PLANNED, reason="claim_unconfirmed")
                async for row in rows
                if row.epoch == term.epoch and _key(row) not in term.in_flight
            ]
            await self._store([_Result(term.jobs[occurrence_id], row, row, None) for row in unsent], term)

    # Calling

    def _start(self, term: _Term, job: _Job, row: Delivery, turn: SendSlot) -> None:
        term.in_flight.add(_key(row))
        job.in_flight += 1
        term.group.create_task(self._call(term, job, row, turn))

    async def _call(self, term: _Term, job: _Job, row: Delivery, turn: SendSlot) -> None:
        try:
            result = await self._make_call(job, row, turn)
        finally:
            turn.give_back()
        if result.receipt is not None:
            result = self._note_receipt(result, result.receipt)
        term.finished.append(result)
        self._signal.set()

    async def _make_call(self, job: _Job, row: Delivery, turn: SendSlot) -> _Result:
        """Never raises but for a cancellation: whatever else goes wrong is a doubt about this copy only."""
        now = self._parts.clock
        try:
            outgoing = message_of(job.announcement, row)
        except Exception as error:  # noqa: BLE001 - one row that can't be made must not stop the others
            _log.error("parcel_failed", occurrence_id=row.occurrence_id, error=type(error).__name__)
            return _Result(job, row, self._orphans.after_crash_before_call(row, now=now()), None)
        back = replace(row, state=DeliveryState.PLANNED)
        if outgoing is None:
            _log.error("body_changed_after_approval", occurrence_id=row.occurrence_id, locale=row.locale)
            return _Result(job, row, replace(back, reason="body_changed"), None, pauses="body_changed")
        await hit_crash_point(self._probe, CrashPoint.CP10)
        if not self._tenure.is_good:
            return _Result(job, row, back, None)
        try:
            receipt = await turn.deliver(outgoing)
        except Exception as error:  # noqa: BLE001 - the courier promises not to raise; if it does, who knows what was sent
            _log.error("courier_failed", occurrence_id=row.occurrence_id, error=type(error).__name__)
            row = replace(row, crashes=row.crashes + 1)
            receipt = Receipt(fate=SendOutcome.DOUBT, reason="courier_failed")
        return _Result(job, row, after_call(row, receipt, now=now()), receipt)

    def _note_receipt(self, result: _Result, receipt: Receipt) -> _Result:
        """What a receipt means for the calls to come, at once and not only when it is stored."""
        if receipt.pauses_all:
            self._pause(receipt.pause_s)
        if receipt.fate is SendOutcome.NOTHING_GOES:
            self._trouble = "token_refused"
        is_unreachable = receipt.fate is SendOutcome.NOT_SENT and not receipt.pause_s
        self._strikes = self._strikes + 1 if is_unreachable else 0
        if self._strikes >= _STRIKES:  # Telegram is out of reach: don't run through the whole audience for nothing
            self._pause(_RECONNECTING.pause_s(self._strikes // self._rules.in_flight))
        if receipt.pause_s > self._rules.longest_pause_s:
            return replace(result, pauses="flood_wait")
        if result.job.breaker.note(result.claimed.body_hash, receipt):
            return replace(result, pauses="body_refused")
        return result

    # Settling

    async def _settle_finished(self, term: _Term) -> bool:
        """Store results in one group, if there are any; while the database sulks they are kept, but not for ever.

        Raises:
            LeaseLostError: they could not be stored in time; their rows are orphans of this epoch.
        """
        if not term.finished:
            return False
        results = list(term.finished)
        deadline = self._parts.monotonic() + self._rules.settle_patience_s
        await hit_crash_point(self._probe, CrashPoint.CP7)
        while True:
            try:
                paused = await self._store(results, term)
                break
            except DatabaseError as error:
                _log.error("results_not_stored", count=len(results), error=str(error))
                if self._parts.monotonic() >= deadline:
                    self._notify_apart(term, ResultsNotStored(count=len(results)))
                    raise LeaseLostError("results could not be stored: their rows are left in doubt") from error
            await asyncio.sleep(min(1.0, self._rules.database_pause_s))
        await hit_crash_point(self._probe, CrashPoint.CP9)
        for result in results:
            term.finished.popleft()
            term.in_flight.discard(_key(result.claimed))
            result.job.in_flight -= 1
            result.job.look_again_at = 0.0
        for job, occurrence, reason in paused:
            self._notify_paused(term, job, occurrence, reason)
        await self._after_commit(results, term)
        return True

    async def _store(self, results: Sequence[_Result], term: _Term) -> Sequence[tuple[_Job, Occurrence, str]]:
        """One transaction for a group of results and what follows from them; the occurrences that it paused."""
        parts, now = self._parts, self._parts.clock()
        paused: list[tuple[_Job, Occurrence, str]] = []
        async with parts.transaction():
            for job, group in _by_job(results):
                present = await parts.outbox.find(job.occurrence.occurrence_id)
                has_ended = present is None or present.state.has_ended
                policy = job.announcement.terms.policy
                for result in group:
                    row = when_ended(result.row) if has_ended else result.row
                    if await parts.outbox.settle([row], epoch=term.epoch):
                        await self._follow(result)
                        if row.state is DeliveryState.IN_DOUBT:
                            judged = after_doubt(row, policy, now=now, has_ended=has_ended)
                            await parts.outbox.resolve([judged])
                paused += [(job, *pair) for pair in await self._pause_occurrences(job, group, now)]
            await hit_crash_point(self._probe, CrashPoint.CP8)
        return paused

    async def _follow(self, result: _Result) -> None:
        """What a receipt tells about the chat or the attachment."""
        parts, receipt, row = self._parts, result.receipt, result.claimed
        if receipt is None:
            return
        if receipt.fate is SendOutcome.GONE:
            await parts.subscribers.mark_gone(row.chat_id)
        if receipt.fate is SendOutcome.MIGRATED and receipt.new_chat_id is not None:
            await parts.outbox.rename(row.occurrence_id, row.chat_id, receipt.new_chat_id)
            await parts.subscribers.migrate(row.chat_id, receipt.new_chat_id)
        if receipt.file_id and result.job.uploads:
            await parts.announcements.keep_file_id(result.job.announcement.announcement_id, receipt.file_id)

    async def _pause_occurrences(
        self, job: _Job, group: Sequence[_Result], now: datetime
    ) -> Sequence[tuple[Occurrence, str]]:
        """Pause the occurrence, or all that run when Telegram's long pause is for the whole bot."""
        outbox = self._parts.outbox
        paused: dict[OccurrenceId, tuple[Occurrence, str]] = {}
        for result in group:
            if not result.pauses:
                continue
            is_for_all = result.pauses == "flood_wait" and result.receipt is not None and result.receipt.pauses_all
            running = await outbox.occurrences(states=_RUNNING)
            for occurrence in running:
                if is_for_all or occurrence.occurrence_id == job.occurrence.occurrence_id:
                    await outbox.set_state(
                        occurrence.occurrence_id, OccurrenceState.PAUSED, now=now, reason=result.pauses
                    )
                    paused[occurrence.occurrence_id] = (occurrence, result.pauses)
        return list(paused.values())

    async def _after_commit(self, results: Sequence[_Result], term: _Term) -> None:
        """Keep an attachment's id, and take back what came too late."""
        if any(result.receipt is not None and result.receipt.fate is SendOutcome.NOTHING_GOES for result in results):
            _log.error("token_refused")
            self._notify_apart(term, TokenRefused())
        for job, group in _by_job(results):
            file_ids = [result.receipt.file_id for result in group if result.receipt and result.receipt.file_id]
            if file_ids and job.uploads:
                job.announcement = _with_file_id(job.announcement, file_ids[0])
            sent = [result.row for result in group if result.row.state is DeliveryState.SENT]
            present = await self._parts.outbox.find(job.occurrence.occurrence_id) if sent else None
            if present is not None and present.pause_reason == "withdrawn":
                term.group.create_task(self._take_back(sent))

    async def _take_back(self, rows: Iterable[Delivery]) -> None:
        """Copies that were in flight when their announcement was withdrawn."""
        for row in rows:
            if row.message_id is not None:
                await self._parts.announcement_sender.delete(row.chat_id, row.message_id)

    # Orphans and ends

    async def _sweep(self, epoch: Epoch) -> None:
        """Apply the policy to rows of dead senders and rows left in doubt."""
        parts = self._parts
        while rows := await parts.outbox.orphans(live=epoch, limit=_ORPHANS_AT_ONCE):
            now = parts.clock()
            async with parts.transaction():
                judged = [await self._judge(row, now) for row in rows]
                count = await parts.outbox.resolve(judged)
            _log.warning("orphans_resolved", count=count, epoch=epoch)
            if not count:
                return

    async def _judge(self, row: Delivery, now: datetime) -> Delivery:
        occurrence = await self._parts.outbox.find(row.occurrence_id)
        announcement = occurrence and await self._parts.announcements.find(occurrence.announcement_id)
        policy = announcement.terms.policy if announcement else Policy.AT_MOST_ONCE
        has_ended = occurrence is None or occurrence.state.has_ended
        return self._orphans.judge(row, policy, now=now, has_ended=has_ended)

    async def _close(self, term: _Term, job: _Job) -> bool:
        """Finish an occurrence of which nothing is left, else find out when to look again; whether it was finished."""
        parts, now = self._parts, self._parts.clock()
        if job.in_flight:
            job.look_again_at = parts.monotonic() + self._rules.poll_s
            return False
        standing = await parts.outbox.standing(job.occurrence.occurrence_id)
        if not standing.adds_up:
            await self._pause_broken(term, job, standing.counts, now)
            return True
        if any(standing.counts.get(state) for state in _UNSETTLED):
            await self._sweep(term.epoch)
            term.is_uncertain = True
            job.look_again_at = parts.monotonic() + self._rules.poll_s
            return False
        if standing.counts.get(DeliveryState.PLANNED):
            await self._sleep_until_next(job, now)
            return False
        async with parts.transaction():
            await parts.outbox.set_state(job.occurrence.occurrence_id, OccurrenceState.FINISHED, now=now)
            await finish_if_done(parts.announcements, parts.outbox, job.announcement.announcement_id)
        figures = {state.value: number for state, number in sorted(standing.counts.items())}
        _log.info("occurrence_finished", occurrence_id=job.occurrence.occurrence_id, **figures)
        self._notify_apart(
            term,
            OccurrenceFinished(
                announcement_id=job.announcement.announcement_id,
                label=job.announcement.label,
                occurrence_id=job.occurrence.occurrence_id,
                counts=standing.counts,
            ),
        )
        return True

    async def _sleep_until_next(self, job: _Job, now: datetime) -> None:
        moment = await self._parts.outbox.next_moment(after=now)
        wait = timedelta(seconds=30) if moment is None else moment - now
        until = job.occurrence.valid_until
        if until is not None:
            wait = min(wait, until - now)
        job.look_again_at = self._parts.monotonic() + min(30.0, wait.total_seconds())

    async def _pause_broken(self, term: _Term, job: _Job, counts: Mapping[DeliveryState, int], now: datetime) -> None:
        """The invariant is broken: nobody may go on before somebody has looked."""
        occurrence = job.occurrence
        found = {state.value: number for state, number in counts.items()}
        _log.error(
            "states_do_not_add_up", occurrence_id=occurrence.occurrence_id, audience=occurrence.audience, **found
        )
        await self._parts.outbox.set_state(
            occurrence.occurrence_id, OccurrenceState.PAUSED, now=now, reason="states_do_not_add_up"
        )
        self._notify_apart(term, _paused(job, occurrence.occurrence_id, "states_do_not_add_up"))

    async def _keep_correcting(self) -> None:
        """Edits and deletions go beside the deliveries, under the same lease."""
        while True:
            may_send = self._tenure.is_good and not self._is_leaving and not self._trouble
            wait_s = self._rules.poll_s
            if may_send and not self._pause_left():
                step = await self._correct()
                wait_s = max(step.pause_s, 0.0 if step.settled else wait_s)
            await asyncio.sleep(wait_s)

    async def _correct(self) -> CorrectionStep:
        try:
            step = await self._parts.corrector.step(self._parts.clock())
        except DatabaseError as error:
            _log.error("correction_failed", error=str(error))
            return CorrectionStep(0, self._rules.database_pause_s)
        if step.nothing_goes:
            self._trouble = "token_refused"
        return step

    def _notify_paused(self, term: _Term, job: _Job, occurrence: Occurrence, reason: str) -> None:
        _log.warning("occurrence_paused", occurrence_id=occurrence.occurrence_id, reason=reason)
        self._notify_apart(term, _paused(job, occurrence.occurrence_id, reason))

    def _notify_apart(self, term: _Term, event: OrganiserEvent) -> None:
        """Tell organisers without making deliveries wait."""
        term.group.create_task(notify_all(self._parts.notify, event))


def _key(row: Delivery) -> tuple[OccurrenceId, ChatId, int]:
    return (row.occurrence_id, row.chat_id, row.attempt)


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


def _by_job(results: Iterable[_Result]) -> list[tuple[_Job, list[_Result]]]:
    groups: dict[OccurrenceId, tuple[_Job, list[_Result]]] = {}
    for result in results:
        groups.setdefault(result.job.occurrence.occurrence_id, (result.job, []))[1].append(result)
    return list(groups.values())


def _with_file_id(announcement: Announcement, file_id: str) -> Announcement:
    attachment = announcement.content.attachment
    assert attachment is not None
    kept = replace(attachment, file_id=file_id, content=b"")
    return replace(announcement, content=replace(announcement.content, attachment=kept))


def _paused(job: _Job, occurrence_id: OccurrenceId, reason: str) -> OccurrencePaused:
    return OccurrencePaused(
        announcement_id=job.announcement.announcement_id,
        label=job.announcement.label,
        occurrence_id=occurrence_id,
        reason=reason,
    )
