"""The store of reminders keeps what its port promises: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.adapters.database.reminder_store import SqlReminderStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.ids import VisitorId
from bot.reminding.model import Phase, Reminder
from bot.visitors.model import Retention
from tests.support.fake_reminder_store import expiry
from tests.support.fakes import FakeTombstones

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
ENDS = date(2026, 12, 1)
EDITOR, OTHER = VisitorId(7_000_000_001), VisitorId(7_000_000_002)
BEFORE = Reminder(expiry("size", ENDS), Phase.BEFORE)
AFTER = Reminder(expiry("size", ENDS), Phase.AFTER)
RENEWED = Reminder(expiry("size", ENDS + timedelta(days=1)), Phase.BEFORE)


@pytest.fixture
def store(stores):
    return stores.reminders


async def test_what_was_noted_is_not_noted_again(store):
    assert await store.note(EDITOR, [BEFORE], now=NOW) == [BEFORE]
    assert await store.note(EDITOR, [BEFORE, AFTER, RENEWED], now=NOW) == [AFTER, RENEWED]
    assert await store.note(EDITOR, [BEFORE, AFTER], now=NOW) == []
    assert await store.note(OTHER, [BEFORE], now=NOW) == [BEFORE]


async def test_the_last_moment_is_known(store):
    assert await store.last_told(EDITOR) is None
    await store.note(EDITOR, [AFTER], now=NOW + timedelta(days=4))
    await store.note(EDITOR, [BEFORE], now=NOW)
    assert await store.last_told(EDITOR) == NOW + timedelta(days=4)
    assert await store.last_told(OTHER) is None


async def test_what_is_taken_back_was_not_told(store):
    await store.note(EDITOR, [BEFORE, AFTER], now=NOW)
    await store.note(OTHER, [BEFORE], now=NOW)
    await store.take_back(EDITOR, [BEFORE])
    await store.take_back(EDITOR, [])
    assert await store.note(EDITOR, [BEFORE, AFTER], now=NOW) == [BEFORE]
    assert await store.note(OTHER, [BEFORE], now=NOW) == []


async def test_P03_who_is_forgotten_is_forgotten_here_too_and_the_rows_are_in_their_export(database):
    store, visitors = SqlReminderStore(database), SqlVisitorStore(database, FakeTombstones())
    await store.note(EDITOR, [BEFORE, AFTER], now=NOW)
    await store.note(OTHER, [BEFORE], now=NOW)
    rows = [row async for page in visitors.export(EDITOR) for row in page.rows if page.table == "reminders"]
    assert len(rows) == 2
    await visitors.forget(EDITOR, now=NOW)
    assert await store.last_told(EDITOR) is None
    assert await store.last_told(OTHER) == NOW


async def test_P04_reminders_go_sixty_days_after_the_end_that_they_are_about(database):
    store, visitors = SqlReminderStore(database), SqlVisitorStore(database, FakeTombstones())
    await store.note(EDITOR, [BEFORE], now=NOW)
    end = datetime(2027, 1, 30, tzinfo=UTC)
    assert await visitors.sweep(Retention(), now=end) == 0
    assert await visitors.sweep(Retention(), now=end + timedelta(days=1)) == 1
