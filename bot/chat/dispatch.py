"""From an update that came in to its handler, and back with what is to be stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from telegram import Update

from bot.chat.context import AppContext, UpdateContext, note_visitor, open_context
from bot.chat.routes import routes
from bot.chat.visitors import notices
from bot.chat.wire.envelope import IncomingUpdate
from bot.chat.wire.triage import Treatment
from bot.chat.wire.wellformed import is_wellformed
from bot.chat_state.ports import Effect
from bot.errors import NothingPublishedError
from bot.ids import ChatId

log = structlog.get_logger(__name__)

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError)
"""What python-telegram-bot raises for an update that is none; OSError is a date that no system can tell."""


class UpdateDispatcher:
    """Implements `bot.chat.wire.handling.Handler`: the first of `routes` that takes an update handles it."""

    def __init__(self, app: AppContext, *, now: Callable[[], datetime]) -> None:
        self._app = app
        self._now = now
        self._routes = routes(
            has_news=app.announcements is not None, has_staff=app.staff is not None, has_relay=app.relay is not None
        )
        self.ignored = 0
        """Updates of a kind that no handler knows, since the start."""

    async def handle(self, update: IncomingUpdate, treatment: Treatment) -> Sequence[Effect]:
        """Have the update handled; returns what is to be stored with its being done."""
        opened = self._open(update)
        if opened is None:
            return ()
        if treatment is not Treatment.NORMAL:
            context = await open_context(self._app, opened, now=self._now())
            await notices.excuse(context, treatment)
            return context.effects
        handle = next((route.handle for route in self._routes if route.takes(opened)), None)
        if handle is None:
            self.ignored += 1
            return ()
        context = await open_context(self._app, opened, now=self._now())
        if _is_contact(context):
            note_visitor(context)
        try:
            await handle(context)
        except NothingPublishedError:
            await notices.still_reading(context)
        return context.effects

    def wait_s(self, update: IncomingUpdate) -> float:
        """See `bot.chat.wire.handling.Handler.wait_s`."""
        return self._app.sender.wait_s(ChatId(update.lane))

    async def apologise(self, update: IncomingUpdate) -> None:
        """Tell the visitor that their update failed for good."""
        opened = self._open(update)
        if opened is not None:
            await notices.apologise(await open_context(self._app, opened, now=self._now()))

    def _open(self, update: IncomingUpdate) -> Update | None:
        """The update as python-telegram-bot's object; None for what it can't make sense of."""
        if is_wellformed(update.raw):
            try:
                return Update.de_json(dict(update.raw), self._app.bot)
            except _UNREADABLE:  # in a part that is not read
                pass
        self.ignored += 1
        log.warning("update_not_understood", update_id=update.update_id)
        return None


def _is_contact(context: UpdateContext) -> bool:
    """Whether the person turned to the bot: not by being in the same group, nor by blocking it."""
    if context.press is not None or context.update.inline_query is not None:
        return True
    return context.message is not None and context.is_private
