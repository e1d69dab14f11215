"""Tells organisers what happened to announcements, each in their language, with the buttons that may follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import singledispatch

import structlog

from bot.announcements.events import (
    AnnouncementApproved,
    AnnouncementApprovedInEmergency,
    AnnouncementReturned,
    AnnouncementSubmitted,
    AnnouncementWithdrawn,
    ChangeAgreed,
    ChangeAgreedInEmergency,
    ChangeAsked,
    ChangeEvent,
    ChangeRefused,
    CorrectionFinished,
    DatabaseRestored,
    InvitationDecided,
    InvitationOpened,
    KnowledgeHeld,
    OccurrenceAwaitsConfirmation,
    OccurrenceConfirmed,
    OccurrenceFinished,
    OccurrenceLate,
    OccurrenceMissed,
    OccurrencePaused,
    OrganiserEvent,
)
from bot.announcements.model import Announcement, CorrectionState, Role
from bot.chat.announcement_context import AnnouncementContext, OccurrenceReport
from bot.chat.context import AppContext
from bot.chat.organisers.approvals import approval_request
from bot.chat.organisers.buttons import ItemVerb, item_key
from bot.chat.organisers.change_request_pages import request_page, resend_offer
from bot.chat.organisers.invitation_pages import decided_page, opened_page
from bot.chat.organisers.list_pages import confirmation_rows
from bot.chat.organisers.overview_pages import overview_page
from bot.chat.organisers.reports import send_report
from bot.chat.organisers.views import View, view_for
from bot.chat.outreach import translator_of, write_to
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text import publication_texts
from bot.chat.text.keyboards import Key
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat.wire.sender import UnreachableError
from bot.i18n.translator import Translator
from bot.ids import VisitorId

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Occasion:
    """An event with what is read once for all who are told of it."""

    event: OrganiserEvent
    announcement: Announcement | None
    report: asyncio.Future[OccurrenceReport] | None


class OrganiserNotices:
    """Implements `bot.announcements.ports.Notify`: whoever caused an event is not told of it."""

    def __init__(self, app: AppContext, announcements: AnnouncementContext, *, now: Callable[[], datetime]) -> None:
        self._app = app
        self._announcements = announcements
        self._now = now

    async def __call__(self, roles: frozenset[Role], event: OrganiserEvent) -> None:
        """Tell everybody with one of the roles; somebody who can't be reached holds up nobody."""
        announcement = await self._announcements.workflow.find(event.subject) if event.subject else None
        people = await self._audience(roles, event, announcement)
        occasion = _Occasion(event, announcement, self._report_for(people, event, announcement))
        await asyncio.gather(*(self._try_to_tell(person, occasion) for person in people))

    async def _audience(
        self, roles: frozenset[Role], event: OrganiserEvent, announcement: Announcement | None
    ) -> list[VisitorId]:
        people = {one.visitor_id for one in await self._announcements.organisers.all() if one.role in roles}
        if isinstance(event, AnnouncementReturned) and announcement is not None:
            people &= {announcement.author}
        if isinstance(event, AnnouncementSubmitted) and announcement is not None:
            people -= {announcement.author}
        return sorted(person for person in people if person != event.caused_by)

    def _report_for(
        self, people: Sequence[VisitorId], event: OrganiserEvent, announcement: Announcement | None
    ) -> asyncio.Future[OccurrenceReport] | None:
        """Made once for all who get it, and beside the notices of the others; None when nobody does."""
        if announcement is None or not isinstance(event, OccurrenceFinished):
            return None
        if not any(_is_concerned(person, announcement) for person in people):
            return None
        return asyncio.ensure_future(self._announcements.reports.make(announcement, event.occurrence_id))

    async def _try_to_tell(self, person: VisitorId, occasion: _Occasion) -> None:
        try:
            await self._tell(person, occasion)
        except UnreachableError as error:
            log.warning("organiser_not_told", what=occasion.event.name, pause_s=error.pause_s)

    async def _tell(self, person: VisitorId, occasion: _Occasion) -> None:
        event, announcement = occasion.event, occasion.announcement
        t = await translator_of(self._app, person)
        if announcement is None:
            await self._write(person, _without_announcement(event, t, reader=person))
        elif isinstance(event, ChangeAsked):
            roles = await self._announcements.organisers.roles(person)
            await self._write(person, request_page(event.request, announcement, t, reader=person, roles=roles))
        elif isinstance(event, AnnouncementSubmitted):
            await self._write(person, approval_request(await self._view(person, announcement), t))
        elif isinstance(event, AnnouncementReturned):
            await self._write(person, overview_page(await self._view(person, announcement), t))
        elif isinstance(event, OccurrenceFinished) and _is_concerned(person, announcement):
            await self._report(person, event, occasion, t)
        else:
            await self._write(person, await self._notice(event, announcement, t))

    async def _report(self, person: VisitorId, event: OccurrenceFinished, occasion: _Occasion, t: Translator) -> None:
        """The numbers, then the offer to send once more to those in doubt, if there are any."""
        assert occasion.report is not None
        await send_report(self._app, self._announcements, person, await occasion.report, t=t)
        roles = await self._announcements.organisers.roles(person)
        offer = await resend_offer(self._announcements, roles, event.occurrence_id, now=self._now(), t=t)
        if offer is not None:
            await self._write(person, offer)

    async def _notice(self, event: OrganiserEvent, announcement: Announcement, t: Translator) -> Reply:
        """One sentence, the way to the announcement, and after a restore the decision, unless it was taken already."""
        rows: Sequence[Sequence[Key]] = ()
        if isinstance(event, OccurrenceAwaitsConfirmation):
            occurrence = await self._announcements.outbox.find(event.occurrence_id)
            rows = confirmation_rows(occurrence, t) if occurrence is not None else ()
        return Reply(said(wording(event, t), t.locale), (*rows, _look(announcement, t)))

    async def _view(self, person: VisitorId, announcement: Announcement) -> View:
        announcements, now = self._announcements, self._now()
        return view_for(
            announcement,
            await announcements.workflow.review(announcement, now=now),
            reader=person,
            roles=await announcements.organisers.roles(person),
            now=now,
            star_price=announcements.star_price,
            has_model=announcements.has_model,
        )

    async def _write(self, person: VisitorId, reply: Reply) -> None:
        await write_to(self._app, person, reply, now=self._now())


