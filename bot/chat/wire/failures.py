"""What an error of a call to Telegram proves: was the request carried out, and may it be sent again?

`judge` is the table; the classes come from what python-telegram-bot 22.8 was seen to raise over this bot's own
transport (`bot.chat.wire.transport`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.announcements.model import SendOutcome
from bot.chat.wire.transport import LostAnswerError, NotSentError

ANSWER_LOST = ("no_answer", "connection_lost")
"""Reasons of a doubt in which the request may still be on its way."""
_NOT_CONNECTED = "not_connected"
UNANSWERED = (_NOT_CONNECTED, *ANSWER_LOST)
"""Reasons of a call from which nothing came back at all."""
_DEFAULT_PAUSE_S = 1.0
"""Seconds to wait after a 429 that names no pause: Telegram counts messages by the second."""
_GONE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated", "group chat was deleted")
_REASONS_GONE = {
    "blocked by the user": "blocked",
    "user is deactivated": "deactivated",
    "kicked": "kicked",
    "not a member": "not_a_member",
    "initiate conversation": "never_started",
    "group chat was deleted": "chat_deleted",
}
_REASONS_REFUSED = {
    "message is too long": "too_long",
    "caption is too long": "too_long",
    "not found": "message_not_found",
    "can't be deleted for everyone": "too_old",
    "can't be edited": "not_editable",
    "no text in the message to edit": "not_editable",
    "no caption in the message to edit": "not_editable",
    "not enough rights": "no_rights",
    "need administrator rights": "no_rights",
    "file identifier": "file_refused",
    "file must be": "file_refused",
    "too big": "file_refused",
    "button_": "button_refused",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What a failed call proves, with the pause that Telegram asked for or the new chat id.

    An edit that changes nothing is `SENT`: it is as good as done. `reason` is a short constant for reports.
    `is_flood` tells a 429 from other proofs that nothing was sent.
    """

    outcome: SendOutcome
    pause_s: float = 0.0
    new_chat_id: int = 0
    reason: str = ""
    is_flood: bool = False


def judge(error: Exception) -> Failure:  # noqa: C901, PLR0911 - one line for each row of the table
    """What `error`, raised by a call to Telegram, proves."""
    if isinstance(error, RetryAfter):
        return Failure(SendOutcome.NOT_SENT, pause_s=_seconds(error), reason="too_many_requests", is_flood=True)
    if isinstance(error, ChatMigrated):
        return Failure(SendOutcome.MIGRATED, new_chat_id=error.new_chat_id, reason="migrated")
    if isinstance(error, InvalidToken):
        return Failure(SendOutcome.NOTHING_GOES, reason="token_refused")
    if isinstance(error, Forbidden | BadRequest) and error.__cause__ is not None:  # a page of a proxy, not Telegram
        return Failure(SendOutcome.DOUBT, reason="answer_unreadable")
    if isinstance(error, Forbidden):
        return Failure(SendOutcome.GONE, reason=_named(error, _REASONS_GONE, "forbidden"))
    if isinstance(error, BadRequest):
        return _judge_bad_request(error)
    if isinstance(error, Conflict):
        return Failure(SendOutcome.REFUSED, reason="conflict")
    if isinstance(error, TelegramError) and isinstance(error.__cause__, NotSentError):
        return Failure(SendOutcome.NOT_SENT, reason=_NOT_CONNECTED)
    if isinstance(error, TelegramError) and "too many requests" in error.message.lower():
        return Failure(SendOutcome.NOT_SENT, pause_s=_DEFAULT_PAUSE_S, reason="too_many_requests", is_flood=True)
    return Failure(SendOutcome.DOUBT, reason=_doubt(error))


def _judge_bad_request(error: BadRequest) -> Failure:
    message = error.message.lower()
    if any(part in message for part in _GONE):
        return Failure(SendOutcome.GONE, reason=_named(error, _REASONS_GONE, "chat_not_found"))
    if "can't parse entities" in message:
        return Failure(SendOutcome.UNPARSEABLE, reason="cant_parse")
    if "message is not modified" in message:
        return Failure(SendOutcome.SENT, reason="unchanged")
    if "query is too old" in message:
        return Failure(SendOutcome.REFUSED, reason="query_too_old")
    return Failure(SendOutcome.REFUSED, reason=_named(error, _REASONS_REFUSED, "refused"))


def _named(error: TelegramError, reasons: Mapping[str, str], otherwise: str) -> str:
    message = error.message.lower()
    return next((reason for part, reason in reasons.items() if part in message), otherwise)


def _doubt(error: Exception) -> str:
    """Which kind of not knowing it is."""
    if isinstance(error, KeyError):
        return "answer_without_result"
    if isinstance(error, TelegramError) and isinstance(error.__cause__, LostAnswerError):
        return "no_answer" if isinstance(error, TimedOut) else "connection_lost"
    return "server_error" if isinstance(error, NetworkError) else "answer_unreadable"


def _seconds(error: RetryAfter) -> float:
    pause = error.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)
