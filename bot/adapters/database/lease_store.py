"""The dispatcher's lease: of two processes on one database one sends, and the other knows that it may not."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import leases
from bot.announcements.model import Epoch

DISPATCHER = "dispatcher"
"""The name of its row."""


class SqlLease:
    """Implements `bot.announcements.ports.Lease`."""

    def __init__(self, database: Database, *, is_elected: bool = False) -> None:
        """`is_elected`: whoever asks is known to be the only one, so a lease that still lasts is a dead one's."""
        self._database = database
        self._is_elected = is_elected

    async def take(self, holder: str, *, now: datetime, lasts_s: float) -> Epoch | None:
        """See the port."""
        until = now + timedelta(seconds=lasts_s)
        first = self._database.insert(leases).values(name=DISPATCHER, epoch=1, holder=holder, expires_at=until)
        next_one = first.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"epoch": leases.c.epoch + 1, "holder": holder, "expires_at": until},
            where=None if self._is_elected else (leases.c.holder == "") | (leases.c.expires_at <= now),
        )
        async with self._database.writing() as connection:
            epoch = await connection.scalar(next_one.returning(leases.c.epoch))
        return None if epoch is None else Epoch(epoch)

    async def renew(self, epoch: Epoch, *, now: datetime, lasts_s: float) -> bool:
        """See the port. An expired lease that nobody else took may be renewed."""
        renewing = (
            update(leases)
            .where(leases.c.name == DISPATCHER, leases.c.epoch == epoch, leases.c.holder != "")
            .values(expires_at=now + timedelta(seconds=lasts_s))
        )
        async with self._database.writing() as connection:
            return (await connection.execute(renewing)).rowcount == 1

    async def release(self, epoch: Epoch) -> None:
        """See the port."""
        releasing = update(leases).where(leases.c.name == DISPATCHER, leases.c.epoch == epoch).values(holder="")
        async with self._database.writing() as connection:
            await connection.execute(releasing)
