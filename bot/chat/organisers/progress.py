"""Progress messages: while an announcement goes out, its author and its approver see the numbers grow.

A message is made once for each person and then edited, every few seconds and only where something has changed. After a
restart the messages of before stay as they are, and new ones take over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.announcements.model import Announcement, Occurrence, OccurrenceId, OccurrenceState
from bot.chat.announcement_context import AnnouncementContext
from bot.chat.context import AppContext
from bot.chat.organisers.list_pages import standing_lines
from bot.chat.outreach import translator_of
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text.rendering import Html, bold, paragraphs, said
from bot.chat.wire.sender import UnreachableError
from bot.errors import ScodaError
from bot.ids import ChatId, VisitorId

log = structlog.get_logger(__name__)

_EVERY_S = 3.0
"""Seconds. No chat gets more than one message a second; a third of that leaves room for answers. By reasoning."""
_SHARE = 20
"""Counting a million rows takes its time: at most one part in twenty is spent on it. By reasoning."""
_GOING = frozenset({OccurrenceState.PLANNING, OccurrenceState.RUNNING, OccurrenceState.PAUSED})


@dataclass(slots=True)
class _Shown:
    """What each person sees of one occurrence."""

    announcement: Announcement
    """Read once: what was approved does not change."""
    messages: dict[VisitorId, tuple[int, Html]] = field(default_factory=dict)
    """Message id (0 where none was made) and text."""


class ProgressBoard:
    """Keeps the progress messages up to date."""

    def __init__(
        self,
        app: AppContext,
        announcements: AnnouncementContext,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._app = app
        self._announcements = announcements
        self._pause = pause
        self._shown: dict[OccurrenceId, _Shown] = {}

    async def run(self) -> None:
        """Look again and again; trouble with the database or the network is waited out."""
        while True:
            began = self._app.clock()
            try:
                await self.look()
            except ScodaError as error:
                log.warning("progress_not_shown", error=type(error).__name__)
            await self._pause(max(_EVERY_S, (self._app.clock() - began) * _SHARE))

    async def look(self) -> None:
        """Bring every message up to date, those of what has just ended for the last time."""
        going = {one.occurrence_id: one for one in await self._announcements.outbox.occurrences(states=_GOING)}
        for occurrence_id in self._shown.keys() - going.keys():
            ended = await self._announcements.outbox.find(occurrence_id)
            if ended is not None:
                await self._show(ended)
            del self._shown[occurrence_id]
        for occurrence in going.values():
            await self._show(occurrence)

    async def _show(self, occurrence: Occurrence) -> None:
        shown = self._shown.get(occurrence.occurrence_id)
        if shown is None:
            announcement = await self._announcements.workflow.find(occurrence.announcement_id)
            if announcement is None:
                return
            shown = self._shown[occurrence.occurrence_id] = _Shown(announcement)
        standing = await self._announcements.outbox.standing(occurrence.occurrence_id)
        for person in await self._readers(shown.announcement):
            t = await translator_of(self._app, person)
            title = bold(said(desk_texts.told_started(t, shown.announcement.label), t.locale))
            await self._put(shown, person, paragraphs(title, standing_lines(standing, t)))

    async def _readers(self, announcement: Announcement) -> list[VisitorId]:
        people = dict.fromkeys(one for one in (announcement.author, announcement.approver) if one is not None)
        return [person for person in people if await self._announcements.organisers.roles(person)]

    async def _put(self, shown: _Shown, person: VisitorId, content: Html) -> None:
        known = shown.messages.get(person)
        if known is not None and known[1] == content:
            return
        try:
            if known is None:
                message_id = await self._app.sender.post(ChatId(person), content) or 0
            else:
                message_id = known[0]
                if message_id:
                    await self._app.sender.edit(ChatId(person), message_id, content)
        except UnreachableError:
            return
        shown.messages[person] = (message_id, content)
