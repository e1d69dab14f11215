from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from bot.adapters.database.connection import open_database
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.answering.model import Outcome, TurnRecord
from bot.chat_state.model import StoredUpdate
from bot.errors import AlreadyRunningError, DatabaseError
from bot.ids import ChatId, Locale, VisitorId
from tests.support.fakes import FakeTombstones

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
AIDA = VisitorId(7_000_000_001)


def update(update_id):
    return StoredUpdate(update_id, AIDA, "{}", NOW, 0)


@pytest.fixture
async def file(tmp_path):
    """A database with a few hundred visitors, closed."""
    file = tmp_path / "data" / "state.db"
    async with open_database(file) as database:
        await database.migrate()
        store = SqlVisitorStore(database, FakeTombstones())
        async with database.transaction():
            for number in range(1, 301):
                await store.seen(VisitorId(number), app_locale=Locale.KY, now=NOW)
    return file


async def test_I02_an_update_delivered_twice_is_handled_once(file):
    async with open_database(file) as database:
        inbox = SqlInbox(database)
        assert (await inbox.store([update(1)])).new == 1
        await inbox.done(1, now=NOW)
        assert (await inbox.store([update(1)])).new == 0
        assert await inbox.pending(after=0, limit=9) == []


async def test_I02_an_update_whose_effects_failed_is_still_waiting(file):
    async with open_database(file) as database:
        inbox, turns = SqlInbox(database), SqlTurnStore(database)
        await inbox.store([update(1)])
        record = TurnRecord("t", ChatId(AIDA), AIDA, NOW, "?", Locale.EN, Outcome.UNKNOWN, 0.0, (), 1.0)

        async def handle_with_a_failing_effect():
            async with database.transaction():
                await inbox.done(1, now=NOW)
                await turns.record(record)
                await turns.record(record)

        with pytest.raises(DatabaseError):
            await handle_with_a_failing_effect()
        assert await inbox.pending(after=0, limit=9) == [update(1)]
        assert await turns.recent(ChatId(AIDA), AIDA, since=NOW, limit=9) == []


@pytest.mark.parametrize("place", [0, 18, 100, 4096, 4100])
async def test_O06_a_damaged_file_is_named_at_the_start_with_the_way_back(file, place):
    content = bytearray(file.read_bytes())
    content[place : place + 12] = bytes(byte ^ 0xFF for byte in content[place : place + 12])
    file.write_bytes(content)
    with pytest.raises(DatabaseError) as refusal:
        async with open_database(file):
            pass
    assert str(file) in str(refusal.value)
    assert "run `scoda restore` with the last backup, which keeps this file aside" in str(refusal.value)


async def test_O06_damage_deep_in_a_table_is_found_at_the_start(file):
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'visitors'").fetchone()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(file.read_bytes())
    content[(page - 1) * page_bytes] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(DatabaseError, match="is damaged"):
        async with open_database(file):
            pass


async def test_O06_a_file_cut_in_half_is_named_at_the_start(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(DatabaseError, match="is damaged"):
        async with open_database(file):
            pass


async def test_O06_something_that_is_no_database_is_named_at_the_start(file):
    file.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(DatabaseError, match="is damaged"):
        async with open_database(file):
            pass


async def test_O06_a_cut_write_ahead_log_loses_only_whole_transactions(file):
    before = file.read_bytes()
    async with open_database(file) as database:
        for number in (1001, 1002):
            await SqlVisitorStore(database, FakeTombstones()).seen(VisitorId(number), app_locale=None, now=NOW)
        log = file.with_name("state.db-wal").read_bytes()
    copy = file.parent.parent / "restored" / "state.db"
    copy.parent.mkdir()
    copy.write_bytes(before)
    copy.with_name("state.db-wal").write_bytes(log[: len(log) - 100])
    async with open_database(copy) as database:
        store = SqlVisitorStore(database, FakeTombstones())
        assert await store.find(VisitorId(1001)) is not None
        assert await store.find(VisitorId(1002)) is None


async def test_O04_an_older_program_refuses_a_newer_schema(file):
    async with open_database(file) as database, database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for lock in (True, False):
        with pytest.raises(DatabaseError, match="newer version of this program"):
            async with open_database(file, lock=lock):
                pass


async def test_O04_a_migration_that_is_cut_short_changes_nothing_and_is_done_at_the_next_start(tmp_path, monkeypatch):
    upgrade = command.upgrade

    def cut_short(config, revision):
        upgrade(config, revision)
        raise RuntimeError("power cut")

    monkeypatch.setattr(command, "upgrade", cut_short)
    async with open_database(tmp_path / "state.db") as database:
        with pytest.raises(RuntimeError):
            await database.migrate()
        async with database.reading() as connection:
            assert (await connection.execute(text("SELECT name FROM sqlite_master"))).all() == []
        monkeypatch.undo()
        await database.migrate()
        await SqlVisitorStore(database, FakeTombstones()).seen(AIDA, app_locale=None, now=NOW)


async def test_a_reader_needs_a_database_that_is_set_up(tmp_path):
    with pytest.raises(DatabaseError, match="there is no database"):
        async with open_database(tmp_path / "state.db", lock=False):
            pass
    async with open_database(tmp_path / "state.db"):
        pass
    with pytest.raises(DatabaseError, match="scoda knowledge sync"):
        async with open_database(tmp_path / "state.db", lock=False):
            pass


async def test_a_folder_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DatabaseError, match=r"data folder .*data can't be used"):
        async with open_database(tmp_path / "data" / "state.db"):
            pass


@pytest.mark.parametrize("target", ["mysql://host/name", "postgresql://host:port/name"])
async def test_an_address_of_no_known_database_is_refused_by_name(target):
    with pytest.raises(DatabaseError, match=r"store\.database_url"):
        async with open_database(target):
            pass


@pytest.mark.parametrize(
    "address", ["postgresql://scoda:hunter2@/state?", "postgresql://scoda@/state?password=hunter2&"]
)
async def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path, address):
    with pytest.raises(DatabaseError) as refusal:
        async with open_database(f"{address}host={tmp_path}"):
            pass
    assert "scoda:***@" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


HOLDER = """
import asyncio, sys
from datetime import UTC, datetime
from bot.adapters.database.connection import open_database
from bot.adapters.database.inbox_store import SqlInbox
from bot.chat_state.model import StoredUpdate

async def main():
    async with open_database(sys.argv[1]) as database:
        now = datetime(2026, 11, 3, tzinfo=UTC)
        await SqlInbox(database).store([StoredUpdate(7, 1, "{}", now, 0)])
        async with database.transaction():
            await SqlInbox(database).done(7, now=now)
            print("held", flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_process_frees_the_folder_and_leaves_what_it_had_committed(file):
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(file), stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    try:
        assert await holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunningError, match="stop that one first"):
            async with open_database(file):
                pass
        async with open_database(file, lock=False) as reader:
            assert await SqlInbox(reader).count_pending() == 1
    finally:
        holder.send_signal(signal.SIGKILL)
        await holder.communicate()
    async with open_database(file) as database:
        assert [waiting.update_id for waiting in await SqlInbox(database).pending(after=0, limit=9)] == [7]


async def test_a_reader_beside_nobody_leaves_the_database_as_it_was(file):
    before = file.read_bytes()
    async with open_database(file, lock=False) as reader:
        assert await SqlVisitorStore(reader, FakeTombstones()).find(VisitorId(1)) is not None
    assert file.read_bytes() == before


def test_sqlite_is_new_enough_for_the_statements_in_use():
    assert sqlite3.sqlite_version_info >= (3, 35)
