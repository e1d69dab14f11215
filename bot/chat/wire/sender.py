"""The only place that sends. What an error proves is said in `failures`; no other retry layer wraps this one.

Replies to visitors are repeated within their deadline where that is safe. What is sent for announcements is
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
from telegram import Bot, InlineKeyboardMarkup, InlineQueryResultsButton, InputFile
from telegram import error as telegram_error
from telegram.constants import ChatAction

from bot.announcements.model import SendOutcome
from bot.backoff import Backoff
from bot.chat.text.rendering import Html, split
from bot.chat.wire.calls import (
    NO_CHAT,
    NO_PREVIEW,
    InlineAnswer,
    TelegramCall,
    call,
    file_call,
    inline_call,
    message_call,
    message_id_of,
    worded,
)
from bot.chat.wire.failures import ANSWER_LOST, UNANSWERED, Failure, judge
from bot.chat.wire.pace import Pace
from bot.chat.wire.pace_slot import PaceSlot
from bot.chat.wire.pace_terms import Priority, TooLongError
from bot.chat.wire.seeing import CALL_RESULTS, PaceReading, replied
from bot.chat.wire.transport import post
from bot.errors import TelegramError
from bot.ids import ChatId
from bot.observing import NOBODY, Observer, Work

log = structlog.get_logger(__name__)

_TYPING_EVERY_S = 4.5
"""Telegram shows «typing…» for five seconds."""
_RETRYING = Backoff(first_s=0.25, longest_s=4.0)
"""Pauses before what was surely not sent is sent again, within the deadline. Chosen, not measured."""
_CALLBACK_TEXT_LIMIT = 200
"""Characters of the notice after a press: https://core.telegram.org/bots/api#answercallbackquery."""
_UNANSWERED_CALLS = 3
"""Calls in a row without any answer, from which on Telegram counts as not reached: one or two are a connection that
broke. By reasoning."""
_ANNOUNCEMENT_WAITS_S = 3.5
"""A chat that has just had its burst is free again by then; a longer pause is left to the planning of deliveries."""


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
        observer: Observer = NOBODY,
    ) -> None:
        self._observer = observer
        self._bot = bot
        self._pace = pace
        self._deadline_s = deadline_s
        self._pause = pause
        self._clock = clock
        self._unanswered = 0
        """Calls since the last to which anything came back."""

    def wait_s(self, chat_id: ChatId) -> float:
        """Seconds for which the chat has had enough; 0 when it may be sent something."""
        return self._pace.chat_wait_s(chat_id) if self._pace is not None else 0.0

    def pace_reading(self) -> PaceReading:
        """How the common pace stands."""
        return self._pace.reading() if self._pace is not None else PaceReading()

    @property
    def is_failing(self) -> bool:
        """Whether the last calls in a row got no answer at all."""
        return self._unanswered >= _UNANSWERED_CALLS

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
            delivery = await self._deliver(chat_id, message_call(piece, markup, reply_to if number == 1 else None))
            if delivery is not SendResult.SENT:
                return delivery
        return delivery

    async def edit(
        self, chat_id: ChatId, message_id: int, content: Html, *, keyboard: InlineKeyboardMarkup | None = None
    ) -> SendResult:
        """Put `content` in place of a message of the bot; what does not fit into one follows in new messages."""
        first, *others = split(content)
        markup = keyboard if not others else None
        editing = worded("editMessageText", first, reply_markup=markup, link_preview_options=NO_PREVIEW)
        delivery = await self._deliver(chat_id, editing.of_message(message_id))
        for number, piece in enumerate(others, start=1):
            markup = keyboard if number == len(others) else None
            delivery = await self._deliver(chat_id, message_call(piece, markup, None))
        return delivery

    async def document(self, chat_id: ChatId, content: bytes, *, filename: str, caption: Html) -> SendResult:
        """Send a file made by the bot."""
        file = InputFile(content, filename=filename)
        return await self._deliver(chat_id, file_call("sendDocument", "document", file, caption))

    async def photo(self, chat_id: ChatId, content: bytes, *, filename: str, caption: Html) -> SendResult:
        """Send a picture made by the bot."""
        file = InputFile(content, filename=filename)
        return await self._deliver(chat_id, file_call("sendPhoto", "photo", file, caption))

    async def post(self, chat_id: ChatId, content: Html) -> int | None:
        """Send one message that will be edited later; gives its id, None when it did not get there.

        Raises:
            UnreachableError: nothing was sent within the deadline.
            TokenRefusedError: the token is not accepted.
        """
        posting = worded("sendMessage", content, link_preview_options=NO_PREVIEW)
        _, result = await self._deliver_for_result(chat_id, posting)
        return message_id_of(result)

    async def acknowledge(self, callback_query_id: str, text: str = "") -> SendResult:
        """Answer a press of a button; `text` is shown as a short notice. Refused when the press is too old by now."""
        notice = text[:_CALLBACK_TEXT_LIMIT] or None
        answer = call("answerCallbackQuery", callback_query_id=callback_query_id, text=notice)
        return await self._deliver(NO_CHAT, answer)

    async def inline(self, query_id: str, answers: Sequence[InlineAnswer], *, hint: str, cache_s: int) -> SendResult:
        """Answer an inline query for this person alone; `hint` stands above the answers and leads to the chat."""
        button = InlineQueryResultsButton(hint, start_parameter="start")
        answering = inline_call(query_id, answers, cache_time=cache_s, is_personal=True, button=button)
        return await self._deliver(NO_CHAT, answering)

    async def draft(self, chat_id: ChatId, draft_id: int, content: Html) -> Failure | None:
        """Show `content` as a draft, once and at most one message long; gives what went wrong, if anything did."""
        first = next(iter(split(content)), None)
        if first is None:
            return None
        return (await self._try(worded("sendMessageDraft", first, draft_id=draft_id), chat_id)).failure

    async def turns(self, *, limit: int, priority: Priority = Priority.ANNOUNCEMENT) -> list[PaceSlot]:
        """Wait for the next turns, at most `limit`, for chats that are chosen then.

        Raises:
            TooLongError: nothing goes to anybody for longer than an announcement waits.
        """
        assert self._pace is not None
        return await self._pace.turns(priority=priority, limit=limit, patience_s=_ANNOUNCEMENT_WAITS_S)

    async def once(
        self, chat_id: ChatId, sending: TelegramCall, *, priority: Priority, turn: PaceSlot | None = None
    ) -> Attempt:
        """Make a call for an announcement: one try, and one more in plain text if the formatting was refused.

        It waits for its turn, or uses the one given.
        """
        if turn is None:
            attempt = await self._attempt(chat_id, sending, priority=priority, patience_s=_ANNOUNCEMENT_WAITS_S)
        else:
            turn.begin()
            attempt = _noted(turn, await self._try(sending, chat_id))
        if attempt.failure is None or attempt.failure.outcome is not SendOutcome.UNPARSEABLE:
            return attempt
        log.error("formatting_refused", chat_id=chat_id)
        again = await self._attempt(
            chat_id, sending, priority=priority, patience_s=_ANNOUNCEMENT_WAITS_S, formatted=False
        )
        return replace(again, was_plain=True)

    async def aside(self, chat_id: ChatId, content: Html, *, turn: PaceSlot) -> Attempt:
        """Say something that need not be answered for, without a sound and in one try."""
        saying = replace(worded("sendMessage", content, disable_notification=True), returns_message=True)
        turn.begin()
        return _noted(turn, await self._try(saying, chat_id))

    async def react(self, chat_id: ChatId, message_id: int, emoji: str) -> SendResult:
        """Put a sign under somebody's message, without a word."""
        reacting = call("setMessageReaction", reaction=[{"type": "emoji", "emoji": emoji}])
        return await self._deliver(chat_id, reacting.of_message(message_id))

    async def show_typing(self, chat_id: ChatId) -> None:
        """Show «typing…» for five seconds; a failure of it is not felt."""
        with suppress(telegram_error.TelegramError):
            await self._make(call("sendChatAction", action=ChatAction.TYPING), chat_id)

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

    async def _attempt(
        self, chat_id: ChatId, made: TelegramCall, *, priority: Priority, patience_s: float, formatted: bool = True
    ) -> Attempt:
        """Wait for the turn and make the call once."""
        if self._pace is None or chat_id == NO_CHAT:
            return await self._try(made, chat_id, formatted=formatted)
        try:
            async with self._pace.turn(chat_id, priority=priority, patience_s=patience_s) as turn:
                return _noted(turn, await self._try(made, chat_id, formatted=formatted))
        except TooLongError as error:
            failure = Failure(SendOutcome.NOT_SENT, pause_s=error.wait_s, reason="paused")
            return Attempt(failure=failure, pauses_all=error.concerns_all)

    async def _deliver(self, chat_id: ChatId, made: TelegramCall) -> SendResult:
        delivery, _ = await self._deliver_for_result(chat_id, made)
        return delivery

    async def _deliver_for_result(self, chat_id: ChatId, made: TelegramCall) -> tuple[SendResult, object]:
        """Make the call until it is done, refused, in doubt, or the deadline is over; also what Telegram gave back."""
        ends_at = self._clock() + self._deadline_s
        attempt, formatted = 0, True
        while True:
            patience_s = max(ends_at - self._clock(), 0.0)
            tried = await self._attempt(
                chat_id, made, priority=Priority.REPLY, patience_s=patience_s, formatted=formatted
            )
            failure = tried.failure
            if failure is None:
                replied()
                return SendResult.SENT, tried.result
            if failure.outcome is SendOutcome.UNPARSEABLE and formatted:
                log.error("formatting_refused", chat_id=chat_id)
                formatted = False
            elif failure.outcome is SendOutcome.MIGRATED and failure.new_chat_id != chat_id:
                log.info("chat_migrated", chat_id=chat_id, new_chat_id=failure.new_chat_id)
                chat_id = ChatId(failure.new_chat_id)
            elif failure.outcome is SendOutcome.NOT_SENT:
                await self._wait(failure, attempt, ends_at)
                attempt += 1
            else:
                return _outcome(failure, chat_id), None

    async def _wait(self, failure: Failure, attempt: int, ends_at: float) -> None:
        pause_s = failure.pause_s or _RETRYING.pause_s(attempt)
        if self._clock() + pause_s > ends_at:
            raise UnreachableError(
                f"Telegram took no message for {self._deadline_s:.0f} s; it is tried again later", pause_s=pause_s
            )
        await self._pause(pause_s)

    async def _try(self, made: TelegramCall, chat_id: ChatId, *, formatted: bool = True) -> Attempt:
        """Make the call once, with the observer looking on."""
        with self._observer.work(Work.CALL, method=made.method) as notes:
            attempt = await self._tried(made, chat_id, formatted=formatted)
            failure = attempt.failure
            self._unanswered = self._unanswered + 1 if failure and failure.reason in UNANSWERED else 0
            is_flood = failure is not None and failure.is_flood
            notes.note(result=CALL_RESULTS[0] if is_flood else failure.outcome if failure else SendOutcome.SENT)
        return attempt

    async def _tried(self, made: TelegramCall, chat_id: ChatId, *, formatted: bool) -> Attempt:
        try:
            result = await self._make(made, chat_id, formatted=formatted)
        except (telegram_error.TelegramError, KeyError) as error:  # KeyError: a 200 with ok false
            failure = judge(error)
            if failure.outcome in (SendOutcome.DOUBT, SendOutcome.REFUSED):
                log.warning("call_failed", chat_id=chat_id, verdict=failure.outcome.name, reason=_reason(error))
            return Attempt(failure=failure)
        if made.returns_message and message_id_of(result) is None:
            log.error("answer_without_message", chat_id=chat_id)
            return Attempt(failure=Failure(SendOutcome.DOUBT, reason="answer_without_message"))
        return Attempt(result)

    async def _make(self, made: TelegramCall, chat_id: ChatId, *, formatted: bool = True) -> object:
        url = f"{self._bot.base_url}/{made.method}"
        return await post(self._bot.request, url, made.request(chat_id, formatted=formatted))


def _noted(turn: PaceSlot, attempt: Attempt) -> Attempt:
    """Tell the pace what became of its turn. After a lost answer it is told nothing: the call may count yet."""
    failure = attempt.failure
    if failure is not None and failure.is_flood:
        return replace(attempt, pauses_all=turn.refused(failure.pause_s))
    if failure is not None and failure.outcome is SendOutcome.NOT_SENT:
        turn.not_sent()
    elif failure is None or failure.reason not in ANSWER_LOST:
        turn.answered()
    return attempt


def _outcome(failure: Failure, chat_id: ChatId) -> SendResult:
    if failure.outcome is SendOutcome.NOTHING_GOES:
        raise TokenRefusedError("Telegram refuses the bot's token: set SCODA_TELEGRAM_TOKEN to a valid one")
    if failure.outcome is SendOutcome.GONE:
        log.info("chat_gone", chat_id=chat_id)
    return {
        SendOutcome.SENT: SendResult.SENT,
        SendOutcome.GONE: SendResult.GONE,
        SendOutcome.DOUBT: SendResult.IN_DOUBT,
    }.get(failure.outcome, SendResult.REFUSED)


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, telegram_error.TelegramError) else type(error).__name__
