"""Sums over the questions that are kept: made by the database, row by row nothing is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, Select, String, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import feedback, subscriptions, turns, visitors
from bot.answering.model import Feedback
from bot.i18n.zones import EVENT_ZONE
from bot.ids import Locale
from bot.reports.statistics import AnswerTime, Grouping, Period, Statistics

_ZONE = ZoneInfo(EVENT_ZONE)
_OFFSET_S = 8 * 3600
"""Seconds of that zone ahead of UTC, the same all year: SQLite knows no zones."""


class _Day(FunctionElement[str]):
    """The day of a moment in the venues' zone, as YYYY-MM-DD."""

    type = String()
    name = "day_of"
    inherit_cache = True


class _Topic(FunctionElement[str]):
    """The topic folder of the first section key in a JSON list; NULL where the list is empty."""

    type = String()
    name = "topic_of"
    inherit_cache = True


@compiles(_Day, "sqlite")
def _day_in_sqlite(element: _Day, compiler: SQLCompiler, **more: object) -> str:
    # Without the fraction of a second, which SQLite would round: the last microsecond would be of the next day.
    return f"date(substr({compiler.process(element.clauses, **more)}, 1, 19), '+{_OFFSET_S} seconds')"


@compiles(_Day, "postgresql")
def _day_in_postgresql(element: _Day, compiler: SQLCompiler, **more: object) -> str:
    moment = compiler.process(element.clauses, **more)
    return f"to_char(timezone(INTERVAL '{_OFFSET_S} seconds', {moment}), 'YYYY-MM-DD')"


@compiles(_Topic, "sqlite")
def _topic_in_sqlite(element: _Topic, compiler: SQLCompiler, **more: object) -> str:
    first = f"json_extract({compiler.process(element.clauses, **more)}, '$[0]')"
    return f"substr({first}, 1, instr({first} || '/', '/') - 1)"


@compiles(_Topic, "postgresql")
def _topic_in_postgresql(element: _Topic, compiler: SQLCompiler, **more: object) -> str:
    return f"split_part(({compiler.process(element.clauses, **more)})::json ->> 0, '/', 1)"


_GROUPS: Mapping[Grouping, ColumnElement[str]] = {
    Grouping.TOPIC: func.coalesce(_Topic(turns.c["keys"]), _Topic(turns.c.offered), ""),
    Grouping.OUTCOME: turns.c.outcome,
    Grouping.STEP: func.coalesce(turns.c.lost_by, ""),
}
_ASKED_ON = _Day(turns.c.asked_at)


_IS_REACHABLE = func.coalesce(visitors.c.is_reachable, True)
"""Groups and channels are no visitors."""
_WITH_VISITOR = subscriptions.outerjoin(visitors, visitors.c.visitor_id == subscriptions.c.chat_id)
_SUBSCRIBERS = (
    select(func.count()).select_from(_WITH_VISITOR).where(subscriptions.c.agreed_at.is_not(None), _IS_REACHABLE)
)


class SqlStatistics:
    """Implements `bot.reports.ports.StatisticsStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, period: Period) -> Statistics:
        """See the port."""
        asked = _within(turns.c.asked_at, period)
        given = _within(feedback.c.given_at, period)
        agreed = _within(subscriptions.c.agreed_at, period)
        async with self._database.reading() as connection:
            questions = await connection.execute(_counted(_ASKED_ON, turns.c.locale).where(asked))
            opinions = await connection.execute(_counted(_Day(feedback.c.given_at), feedback.c.opinion).where(given))
            agreements = await connection.execute(
                _counted(_Day(subscriptions.c.agreed_at)).select_from(_WITH_VISITOR).where(agreed, _IS_REACHABLE)
            )
            took_by_day = {_day(day): took for day, took in await _took(connection, asked, _ASKED_ON)}
            return Statistics(
                period=period,
                by_day={(_day(day), Locale(locale)): number for day, locale, number in questions},
                groups={grouping: await _group(connection, one, asked) for grouping, one in _GROUPS.items()},
                opinions={(_day(day), Feedback(opinion)): number for day, opinion, number in opinions},
                took=next((took for _, took in await _took(connection, asked, literal(""))), None),
                took_by_day=took_by_day,
                agreed={_day(day): number for day, number in agreements},
                subscribers=await connection.scalar(_SUBSCRIBERS) or 0,
            )


def _within(moment: Column[datetime], period: Period) -> ColumnElement[bool]:
    """Whether it is of one of the days."""
    since, until = (
        datetime.combine(day, time(), tzinfo=_ZONE) for day in (period.since, period.until + timedelta(days=1))
    )
    return and_(moment >= since, moment < until)


def _counted(*groups: ColumnElement[str]) -> Select[*tuple[Any, ...]]:
    """How many rows each combination of the groups has."""
    named = [group.label(f"group_{number}") for number, group in enumerate(groups)]
    columns: list[ColumnElement[Any]] = [*named, func.count()]
    return select(*columns).group_by(*(one.name for one in named))


async def _group(
    connection: AsyncConnection, group: ColumnElement[str], asked: ColumnElement[bool]
) -> Mapping[str, int]:
    found = await connection.execute(_counted(group).where(asked))
    return {row[0]: row[1] for row in found}


async def _took(
    connection: AsyncConnection, asked: ColumnElement[bool], group: ColumnElement[str]
) -> list[tuple[str, AnswerTime]]:
    """Median and 95th percentile of each group: the answers whose places in the order are those, by nearest rank."""
    of = group.label("of")
    placed = (
        select(
            of,
            turns.c.took_ms,
            func.row_number().over(partition_by=of, order_by=turns.c.took_ms).label("place"),
            func.count().over(partition_by=of).label("number"),
        )
        .where(asked)
        .subquery()
    )
    median = placed.c.place == (placed.c.number + 1) // 2
    p95 = placed.c.place == (placed.c.number * 95 + 99) // 100
    query = (
        select(placed.c.of, func.min(placed.c.took_ms), func.max(placed.c.took_ms))
        .where(or_(median, p95))
        .group_by(placed.c.of)
    )
    return [(of, AnswerTime(least, most)) for of, least, most in await connection.execute(query)]


def _day(day: str) -> date:
    return date.fromisoformat(day)
