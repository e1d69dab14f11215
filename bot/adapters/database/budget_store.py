"""What the language model may cost, and what it has cost: counted before a call, corrected after it, kept for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Table, Update, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import model_use, model_use_by_visitor
from bot.answering.generation.model import Reservation
from bot.ids import VisitorId

_IN_ALL = "all"
"""The row that counts everything; the other rows are days of UTC, `2026-11-03`."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """Tokens, read and written together, that may be spent; 0 allows none."""

    visitor_day: int
    day: int
    in_all: int


@dataclass(frozen=True, slots=True)
class Spending:
    """Tokens that count as spent. `tokens` holds what is reserved too, the others only what the model has told."""

    tokens: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class SqlBudgetLedger:
    """Implements `bot.answering.generation.ports.BudgetLedger`.

    A reservation is counted at once, in a transaction of its own: one that is never settled, because the process was
    killed, stays spent.
    """

    def __init__(self, database: Database, budgets: Budgets) -> None:
        self._database = database
        self._budgets = budgets

    async def reserve(self, visitor_id: VisitorId | None, tokens: int, *, now: datetime) -> Reservation | None:
        """See the port. The day is that of UTC."""
        day = _day_of(now)
        try:
            async with self._database.apart() as connection:
                # In the same order everywhere, so that two of them never wait for each other.
                await self._count(connection, _Row(model_use, _scope(_IN_ALL)), tokens, self._budgets.in_all)
                await self._count(connection, _Row(model_use, _scope(day)), tokens, self._budgets.day)
                if visitor_id is not None:
                    whose = _Row(model_use_by_visitor, {"visitor_id": visitor_id, "day": day})
                    await self._count(connection, whose, tokens, self._budgets.visitor_day)
        except _ExhaustedError:
            return None
        return Reservation(visitor_id, day, tokens)

    async def settle(self, reservation: Reservation, *, prompt_tokens: int, completion_tokens: int) -> None:
        """See the port. A visitor who was forgotten meanwhile stays forgotten."""
        difference = prompt_tokens + completion_tokens - reservation.tokens
        async with self._database.apart() as connection:
            for scope in (_IN_ALL, reservation.day):
                await connection.execute(
                    update(model_use)
                    .where(model_use.c.scope == scope)
                    .values(
                        tokens=model_use.c.tokens + difference,
                        prompt_tokens=model_use.c.prompt_tokens + prompt_tokens,
                        completion_tokens=model_use.c.completion_tokens + completion_tokens,
                    )
                )
            if reservation.visitor_id is not None:
                whose = {"visitor_id": reservation.visitor_id, "day": reservation.day}
                await connection.execute(_Row(model_use_by_visitor, whose).added(difference))

    async def spent_on(self, now: datetime) -> Spending:
        """What counts as spent on the day of `now`."""
        return await self._spending(_day_of(now))

    async def spent_in_all(self) -> Spending:
        """What counts as spent since the first day."""
        return await self._spending(_IN_ALL)

    async def _count(self, connection: AsyncConnection, row: _Row, tokens: int, limit: int) -> None:
        """Add to a row what fits under its limit.

        Raises:
            _ExhaustedError: it does not fit.
        """
        await connection.execute(self._database.insert(row.table).values(row.empty()).on_conflict_do_nothing())
        result = await connection.execute(row.added(tokens).where(row.table.c.tokens + tokens <= limit))
        if result.rowcount == 0:
            raise _ExhaustedError

    async def _spending(self, scope: str) -> Spending:
        query = select(model_use.c.tokens, model_use.c.prompt_tokens, model_use.c.completion_tokens).where(
            model_use.c.scope == scope
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return Spending() if row is None else Spending(*row)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of one of the two tables by its primary key."""

    table: Table
    key: Mapping[str, object]

    def empty(self) -> dict[str, object]:
        """The row with nothing spent."""
        return {column.name: self.key.get(column.name, 0) for column in self.table.columns}

    def added(self, tokens: int) -> Update:
        """The statement that counts more tokens, or fewer."""
        is_it = (self.table.c[name] == value for name, value in self.key.items())
        return update(self.table).where(*is_it).values(tokens=self.table.c.tokens + tokens)


class _ExhaustedError(Exception):
    """Rolls the transaction back: what was counted for the other budgets is taken back too."""


def _day_of(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _scope(name: str) -> Mapping[str, object]:
    return {"scope": name}
