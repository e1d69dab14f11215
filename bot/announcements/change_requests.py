"""Changes of what was delivered: one asks with the number of copies, another agrees; an owner may alone, loudly.

What went out was approved by two; one alone could otherwise put other words, or another link, in its place.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.announcements.actions import (
    Actions,
    AnnouncementPorts,
    Command,
    CommandOutcome,
    CommandRule,
    Decision,
    new_announcement_id,
    unchanged,
)
from bot.announcements.checking import Problem, Trouble
from bot.announcements.content import edited_texts
from bot.announcements.events import ChangeAgreed, ChangeAgreedInEmergency, ChangeAsked, ChangeEvent, ChangeRefused
from bot.announcements.model import (
    ORGANISER_ROLES,
    Announcement,
    AnnouncementId,
    ChangeRequest,
    ChangeRequestKind,
    ChangeRequestState,
    Correction,
    CorrectionKind,
    DeliveryState,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Role,
    Stage,
    Standing,
)
from bot.announcements.organisers import MAY_APPROVE
from bot.announcements.repeating import in_doubt, plan_repeat
from bot.ids import Locale, VisitorId

_WAS_LIVE = frozenset({Stage.APPROVED, Stage.PAUSED, Stage.STOPPED, Stage.FINISHED})
_REPEATABLE = frozenset({Stage.APPROVED, Stage.FINISHED})
_ASK = CommandRule(name="asked", roles=MAY_APPROVE, stages=_WAS_LIVE, tells=MAY_APPROVE)
_AGREE = CommandRule(name="agreed", roles=MAY_APPROVE, stages=_WAS_LIVE, is_for_others=True, tells=ORGANISER_ROLES)
_EMERGENCY = CommandRule(
    name="agreed_in_emergency", roles=frozenset({Role.OWNER}), stages=_WAS_LIVE, is_authors=True, tells=ORGANISER_ROLES
)
_REFUSE = CommandRule(name="refused", roles=MAY_APPROVE, stages=frozenset(Stage), tells=MAY_APPROVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who asks or agrees, when, how many copies they think it concerns, and which version they saw (None: any)."""

    actor: VisitorId
    now: datetime
    copies: int
    version: int | None = None


