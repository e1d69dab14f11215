"""Whether an organiser's command is theirs to give: roles by numeric id, read at every execution.

Whoever has no role learns nothing: they get what they would get for a command that there is not. Nothing is carried out
that is forwarded, written through another bot or as a chat, or older than a few minutes.
"""

from __future__ import annotations

from datetime import UTC, timedelta

import structlog
from telegram import MessageEntity

from bot.announcements.model import AuditEntry, Role
from bot.chat.context import UpdateContext
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.visitors.notices import unknown_command

log = structlog.get_logger(__name__)

OLDEST_COMMAND = timedelta(minutes=5)
_QUOTES = (MessageEntity.BLOCKQUOTE, MessageEntity.EXPANDABLE_BLOCKQUOTE)


async def admitted(context: UpdateContext, roles: frozenset[Role], name: str) -> bool:
    """Whether a message may be carried out as the command `name`; says so if not, and notes it."""
    if not context.is_private or context.visitor_id is None or not is_own(context):
        await _deny(context, name)
        return False
    if not roles & await context.announcements.organisers.roles(context.visitor_id):
        await _deny(context, name)
        return False
    message = context.message
    if message is not None and context.now - message.date > OLDEST_COMMAND:
        await context.say(context.text(desk_texts.command_too_old))
        return False
    return True


async def may_press(context: UpdateContext, roles: frozenset[Role], name: str) -> bool:
    """Whether a button of organisers may still be pressed by this person; nothing is said if not, but noted."""
    if context.visitor_id is None or not context.is_private:
        return False
    if roles & await context.announcements.organisers.roles(context.visitor_id):
        return True
    await _note(context, name)
    return False


def is_own(context: UpdateContext) -> bool:
    """Written by the person here and now: neither forwarded, nor by another bot, nor a command in quotes."""
    message = context.message
    if message is None or message.forward_origin is not None or message.via_bot is not None:
        return False
    is_command = (message.text or "").startswith("/")
    return not (is_command and any(one.type in _QUOTES and one.offset == 0 for one in message.entities))


async def _deny(context: UpdateContext, name: str) -> None:
    await _note(context, name)
    await unknown_command(context)


async def _note(context: UpdateContext, name: str) -> None:
    """An organiser without the right is named; of strangers, who may try as often as they like, a day keeps a count."""
    audit, action, actor = context.announcements.audit, f"{name}_denied", context.visitor_id
    if actor is not None and await context.announcements.organisers.roles(actor):
        entry = AuditEntry(at=context.now, actor=actor, action=action, subject=str(context.chat_id))
        context.later(lambda: audit.note(entry))
    else:
        log.warning("organisers_command_denied", command=name, visitor_id=actor)
        day = context.now.astimezone(UTC).date()
        context.later(lambda: audit.count(action, day=day))
