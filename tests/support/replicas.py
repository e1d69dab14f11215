"""Several bots on one PostgreSQL database behind a proxy, as they run where one machine is not enough."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.support.postgresql import fresh_database
from tests.support.processes import BotProcess, Place, free_port
from tests.support.visitors import Town, until

SECRET = "the-secret-of-these-webhooks"
_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_PATH = "/hook"
_NO_ANSWER = 502


@dataclass
class Balancer:
    """A proxy that gives each call to the next replica; one that does not take it is passed over."""

    ports: list[int] = field(default_factory=list)
    turn: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{_PATH}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Balancer]:
        self.port = free_port()
        application = web.Application()
        application.router.add_post(_PATH, self._forward)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as self._client:
            try:
                yield self
            finally:
                await runner.cleanup()

    async def _forward(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {_HEADER: request.headers.get(_HEADER, ""), "Content-Type": "application/json"}
        for _ in range(len(self.ports)):
            self.turn += 1
            port = self.ports[self.turn % len(self.ports)]
            try:
                async with self._client.post(f"http://127.0.0.1:{port}{_PATH}", data=body, headers=headers) as answer:
                    if answer.status < 500:
                        return web.Response(status=answer.status)
            except aiohttp.ClientError:
                continue
        return web.Response(status=_NO_ANSWER)


@dataclass
class Fleet:
    """The replicas, by the order of their start."""

    knowledge: Path
    home: Path
    database_url: str
    town: Town
    balancer: Balancer
    bots: list[BotProcess] = field(default_factory=list)
    ports: dict[int, int] = field(default_factory=dict)

    async def start(self, role: str = "all", *, data: Path | None = None, **settings: object) -> BotProcess:
        """One more, with a data folder of its own or this one; it answers when it has followed the leader."""
        number = len(self.bots)
        home = self.home / f"replica-{number}"
        place = Place(home, self.knowledge, data or home / "data")
        place.home.mkdir()
        port = free_port()
        given = {
            "store_database_url": self.database_url,
            "telegram_mode": "webhook",
            "telegram_webhook_url": self.balancer.url,
            "telegram_webhook_secret": SECRET,
            "telegram_webhook_port": port,
        } | settings
        bot = await BotProcess.begin(place, self.town.base_url, "--role", role, **given)
        self.bots.append(bot)
        if role != "sender":
            self.ports[number] = port
        self._balance()
        return bot

    async def kill(self, bot: BotProcess) -> None:
        """End it as a power cut would; the proxy finds that out by itself."""
        await bot.kill()
        await bot.close()

    def forget_ended(self) -> None:
        """The proxy no more tries those that have ended."""
        self._balance()

    @property
    def living(self) -> list[BotProcess]:
        """Those that have not ended."""
        return [bot for bot in self.bots if bot.process.exitcode is None]

    def _balance(self) -> None:
        """A proxy drops what has not answered for long; here what has ended."""
        living = {number for number, bot in enumerate(self.bots) if bot.process.exitcode is None}
        self.balancer.ports = [port for number, port in self.ports.items() if number in living]

    async def are_ready(self, bots: Sequence[BotProcess] = ()) -> None:
        """Wait until all answer from what was published."""
        for bot in bots or self.living:
            await bot.is_up()
            await until(lambda bot=bot: _is_whole(bot), "a replica that follows")

    def leader(self) -> BotProcess | None:
        """The one that leads now."""
        leading = [bot for bot in self.living if _leads(bot)]
        assert len(leading) <= 1, "two lead at once"
        return leading[0] if leading else None


@asynccontextmanager
async def fleet(server_url: str, knowledge: Path, home: Path, town: Town) -> AsyncIterator[Fleet]:
    """Nobody yet, and all that they need; whoever still runs at the end is killed."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(fresh_database(server_url))
        balancer = await stack.enter_async_context(Balancer().serving())
        some = Fleet(knowledge, home, url, town, balancer)
        try:
            yield some
        finally:
            for bot in some.bots:
                await bot.close()


def _leads(bot: BotProcess) -> bool:
    said = [line["event"] for line in bot.events() if line["event"] in ("leading", "following")]
    return bool(said) and said[-1] == "leading"


async def _is_whole(bot: BotProcess) -> bool:
    health = await bot.get("/readyz")
    return health is not None and health.json()["components"].get("knowledge") == "ok"
