"""The inbox that several replicas share on one PostgreSQL database: the updates of a chat are one replica's at a time.

Whoever stores an update takes it, unless updates of the same chat wait already: then it goes to whoever handles those.
A row names its holder; when that one dies the row is anybody's. Who looks at a chat's rows holds the chat's lock, which
ends with the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    any_,
    bindparam,
    case,
    column,
    exists,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from bot.adapters.database.connection import Database
from bot.adapters.database.inbox_store import BATCH, wiped
from bot.adapters.database.replica_store import living_names
from bot.adapters.database.tables import inbox, replicas
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
_LANES: BindParameter[Sequence[int]] = bindparam("lanes", type_=ARRAY(BigInteger))


def _holders() -> Select[tuple[int, str]]:
    """Who handles the chats `lanes`: the replica that has their updates, nobody, or `newcomer` where nothing waits."""
    waiting = (
        select(inbox.c.lane, func.max(inbox.c.holder).label("holder"))
        .where(_WAITS, inbox.c.lane == any_(_LANES))
        .group_by(inbox.c.lane)
        .subquery()
    )
    asked = func.unnest(_LANES).table_valued(column("lane", BigInteger), name="asked").render_derived()
    holder = func.coalesce(waiting.c.holder, bindparam("newcomer", type_=String))
    query = select(asked.c.lane, case((holder.in_(living_names()), holder), else_="").label("holder"))
    return query.outerjoin_from(asked, waiting, waiting.c.lane == asked.c.lane)


def _storing() -> ReturningInsert[tuple[int, str]]:
    """Stores rows given as columns, each with its holder. `attempts` counts where that is `me`.

    One statement that is always the same: of 40 rows it took a third of the processor's time of one with a place for
    each value.
    """
    given = [inbox.c.update_id, inbox.c.lane, inbox.c.payload, inbox.c.received_at, inbox.c.attempts]
    arrays = [bindparam(one.name, type_=ARRAY(one.type)) for one in given]
    new = func.unnest(*arrays).table_valued(*(column(one.name, one.type) for one in given), name="new").render_derived()
    holders = _holders().subquery()
    is_mine = holders.c.holder == bindparam("me", type_=String)
    attempts = case((is_mine, new.c.attempts), else_=0)
    rows = select(*(new.c[one.name] for one in given[:-1]), attempts, literal(InboxState.PENDING), holders.c.holder)
    rows = rows.join_from(new, holders, new.c.lane == holders.c.lane)
    return (
        insert(inbox)
        .from_select([*given, inbox.c.state, inbox.c.holder], rows)
        .on_conflict_do_nothing()
        .returning(inbox.c.update_id, inbox.c.holder)
    )


_HOLDERS = _holders()
_STORING = _storing()


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
                for row in await connection.execute(_STORING, self._rows(batch, lanes, takes=takes)):
                    known.add(row.update_id)
                    if takes and row.holder == self._holder:
                        mine.add(row.update_id)
        return Stored(len(known), frozenset(mine))

    async def pending(self, *, after: int, limit: int) -> Sequence[StoredUpdate]:
        """See the port: the chats of those that nobody handles, oldest first. A replica that counts as dead takes none.

        With them comes what is this replica's after `after`: it may have been stored though nothing was heard of it.
        """
        oldest = func.min(inbox.c.update_id)
        unheld = select(inbox.c.lane).where(_WAITS, _is_nobodys()).group_by(inbox.c.lane).order_by(oldest).limit(limit)
        async with self._database.apart() as connection:
            lanes = sorted(await connection.scalars(unheld))
            if lanes:
                await connection.execute(_LOCK, {"lanes": lanes})
                holders = await connection.execute(_HOLDERS, {"lanes": lanes, "newcomer": self._holder})
                lanes = [row.lane for row in holders if row.holder in ("", self._holder)]
                lives = exists(living_names().where(replicas.c.name == self._holder))
                await connection.execute(
                    update(inbox).where(_WAITS, _is_nobodys(), _in(lanes), lives).values(holder=self._holder)
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
            raise ClaimLostError(f"another replica has taken over {len(lost)} of {len(update_ids)} updates", lost)

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

    async def _held(self, connection: AsyncConnection, which: ColumnElement[bool]) -> Sequence[StoredUpdate]:
        """What waits of these and is this replica's."""
        query = select(inbox.c.update_id, inbox.c.lane, inbox.c.payload, inbox.c.received_at, inbox.c.attempts)
        found = await connection.execute(query.where(self._is_mine(), which).order_by(inbox.c.update_id))
        return [StoredUpdate(*row) for row in found]

    def _is_mine(self) -> ColumnElement[bool]:
        return _WAITS & (inbox.c.holder == self._holder)

    def _rows(self, batch: Sequence[StoredUpdate], lanes: Sequence[int], *, takes: bool) -> dict[str, object]:
        newcomer = self._holder if takes else ""
        fields = ("update_id", "lane", "payload", "received_at", "attempts")
        columns = {name: [getattr(stored, name) for stored in batch] for name in fields}
        return columns | {"lanes": lanes, "newcomer": newcomer, "me": self._holder}


def _is_nobodys() -> ColumnElement[bool]:
    return inbox.c.holder.not_in(living_names())


def _in(lanes: Sequence[int]) -> ColumnElement[bool]:
    return inbox.c.lane == any_(bindparam(None, list(lanes), type_=ARRAY(BigInteger), unique=True))
