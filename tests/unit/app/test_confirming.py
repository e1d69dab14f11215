from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.marks import write_marks
from bot.adapters.database.restore_guard import FileRestoreGuard
from bot.adapters.database.restored_rows import HELD, UNTIL_SAID
from bot.adapters.system.clock import Clock
from bot.app.confirming import RestoreWord, confirm
from bot.app.restore import word_spool_of


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "state.sqlite3") as database:
        await database.migrate()
        yield database


async def test_a_state_that_was_never_restored_may_send_once_the_chat_has_started(database, tmp_path):
    word, started = RestoreWord(database, tmp_path), asyncio.Event()
    await word.begin()
    assert word.given.is_set()
    assert word.state == "ok"
    following = asyncio.create_task(word.follow(started))
    await asyncio.sleep(0)
    assert not word.may_send.is_set()
    started.set()
    await following
    assert word.may_send.is_set()


async def test_a_restored_one_waits_for_the_word_of_whoever_types_the_command(database, tmp_path):
    await write_marks(database, {HELD: UNTIL_SAID})
    word, started = RestoreWord(database, tmp_path), asyncio.Event()
    started.set()
    await word.begin()
    assert word.state == "restored: waits for `scoda restore --confirm`"
    async with Clock() as clock:
        word.schedule(clock)
        following = asyncio.create_task(word.follow(started))
        spool = word_spool_of(tmp_path)
        assert not (await spool.ask({"order": "something else"}, patience_s=30.0))["ok"]
        assert not word.may_send.is_set()
        assert await spool.ask({"order": "confirm_restore"}, patience_s=30.0) == {"ok": True, "waited": True}
        await following
        assert await spool.ask({"order": "confirm_restore"}, patience_s=30.0) == {"ok": True, "waited": False}
    assert word.state == "ok"
    assert not await FileRestoreGuard(database, tmp_path).was_restored()


async def test_the_word_that_an_organiser_gives_in_the_chat_counts_too(database, tmp_path):
    await write_marks(database, {HELD: UNTIL_SAID})
    word = RestoreWord(database, tmp_path)
    await word.begin()
    assert not word.given.is_set()
    await confirm(FileRestoreGuard(database, tmp_path))
    async with Clock() as clock:
        word.schedule(clock)
        await word.given.wait()
