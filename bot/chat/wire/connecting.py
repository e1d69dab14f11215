"""The first calls to Telegram: a network that is down is waited for, a refusal is not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import structlog
from telegram import error as telegram_error

from bot.announcements.model import SendOutcome
from bot.backoff import Backoff
from bot.chat.wire.failures import judge
from bot.errors import TelegramError

log = structlog.get_logger(__name__)

RECONNECTING = Backoff(first_s=0.5, longest_s=30.0)
"""Pauses while Telegram is away: the bot is back half a minute after it at the latest. Chosen, not measured."""
TOKEN_REFUSED = "Telegram refuses the bot's token: set SCODA_TELEGRAM_TOKEN to the one @BotFather gave"  # noqa: S105 - a message


async def until_reached(call: Callable[[], Awaitable[object]]) -> None:
    """Repeat `call` until Telegram answers.

    Raises:
        TelegramError: Telegram refuses it.
    """
    for failures in count():
        try:
            await call()
        except (telegram_error.TelegramError, KeyError) as error:
            failure = judge(error)
            if failure.outcome not in (SendOutcome.NOT_SENT, SendOutcome.DOUBT):
                raise _refused(error) from error
            pause_s = failure.pause_s or RECONNECTING.pause_s(failures)
            log.warning("telegram_unreachable", error=type(error).__name__, pause_s=pause_s)
        else:
            return
        await asyncio.sleep(pause_s)


def _refused(error: Exception) -> TelegramError:
    if judge(error).outcome is SendOutcome.NOTHING_GOES:
        return TelegramError(TOKEN_REFUSED)
    return TelegramError(f"Telegram refuses the connection: {error}; check the [telegram] settings")
