"""A state with rows in every table that there is, made of odd values: what is copied or migrated is to keep them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, String, Table, Time, select

from bot.adapters.database.columns import AnyText, UtcDateTime
from bot.adapters.database.connection import Database
from bot.adapters.database.moves import MOVING_MARKS
from bot.adapters.database.tables import marks, whole_schema

NOW = datetime(2026, 11, 3, 9, 30, 0, 123456, tzinfo=UTC)
_TEXTS = (
    "",
    "Ünïcode 园区 парк 🚂",
    "NUL \0, its escape \x1a0000 and half a pair \ud800",
    '{"json": [1, null, true]}',
    "'; --",
)


async def fill(database: Database, rows: int = 5) -> None:
    """Add this many rows to every table, whatever columns it has; every second one leaves out what may be empty."""
    async with database.writing() as connection:
        for table in whole_schema().sorted_tables:
            await connection.execute(table.insert(), [_row(table, number) for number in range(1, rows + 1)])


async def content_of(database: Database) -> dict[str, set[tuple[object, ...]]]:
    """Every row of every table but the marks of a move."""
    found: dict[str, set[tuple[object, ...]]] = {}
    async with database.reading() as connection:
        for table in whole_schema().sorted_tables:
            found[table.name] = {tuple(row) for row in await connection.execute(select(table))}
    found[marks.name] = {row for row in found[marks.name] if row[0] not in MOVING_MARKS}
    return found


def _row(table: Table, number: int) -> Mapping[str, Any]:
    is_sparse = number % 2 == 0
    columns = (column for column in table.columns if column is not table.autoincrement_column)  # the database counts
    return {column.name: None if is_sparse and column.nullable else _value(column, number) for column in columns}


def _value(column: Column[Any], number: int) -> object:
    for key in column.foreign_keys:
        return _value(key.column, number)
    is_key = bool(column.primary_key or column.unique)
    for kind, make in _VALUES.items():
        if isinstance(column.type, kind):
            return make(number, is_key)
    raise TypeError(f"{column}: say here what a value of this type is")


_VALUES: Mapping[type, Callable[[int, bool], object]] = {
    AnyText: lambda number, is_key: f"{number} " * is_key + _TEXTS[number % len(_TEXTS)],
    UtcDateTime: lambda number, _is_key: NOW + timedelta(days=number, microseconds=number),
    Time: lambda number, _is_key: time(23, 59, number),
    Boolean: lambda number, _is_key: number % 3 == 0,
    LargeBinary: lambda number, _is_key: bytes(range(256)) * number,
    Float: lambda number, _is_key: number / 7,
    String: lambda number, _is_key: f"{number}é",
    BigInteger: lambda number, is_key: number if is_key else 7_000_000_000 + number,
    Integer: lambda number, _is_key: number,
}
"""The first that fits: a big integer is an integer, too."""
