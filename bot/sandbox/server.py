"""The sandbox as a web application, and the server that runs it: in a test, in the bot's process, or alone."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from bot.sandbox.api import BotApi, FileApi, NotFound
from bot.sandbox.control.routes import control_routes
from bot.sandbox.engine import SandboxEngine, SandboxLimits
from bot.sandbox.exchange import with_transport
from bot.sandbox.flood import FloodRules
from bot.sandbox.gate import Gate, as_host, cookie_name
from bot.sandbox.keys import Keys, keys_of
from bot.sandbox.methods import perform
from bot.sandbox.wire import Params
from bot.sandbox.world import Bot, Clock

_HOST = "127.0.0.1"
"""Where it listens unless told otherwise: where only this machine reaches it."""
_PAGE = Path(__file__).parent / "page"
"""The chat page: plain files, served as they are."""
_KEY_PLACE = "{{ control token }}"
"""What stands in the page where it is given its key."""
_STOP_WITHIN_S = 2
"""Seconds that requests have to end when the server stops; chosen, since streams and polls end first."""
_TICK_S = 0.1
"""Seconds between two ticks of the server; uvicorn's own loop has the same."""
_KEEP_ALIVE_S = 75
"""Seconds before an idle connection is closed; chosen longer than the longest poll, and nginx's default."""


def create_sandbox(
    *,
    clock: Clock = time.time,
    flood: bool = False,
    limits: SandboxLimits | None = None,
    keys: Keys | None = None,
    host: str = _HOST,
) -> Starlette:
    """The whole sandbox as one application for `host`; `app.state` holds its `sandbox` and its `keys`."""
    keys = keys or keys_of()
    sandbox = SandboxEngine(clock, rules=FloodRules(enabled=flood), limits=limits or SandboxLimits(), token=keys.bot)

    async def carry_out(bot: Bot, method: str, params: Params) -> object:
        return await perform(sandbox, bot, method, params)

    sandbox.webhooks.on_reply = carry_out

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        sandbox.close()
        await sandbox.webhooks.close()

    routes = [
        Route("/bot{token}/{method}", BotApi(sandbox)),
        Route("/file/bot{token}/{path:path}", FileApi(sandbox)),
        *control_routes(sandbox),
        Route("/", _Page(keys), methods=["GET"]),
        Mount("/page", StaticFiles(directory=_PAGE, check_dir=False)),
        Route("/{path:path}", NotFound()),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(Gate, host=host, keys=keys)])
    app.state.sandbox = sandbox
    app.state.keys = keys
    return app


async def serve_sandbox(
    host: str,
    port: int,
    *,
    keys: Keys,
    ready: Callable[[int], None] | None = None,
    flood: bool = False,
    limits: SandboxLimits | None = None,
) -> None:
    """Serves until it is cancelled; `ready` is told the port once connections are taken (port 0: any free one)."""
    app = create_sandbox(flood=flood, limits=limits, keys=keys, host=host)
    async with SandboxServer(host=host, port=port, app=app) as server:
        if ready is not None:
            ready(server.port)
        await server.stopped()


class SandboxServer:
    """A running sandbox: `async with SandboxServer() as server: server.base_url`.

    It leaves signals alone, so that it may share a process with the bot.

    Raises:
        OSError: on entering, when the port is taken.
    """

    def __init__(self, *, host: str = _HOST, port: int = 0, app: Starlette | None = None) -> None:
        self.app = app or create_sandbox(host=host)
        self.sandbox: SandboxEngine = self.app.state.sandbox
        self.keys: Keys = self.app.state.keys
        self.host = host
        self.port = port

    @property
    def base_url(self) -> str:
        """Where the page is; bots add `/bot<token>/<method>`."""
        return f"http://{as_host(self.host)}:{self.port}"

    async def __aenter__(self) -> Self:
        listener = await _listener(self.host, self.port)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            with_transport(self.app),
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws="none",
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_STOP_WITHIN_S,
        )
        self._server = _Server(config, self.sandbox)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="sandbox")
        started = asyncio.create_task(self._server.has_started.wait())
        await asyncio.wait({self._task, started}, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            started.cancel()
            await self._task
            raise OSError(f"the sandbox could not start on {self.base_url}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        await self._task

    async def stopped(self) -> None:
        """Waits until the server ends by itself."""
        await asyncio.shield(self._task)


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, stopped at once; streams and polls end before it waits for them."""

    def __init__(self, config: uvicorn.Config, sandbox: SandboxEngine) -> None:
        super().__init__(config)
        self._sandbox = sandbox
        self.has_started = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Lets `serve` come to its end."""
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 1) % 864_000
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _TICK_S)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.has_started.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._sandbox.close()
        await super().shutdown(sockets)


async def _listener(host: str, port: int) -> socket.socket:
    """A bound socket that names its protocol, without which asyncio leaves Nagle's 40 ms pause in each answer."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    family, kind, _, _, address = found[0]
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


class _Page:
    """The chat page with the keys that let it in."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request (ASGI)."""
        await (await self._response(scope["server"][1]))(scope, receive, send)

    async def _response(self, port: int) -> Response:
        try:
            text = await asyncio.to_thread((_PAGE / "index.html").read_text, encoding="utf-8")
        except OSError:
            return PlainTextResponse("The sandbox runs; its chat page is not installed.", 404)
        page = HTMLResponse(text.replace(_KEY_PLACE, self._keys.control), headers={"Cache-Control": "no-store"})
        page.set_cookie(cookie_name(port), self._keys.reading, path="/sandbox", httponly=True, samesite="strict")
        return page
