"""Delivery by webhook: each chat strictly in order, many chats in parallel, failures repeated after growing pauses."""

from __future__ import annotations

import asyncio
import http
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from bot.sandbox.limits import MOST_WEBHOOK_CONNECTIONS, SECRET_TOKEN_CHARACTERS, WEBHOOK_CONNECTIONS, WEBHOOK_PORTS
from bot.sandbox.updates import WEBHOOK_SET, PendingUpdate
from bot.sandbox.wire import ApiError, Json, Params, bad_request
from bot.sandbox.world import Bot, Clock

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # the name of the header, not a secret
"""Where the secret stands: https://core.telegram.org/bots/api#setwebhook."""
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
"""What a secret may consist of: the same section."""
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that need no HTTPS and no special port here, unlike at Telegram."""
_REPLY_BYTES = 1024 * 1024
"""Bytes read of a bot's answer, 1 MiB; chosen far above any method call, to bound memory."""

Reply = Callable[[Bot, str, Params], Awaitable[object]]
"""Carries out the method call that a bot gave as its answer to a webhook."""


@dataclass(frozen=True, slots=True)
class WebhookSetting:
    """What setWebhook was told."""

    url: str
    secret_token: str
    max_connections: int


def webhook_setting(params: Params) -> WebhookSetting:
    """Reads and checks the parameters of setWebhook.

    Raises:
        ApiError: 400 for an address or secret that Telegram would refuse; HTTP on this machine is fine here.
    """
    url, secret = params.text("url"), params.text("secret_token")
    if len(secret) > SECRET_TOKEN_CHARACTERS:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise bad_request("bad webhook: Wrong HTTP URL") from error
    if parts.hostname not in _THIS_MACHINE:
        if parts.scheme != "https":
            raise bad_request(
                "bad webhook: An HTTPS URL must be provided for webhook "
                "(the sandbox also takes http://127.0.0.1 on any port)"
            )
        if port is not None and port not in WEBHOOK_PORTS:
            raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    elif parts.scheme not in {"http", "https"}:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    connections = min(max(params.integer("max_connections", WEBHOOK_CONNECTIONS), 1), MOST_WEBHOOK_CONNECTIONS)
    return WebhookSetting(url, secret, connections)


class Webhooks:
    """The webhooks of all bots."""

    def __init__(self, clock: Clock, retry_s: tuple[float, ...], timeout_s: float) -> None:
        self._clock = clock
        self._retry_s = retry_s
        self._timeout_s = timeout_s
        self._senders: dict[int, _Sender] = {}
        self._session: aiohttp.ClientSession | None = None
        self.on_reply: Reply | None = None

    def url_of(self, bot: Bot) -> str:
        """The bot's address, or an empty string while it polls."""
        sender = self._senders.get(bot.id)
        return sender.setting.url if sender else ""

    def info(self, bot: Bot) -> Json:
        """Address, connections and the last failure, as getWebhookInfo shows them."""
        sender = self._senders.get(bot.id)
        if sender is None:
            return {"url": ""}
        info: Json = {"url": sender.setting.url, "max_connections": sender.setting.max_connections}
        if sender.last_error_message:
            info["last_error_date"] = sender.last_error_date
            info["last_error_message"] = sender.last_error_message
        return info

    async def set(self, bot: Bot, setting: WebhookSetting) -> bool:
        """Delivers to this address from now on; False if it already did."""
        before = self._senders.get(bot.id)
        if before is not None and before.setting == setting:
            return False
        await self.remove(bot)
        bot.updates.end_poll(WEBHOOK_SET)
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._timeout_s)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=timeout, auto_decompress=False
            )
        self._senders[bot.id] = _Sender(bot, setting, self, self._session)
        return True

    async def remove(self, bot: Bot) -> bool:
        """Ends delivery and tells whether there was any. What waits stays for getUpdates."""
        sender = self._senders.pop(bot.id, None)
        if sender is None:
            return False
        await sender.stop()
        return True

    async def close(self) -> None:
        """Ends all deliveries."""
        for sender in self._senders.values():
            await sender.stop()
        self._senders.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def retry_after_s(self, failures: int) -> float:
        """Seconds to pause after this many failures of one chat's update."""
        return self._retry_s[min(failures, len(self._retry_s)) - 1]

    def now(self) -> int:
        """The time as Telegram writes it."""
        return int(self._clock())


