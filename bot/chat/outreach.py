"""Writes to somebody who has not just written: organisers and staff who must be told or asked."""

from __future__ import annotations

from datetime import datetime

import structlog

from bot.chat.context import AppContext
from bot.chat.text.keyboards import build_keyboard
from bot.chat.text.replies import Reply
from bot.chat.wire.sender import SendResult, UnreachableError
from bot.i18n.translator import Translator
from bot.ids import ChatId, Locale, VisitorId

log = structlog.get_logger(__name__)


async def translator_of(app: AppContext, person: VisitorId) -> Translator:
    """Speaks the language of somebody known; English to strangers."""
    visitor = await app.visitors.find(person)
    return app.catalogs.translator((visitor.preferred if visitor else None) or Locale.EN)


async def write_to(app: AppContext, person: VisitorId, reply: Reply, *, now: datetime) -> bool:
    """Send a message with its buttons to a person's private chat; False when it did not get there."""
    return await send_to(app, person, reply, now=now) is SendResult.SENT


async def send_to(app: AppContext, person: VisitorId, reply: Reply, *, now: datetime) -> SendResult | None:
    """The same; what became of it, None where surely nothing was sent and it may be tried again later."""
    keyboard = build_keyboard(reply.rows, chat_id=ChatId(person), visitor_id=person, now=now, token=app.token)
    if keyboard is not None:
        await app.buttons.issue(keyboard.buttons)
    try:
        return await app.sender.message(ChatId(person), reply.content, keyboard=keyboard.markup if keyboard else None)
    except UnreachableError as error:
        log.warning("organiser_not_reached", pause_s=error.pause_s)
        return None
