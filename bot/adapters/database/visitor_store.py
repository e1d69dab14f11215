"""Visitors, and everything that is kept about them in whatever table."""

from __future__ import annotations

import hashlib
import hmac
import secrets as randomness
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, time

from sqlalchemy import (
    CursorResult,
    Delete,
    RowMapping,
    Table,
    Update,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.engine import Database
from bot.adapters.database.inbox_store import wiped
from bot.adapters.database.schema import TOMBSTONE_SECRET
from bot.adapters.database.tables import (
    buttons,
    concerns,
    deliveries,
    inbox,
    model_use_by_visitor,
    organisers,
    secrets,
    tables_about_people,
    tombstones,
    turns,
    visitors,
)
from bot.announcements.model import DeliveryState
from bot.errors import DatabaseError
from bot.visitors.model import PersonalRows, Plain, Visitor
from bot.vocabulary import Locale, VisitorId

_FINDING = select(visitors).where(visitors.c.visitor_id == bindparam("of"))
"""Asked for every message: made once, it takes a fifth less."""

_ONLY_COUNTED = (buttons, inbox)
_ROWS_AT_ONCE = 250
"""Made into plain values in about 5 ms: the event loop waits no longer for an export."""


class SqlVisitorStore:
    """Implements `bot.visitors.ports.VisitorStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
            async for page in self._pages(table, visitor_id):
                yield PersonalRows(table.name, tuple(_plain(row) for row in page))

    async def _counted(self, table: Table, visitor_id: VisitorId) -> tuple[Mapping[str, Plain], ...]:
        query = select(func.count()).select_from(table).where(concerns(table, visitor_id))
        async with self._database.reading() as connection:
            count = await connection.scalar(query)
        return ({"count": count},) if count else ()

    async def _pages(self, table: Table, visitor_id: VisitorId) -> AsyncIterator[Sequence[RowMapping]]:
        key = table.primary_key.columns
        query = select(table).where(concerns(table, visitor_id)).order_by(*key).limit(_ROWS_AT_ONCE)
        onwards = query
        while True:
            async with self._database.reading() as connection:
                page = (await connection.execute(onwards)).mappings().all()
            yield page
            if len(page) < _ROWS_AT_ONCE:
                return
            onwards = query.where(tuple_(*key) > tuple(page[-1][column.name] for column in key))

    async def forget(self, visitor_id: VisitorId, *, now: datetime) -> int:
        """See the port.

        Rows of the inbox stay, wiped, so that an update sent again is still known; deliveries stay, nobody's, so that
        a report still adds up. Roles are laid down through `Organisers`, which sees to it that an owner remains.
        """
        gone = 0
        async with self._database.writing() as connection:
            for table in tables_about_people():
                if table is organisers:
                    continue
                gone += await _count(connection, _forgetting(table, visitor_id, now))
            tombstone = self._database.insert(tombstones).values(
                visitor_hash=await self._hash(connection, visitor_id), forgotten_at=now
            )
            await connection.execute(tombstone.on_conflict_do_nothing())
        return gone

    async def is_forgotten(self, visitor_id: VisitorId) -> bool:
        """See the port."""
        async with self._database.reading() as connection:
            visitor_hash = await self._hash(connection, visitor_id)
            query = select(tombstones.c.visitor_hash).where(tombstones.c.visitor_hash == visitor_hash)
            return (await connection.execute(query)).first() is not None

    async def forget_turns_before(self, moment: datetime) -> int:
        """See the port: turns with feedback, dead buttons, handled updates but the last, and who used the model."""
        last_update = select(func.max(inbox.c.update_id)).scalar_subquery()
        day = moment.astimezone(UTC).date().isoformat()
        async with self._database.writing() as connection:
            return (
                await _count(connection, delete(turns).where(turns.c.asked_at < moment))
                + await _count(
                    connection, delete(buttons).where(or_(buttons.c.expires_at < moment, buttons.c.used_at < moment))
                )
                + await _count(
                    connection, delete(inbox).where(inbox.c.handled_at < moment, inbox.c.update_id < last_update)
                )
                + await _count(connection, delete(model_use_by_visitor).where(model_use_by_visitor.c.day < day))
            )

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
        visitor_hash = await self._hash(connection, visitor_id)
        await connection.execute(delete(tombstones).where(tombstones.c.visitor_hash == visitor_hash))

    async def _hash(self, connection: AsyncConnection, visitor_id: VisitorId) -> str:
        """A keyed hash, so that a tombstone can't be turned back into an id by trying them all."""
        key = await connection.scalar(select(secrets.c.value).where(secrets.c.name == TOMBSTONE_SECRET))
        if key is None:
            raise DatabaseError(f"{self._database.name} has lost its secret {TOMBSTONE_SECRET!r}: restore the backup")
        return hmac.new(key, str(visitor_id).encode(), hashlib.sha256).hexdigest()


def _forgetting(table: Table, visitor_id: VisitorId, now: datetime) -> Delete | Update:
    if table is inbox:
        return update(inbox).where(concerns(inbox, visitor_id)).values(wiped(now))
    if table is deliveries:
        return update(deliveries).where(concerns(deliveries, visitor_id)).values(_nobodys(now))
    return delete(table).where(concerns(table, visitor_id))


def _nobodys(now: datetime) -> dict[str, object]:
    """A copy keeps its place in the report's sums, under a random id that no chat has; a planned one is not sent."""
    waits = deliveries.c.state == DeliveryState.PLANNED.value
    return {
        "chat_id": -(2**62) + randomness.randbits(60),
        "state": case((waits, DeliveryState.SKIPPED.value), else_=deliveries.c.state),
        "reason": case((waits, "forgotten"), else_=deliveries.c.reason),
        "changed_at": now,
    }


async def _count(connection: AsyncConnection, statement: Delete | Update) -> int:
    result: CursorResult[tuple[()]] = await connection.execute(statement)
    return result.rowcount


def _visitor(row: RowMapping) -> Visitor:
    return Visitor(
        visitor_id=VisitorId(row["visitor_id"]),
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
        chosen=row["chosen"] and Locale(row["chosen"]),
        app_locale=row["app_locale"] and Locale(row["app_locale"]),
        is_reachable=row["is_reachable"],
    )


def _plain(row: RowMapping) -> dict[str, Plain]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Plain | datetime | time) -> Plain:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, time) else value
