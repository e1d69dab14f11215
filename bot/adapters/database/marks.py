"""Numbers that the database remembers of itself, by name: whose it is, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import marks


async def read_marks(database: Database, *names: str) -> tuple[int, ...] | None:
    """The numbers in the order of their names; None unless all of them are known."""
    query = select(marks.c.name, marks.c.value).where(marks.c.name.in_(names))
    async with database.reading() as connection:
        found = {row.name: int(row.value) for row in await connection.execute(query)}
    return tuple(found[name] for name in names) if len(found) == len(names) else None


async def write_marks(database: Database, values: Mapping[str, int]) -> None:
    """Put each number in place of the one before."""
    async with database.writing() as connection:
        for name, value in values.items():
            row = database.insert(marks).values(name=name, value=value)
            await connection.execute(row.on_conflict_do_update(index_elements=[marks.c.name], set_={"value": value}))


async def delete_marks(database: Database, *names: str) -> None:
    """Forget these numbers; what is not known is none of them."""
    async with database.writing() as connection:
        await connection.execute(delete(marks).where(marks.c.name.in_(names)))
