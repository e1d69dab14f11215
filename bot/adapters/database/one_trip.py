"""SQLite statements in one trip to the connection's thread: aiosqlite makes four of one, each dearer than a row.

A statement is executed, its rows are fetched and its cursor is closed there. Of a statement with many rows, or long
ones, the others are fetched when they are asked for, so that whoever streams a table never holds all of it. Measured on
two reads and a transaction of two writes: 2.7 to 3.6 instead of 3.8 to 4.4 ms of the processor.

A transaction begins in the trip of its first statement, and where none was begun nothing is rolled back.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Self
from weakref import WeakSet

import aiosqlite

_UNUSED_CHUNK = 64
"""Rows that aiosqlite would fetch at once, its own default."""
_FIRST = 1000
"""Rows that come with the first trip at most: more than any statement of a question has. By reasoning."""
_STEP = 8
"""Rows, beyond the first, after which it is looked whether they are long; chosen."""
_LONG = 256 * 1024
"""Characters and bytes with which the first trip ends; by reasoning: a thousand times what a row of a chat has."""


class OneTripConnection(aiosqlite.Connection):
    """aiosqlite's connection with such cursors, as SQLAlchemy asks for it (`async_creator_fn`)."""

    def __init__(self, database: str, *, check_same_thread: bool = True, uri: bool = False) -> None:
        super().__init__(lambda: sqlite3.connect(database, check_same_thread=check_same_thread, uri=uri), _UNUSED_CHUNK)
        self._thread.daemon = True  # as SQLAlchemy has it: a process that ends waits for none
        self._beginning: Sequence[str] = ()
        self._is_settled = True
        """Whether every call has come back; one that nobody waited for may still begin a transaction."""
        self._stopping: asyncio.Future[object] | None = None

    def stop(self) -> asyncio.Future[object] | None:
        """Let its thread end after what it has to do; the second time, for a task cancelled twice, it ends already."""
        if self._running:
            self._stopping = super().stop()
            _ending.add(self)
        return self._stopping

    async def ended(self) -> None:
        """Wait for the thread of a connection that was stopped."""
        await asyncio.to_thread(self._thread.join)

    def cursor(self) -> OneTripCursor:  # type: ignore[override]  # what SQLAlchemy needs of one
        """For one statement."""
        return OneTripCursor(self)

    async def in_thread(self, function: Callable[..., object], *arguments: object) -> None:
        """Call it in the connection's thread."""
        was_settled, self._is_settled = self._is_settled, False
        try:
            await self._execute(function, *arguments)  # type: ignore[no-untyped-call]
        except Exception:
            self._is_settled = was_settled
            raise
        self._is_settled = was_settled

    def begin_with(self, statements: Sequence[str]) -> None:
        """Have the next statement preceded by these, in its own trip."""
        self._beginning = statements

    async def commit(self) -> None:
        """Commit what was begun, if anything was."""
        await self._end(self._conn.commit)

    async def rollback(self) -> None:
        """Take back what was begun, if anything was."""
        await self._end(self._conn.rollback)

    async def _end(self, how: Callable[[], None]) -> None:
        self._beginning = ()
        if self.in_transaction or not self._is_settled:
            await self.in_thread(how)

    def begun(self) -> sqlite3.Connection:
        """The connection, in its thread, with what the next statement is to be preceded by done."""
        statements, self._beginning = self._beginning, ()
        for statement in statements:
            self._conn.execute(statement)
        return self._conn


_ending: WeakSet[OneTripConnection] = WeakSet()


async def every_end() -> None:
    """Wait until each connection that was stopped has ended: one left by a cancelled task reports to its loop."""
    for connection in list(_ending):
        await connection.ended()


class OneTripCursor:
    """A cursor that is closed when its rows are fetched; those wait here."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: list[tuple[object, ...]] = []
        self._open: sqlite3.Cursor | None = None
        self.description: Sequence[Sequence[object]] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[object] = ()) -> Self:
        """Execute it and fetch what it gives."""
        await self._connection.in_thread(self._executed, statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[object]]) -> Self:
        """Execute it for each."""
        await self._connection.in_thread(self._executed_many, statement, parameters)
        return self

    async def fetchall(self) -> Sequence[object]:
        """All rows that are left."""
        if self._open is not None:
            await self._connection.in_thread(self._fetch, None)
        rows, self._rows = self._rows, []
        return rows

    async def fetchmany(self, size: int | None = None) -> Sequence[object]:
        """The next rows, at most `size`."""
        wanted = self.arraysize if size is None else size
        if self._open is not None and len(self._rows) < wanted:
            await self._connection.in_thread(self._fetch, wanted - len(self._rows))
        rows, self._rows = self._rows[:wanted], self._rows[wanted:]
        return rows

    async def close(self) -> None:
        """Rows that nobody fetched go."""
        self._rows = []
        if self._open is not None:
            await self._connection.in_thread(self._closed)

    def _executed(self, statement: str, parameters: Sequence[object]) -> None:
        cursor = self._connection.begun().execute(statement, parameters)
        self._take(cursor)

    def _executed_many(self, statement: str, parameters: Sequence[Sequence[object]]) -> None:
        cursor = self._connection.begun().executemany(statement, parameters)
        self._take(cursor)

    def _take(self, cursor: sqlite3.Cursor) -> None:
        self.description, self.lastrowid, self._open = cursor.description, cursor.lastrowid, cursor
        self._rows = []
        if cursor.description:
            self._fetch_first()
        else:
            self._closed()
        self.rowcount = cursor.rowcount

    def _fetch_first(self) -> None:
        length, step = 0, 1
        while self._fetch(step) and len(self._rows) < _FIRST and length < _LONG:
            length += sum(len(value) for row in self._rows[-step:] for value in row if isinstance(value, str | bytes))
            step = _STEP

    def _fetch(self, count: int | None) -> bool:
        """Fetch so many more, or all; a cursor that has given its last row is closed. Returns whether it has not."""
        assert self._open is not None
        rows = self._open.fetchall() if count is None else self._open.fetchmany(count)
        self._rows += rows
        if count is None or len(rows) < count:
            self._closed()
        return self._open is not None

    def _closed(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
