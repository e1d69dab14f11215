"""Which update goes to which handler: the menu on one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from telegram import Update
from telegram.ext import (
    BaseHandler,
    CallbackContext,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.chat import conversations, presses
from bot.chat.context import UpdateContext
from bot.chat.organisers import announcements, composing, roles
from bot.chat.visitors import inline, membership, news, notices, privacy, questions, settings, start, topics, why

Handle = Callable[[UpdateContext], Awaitable[None]]
Callback = Callable[[Update, CallbackContext[Any, Any, Any, Any]], Coroutine[Any, Any, None]]
Bind = Callable[[Handle], Callback]

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
}
"""Only in a chat with announcements; the last three look like no command to who has no role."""

_NEW = filters.UpdateType.MESSAGE
_SERVICE = filters.StatusUpdate.ALL
_WORDS = filters.TEXT | filters.CAPTION


def routes(bind: Bind, *, has_news: bool = False) -> Sequence[BaseHandler[Any, Any, Any]]:
    """The handlers in the order in which they are asked; the first that fits takes the update.

    Edited messages and channel posts fit none: an edit is not answered a second time.
    """
    commands = {**_COMMANDS, **_NEWS_COMMANDS} if has_news else _COMMANDS
    return [
        *(CommandHandler(name, bind(handle), filters=_NEW) for name, handle in commands.items()),
        MessageHandler(_NEW & filters.COMMAND & filters.ChatType.PRIVATE, bind(notices.unknown_command)),
        MessageHandler(_NEW & _WORDS & ~filters.COMMAND & ~_SERVICE, bind(conversations.words)),
        MessageHandler(_NEW & ~_WORDS & ~_SERVICE, bind(conversations.other)),
        CallbackQueryHandler(bind(presses.press)),
        InlineQueryHandler(bind(inline.inline)),
        ChatMemberHandler(bind(membership.membership), ChatMemberHandler.MY_CHAT_MEMBER),
    ]
