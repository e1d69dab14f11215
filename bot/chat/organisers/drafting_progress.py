"""While a machine drafts the languages of an announcement, its author sees in one message how far it has come.

After a restart the message of before stays as it is, and a new one takes over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.announcements.model import Announcement, AnnouncementId
from bot.chat.context import AppContext
from bot.chat.organisers.drafted_pages import progress_page
from bot.chat.outreach import translator_of, write_to
from bot.chat.text.keyboards import build_keyboard
from bot.chat.text.rendering import Html
from bot.chat.text.replies import Reply
from bot.chat.wire.sender import SendResult
from bot.ids import ChatId


class DraftingProgress:
    """Keeps one message an announcement up to date."""

    def __init__(self, app: AppContext, *, now: Callable[[], datetime]) -> None:
        self._app = app
        self._now = now
        self._messages: dict[AnnouncementId, int] = {}
        self._ends: dict[AnnouncementId, Html] = {}
        self._turn = asyncio.Lock()

    async def __call__(self, announcement_id: AnnouncementId) -> None:
        """The drafts have changed: tell the author, at the end with the way to read them.

        Raises:
            UnreachableError: Telegram can't be reached.
        """
        announcements = self._app.announcements
        if announcements is None:
            return
        async with self._turn:
            announcement = await announcements.workflow.find(announcement_id)
            if announcement is None or not await announcements.organisers.roles(announcement.author):
                return
            drafts = await announcements.text_drafting.of(announcement)
            t = await translator_of(self._app, announcement.author)
            await self._put(announcement, progress_page(announcement, drafts, t))

    async def _put(self, announcement: Announcement, reply: Reply) -> None:
        """Where the reply has buttons, all is drafted: said once, and the next time begins with a new message."""
        person, name = announcement.author, announcement.announcement_id
        message_id = self._messages.get(name)
        if not reply.rows:
            self._ends.pop(name, None)
            if message_id is None:
                self._messages[name] = await self._app.sender.post(ChatId(person), reply.content) or 0
            elif message_id:
                await self._app.sender.edit(ChatId(person), message_id, reply.content)
            return
        if self._ends.get(name) == reply.content:
            return
        self._messages.pop(name, None)
        self._ends[name] = reply.content
        if not message_id or not await self._ended(ChatId(person), message_id, reply):
            await write_to(self._app, person, reply, now=self._now())

    async def _ended(self, chat_id: ChatId, message_id: int, reply: Reply) -> bool:
        app = self._app
        keyboard = build_keyboard(reply.rows, chat_id=chat_id, visitor_id=None, now=self._now(), token=app.token)
        if keyboard is not None:
            await app.buttons.issue(keyboard.buttons)
        markup = keyboard.markup if keyboard else None
        edited = await app.sender.edit(chat_id, message_id, reply.content, keyboard=markup)
        return edited is not SendResult.REFUSED
