"""What a Bot API server says of a bot, of its webhook and of the time, without starting the bot."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp

from bot.errors import TelegramError
from bot.operations.addresses import is_loopback

OFFICIAL_ADDRESS = "https://api.telegram.org"
_HALF_A_SECOND = timedelta(seconds=0.5)
"""The header `Date` has no fractions: on the average so much is cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswer:
    """What one call was answered with."""

    status: int
    """Of HTTP: 401 and 404 mean that the token is none, https://core.telegram.org/bots/api#making-requests."""
    result: Mapping[str, object] = field(default_factory=dict)
    description: str = ""
    ahead_s: float | None = None
    """By how many seconds this machine's clock is ahead of the server's; None where that tells no time."""

    @property
    def refuses_token(self) -> bool:
        """Whether no bot has this token."""
        return self.status in {401, 404}


async def ask_server(
    base_url: str, token: str, method: str, *, timeout_s: float, now: Callable[[], datetime]
) -> ServerAnswer:
    """Call a method without parameters, which changes nothing. The address, which holds the token, is in no message.

    Raises:
        TelegramError: the server can't be reached.
    """
    address = urlsplit(base_url)
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    heeds_proxies = not is_loopback(address.hostname or "")
    began = now()
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=heeds_proxies) as session,
            session.get(f"{base_url}/bot{token}/{method}") as response,
        ):
            ended = now()
            body = await response.read()
            status, date = response.status, response.headers.get("Date", "")
    except (aiohttp.ClientError, OSError) as error:
        reason = "no answer in time" if isinstance(error, TimeoutError) else _reason(error)
        raise TelegramError(
            f"the Bot API server {address.hostname} can't be reached ({reason}): look at the network, the proxy "
            "variables and [telegram] base_url"
        ) from error
    result, description = _read(body)
    return ServerAnswer(
        status=status, result=result, description=description, ahead_s=_ahead_s(date, began + (ended - began) / 2)
    )


def _reason(error: Exception) -> str:
    cause = getattr(error, "os_error", None)
    return str(getattr(cause, "strerror", None) or type(error).__name__)


def _read(body: bytes) -> tuple[Mapping[str, object], str]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}, "the answer is no JSON"
    if not isinstance(answer, dict):
        return {}, "the answer is no JSON object"
    result = answer.get("result")
    return result if isinstance(result, dict) else {}, str(answer.get("description", ""))


def _ahead_s(date: str, at: datetime) -> float | None:
    try:
        said = parsedate_to_datetime(date)
    except ValueError:
        return None
    if said.tzinfo is None:
        said = said.replace(tzinfo=UTC)
    return (at - said - _HALF_A_SECOND).total_seconds()
