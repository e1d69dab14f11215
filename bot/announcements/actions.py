"""What every action of an organiser has in common: rights read at execution, a stage, a version, an audit entry."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from bot.announcements.checking import Problem, Trouble, problems_of, unread_drafts
from bot.announcements.content import lacking_locales, locale_for
from bot.announcements.events import AnnouncementEvent
from bot.announcements.model import Announcement, AnnouncementId, AuditEntry, ChangeRequest, Role, Stage, TextDraft
from bot.announcements.ports import (
    AnnouncementStore,
    AuditLog,
    Composer,
    Corrections,
    Notify,
    OrganiserStore,
    Outbox,
    Requests,
    RestoreGuard,
    Subscribers,
)
from bot.announcements.text_draft_ports import TextDrafts
from bot.ids import Locale, VisitorId
from bot.transaction import Transaction

_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that are mistaken for each other: 31 letters, so eight of them make 8 * 10^11 ids."""


def new_announcement_id() -> str:
    """Eight characters that an organiser can type."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(8))


class CommandOutcome(Enum):
    """What became of an action."""

    DONE = "done"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    OWN_WORK = "own_work"
    """The author can't approve; an owner may in an emergency."""
    WRONG_STAGE = "wrong_stage"
    """It can't be done at this stage: what was approved can't be edited, what was stopped can't go on."""
    CHANGED_MEANWHILE = "changed_meanwhile"
    """Somebody was first: look again and decide anew."""
    WRONG_COUNT = "wrong_count"
    """Another number of copies would be changed than they think."""
    HAS_PROBLEMS = "has_problems"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceSize:
    """How many an announcement would reach now, by the language they read in."""

    by_locale: Mapping[Locale, int]
    held: int
    """They get nothing: no text in their language."""
    by_fallback: int
    """They get another language than their own."""

    @property
    def total(self) -> int:
        """Everybody in the audience, the held ones too: what an approver types to confirm."""
        return sum(self.by_locale.values())


@dataclass(frozen=True, slots=True)
class Review:
    """What is wrong with an announcement or worth a look, and whom it would reach: its audience is counted once."""

    problems: tuple[Problem, ...]
    audience_size: AudienceSize
    drafts: tuple[TextDraft, ...] = ()
    """What a model drafted, or is to draft, for languages that still lack a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of a command, the announcement as it stands after it, and what is wrong or worth a look."""

    outcome: CommandOutcome
    announcement: Announcement | None = None
    problems: tuple[Problem, ...] = ()
    review: Review | None = None
    """Of the announcement as it stands, where the command had to be sure of it."""
    request: ChangeRequest | None = None
    correction_ids: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether it was carried out."""
        return self.outcome is CommandOutcome.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementPorts:
    """What organisers' actions need from outside."""

    announcements: AnnouncementStore
    subscribers: Subscribers
    outbox: Outbox
    corrections: Corrections
    requests: Requests
    organisers: OrganiserStore
    audit: AuditLog
    guard: RestoreGuard
    composer: Composer
    notify: Notify
    text_drafts: TextDrafts
    transaction: Transaction
    new_id: Callable[[], str] = new_announcement_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRule:
    """Its name in the audit log, who may do it, at which stages, and who hears of it."""

    name: str
    roles: frozenset[Role]
    stages: frozenset[Stage]
    is_authors: bool = False
    """Only whose work it is may do it."""
    is_for_others: bool = False
    """Everybody but whose work it is may do it."""
    tells: frozenset[Role] = frozenset()
    event: type[AnnouncementEvent] | None = None
    """What they hear; None where it has to be made with more than the announcement and who acted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Who wants what, when, and which version they saw (None: whatever there is).

    `asked_by` is whose work it is; None: that of the announcement's author.
    """

    announcement_id: AnnouncementId
    actor: VisitorId
    now: datetime
    version: int | None = None
    detail: str = ""
    asked_by: VisitorId | None = None


AnnouncementChange = Callable[[Announcement], Announcement]
Besides = Callable[[], Awaitable[object]]
"""What an action does to occurrences and corrections, in the same transaction."""


def unchanged(announcement: Announcement) -> Announcement:
    """The change of an action that concerns its occurrences only."""
    return announcement


