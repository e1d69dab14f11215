"""Which of several processes on one PostgreSQL database leads: who holds an advisory lock, which dies with its holder.

One that hangs keeps its connection and so the lock. The others see that nothing was heard of it, and have the server
end that connection.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.connection import Database
from bot.adapters.database.locks import LEADER_LOCK
from bot.adapters.database.replica_store import PREFIX, living_names
from bot.adapters.database.tables import replicas
from bot.errors import DatabaseError

_log = structlog.get_logger(__name__)

_ASK_S = 0.5
"""How often who does not lead asks for the lock, and who leads whether it still holds it; chosen: a new leader is there
in a second, for two short statements a second."""
_ANSWER_S = 3.0
"""A leader that has no answer from the database for so long leads no longer; less than `ALIVE_S` of `replicas`."""
_KEEPALIVES = ("tcp_keepalives_idle = 2", "tcp_keepalives_interval = 1", "tcp_keepalives_count = 3")
"""So that the server notices within 5 s that the leader's machine is gone."""
_END_THE_SILENT = text(
    "SELECT count(pg_terminate_backend(activity.pid)) FROM pg_locks AS held "
    "JOIN pg_stat_activity AS activity ON activity.pid = held.pid "
    "WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1 "
    "AND held.classid = :high AND held.objid = :low "
    "AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND starts_with(activity.application_name, :prefix) "
    "AND substr(activity.application_name, length(:prefix) + 1) NOT IN (SELECT name FROM replicas "
    "WHERE alive_until > clock_timestamp())"
).bindparams(
    bindparam("high", LEADER_LOCK >> 32), bindparam("low", LEADER_LOCK & 0xFFFF_FFFF), bindparam("prefix", PREFIX)
)


class ServerElection:
    """Implements `bot.app.leading.Election` on PostgreSQL."""

    def __init__(self, database: Database, name: str) -> None:
        """`name` is the replica's in the table `replicas`."""
        self._database = database
        self._name = name
        self._connection: AsyncConnection | None = None
        self._has_failed = False

    async def won(self) -> None:
        """See the port."""
        while not await self._asked():  # noqa: ASYNC110 - the server tells nobody of it
            await asyncio.sleep(_ASK_S)
        self._has_failed = False

    async def lost(self) -> None:
        """See the port."""
        while await self._still_holds():  # noqa: ASYNC110 - as above
            await asyncio.sleep(_ASK_S)
        await self.resign()

    async def resign(self) -> None:
        """See the port."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._database.end_connection(connection)

    async def _asked(self) -> bool:
        """Ask for the lock once; a database that does not answer is asked again later."""
        try:
            connection = await self._own_connection()
            if await connection.scalar(living_names().where(replicas.c.name == self._name)) is None:
                return False  # nothing was heard of it yet: the others would take it for silent
            if await connection.scalar(select(func.pg_try_advisory_lock(LEADER_LOCK))):
                return True
            if ended := await connection.scalar(_END_THE_SILENT):
                _log.warning("silent_leader_cut_off", connections=ended)
        except (SQLAlchemyError, DatabaseError) as error:
            if not self._has_failed:
                _log.warning("election_not_held", error=type(error).__name__)
            self._has_failed = True
            await self.resign()
        return False

    async def _still_holds(self) -> bool:
        """While the connection lives, so does the lock."""
        if self._connection is None:
            return False
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._connection.scalar(select(1))
        except (SQLAlchemyError, TimeoutError) as error:
            _log.warning("leadership_lost", error=type(error).__name__)
            return False
        return True

    async def _own_connection(self) -> AsyncConnection:
        if self._connection is None:
            self._connection = connection = await self._database.own_connection(f"{PREFIX}{self._name}")
            for setting in _KEEPALIVES:
                await connection.execute(text(f"SET {setting}"))
        return self._connection