def _look(announcement: Announcement, t: Translator) -> Sequence[Key]:
    return (item_key(desk_texts.button_overview(t), ItemVerb.ITEM, announcement.announcement_id),)


def _is_concerned(person: VisitorId, announcement: Announcement) -> bool:
    return person in (announcement.author, announcement.approver)


def _without_announcement(event: OrganiserEvent, t: Translator, *, reader: VisitorId) -> Reply:
    if isinstance(event, InvitationOpened):
        return opened_page(event, t, reader=reader)
    if isinstance(event, InvitationDecided):
        return decided_page(event, t)
    return Reply(said(wording(event, t), t.locale))


@singledispatch
def wording(event: OrganiserEvent, t: Translator) -> str:
    """The sentence for an event, chosen by its type. One without a sentence of its own is told by name and figures."""
    figures = ", ".join(f"{one.name} {getattr(event, one.name)}" for one in fields(event)) or "–"
    return desk_texts.told_other(t, event.name, figures)


@wording.register
def _approved(event: AnnouncementApproved, t: Translator) -> str:
    return desk_texts.told_approved(t, event.label, str(event.actor))


@wording.register
def _approved_in_emergency(event: AnnouncementApprovedInEmergency, t: Translator) -> str:
    return desk_texts.told_emergency(t, event.label, str(event.actor))


@wording.register
def _withdrawn(event: AnnouncementWithdrawn, t: Translator) -> str:
    return desk_texts.told_withdrawn(t, event.label, str(event.actor))


@wording.register
def _confirmed(event: OccurrenceConfirmed, t: Translator) -> str:
    return desk_texts.told_confirmed(t, event.label, str(event.actor))


@wording.register
def _agreed(event: ChangeAgreed, t: Translator) -> str:
    return desk_texts.told_agreed(t, _title(event, t), str(event.actor))


@wording.register
def _agreed_alone(event: ChangeAgreedInEmergency, t: Translator) -> str:
    return desk_texts.told_agreed_alone(t, _title(event, t), str(event.actor))


@wording.register
def _refused(event: ChangeRefused, t: Translator) -> str:
    return desk_texts.told_refused(t, _title(event, t), str(event.actor))


@wording.register
def _finished(event: OccurrenceFinished, t: Translator) -> str:
    return desk_texts.told_finished(t, event.label)


@wording.register
def _missed(event: OccurrenceMissed, t: Translator) -> str:
    return desk_texts.told_missed(t, event.label)


@wording.register
def _late(event: OccurrenceLate, t: Translator) -> str:
    return desk_texts.told_late(t, event.label)


@wording.register
def _awaits_confirmation(event: OccurrenceAwaitsConfirmation, t: Translator) -> str:
    return desk_texts.told_restored(t, event.label)


@wording.register
def _paused(event: OccurrencePaused, t: Translator) -> str:
    return desk_texts.told_paused(t, event.label, event.reason)


@wording.register
def _corrected(event: CorrectionFinished, t: Translator) -> str:
    counts = event.counts
    failed = counts.get(CorrectionState.FAILED, 0) + counts.get(CorrectionState.TOO_OLD, 0)
    return desk_texts.correction_counts(t, counts.get(CorrectionState.DONE, 0), failed, 0)


@wording.register
def _restored(_event: DatabaseRestored, t: Translator) -> str:
    return desk_texts.told_database_restored(t)


@wording.register
def _held(event: KnowledgeHeld, t: Translator) -> str:
    return publication_texts.told_held(t, event.reason)


def _title(event: ChangeEvent, t: Translator) -> str:
    return desk_texts.request_title(t, event.request.kind, event.label)
