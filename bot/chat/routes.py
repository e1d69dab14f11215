"""Which update goes to which handler: the menu on one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.ext import (
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.chat import conversations, presses
from bot.chat.context import UpdateContext
from bot.chat.organisers import announcements, composing, roles, statistics
from bot.chat.staff import desk, drafts, fixes, gaps, pins, sections
from bot.chat.visitors import (
    asking_people,
    inline,
    membership,
    news,
    notices,
    privacy,
    questions,
    settings,
    start,
    topics,
    why,
)

Handle = Callable[[UpdateContext], Awaitable[None]]

_COMMANDS: dict[str, Handle] = {
    "start": conversations.start,
    "help": notices.help_page,
    "topics": topics.topics,
    "language": start.language,
    "ask": questions.ask,
    "why": why.why,
    "privacy": privacy.privacy,
    "mydata": privacy.my_data,
    "deleteme": privacy.delete_me,
}

_NEWS_COMMANDS: dict[str, Handle] = {
    "news": news.news,
    "settings": settings.settings,
    "subscribe": news.subscribe,
    "cancel": conversations.cancel,
    "announce": composing.announce,
    "announcements": announcements.announcements,
    "organisers": roles.organisers,
    "stats": statistics.stats,
    "gaps": gaps.gaps,
}
"""Only in a chat with announcements; the last five look like no command to who has no role."""

_STAFF_COMMANDS: dict[str, Handle] = {
    "staff": desk.staff,
    "proposals": desk.proposals,
    "fix": fixes.fix,
    "pin": pins.pin,
    "unpin": pins.unpin,
    "expiring": desk.expiring,
    "drafts": drafts.drafts,
    "knowledge": sections.knowledge,
}
"""Only where the knowledge can be changed from the chat; they look like no command to who has no role for it."""

_RELAY_COMMANDS: dict[str, Handle] = {"end": asking_people.end}

_NEW = filters.UpdateType.MESSAGE
_SERVICE = filters.StatusUpdate.ALL
_WORDS = filters.TEXT | filters.CAPTION


@dataclass(frozen=True, slots=True)
class UpdateRoute:
    """One line of the menu: which updates it takes, and who handles them."""

    matcher: BaseHandler[Any, Any, Any]
    handle: Handle

    def takes(self, update: Update) -> bool:
        """Whether it fits, as python-telegram-bot's application understands its handlers' answer."""
        found = self.matcher.check_update(update)
        return found is not None and found is not False


def routes(*, has_news: bool = False, has_staff: bool = False, has_relay: bool = False) -> Sequence[UpdateRoute]:
    """The routes in the order in which they are asked; the first that fits takes the update.

    Edited messages and channel posts fit none: an edit is not answered a second time.
    """
    commands = {
        **_COMMANDS,
        **(_NEWS_COMMANDS if has_news else {}),
        **(_STAFF_COMMANDS if has_staff else {}),
        **(_RELAY_COMMANDS if has_relay else {}),
    }
    return [
        *(UpdateRoute(CommandHandler(name, _not_called, filters=_NEW), handle) for name, handle in commands.items()),
        _message(filters.COMMAND & filters.ChatType.PRIVATE, notices.unknown_command),
        _message(_WORDS & ~filters.COMMAND & ~_SERVICE, conversations.words),
        _message(~_WORDS & ~_SERVICE, conversations.other),
        UpdateRoute(CallbackQueryHandler(_not_called), presses.press),
        UpdateRoute(InlineQueryHandler(_not_called), inline.inline),
        UpdateRoute(ChatMemberHandler(_not_called, ChatMemberHandler.MY_CHAT_MEMBER), membership.membership),
    ]


def _message(kind: filters.BaseFilter, handle: Handle) -> UpdateRoute:
    return UpdateRoute(MessageHandler(_NEW & kind, _not_called), handle)


async def _not_called(_update: object, _context: object) -> None:
    """Stands where python-telegram-bot wants a callback: its handlers only match here, the dispatcher calls."""
