"""A state that is looked at as it is, on both databases: nothing is checked before, and nothing is changed."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.adapters.archive.folder import name_of
from bot.adapters.database.connection import Database, open_database, open_to_look
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.restore_guard import FILE_NAME, FileRestoreGuard
from bot.adapters.database.state_owner import Owner, StateOwner
from bot.adapters.database.tables import subscriptions
from bot.adapters.database.vitals import vitals_of, zones_in_use
from bot.app.doctor.state_checks import look_at_backups, look_at_database, look_at_restore
from bot.errors import DatabaseError
from bot.operations.examining import Severity
from bot.settings import BackupSettings, Settings
from tests.support.processes import free_port

NOW = datetime(2031, 3, 1, 12, tzinfo=UTC)


def _snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}


@pytest.fixture
def server_url(new_postgresql: Callable[[], str]) -> str:
    """An empty PostgreSQL database of the test's own."""
    return new_postgresql()


@pytest.fixture(params=["sqlite", "postgresql"])
async def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database of each kind is, whole and of this program's schema; nobody has it open."""
    where = str(tmp_path / "state.db") if request.param == "sqlite" else request.getfixturevalue("server_url")
    async with open_database(where) as database:
        await database.migrate()
    return where


@asynccontextmanager
async def _looked(target: str, *, is_running: bool = False) -> AsyncIterator[Database]:
    async with open_to_look(target, is_running=is_running) as database:
        yield database


async def _subscribe(database: Database, zone: str) -> None:
    async with database.writing() as connection:
        row = {"chat_id": 9, "zone": zone, "country": "", "agreed_at": NOW}
        await connection.execute(subscriptions.insert(), [row])


async def _set_revision(target: str, revision: str) -> None:
    url = make_url(target).set(drivername="postgresql+psycopg") if "://" in target else f"sqlite+aiosqlite:///{target}"
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})
    await engine.dispose()


async def test_a_whole_database_tells_what_it_is(target):
    async with _looked(target) as database:
        vitals = await vitals_of(database)
        found = await look_at_database(database, now=vitals.server_now or NOW)
    assert vitals.engine.startswith(("SQLite 3.", "PostgreSQL 1"))
    assert (vitals.revision, vitals.is_current, vitals.is_newer) == (REVISIONS[-1], True, False)
    assert (vitals.unsafe, vitals.damage) == ((), ())
    assert vitals.size > 100_000
    assert [one.severity for one in found] == [Severity.FINE]
    assert "user:" not in found[0].where


async def test_beside_who_has_it_open_what_is_committed_is_seen_and_nothing_can_be_written(target):
    async with open_database(target) as running:
        await _subscribe(running, "Asia/Tashkent")
        async with _looked(target, is_running=True) as database:
            assert await zones_in_use(database) == {"Asia/Tashkent"}
            with pytest.raises(DatabaseError, match="reading only"):
                await _subscribe(database, "Asia/Almaty")
            await running.ping()


@pytest.mark.parametrize(
    ("revision", "severity", "words"),
    [("9999", Severity.ERROR, "newer version"), (REVISIONS[-2], Severity.WARNING, "older than this program")],
)
async def test_O04_a_schema_of_another_program_is_told_and_left(target, revision, severity, words):
    await _set_revision(target, revision)
    async with _looked(target) as database:
        [_, told] = await look_at_database(database, now=(await vitals_of(database)).server_now or NOW)
        assert (await vitals_of(database)).revision == revision
    assert told.severity is severity
    assert words in told.what
    assert told.advice


