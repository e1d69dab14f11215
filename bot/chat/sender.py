"""The only place that sends. What an error proves is said in `failures`; no other retry layer wraps this one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto

import structlog
from telegram import (
    Bot,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputFile,
    InputTextMessageContent,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram import error as telegram_error
from telegram.constants import ChatAction, ParseMode

from bot.chat.failures import Failure, Verdict, judge
from bot.chat.rendering import Html, plain, split
from bot.errors import TelegramError
from bot.vocabulary import ChatId

log = structlog.get_logger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_TYPING_EVERY_S = 4.5
"""Telegram shows «typing…» for five seconds."""
_FIRST_RETRY_S = 0.25
_LONGEST_RETRY_S = 4.0
_CALLBACK_TEXT_LIMIT = 200

Call = Callable[[ChatId, bool], Awaitable[object]]
"""A call to Telegram for a chat; the flag tells whether the text goes with formatting."""


class UnreachableError(TelegramError):
    """Nothing was sent and Telegram can't be reached, or asked to wait longer than an answer may take."""

    def __init__(self, message: str, *, pause_s: float) -> None:
        super().__init__(message)
        self.pause_s = pause_s


class TokenRefusedError(TelegramError):
    """Telegram does not accept the bot's token: nothing can be sent."""


class Delivery(Enum):
    """What became of a message."""

    SENT = auto()
    IN_DOUBT = auto()
    """The answer was lost: it may have arrived, so it is not sent again."""
    GONE = auto()
    """The person blocked the bot, or the chat is no more."""
    REFUSED = auto()
    """Telegram will not take it; it is in the log."""


@dataclass(frozen=True, slots=True)
class Result:
    """A text for the inline mode: what is listed, and the message that it becomes."""

    result_id: str
    title: str
    description: str
    content: Html


