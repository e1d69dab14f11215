"""From a stored update to its handler, and back with what is to be stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from telegram import Update
from telegram.ext import Application, CallbackContext

from bot.chat.context import AppContext, UpdateContext, note_visitor, open_context
from bot.chat.routes import Callback, Handle, routes
from bot.chat.visitors import notices
from bot.chat.wire.envelope import IncomingUpdate
from bot.chat.wire.triage import Treatment
from bot.chat.wire.wellformed import is_wellformed
from bot.chat_state.ports import Effect
from bot.errors import NothingPublishedError
from bot.ids import ChatId

log = structlog.get_logger(__name__)

AnyApplication = Application[Any, Any, Any, Any, Any, Any]
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError)
"""What python-telegram-bot raises for an update that is none; OSError is a date that no system can tell."""


@dataclass(slots=True)
class _Work:
    """What comes of one update: python-telegram-bot's handlers give nothing back and their errors are caught."""

    effects: list[Effect] = field(default_factory=list)
    error: BaseException | None = None
    is_routed: bool = False


class UpdateDispatcher:
    """Implements `bot.chat.wire.intake.Handler` with python-telegram-bot's application."""

    def __init__(self, application: AnyApplication, app: AppContext, *, now: Callable[[], datetime]) -> None:
        self._application = application
        self._app = app
        self._now = now
        self._works: dict[int, _Work] = {}
        self.ignored = 0
        """Updates of a kind that no handler knows, since the start."""
        application.add_handlers(list(routes(self._bind, has_news=app.announcements is not None)))
        application.add_error_handler(self._catch)

    async def handle(self, update: IncomingUpdate, treatment: Treatment) -> Sequence[Effect]:
        """Have the update handled; returns what is to be stored with its being done."""
        opened = self._open(update)
        if opened is None:
            return ()
        if treatment is not Treatment.NORMAL:
            context = await open_context(self._app, opened, now=self._now(), effects=[])
            await notices.excuse(context, treatment)
            return context.effects
        work = self._works[update.update_id] = _Work()
        try:
            await self._application.process_update(opened)
        finally:
            del self._works[update.update_id]
        if work.error is not None:
            raise work.error
        if not work.is_routed:
            self.ignored += 1
        return work.effects

    def wait_s(self, update: IncomingUpdate) -> float:
        """See `bot.chat.wire.intake.Handler.wait_s`."""
        return self._app.sender.wait_s(ChatId(update.lane))

    async def apologise(self, update: IncomingUpdate) -> None:
        """Tell the visitor that their update failed for good."""
        opened = self._open(update)
        if opened is not None:
            await notices.apologise(await open_context(self._app, opened, now=self._now(), effects=[]))

    def _open(self, update: IncomingUpdate) -> Update | None:
        """The update as python-telegram-bot's object; None for what it can't make sense of."""
        if is_wellformed(update.raw):
            try:
                return Update.de_json(dict(update.raw), self._application.bot)
            except _UNREADABLE:  # in a part that is not read
                pass
        self.ignored += 1
        log.warning("update_not_understood", update_id=update.update_id)
        return None

    def _bind(self, handle: Handle) -> Callback:
        async def callback(update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
            work = self._works[update.update_id]
            work.is_routed = True
            context = await open_context(self._app, update, now=self._now(), effects=work.effects)
            if _is_contact(context):
                note_visitor(context)
            try:
                await handle(context)
            except NothingPublishedError:
                await notices.still_reading(context)

        return callback

    async def _catch(self, update: object, context: CallbackContext[Any, Any, Any, Any]) -> None:
        work = self._works.get(update.update_id) if isinstance(update, Update) else None
        if work is not None:
            work.error = context.error


def _is_contact(context: UpdateContext) -> bool:
    """Whether the person turned to the bot: not by being in the same group, nor by blocking it."""
    if context.press is not None or context.update.inline_query is not None:
        return True
    return context.message is not None and context.is_private
