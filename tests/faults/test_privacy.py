from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.database.budget_store import Budgets, SqlBudgetLedger
from bot.adapters.database.button_store import SqlButtonStore
from bot.adapters.database.engine import open_database
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.answering.model import Feedback, Outcome, TurnRecord
from bot.inbox.model import Action, Button, StoredUpdate
from bot.visitors.service import VisitorService
from bot.vocabulary import ChatId, Locale, VisitorId
from tests.fakes import exported

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
KEEP = timedelta(days=30)
AIDA = VisitorId(7_000_000_001)
QUESTION = "Паровоз қашан келеді, менің нөмірім 4512-7788?"


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        yield database


async def leave_traces(database, *, at=NOW):
    service = VisitorService(SqlVisitorStore(database), retention=KEEP)
    await service.greet(AIDA, app_locale=Locale.KK, now=at)
    turn = TurnRecord("t", ChatId(AIDA), AIDA, at, QUESTION, Locale.KK, Outcome.ANSWERED, 0.9, (), 3.0)
    await SqlTurnStore(database).record(turn)
    await SqlTurnStore(database).rate("t", AIDA, Feedback.HELPFUL, now=at)
    await SqlButtonStore(database).issue(
        [Button("b", ChatId(AIDA), AIDA, Action.ASK, QUESTION, at + timedelta(days=1))]
    )
    await SqlInbox(database).store([StoredUpdate(1, AIDA, json.dumps({"text": QUESTION}), at, 0)])
    await SqlBudgetLedger(database, Budgets(visitor_day=9, day=9, in_all=9)).reserve(AIDA, 1, now=at)
    return service


async def test_P02_my_data_shows_the_rows_of_every_table(database):
    service = await leave_traces(database)
    tables = await exported(service.my_data(AIDA))
    assert {name: len(rows) for name, rows in tables.items() if rows} == {
        "visitors": 1,
        "inbox": 1,
        "buttons": 1,
        "turns": 1,
        "feedback": 1,
        "model_use_by_visitor": 1,
    }
    assert json.loads(json.dumps(tables))["turns"][0]["question"] == QUESTION


async def test_P03_after_delete_me_nothing_of_the_visitor_is_in_the_files(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        service = await leave_traces(database)
        assert await service.delete_me(AIDA, now=NOW) == 6
        assert not any((await exported(service.my_data(AIDA))).values())
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert "Паровоз".encode() not in content
        assert json.dumps("Паровоз").strip('"').encode() not in content


async def test_P03_deleting_twice_changes_nothing_more_and_a_keyed_tombstone_stands(database):
    service = await leave_traces(database)
    await service.delete_me(AIDA, now=NOW)
    assert await service.delete_me(AIDA, now=NOW) == 0
    assert await SqlVisitorStore(database).is_forgotten(AIDA)


async def test_P03_deleting_in_the_transaction_of_its_own_update_closes_that_update(database):
    service = await leave_traces(database)
    inbox = SqlInbox(database)
    async with database.transaction():
        await service.greet(AIDA, app_locale=Locale.KK, now=NOW)
        await service.delete_me(AIDA, now=NOW)
        await inbox.done(1, now=NOW)
    assert await inbox.count_pending() == 0
    assert await inbox.latest_update_id() == 1
    assert not any((await exported(service.my_data(AIDA))).values())


async def test_P04_questions_older_than_the_retention_are_gone(database):
    service = await leave_traces(database)
    await SqlInbox(database).done(1, now=NOW)
    await SqlInbox(database).store([StoredUpdate(2, AIDA, "{}", NOW, 0)])
    assert await service.sweep(now=NOW + KEEP) == 0
    assert await service.sweep(now=NOW + KEEP + timedelta(seconds=1)) == 2
    assert await service.sweep(now=NOW + KEEP + timedelta(days=2)) == 2
    tables = await exported(service.my_data(AIDA))
    assert {name: len(rows) for name, rows in tables.items() if rows} == {"visitors": 1, "inbox": 1}
    assert QUESTION not in repr(tables)


async def test_P05_a_visitor_who_blocks_the_bot_is_unreachable_at_once(database):
    service = await leave_traces(database)
    await service.unreachable(AIDA)
    assert not (await SqlVisitorStore(database).find(AIDA)).is_reachable
