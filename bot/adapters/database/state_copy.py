"""Copies a whole state from one database into an empty one, from SQLite to PostgreSQL, back, or between two of a kind.

All rows go over in one transaction of the target: a process that is killed leaves it empty. Before the commit both
sides are read once more and compared, and the source is marked as left (`moves`).
"""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from sqlalchemy import Column, Connection, LargeBinary, Row, Select, Table, func, inspect, select, text
from sqlalchemy import table as named
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database import moves, schema
from bot.adapters.database.columns import AnyText
from bot.adapters.database.connection import Database
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.state_sums import TableSum
from bot.adapters.database.tables import marks, whole_schema
from bot.errors import DatabaseError

_ROWS_AT_ONCE = 500
"""A batch of short rows, some 100 kB. Chosen by reasoning: more saves no time that would be noticed."""
_BYTES_AT_ONCE = 4_000_000
"""A batch of long rows, unless one row alone is longer. Chosen by reasoning: it is held some three times."""


@dataclass(frozen=True, slots=True)
class _Sides:
    """The source, read, and the target, inside the transaction that is written."""

    source: AsyncConnection
    target: AsyncConnection


async def copy_state(source: Database, target: Database) -> Mapping[str, TableSum] | None:
    """Copy all tables and mark the source as left; None when that was done before.

    Both are held by this process. The target may be of any older schema, as long as it holds no row.

    Raises:
        AlreadyRunningError: another process of this program is connected to one of them.
        DatabaseError: the source is of an older schema, the target holds rows, or the two differ after the copy;
            nothing is changed then in the target but its schema.
        ForeignStateError: the source was moved elsewhere.
    """
    await require_current(source)
    for database in (source, target):
        await database.require_alone()
    await _require_migratable(target)
    await target.migrate()
    if await moves.has_arrived(source, target):
        return None
    await moves.require_at_home(source, target)
    async with target.reading() as connection:  # before the mark: a state that is there may not be locked by it
        await connection.run_sync(_require_empty, target.name)
    arrival = await moves.begin_arrival(target)
    try:
        return await _copied(source, target, arrival)
    except Exception:
        await moves.stay(source, target, arrival)
        raise


async def require_current(source: Database) -> None:
    """Make sure that all of the state stands where this program looks for it.

    Raises:
        DatabaseError: it is empty or of an older schema.
    """
    async with source.reading() as connection:
        revision = await connection.run_sync(schema.current_revision)
    if revision != REVISIONS[-1]:
        raise DatabaseError(
            f"{source.name} is {f'at schema {revision}' if revision else 'empty'}, and only a state at this program's "
            f"schema {REVISIONS[-1]} is copied: let --data or store.database_url name it, run `scoda migrate`, and "
            "copy it then"
        )


async def _require_migratable(target: Database) -> None:
    """An older state that is to be refused is not to be migrated before."""
    async with target.reading() as connection:
        if await connection.run_sync(schema.current_revision) != REVISIONS[-1]:
            await connection.run_sync(_require_empty, target.name)


def _require_empty(connection: Connection, name: str) -> None:
    if schema.current_revision(connection) is None:
        return
    for table in sorted(inspect(connection).get_table_names()):
        query = select(text("1")).select_from(named(table)).limit(1)
        if table == marks.name:
            query = select(text("1")).select_from(marks).where(marks.c.name != moves.ARRIVING).limit(1)
        if table != "alembic_version" and connection.scalar(query):
            raise DatabaseError(
                f"{name} holds a state already ({table} has rows), and a copy would mix the two: name an empty "
                "database, or a file that is not there yet"
            )


async def _copied(source: Database, target: Database, arrival: int) -> Mapping[str, TableSum]:
    async with source.reading() as reading, target.apart() as writing:
        sides = _Sides(reading, writing)
        for table in whole_schema().sorted_tables:
            await _copy_rows(table, sides)
            await _copy_sequence(table, sides)
        sums = await _compared(sides)
        await moves.arrive(writing, arrival)
        await moves.leave(source, arrival)
        for database in (source, target):
            await database.require_alone()  # who starts from now on finds the mark
    return sums


async def _copy_rows(table: Table, sides: _Sides) -> None:
    try:
        async for rows in _batches(table, sides.source):
            await sides.target.execute(table.insert(), [dict(row._mapping) for row in rows])  # noqa: SLF001 - public
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]  # the lines below it may show what is stored
        raise DatabaseError(f"the table {table.name} can't be copied: {reason}") from error


async def _compared(sides: _Sides) -> Mapping[str, TableSum]:
    sums = {table.name: await _sum_of(table, sides.source) for table in whole_schema().sorted_tables}
    copies = {table.name: await _sum_of(table, sides.target) for table in whole_schema().sorted_tables}
    differing = [
        f"{name}: {sums[name].rows} rows, sum {sums[name]}, but in the copy {copies[name].rows}, {copies[name]}"
        for name in sums
        if sums[name] != copies[name]
    ]
    if differing:
        raise DatabaseError(
            f"the copy differs from its source, so nothing was kept of it ({'; '.join(differing)}). The source goes "
            "on as it is; let nobody write into either database, and copy it again"
        )
    return sums


async def _sum_of(table: Table, connection: AsyncConnection) -> TableSum:
    result = TableSum()
    async for rows in _batches(table, connection):
        result = result.with_rows(rows)
    return result


async def _batches(table: Table, connection: AsyncConnection) -> AsyncIterator[Sequence[Row[tuple[object, ...]]]]:
    """The rows of a table, few or many at once, by how long they are."""
    at_once = await _rows_at_once(table, connection)
    result = await connection.stream(_all_of(table), execution_options={"yield_per": at_once})
    async for rows in result.partitions():
        yield rows


async def _rows_at_once(table: Table, connection: AsyncConnection) -> int:
    lengths = [func.coalesce(func.length(one), 0) for one in table.columns if _may_be_long(one)]
    if not lengths:
        return _ROWS_AT_ONCE
    longest = await connection.scalar(select(func.max(reduce(operator.add, lengths))))
    return max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE // max(longest or 1, 1)))


def _may_be_long(column: Column[object]) -> bool:
    return isinstance(column.type, AnyText | LargeBinary)


def _all_of(table: Table) -> Select[tuple[object, ...]]:
    query = select(table)
    return query.where(marks.c.name.not_in(moves.MOVING_MARKS)) if table is marks else query


async def _copy_sequence(table: Table, sides: _Sides) -> None:
    """A number that was ever given is not given again, also when its row is gone."""
    column = table.autoincrement_column
    if column is None:
        return
    last = max(await _given(table, column, sides.source), await sides.source.scalar(select(func.max(column))) or 0)
    if last == 0:
        return
    names = {"table": table.name, "column": column.name, "last": last}
    if sides.target.dialect.name == "sqlite":
        await sides.target.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), names)
        await sides.target.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), names)
    else:
        await sides.target.execute(text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"), names)


async def _given(table: Table, column: Column[int], connection: AsyncConnection) -> int:
    """The last number that was given; 0 when none was."""
    query = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
    if connection.dialect.name == "postgresql":
        query = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:table, :column)::regclass)")
    return await connection.scalar(query, {"table": table.name, "column": column.name}) or 0
