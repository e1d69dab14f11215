"""The only place that sends. What an error proves is said in `failures`; no other retry layer wraps this one.

Replies to visitors are repeated within their deadline where that is safe. What the courier sends for announcements is
tried once: their deliveries have a memory of their own. All of it keeps one pace.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
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

from bot.backoff import Backoff
from bot.chat.text.rendering import Html, plain, split
from bot.chat.wire.failures import ANSWER_LOST, Failure, Verdict, judge
from bot.chat.wire.pace import Pace, PaceSlot, Priority, TooLongError
from bot.chat.wire.transport import post_json
from bot.errors import TelegramError
from bot.ids import ChatId

log = structlog.get_logger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_TYPING_EVERY_S = 4.5
"""Telegram shows «typing…» for five seconds."""
_RETRYING = Backoff(first_s=0.25, longest_s=4.0)
_CALLBACK_TEXT_LIMIT = 200
_COURIER_WAITS_S = 3.5
"""A chat that has just had its burst is free again by then; a longer pause is left to the planning of deliveries."""

Call = Callable[[ChatId, bool], Awaitable[object]]
"""A call to Telegram for a chat; the flag tells whether the text goes with formatting."""


class UnreachableError(TelegramError):
    """Nothing was sent and Telegram can't be reached, or asked to wait longer than an answer may take."""

    def __init__(self, message: str, *, pause_s: float) -> None:
        super().__init__(message)
        self.pause_s = pause_s


class TokenRefusedError(TelegramError):
    """Telegram does not accept the bot's token: nothing can be sent."""


class SendResult(Enum):
    """What became of a message."""

    SENT = auto()
    IN_DOUBT = auto()
    """The answer was lost: it may have arrived, so it is not sent again."""
    GONE = auto()
    """The person blocked the bot, or the chat is no more."""
    REFUSED = auto()
    """Telegram will not take it; it is in the log."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call: its result, or what its failure proves. `pauses_all` tells whom the failure's pause concerns."""

    result: object = None
    failure: Failure | None = None
    pauses_all: bool = False
    was_plain: bool = False


@dataclass(frozen=True, slots=True)
class Bodies:
    """The parameters of a call as JSON without the opening brace and the chat: formatted, and in plain text."""

    formatted: bytes
    plain: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentUpload:
    """A file that Telegram does not have yet, with its caption formatted and in plain text."""

    content: bytes
    filename: str
    is_photo: bool
    caption: str
    plain_caption: str
    keyboard: InlineKeyboardMarkup | None
    is_silent: bool


@dataclass(frozen=True, slots=True)
class InlineResult:
    """A text for the inline mode: what is listed, and the message that it becomes."""

    result_id: str
    title: str
    description: str
    content: Html


