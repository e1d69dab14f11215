"""Every row of every table as plain lines, the same for both databases, and rows made of them again.

A line is a JSON array of a row's values in the order of the columns: bytes in base64, moments and times in ISO 8601.
"""

from __future__ import annotations

import asyncio
import base64
import json
import operator
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import reduce
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Table, Time, column, func, insert, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import ColumnClause, TableClause
from sqlalchemy.types import TypeEngine

from bot.adapters.database.columns import AnyText, UtcDateTime
from bot.adapters.database.tables import whole_schema

_PIECE_BYTES = 2**20
"""A piece is no longer, unless one row alone is (chosen: few pieces, and little memory)."""
_ROWS_AT_ONCE = 500
"""Read or written in one go, where they are short (chosen)."""

Columns = tuple[tuple[str, str], ...]
"""Of a table in order: name and kind."""
_Line = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class RowsPiece:
    """Some rows of a table as lines, each ended by a newline."""

    table: str
    lines: bytes
    rows: int


def columns_of(table_: Table) -> Columns:
    """The columns with their kinds, as a reader of the rows must know them."""
    return tuple((one.name, _kind(one)) for one in table_.columns)


def tables_in_order() -> Sequence[Table]:
    """All tables, parents before their children."""
    return whole_schema().sorted_tables


async def rows_of(connection: AsyncConnection, table_: Table) -> AsyncIterator[RowsPiece]:
    """The rows in the order of their key, in pieces; a table without rows has none.

    Memory does not grow with their number: of long rows, such as attachments, one is held, in a piece of its own.
    """
    kinds = [_kind(one) for one in table_.columns]
    at_once = await _rows_at_once(connection, table_)
    query = select(table_).order_by(*table_.primary_key.columns)
    found = await connection.stream(query, execution_options={"yield_per": at_once})
    lines, count = bytearray(), 0
    async for rows in found.partitions():
        more = await asyncio.to_thread(_lines, rows, kinds)
        if count and len(lines) + len(more) > _PIECE_BYTES:
            yield RowsPiece(table_.name, bytes(lines), count)
            lines, count = bytearray(), 0
        lines += more
        count += len(rows)
    if count:
        yield RowsPiece(table_.name, bytes(lines), count)


async def _rows_at_once(connection: AsyncConnection, table_: Table) -> int:
    """So many that they are about a piece, however long each is."""
    lengths = [func.coalesce(func.length(one), 0) for one in table_.columns if _kind(one) in {"bytes", "text"}]
    if not lengths:
        return _ROWS_AT_ONCE
    longest = await connection.scalar(select(func.max(reduce(operator.add, lengths))))
    return max(1, min(_ROWS_AT_ONCE, _PIECE_BYTES // max(longest or 1, 1)))


async def write_rows(connection: AsyncConnection, name: str, columns: Columns, lines: bytes) -> None:
    """Put the rows of a piece into a table, which may be of an older revision: the columns say what it has.

    Raises:
        ValueError: a line is not as the columns say.
    """
    target = _table(name, columns)
    every = lines.splitlines()
    for start in range(0, len(every), _ROWS_AT_ONCE):
        rows = await asyncio.to_thread(_rows, every[start : start + _ROWS_AT_ONCE], columns)
        await connection.execute(insert(target), rows)


async def count_rows(connection: AsyncConnection, names: Iterable[str]) -> dict[str, int]:
    """How many rows these tables have."""
    return {name: await connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


async def counters(connection: AsyncConnection) -> dict[str, tuple[str, int]]:
    """Of each table whose numbers are never given twice: the column, and the last number that was given."""
    found = {}
    for one in tables_in_order():
        key = _counting_column(one)
        if key is not None and (last := await connection.run_sync(_last_number, one.name, key)):
            found[one.name] = (key, last)
    return found


def set_counters(connection: Connection, known: Mapping[str, tuple[str, int]]) -> None:
    """Go on counting after the numbers that are there and those that are known to have been given."""
    for one in tables_in_order():
        if (key := _counting_column(one)) is not None:
            there = connection.scalar(select(func.max(one.columns[key]))) or 0
            last = max(there, known.get(one.name, ("", 0))[1])
            if last:
                _set_counter(connection, one.name, key, last)


def _set_counter(connection: Connection, name: str, key: str, last: int) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), {"name": name, "last": last})
    else:
        own = text("SELECT setval(pg_get_serial_sequence(:name, :key), :last)")
        connection.execute(own, {"name": name, "key": key, "last": last})


def _counting_column(table_: Table) -> str | None:
    if not table_.dialect_options["sqlite"]["autoincrement"]:
        return None
    return next(iter(table_.primary_key.columns)).name


def _last_number(connection: Connection, name: str, key: str) -> int:
    if connection.dialect.name == "sqlite":
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.scalar(query, {"name": name}) or 0
    sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:name, :key)"), {"name": name, "key": key})
    found = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608 - PostgreSQL named it
    return found.last_value if found.is_called else 0


def _kind(one: Column[object]) -> str:
    for kind, type_ in _TYPES.items():
        if isinstance(one.type, type_):
            return kind
    return "plain"


_TYPES: Mapping[str, type[TypeEngine[Any]]] = {
    "bytes": LargeBinary,
    "moment": UtcDateTime,
    "time": Time,
    "text": AnyText,
}
"""What needs care on its way into JSON, or into the database; all else is `plain`."""


def _to_json(kind: str) -> _Line:
    if kind == "bytes":
        return lambda value: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
    if kind in {"moment", "time"}:
        return lambda value: value.isoformat() if isinstance(value, datetime | time) else value
    return lambda value: value


def _from_json(kind: str) -> _Line:
    if kind == "bytes":
        return lambda value: base64.b64decode(str(value), validate=True)
    if kind == "moment":
        return lambda value: datetime.fromisoformat(str(value))
    return (lambda value: time.fromisoformat(str(value))) if kind == "time" else (lambda value: value)


def _lines(rows: Iterable[Sequence[object]], kinds: Sequence[str]) -> bytes:
    turns, lines = [_to_json(kind) for kind in kinds], bytearray()
    for row in rows:
        values = [turn(value) for turn, value in zip(turns, row, strict=True)]
        lines += json.dumps(values, separators=(",", ":")).encode("ascii")
        lines += b"\n"
    return bytes(lines)


def _rows(lines: Iterable[bytes], columns: Columns) -> list[dict[str, object]]:
    turns = [(name, _from_json(kind)) for name, kind in columns]
    found = []
    for line in lines:
        values = json.loads(line)
        if not isinstance(values, list) or len(values) != len(turns):
            raise ValueError("a row has another number of values than its table has columns")
        row = {name: None if value is None else turn(value) for (name, turn), value in zip(turns, values, strict=True)}
        found.append(row)
    return found


def _table(name: str, columns: Columns) -> TableClause:
    made: list[ColumnClause[object]] = [
        column(one, _TYPES[kind]()) if kind in _TYPES else column(one) for one, kind in columns
    ]
    return table(name, *made)