class _Sender:
    """Delivers one bot's queue. A lane is a chat: it is in `_ready`, in flight, or pausing after a failure."""

    def __init__(self, bot: Bot, setting: WebhookSetting, owner: Webhooks, session: aiohttp.ClientSession) -> None:
        self.setting = setting
        self.last_error_date = 0
        self.last_error_message = ""
        self._bot = bot
        self._owner = owner
        self._session = session
        self._lanes: dict[int, deque[tuple[int, PendingUpdate]]] = {}
        self._failures: dict[int, int] = {}
        self._ready: deque[int] = deque()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._pauses: set[asyncio.TimerHandle] = set()
        self._headers = {"Content-Type": "application/json"}
        if setting.secret_token:
            self._headers[SECRET_HEADER] = setting.secret_token
        for place, waiting in bot.updates.held():
            self._arrived(place, waiting)
        bot.updates.on_arrival = self._arrived

    async def stop(self) -> None:
        self._bot.updates.on_arrival = None
        for pause in self._pauses:
            pause.cancel()
        others = self._in_flight - {asyncio.current_task()}  # a webhook's answer may itself be deleteWebhook
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _arrived(self, place: int, waiting: PendingUpdate) -> None:
        lane = self._lanes.get(waiting.lane)
        if lane is None:
            lane = self._lanes[waiting.lane] = deque()
            self._ready.append(waiting.lane)
        lane.append((place, waiting))
        self._fill_connections()

    def _fill_connections(self) -> None:
        while self._ready and len(self._in_flight) < self.setting.max_connections:
            task = asyncio.get_running_loop().create_task(self._deliver(self._ready.popleft()))
            self._in_flight.add(task)
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        if self._bot.updates.on_arrival == self._arrived:
            self._fill_connections()

    async def _deliver(self, lane_id: int) -> None:
        """Delivers the first update of a lane; afterwards the lane is ready again, pauses, or is gone."""
        lane = self._lanes[lane_id]
        place, waiting = lane[0]
        failure = await self._post(waiting) if self._bot.updates.has(place) else ""
        if failure:
            self.last_error_date, self.last_error_message = self._owner.now(), failure
            failures = self._failures[lane_id] = self._failures.get(lane_id, 0) + 1
            self._pause(lane_id, self._owner.retry_after_s(failures))
            return
        self._failures.pop(lane_id, None)
        self._bot.updates.done(place)
        lane.popleft()
        if lane:
            self._ready.append(lane_id)
        else:
            del self._lanes[lane_id]

    def _pause(self, lane_id: int, pause_s: float) -> None:
        def over() -> None:
            self._pauses.discard(timer)
            self._ready.append(lane_id)
            self._fill_connections()

        timer = asyncio.get_running_loop().call_later(pause_s, over)
        self._pauses.add(timer)

    async def _post(self, waiting: PendingUpdate) -> str:
        """Posts one update; returns what went wrong, in Telegram's words, or an empty string."""
        body = json.dumps(waiting.update).encode()
        try:
            async with self._session.post(
                self.setting.url, data=body, headers=self._headers, allow_redirects=False
            ) as response:
                if not 200 <= response.status < 300:
                    return f"Wrong response from the webhook: {response.status} {_phrase(response.status)}"
                reply = await response.content.read(_REPLY_BYTES)
        except TimeoutError:
            return "Read timeout expired"
        except aiohttp.ClientConnectorError:
            return "Connection refused"
        except aiohttp.ClientError as error:
            return f"Connection failed: {type(error).__name__}"
        await self._carry_out(reply)
        return ""

    async def _carry_out(self, reply: bytes) -> None:
        """A bot may answer with a method call; its result is lost, as in Telegram."""
        try:
            call = json.loads(reply)
        except (ValueError, RecursionError):
            return
        if not isinstance(call, dict) or not isinstance(call.get("method"), str) or self._owner.on_reply is None:
            return
        method = call.pop("method")
        try:
            await self._owner.on_reply(self._bot, method, Params(call))
        except ApiError as error:
            self.last_error_date, self.last_error_message = self._owner.now(), error.description


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
