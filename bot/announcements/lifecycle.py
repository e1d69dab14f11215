"""Steering what was approved: pause, resume, stop, withdraw, and the confirmation after a restore."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.announcements.actions import Actions, AnnouncementPorts, Command, CommandOutcome, CommandRule, Decision
from bot.announcements.closing import finish_if_done, stop_occurrence
from bot.announcements.events import AnnouncementWithdrawn, OccurrenceConfirmed
from bot.announcements.model import (
    OPEN_STATES,
    ORGANISER_ROLES,
    Announcement,
    AnnouncementId,
    Correction,
    CorrectionKind,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Stage,
)
from bot.announcements.organisers import MAY_APPROVE
from bot.ids import VisitorId

_LIVE = frozenset({Stage.APPROVED, Stage.PAUSED})
_WAS_LIVE = _LIVE | {Stage.STOPPED, Stage.FINISHED}
_WAITING = frozenset({OccurrenceState.AWAITING_CONFIRMATION})
_MANY = 10_000
"""Occurrences of one announcement that an action reaches: one a day for 27 years; a bound, not a page."""
_PAUSE = CommandRule(name="announcement_paused", roles=ORGANISER_ROLES, stages=frozenset({Stage.APPROVED}))
_RESUME = CommandRule(name="announcement_resumed", roles=MAY_APPROVE, stages=_LIVE)
_STOP = CommandRule(name="announcement_stopped", roles=ORGANISER_ROLES, stages=_LIVE)
_STOP_ONE = replace(_STOP, name="occurrence_stopped")
_CONFIRM = CommandRule(
    name="word_given", roles=MAY_APPROVE, stages=_WAS_LIVE, tells=ORGANISER_ROLES, event=OccurrenceConfirmed
)
_WITHDRAW = CommandRule(
    name="announcement_withdrawn",
    roles=MAY_APPROVE,
    stages=_WAS_LIVE,
    tells=ORGANISER_ROLES,
    event=AnnouncementWithdrawn,
)


class Lifecycle:
    """Acts on what goes out or went out. `actor` is who asks, `now` when."""

    def __init__(
        self, parts: AnnouncementPorts, *, new_correction_id: Callable[[], str] = lambda: secrets.token_hex(8)
    ) -> None:
        self._parts = parts
        self._actions = Actions(parts)
        self._new_correction_id = new_correction_id

    async def pause(self, announcement_id: AnnouncementId, *, actor: VisitorId, now: datetime) -> Decision:
        """Nothing more of it goes out or becomes due until it is resumed."""

        async def occurrences() -> None:
            states = frozenset({OccurrenceState.PLANNING, OccurrenceState.RUNNING})
            await self._set_all(announcement_id, states, OccurrenceState.PAUSED, now=now)

        def paused(announcement: Announcement) -> Announcement:
            return replace(announcement, stage=Stage.PAUSED, pause_reason="by_organiser")

        order = Command(announcement_id=announcement_id, actor=actor, now=now)
        return await self._actions.carry_out(_PAUSE, order, paused, besides=occurrences)

    async def resume(self, announcement_id: AnnouncementId, *, actor: VisitorId, now: datetime) -> Decision:
        """It goes on, also after the bot has paused it by itself. What became due meanwhile is judged as late."""

        async def occurrences() -> None:
            # Through PLANNING, because the pause may have fallen into it; a plan that is complete runs at once.
            states = frozenset({OccurrenceState.PAUSED})
            await self._set_all(announcement_id, states, OccurrenceState.PLANNING, now=now)

        def resumed(announcement: Announcement) -> Announcement:
            return replace(announcement, stage=Stage.APPROVED, pause_reason="")

        order = Command(announcement_id=announcement_id, actor=actor, now=now)
        return await self._actions.carry_out(_RESUME, order, resumed, besides=occurrences)

    async def stop(self, announcement_id: AnnouncementId, *, actor: VisitorId, now: datetime) -> Decision:
        """It ends for good: what was not sent is cancelled, what is in flight still counts."""

        async def occurrences() -> None:
            await self._stop_all(announcement_id, now=now, reason="by_organiser")

        def stopped(announcement: Announcement) -> Announcement:
            return replace(announcement, stage=Stage.STOPPED, next_due_at=None)

        order = Command(announcement_id=announcement_id, actor=actor, now=now)
        return await self._actions.carry_out(_STOP, order, stopped, besides=occurrences)

    async def stop_occurrence(self, occurrence_id: OccurrenceId, *, actor: VisitorId, now: datetime) -> Decision:
        """This firing ends; a recurring announcement goes on with its next one."""
        parts = self._parts
        async with parts.transaction():
            occurrence = await parts.outbox.find(occurrence_id)
            if occurrence is None:
                return Decision(outcome=CommandOutcome.NOT_FOUND)

            async def stop() -> None:
                await stop_occurrence(parts.outbox, occurrence, now=now, reason="by_organiser")

            order = Command(announcement_id=occurrence.announcement_id, actor=actor, now=now, detail=occurrence_id)
            decision = await self._actions.carry_out(_STOP_ONE, order, besides=stop)
            if decision.announcement is not None and decision.is_done:
                await finish_if_done(parts.announcements, parts.outbox, decision.announcement)
        return decision

    async def confirm(self, occurrence_id: OccurrenceId, *, send: bool, actor: VisitorId, now: datetime) -> Decision:
        """After a restore from backup: send what is left of an occurrence, or let it be (it was sent already).

        When no occurrence waits for a confirmation any more, the restored database counts as good.
        """
        parts = self._parts
        async with parts.transaction():
            occurrence = await parts.outbox.find(occurrence_id)
            if occurrence is None or occurrence.state is not OccurrenceState.AWAITING_CONFIRMATION:
                return Decision(outcome=CommandOutcome.NOT_FOUND if occurrence is None else CommandOutcome.WRONG_STAGE)

            async def decide() -> None:
                if send:
                    await parts.outbox.set_state(occurrence_id, OccurrenceState.PLANNING, now=now)
                else:
                    await stop_occurrence(parts.outbox, occurrence, now=now, reason="sent_before_restore")

            detail = f"{occurrence_id} {'send' if send else 'let_be'}"
            order = Command(announcement_id=occurrence.announcement_id, actor=actor, now=now, detail=detail)
            decision = await self._actions.decide(_CONFIRM, order, besides=decide)
            if decision.announcement is not None and decision.is_done:
                await finish_if_done(parts.announcements, parts.outbox, decision.announcement)
            is_last = decision.is_done and not await parts.outbox.occurrences(states=_WAITING, limit=1)
        if is_last:
            await parts.guard.accept()
        await self._actions.notify(_CONFIRM, order, decision)
        return decision

    async def withdraw(self, announcement_id: AnnouncementId, *, actor: VisitorId, now: datetime) -> Decision:
        """Stop it and delete every delivered copy that Telegram still lets us delete; every organiser is told."""
        asked: list[str] = []

        async def ask() -> None:
            await self._stop_all(announcement_id, now=now, reason="withdrawn")
            occurrences = await self._parts.outbox.occurrences(of=announcement_id, limit=_MANY)
            asked.extend([await self._delete(one, actor=actor, now=now) for one in occurrences if one.audience])

        def withdrawn(announcement: Announcement) -> Announcement:
            return replace(announcement, stage=Stage.WITHDRAWN, next_due_at=None)

        order = Command(announcement_id=announcement_id, actor=actor, now=now)
        decision = await self._actions.carry_out(_WITHDRAW, order, withdrawn, besides=ask)
        return replace(decision, correction_ids=tuple(asked))

    async def latest(self, announcement_id: AnnouncementId) -> Occurrence | None:
        """The firing that is or was due last; what was sent once more to those in doubt belongs to another."""
        found = await self._parts.outbox.occurrences(of=announcement_id, limit=_MANY)
        return next((one for one in reversed(found) if not one.is_repeat), None)

    async def _set_all(
        self, announcement_id: AnnouncementId, states: frozenset[OccurrenceState], to: OccurrenceState, *, now: datetime
    ) -> None:
        outbox = self._parts.outbox
        reason = "by_organiser" if to is OccurrenceState.PAUSED else ""
        for occurrence in await outbox.occurrences(states=states, of=announcement_id, limit=_MANY):
            await outbox.set_state(occurrence.occurrence_id, to, now=now, reason=reason)

    async def _stop_all(self, announcement_id: AnnouncementId, *, now: datetime, reason: str) -> None:
        for occurrence in await self._parts.outbox.occurrences(states=OPEN_STATES, of=announcement_id, limit=_MANY):
            await stop_occurrence(self._parts.outbox, occurrence, now=now, reason=reason)

    async def _delete(self, occurrence: Occurrence, *, actor: VisitorId, now: datetime) -> str:
        correction = Correction(
            correction_id=self._new_correction_id(),
            occurrence_id=occurrence.occurrence_id,
            kind=CorrectionKind.DELETE,
            texts={},
            asked_by=actor,
            asked_at=now,
        )
        await self._parts.corrections.open(correction)
        return correction.correction_id
