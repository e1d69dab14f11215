"""The short form of the kills, with each crash point by name, and row D34; `make soak` has the long form."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.adapters.database import engines
from bot.adapters.database.connection import open_database
from bot.announcements.crash_points import CrashPoint
from bot.announcements.model import Policy
from bot.app.announcing import announcing, planner_of, planning_rules
from bot.errors import DatabaseError
from bot.settings import DeliverySettings
from tests.faults.kills import (
    IN_DOUBT_A_KILL,
    Death,
    Ground,
    Story,
    ask_through_kills,
    open_ground,
    paced_story,
    story_of,
)
from tests.faults.sender_process import STATE_FILE
from tests.faults.simulation import BrokenPromiseError

RECIPIENTS = 120
W = 10
BEFORE_ANY_INTENT = (CrashPoint.CP0, CrashPoint.CP1, CrashPoint.CP2)
NOT_ARRIVED = (CrashPoint.CP3, CrashPoint.CP4, CrashPoint.CP5)
IN_DOUBT = (*NOT_ARRIVED, CrashPoint.CP6)


def _in_the_first_round(point: CrashPoint) -> Death:
    """When copies are on their way and no result is there yet.

    Turns come one by one, and the last places wait until a quarter of W is free: fewer than W are sure to be on their way.
    """
    return Death(point, after=1 if point is CrashPoint.CP3 else W - W // 4)


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    async with open_ground(tmp_path, recipients=RECIPIENTS, in_flight=W, lease_s=0.5, per_s=400) as ground:
        yield ground


async def test_D01_D02_a_kill_before_the_first_intent_leaves_each_with_exactly_one_copy(ground: Ground):
    for point in BEFORE_ANY_INTENT:
        books = await ground.tell(Story(seed=0, policy=Policy.AT_MOST_ONCE, deaths=[Death(point)]))
        assert (books.kills, books.sent, books.copies, books.unknown) == (1, RECIPIENTS, RECIPIENTS, 0), point


async def test_D03_D04_at_most_once_a_kill_in_the_call_leaves_at_most_W_unknown_and_no_second_copy(ground: Ground):
    for point in IN_DOUBT:
        books = await ground.tell(Story(seed=0, policy=Policy.AT_MOST_ONCE, deaths=[_in_the_first_round(point)]))
        assert books.kills == 1
        assert 0 < books.unknown <= W
        arrived = 0 if point in NOT_ARRIVED else books.unknown
        assert (books.copies, books.repeated) == (RECIPIENTS - books.unknown + arrived, 0), point


async def test_D03_D04_at_least_once_a_kill_in_the_call_loses_nobody_and_repeats_at_most_W_silently(ground: Ground):
    for point in IN_DOUBT:
        books = await ground.tell(Story(seed=0, policy=Policy.AT_LEAST_ONCE, deaths=[_in_the_first_round(point)]))
        assert (books.kills, books.sent, books.unknown) == (1, RECIPIENTS, 0)
        assert books.copies == RECIPIENTS + books.repeated
        assert (books.repeated == 0) == (point in NOT_ARRIVED), point
        assert books.repeated <= W


@pytest.mark.nightly
async def test_D45_a_kill_at_thirty_a_second_leaves_in_doubt_only_what_may_have_left(tmp_path: Path):
    """It was some 25 a kill when rows were marked before their turn. The bound leaves room for a crowded machine."""
    async with open_ground(tmp_path, recipients=150, in_flight=30, lease_s=0.5, per_s=30) as ground:
        books = await ground.tell(paced_story(1, kills=4))
    assert (books.kills, books.repeated) == (4, 0)
    assert books.in_doubt <= 4 * 2 * IN_DOUBT_A_KILL


async def test_D05_a_kill_with_results_that_are_not_committed_leaves_at_most_W_unknown(ground: Ground):
    for point in (CrashPoint.CP7, CrashPoint.CP8, CrashPoint.CP9):
        books = await ground.tell(Story(seed=0, policy=Policy.AT_MOST_ONCE, deaths=[Death(point, after=2)]))
        assert (books.kills, books.repeated) == (1, 0)
        assert books.sent >= RECIPIENTS - W, point


async def test_D25_a_process_that_stood_still_beyond_its_lease_writes_and_sends_nothing_more(tmp_path: Path):
    story = Story(seed=0, policy=Policy.AT_MOST_ONCE, deaths=[Death(CrashPoint.CP10, after=3)])
    async with open_ground(tmp_path, recipients=RECIPIENTS, in_flight=W, lease_s=3.0, per_s=400) as ground:
        books = await ground.tell(story)
    assert (books.kills, books.repeated) == (1, 0)
    # A term more, where a crowded machine renewed a lease too late, may add its own W; `tell` holds it to that.
    assert 0 < books.in_doubt <= W
    assert books.in_doubt <= books.unknown


@pytest.mark.nightly
async def test_D06_D07_kills_at_random_moments_lost_answers_storms_and_bursts_break_no_promise(ground: Ground):
    books = await ground.tell(story_of(3, recipients=RECIPIENTS, kills=3, lease_s=0.5))
    assert books.kills > 0
    assert books.lost_answers > 0


def test_a_seed_is_the_same_story_each_time():
    assert story_of(7, recipients=3000) == story_of(7, recipients=3000)
    assert story_of(7, recipients=3000) != story_of(8, recipients=3000)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE deliveries SET message_id = 999999999 WHERE chat_id = (SELECT min(chat_id) FROM deliveries)",
        "UPDATE deliveries SET state = 'skipped' WHERE chat_id = (SELECT min(chat_id) FROM deliveries)",
        "DELETE FROM deliveries WHERE chat_id = (SELECT min(chat_id) FROM deliveries)",
        "UPDATE deliveries SET state = 'unknown'",
        None,
    ],
)
async def test_the_harness_notices_books_that_do_not_fit(tmp_path: Path, tampering: str | None):
    """None: a copy that nobody can explain."""
    async with open_ground(tmp_path, recipients=5) as ground:
        await ground.tell(Story(seed=0, policy=Policy.AT_MOST_ONCE, deaths=[]))
        [(announcement_id, words)] = ground.announced
        ground.compare(announcement_id, Policy.AT_MOST_ONCE)
        if tampering is None:
            world = ground.sandbox.world
            [bot] = [bot for bot in world.bots.values() if bot.token]
            messages = world.private(bot, world.personas[ground.recipients[0]]).messages
            messages[10**9] = {"message_id": 10**9, "text": words}
        else:
            with closing(sqlite3.connect(tmp_path / STATE_FILE)) as connection, connection:
                connection.execute(tampering)
        with pytest.raises(BrokenPromiseError):
            ground.compare(announcement_id, Policy.AT_MOST_ONCE)


@pytest.mark.nightly
async def test_I01_no_update_is_lost_over_kills_while_an_announcement_runs(tmp_path: Path):
    async with open_ground(tmp_path, recipients=300, lease_s=0.5, per_s=300) as ground:
        asking = await ask_through_kills(ground, seed=1, updates=300, kills=5, visitors=30)
    assert len(asking.update_ids) == 300
    assert ground.books.kills == 5


async def test_D34_every_commit_of_the_state_is_durable_before_it_counts(tmp_path: Path):
    """In a WAL, NORMAL may take committed intents back when the power fails (CP11)."""
    async with open_database(tmp_path / STATE_FILE) as database:
        await database.migrate()
        async with database.writing() as connection:
            assert await connection.scalar(text("PRAGMA synchronous")) == 2
        async with database.reading() as connection:
            assert await connection.scalar(text("PRAGMA synchronous")) == 2


@pytest.mark.parametrize("setting", ["NORMAL", "OFF"])
async def test_D34_a_database_that_may_lose_what_was_committed_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
):
    monkeypatch.setattr(engines, "_SYNCHRONOUS", setting)
    with pytest.raises(DatabaseError, match="may lose committed writes when the power fails"):
        async with open_database(tmp_path / STATE_FILE):
            pass


async def test_D35_the_program_s_planner_does_not_believe_a_clock_that_has_just_leaped(
    tmp_path: Path,
):
    """Due tomorrow; the clock leaps to the day after and is set right soon."""
    due_at = datetime.now(UTC) + timedelta(days=1)
    async with open_ground(tmp_path, recipients=3) as ground:
        await ground.announce(Policy.AT_MOST_ONCE, due_at=due_at)
        async with open_database(tmp_path / STATE_FILE) as database:
            parts = announcing(database, tmp_path)
            planner = planner_of(parts, planning_rules(DeliverySettings()))
            for now in (due_at - timedelta(days=1), due_at + timedelta(days=1)):
                await planner.wake(now)
                assert await parts.stores.outbox.occurrences() == []
