"""Makes a database anew from the rows of another one, whatever engine that had, and has it send nothing by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database import forgetting, restored_rows, schema
from bot.adapters.database.connection import Database
from bot.adapters.database.table_rows import Columns, RowsPiece, count_rows, set_counters, write_rows
from bot.adapters.database.tables import marks
from bot.adapters.database.tombstones import Tombstones
from bot.adapters.database.visitor_store import CARRIED_OUT
from bot.errors import BackupError


@dataclass(frozen=True, slots=True)
class SavedState:
    """A whole state at one moment; `pieces` are read once, each only when its turn has come, in a thread."""

    schema: str
    columns: Mapping[str, Columns]
    rows: Mapping[str, int]
    counters: Mapping[str, tuple[str, int]]
    pieces: Iterator[RowsPiece]
    """Parents before their children."""


async def rebuild(
    database: Database, saved: SavedState, tombstones: Tombstones, *, drops: bool, now: datetime
) -> tuple[int, Mapping[str, int]]:
    """Put all rows into it, at this program's schema, in one transaction; rows that are there go only if it `drops`.

    Returns how many people were forgotten since and are again, and what would have been sent, by kind.

    Raises:
        BackupError: the rows are not as they must be.
        DatabaseError: there are rows that may not go, or it failed.
    """
    async with database.rebuilding() as connection:
        await connection.run_sync(schema.require_empty, database.name, drops=drops)
        await connection.run_sync(schema.upgrade, saved.schema)
        await _write(connection, saved)
        await connection.run_sync(schema.upgrade)
        await connection.run_sync(set_counters, saved.counters)
        if connection.dialect.name == "sqlite" and (await connection.execute(text("PRAGMA foreign_key_check"))).first():
            raise BackupError("rows refer to others that are missing: take another backup")
        held = await restored_rows.hold(connection, needs_word=True, now=now)
        return await _forget_again(connection, tombstones, now), held


async def _write(connection: AsyncConnection, saved: SavedState) -> None:
    while (piece := await asyncio.to_thread(next, saved.pieces, None)) is not None:
        try:
            await write_rows(connection, piece.table, saved.columns[piece.table], piece.lines)
        except ValueError as error:
            raise BackupError(f"rows of {piece.table} can't be read: {error}; take another backup") from error
    if await count_rows(connection, saved.rows) != saved.rows:
        raise BackupError("the database holds other numbers of rows than the archive: restore again")


async def _forget_again(connection: AsyncConnection, tombstones: Tombstones, now: datetime) -> int:
    """Whoever asked for it since the backup; roles are laid down by the next start, which looks at them all again."""
    await connection.execute(update(marks).where(marks.c.name == CARRIED_OUT).values(value=0))
    if not await tombstones.last_number():
        return 0
    returned = await forgetting.people_returned(connection, tombstones)
    for visitor_id in returned:
        await forgetting.forget(connection, visitor_id, now=now)
    return len(returned)