async def test_D31_a_state_from_a_backup_is_told_until_somebody_has_said_so(target, tmp_path):
    async with open_database(target) as database:
        guard = FileRestoreGuard(database, tmp_path)
        await guard.accept()
    async with _looked(target) as database:
        assert [one.severity for one in await look_at_restore(database, tmp_path)] == [Severity.FINE]
    (tmp_path / FILE_NAME).unlink()
    async with _looked(target) as database:
        [told] = await look_at_restore(database, tmp_path)
    assert told.severity is Severity.WARNING
    assert re.findall(r"`(scoda .*?)`", told.advice) == [
        "scoda announce list", "scoda restore --confirm", "scoda announce word"
    ]  # fmt: skip
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize(
    ("every_hours", "taken", "severity", "words"),
    [
        (0, None, Severity.WARNING, "the bot makes none by itself"),
        (24, None, Severity.WARNING, "no backup has been made yet"),
        (24, timedelta(hours=26), Severity.FINE, "the newest of 2 backups is 26 h old"),
        (24, timedelta(hours=26, seconds=1), Severity.WARNING, "26 h old"),
        (6, timedelta(hours=9), Severity.WARNING, "9 h old"),
        (0, timedelta(hours=26), Severity.FINE, "26 h old"),
        (0, timedelta(hours=27), Severity.WARNING, "27 h old"),
    ],
)
async def test_O05_backups_that_nobody_makes_or_that_are_too_old_are_told(
    target, tmp_path, every_hours, taken, severity, words
):
    settings = _with_backups(tmp_path, every_hours)
    for age in (taken, taken + timedelta(days=1)) if taken else ():
        (tmp_path / name_of(7, NOW - age, is_sealed=True)).touch()
    (tmp_path / name_of(8, NOW, is_sealed=True)).touch()  # another bot's
    async with open_database(target) as database:
        await StateOwner(database).settle(Owner(7, 0))
    async with _looked(target) as database:
        [told] = await look_at_backups(settings, database, now=NOW)
    assert (told.severity, words in told.what) == (severity, True)
    assert bool(told.advice) == (severity is Severity.WARNING)


async def test_before_the_first_start_only_backups_that_nobody_would_make_are_told(target, tmp_path):
    async with _looked(target) as database:
        for every_hours, severity in ((24, Severity.FINE), (0, Severity.WARNING)):
            [told] = await look_at_backups(_with_backups(tmp_path, every_hours), database, now=NOW)
            assert told.severity is severity
        [told] = await look_at_backups(Settings(), database, now=NOW)
    assert told.severity is Severity.FINE, "the sandbox"


def _with_backups(folder: Path, every_hours: float) -> Settings:
    return Settings(
        telegram={"token": "7000001:AAbbCCddEEff"}, backup=BackupSettings(folder=str(folder), every_hours=every_hours)
    )


async def test_a_sqlite_file_at_rest_is_not_changed_by_a_byte_and_no_file_is_made(tmp_path):
    file = tmp_path / "a folder?#%41" / "state.db"
    async with open_database(file) as database:
        await database.migrate()
        await _subscribe(database, "Asia/Tashkent")
    before = _snapshot(file.parent)
    async with _looked(str(file)) as database:
        assert await zones_in_use(database) == {"Asia/Tashkent"}
        assert (await vitals_of(database)).damage == ()
    assert _snapshot(file.parent) == before


async def test_what_stands_in_the_log_of_a_killed_bot_is_seen_and_stays_there(tmp_path):
    file, killed = tmp_path / "state.db", tmp_path / "killed"
    killed.mkdir()
    async with open_database(file) as database:
        await database.migrate()
    async with open_database(file) as database:
        await _subscribe(database, "Asia/Tashkent")
        for name in ("state.db", "state.db-wal"):
            (killed / name).write_bytes((tmp_path / name).read_bytes())
    before = _snapshot(killed)
    async with _looked(str(killed / "state.db")) as database:
        assert await zones_in_use(database) == {"Asia/Tashkent"}
    assert _snapshot(killed) == before


