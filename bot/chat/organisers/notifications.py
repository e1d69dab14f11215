"""Tells organisers what happened to announcements, each in their language, with the buttons that may follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from bot.announcements.model import Announcement, AnnouncementId, ChangeRequest, OccurrenceId, Role
from bot.announcements.organisers import MAY_APPROVE
from bot.chat.announcement_context import AnnouncementContext
from bot.chat.context import AppContext
from bot.chat.organisers.announcement_pages import View, item_key, overview_page, word_rows
from bot.chat.organisers.approvals import approval_request
from bot.chat.organisers.invitation_pages import CONFIRMED, OPENED, REFUSED, RoleCandidate, invitation_page
from bot.chat.organisers.outreach import translator_of, write_to
from bot.chat.organisers.reports import send_report
from bot.chat.organisers.request_pages import request_page, resend_offer
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text.keyboards import Key
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat.wire.sender import UnreachableError
from bot.i18n.translator import Translator
from bot.ids import VisitorId

log = structlog.get_logger(__name__)

Facts = Mapping[str, str]
Wording = Callable[[Translator, Facts], str]


def _with_actor(sentence: Callable[[Translator, str, str], str]) -> Wording:
    return lambda t, facts: sentence(t, facts.get("label", ""), facts.get("actor", ""))


def _with_label(sentence: Callable[[Translator, str], str]) -> Wording:
    return lambda t, facts: sentence(t, facts.get("label") or facts.get("occurrence_id", ""))


def _paused(t: Translator, facts: Facts) -> str:
    return desk_texts.told_paused(t, facts.get("label", ""), facts.get("reason", ""))


def _restored(t: Translator, _facts: Facts) -> str:
    return desk_texts.told_database_restored(t)


def _corrected(t: Translator, facts: Facts) -> str:
    failed = int(facts.get("failed", "0")) + int(facts.get("too_old", "0"))
    return desk_texts.correction_counts(t, int(facts.get("done", "0")), failed, 0)


_ENDINGS = {
    "agreed": desk_texts.told_agreed,
    "agreed_in_emergency": desk_texts.told_agreed_alone,
    "refused": desk_texts.told_refused,
}
"""How the end of a request is told, whatever it asked for."""
_WORDINGS: dict[str, Wording] = {
    "announcement_approved": _with_actor(desk_texts.told_approved),
    "announcement_approved_in_emergency": _with_actor(desk_texts.told_emergency),
    "announcement_withdrawn": _with_actor(desk_texts.told_withdrawn),
    "word_given": _with_actor(desk_texts.told_word_given),
    "occurrence_finished": _with_label(desk_texts.told_finished),
    "occurrence_missed": _with_label(desk_texts.told_missed),
    "occurrence_late": _with_label(desk_texts.told_late),
    "occurrence_awaits_word": _with_label(desk_texts.told_restored),
    "occurrence_paused": _paused,
    "correction_finished": _corrected,
    "database_restored": _restored,
}
"""An event that stands not here is told by its name and facts, so that nothing is kept from organisers."""


class OrganiserNotices:
    """Implements `bot.announcements.ports.Notify`: whoever caused an event is not told of it."""

    def __init__(self, app: AppContext, announcements: AnnouncementContext, *, now: Callable[[], datetime]) -> None:
        self._app = app
        self._announcements = announcements
        self._now = now

    async def __call__(self, roles: frozenset[Role], event: str, facts: Facts) -> None:
        """Tell everybody with one of the roles; somebody who can't be reached holds up nobody."""
        announcement = await self._announcement(facts)
        people = await self._audience(roles, event, facts, announcement)
        await asyncio.gather(*(self._try_to_tell(person, event, facts, announcement) for person in people))

    async def _announcement(self, facts: Facts) -> Announcement | None:
        name = facts.get("announcement_id") or facts.get("occurrence_id", "").partition(".")[0]
        return await self._announcements.workflow.find(AnnouncementId(name)) if name else None

    async def _audience(
        self, roles: frozenset[Role], event: str, facts: Facts, announcement: Announcement | None
    ) -> list[VisitorId]:
        people = {one.visitor_id for one in await self._announcements.organisers.all() if one.role in roles}
        if event == "announcement_returned" and announcement is not None:
            people &= {announcement.author}
        if event == "announcement_submitted" and announcement is not None:
            people -= {announcement.author}
        return sorted(person for person in people if str(person) != facts.get("actor"))

    async def _try_to_tell(
        self, person: VisitorId, event: str, facts: Facts, announcement: Announcement | None
    ) -> None:
        try:
            await self._tell(person, event, facts, announcement)
        except UnreachableError as error:
            log.warning("organiser_not_told", what=event, pause_s=error.pause_s)

    async def _tell(self, person: VisitorId, event: str, facts: Facts, announcement: Announcement | None) -> None:
        t = await translator_of(self._app, person)
        if event in (OPENED, CONFIRMED, REFUSED):
            candidate, actor = RoleCandidate.read(facts), facts.get("actor", "")
            await self._write(person, invitation_page(event, candidate, t, reader=person, actor=actor))
            return
        request = await self._announcements.change_requests.find(facts.get("detail", ""))
        if announcement is not None and request is not None:
            subject = (announcement, request)
            await self._write(person, await self._of_request(person, event, facts, subject=subject, t=t))
        elif announcement is not None and event == "announcement_submitted":
            await self._write(person, approval_request(await self._view(person, announcement), t))
        elif announcement is not None and event == "announcement_returned":
            await self._write(person, overview_page(await self._view(person, announcement), t))
        elif announcement is not None and event == "occurrence_finished" and _is_concerned(person, announcement):
            occurrence_id = OccurrenceId(facts["occurrence_id"])
            await send_report(self._app, self._announcements, person, announcement, of=occurrence_id, t=t)
            offer = await resend_offer(self._announcements, person, occurrence_id, now=self._now(), t=t)
            if offer is not None:
                await self._write(person, offer)
        else:
            await self._write(person, await self._notice(event, facts, announcement, t))

    async def _of_request(
        self, person: VisitorId, event: str, facts: Facts, *, subject: tuple[Announcement, ChangeRequest], t: Translator
    ) -> Reply:
        """The request with its buttons when it is new, else what became of it."""
        announcement, request = subject
        ending = event.removeprefix(f"{request.kind.value}_")
        if ending not in _ENDINGS:
            roles = await self._announcements.organisers.roles(person)
            return request_page(request, announcement, t, reader=person, roles=roles)
        title = desk_texts.request_title(t, request.kind, announcement.label)
        return Reply(said(_ENDINGS[ending](t, title, facts.get("actor", "")), t.locale), (_look(announcement, t),))

    async def _notice(self, event: str, facts: Facts, announcement: Announcement | None, t: Translator) -> Reply:
        wording = _WORDINGS.get(event)
        if wording is None:
            detail = ", ".join(f"{name} {value}" for name, value in facts.items()) or "–"
            return Reply(said(desk_texts.told_other(t, event, detail), t.locale))
        if announcement is None:
            return Reply(said(wording(t, facts), t.locale))
        occurrence = await self._announcements.outbox.find(OccurrenceId(facts.get("occurrence_id", "")))
        rows = word_rows(occurrence, t) if occurrence is not None else ()
        return Reply(said(wording(t, facts), t.locale), (*rows, _look(announcement, t)))

    async def _view(self, person: VisitorId, announcement: Announcement) -> View:
        announcements, now = self._announcements, self._now()
        roles = await announcements.organisers.roles(person)
        return View(
            announcement=announcement,
            reach=await announcements.workflow.reach(announcement),
            now=now,
            problems=await announcements.workflow.check(announcement, now=now),
            is_author=announcement.author == person,
            is_owner=Role.OWNER in roles,
            may_approve=bool(roles & MAY_APPROVE),
            star_price=announcements.star_price,
        )

    async def _write(self, person: VisitorId, reply: Reply) -> None:
        await write_to(self._app, person, reply, now=self._now())


def _look(announcement: Announcement, t: Translator) -> Sequence[Key]:
    return (item_key(desk_texts.button_overview(t), f"item {announcement.announcement_id}"),)


def _is_concerned(person: VisitorId, announcement: Announcement) -> bool:
    return person in (announcement.author, announcement.approver)
