"""The bot's own membership: blocked, unblocked, added to a group."""

from __future__ import annotations

from telegram.constants import ChatMemberStatus, ChatType

from bot.chat.context import Visit, note_visitor
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.visitors import news

_OUTSIDE = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)


async def membership(visit: Visit) -> None:
    """Note at once who can't be reached any more, and where nothing is to be announced; greet a group once."""
    change = visit.update.my_chat_member
    if change is None:
        return
    is_inside, was_inside = (
        change.new_chat_member.status not in _OUTSIDE,
        change.old_chat_member.status not in _OUTSIDE,
    )
    if was_inside and not is_inside:
        news.end(visit)
    if change.chat.type == ChatType.PRIVATE:
        _note(visit, is_reachable=is_inside)
    elif change.chat.type in (ChatType.GROUP, ChatType.SUPERGROUP) and is_inside and not was_inside:
        await visit.say(said(texts.group_hello(visit.t, visit.house.bot.username), visit.locale))


def _note(visit: Visit, *, is_reachable: bool) -> None:
    """Whoever was forgotten, or never wrote, does not come into being by this."""
    visitor_id = visit.visitor_id
    if visitor_id is None or visit.visitor is None:
        return
    if is_reachable:
        note_visitor(visit)
    else:
        visit.later(lambda: visit.house.visitors.unreachable(visitor_id))
