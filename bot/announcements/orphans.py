"""Orphans: rows whose sender died, or that were left in doubt. Their announcement's policy decides about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.announcements.model import Delivery, DeliveryState, OccurrenceId, Policy
from bot.announcements.policy import OrphanJudge
from bot.announcements.session import CallResult, DispatchSession, copy_key
from bot.announcements.settling import ResultSettler

_log = structlog.get_logger(__name__)

_AT_ONCE = 200
"""Rows in one transaction: a crash leaves at most `DeliveryRules.in_flight`, so one round is the rule."""
_SENDING = frozenset({DeliveryState.SENDING})


class OrphanSweeper:
    """Finds them at the start of a session, and when an occurrence is down to them."""

    def __init__(self, session: DispatchSession, settler: ResultSettler) -> None:
        self._session = session
        self._settler = settler
        self._judge = OrphanJudge(session.rules.crash_limit)

    async def sweep(self) -> None:
        """Apply the policy to rows of dead senders and rows left in doubt."""
        parts, epoch = self._session.parts, self._session.epoch
        while rows := await parts.outbox.orphans(live=epoch, limit=_AT_ONCE):
            async with parts.transaction():
                count = await parts.outbox.resolve(await self._judged(rows))
            _log.warning("orphans_resolved", count=count, epoch=epoch)
            if not count:
                return

    async def put_back_unsent(self) -> None:
        """Rows that are ours, SENDING, and never reached a call: proof that nothing was sent."""
        session = self._session
        for occurrence_id, job in list(session.jobs.items()):
            unsent = [
                CallResult(job, row, replace(row, state=DeliveryState.PLANNED, reason="claim_unconfirmed"), None)
                async for row in session.parts.outbox.rows(occurrence_id, states=_SENDING)
                if row.epoch == session.epoch and copy_key(row) not in session.in_flight
            ]
            await self._settler.store(unsent)

    async def _judged(self, rows: Sequence[Delivery]) -> list[Delivery]:
        now = self._session.parts.clock()
        of = {occurrence_id: await self._terms(occurrence_id) for occurrence_id in {row.occurrence_id for row in rows}}
        judged = []
        for row in rows:
            policy, has_ended = of[row.occurrence_id]
            judged.append(self._judge.judge(row, policy, now=now, has_ended=has_ended))
        return judged

    async def _terms(self, occurrence_id: OccurrenceId) -> tuple[Policy, bool]:
        """The policy of an occurrence and whether it has ended, read once for all of its rows."""
        occurrence = await self._session.parts.outbox.find(occurrence_id)
        announcement = occurrence and await self._session.parts.announcements.find(occurrence.announcement_id)
        policy = announcement.terms.policy if announcement else Policy.AT_MOST_ONCE
        return policy, occurrence is None or occurrence.state.has_ended