class ChangeRequests:
    """Asks for changes of what was delivered, and carries them out once a second person agrees."""

    def __init__(
        self,
        parts: AnnouncementPorts,
        *,
        new_request_id: Callable[[], str] = new_announcement_id,
        new_correction_id: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._parts = parts
        self._actions = Actions(parts)
        self._new_request_id = new_request_id
        self._new_correction_id = new_correction_id

    async def copies(self, occurrence_id: OccurrenceId, kind: ChangeRequestKind) -> int:
        """How many copies such a request would concern now: the number to type."""
        occurrence = await self._parts.outbox.find(occurrence_id)
        if occurrence is None:
            return 0
        if kind is ChangeRequestKind.RESEND:
            return len([row.chat_id async for row in in_doubt(self._parts.outbox, occurrence_id)])
        firings = await self._with_repeat(occurrence)
        standings = [await self._parts.outbox.standing(one.occurrence_id) for one in firings]
        return sum(standing.counts.get(DeliveryState.SENT, 0) for standing in standings)

    async def resendable(self, occurrence_id: OccurrenceId, *, now: datetime) -> int:
        """How many may get one more copy: none once they were sent one, or while copies go out."""
        occurrence = await self._parts.outbox.find(occurrence_id)
        announcement = occurrence and await self._parts.announcements.find(occurrence.announcement_id)
        if not occurrence or not announcement or announcement.stage not in _REPEATABLE:
            return 0
        return await self._repeatable(occurrence, now)

    async def repeat_of(self, occurrence: Occurrence) -> Standing | None:
        """How the copies stand that were sent once more; None when there are none."""
        repeat = await self._parts.outbox.find(occurrence.repeat_id)
        return None if repeat is None else await self._parts.outbox.standing(repeat.occurrence_id)

    async def find(self, request_id: str) -> ChangeRequest | None:
        """The request, or None."""
        return await self._parts.requests.find(request_id)

    async def waiting(self, announcement_id: AnnouncementId) -> Sequence[ChangeRequest]:
        """What of an announcement waits for a second person, the oldest first."""
        return await self._parts.requests.waiting(announcement_id)

    async def check(self, occurrence_id: OccurrenceId, texts: Mapping[Locale, str]) -> tuple[Problem, ...]:
        """Why Telegram would not take the texts in place of the delivered ones."""
        occurrence = await self._parts.outbox.find(occurrence_id)
        announcement = occurrence and await self._parts.announcements.find(occurrence.announcement_id)
        return self._wrong_texts(announcement, texts) if announcement else ()

    async def correct(self, occurrence_id: OccurrenceId, texts: Mapping[Locale, str], *, signed: Signed) -> Decision:
        """Ask that the delivered copies in a language of `texts` say this instead; approvers are told."""
        return await self._ask(occurrence_id, ChangeRequestKind.CORRECT, texts, signed)

    async def put_back(self, occurrence_id: OccurrenceId, *, signed: Signed) -> Decision:
        """Ask that what the latest correction replaced comes back; approvers are told."""
        return await self._ask(
            occurrence_id, ChangeRequestKind.PUT_BACK, await self.earlier_texts(occurrence_id), signed
        )

    async def resend(self, occurrence_id: OccurrenceId, *, signed: Signed) -> Decision:
        """Ask that those in doubt get one more copy; approvers are told."""
        return await self._ask(occurrence_id, ChangeRequestKind.RESEND, {}, signed)

    async def earlier_texts(self, occurrence_id: OccurrenceId) -> Mapping[Locale, str]:
        """What the latest correction replaced; empty when nothing was corrected."""
        edits = await self._parts.corrections.edits(occurrence_id)
        if not edits:
            return {}
        occurrence = await self._parts.outbox.find(occurrence_id)
        announcement = occurrence and await self._parts.announcements.find(occurrence.announcement_id)
        if not announcement:
            return {}
        before = {**announcement.content.texts, **edited_texts(edits[:-1])}
        return {locale: before[locale] for locale in edits[-1].texts if locale in before}

    async def agree(self, request_id: str, *, signed: Signed) -> Decision:
        """A second person lets it happen; never who asked."""
        return await self._decide(request_id, _AGREE, ChangeAgreed, signed)

    async def agree_in_emergency(self, request_id: str, *, signed: Signed) -> Decision:
        """An owner lets their own request happen alone; every organiser is told."""
        return await self._decide(request_id, _EMERGENCY, ChangeAgreedInEmergency, signed)

    async def refuse(self, request_id: str, *, actor: VisitorId, now: datetime) -> Decision:
        """It is not to happen: an approver, or who asked for it."""
        parts = self._parts
        async with parts.transaction():
            request = await parts.requests.find(request_id)
            occurrence = request and await parts.outbox.find(request.occurrence_id)
            if request is None or not occurrence:
                return Decision(outcome=CommandOutcome.NOT_FOUND)
            refused = replace(request, state=ChangeRequestState.REFUSED, decided_by=actor, decided_at=now)

            async def refuse() -> None:
                await parts.requests.decide(refused)

            action = _named(_REFUSE, request.kind)
            order = Command(announcement_id=occurrence.announcement_id, actor=actor, now=now, detail=request_id)
            decision = await self._actions.decide(action, order, besides=refuse, objection=_if_decided(request))
        await self._notify(_REFUSE, ChangeRefused, decision, refused, actor=actor)
        return replace(decision, request=refused)

    async def _ask(
        self, occurrence_id: OccurrenceId, kind: ChangeRequestKind, texts: Mapping[Locale, str], signed: Signed
    ) -> Decision:
        parts = self._parts
        async with parts.transaction():
            occurrence = await parts.outbox.find(occurrence_id)
            announcement = occurrence and await parts.announcements.find(occurrence.announcement_id)
            if not occurrence or not announcement:
                return Decision(outcome=CommandOutcome.NOT_FOUND)
            request = ChangeRequest(
                request_id=self._new_request_id(),
                occurrence_id=occurrence_id,
                kind=kind,
                texts=texts,
                replaces=await self._standing_texts(announcement, occurrence_id, texts),
                copies=signed.copies,
                asked_by=signed.actor,
                asked_at=signed.now,
            )
            problems = self._wrong_texts(announcement, texts) if kind is ChangeRequestKind.CORRECT else ()
            if problems:
                return Decision(outcome=CommandOutcome.HAS_PROBLEMS, announcement=announcement, problems=problems)

            async def ask() -> None:
                await parts.requests.open(request)

            action, order = _named(_ASK, kind), _order(announcement.announcement_id, request, signed)
            objection = await self._objection(request, occurrence, signed)
            decision = await self._actions.decide(action, order, besides=ask, objection=objection)
        await self._notify(_ASK, ChangeAsked, decision, request, actor=signed.actor)
        return replace(decision, request=request)

    async def _decide(self, request_id: str, rule: CommandRule, event: type[ChangeEvent], signed: Signed) -> Decision:
        parts, made = self._parts, list[str]()
        async with parts.transaction():
            request = await parts.requests.find(request_id)
            occurrence = request and await parts.outbox.find(request.occurrence_id)
            if request is None or not occurrence:
                return Decision(outcome=CommandOutcome.NOT_FOUND)
            agreed = replace(request, state=ChangeRequestState.AGREED, decided_by=signed.actor, decided_at=signed.now)

            async def carry_out() -> None:
                await parts.requests.decide(agreed)
                if agreed.kind is ChangeRequestKind.RESEND:
                    await plan_repeat(parts.outbox, occurrence, now=signed.now)
                else:
                    made.extend([await self._correct(agreed, one, signed.now) for one in with_repeat])

            with_repeat = await self._with_repeat(occurrence)
            action = _named(rule, request.kind)
            order = _order(occurrence.announcement_id, request, signed, asked_by=request.asked_by)
            objection = _if_decided(request) or await self._objection(request, occurrence, signed)
            change = _going if request.kind is ChangeRequestKind.RESEND else unchanged
            decision = await self._actions.decide(action, order, change, besides=carry_out, objection=objection)
        await self._notify(rule, event, decision, agreed, actor=signed.actor)
        return replace(decision, request=agreed, correction_ids=tuple(made))

    async def _notify(
        self,
        rule: CommandRule,
        event: type[ChangeEvent],
        decision: Decision,
        request: ChangeRequest,
        *,
        actor: VisitorId,
    ) -> None:
        """Tell those who should know that it was done; outside of any transaction, because it may take long."""
        done = decision.announcement
        if decision.is_done and done is not None:
            made = event(announcement_id=done.announcement_id, label=done.label, actor=actor, request=request)
            await self._parts.notify(rule.tells, made)

    async def _objection(self, request: ChangeRequest, occurrence: Occurrence, signed: Signed) -> CommandOutcome | None:
        """What stands in its way: copies still go out, another number, or words that have changed since."""
        if not all(one.state.has_ended for one in await self._with_repeat(occurrence)):
            return CommandOutcome.WRONG_STAGE
        if request.kind is ChangeRequestKind.PUT_BACK and not request.texts:
            return CommandOutcome.WRONG_STAGE
        if request.kind is ChangeRequestKind.RESEND and not await self._repeatable(occurrence, signed.now):
            return CommandOutcome.WRONG_STAGE
        if signed.copies != await self.copies(occurrence.occurrence_id, request.kind):
            return CommandOutcome.WRONG_COUNT
        announcement = await self._parts.announcements.find(occurrence.announcement_id)
        assert announcement is not None
        stands = await self._standing_texts(announcement, occurrence.occurrence_id, request.texts)
        return None if stands == request.replaces else CommandOutcome.CHANGED_MEANWHILE

    async def _with_repeat(self, occurrence: Occurrence) -> Sequence[Occurrence]:
        """The firing, and the one that sent its doubtful copies once more."""
        repeat = await self._parts.outbox.find(occurrence.repeat_id)
        return (occurrence,) if repeat is None else (occurrence, repeat)

    async def _repeatable(self, occurrence: Occurrence, now: datetime) -> int:
        """How many copies may be sent once more: none unless it went out to its end, holds, and was not sent again."""
        is_over = occurrence.valid_until is not None and now >= occurrence.valid_until
        if occurrence.state is not OccurrenceState.FINISHED or occurrence.is_repeat or is_over:
            return 0
        if await self._parts.outbox.find(occurrence.repeat_id) is not None:
            return 0
        if await self._parts.corrections.edits(occurrence.occurrence_id):
            return 0
        return await self.copies(occurrence.occurrence_id, ChangeRequestKind.RESEND)

    async def _standing_texts(
        self, announcement: Announcement, occurrence_id: OccurrenceId, texts: Mapping[Locale, str]
    ) -> Mapping[Locale, str]:
        """What the delivered copies in the languages of `texts` say now."""
        edited = edited_texts(await self._parts.corrections.edits(occurrence_id))
        stands = {**announcement.content.texts, **edited}
        return {locale: stands[locale] for locale in texts if locale in stands}

    async def _correct(self, request: ChangeRequest, occurrence: Occurrence, now: datetime) -> str:
        correction = Correction(
            correction_id=self._new_correction_id(),
            occurrence_id=occurrence.occurrence_id,
            kind=CorrectionKind.EDIT,
            texts=request.texts,
            asked_by=request.asked_by,
            asked_at=now,
        )
        await self._parts.corrections.open(correction)
        return correction.correction_id

    def _wrong_texts(self, announcement: Announcement, texts: Mapping[Locale, str]) -> tuple[Problem, ...]:
        if not texts:
            return (Problem(Trouble.NO_TEXT, "texts", "give the new text in one language at least"),)
        wrong = {locale: self._wrong_text(announcement, locale, text) for locale, text in texts.items()}
        return tuple(
            Problem(Trouble.BAD_TEXT, f"text.{locale.value}", reason, locale)
            for locale, reason in wrong.items()
            if reason
        )

    def _wrong_text(self, announcement: Announcement, locale: Locale, text: str) -> str:
        content = announcement.content
        if locale not in content.texts:
            return "nothing was delivered in this language"
        if not text.strip():
            return "it is empty"
        return self._parts.composer.check(text, locale=locale, moments=content.moments, attachment=content.attachment)


def _named(action: CommandRule, kind: ChangeRequestKind) -> CommandRule:
    """In the audit log and in notices: `correct_asked`, `put_back_agreed`. What was stopped is not sent once more."""
    stages = _REPEATABLE if kind is ChangeRequestKind.RESEND and action is not _REFUSE else action.stages
    return replace(action, name=f"{kind.value}_{action.name}", stages=stages)


def _going(announcement: Announcement) -> Announcement:
    """It goes out again, so that it can be paused and stopped; with the last copy it is finished again."""
    return replace(announcement, stage=Stage.APPROVED)


def _order(
    announcement_id: AnnouncementId, request: ChangeRequest, signed: Signed, *, asked_by: VisitorId | None = None
) -> Command:
    """The audit log names the request in the order's detail."""
    return Command(
        announcement_id=announcement_id,
        actor=signed.actor,
        now=signed.now,
        version=signed.version,
        detail=request.request_id,
        asked_by=asked_by,
    )


def _if_decided(request: ChangeRequest) -> CommandOutcome | None:
    return None if request.state is ChangeRequestState.OPEN else CommandOutcome.WRONG_STAGE