class Sender:
    """Sends to Telegram, within a deadline for each message. All calls pass `_attempt`, and with it the pace."""

    def __init__(
        self,
        bot: Bot,
        *,
        deadline_s: float,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        pace: Pace | None = None,
    ) -> None:
        self._bot = bot
        self._pace = pace
        self._deadline_s = deadline_s
        self._pause = pause
        self._clock = clock

    def wait_s(self, chat_id: ChatId) -> float:
        """Seconds for which the chat has had enough; 0 when it may be sent something."""
        return self._pace.chat_wait_s(chat_id) if self._pace is not None else 0.0

    @property
    def may_pay(self) -> bool:
        """Whether one more message may go by paid broadcast."""
        return self._pace is not None and self._pace.may_pay

    async def message(
        self,
        chat_id: ChatId,
        content: Html,
        *,
        keyboard: InlineKeyboardMarkup | None = None,
        reply_to: int | None = None,
    ) -> SendResult:
        """Send `content`, in several messages when it is long; the keyboard stands under the last.

        Raises:
            UnreachableError: nothing of the first message was sent within the deadline.
            TokenRefusedError: the token is not accepted.
        """
        pieces = split(content)
        delivery = SendResult.REFUSED
        for number, piece in enumerate(pieces, start=1):
            markup = keyboard if number == len(pieces) else None
            delivery = await self._send_piece(chat_id, piece, markup, reply_to if number == 1 else None)
            if delivery is not SendResult.SENT:
                return delivery
        return delivery

    async def edit(
        self, chat_id: ChatId, message_id: int, content: Html, *, keyboard: InlineKeyboardMarkup | None = None
    ) -> SendResult:
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

    async def document(self, chat_id: ChatId, content: bytes, *, filename: str, caption: Html) -> SendResult:
        """Send a file made by the bot."""

        async def call(chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            return await self._bot.send_document(
                chat,
                InputFile(content, filename=filename),
                caption=caption.source if formatted else plain(caption),
                parse_mode=ParseMode.HTML if formatted else None,
            )

        return await self._deliver(chat_id, call)

    async def photo(self, chat_id: ChatId, content: bytes, *, filename: str, caption: Html) -> SendResult:
        """Send a picture made by the bot."""

        async def call(chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            return await self._bot.send_photo(
                chat,
                InputFile(content, filename=filename),
                caption=caption.source if formatted else plain(caption),
                parse_mode=ParseMode.HTML if formatted else None,
            )

        return await self._deliver(chat_id, call)

    async def post(self, chat_id: ChatId, content: Html) -> int | None:
        """Send one message that will be edited later; gives its id, None when it did not get there.

        Raises:
            UnreachableError: nothing was sent within the deadline.
            TokenRefusedError: the token is not accepted.
        """
        posted: list[int] = []

        async def call(chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            message = await self._bot.send_message(
                chat,
                content.source if formatted else plain(content),
                parse_mode=ParseMode.HTML if formatted else None,
                link_preview_options=_NO_PREVIEW,
            )
            posted.append(message.message_id)
            return message

        await self._deliver(chat_id, call)
        return posted[-1] if posted else None

    async def acknowledge(self, callback_query_id: str, text: str = "") -> SendResult:
        """Answer a press of a button; `text` is shown as a short notice. Refused when the press is too old by now."""

        async def call(_chat: ChatId, _formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            notice = text[:_CALLBACK_TEXT_LIMIT] or None
            return await self._bot.answer_callback_query(callback_query_id, text=notice)

        return await self._deliver(ChatId(0), call)

    async def inline(self, query_id: str, results: Sequence[InlineResult], *, hint: str, cache_s: int) -> SendResult:
        """Answer an inline query for this person alone; `hint` stands above the results and leads to the chat."""
        button = InlineQueryResultsButton(hint, start_parameter="start")

        async def call(_chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            articles = [_article(result, formatted=formatted) for result in results]
            return await self._bot.answer_inline_query(
                query_id, articles, cache_time=cache_s, is_personal=True, button=button
            )

        return await self._deliver(ChatId(0), call)

    async def draft(self, chat_id: ChatId, draft_id: int, content: Html) -> Failure | None:
        """Show `content` as a draft, once and at most one message long; gives what went wrong, if anything did."""
        first = next(iter(split(content)), None)
        if first is None:
            return None

        async def call(chat: ChatId, _formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            return await self._bot.send_message_draft(chat, draft_id, first.source, parse_mode=ParseMode.HTML)

        return (await _try(call, chat_id, formatted=True, returns=object)).failure

    async def turns(self, *, limit: int, priority: Priority = Priority.ANNOUNCEMENT) -> list[PaceSlot]:
        """Wait for the next turns, at most `limit`, for chats that are chosen then.

        Raises:
            TooLongError: nothing goes to anybody for longer than the courier waits.
        """
        assert self._pace is not None
        return await self._pace.turns(priority=priority, limit=limit, patience_s=_COURIER_WAITS_S)

    async def once(
        self, chat_id: ChatId, method: str, bodies: Bodies, *, priority: Priority, turn: PaceSlot | None = None
    ) -> Attempt:
        """Call a method for the courier: one try, and one more in plain text if the formatting was refused.

        It waits for its turn, or uses the one given.
        """
        url = f"{self._bot.base_url}/{method}"

        async def call(chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            body = bodies.formatted if formatted else bodies.plain
            return await post_json(self._bot.request, url, b'{"chat_id":%d,%b' % (chat, body))

        return await self._try_once(chat_id, call, priority, turn)

    async def upload(
        self, chat_id: ChatId, upload: AttachmentUpload, *, priority: Priority, turn: PaceSlot | None = None
    ) -> Attempt:
        """Send a file for the courier, as `once` does; the result is a `telegram.Message`."""

        async def call(chat: ChatId, formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            send = self._bot.send_photo if upload.is_photo else self._bot.send_document
            return await send(
                chat,
                InputFile(upload.content, filename=upload.filename),
                caption=upload.caption if formatted else upload.plain_caption,
                parse_mode=ParseMode.HTML if formatted else None,
                reply_markup=upload.keyboard,
                disable_notification=upload.is_silent,
            )

        return await self._try_once(chat_id, call, priority, turn)

    async def aside(self, chat_id: ChatId, content: Html, *, turn: PaceSlot) -> Attempt:
        """Say something that need not be answered for, without a sound and in one try."""

        async def call(chat: ChatId, _formatted: bool) -> object:  # noqa: FBT001 - the form of `Call`
            return await self._bot.send_message(
                chat, content.source, parse_mode=ParseMode.HTML, disable_notification=True
            )

        turn.begin()
        return _noted(turn, await _try(call, chat_id, formatted=True, returns=Message))

    async def show_typing(self, chat_id: ChatId) -> None:
        """Show «typing…» for five seconds; a failure of it is not felt."""
        with suppress(telegram_error.TelegramError):
            await self._bot.send_chat_action(chat_id, ChatAction.TYPING)

    @asynccontextmanager
    async def typing(self, chat_id: ChatId, *, after_s: float) -> AsyncIterator[Callable[[], object]]:
        """Show «typing…» while the body runs, if it runs longer than `after_s`; a failure of it is not felt.

        Gives a function that ends it sooner.
        """
        task = asyncio.create_task(self._keep_typing(chat_id, after_s))
        try:
            yield task.cancel
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_typing(self, chat_id: ChatId, after_s: float) -> None:
        await self._pause(after_s)
        while True:
            await self.show_typing(chat_id)
            await self._pause(_TYPING_EVERY_S)

    async def _send_piece(
        self, chat_id: ChatId, piece: Html, keyboard: InlineKeyboardMarkup | None, reply_to: int | None
    ) -> SendResult:
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

    async def _try_once(self, chat_id: ChatId, call: Call, priority: Priority, turn: PaceSlot | None) -> Attempt:
        if turn is None:
            attempt = await self._attempt(chat_id, call, priority=priority, patience_s=_COURIER_WAITS_S)
        else:
            turn.begin()
            attempt = _noted(turn, await _try(call, chat_id, formatted=True, returns=object))
        if attempt.failure is None or attempt.failure.verdict is not Verdict.UNPARSEABLE:
            return attempt
        log.error("formatting_refused", chat_id=chat_id)
        again = await self._attempt(chat_id, call, priority=priority, patience_s=_COURIER_WAITS_S, formatted=False)
        return replace(again, was_plain=True)

    async def _attempt(
        self,
        chat_id: ChatId,
        call: Call,
        *,
        priority: Priority,
        patience_s: float,
        formatted: bool = True,
        returns: type[object] = object,
    ) -> Attempt:
        """Wait for the turn and make the call once. A call without a chat does not count for Telegram's limits."""
        if self._pace is None or not chat_id:
            return await _try(call, chat_id, formatted=formatted, returns=returns)
        try:
            async with self._pace.turn(chat_id, priority=priority, patience_s=patience_s) as turn:
                return _noted(turn, await _try(call, chat_id, formatted=formatted, returns=returns))
        except TooLongError as error:
            failure = Failure(Verdict.NOT_SENT, pause_s=error.wait_s, reason="paused")
            return Attempt(failure=failure, pauses_all=error.concerns_all)

    async def _deliver(self, chat_id: ChatId, call: Call, *, returns: type[object] = object) -> SendResult:
        """Make the call until it is done, refused, in doubt, or the deadline is over."""
        ends_at = self._clock() + self._deadline_s
        attempt, formatted = 0, True
        while True:
            tried = await self._attempt(
                chat_id,
                call,
                priority=Priority.REPLY,
                patience_s=max(ends_at - self._clock(), 0.0),
                formatted=formatted,
                returns=returns,
            )
            failure = tried.failure
            if failure is None:
                return SendResult.SENT
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
        pause_s = failure.pause_s or _RETRYING.pause_s(attempt)
        if self._clock() + pause_s > ends_at:
            raise UnreachableError(
                f"Telegram took no message for {self._deadline_s:.0f} s; it is tried again later", pause_s=pause_s
            )
        await self._pause(pause_s)


async def _try(call: Call, chat_id: ChatId, *, formatted: bool, returns: type[object]) -> Attempt:
    """Make the call once."""
    try:
        result = await call(chat_id, formatted)
    except (telegram_error.TelegramError, KeyError) as error:  # KeyError: a 200 with ok false
        failure = judge(error)
        if failure.verdict in (Verdict.DOUBT, Verdict.REFUSED):
            log.warning("call_failed", chat_id=chat_id, verdict=failure.verdict.name, reason=_reason(error))
        return Attempt(failure=failure)
    if not isinstance(result, returns):
        log.error("answer_without_message", chat_id=chat_id)
        return Attempt(failure=Failure(Verdict.DOUBT, reason="answer_without_message"))
    return Attempt(result)


def _noted(turn: PaceSlot, attempt: Attempt) -> Attempt:
    """Tell the pace what became of its turn. After a lost answer it is told nothing: the call may count yet."""
    failure = attempt.failure
    if failure is not None and failure.is_flood:
        return replace(attempt, pauses_all=turn.refused(failure.pause_s))
    if failure is not None and failure.verdict is Verdict.NOT_SENT:
        turn.not_sent()
    elif failure is None or failure.reason not in ANSWER_LOST:
        turn.answered()
    return attempt


def _outcome(failure: Failure, chat_id: ChatId) -> SendResult:
    if failure.verdict is Verdict.TOKEN:
        raise TokenRefusedError("Telegram refuses the bot's token: set SCODA_TELEGRAM_TOKEN to a valid one")
    if failure.verdict is Verdict.GONE:
        log.info("chat_gone", chat_id=chat_id)
    return {
        Verdict.UNCHANGED: SendResult.SENT,
        Verdict.GONE: SendResult.GONE,
        Verdict.DOUBT: SendResult.IN_DOUBT,
    }.get(failure.verdict, SendResult.REFUSED)


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, telegram_error.TelegramError) else type(error).__name__


def _article(result: InlineResult, *, formatted: bool) -> InlineQueryResultArticle:
    text = result.content.source if formatted else plain(result.content)
    return InlineQueryResultArticle(
        id=result.result_id,
        title=result.title,
        description=result.description,
        input_message_content=InputTextMessageContent(
            text, parse_mode=ParseMode.HTML if formatted else None, link_preview_options=_NO_PREVIEW
        ),
    )