class Actions:
    """Carries out actions, each in one transaction."""

    def __init__(self, parts: AnnouncementPorts) -> None:
        self.parts = parts

    async def carry_out(
        self,
        action: CommandRule,
        order: Command,
        change: AnnouncementChange = unchanged,
        *,
        besides: Besides | None = None,
        is_checked: bool = False,
    ) -> Decision:
        """Do it if it is allowed and possible, then tell those who should know."""
        decision = await self.decide(action, order, change, besides=besides, is_checked=is_checked)
        await self.notify(action, order, decision)
        return decision

    async def decide(
        self,
        action: CommandRule,
        order: Command,
        change: AnnouncementChange = unchanged,
        *,
        besides: Besides | None = None,
        is_checked: bool = False,
        objection: CommandOutcome | None = None,
    ) -> Decision:
        """Do it if it is allowed and possible. With `is_checked`, what is more than a warning stands in its way.

        `objection` is what else does: only who may do it is told.
        """
        async with self.parts.transaction():
            announcement = await self.parts.announcements.find(order.announcement_id)
            refusal = await self._refusal(action, order, announcement) or objection
            if refusal is not None or announcement is None:
                return Decision(outcome=refusal or CommandOutcome.NOT_FOUND)
            review = await self.review(announcement, now=order.now) if is_checked else None
            problems = review.problems if review is not None else ()
            if not all(problem.trouble.is_warning for problem in problems):
                return Decision(outcome=CommandOutcome.HAS_PROBLEMS, announcement=announcement, problems=problems)
            changed = replace(change(announcement), version=announcement.version + 1)
            if not await self.parts.announcements.save(changed):
                return Decision(outcome=CommandOutcome.CHANGED_MEANWHILE)
            if besides is not None:
                await besides()
            await self.note(action.name, order)
        return Decision(outcome=CommandOutcome.DONE, announcement=changed, problems=problems, review=review)

    async def notify(self, action: CommandRule, order: Command, decision: Decision) -> None:
        """Tell those who should know of it that it was done; outside of any transaction, because it may take long."""
        done = decision.announcement
        if action.event is None or not decision.is_done or done is None:
            return
        event = action.event(announcement_id=done.announcement_id, label=done.label, actor=order.actor)
        await self.parts.notify(action.tells, event)

    async def review(self, announcement: Announcement, *, now: datetime) -> Review:
        """Everything that is wrong with it or worth a look, and how many it would reach now."""
        problems, size = problems_of(announcement, self.parts.composer, now=now), await self.audience_size(announcement)
        nobody = () if size.total else (Problem(Trouble.NOBODY, "audience"),)
        drafts = await self.drafts_of(announcement)
        unread = unread_drafts(drafts, announcement.content)
        drafted = {one.locale for one in unread}
        others = (one for one in problems if one.trouble is not Trouble.MISSING_LANGUAGE or one.locale not in drafted)
        return Review((*others, *unread, *nobody), size, drafts)

    async def drafts_of(self, announcement: Announcement) -> tuple[TextDraft, ...]:
        """What a model drafted, or is to draft, in the order of the languages; not where a person has written since."""
        lacking = lacking_locales(announcement.content)
        found = {one.locale: one for one in await self.parts.text_drafts.of([announcement.announcement_id])}
        return tuple(found[locale] for locale in Locale if locale in found and locale in lacking)

    async def audience_size(self, announcement: Announcement) -> AudienceSize:
        """How many it would reach now."""
        counted = await self.parts.subscribers.count(announcement.audience, topic=announcement.topic)
        content, terms = announcement.content, announcement.terms
        sent_in = {locale: locale_for(locale, content, terms) for locale in counted}
        return AudienceSize(
            by_locale=counted,
            held=sum(number for locale, number in counted.items() if sent_in[locale] is None),
            by_fallback=sum(number for locale, number in counted.items() if sent_in[locale] not in (None, locale)),
        )

    async def denied(self, name: str, *, subject: str, actor: VisitorId, now: datetime) -> CommandOutcome:
        """Note that somebody tried what they may not do."""
        await self.parts.audit.note(AuditEntry(at=now, actor=actor, action=f"{name}_denied", subject=subject))
        return CommandOutcome.NOT_ALLOWED

    async def note(self, name: str, order: Command) -> None:
        """Write an audit entry."""
        await self.parts.audit.note(
            AuditEntry(at=order.now, actor=order.actor, action=name, subject=order.announcement_id, detail=order.detail)
        )

    async def _refusal(
        self, action: CommandRule, order: Command, announcement: Announcement | None
    ) -> CommandOutcome | None:
        roles = await self.parts.organisers.roles(order.actor)
        objection = objection_to(action, order, announcement, roles)
        if objection is CommandOutcome.NOT_ALLOWED:
            await self.denied(action.name, subject=order.announcement_id, actor=order.actor, now=order.now)
        return objection


def objection_to(
    rule: CommandRule, order: Command, announcement: Announcement | None, roles: frozenset[Role]
) -> CommandOutcome | None:
    """What stands in the way of a command, given what its actor may do now; None when nothing does."""
    is_author = announcement is not None and (order.asked_by or announcement.author) == order.actor
    if not rule.roles & roles or (announcement is not None and rule.is_authors and not is_author):
        return CommandOutcome.NOT_ALLOWED
    if announcement is None:
        return CommandOutcome.NOT_FOUND
    if announcement.stage not in rule.stages:
        return CommandOutcome.WRONG_STAGE
    if rule.is_for_others and is_author:
        return CommandOutcome.OWN_WORK
    if order.version is not None and order.version != announcement.version:
        return CommandOutcome.CHANGED_MEANWHILE
    return None
