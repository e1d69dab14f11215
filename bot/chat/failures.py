"""What an error of a call to Telegram proves: was the request carried out, and may it be sent again?

The table is in the design of the delivery; the classes come from what python-telegram-bot 22.8 was seen to raise over
this bot's own transport (`bot.chat.transport`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.chat.transport import NotSentError

_DEFAULT_PAUSE_S = 1.0
_GONE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated", "group chat was deleted")


class Verdict(Enum):
    """What follows from a failed call."""

    NOT_SENT = auto()
    """The request never arrived, or was refused for now: it may be sent again."""
    DOUBT = auto()
    """It may have been carried out: never sent again."""
    GONE = auto()
    """Nobody is there any more."""
    MIGRATED = auto()
    """The group has a new id."""
    UNPARSEABLE = auto()
    """Telegram can't read the formatting: plain text will do."""
    UNCHANGED = auto()
    """An edit that changes nothing, or an answer to a press that is over: as good as done."""
    REFUSED = auto()
    """Telegram will never accept this request."""
    TOKEN = auto()
    """The bot's token is not accepted: nothing can be sent at all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The verdict, with the pause that Telegram asked for or the new chat id."""

    verdict: Verdict
    pause_s: float = 0.0
    new_chat_id: int = 0


def judge(error: Exception) -> Failure:  # noqa: C901, PLR0911 - one line for each row of the table
    """What `error`, raised by a call to Telegram, proves."""
    if isinstance(error, RetryAfter):
        return Failure(Verdict.NOT_SENT, pause_s=_seconds(error))
    if isinstance(error, ChatMigrated):
        return Failure(Verdict.MIGRATED, new_chat_id=error.new_chat_id)
    if isinstance(error, InvalidToken | EndPointNotFound):  # a direct call turns the one into the other
        return Failure(Verdict.TOKEN)
    if isinstance(error, Forbidden):
        return Failure(Verdict.GONE)
    if isinstance(error, BadRequest):
        return Failure(_judge_bad_request(error.message.lower()))
    if isinstance(error, Conflict):
        return Failure(Verdict.REFUSED)
    if isinstance(error, TelegramError) and isinstance(error.__cause__, NotSentError):
        return Failure(Verdict.NOT_SENT)
    if isinstance(error, TelegramError) and "too many requests" in error.message.lower():
        return Failure(Verdict.NOT_SENT, pause_s=_DEFAULT_PAUSE_S)
    return Failure(Verdict.DOUBT)


def _judge_bad_request(message: str) -> Verdict:
    if any(part in message for part in _GONE):
        return Verdict.GONE
    if "can't parse entities" in message:
        return Verdict.UNPARSEABLE
    if "message is not modified" in message or "query is too old" in message:
        return Verdict.UNCHANGED
    return Verdict.REFUSED


def _seconds(error: RetryAfter) -> float:
    pause = error.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)
