"""What the language model may cost, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.adapters.database.budget_store import Budgets, Spending, SqlBudgetLedger
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.ids import VisitorId
from bot.visitors.model import Retention
from tests.support.fakes import FakeTombstones, exported

NOW = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
NEXT_DAY = NOW + timedelta(hours=1)
AIDA, OTHER = VisitorId(7_000_000_001), VisitorId(7_000_000_002)
WIDE = Budgets(visitor_day=1000, day=1000, in_all=1000)


async def reserved(ledger: SqlBudgetLedger, count: int, tokens: int = 100, *, visitor_id=AIDA, now=NOW) -> int:
    """How many of so many reservations at once were granted."""
    asked = (ledger.reserve(visitor_id, tokens, now=now) for _ in range(count))
    return sum(granted is not None for granted in await asyncio.gather(*asked))


@pytest.mark.parametrize(
    "budgets",
    [Budgets(1000, 9999, 9999), Budgets(9999, 1000, 9999), Budgets(9999, 9999, 1000)],
    ids=["of a visitor", "of a day", "in all"],
)
async def test_R03_fifty_at_once_never_spend_more_than_the_budget(database: Database, budgets: Budgets):
    ledger = SqlBudgetLedger(database, budgets)
    assert await reserved(ledger, 50) == 10
    assert (await ledger.spent_on(NOW)).tokens == 1000
    assert (await ledger.spent_in_all()).tokens == 1000
    assert await ledger.reserve(AIDA, 1, now=NOW) is None


async def test_R03_one_visitors_budget_is_not_anothers_and_nobody_has_none_of_their_own(database: Database):
    ledger = SqlBudgetLedger(database, Budgets(visitor_day=100, day=250, in_all=9999))
    assert await reserved(ledger, 3) == 1
    assert await reserved(ledger, 1, visitor_id=OTHER) == 1
    assert await reserved(ledger, 3, 50, visitor_id=None) == 1, "what the day has left"


async def test_R03_what_was_refused_is_counted_nowhere(database: Database):
    ledger = SqlBudgetLedger(database, Budgets(visitor_day=100, day=1000, in_all=1000))
    assert await reserved(ledger, 20) == 1
    assert (await ledger.spent_on(NOW)).tokens == (await ledger.spent_in_all()).tokens == 100


async def test_R03_the_next_day_of_utc_has_its_own_budget_and_all_time_has_not(database: Database):
    ledger = SqlBudgetLedger(database, Budgets(visitor_day=100, day=100, in_all=200))
    assert await reserved(ledger, 2) == 1
    in_qingdao = NOW.astimezone(timezone(timedelta(hours=8)))
    assert in_qingdao.date() == NEXT_DAY.date()
    assert await reserved(ledger, 2, now=in_qingdao) == 0
    assert await reserved(ledger, 2, now=NEXT_DAY) == 1
    assert await reserved(ledger, 2, now=NEXT_DAY + timedelta(days=1)) == 0, "the budget in all is used up"


async def test_settling_puts_the_real_use_in_the_place_of_the_reserved(database: Database):
    ledger = SqlBudgetLedger(database, WIDE)
    reservation = await ledger.reserve(AIDA, 900, now=NOW)
    assert reservation is not None
    assert await ledger.reserve(AIDA, 200, now=NOW) is None
    await ledger.settle(reservation, prompt_tokens=150, completion_tokens=50)
    assert await ledger.spent_on(NOW) == await ledger.spent_in_all() == Spending(200, 150, 50)
    assert await ledger.reserve(AIDA, 800, now=NOW) is not None


async def test_a_reservation_of_yesterday_is_settled_against_yesterday(database: Database):
    ledger = SqlBudgetLedger(database, WIDE)
    reservation = await ledger.reserve(AIDA, 900, now=NOW)
    assert reservation is not None
    assert await ledger.reserve(AIDA, 100, now=NEXT_DAY) is not None
    await ledger.settle(reservation, prompt_tokens=1, completion_tokens=1)
    assert (await ledger.spent_on(NOW)).tokens == 2
    assert (await ledger.spent_on(NEXT_DAY)).tokens == 100


async def test_R03_a_reservation_of_a_process_that_was_killed_stays_spent(tmp_path):
    file = tmp_path / "state.db"
    async with open_database(file) as database:
        await database.migrate()
        assert await reserved(SqlBudgetLedger(database, WIDE), 1, 900) == 1
    async with open_database(file) as database:
        assert await reserved(SqlBudgetLedger(database, WIDE), 1, 200) == 0


async def test_P03_a_forgotten_visitor_leaves_sums_and_no_row(database: Database):
    ledger = SqlBudgetLedger(database, WIDE)
    reservation = await ledger.reserve(AIDA, 300, now=NOW)
    assert reservation is not None
    visitors = SqlVisitorStore(database, FakeTombstones())
    assert len((await exported(visitors.export(AIDA)))["model_use_by_visitor"]) == 1
    await visitors.forget(AIDA, now=NOW)
    await ledger.settle(reservation, prompt_tokens=30, completion_tokens=20)
    assert (await exported(visitors.export(AIDA)))["model_use_by_visitor"] == ()
    assert await ledger.spent_on(NOW) == Spending(50, 30, 20), "who asks to be forgotten gives the day no tokens back"


async def test_P04_who_used_how_much_is_forgotten_after_the_retention(database: Database):
    ledger = SqlBudgetLedger(database, WIDE)
    assert await reserved(ledger, 1) == 1
    visitors = SqlVisitorStore(database, FakeTombstones())
    assert await visitors.sweep(Retention(), now=NOW + timedelta(days=30)) == 0
    assert await visitors.sweep(Retention(), now=NEXT_DAY + timedelta(days=30)) == 1
    assert (await ledger.spent_in_all()).tokens == 100


async def test_nothing_is_spent_before_the_first_call(database: Database):
    ledger = SqlBudgetLedger(database, WIDE)
    assert await ledger.spent_on(NOW) == await ledger.spent_in_all() == Spending()
