"""How a database is, whole or not: for whoever looks at a deployment. Nothing is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database import schema
from bot.adapters.database.connection import SURVIVES_POWER_LOSS, Database
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.tables import announcements, subscriptions

_MOST_DAMAGE = 3
"""Places of damage that are named: one is as bad as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseVitals:
    """What a database says of itself."""

    engine: str
    """With its version, as in `SQLite 3.46.1`."""
    revision: str | None
    """Of the schema; None where there are no tables yet."""
    size: int
    """Bytes."""
    unsafe: tuple[str, ...]
    """Settings with which a power cut takes back what was committed."""
    damage: tuple[str, ...]
    """What SQLite's own check finds; a server checks its pages itself."""
    server_now: datetime | None
    """The server's clock; None where this machine's is the only one."""

    @property
    def is_current(self) -> bool:
        """Whether this program can read it."""
        return self.revision == REVISIONS[-1]

    @property
    def is_newer(self) -> bool:
        """Whether a newer program wrote it."""
        return self.revision is not None and self.revision not in REVISIONS


async def vitals_of(database: Database) -> DatabaseVitals:
    """Look at all of it: reads a SQLite file from end to end.

    Raises:
        DatabaseError: it can't be read at all.
    """
    async with database.reading() as connection:
        revision = await connection.run_sync(schema.current_revision)
        if connection.dialect.name == "sqlite":
            return await _sqlite(connection, revision)
        return await _postgresql(connection, revision)


async def zones_in_use(database: Database) -> set[str]:
    """The time zones of subscribers, and of announcements that still fall due."""
    chosen = select(subscriptions.c.zone).where(subscriptions.c.zone != "").distinct()
    due = select(announcements.c.body).where(announcements.c.next_due_at.is_not(None))
    async with database.reading() as connection:
        zones = set((await connection.scalars(chosen)).all())
        return zones | {str(json.loads(body)["schedule"]["zone"]) for body in await connection.scalars(due)}


async def _sqlite(connection: AsyncConnection, revision: str | None) -> DatabaseVitals:
    pages, size = [int(await _said(connection, f"PRAGMA {name}")) for name in ("page_count", "page_size")]
    checked = (await connection.execute(text(f"PRAGMA quick_check({_MOST_DAMAGE})"))).scalars().all()
    return DatabaseVitals(
        engine=f"SQLite {await _said(connection, 'SELECT sqlite_version()')}",
        revision=revision,
        size=pages * size,
        unsafe=(),  # a SQLite file keeps no such setting: this program sets FULL on each connection
        damage=tuple(str(one) for one in checked if one != "ok"),
        server_now=None,
    )


async def _postgresql(connection: AsyncConnection, revision: str | None) -> DatabaseVitals:
    set_to = {
        name: await _said(connection, f"SHOW {name}") for name in ("synchronous_commit", "fsync", "full_page_writes")
    }
    now = await connection.scalar(text("SELECT clock_timestamp()"))
    return DatabaseVitals(
        engine=f"PostgreSQL {(await _said(connection, 'SHOW server_version')).split(' ')[0]}",
        revision=revision,
        size=int(await _said(connection, "SELECT pg_database_size(current_database())")),
        unsafe=tuple(f"{name} = {value}" for name, value in set_to.items() if value not in SURVIVES_POWER_LOSS),
        damage=(),
        server_now=now if isinstance(now, datetime) else None,
    )


async def _said(connection: AsyncConnection, statement: str) -> str:
    return str(await connection.scalar(text(statement)))
