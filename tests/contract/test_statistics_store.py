"""The sums over questions are the same on both databases, and right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.adapters.database.connection import Database
from bot.adapters.database.statistics_store import SqlStatistics
from bot.adapters.database.subscription_store import SqlSubscriptionStore
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.answering.model import Feedback, Outcome, TurnRecord
from bot.ids import ChatId, Locale, SectionKey, VisitorId
from bot.reports.statistics import AnswerTime, Grouping, Period
from bot.visitors.model import Subscription
from tests.support.fakes import FakeTombstones

FIRST, SECOND = date(2026, 11, 3), date(2026, 11, 4)
PERIOD = Period(FIRST, SECOND)
MORNING = datetime(2026, 11, 3, 2, tzinfo=UTC)
"""Ten o'clock there."""


def turn(
    number: int,
    *,
    at: datetime = MORNING,
    locale: Locale = Locale.RU,
    outcome: Outcome = Outcome.ANSWERED,
    keys: tuple[str, ...] = ("expo/halls.md#where",),
    took_ms: float = 20.0,
) -> TurnRecord:
    return TurnRecord(
        turn_id=f"t{number}",
        chat_id=ChatId(11),
        visitor_id=VisitorId(11),
        asked_at=at,
        question="?",
        locale=locale,
        outcome=outcome,
        score=0.9,
        keys=tuple(map(SectionKey.parse, keys)),
        took_ms=took_ms,
    )


async def stored(database: Database, *turns: TurnRecord) -> None:
    for one in turns:
        await SqlTurnStore(database).record(one)


async def test_nothing_kept_gives_no_figures(database):
    counted = await SqlStatistics(database).count(PERIOD)
    assert (counted.questions, counted.took, counted.subscribers) == (0, None, 0)
    assert counted.each_day() == [(FIRST, 0), (SECOND, 0)]
    assert counted.by(Grouping.TOPIC) == []


async def test_a_day_begins_at_midnight_in_the_venues_zone(database):
    midnight = datetime(2026, 11, 3, 16, tzinfo=UTC)
    moments = [midnight - timedelta(days=1, microseconds=1), midnight - timedelta(microseconds=1), midnight]
    moments += [midnight + timedelta(days=1, microseconds=-1), midnight + timedelta(days=1)]
    await stored(database, *(turn(number, at=at) for number, at in enumerate(moments)))
    counted = await SqlStatistics(database).count(PERIOD)
    assert counted.each_day() == [(FIRST, 1), (SECOND, 2)]


async def test_questions_are_counted_by_language_topic_and_outcome(database):
    await stored(
        database,
        turn(1),
        turn(2, keys=("logistics/trains.md#how-many", "expo/halls.md#where"), locale=Locale.ZH),
        turn(3, keys=("logistics/a/b.md#x",)),
        turn(4, keys=("展会/大厅.md#x",), outcome=Outcome.CLARIFY),
        turn(5, keys=(), outcome=Outcome.UNKNOWN),
        turn(6, keys=("loose.md#x",)),
    )
    counted = await SqlStatistics(database).count(PERIOD)
    assert counted.by_day == {(FIRST, Locale.RU): 5, (FIRST, Locale.ZH): 1}
    assert dict(counted.by(Grouping.TOPIC)) == {"logistics": 2, "expo": 1, "展会": 1, "": 1, "loose.md#x": 1}
    assert dict(counted.by(Grouping.OUTCOME)) == {"answered": 4, "clarify": 1, "unknown": 1}


@pytest.mark.parametrize(
    ("times", "median", "p95"),
    [([5.0], 5, 5), ([1.0, 9.0], 1, 9), ([3.0, 1.0, 2.0], 2, 3), (list(map(float, range(1, 101))), 50, 95)],
)
async def test_median_and_percentile_are_those_of_the_nearest_rank(database, times, median, p95):
    await stored(database, *(turn(number, took_ms=took_ms) for number, took_ms in enumerate(times)))
    await stored(database, turn(900, at=MORNING + timedelta(days=9), took_ms=1e6))
    counted = await SqlStatistics(database).count(PERIOD)
    assert counted.took == AnswerTime(median, p95)
    assert counted.took_by_day == {FIRST: AnswerTime(median, p95)}


async def test_each_day_has_its_own_times(database):
    await stored(database, turn(1, took_ms=10), turn(2, at=MORNING + timedelta(days=1), took_ms=30))
    counted = await SqlStatistics(database).count(PERIOD)
    assert counted.took_by_day == {FIRST: AnswerTime(10, 10), SECOND: AnswerTime(30, 30)}
    assert counted.took == AnswerTime(10, 30)


async def test_opinions_are_counted_by_the_day_on_which_they_were_given(database):
    await stored(database, turn(1), turn(2))
    rate = SqlTurnStore(database).rate
    await rate("t1", VisitorId(11), Feedback.HELPFUL, now=MORNING)
    await rate("t2", VisitorId(11), Feedback.UNHELPFUL, now=MORNING + timedelta(days=1))
    await rate("t2", VisitorId(12), Feedback.HELPFUL, now=MORNING + timedelta(days=2))
    counted = await SqlStatistics(database).count(PERIOD)
    assert counted.opinions == {(FIRST, Feedback.HELPFUL): 1, (SECOND, Feedback.UNHELPFUL): 1}


async def test_subscribers_are_those_who_agreed_and_can_be_reached(database):
    subscriptions, visitors = SqlSubscriptionStore(database), SqlVisitorStore(database, FakeTombstones())
    long_ago = MORNING - timedelta(days=90)
    for chat_id, agreed_at in ((11, MORNING), (12, long_ago), (13, None), (14, MORNING), (-100, MORNING)):
        await subscriptions.save(Subscription(chat_id=ChatId(chat_id), agreed_at=agreed_at))
    await visitors.seen(VisitorId(14), app_locale=None, now=MORNING)
    await visitors.unreachable(VisitorId(14))
    counted = await SqlStatistics(database).count(PERIOD)
    assert counted.subscribers == 3
    assert counted.agreed == {FIRST: 2}


async def test_who_is_forgotten_is_counted_no_more(database):
    await stored(database, turn(1))
    await SqlTurnStore(database).rate("t1", VisitorId(11), Feedback.HELPFUL, now=MORNING)
    await SqlVisitorStore(database, FakeTombstones()).forget(VisitorId(11), now=MORNING)
    counted = await SqlStatistics(database).count(PERIOD)
    assert (counted.questions, counted.opinions) == (0, {})


async def test_it_is_counted_how_often_a_section_was_told_first(database):
    halls, gates = "expo/halls.md#where", "expo/gates.md#where"
    await stored(
        database,
        turn(1, keys=(halls, gates)),
        turn(2, keys=(halls,)),
        turn(3, keys=(gates,)),
        turn(4, keys=()),
        turn(5, at=MORNING - timedelta(days=40)),
    )
    assert await SqlTurnStore(database).told_since(MORNING - timedelta(days=30)) == {halls: 2, gates: 1}
