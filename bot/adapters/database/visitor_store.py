"""Visitors, and everything that is kept about them in whatever table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, RowMapping, Table, bindparam, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database import forgetting, retention
from bot.adapters.database.connection import Database
from bot.adapters.database.tables import audit_log, buttons, concerns, inbox, marks, tables_about_people, visitors
from bot.adapters.database.tombstones import Tombstones
from bot.ids import Locale, VisitorId
from bot.visitors.model import PersonalRows, PlainValue, Retention, Visitor

_FINDING = select(visitors).where(visitors.c.visitor_id == bindparam("of"))
"""Asked for every message: made once, it takes a fifth less."""
CARRIED_OUT = "forgotten"
"""The mark that says how many tombstones this database has carried out."""
_ONLY_COUNTED = (buttons, inbox)
_ROWS_AT_ONCE = 250
"""Made into plain values in about 5 ms: the event loop waits no longer for an export."""


class SqlVisitorStore:
    """Implements `bot.visitors.ports.VisitorStore`."""

    def __init__(self, database: Database, tombstones: Tombstones) -> None:
        self._database = database
        self._tombstones = tombstones

    async def find(self, visitor_id: VisitorId) -> Visitor | None:
        """See the port."""
        async with self._database.reading() as connection:
            row = (await connection.execute(_FINDING, {"of": visitor_id})).mappings().first()
        return None if row is None else _visitor(row)

    async def seen(self, visitor_id: VisitorId, *, app_locale: Locale | None, now: datetime) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await self._touch(connection, visitor_id, now, {"app_locale": app_locale})

    async def choose(self, visitor_id: VisitorId, locale: Locale, *, now: datetime) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await self._touch(connection, visitor_id, now, {"chosen": locale})

    async def unreachable(self, visitor_id: VisitorId) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(visitors).where(visitors.c.visitor_id == visitor_id).values(is_reachable=False)
            )

    async def export(self, visitor_id: VisitorId) -> AsyncIterator[PersonalRows]:
        """See the port. Read page by page: no transaction stays open meanwhile, and the event loop gets its turn."""
        for table in reversed(tables_about_people()):
            if table in _ONLY_COUNTED:
                yield PersonalRows(table.name, await self._counted(table, visitor_id))
                continue
            async for page in self._pages(table, concerns(table, visitor_id)):
                yield page
        async for page in self._pages(audit_log, audit_log.c.actor == visitor_id):
            yield page

    async def _counted(self, table: Table, visitor_id: VisitorId) -> tuple[Mapping[str, PlainValue], ...]:
        query = select(func.count()).select_from(table).where(concerns(table, visitor_id))
        async with self._database.reading() as connection:
            count = await connection.scalar(query)
        return ({"count": count},) if count else ()

    async def _pages(self, table: Table, which: ColumnElement[bool]) -> AsyncIterator[PersonalRows]:
        key = table.primary_key.columns
        query = select(table).where(which).order_by(*key).limit(_ROWS_AT_ONCE)
        onwards = query
        while True:
            async with self._database.reading() as connection:
                page = (await connection.execute(onwards)).mappings().all()
            yield PersonalRows(table.name, tuple(_plain(row) for row in page))
            if len(page) < _ROWS_AT_ONCE:
                return
            onwards = query.where(tuple_(*key) > tuple(page[-1][column.name] for column in key))

    async def forget(self, visitor_id: VisitorId, *, now: datetime) -> int:
        """See the port.

        Rows of the inbox stay, wiped, so that an update sent again is still known; deliveries stay, nobody's, so that
        a report still adds up. Roles are laid down through `Organisers`, which sees to it that an owner remains.
        """
        async with self._database.writing() as connection:
            # Before the rows: after a kill in between, the next start finds the tombstone not carried out.
            number = await self._tombstones.add(visitor_id, now=now)
            gone = await forgetting.forget(connection, visitor_id, now=now)
            await self._note_carried_out(connection, number)
        return gone

    async def returned(self) -> Sequence[VisitorId]:
        """Those who were forgotten and are here all the same, because the database comes from a backup.

        Who has written again since they were forgotten is not one of them.
        """
        async with self._database.reading() as connection:
            query = select(marks.c.value).where(marks.c.name == CARRIED_OUT)
            carried_out = await connection.scalar(query) or 0
            if carried_out >= await self._tombstones.last_number():
                return ()
            return await forgetting.people_returned(connection, self._tombstones)

    async def forget_again(self, visitor_ids: Sequence[VisitorId], *, now: datetime) -> None:
        """Forget who was `returned`; with that every tombstone is carried out."""
        async with self._database.writing() as connection:
            for visitor_id in visitor_ids:
                await forgetting.forget(connection, visitor_id, now=now)
            await self._note_carried_out(connection, await self._tombstones.last_number())

    async def sweep(self, terms: Retention, *, now: datetime) -> int:
        """See the port. Copies of announcements are many: between some and the next ones others may write."""
        ended_before = now - timedelta(days=terms.deliveries_days)
        async with self._database.writing() as connection:
            swept = await retention.delete_all(connection, retention.outdated(terms, now))
            swept += await retention.leave_nobody_in_audiences(connection, ended_before)
        while True:
            async with self._database.writing() as connection:
                nobodys = await retention.leave_nobody_in_deliveries(connection, ended_before)
            if not nobodys:
                break
            swept += nobodys
        return swept + await self._tombstones.drop_before(now - timedelta(days=terms.tombstones_days))

    async def _touch(
        self, connection: AsyncConnection, visitor_id: VisitorId, now: datetime, told: Mapping[str, Locale | None]
    ) -> None:
        row = {"visitor_id": visitor_id, "first_seen_at": now, "last_seen_at": now, "is_reachable": True}
        insert = self._database.insert(visitors).values(**row, **told)
        known = {name: locale for name, locale in told.items() if locale is not None}
        await connection.execute(
            insert.on_conflict_do_update(
                index_elements=[visitors.c.visitor_id], set_={"last_seen_at": now, "is_reachable": True, **known}
            )
        )

    async def _note_carried_out(self, connection: AsyncConnection, number: int) -> None:
        noting = self._database.insert(marks).values(name=CARRIED_OUT, value=number)
        await connection.execute(noting.on_conflict_do_update(index_elements=[marks.c.name], set_={"value": number}))


def _visitor(row: RowMapping) -> Visitor:
    return Visitor(
        visitor_id=VisitorId(row["visitor_id"]),
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
        chosen=row["chosen"] and Locale(row["chosen"]),
        app_locale=row["app_locale"] and Locale(row["app_locale"]),
        is_reachable=row["is_reachable"],
    )


def _plain(row: RowMapping) -> dict[str, PlainValue]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: PlainValue | datetime | time) -> PlainValue:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, time) else value
