"""The sums by which capacity is planned, on cases that one can reckon by hand, and what the runbook says of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.database.engines import postgresql_engine, url_of
from bot.chat.wire import pace
from bot.chat.wire.pace_terms import Rates
from tests.support.planning import FREE, GREAT, OWN_SHARE, PAID, POOL, Cost, Costs, Load, Machines, Pace, Plan

RUNBOOK = Path(__file__).parents[2] / "config" / "RUNBOOK.md"
COSTS = Costs(
    question=Cost(bot_s=0.030, database_s=0.004, commits=5),
    repeated=Cost(bot_s=0.010, database_s=0.004, commits=5),
    copy=Cost(bot_s=0.002, database_s=0.0005, commits=0.1),
    commits_per_s=2_000,
)
IDLE, SOME = Load(questions_per_s=0.0), Load(questions_per_s=100.0)


def plan(pace: Pace = GREAT, replicas: int = 5, load: Load = SOME) -> Plan:
    return Plan(load, Machines(replicas=replicas), pace, COSTS)


def test_each_resource_is_used_by_what_a_question_costs_of_it():
    assert plan().used == pytest.approx({"Telegram": 0.1, "web": 0.6, "PostgreSQL": 0.1, "commits": 0.25})
    assert plan().connections == 60


def test_each_replica_and_the_sender_cost_something_at_rest():
    costs = replace(COSTS, rest=Cost(bot_s=0.05, database_s=0.02, commits=10))
    used = Plan(SOME, Machines(replicas=5), GREAT, costs).used
    assert used == pytest.approx({"Telegram": 0.1, "web": 0.65, "PostgreSQL": 0.13, "commits": 0.28})


def test_a_repeated_question_costs_less_and_shares_are_mixed():
    assert plan(load=Load(questions_per_s=100.0, repeated=0.5)).used["web"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("pace", "replicas", "first", "keeps_up"),
    [(FREE, 5, "Telegram", False), (GREAT, 2, "web", False), (GREAT, 5, "web", True), (GREAT, 30, "commits", True)],
)
def test_what_is_full_first_is_named(pace: Pace, replicas: int, first: str, keeps_up: bool):
    assert (plan(pace, replicas).first, plan(pace, replicas).keeps_up) == (first, keeps_up)


@pytest.mark.parametrize(
    ("pace", "load", "per_s", "bound"),
    [
        (FREE, IDLE, 30, "Telegram"),
        (FREE, Load(questions_per_s=10.0), 20, "Telegram"),
        (FREE, Load(), 3, "Telegram"),
        (PAID, Load(), 500, "sender"),
        (Pace("", 30, 400), Load(), 400, "Telegram"),
        (Pace("", 100), Load(questions_per_s=95.0), 10, "Telegram"),
        (Pace("", 10_000), Load(questions_per_s=396.0), 200, "commits"),
        (Pace("", 10_000), Load(questions_per_s=400.0), 0, "commits"),
    ],
)
def test_copies_go_as_fast_as_the_narrowest_place_lets_them(pace: Pace, load: Load, per_s: float, bound: str):
    found, by = plan(pace, load=load).copies_per_s
    assert (found, by) == (pytest.approx(per_s), bound)


def test_a_database_that_is_full_lets_no_copy_through():
    assert plan(Pace("", 10_000), load=Load(questions_per_s=500.0)).hours == float("inf")


def test_the_shares_and_limits_are_those_of_the_program():
    engine = postgresql_engine(url_of("postgresql://bot@127.0.0.1/state"))
    assert engine.pool.size() + engine.pool._max_overflow == POOL
    assert pace._OWN_SHARE == OWN_SHARE
    assert (FREE.overall_per_s, PAID.overall_per_s, PAID.paid_per_s) == (30, 30, Rates().paid_per_s)
    assert Rates().overall_per_s == FREE.overall_per_s


def test_the_runbook_says_of_telegrams_limits_what_the_sums_say():
    """Wherever its machine's figures come from: these need none."""
    said = " ".join(RUNBOOK.read_text(encoding="utf-8").partition("## Planning capacity")[2].split())
    quick = Plan(Load(), Machines(replicas=5), PAID, replace(COSTS, copy=Cost(0.0005, 0.0001, 0.01)))
    alone, beside = plan(FREE, load=IDLE), plan(FREE, load=Load())
    assert f"{alone.hours:.1f} hours" in said
    assert f"{beside.hours:.0f} hours" in said
    assert f"{quick.hours * 60:.0f} minutes" in said
    assert f"{Load().questions_per_s:.0f} a second" in said
    assert f"{Load().subscribers // 10:,} Stars" in said
