"""Until something goes out: compose, submit, approve by a second person. After the approval the body is fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.announcements.actions import (
    Actions,
    AnnouncementPorts,
    AudienceSize,
    Command,
    CommandOutcome,
    CommandRule,
    Decision,
    Review,
    objection_to,
)
from bot.announcements.content import body_hashes
from bot.announcements.drafting import Draft, DraftChange, draft_of, with_draft
from bot.announcements.events import (
    AnnouncementApproved,
    AnnouncementApprovedInEmergency,
    AnnouncementReturned,
    AnnouncementSubmitted,
)
from bot.announcements.model import (
    ORGANISER_ROLES,
    Announcement,
    AnnouncementId,
    Audience,
    ListedRecipient,
    Role,
    Stage,
)
from bot.announcements.organisers import MAY_APPROVE, MAY_WRITE
from bot.announcements.schedule import Moment, moments, next_moment
from bot.ids import VisitorId

_CALENDAR_LIMIT = 1_000
"""Approved announcements that a calendar looks at: far more than ever wait at once; a bound, not a page."""
_DRAFT = frozenset({Stage.DRAFT})
_SUBMITTED = frozenset({Stage.SUBMITTED})
_CREATE = "announcement_created"
_EDIT = CommandRule(name="announcement_edited", roles=MAY_WRITE, stages=_DRAFT, is_authors=True)
_SUBMIT = CommandRule(
    name="announcement_submitted",
    roles=MAY_WRITE,
    stages=_DRAFT,
    is_authors=True,
    tells=MAY_APPROVE,
    event=AnnouncementSubmitted,
)
_TAKE_BACK = CommandRule(name="announcement_taken_back", roles=MAY_WRITE, stages=_SUBMITTED, is_authors=True)
_APPROVE = CommandRule(
    name="announcement_approved",
    roles=MAY_APPROVE,
    stages=_SUBMITTED,
    is_for_others=True,
    tells=ORGANISER_ROLES,
    event=AnnouncementApproved,
)
_EMERGENCY = CommandRule(
    name="announcement_approved_in_emergency",
    roles=frozenset({Role.OWNER}),
    stages=_DRAFT | _SUBMITTED,
    is_authors=True,
    tells=ORGANISER_ROLES,
    event=AnnouncementApprovedInEmergency,
)
_RETURN = CommandRule(
    name="announcement_returned", roles=MAY_APPROVE, stages=_SUBMITTED, tells=MAY_WRITE, event=AnnouncementReturned
)


class ApprovalWorkflow:
    """Composing and approving. `actor` is who asks, `version` what they saw, `now` when."""

    def __init__(self, parts: AnnouncementPorts) -> None:
        self._parts = parts
        self._actions = Actions(parts)

    async def create(
        self,
        draft: Draft,
        *,
        actor: VisitorId,
        request_key: str,
        now: datetime,
        people: Sequence[ListedRecipient] = (),
    ) -> Decision:
        """A new draft. The same `request_key` again (a double tap) gives the announcement that it made at first.

        `people` are its list of recipients, if that is its audience: stored with it, both or neither.
        """
        parts = self._parts
        async with parts.transaction():
            if not MAY_WRITE & await parts.organisers.roles(actor):
                return Decision(outcome=await self._actions.denied(_CREATE, subject="", actor=actor, now=now))
            new = _new(draft, AnnouncementId(parts.new_id()), author=actor, now=now)
            announcement_id = await parts.announcements.create(new, request_key=request_key)
            if announcement_id == new.announcement_id:
                await parts.subscribers.keep_list(announcement_id, people)
                await self._actions.note(_CREATE, Command(announcement_id=announcement_id, actor=actor, now=now))
                return Decision(outcome=CommandOutcome.DONE, announcement=new)
            found = await parts.announcements.find(announcement_id)
        return Decision(outcome=CommandOutcome.DONE, announcement=found)

    async def edit(
        self,
        announcement_id: AnnouncementId,
        change: DraftChange,
        *,
        actor: VisitorId,
        now: datetime,
        version: int | None = None,
    ) -> Decision:
        """Change a draft: only its author, only while it is one, and only the version that they saw (None: any)."""

        def changed(announcement: Announcement) -> Announcement:
            return with_draft(announcement, change(draft_of(announcement)))

        order = Command(announcement_id=announcement_id, actor=actor, now=now, version=version)
        return await self._actions.carry_out(_EDIT, order, changed)

    async def duplicate(
        self, announcement_id: AnnouncementId, *, actor: VisitorId, request_key: str, now: datetime
    ) -> Decision:
        """A new draft with the same content, whatever became of the first."""
        original = await self._parts.announcements.find(announcement_id)
        if original is None:
            return Decision(outcome=CommandOutcome.NOT_FOUND)
        return await self.create(draft_of(original), actor=actor, request_key=request_key, now=now)

    async def review(self, announcement: Announcement, *, now: datetime) -> Review:
        """Everything that is wrong with it or worth a look, and how many it would reach now."""
        return await self._actions.review(announcement, now=now)

    async def audience_size(self, announcement: Announcement) -> AudienceSize:
        """How many it would reach now."""
        return await self._actions.audience_size(announcement)

    def objection_to_approval(
        self,
        announcement: Announcement | None,
        *,
        actor: VisitorId,
        roles: frozenset[Role],
        version: int,
        now: datetime,
    ) -> CommandOutcome | None:
        """What stands in the way already, so that an approver is not asked for a number or a reason in vain."""
        if announcement is None:
            return CommandOutcome.NOT_FOUND
        order = Command(announcement_id=announcement.announcement_id, actor=actor, now=now, version=version)
        return objection_to(_APPROVE, order, announcement, roles)

    async def submit(
        self, announcement_id: AnnouncementId, *, actor: VisitorId, version: int, now: datetime
    ) -> Decision:
        """Hand it in for approval; with a problem that is more than a warning it stays a draft."""

        def submitted(announcement: Announcement) -> Announcement:
            return replace(announcement, stage=Stage.SUBMITTED, return_reason="")

        order = Command(announcement_id=announcement_id, actor=actor, now=now, version=version)
        return await self._actions.carry_out(_SUBMIT, order, submitted, is_checked=True)

    async def take_back(
        self, announcement_id: AnnouncementId, *, actor: VisitorId, version: int, now: datetime
    ) -> Decision:
        """Its author wants to change what waits for approval."""
        order = Command(announcement_id=announcement_id, actor=actor, now=now, version=version)
        return await self._actions.carry_out(_TAKE_BACK, order, lambda found: replace(found, stage=Stage.DRAFT))

    async def approve(
        self, announcement_id: AnnouncementId, *, actor: VisitorId, version: int, now: datetime
    ) -> Decision:
        """A second person lets the version that they saw go out; never its author."""
        order = Command(announcement_id=announcement_id, actor=actor, now=now, version=version)
        return await self._actions.carry_out(
            _APPROVE, order, lambda found: _approved(found, actor, now=now), is_checked=True
        )

    async def approve_in_emergency(
        self, announcement_id: AnnouncementId, *, actor: VisitorId, version: int, now: datetime
    ) -> Decision:
        """An owner lets their own announcement go out alone; every organiser is told."""
        order = Command(announcement_id=announcement_id, actor=actor, now=now, version=version)
        return await self._actions.carry_out(
            _EMERGENCY,
            order,
            lambda found: replace(_approved(found, actor, now=now), is_emergency=True),
            is_checked=True,
        )

    async def send_back(
        self, announcement_id: AnnouncementId, reason: str, *, actor: VisitorId, version: int, now: datetime
    ) -> Decision:
        """An approver returns it to its author with a reason."""
        order = Command(announcement_id=announcement_id, actor=actor, now=now, version=version)
        return await self._actions.carry_out(
            _RETURN, order, lambda found: replace(found, stage=Stage.DRAFT, return_reason=reason)
        )

    async def find(self, announcement_id: AnnouncementId) -> Announcement | None:
        """The announcement, or None."""
        return await self._parts.announcements.find(announcement_id)

    async def recent(self, *, stages: frozenset[Stage] = frozenset(), limit: int = 50) -> Sequence[Announcement]:
        """The newest first; an empty filter lets all stages pass."""
        return await self._parts.announcements.recent(stages=stages, limit=limit)

    async def calendar(
        self, *, now: datetime, lasts: timedelta = timedelta(days=14)
    ) -> tuple[tuple[Moment, Announcement], ...]:
        """Every firing that is due within that time, earliest first."""
        found = []
        for announcement in await self.recent(stages=frozenset({Stage.APPROVED}), limit=_CALENDAR_LIMIT):
            if announcement.next_due_at is None:
                continue
            for moment in moments(announcement.schedule, after=now):
                if moment.utc >= now + lasts:
                    break
                found.append((moment, announcement))
        return tuple(sorted(found, key=lambda pair: pair[0].utc))


def _new(draft: Draft, announcement_id: AnnouncementId, *, author: VisitorId, now: datetime) -> Announcement:
    return Announcement(
        announcement_id=announcement_id,
        label=draft.label,
        topic=draft.topic,
        content=draft.content,
        audience=_with_list(draft.audience, announcement_id),
        schedule=draft.schedule,
        terms=draft.terms,
        stage=Stage.DRAFT,
        author=author,
        created_at=now,
    )


def _with_list(audience: Audience, announcement_id: AnnouncementId) -> Audience:
    """A copy of an announcement goes to the people on the list of the first."""
    if audience.told is None or audience.told.list_of:
        return audience
    return replace(audience, told=replace(audience.told, list_of=announcement_id))


def _approved(announcement: Announcement, approver: VisitorId, *, now: datetime) -> Announcement:
    first = next_moment(announcement.schedule, after=now)
    return replace(
        announcement,
        stage=Stage.APPROVED,
        approver=approver,
        approved_at=now,
        body_hashes=body_hashes(announcement.content),
        next_due_at=None if first is None else first.utc,
    )
