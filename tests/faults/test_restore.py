"""Rows D31 and O05 of tests/faults/README.md: a database that comes from a backup sends nothing by itself."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.outbox_store import SqlOutbox
from bot.adapters.database.relay_tables import relayed_messages
from bot.adapters.database.restore_guard import FILE_NAME, FileRestoreGuard
from bot.adapters.database.subscription_store import SqlSubscribers, SqlSubscriptionStore
from bot.adapters.database.tables import gap_watches
from bot.announcements.model import (
    Content,
    OccurrenceId,
    OccurrenceState,
)
from bot.announcements.planner import Planner, PlannerParts
from bot.announcements.restore_watch import RestoreWatch
from bot.gaps.model import WatchState
from bot.ids import ChatId, Locale, NewsTopic
from bot.relay.model import RelayedState
from bot.visitors.model import Subscription
from tests.support.fake_announcement_sender import NotifiedOrganisers
from tests.support.stored_announcements import approved
from tests.support.whole_state import fill

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
CONTENT = Content(source=Locale.EN, texts={Locale.EN: "The forum begins at ten."})


@asynccontextmanager
async def opened(data: Path) -> AsyncIterator[Database]:
    async with open_database(data / "state.sqlite3") as database:
        await database.migrate()
        yield database


async def was_restored(data: Path) -> bool:
    async with opened(data) as database:
        return await FileRestoreGuard(database, data).was_restored()


async def marked(data: Path, times: int = 1) -> None:
    async with opened(data) as database:
        guard = FileRestoreGuard(database, data)
        for _ in range(times):
            await guard.mark()


def backed_up(data: Path, to: Path) -> None:
    """A backup while the program runs, with the database's own means."""
    to.mkdir(exist_ok=True)
    source, target = sqlite3.connect(data / "state.sqlite3"), sqlite3.connect(to / "state.sqlite3")
    with source, target:
        source.backup(target)
    source.close()
    target.close()


def restored(backup: Path, data: Path) -> None:
    for name in ("state.sqlite3-wal", "state.sqlite3-shm"):
        (data / name).unlink(missing_ok=True)
    shutil.copyfile(backup / "state.sqlite3", data / "state.sqlite3")


async def test_a_new_database_and_one_that_went_on_were_not_restored(tmp_path: Path):
    assert not await was_restored(tmp_path)
    await marked(tmp_path)
    assert not await was_restored(tmp_path)
    await marked(tmp_path, 3)
    assert not await was_restored(tmp_path)


async def test_D31_a_backup_from_before_the_last_mark_is_known_and_good_again_after_a_word(tmp_path: Path):
    await marked(tmp_path, 2)
    backed_up(tmp_path, tmp_path / "backup")
    assert not await was_restored(tmp_path)
    await marked(tmp_path)
    restored(tmp_path / "backup", tmp_path)
    assert await was_restored(tmp_path)
    async with opened(tmp_path) as database:
        guard = FileRestoreGuard(database, tmp_path)
        assert await guard.was_restored()
        await guard.accept()
        assert not await guard.was_restored()
    assert not await was_restored(tmp_path)
    await marked(tmp_path)
    restored(tmp_path / "backup", tmp_path)
    assert await was_restored(tmp_path), "the same backup once more"


