"""What the language model may cost, and what it has cost: counted before a call, corrected after it, kept for good."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Table, Update, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from bot.adapters.database.engine import Database
from bot.adapters.database.tables import model_use, model_use_by_visitor
from bot.answering.composing.model import Reservation
from bot.vocabulary import VisitorId

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
    """Implements `bot.answering.composing.ports.BudgetLedger`.

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
                await self._count(connection, model_use, _scope(_IN_ALL), tokens, self._budgets.in_all)
                await self._count(connection, model_use, _scope(day), tokens, self._budgets.day)
                if visitor_id is not None:
                    whose = {"visitor_id": visitor_id, "day": day}
                    await self._count(connection, model_use_by_visitor, whose, tokens, self._budgets.visitor_day)
        except _ExhaustedError:
            return None
        return Reservation(secrets.token_hex(8), day, visitor_id, tokens)

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
                await connection.execute(_added(model_use_by_visitor, whose, difference))

    async def spent_on(self, now: datetime) -> Spending:
        """What counts as spent on the day of `now`."""
        return await self._spending(_day_of(now))

    async def spent_in_all(self) -> Spending:
        """What counts as spent since the first day."""
        return await self._spending(_IN_ALL)

    async def forget_visitors_before(self, now: datetime) -> int:
        """Delete who used how much on earlier days: only the sums are needed. Returns how many rows went."""
        async with self._database.writing() as connection:
            result = await connection.execute(
                delete(model_use_by_visitor).where(model_use_by_visitor.c.day < _day_of(now))
            )
        return result.rowcount

    async def _count(
        self, connection: AsyncConnection, table: Table, row: dict[str, object], tokens: int, limit: int
    ) -> None:
        """Add to a row what fits under its limit.

        Raises:
            _ExhaustedError: it does not fit.
        """
        new = {name: 0 for name in table.columns.keys() if name not in row}  # noqa: SIM118 - a collection, no dict
        await connection.execute(self._database.insert(table).values(**row, **new).on_conflict_do_nothing())
        fits = table.c.tokens + tokens <= limit
        result = await connection.execute(_added(table, row, tokens).where(fits))
        if result.rowcount == 0:
            raise _ExhaustedError

    async def _spending(self, scope: str) -> Spending:
        query = select(model_use.c.tokens, model_use.c.prompt_tokens, model_use.c.completion_tokens).where(
            model_use.c.scope == scope
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return Spending() if row is None else Spending(*row)


class _ExhaustedError(Exception):
    """Rolls the transaction back: what was counted for the other budgets is taken back too."""


def _day_of(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _scope(name: str) -> dict[str, object]:
    return {"scope": name}


def _added(table: Table, row: dict[str, object], tokens: int) -> Update:
    return update(table).where(*_is(table, row)).values(tokens=table.c.tokens + tokens)


def _is(table: Table, row: dict[str, object]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in row.items()]
