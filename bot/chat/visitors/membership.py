"""The bot's own membership: blocked, unblocked, added to a group."""

from __future__ import annotations

from telegram.constants import ChatMemberStatus, ChatType

from bot.chat.context import UpdateContext, note_visitor
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.visitors import news

_OUTSIDE = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)


async def membership(context: UpdateContext) -> None:
    """Note at once who can't be reached any more, and where nothing is to be announced; greet a group once."""
    change = context.update.my_chat_member
    if change is None:
        return
    is_inside, was_inside = (
        change.new_chat_member.status not in _OUTSIDE,
        change.old_chat_member.status not in _OUTSIDE,
    )
    if was_inside and not is_inside:
        news.end(context)
    if change.chat.type == ChatType.PRIVATE:
        _note(context, is_reachable=is_inside)
    elif change.chat.type in (ChatType.GROUP, ChatType.SUPERGROUP) and is_inside and not was_inside:
        await context.say(said(texts.group_hello(context.t, context.app.bot.username), context.locale))


def _note(context: UpdateContext, *, is_reachable: bool) -> None:
    """Note it for a known visitor; nobody becomes one by blocking the bot."""
    visitor_id = context.visitor_id
    if visitor_id is None or context.visitor is None:
        return
    if is_reachable:
        note_visitor(context)
    else:
        context.later(lambda: context.app.visitors.unreachable(visitor_id))
