"""Who the bot is: its @name, asked of Telegram once, without starting the bot."""

from __future__ import annotations

from telegram import Bot
from telegram import error as telegram_error

from bot.announcements.model import SendOutcome
from bot.chat.wire.failures import judge
from bot.chat.wire.transport import AiohttpRequest
from bot.errors import TelegramError

_CONNECT_TIMEOUT_S = 5.0
"""Somebody waits at a terminal: five seconds tell that there is no network. Chosen by reasoning."""


async def username_of(token: str, *, base_url: str, timeout_s: float) -> str:
    """The @name of the bot with this token, without the @.

    Raises:
        TelegramError: the server can't be reached or refuses the token.
    """
    transport, unused = (
        AiohttpRequest(base_url=base_url, connect_timeout_s=_CONNECT_TIMEOUT_S, read_timeout_s=timeout_s, connections=1)
        for _ in range(2)
    )
    try:
        async with Bot(token, base_url=f"{base_url}/bot", request=transport, get_updates_request=unused) as bot:
            return bot.username
    except (telegram_error.TelegramError, KeyError) as error:
        if judge(error).outcome is SendOutcome.NOTHING_GOES:
            raise TelegramError("Telegram refuses the bot's token: set SCODA_TELEGRAM_TOKEN to a valid one") from error
        raise TelegramError(f"{base_url} can't be asked for the bot's name: name it with --bot") from error