async def test_D31_a_kill_between_database_and_file_is_no_restore(tmp_path: Path):
    await marked(tmp_path)
    before = (tmp_path / FILE_NAME).read_bytes()
    await marked(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(before.replace(before.split()[2], _number(tmp_path / FILE_NAME)))
    assert not await was_restored(tmp_path)


@pytest.mark.parametrize("content", ["", "1 2", "1 99 3\n", "not a number at all", "\x7f" * 40])
async def test_D31_a_damaged_file_counts_as_missing(tmp_path: Path, content: str):
    await marked(tmp_path)
    (tmp_path / FILE_NAME).write_text(content, encoding="ascii")
    assert await was_restored(tmp_path)


async def test_O05_a_database_on_another_machine_waits_for_a_word(tmp_path: Path):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    await marked(home)
    backed_up(home, elsewhere)
    assert await was_restored(elsewhere)


async def test_O05_a_copy_of_the_whole_folder_waits_for_a_word(tmp_path: Path):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    await marked(home)
    shutil.copytree(home, elsewhere)
    assert await was_restored(elsewhere)
    assert not await was_restored(home)


async def test_O05_another_database_in_this_folder_waits_for_a_word(tmp_path: Path):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for folder, times in ((home, 1), (elsewhere, 5)):
        folder.mkdir()
        await marked(folder, times)
    restored(elsewhere, home)
    assert await was_restored(home)


async def test_D31_an_announcement_that_was_sent_since_the_backup_is_not_sent_again_unasked(tmp_path: Path):
    """Planned at 9:30; the backup is of 9:00, when it was approved and not due."""
    async with opened(tmp_path) as database:
        await _approve(database, due_at=NOW)
        await FileRestoreGuard(database, tmp_path).mark()
    backed_up(tmp_path, tmp_path / "backup")
    async with opened(tmp_path) as database:
        planner, told = _planner(database, tmp_path)
        await planner.wake(NOW)
        assert [one.state for one in await SqlOutbox(database).occurrences()] == [OccurrenceState.RUNNING]
        assert told.events == []
    restored(tmp_path / "backup", tmp_path)
    async with opened(tmp_path) as database:
        planner, told = _planner(database, tmp_path)
        await planner.wake(NOW + timedelta(minutes=10))
        [occurrence] = await SqlOutbox(database).occurrences()
        assert occurrence.state is OccurrenceState.AWAITING_CONFIRMATION
        assert occurrence.audience == 0
        assert told.events == ["database_restored", "occurrence_awaits_word"]


def _planner(database: Database, data: Path) -> tuple[Planner, NotifiedOrganisers]:
    told, outbox = NotifiedOrganisers(), SqlOutbox(database)
    parts = PlannerParts(
        announcements=SqlAnnouncementStore(database),
        subscribers=SqlSubscribers(database),
        outbox=outbox,
        watch=RestoreWatch(FileRestoreGuard(database, data), outbox, told),
        notify=told,
        transaction=database.transaction,
    )
    return Planner(parts), told


async def test_D31_a_file_put_in_place_by_hand_is_held_once_and_waits_for_a_word_if_somebody_waits(tmp_path: Path):
    await marked(tmp_path, 2)
    async with opened(tmp_path) as database:
        await fill(database, rows=2)
        async with database.writing() as connection:
            await connection.execute(update(gap_watches).values(state=WatchState.WAITING))
            await connection.execute(update(relayed_messages).values(state=RelayedState.WAITING))
    backed_up(tmp_path, tmp_path / "backup")
    await marked(tmp_path)
    async with opened(tmp_path) as database:
        await FileRestoreGuard(database, tmp_path).hold(now=NOW)
        assert await _relayed(database) == {RelayedState.WAITING}, "it was not restored"
    restored(tmp_path / "backup", tmp_path)
    async with opened(tmp_path) as database:
        guard = FileRestoreGuard(database, tmp_path)
        await guard.hold(now=NOW)
        assert await guard.needs_word()
        assert await _relayed(database) == {RelayedState.SENDING}, "in doubt for whoever carries"
        async with database.writing() as connection:
            await connection.execute(update(relayed_messages).values(state=RelayedState.WAITING))
        await FileRestoreGuard(database, tmp_path).hold(now=NOW)
        assert await _relayed(database) == {RelayedState.WAITING}, "what was written since the restore is new"
        watch = RestoreWatch(guard, SqlOutbox(database), NotifiedOrganisers())
        await SqlOutbox(database).set_state(OccurrenceId("w1"), OccurrenceState.STOPPED, now=NOW)
        await SqlOutbox(database).set_state(OccurrenceId("w2"), OccurrenceState.STOPPED, now=NOW)
        await watch.settle(now=NOW)
        assert await guard.was_restored(), "nothing is left to decide of announcements, and somebody waits"
        await guard.accept()
        assert not await guard.was_restored()


async def _relayed(database: Database) -> set[str]:
    async with database.reading() as connection:
        return set(await connection.scalars(select(relayed_messages.c.state)))


async def _approve(database: Database, *, due_at: datetime) -> None:
    subscription = Subscription(
        chat_id=ChatId(7_000_000_011), agreed_at=NOW, topics=frozenset(NewsTopic), locale=Locale.EN
    )
    await SqlSubscriptionStore(database).save(subscription)
    announcement = approved("forum", CONTENT, due_at=due_at)
    await SqlAnnouncementStore(database).create(announcement, request_key="forum")


def _number(file: Path) -> bytes:
    return str(file.stat().st_ino).encode()
