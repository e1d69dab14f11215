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

from bot.chat.handlers import inline, membership, notices, presses, privacy, questions, start, topics
from bot.chat.visit import Visit

Handle = Callable[[Visit], Awaitable[None]]
Callback = Callable[[Update, CallbackContext[Any, Any, Any, Any]], Coroutine[Any, Any, None]]
Bind = Callable[[Handle], Callback]

_COMMANDS: dict[str, Handle] = {
    "start": start.start,
    "help": notices.help_page,
    "topics": topics.topics,
    "language": start.language,
    "ask": questions.ask,
    "privacy": privacy.privacy,
    "mydata": privacy.my_data,
    "deleteme": privacy.delete_me,
}

_NEW = filters.UpdateType.MESSAGE
_SERVICE = filters.StatusUpdate.ALL
_WORDS = filters.TEXT | filters.CAPTION


def routes(bind: Bind) -> Sequence[BaseHandler[Any, Any, Any]]:
    """The handlers in the order in which they are asked; the first that fits takes the update.

    Edited messages and channel posts fit none: an edit is not answered a second time.
    """
    return [
        *(CommandHandler(name, bind(handle), filters=_NEW) for name, handle in _COMMANDS.items()),
        MessageHandler(_NEW & filters.COMMAND & filters.ChatType.PRIVATE, bind(notices.unknown_command)),
        MessageHandler(_NEW & _WORDS & ~filters.COMMAND & ~_SERVICE, bind(questions.message)),
        MessageHandler(_NEW & ~_WORDS & ~_SERVICE, bind(notices.text_only)),
        CallbackQueryHandler(bind(presses.press)),
        InlineQueryHandler(bind(inline.inline)),
        ChatMemberHandler(bind(membership.membership), ChatMemberHandler.MY_CHAT_MEMBER),
    ]