class Sender:
    """Sends to Telegram, within a deadline for each message.

    All calls pass `_deliver`: a budget shared with announcements has its place there.
    """

    def __init__(
        self,
        bot: Bot,
        *,
        deadline_s: float,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bot = bot
        self._deadline_s = deadline_s
        self._pause = pause
        self._clock = clock

    async def message(
        self,
        chat_id: ChatId,
        content: Html,
        *,
        keyboard: InlineKeyboardMarkup | None = None,
        reply_to: int | None = None,
    ) -> Delivery:
        """Send `content`, in several messages when it is long; the keyboard stands under the last.

        Raises:
            UnreachableError: nothing of the first message was sent within the deadline.
            TokenRefusedError: the token is not accepted.
        """
        pieces = split(content)
        delivery = Delivery.REFUSED
        for number, piece in enumerate(pieces, start=1):
            markup = keyboard if number == len(pieces) else None
            delivery = await self._send_piece(chat_id, piece, markup, reply_to if number == 1 else None)
            if delivery is not Delivery.SENT:
                return delivery
        return delivery

    async def edit(
        self, chat_id: ChatId, message_id: int, content: Html, *, keyboard: InlineKeyboardMarkup | None = None
    ) -> Delivery:
        """Put `content` in place of a message of the bot; what does not fit into one follows in new messages."""
        first, *others = split(content)
        last_here = keyboard if not others else None

        async def call(chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            return await self._bot.edit_message_text(
                first.source if formatted else plain(first),
                chat_id=chat,
                message_id=message_id,
                parse_mode=ParseMode.HTML if formatted else None,
                reply_markup=last_here,
                link_preview_options=_NO_PREVIEW,
            )

        delivery = await self._deliver(chat_id, call)
        for number, piece in enumerate(others, start=1):
            delivery = await self._send_piece(chat_id, piece, keyboard if number == len(others) else None, None)
        return delivery

    async def document(self, chat_id: ChatId, content: bytes, *, filename: str, caption: Html) -> Delivery:
        """Send a file made by the bot."""

        async def call(chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            return await self._bot.send_document(
                chat,
                InputFile(content, filename=filename),
                caption=caption.source if formatted else plain(caption),
                parse_mode=ParseMode.HTML if formatted else None,
            )

        return await self._deliver(chat_id, call)

    async def acknowledge(self, callback_query_id: str, text: str = "") -> Delivery:
        """Answer a press of a button; `text` is shown as a short notice."""

        async def call(_chat: ChatId, _formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            notice = text[:_CALLBACK_TEXT_LIMIT] or None
            return await self._bot.answer_callback_query(callback_query_id, text=notice)

        return await self._deliver(ChatId(0), call)

    async def inline(self, query_id: str, results: Sequence[Result], *, hint: str, cache_s: int) -> Delivery:
        """Answer an inline query for this person alone; `hint` stands above the results and leads to the chat."""
        button = InlineQueryResultsButton(hint, start_parameter="start")

        async def call(_chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            articles = [_article(result, formatted=formatted) for result in results]
            return await self._bot.answer_inline_query(
                query_id, articles, cache_time=cache_s, is_personal=True, button=button
            )

        return await self._deliver(ChatId(0), call)

    @asynccontextmanager
    async def typing(self, chat_id: ChatId, *, after_s: float) -> AsyncIterator[None]:
        """Show «typing…» while the body runs, if it runs longer than `after_s`; a failure of it is not felt."""
        task = asyncio.create_task(self._keep_typing(chat_id, after_s))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_typing(self, chat_id: ChatId, after_s: float) -> None:
        await self._pause(after_s)
        while True:
            with suppress(telegram_error.TelegramError):
                await self._bot.send_chat_action(chat_id, ChatAction.TYPING)
            await self._pause(_TYPING_EVERY_S)

    async def _send_piece(
        self, chat_id: ChatId, piece: Html, keyboard: InlineKeyboardMarkup | None, reply_to: int | None
    ) -> Delivery:
        async def call(chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            answered = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
            return await self._bot.send_message(
                chat,
                piece.source if formatted else plain(piece),
                parse_mode=ParseMode.HTML if formatted else None,
                reply_markup=keyboard,
                reply_parameters=answered,
                link_preview_options=_NO_PREVIEW,
            )

        return await self._deliver(chat_id, call, returns=Message)

    async def _deliver(self, chat_id: ChatId, call: Call, *, returns: type[object] = object) -> Delivery:
        """Make the call until it is done, refused, in doubt, or the deadline is over."""
        ends_at = self._clock() + self._deadline_s
        attempt, formatted = 0, True
        while True:
            failure = await _try(call, chat_id, formatted=formatted, returns=returns)
            if failure is None:
                return Delivery.SENT
            if failure.verdict is Verdict.UNPARSEABLE and formatted:
                log.error("formatting_refused", chat_id=chat_id)
                formatted = False
            elif failure.verdict is Verdict.MIGRATED and failure.new_chat_id != chat_id:
                log.info("chat_migrated", chat_id=chat_id, new_chat_id=failure.new_chat_id)
                chat_id = ChatId(failure.new_chat_id)
            elif failure.verdict is Verdict.NOT_SENT:
                await self._wait(failure, attempt, ends_at)
                attempt += 1
            else:
                return _outcome(failure, chat_id)

    async def _wait(self, failure: Failure, attempt: int, ends_at: float) -> None:
        pause_s = failure.pause_s or min(_FIRST_RETRY_S * 2**attempt, _LONGEST_RETRY_S)
        if self._clock() + pause_s > ends_at:
            raise UnreachableError(
                f"Telegram took no message for {self._deadline_s:.0f} s; it is tried again later", pause_s=pause_s
            )
        await self._pause(pause_s)


async def _try(call: Call, chat_id: ChatId, *, formatted: bool, returns: type[object]) -> Failure | None:
    """Make the call once; None when it is done."""
    try:
        result = await call(chat_id, formatted)
    except (telegram_error.TelegramError, KeyError) as error:  # KeyError: a 200 with ok false
        failure = judge(error)
        if failure.verdict in (Verdict.DOUBT, Verdict.REFUSED):
            log.warning("call_failed", chat_id=chat_id, verdict=failure.verdict.name, reason=_reason(error))
        return failure
    if not isinstance(result, returns):
        log.error("answer_without_message", chat_id=chat_id)
        return Failure(Verdict.DOUBT)
    return None


def _outcome(failure: Failure, chat_id: ChatId) -> Delivery:
    if failure.verdict is Verdict.TOKEN:
        raise TokenRefusedError("Telegram refuses the bot's token: set SCODA_TELEGRAM_TOKEN to a valid one")
    if failure.verdict is Verdict.GONE:
        log.info("chat_gone", chat_id=chat_id)
    return {
        Verdict.UNCHANGED: Delivery.SENT,
        Verdict.GONE: Delivery.GONE,
        Verdict.DOUBT: Delivery.IN_DOUBT,
    }.get(failure.verdict, Delivery.REFUSED)


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, telegram_error.TelegramError) else type(error).__name__


def _article(result: Result, *, formatted: bool) -> InlineQueryResultArticle:
    text = result.content.source if formatted else plain(result.content)
    return InlineQueryResultArticle(
        id=result.result_id,
        title=result.title,
        description=result.description,
        input_message_content=InputTextMessageContent(
            text, parse_mode=ParseMode.HTML if formatted else None, link_preview_options=_NO_PREVIEW
        ),
    )
