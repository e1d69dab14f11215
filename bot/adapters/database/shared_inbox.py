"""The inbox that several replicas share on one PostgreSQL database: the updates of a chat are one replica's at a time.

Whoever stores an update takes it, unless updates of the same chat wait already: then it goes to whoever handles those.
A row names its holder; when that one dies the row is anybody's. Who looks at a chat's rows holds the chat's lock, which
ends with the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Integer, any_, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.connection import Database
from bot.adapters.database.inbox_store import BATCH, row_of, wiped
from bot.adapters.database.replica_store import living_names
from bot.adapters.database.tables import inbox
from bot.chat_state.model import InboxState, Stored, StoredUpdate
from bot.errors import ClaimLostError

_LOCKS = 5_304
"""The first of the two numbers of a chat's lock: no other program in our database takes the same. Any will do."""
_LOCK = text(
    "SELECT pg_advisory_xact_lock(:locks, number) FROM "
    "(SELECT DISTINCT hashint8(lane) AS number FROM unnest(:lanes) AS lane ORDER BY number) AS numbers"
).bindparams(bindparam("locks", _LOCKS, type_=Integer), bindparam("lanes", type_=ARRAY(BigInteger)))
"""All of them in one order, so that two that want several never wait for each other."""
_WAITS = inbox.c.state == InboxState.PENDING


class SharedInbox:
    """Implements `bot.chat_state.ports.Inbox` for one of several replicas."""

    is_shared = True

    def __init__(self, database: Database, holder: str) -> None:
        """`holder` is the replica's name in the table `replicas`."""
        self._database = database
        self._holder = holder

    async def store(self, updates: Sequence[StoredUpdate], *, takes: bool = True) -> Stored:
        """See the port. A replica that counts as dead takes nothing."""
        known: set[int] = set()
        mine: set[int] = set()
        for start in range(0, len(updates), BATCH):
            batch = updates[start : start + BATCH]
            async with self._database.apart() as connection:
                lanes = sorted({stored.lane for stored in batch})
                await connection.execute(_LOCK, {"lanes": lanes})
                holders = await self._holders(connection, lanes, takes=takes)
                rows = [self._row(stored, holders[stored.lane]) for stored in batch]
                insert = self._database.insert(inbox).values(rows).on_conflict_do_nothing()
                for row in await connection.execute(insert.returning(inbox.c.update_id, inbox.c.holder)):
                    known.add(row.update_id)
                    if takes and row.holder == self._holder:
                        mine.add(row.update_id)
        return Stored(len(known), frozenset(mine))

    async def pending(self, *, after: int, limit: int) -> Sequence[StoredUpdate]:
        """See the port: the chats of those that nobody handles, oldest first.

        With them comes what is this replica's after `after`: it may have been stored though nothing was heard of it.
        """
        oldest = func.min(inbox.c.update_id)
        unheld = select(inbox.c.lane).where(_WAITS, _is_nobodys()).group_by(inbox.c.lane).order_by(oldest).limit(limit)
        async with self._database.apart() as connection:
            lanes = sorted(await connection.scalars(unheld))
            if lanes:
                await connection.execute(_LOCK, {"lanes": lanes})
                holders = await self._holders(connection, lanes, takes=True)
                lanes = [lane for lane, holder in holders.items() if holder in ("", self._holder)]
                await connection.execute(
                    update(inbox).where(_WAITS, _is_nobodys(), _in(lanes)).values(holder=self._holder)
                )
            return await self._held(connection, _in(lanes) | (inbox.c.update_id > after))

    async def attempted(self, update_id: int) -> int | None:
        """See the port."""
        counting = (
            update(inbox).where(inbox.c.update_id == update_id, self._is_mine()).values(attempts=inbox.c.attempts + 1)
        )
        async with self._database.apart() as connection:
            attempts = await connection.scalar(counting.returning(inbox.c.attempts))
        return None if attempts is None else int(attempts)

    async def hold(self, *update_ids: int) -> None:
        """See the port: until the transaction ends nobody else takes them."""
        query = select(inbox.c.update_id).where(inbox.c.update_id.in_(update_ids), self._is_mine())
        async with self._database.writing() as connection:
            await self._lock(connection, update_ids)
            held = set(await connection.scalars(query))
        if lost := set(update_ids) - held:
            raise ClaimLostError(f"another replica has taken over {len(lost)} of {len(update_ids)} updates")

    async def done(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        """See the port. The chat's id is wiped too."""
        return await self._close(update_ids, wiped(now))

    async def failed(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        """See the port. The chat's id is wiped too."""
        return await self._close(update_ids, wiped(now) | {"state": InboxState.FAILED})

    async def count_pending(self) -> int:
        """See the port: those of this replica."""
        query = select(func.count()).select_from(inbox).where(self._is_mine())
        async with self._database.reading() as connection:
            return await connection.scalar(query) or 0

    async def _close(self, update_ids: Sequence[int], values: Mapping[str, object]) -> Sequence[StoredUpdate]:
        closing = inbox.c.update_id.in_(update_ids)
        async with self._database.writing() as connection:
            lanes = await self._lock(connection, update_ids)
            await connection.execute(update(inbox).where(closing, self._is_mine()).values(values))
            return await self._held(connection, _in(lanes))

    async def _lock(self, connection: AsyncConnection, update_ids: Sequence[int]) -> Sequence[int]:
        """Lock the chats of these updates, before any row of them, as everybody does; returns the chats."""
        query = select(inbox.c.lane).where(inbox.c.update_id.in_(update_ids), _WAITS).distinct()
        lanes = sorted(await connection.scalars(query))
        await connection.execute(_LOCK, {"lanes": lanes})
        return lanes

    async def _holders(self, connection: AsyncConnection, lanes: Sequence[int], *, takes: bool) -> dict[int, str]:
        """Who handles the chats: the replica that has their updates, nobody, or this one where nothing waits."""
        alive: set[str] = {str(name) for name in await connection.scalars(living_names())}
        newcomer = self._holder if takes and self._holder in alive else ""
        holders = dict.fromkeys(lanes, newcomer)
        waiting = await connection.execute(
            select(inbox.c.lane, func.max(inbox.c.holder).label("holder"))
            .where(_WAITS, _in(lanes))
            .group_by(inbox.c.lane)
        )
        return holders | {row.lane: row.holder if row.holder in alive else "" for row in waiting}

    async def _held(self, connection: AsyncConnection, which: ColumnElement[bool]) -> Sequence[StoredUpdate]:
        """What waits of these and is this replica's."""
        query = select(inbox.c.update_id, inbox.c.lane, inbox.c.payload, inbox.c.received_at, inbox.c.attempts)
        found = await connection.execute(query.where(self._is_mine(), which).order_by(inbox.c.update_id))
        return [StoredUpdate(*row) for row in found]

    def _is_mine(self) -> ColumnElement[bool]:
        return _WAITS & (inbox.c.holder == self._holder)

    def _row(self, stored: StoredUpdate, holder: str) -> dict[str, object]:
        begun = {} if holder == self._holder else {"attempts": 0}
        return row_of(stored) | {"holder": holder} | begun


def _is_nobodys() -> ColumnElement[bool]:
    return inbox.c.holder.not_in(living_names())


def _in(lanes: Sequence[int]) -> ColumnElement[bool]:
    return inbox.c.lane == any_(bindparam(None, list(lanes), type_=ARRAY(BigInteger), unique=True))
