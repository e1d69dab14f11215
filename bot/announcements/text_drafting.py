"""Machine drafts of an announcement's other languages: wished for, and read by a person before anybody gets them.

A draft that nobody has read stands beside the announcement, so nothing can send it. Its author reads it, or, once it is
submitted, whoever could approve it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.announcements.actions import Actions, AnnouncementPorts, Command, CommandOutcome, CommandRule, Decision
from bot.announcements.checking import Problem, Trouble
from bot.announcements.content import is_outdated, lacking_locales, missing_locales, seal_of
from bot.announcements.drafting import with_read
from bot.announcements.model import Announcement, AnnouncementId, Stage, TextDraft, TextDraftState
from bot.announcements.organisers import MAY_APPROVE, MAY_WRITE
from bot.announcements.text_draft_ports import TextDrafts
from bot.ids import Locale, VisitorId

_DRAFT, _SUBMITTED = frozenset({Stage.DRAFT}), frozenset({Stage.SUBMITTED})
_WISH = CommandRule(name="announcement_drafts_wished", roles=MAY_WRITE, stages=_DRAFT | _SUBMITTED, is_authors=True)
_READ = CommandRule(name="announcement_draft_read", roles=MAY_WRITE, stages=_DRAFT, is_authors=True)
_READ_BEFORE_APPROVAL = CommandRule(
    name="announcement_draft_read", roles=MAY_APPROVE, stages=_SUBMITTED, is_for_others=True
)


class TextDrafting:
    """What people and the machine do about drafts. `actor` is who asks, `now` when."""

    def __init__(self, parts: AnnouncementPorts) -> None:
        self._parts = parts
        self._drafts: TextDrafts = parts.text_drafts
        self._actions = Actions(parts)

    async def wish(
        self, announcement_id: AnnouncementId, locales: Collection[Locale], *, actor: VisitorId, now: datetime
    ) -> Decision:
        """Have these languages drafted; none named: all of the audience. Twice drafts nothing twice.

        A language that has a text, or a draft of the present original, is left alone.
        """
        async with self._parts.transaction():
            found = await self._parts.announcements.find(announcement_id)
            wanted = [] if found is None else await self._wanted(found, locales)
            problems = () if found is None else self._problems_of_source(found)
            decision = await self._actions.decide(
                _WISH,
                Command(announcement_id=announcement_id, actor=actor, now=now, detail=" ".join(wanted)),
                besides=lambda: self._drafts.wish(announcement_id, wanted),
                objection=CommandOutcome.HAS_PROBLEMS if problems else None,
            )
        is_told = decision.outcome is CommandOutcome.HAS_PROBLEMS
        return replace(decision, problems=problems) if is_told else decision

    async def read(
        self, announcement_id: AnnouncementId, locale: Locale, seal: str, *, actor: VisitorId, now: datetime
    ) -> Decision:
        """A person has read original and draft, which `seal` names, and finds it right: it becomes the text."""
        order = Command(announcement_id=announcement_id, actor=actor, now=now, detail=locale.value)
        async with self._parts.transaction():
            found = await self._parts.announcements.find(announcement_id)
            drafts = () if found is None else await self._actions.drafts_of(found)
            draft = next((one for one in drafts if one.is_unread and one.locale is locale), None)
            is_same = found is not None and draft is not None and seal_of(draft, found.content) == seal
            rule = _READ_BEFORE_APPROVAL if found is not None and found.stage is Stage.SUBMITTED else _READ
            return await self._actions.decide(
                rule,
                order,
                lambda one: one if draft is None else _with_read(one, draft),
                besides=lambda: self._drafts.drop(announcement_id, locale),
                objection=None if is_same else CommandOutcome.CHANGED_MEANWHILE,
            )

    async def of(self, announcement: Announcement) -> tuple[TextDraft, ...]:
        """What was drafted, or is to be, for languages that still lack a text."""
        return await self._actions.drafts_of(announcement)

    async def unread(self, announcements: Sequence[Announcement]) -> Mapping[AnnouncementId, list[Locale]]:
        """Of each, the languages of drafts that nobody has read."""
        drafts = await self._drafts.of([one.announcement_id for one in announcements])
        by_id = {one.announcement_id: lacking_locales(one.content) for one in announcements}
        return {
            name: [
                locale
                for locale in Locale
                if locale in lacking
                and any(one.is_unread and (one.announcement_id, one.locale) == (name, locale) for one in drafts)
            ]
            for name, lacking in by_id.items()
        }

    async def drop(self, announcement_id: AnnouncementId, locale: Locale) -> None:
        """A person has written this text themselves."""
        await self._drafts.drop(announcement_id, locale)

    async def waiting(self) -> Mapping[AnnouncementId, tuple[Announcement, list[Locale]]]:
        """What the model has to write; what nobody can use any more is forgotten."""
        found: dict[AnnouncementId, tuple[Announcement, list[Locale]]] = {}
        for draft in await self._drafts.waiting():
            announcement = await self._parts.announcements.find(draft.announcement_id)
            if announcement is not None and _is_of_use(announcement, draft.locale):
                found.setdefault(draft.announcement_id, (announcement, []))[1].append(draft.locale)
            else:
                await self._drafts.drop(draft.announcement_id, draft.locale)
        return found

    async def settle(self, draft: TextDraft) -> None:
        """The model has written one, or failed; where it is not wanted any more, nothing."""
        await self._drafts.settle(draft)

    async def _wanted(self, announcement: Announcement, locales: Collection[Locale]) -> list[Locale]:
        content = announcement.content
        lacking = lacking_locales(content, locales or announcement.audience.locales or Locale)
        settled = {
            one.locale
            for one in await self._drafts.of([announcement.announcement_id])
            if one.state is TextDraftState.WAITING or (one.is_unread and not is_outdated(one, content))
        }
        return [locale for locale in Locale if locale in lacking - settled]

    def _problems_of_source(self, announcement: Announcement) -> tuple[Problem, ...]:
        """Why nothing can be made from the original."""
        content = announcement.content
        source, text = content.source, content.texts.get(content.source, "")
        where = f"text.{source.value}"
        if not text.strip():
            return (Problem(Trouble.NO_TEXT, where, "it is empty", source),)
        wrong = self._parts.composer.check(text, locale=source, moments=content.moments, attachment=content.attachment)
        return (Problem(Trouble.BAD_TEXT, where, wrong, source),) if wrong else ()


def _is_of_use(announcement: Announcement, locale: Locale) -> bool:
    content = announcement.content
    has_source = content.source not in missing_locales(content)
    return announcement.stage in _DRAFT | _SUBMITTED and has_source and locale in lacking_locales(content)


def _with_read(announcement: Announcement, draft: TextDraft) -> Announcement:
    return replace(announcement, content=with_read(announcement.content, draft))
