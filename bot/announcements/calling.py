"""Calling: one task a copy, from its intent to a receipt. Whatever goes wrong concerns this copy only."""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot.announcements.content import message_of
from bot.announcements.crash_points import CrashPoint
from bot.announcements.model import Delivery, DeliveryState, Receipt, SendOutcome
from bot.announcements.policy import OrphanJudge, after_call
from bot.announcements.ports import SendSlot
from bot.announcements.session import CallResult, DispatchSession, OccurrenceJob, copy_key

_log = structlog.get_logger(__name__)


class CopyCaller:
    """Makes the calls of one session; results go into `session.finished`."""

    def __init__(self, session: DispatchSession) -> None:
        self._session = session
        self._judge = OrphanJudge(session.rules.crash_limit)

    def start(self, job: OccurrenceJob, row: Delivery, turn: SendSlot) -> None:
        """Send a copy whose intent is durable, in its turn, beside all others."""
        self._session.in_flight.add(copy_key(row))
        job.in_flight += 1
        self._session.group.create_task(self._call(job, row, turn))

    async def _call(self, job: OccurrenceJob, row: Delivery, turn: SendSlot) -> None:
        try:
            result = await self._make_call(job, row, turn)
        finally:
            turn.give_back()
        if result.receipt is not None:
            result = self._note_receipt(result, result.receipt)
        self._session.finished.append(result)
        self._session.wake()

    async def _make_call(self, job: OccurrenceJob, row: Delivery, turn: SendSlot) -> CallResult:
        """Never raises but for a cancellation."""
        session, now = self._session, self._session.parts.clock
        try:
            outgoing = message_of(job.bodies, row)
        except Exception as error:  # noqa: BLE001 - one row that can't be made must not stop the others
            _log.error("parcel_failed", occurrence_id=row.occurrence_id, error=type(error).__name__)
            return CallResult(job, row, self._judge.after_crash_before_call(row, now=now()), None)
        back = replace(row, state=DeliveryState.PLANNED)
        if outgoing is None:
            _log.error("body_changed_after_approval", occurrence_id=row.occurrence_id, locale=row.locale)
            return CallResult(job, row, replace(back, reason="body_changed"), None, pauses="body_changed")
        await session.hit(CrashPoint.CP10)
        if not session.lease.is_good:
            return CallResult(job, row, back, None)
        try:
            receipt = await turn.deliver(outgoing)
        except Exception as error:  # noqa: BLE001 - the sender promises not to raise; if it does, who knows what was sent
            _log.error("courier_failed", occurrence_id=row.occurrence_id, error=type(error).__name__)
            row = replace(row, crashes=row.crashes + 1)
            receipt = Receipt(outcome=SendOutcome.DOUBT, reason="courier_failed")
        return CallResult(job, row, after_call(row, receipt, now=now()), receipt)

    def _note_receipt(self, result: CallResult, receipt: Receipt) -> CallResult:
        """What a receipt means for the calls to come, and whether it pauses the occurrence."""
        self._session.gate.note(receipt)
        if receipt.pause_s > self._session.rules.longest_pause_s:
            return replace(result, pauses="flood_wait")
        if result.job.breaker.note(result.claimed.body_hash, receipt):
            return replace(result, pauses="body_refused")
        return result
