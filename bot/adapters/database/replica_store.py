"""Which replicas live on one PostgreSQL database. All times are the database's: the machines' clocks need not agree.

Each has a connection that bears its name: the server sees at once when the process is gone. One that hangs, or whose
machine is gone, is known by its silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, Select, bindparam, delete, func, literal, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.connection import Database
from bot.adapters.database.locks import PROGRAM, SHARES_LOCK
from bot.adapters.database.tables import inbox, replicas
from bot.adapters.system.clock import stopwatch
from bot.chat_state.model import InboxState

_REMEMBERED = timedelta(days=1)
"""How long a replica that died is known to have been there; chosen: for who looks the next morning."""
PREFIX = f"{PROGRAM}replica "
"""How the connections of a replica are called on the server; its name follows."""
_CALL_DEAD = text(
    "UPDATE replicas SET alive_until = clock_timestamp() WHERE alive_until > clock_timestamp() AND name <> :name AND "
    "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = :prefix || replicas.name)"
).bindparams(bindparam("prefix", PREFIX))
_SETTLED_S = 2.0
"""How long the own connection must have stood before others count as gone by theirs: where the server has cut all of
them off, they need so long to come back. Four beats, by reasoning."""
_COOLING = timedelta(seconds=3)
"""How long the places of one that died are nobody's: what it sent last may still count. By reasoning."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One process of the bot among several."""

    name: str
    role: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What a replica says of itself: the messages that it may send in a second, that it would send, and a pause."""

    places: int = 0
    replies: int = 0
    copies: int = 0
    pause_s: float = 0.0


Share = Callable[[Mapping[str, Report]], Mapping[str, int]]
"""By what the replicas say of themselves, how many places each should have."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a replica may do: send so many messages in a second, once the pause is over."""

    places: int
    pause_s: float


class SqlReplicas:
    """The roll of replicas; PostgreSQL alone."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = stopwatch) -> None:
        self._database = database
        self._clock = clock
        self._presence: AsyncConnection | None = None
        self._present_since = 0.0

    async def be_present(self, name: str) -> None:
        """Hold a connection of this name, as long as the process lives.

        Raises:
            DatabaseError: there is none to be had.
        """
        if self._presence is not None:
            try:
                await self._presence.scalar(select(1))
            except SQLAlchemyError:
                await self.be_absent()
        if self._presence is None:
            self._presence = await self._database.own_connection(f"{PREFIX}{name}")
            self._present_since = self._clock()

    async def be_absent(self) -> None:
        """Let go of the connection; twice changes nothing."""
        connection, self._presence = self._presence, None
        if connection is not None:
            await self._database.end_connection(connection)

    async def beat(self, replica: Replica, report: Report, *, lasts_s: float, share: Share) -> Allowance:
        """It lives for so long, and takes its part of the places that are free.

        What it is to give up it holds until it says in a later report that it does without.
        """
        values = {
            "alive_until": _in(lasts_s),
            "places": report.places,
            "replies": report.replies,
            "copies": report.copies,
            "paused_until": _in(report.pause_s) if report.pause_s else None,
        }
        row = self._database.insert(replicas).values(
            name=replica.name, role=replica.role, started_at=replica.started_at, **values
        )
        async with self._database.apart() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(SHARES_LOCK)))
            await connection.execute(row.on_conflict_do_update(index_elements=[replicas.c.name], set_=values))
            if self._presence is not None and self._clock() - self._present_since >= _SETTLED_S:
                await connection.execute(_CALL_DEAD, {"name": replica.name})
            living, held = await self._reports(connection)
            goals = share(living)
            goal = goals.get(replica.name, 0)
            free = sum(goals.values()) - held
            places = min(goal, report.places + max(free, 0))
            if places > report.places:
                await connection.execute(update(replicas).where(replicas.c.name == replica.name).values(places=places))
        return Allowance(places, max(one.pause_s for one in living.values()) if living else 0.0)

    async def _reports(self, connection: AsyncConnection) -> tuple[dict[str, Report], int]:
        """What those that live say, and how many places are held, also by those that died a moment ago."""
        left_s = func.greatest(func.extract("epoch", replicas.c.paused_until - _now()), 0.0)
        query = select(
            replicas.c.name,
            is_alive().label("is_alive"),
            replicas.c.places,
            replicas.c.replies,
            replicas.c.copies,
            func.coalesce(left_s, 0.0).label("pause_s"),
        ).where(replicas.c.alive_until > _now() - literal(_COOLING, Interval()))
        rows = (await connection.execute(query)).all()
        living = {
            row.name: Report(row.places, row.replies, row.copies, float(row.pause_s)) for row in rows if row.is_alive
        }
        return living, sum(row.places for row in rows)

    async def leave(self, name: str) -> None:
        """It ends in good order: what it has not handled is the others' at once."""
        async with self._database.apart() as connection:
            held = (inbox.c.holder == name) & (inbox.c.state == InboxState.PENDING)
            await connection.execute(update(inbox).where(held).values(holder=""))
            gone = replicas.c.alive_until < _now() - literal(_REMEMBERED, Interval())
            await connection.execute(delete(replicas).where((replicas.c.name == name) | gone))

    async def living(self) -> Sequence[Replica]:
        """Those that have told of themselves in time, by name."""
        query = select(replicas.c.name, replicas.c.role, replicas.c.started_at).where(is_alive())
        async with self._database.reading() as connection:
            return [Replica(*row) for row in await connection.execute(query.order_by(replicas.c.name))]


def is_alive() -> ColumnElement[bool]:
    """Whether a row of `replicas` is of one that lives."""
    return replicas.c.alive_until > _now()


def living_names() -> Select[tuple[str]]:
    """The names of those that live."""
    return select(replicas.c.name).where(is_alive())


def _in(seconds: float) -> ColumnElement[datetime]:
    return _now() + literal(timedelta(seconds=seconds), Interval())


def _now() -> ColumnElement[datetime]:
    return func.clock_timestamp()
