"""A state with rows in every table, of every kind of value, made from the tables themselves: no table is forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Table,
    Time,
    func,
    insert,
    select,
)

from bot.adapters.database.announcement_store import BODY
from bot.adapters.database.columns import AnyText
from bot.adapters.database.connection import Database
from bot.adapters.database.table_rows import set_counters
from bot.adapters.database.tables import PERSON_COLUMNS, whole_schema
from bot.announcements.model import Content
from bot.ids import Locale
from tests.support.stored_announcements import approved

BEGUN = datetime(2026, 11, 3, 9, 30, 0, 250_001, tzinfo=UTC)
_CONTENT = Content(source=Locale.EN, texts={Locale.EN: "The forum begins at ten."})
ODD = 'Ω "quoted"\n\x00\x1a\ud83c {row} 中文'
"""What neither database can store as it stands, and what JSON must escape."""


async def fill(database: Database, *, rows: int = 3, first: int = 1) -> None:
    """Put so many rows, numbered from `first`, into each table."""
    async with database.writing() as connection:
        for table in whole_schema().sorted_tables:
            made = [_row(table, number) for number in range(first, first + rows)]
            await connection.execute(insert(table), made)
        await connection.run_sync(set_counters, {})


async def counts(database: Database) -> dict[str, int]:
    """Rows by table."""
    async with database.reading() as connection:
        return {
            table.name: await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in whole_schema().sorted_tables
        }


async def contents(database: Database) -> Mapping[str, list[tuple[object, ...]]]:
    """All rows by table, in the order of the key."""
    async with database.reading() as connection:
        return {
            table.name: [
                tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in whole_schema().sorted_tables
        }


def _row(table: Table, number: int) -> dict[str, object]:
    return {column.name: _value(column, number) for column in table.columns}


def _value(column: Column[object], number: int) -> object:
    for kind, made in (
        (Boolean, bool(number % 2)),
        (BigInteger, 5_000_000_000 + number if column.name in PERSON_COLUMNS else number),
        (Integer, number),
        (Float, number / 3),
        (LargeBinary, bytes([number % 256, 0, 255]) * number),
        (DateTime, BEGUN + timedelta(seconds=number)),
        (Time, time(number % 24, 30)),
    ):
        if isinstance(_plain(column), kind):
            return made
    if isinstance(column.type, AnyText) and not column.foreign_keys and column.name not in {"body", "state"}:
        return ODD.format(row=number)
    return _word(column, number)


def _word(column: Column[object], number: int) -> str:
    """Short enough for each column; what refers to another table's row has the same number there."""
    if column.table.name == "announcements" and column.name == "body":
        return BODY.dump_json(approved(f"w{number}", _CONTENT, due_at=BEGUN)).decode()
    length = getattr(column.type, "length", None)
    return f"w{number}"[-length:] if length else f"w{number}"


def _plain(column: Column[object]) -> object:
    return getattr(column.type, "impl_instance", None) or getattr(column.type, "impl", column.type)
