"""A real Chroma server on loopback, and a way to it that counts what it is asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.adapters.index.chroma import StorePlace, collections_on
from tests.support.processes import free_port

_START_S = 60.0
"""The machine may be busy; 4 s were seen."""
_END_S = 20.0


@dataclass
class ChromaServer:
    """`chroma run` in a folder; it keeps its address when it is started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(exist_ok=True)
        program = str(Path(sys.executable).with_name("chroma"))
        line = [program, "run", "--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        variables = {**os.environ, "ANONYMIZED_TELEMETRY": "False"}
        with self.folder.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(line, stdout=log, stderr=log, cwd=self.folder, env=variables)
        deadline = time.monotonic() + _START_S
        while not self._answers():
            assert self.process.poll() is None, "the Chroma server ended"
            assert time.monotonic() < deadline, "the Chroma server did not start"
            time.sleep(0.05)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it; twice changes nothing."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=_END_S)
        self.process = None

    def collections(self) -> set[str]:
        """The names of what it holds."""
        return set(collections_on(StorePlace("", url=self.url)))

    def names_by_id(self) -> dict[str, str]:
        """The names of its collections by the ids under which they are asked."""
        with urllib.request.urlopen(
            f"{self.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
        ) as answer:
            return {one["id"]: one["name"] for one in json.load(answer)}

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def chroma_server(folder: Path) -> Iterator[ChromaServer]:
    """One that runs."""
    server = ChromaServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.end()


@dataclass
class Counter:
    """A way to a server that notes which collections are asked for what is near."""

    port: int
    asked: list[str] = field(default_factory=list)
    """The ids of the collections, one a question."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def counting(server: ChromaServer) -> AsyncIterator[Counter]:
    """Pass everything on to the server."""
    counter = Counter(free_port())
    async with aiohttp.ClientSession() as client:

        async def forward(request: web.Request) -> web.Response:
            parts = request.path.split("/")
            if parts[-1] == "query":
                counter.asked.append(parts[-2])
            body, headers = await request.read(), {"Content-Type": request.content_type}
            try:
                async with client.request(
                    request.method, server.url + request.path_qs, data=body, headers=headers
                ) as answer:
                    return web.Response(
                        status=answer.status, body=await answer.read(), content_type=answer.content_type
                    )
            except aiohttp.ClientError:
                return web.Response(status=502)

        application = web.Application(client_max_size=1 << 28)
        application.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", counter.port).start()
        try:
            yield counter
        finally:
            await runner.cleanup()
