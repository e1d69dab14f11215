"""Who was told of the end of which fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, false, func, or_, select

from bot.adapters.database.connection import Database
from bot.adapters.database.knowledge_tables import reminders as told
from bot.ids import VisitorId
from bot.reminding.model import Reminder


class SqlReminderStore:
    """Implements `bot.reminding.ports.ReminderStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_told(self, person: VisitorId) -> datetime | None:
        """See the port."""
        query = select(func.max(told.c.told_at, type_=told.c.told_at.type)).where(told.c.visitor_id == person)
        async with self._database.reading() as connection:
            last: datetime | None = await connection.scalar(query)
        return last

    async def note(self, person: VisitorId, reminders: Sequence[Reminder], *, now: datetime) -> Sequence[Reminder]:
        """See the port."""
        fresh = []
        async with self._database.writing() as connection:
            for reminder in reminders:
                row = self._database.insert(told).values(visitor_id=person, told_at=now, **_name_of(reminder))
                stored = row.on_conflict_do_nothing().returning(told.c.visitor_id)
                if (await connection.execute(stored)).first() is not None:
                    fresh.append(reminder)
        return fresh

    async def take_back(self, person: VisitorId, reminders: Sequence[Reminder]) -> None:
        """See the port."""
        named = [and_(*(told.c[name] == value for name, value in _name_of(one).items())) for one in reminders]
        async with self._database.writing() as connection:
            await connection.execute(delete(told).where(told.c.visitor_id == person, or_(false(), *named)))


def _name_of(reminder: Reminder) -> dict[str, str]:
    expiry = reminder.expiry
    return {"section": str(expiry.key), "ends_on": expiry.ends_on.isoformat(), "phase": reminder.phase.value}
