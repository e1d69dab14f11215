"""What organisers did, and how often what was refused was tried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import Integer, Text, cast, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import audit_log
from bot.announcements.model import AuditEntry
from bot.ids import VisitorId


class SqlAuditLog:
    """Implements `bot.announcements.ports.AuditLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, entry: AuditEntry) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(
                audit_log.insert().values(
                    at=entry.at, actor=entry.actor, action=entry.action, subject=entry.subject, detail=entry.detail
                )
            )

    async def count(self, action: str, *, day: date) -> None:
        """See the port."""
        of_the_day = audit_log.c.subject == day.isoformat()
        row = update(audit_log).where(audit_log.c.actor.is_(None), audit_log.c.action == action, of_the_day)
        one_more = cast(cast(audit_log.c.detail, Integer) + 1, Text)
        async with self._database.writing() as connection:
            if not (await connection.execute(row.values(detail=one_more))).rowcount:
                at = datetime.combine(day, time(), UTC)
                first = audit_log.insert().values(at=at, action=action, subject=day.isoformat(), detail="1")
                await connection.execute(first)

    async def entries(self, *, subject: str = "", limit: int = 100) -> Sequence[AuditEntry]:
        """See the port."""
        query = select(audit_log).order_by(audit_log.c.entry.desc()).limit(limit)
        if subject:
            query = query.where(audit_log.c.subject == subject)
        async with self._database.reading() as connection:
            return [
                AuditEntry(
                    at=row["at"],
                    actor=None if row["actor"] is None else VisitorId(row["actor"]),
                    action=row["action"],
                    subject=row["subject"],
                    detail=row["detail"],
                )
                for row in (await connection.execute(query)).mappings()
            ]
