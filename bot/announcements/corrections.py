"""Edits and withdrawals of delivered copies. Both can be repeated without harm, so a crash needs no care here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.announcements.content import trial_message
from bot.announcements.events import CorrectionFinished
from bot.announcements.model import (
    Announcement,
    Correction,
    CorrectionKind,
    CorrectionState,
    Delivery,
    Receipt,
    SendOutcome,
)
from bot.announcements.notifier import notify_all
from bot.announcements.ports import AnnouncementSender, AnnouncementStore, Corrections, Notify, Outbox

_log = structlog.get_logger(__name__)

DELETABLE_FOR = timedelta(hours=48)
"""Telegram lets a bot delete its messages for so long (https://core.telegram.org/bots/api#deletemessage)."""
_TRIES = 3
"""Calls without a clear answer before a copy counts as failed; repeating is harmless. By reasoning."""
_OUTCOMES: Mapping[SendOutcome, CorrectionState] = {
    SendOutcome.SENT: CorrectionState.DONE,
    SendOutcome.GONE: CorrectionState.FAILED,
    SendOutcome.REFUSED: CorrectionState.FAILED,
    SendOutcome.UNPARSEABLE: CorrectionState.FAILED,
    SendOutcome.MIGRATED: CorrectionState.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectorParts:
    """What corrections need from outside."""

    announcements: AnnouncementStore
    outbox: Outbox
    corrections: Corrections
    announcement_sender: AnnouncementSender
    notify: Notify


@dataclass(frozen=True, slots=True)
class CorrectionStep:
    """What one step did."""

    settled: int
    """Copies."""
    pause_s: float = 0.0
    """How long Telegram wants us to wait before the next step; 0 for not at all."""
    nothing_goes: bool = False
    """The token is refused."""


class Corrector:
    """Works through what is to be corrected, `at_once` copies together: few, as deliveries share the pace with them."""

    def __init__(self, parts: CorrectorParts, *, at_once: int = 10) -> None:
        self._parts = parts
        self._at_once = at_once
        self._unclear: dict[tuple[str, int], int] = {}

    async def step(self, now: datetime) -> CorrectionStep:
        """Correct the next copies; tells organisers when a correction is through."""
        waiting = await self._parts.corrections.next(limit=self._at_once)
        if not waiting:
            return CorrectionStep(0)
        of = {one.occurrence_id: await self._announcement(one) for one, _ in waiting}
        receipts = await asyncio.gather(
            *(self._correct(correction, row, of[correction.occurrence_id], now) for correction, row in waiting)
        )
        settled = 0
        for (correction, row), outcome in zip(waiting, receipts, strict=True):
            state = outcome if isinstance(outcome, CorrectionState) else self._judge(correction, row, outcome)
            if state is not None:
                settled += 1
                await self._parts.corrections.settle(correction.correction_id, row.chat_id, state)
        for correction_id in sorted({correction.correction_id for correction, _ in waiting}):
            await self._tell_if_through(correction_id)
        calls = [outcome for outcome in receipts if isinstance(outcome, Receipt)]
        return CorrectionStep(
            settled,
            max((receipt.pause_s for receipt in calls), default=0.0),
            any(receipt.outcome is SendOutcome.NOTHING_GOES for receipt in calls),
        )

    async def _announcement(self, correction: Correction) -> Announcement | None:
        """What the delivered copies announce, read once for all that are edited together; a deletion needs nothing."""
        if correction.kind is CorrectionKind.DELETE:
            return None
        occurrence = await self._parts.outbox.find(correction.occurrence_id)
        return None if occurrence is None else await self._parts.announcements.find(occurrence.announcement_id)

    async def _correct(
        self, correction: Correction, row: Delivery, announcement: Announcement | None, now: datetime
    ) -> Receipt | CorrectionState:
        """Make the call, or tell why none is made."""
        if row.message_id is None:
            return CorrectionState.FAILED
        if correction.kind is CorrectionKind.DELETE:
            if now - row.changed_at >= DELETABLE_FOR:
                return CorrectionState.TOO_OLD
            return await self._parts.announcement_sender.delete(row.chat_id, row.message_id)
        if row.locale not in correction.texts:
            return CorrectionState.UNTOUCHED
        if announcement is None:
            return CorrectionState.FAILED
        outgoing = trial_message(announcement, chat_id=row.chat_id, locale=row.locale, zone=row.zone)
        corrected = replace(outgoing, text=correction.texts[row.locale])
        return await self._parts.announcement_sender.edit(corrected, row.message_id)

    def _judge(self, correction: Correction, row: Delivery, receipt: Receipt) -> CorrectionState | None:
        """None: it is tried again. Without a clear answer only so often."""
        key = (correction.correction_id, row.chat_id)
        if receipt.outcome is SendOutcome.DOUBT:
            self._unclear[key] = self._unclear.get(key, 0) + 1
            if self._unclear[key] < _TRIES:
                return None
            del self._unclear[key]
            return CorrectionState.FAILED
        if receipt.outcome in _OUTCOMES:
            self._unclear.pop(key, None)
        return _OUTCOMES.get(receipt.outcome)

    async def _tell_if_through(self, correction_id: str) -> None:
        correction = await self._parts.corrections.find(correction_id)
        if correction is None or correction.counts.get(CorrectionState.PLANNED, 0):
            return
        figures = {state.value: number for state, number in sorted(correction.counts.items())}
        _log.info("correction_finished", correction_id=correction_id, **figures)
        finished = CorrectionFinished(
            correction_id=correction_id, occurrence_id=correction.occurrence_id, counts=correction.counts
        )
        await notify_all(self._parts.notify, finished)
