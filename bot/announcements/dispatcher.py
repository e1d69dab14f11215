"""The dispatcher: intent, call, result.

A copy gets its turn in the common pace first, then its intent, durable, and then its call begins: so only what may have
left is in doubt after a crash, and not what still waited for its turn. A result is stored by compare-and-set; a row
whose sender died is in doubt and the policy decides. One dispatcher lives at a time; an older epoch can write nothing,
so a second one that was started by mistake does no harm.
"""

from __future__ import annotations

import asyncio

import structlog

from bot.announcements.calling import CopyCaller
from bot.announcements.claiming import ClaimingParts, CopyClaimer
from bot.announcements.closing import OccurrenceCloser
from bot.announcements.corrections import CorrectionStep
from bot.announcements.crash_points import Probe, no_probe
from bot.announcements.lease_holder import LeaseHolder, LeaseLostError
from bot.announcements.model import (
    Epoch,
)
from bot.announcements.orphans import OrphanSweeper
from bot.announcements.session import DeliveryRules, DispatcherParts, DispatchSession, SendGate
from bot.announcements.settling import ResultSettler
from bot.announcements.turns import Turns
from bot.errors import DatabaseError

_log = structlog.get_logger(__name__)

_SHORTEST_NAP_S = 0.001
"""A pause that is all but over must not make the loop spin."""


class DeliveryDispatcher:
    """Sends what is planned. `run` it in one task of the process; `leave` ends it in order."""

    def __init__(
        self, parts: DispatcherParts, rules: DeliveryRules | None = None, *, holder: str, probe: Probe = no_probe
    ) -> None:
        self._parts = parts
        self._rules = rules or DeliveryRules()
        self._probe = probe
        self._lease = LeaseHolder(
            parts.lease,
            holder=holder,
            lasts_s=self._rules.lease_s,
            clock=parts.clock,
            monotonic=parts.monotonic,
        )
        self._gate = SendGate(self._rules, parts.monotonic)
        self._signal = asyncio.Event()

    @property
    def trouble(self) -> str:
        """Why nothing goes at present: `token_refused`, `database_failed`, or nothing."""
        return self._gate.trouble

    def wake(self) -> None:
        """Something was planned, paused or stopped: look at once."""
        self._signal.set()

    def leave(self) -> None:
        """Claim nothing more, wait for what is in flight, store it, give the lease back."""
        self._gate.is_leaving = True
        self._signal.set()

    async def run(self) -> None:
        """Take the lease and send, again and again, until `leave`."""
        while not self._gate.is_leaving:
            wait_s = self._rules.poll_s
            try:
                if not await self._serve_a_session():
                    wait_s = self._rules.lease_s / 3
            except* LeaseLostError as lost:
                _log.warning("lease_lost", reasons=[str(error) for error in lost.exceptions])
            except* Exception as errors:  # noqa: BLE001 - visitors' questions must not suffer when announcements fail
                _log.error("dispatcher_failed", reasons=[repr(error) for error in errors.exceptions])
                wait_s = self._rules.database_pause_s
            if not self._gate.is_leaving:
                await self._nap(wait_s)

    async def _serve_a_session(self) -> bool:
        """Serve as long as the lease lasts; False when another dispatcher has it."""
        await self._parts.watch.is_restored(now=self._parts.clock())
        epoch = await self._lease.take()
        if epoch is None:
            _log.warning("lease_held_by_another")
            return False
        _log.info("lease_taken", epoch=epoch)
        try:
            async with asyncio.TaskGroup() as group:
                session = self._session(epoch, group)
                keeping = group.create_task(self._lease.keep(epoch))
                correcting = group.create_task(self._keep_correcting())
                await self._pump(session)
                keeping.cancel()
                correcting.cancel()
        finally:
            await self._lease.release(epoch)
        return True

    def _session(self, epoch: Epoch, group: asyncio.TaskGroup) -> DispatchSession:
        return DispatchSession(
            epoch=epoch,
            parts=self._parts,
            rules=self._rules,
            gate=self._gate,
            lease=self._lease,
            probe=self._probe,
            wake=self._signal.set,
            group=group,
            turns=Turns(self._parts.announcement_sender, group, self._signal.set),
        )

    async def _pump(self, session: DispatchSession) -> None:
        """Use the turns that have come, settle what is finished, ask for turns, wait; what is in flight is awaited."""
        settler = ResultSettler(session)
        sweeper = OrphanSweeper(session, settler)
        closer = OccurrenceCloser(session, sweeper)
        claimer = CopyClaimer(session, ClaimingParts(caller=CopyCaller(session), sweeper=sweeper, closer=closer))
        await sweeper.sweep()
        try:
            while not self._gate.is_leaving or session.in_flight or session.finished:
                changed = session.turns.are_ready and await claimer.claim_round()
                changed |= await settler.settle_finished()
                if not changed and not await claimer.claim_round():
                    await self._wait(session)
        finally:
            session.turns.close()

    async def _wait(self, session: DispatchSession) -> None:
        """Until a call is finished, somebody wakes us or it is time to look again; results are gathered for a while."""
        poll_s = self._rules.poll_s
        if not session.finished:
            await self._nap(max(min(poll_s, self._gate.pause_left_s or poll_s), _SHORTEST_NAP_S))
        deadline = self._parts.monotonic() + self._rules.linger_s
        while self._may_gather(session):
            left = deadline - self._parts.monotonic()
            if left <= 0:
                return
            await self._nap(left)

    def _may_gather(self, session: DispatchSession) -> bool:
        """Whether more results may join those that are there, and no turn is lost meanwhile."""
        is_worthwhile = 0 < len(session.finished) < session.worthwhile_room
        return is_worthwhile and bool(session.in_flight) and not session.turns.are_ready

    async def _nap(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._signal.wait()
        except TimeoutError:
            pass
        self._signal.clear()

    async def _keep_correcting(self) -> None:
        """Edits and deletions go beside the deliveries, under the same lease."""
        gate = self._gate
        while True:
            may_send = self._lease.is_good and not gate.is_leaving and not gate.trouble
            wait_s = self._rules.poll_s
            if may_send and not gate.pause_left_s:
                step = await self._correct()
                wait_s = max(step.pause_s, 0.0 if step.settled else wait_s)
            await asyncio.sleep(wait_s)

    async def _correct(self) -> CorrectionStep:
        try:
            if await self._parts.watch.is_restored(now=self._parts.clock()):
                return CorrectionStep(0)
            step = await self._parts.corrector.step(self._parts.clock())
        except DatabaseError as error:
            _log.error("correction_failed", error=str(error))
            return CorrectionStep(0, self._rules.database_pause_s)
        if step.nothing_goes:
            self._gate.trouble = "token_refused"
        return step
