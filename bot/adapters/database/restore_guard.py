"""Tells a database that was restored from a backup from one that simply went on.

The database keeps a random name and a counter. A small file beside it, which no backup of the database holds, keeps
the same. A database whose counter is behind the file's is older than what this installation has seen; one without its
file was brought here from elsewhere; one with another name is another database. A copy of the whole folder is known by
the file's number on the disk, which the file names itself and which a copy does not have. What `scoda restore` has put
in place says so itself, by the mark of `restored_rows`.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import func, select

from bot.adapters.database.connection import Database
from bot.adapters.database.marks import read_marks, write_marks
from bot.adapters.database.restored_rows import FREE, HELD, UNTIL_SAID, hold
from bot.adapters.database.tables import announcements
from bot.operations.durable import sync_to_disk

_log = structlog.get_logger(__name__)

FILE_NAME = "high_water"
_NAME = "installation"
_COUNTER = "high_water"


@dataclass(frozen=True, slots=True)
class _Mark:
    name: int
    counter: int


class FileRestoreGuard:
    """Implements `bot.announcements.ports.RestoreGuard` for the process that holds the database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._file = folder / FILE_NAME
        self._is_restored: bool | None = None

    async def was_restored(self) -> bool:
        """See the port. While the process lives its database can't be replaced: once it is free it stays so."""
        if self._is_restored is not False:
            self._is_restored = await self._look()
        return self._is_restored

    async def needs_word(self) -> bool:
        """See the port."""
        return await read_marks(self._database, HELD) == (UNTIL_SAID,)

    async def hold(self, *, now: datetime) -> None:
        """At the start, where the database was put in place by hand: nothing of it goes out unasked."""
        if await self.was_restored() and await read_marks(self._database, HELD) in {None, (FREE,)}:
            async with self._database.apart() as connection:
                found = await hold(connection, needs_word=False, now=now)
            _log.warning("restored_rows_held", **found)

    async def mark(self) -> None:
        """See the port. The database comes first: cut short, it is ahead of the file, never behind."""
        async with self._database.transaction():
            known = await self._in_database()
            mark = _Mark(secrets.randbits(62), 1) if known is None else replace(known, counter=known.counter + 1)
            await self._store(mark)
        await asyncio.to_thread(_write, self._file, mark)

    async def join(self) -> None:
        """See the port."""
        inside = await self._in_database()
        is_held = await read_marks(self._database, HELD) not in {None, (FREE,)}
        if inside is not None and not is_held and await asyncio.to_thread(_read, self._file) is None:
            await asyncio.to_thread(_write, self._file, inside)

    async def accept(self) -> None:
        """See the port."""
        outside = await asyncio.to_thread(_read, self._file)
        async with self._database.transaction():
            known = await self._in_database() or _Mark(secrets.randbits(62), 0)
            reached = max(known.counter, outside.counter if outside else 0)
            mark = replace(known, counter=reached + 1)
            await self._store(mark)
            await write_marks(self._database, {HELD: FREE})
        await asyncio.to_thread(_write, self._file, mark)
        self._is_restored = False

    async def _look(self) -> bool:
        if await read_marks(self._database, HELD) not in {None, (FREE,)}:
            return True
        outside = await asyncio.to_thread(_read, self._file)
        inside = await self._in_database()
        if inside is None:
            return outside is not None and await self._holds_announcements()
        return outside is None or outside.name != inside.name or outside.counter > inside.counter

    async def _holds_announcements(self) -> bool:
        async with self._database.reading() as connection:
            return bool(await connection.scalar(select(func.count()).select_from(announcements)))

    async def _in_database(self) -> _Mark | None:
        found = await read_marks(self._database, _NAME, _COUNTER)
        return None if found is None else _Mark(*found)

    async def _store(self, mark: _Mark) -> None:
        await write_marks(self._database, {_NAME: mark.name, _COUNTER: mark.counter})


async def call_restored(database: Database) -> None:
    """Let the database count as restored from now on, wherever it lies: all that was going on waits for a word."""
    known = await read_marks(database, _COUNTER)
    await write_marks(database, {_NAME: secrets.randbits(62), _COUNTER: known[0] if known else 0})


def _read(file: Path) -> _Mark | None:
    """What the file says; None when it is missing, damaged or a copy."""
    try:
        number = file.stat().st_ino
        name, counter, own_number = map(int, file.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return None
    return _Mark(name, counter) if own_number == number else None


def _write(file: Path, mark: _Mark) -> None:
    """Put the mark in place of the old one, durably: after a power cut either stands there whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    with fresh.open("w", encoding="ascii") as writing:
        number = os.fstat(writing.fileno()).st_ino
        writing.write(f"{mark.name} {mark.counter} {number}\n")
        writing.flush()
        os.fsync(writing.fileno())
    fresh.replace(file)
    sync_to_disk(file.parent)
