"""Whether a command is somebody's to give: roles by numeric id, read once an update, for all that is shown.

Whoever has no role that fits learns nothing: they get what they would get for a command that there is not. Nothing is
carried out that is forwarded, written through another bot or as a chat, or older than a few minutes. What changes
something reads the roles once more, in its own transaction (`bot.announcements.actions`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, timedelta
from typing import Self

import structlog
from telegram import MessageEntity

from bot.announcements.model import AuditEntry, Role
from bot.chat.context import UpdateContext
from bot.chat.text import announcement_texts
from bot.chat.visitors.notices import unknown_command
from bot.chat_state.model import Button

log = structlog.get_logger(__name__)

OLDEST_COMMAND = timedelta(minutes=5)
"""What waited longer, while the bot was down, may not be wanted any more: the person is told to send it again.

Chosen by reasoning; a restart takes well below a minute.
"""
_QUOTES = (MessageEntity.BLOCKQUOTE, MessageEntity.EXPANDABLE_BLOCKQUOTE)


@dataclass(slots=True, kw_only=True)
class OrganiserContext(UpdateContext):
    """An update of somebody who was admitted by a role, as an organiser or as staff; `actor` is who."""

    roles: frozenset[Role]
    """Theirs when they were admitted: for what is shown and offered, not for what is carried out."""

    @classmethod
    def of(cls, context: UpdateContext, roles: frozenset[Role]) -> Self:
        """The same update, with the same effects."""
        return cls(**{one.name: getattr(context, one.name) for one in fields(context)}, roles=roles)


async def admit(context: UpdateContext, allowed: frozenset[Role], name: str) -> OrganiserContext | None:
    """Let a message be carried out as the command `name`; None says why not, and notes it."""
    roles = await _roles(context)
    if not allowed & roles or not context.is_private or not is_own(context):
        _note(context, name, roles)
        await unknown_command(context)
        return None
    message = context.message
    if message is not None and context.now - message.date > OLDEST_COMMAND:
        await context.say(context.text(announcement_texts.command_too_old))
        return None
    return OrganiserContext.of(context, roles)


async def admit_press(context: UpdateContext, allowed: frozenset[Role], name: str) -> OrganiserContext | None:
    """Let a button of organisers be pressed, if this person still may; None says nothing, but is noted."""
    if context.visitor_id is None or not context.is_private:
        return None
    roles = await _roles(context)
    if allowed & roles:
        return OrganiserContext.of(context, roles)
    _note(context, name, roles)
    return None


def use_up(context: OrganiserContext, button: Button) -> None:
    """Have a button that works once noted as used."""
    if button.single_use:
        context.later(lambda: context.app.buttons.use(button.token, now=context.now))


def is_own(context: UpdateContext) -> bool:
    """Written by the person here and now: neither forwarded, nor by another bot, nor a command in quotes."""
    message = context.message
    if message is None or message.forward_origin is not None or message.via_bot is not None:
        return False
    is_command = (message.text or "").startswith("/")
    return not (is_command and any(one.type in _QUOTES and one.offset == 0 for one in message.entities))


async def _roles(context: UpdateContext) -> frozenset[Role]:
    if context.visitor_id is None:
        return frozenset()
    return await context.announcements.organisers.roles(context.visitor_id)


def _note(context: UpdateContext, name: str, roles: frozenset[Role]) -> None:
    """An organiser without the right is named; of strangers, who may try as often as they like, a day keeps a count."""
    audit, action, actor = context.announcements.audit, f"{name}_denied", context.visitor_id
    if actor is not None and roles:
        entry = AuditEntry(at=context.now, actor=actor, action=action, subject=str(context.chat_id))
        context.later(lambda: audit.note(entry))
    else:
        log.warning("organisers_command_denied", command=name, visitor_id=actor)
        day = context.now.astimezone(UTC).date()
        context.later(lambda: audit.count(action, day=day))
