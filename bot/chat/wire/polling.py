"""Long polling: an update is confirmed to Telegram only once it is stored and committed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from telegram import error as telegram_error
from telegram.request import BaseRequest

from bot.announcements.model import SendOutcome
from bot.chat.wire.connecting import RECONNECTING, TOKEN_REFUSED
from bot.chat.wire.envelope import ALLOWED_UPDATES, Accept, read_update
from bot.chat.wire.failures import judge
from bot.chat.wire.spell import Spell
from bot.chat.wire.transport import Encoded, post
from bot.errors import TakenOverError, TelegramError

log = structlog.get_logger(__name__)

_BATCH = 100
"""Updates a call: the most that Telegram gives, https://core.telegram.org/bots/api#getupdates."""
_CONFLICTS_AT_START = 6
"""Refused calls at the start before this process gives way: with their pauses as long as the longest poll of an older
process may still last (30 s). By reasoning."""
_CONFLICT_PAUSE_S = 5.0
"""Seconds between two of them."""
_SPELL_ENDS_WITHIN_S = 10.0
"""After somebody else polls: a leader that is cut off knows it within `ServerElection`'s 3.5 s. By reasoning."""
_NOT_STORED_PAUSE_S = 1.0
"""Seconds before the same updates are fetched again; chosen, not measured."""


class Poller:
    """Fetches updates until it is stopped. The first call has no offset: what is known already is not stored twice."""

    def __init__(
        self,
        transport: BaseRequest,
        accept: Accept,
        *,
        bot_url: str,
        timeout_s: int,
        request_timeout_s: float,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._transport = transport
        self._accept = accept
        self._url = f"{bot_url}/getUpdates"
        self._timeout_s = timeout_s
        self._request_timeout_s = request_timeout_s
        self._pause = pause
        self._offset: int | None = None
        self._failures = 0
        self._conflicts = 0
        self._has_polled = False

    @property
    def is_failing(self) -> bool:
        """Whether the last call to Telegram failed."""
        return self._failures > 0

    async def run(self) -> None:
        """Fetch and store for ever; it is stopped by cancelling it, which never loses what was fetched.

        Raises:
            TelegramError: the token is refused, or another process took the updates over.
        """
        while True:
            try:
                updates = await self._fetch()
                await self._store(updates)
            except telegram_error.Conflict as error:
                await self._yield_or_wait(error)
            except (telegram_error.TelegramError, KeyError) as error:
                await self._wait(error)
            else:
                self._succeeded()

    async def _fetch(self) -> list[dict[str, object]]:
        arguments: dict[str, object] = {
            "timeout": self._timeout_s,
            "limit": _BATCH,
            "allowed_updates": list(ALLOWED_UPDATES),
        }
        if self._offset is not None:
            arguments["offset"] = self._offset
        wait_s = self._timeout_s + self._request_timeout_s
        result = await post(self._transport, self._url, Encoded(json.dumps(arguments).encode()), read_timeout_s=wait_s)
        return [update for update in result if isinstance(update, dict)] if isinstance(result, list) else []

    async def _store(self, raws: Sequence[Mapping[str, object]]) -> None:
        """Store, commit, and only then move the offset on."""
        if not raws:
            return
        try:
            updates = [read_update(raw) for raw in raws]
            await self._accept(updates)
        except TelegramError:
            raise
        except Exception as error:  # noqa: BLE001 - a database that is away: Telegram keeps the updates meanwhile
            log.warning("updates_not_stored", count=len(raws), error=type(error).__name__)
            await self._pause(_NOT_STORED_PAUSE_S)
            return
        self._offset = max(update.update_id for update in updates) + 1

    async def _yield_or_wait(self, error: telegram_error.Conflict) -> None:
        """Another process fetches too, or a webhook is set. The later one wins: whoever polled before gives way.

        At the start the end of an older process's long poll is waited for.
        """
        self._conflicts += 1
        if self._has_polled or self._conflicts > _CONFLICTS_AT_START:
            raise TakenOverError(
                f"another process takes this bot's updates ({error.message}); the later one wins, so this one stops. "
                "Run one process for each token, in polling or in webhook mode"
            ) from error
        log.warning("updates_taken_by_another", reason=error.message)
        await self._pause(_CONFLICT_PAUSE_S)

    async def _wait(self, error: Exception) -> None:
        failure = judge(error)
        if failure.outcome is SendOutcome.NOTHING_GOES:
            raise TelegramError(TOKEN_REFUSED) from error
        if not self._failures:
            log.warning("telegram_unreachable", error=type(error).__name__)
        pause_s = failure.pause_s or RECONNECTING.pause_s(self._failures)
        self._failures += 1
        await self._pause(pause_s)

    def _succeeded(self) -> None:
        if self._failures:
            log.info("telegram_reached_again", failures=self._failures)
        self._failures = self._conflicts = 0
        self._has_polled = True


async def poll_during(spell: Spell, poller: Poller) -> None:
    """Poll whenever the spell goes on, until cancelled: of several processes one may.

    Who has taken over may have begun before this one knows that its spell is over.

    Raises:
        TelegramError: as `Poller.run`; taken over for longer than that.
    """
    while True:
        await spell.begun()
        polling, ending = asyncio.create_task(poller.run()), asyncio.create_task(spell.ended())
        try:
            done, _ = await asyncio.wait({polling, ending}, return_when=asyncio.FIRST_COMPLETED)
            if polling in done:
                await _require_successor(polling, ending)
        finally:
            polling.cancel()
            ending.cancel()
            await asyncio.wait({polling, ending})


async def _require_successor(polling: asyncio.Task[None], ending: asyncio.Task[None]) -> None:
    """Raise what ended the polling, unless it was somebody who polls because this spell ends."""
    try:
        polling.result()
    except TakenOverError:
        await asyncio.wait({ending}, timeout=_SPELL_ENDS_WITHIN_S)
        if not ending.done():
            raise
