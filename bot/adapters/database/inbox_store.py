"""The durable inbox of updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import inbox
from bot.chat_state.model import InboxState, Stored, StoredUpdate
from bot.errors import DatabaseError

BATCH = 100
"""Updates a statement: Telegram gives no more at once."""


class SqlInbox:
    """Implements `bot.chat_state.ports.Inbox` for the one process that there is."""

    is_shared = False

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, updates: Sequence[StoredUpdate], *, takes: bool = True) -> Stored:  # noqa: ARG002 - nobody else would
        """See the port."""
        new: set[int] = set()
        async with self._database.apart() as connection:
            for start in range(0, len(updates), BATCH):
                rows = [_row_of(stored) for stored in updates[start : start + BATCH]]
                # With the rows in the statement itself, which is compiled anew for each number of them, 40 of them took
                # four times the processor's time.
                insert = self._database.insert(inbox).on_conflict_do_nothing()
                new.update(await connection.scalars(insert.returning(inbox.c.update_id), rows))
        return Stored(len(new), frozenset(new))

    async def pending(self, *, after: int, limit: int) -> Sequence[StoredUpdate]:
        """See the port."""
        query = (
            select(inbox.c.update_id, inbox.c.lane, inbox.c.payload, inbox.c.received_at, inbox.c.attempts)
            .where(inbox.c.state == InboxState.PENDING, inbox.c.update_id > after)
            .order_by(inbox.c.update_id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [StoredUpdate(*row) for row in await connection.execute(query)]

    async def attempted(self, update_id: int) -> int | None:
        """See the port.

        Raises:
            DatabaseError: the update was never stored.
        """
        counting = update(inbox).where(inbox.c.update_id == update_id).values(attempts=inbox.c.attempts + 1)
        async with self._database.apart() as connection:
            attempts = await connection.scalar(counting.returning(inbox.c.attempts))
        if attempts is None:
            raise DatabaseError(f"update {update_id} is not in the inbox: store it before it is handled")
        return int(attempts)

    async def hold(self, *update_ids: int) -> None:
        """See the port: nobody else could have them."""

    async def done(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        """See the port. The chat's id is wiped too."""
        await self._close(update_ids, wiped(now))
        return ()

    async def failed(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        """See the port. The chat's id is wiped too."""
        await self._close(update_ids, wiped(now) | {"state": InboxState.FAILED})
        return ()

    async def count_pending(self) -> int:
        """See the port."""
        query = select(func.count()).select_from(inbox).where(inbox.c.state == InboxState.PENDING)
        async with self._database.reading() as connection:
            return await connection.scalar(query) or 0

    async def _close(self, update_ids: Sequence[int], values: Mapping[str, object]) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                update(inbox)
                .where(inbox.c.update_id.in_(update_ids), inbox.c.state == InboxState.PENDING)
                .values(values)
            )


def wiped(now: datetime) -> dict[str, object]:
    """What a row holds once it is handled: nothing of the visitor, only that the update is known."""
    return {"state": InboxState.DONE, "lane": 0, "payload": "", "handled_at": now}


def _row_of(stored: StoredUpdate) -> dict[str, object]:
    """An update as a row of the inbox."""
    return {
        "update_id": stored.update_id,
        "lane": stored.lane,
        "payload": stored.payload,
        "received_at": stored.received_at,
        "attempts": stored.attempts,
        "state": InboxState.PENDING,
    }
