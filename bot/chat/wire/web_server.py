"""The bot's own web server, on uvicorn: bounded in connections, time and memory, whoever is at the other end.

uvicorn limits the time between two requests of a connection, not the time that a request takes: a connection that
sends half of one would be held for ever, and a few hundred of them are all that a process may open. Nor does it limit
how long headers are.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.errors import SettingsError

EXCHANGE_S = 30.0
"""A request, from its first byte, and the answer to it; for the first one the clock starts with the connection."""
_MOST_CONNECTIONS = 256
"""Telegram opens 100 at most."""
_KEEP_ALIVE_S = 75
"""Longer than a proxy usually keeps a connection, so that it is the proxy who ends it."""
_MOST_BESIDE_BODY = 512 * 1024
"""Bytes of a request that are no body: a hundred times what headers have, and twice what is read at once, in which the
end of one request and the next may come together. By reasoning."""
_CLOSE_S = 0.5
"""Seconds for exchanges to end when the server stops, after the work has had its time. Chosen."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 takes a free one. `variable` sets the port."""

    host: str
    port: int
    variable: str


async def serve(app: ASGIApp, address: Address, *, ready: Callable[[int], object]) -> None:
    """Serve until cancelled; `ready` is told the port once connections are taken.

    Raises:
        SettingsError: the address can't be listened on.
    """
    listener = _listener(address)
    ready(int(listener.getsockname()[1]))
    config = uvicorn.Config(
        app,
        http=_BoundedProtocol,
        ws="none",  # would take a connection out of our hands
        lifespan="off",
        log_config=None,
        log_level="error",  # strangers' broken requests are no news
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        backlog=_places() // 2,  # so many are accepted before any can be turned away
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.wait({serving}, timeout=_CLOSE_S)
        listener.close()


def _listener(address: Address) -> socket.socket:
    try:
        return socket.create_server((address.host, address.port))
    except OSError as error:
        raise SettingsError(
            f"can't listen on {address.host}:{address.port} ({os.strerror(error.errno or 0)}): "
            f"set {address.variable} to a free port"
        ) from error


def _places() -> int:
    """How many connections a server holds: few enough that the rest of the bot has files left to open."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if allowed == resource.RLIM_INFINITY else min(_MOST_CONNECTIONS, allowed // 4)


class _Server(uvicorn.Server):
    """A server that leaves the signals to the app."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _BoundedProtocol(HttpToolsProtocol):
    """Ends an exchange that takes too long or too much; of too many, whoever keeps one waiting longest leaves."""

    _since = 0.0
    _end: asyncio.TimerHandle | None = None
    _beside_body = 0
    _is_asked = False
    """Whether a whole request waits for its answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._begin()
        held = [one for one in self.connections if isinstance(one, _BoundedProtocol) and not one.transport.is_closing()]
        if len(held) > _places():
            min((one for one in held if one.keeps_waiting), key=lambda one: one._since).transport.abort()  # noqa: SLF001 - of this class

    def data_received(self, data: bytes) -> None:
        if self._end is None:
            self._begin()
        super().data_received(data)
        self._beside_body += len(data)
        if self._beside_body > _MOST_BESIDE_BODY:
            self.transport.abort()

    def on_message_begin(self) -> None:
        self._beside_body = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._beside_body -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_asked = not self.cycle.response_complete

    def on_response_complete(self) -> None:
        self._finish()
        super().on_response_complete()
        self._is_asked = not (self.cycle.response_complete or self.cycle.more_body)
        if not self.cycle.response_complete:  # the next request came along with the last one
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish()
        super().connection_lost(exc)

    @property
    def keeps_waiting(self) -> bool:
        """Whether it is the other side's turn: to begin a request, or to send the rest of it."""
        return not self._is_asked

    def _begin(self) -> None:
        self._since = self.loop.time()
        self._end = self.loop.call_later(EXCHANGE_S, self.transport.abort)

    def _finish(self) -> None:
        self._since = self.loop.time()
        if self._end is not None:
            self._end.cancel()
            self._end = None