async def test_O06_what_sqlites_own_check_finds_is_told_with_the_way_back(tmp_path):
    file = tmp_path / "state.db"
    async with open_database(file) as database:
        await database.migrate()
        await _subscribe(database, "Asia/Tashkent")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        changed = "replace(sql, 'locale VARCHAR(16)', 'locale VARCHAR(16) NOT NULL')"
        connection.execute(f"UPDATE sqlite_master SET sql = {changed} WHERE name = 'subscriptions'")
        connection.commit()
    async with _looked(str(file)) as database:
        [_, told] = await look_at_database(database, now=NOW)
    assert told.severity is Severity.ERROR
    assert "NULL value in subscriptions.locale" in told.what
    assert "last backup" in told.advice


async def test_a_database_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(DatabaseError, match="there is no database"):
        async with _looked(str(tmp_path / "state.db")):
            pass
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
async def alter(server_url) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    administrator = create_async_engine(make_url(server_url).set(drivername="postgresql+psycopg"))

    async def change(how: str) -> None:
        async with administrator.begin() as connection:
            name = await connection.scalar(text("SELECT current_database()"))
            await connection.execute(text(f'ALTER DATABASE "{name}" {how}'))

    yield change
    await change("RESET synchronous_commit")
    await administrator.dispose()


async def test_D34_a_postgresql_that_may_lose_what_was_committed_is_told_by_the_setting(server_url, alter):
    async with open_database(server_url) as database:
        await database.migrate()
    await alter("SET synchronous_commit TO off")
    async with _looked(server_url) as database:
        found = await look_at_database(database, now=(await vitals_of(database)).server_now)
    [told] = [one for one in found if one.severity is Severity.ERROR]
    assert "synchronous_commit = off" in told.what


@pytest.mark.parametrize(("apart_s", "is_told"), [(0, False), (-3600, True), (5, True)])
async def test_a_clock_that_differs_from_the_database_servers_is_told_in_seconds(server_url, apart_s, is_told):
    async with open_database(server_url) as database:
        await database.migrate()
    async with _looked(server_url) as database:
        now = (await vitals_of(database)).server_now
        found = await look_at_database(database, now=now + timedelta(seconds=apart_s))
    assert [one.severity for one in found[1:]] == ([Severity.WARNING] if is_told else [])


async def test_a_postgresql_that_is_away_is_an_error_without_the_password(server_url):
    away = make_url(server_url).set(host="127.0.0.1", port=1, password="hunter22", query={})
    with pytest.raises(DatabaseError) as refusal:
        async with _looked(away.render_as_string(hide_password=False)) as database:
            await look_at_database(database, now=NOW)
    assert "hunter22" not in str(refusal.value)


@pytest.mark.nightly
async def test_the_doctor_looks_at_a_deployment_whose_state_is_on_a_server(server_url, place):
    async with open_database(server_url) as database:
        await database.migrate()
    settings = {"store_database_url": server_url, "organisers_owners": "[1]", "health_port": free_port()}
    made = await asyncio.to_thread(place.scoda, "knowledge", "sync", **settings)
    assert made.returncode == 0, made.stderr
    done = await asyncio.to_thread(place.scoda, "doctor", "--offline", "--json", **settings)
    told = {each["check"]: each for each in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1, told
    assert told["database"]["findings"][0]["what"].startswith("PostgreSQL")
    grave = {name for name, each in told.items() if each["severity"] != "fine"}
    assert grave <= {"knowledge files", "restore", "backups"}, told["database"]
    assert "is whole" in told["index"]["findings"][0]["what"]

    away = {**settings, "store_database_url": "postgresql://scoda:hunter22@127.0.0.1:1/scoda"}
    done = await asyncio.to_thread(place.scoda, "doctor", "--offline", "--json", **away)
    told = {each["check"]: each for each in json.loads(done.stdout)["checks"]}
    assert done.returncode == 2
    assert told["database"]["severity"] == "error"
    assert told["index"]["findings"][0]["what"].startswith("not looked at")
    assert "hunter22" not in done.stdout + done.stderr
