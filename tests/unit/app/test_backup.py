from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.adapters.archive import archive, folder, sealing
from bot.adapters.archive.archive import verified
from bot.adapters.archive.folder import archives_in
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.state_owner import Owner, StateOwner
from bot.adapters.system.clock import Clock
from bot.app.backup import BackupKeeper, always, folder_of, passphrase_of, schedule_backups, take_backup
from bot.errors import BackupError
from bot.settings import BackupSettings, KnowledgeSettings, Settings, StoreSettings, secret_files
from tests.support.visitors import LIMIT_S, until

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOT = 7_000_001


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        store=StoreSettings(data=tmp_path),
        knowledge=KnowledgeSettings(folder=tmp_path),
        backup=BackupSettings(every_hours=6, keep=2),
    )


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "state.sqlite3") as database:
        await database.migrate()
        await StateOwner(database).settle(Owner(BOT, 0))
        yield database


def stored(settings: Settings) -> list[datetime]:
    return [one.taken_at for one in archives_in(folder_of(settings), BOT)]


async def test_the_bot_writes_one_when_the_newest_is_old_enough_and_keeps_the_newest(settings, database):
    keeper = BackupKeeper(settings, database, does_it_here=always)
    for hours in range(19):
        await keeper.turn(NOW + hours * HOUR)
    assert stored(settings) == [NOW + 18 * HOUR, NOW + 12 * HOUR]
    assert keeper.state == "ok"


async def test_after_a_restart_it_goes_by_what_is_there(settings, database):
    await BackupKeeper(settings, database, does_it_here=always).turn(NOW)
    await BackupKeeper(settings, database, does_it_here=always).turn(NOW + HOUR)
    assert stored(settings) == [NOW]


async def test_of_several_processes_one_does_it(settings, database):
    async def not_here() -> bool:
        return False

    await BackupKeeper(settings, database, does_it_here=not_here).turn(NOW)
    assert stored(settings) == []


async def test_a_state_that_is_nobody_s_yet_is_left_alone(settings, tmp_path):
    async with open_database(tmp_path / "new" / "state.sqlite3") as database:
        await database.migrate()
        await BackupKeeper(settings, database, does_it_here=always).turn(NOW)
    assert list(tmp_path.glob("backups/*")) == []


async def test_a_failure_is_told_and_tried_again_after_a_while(settings, database):
    (settings.store.data / "backups").write_text("in the way of the folder", encoding="ascii")
    keeper = BackupKeeper(settings, database, does_it_here=always)
    with capture_logs() as lines:
        for minutes in range(14):
            await keeper.turn(NOW + timedelta(minutes=minutes))
    assert [(line["event"], line["log_level"]) for line in lines] == [("backup_failed", "warning")]
    assert keeper.state == "failed: BackupError"
    (settings.store.data / "backups").unlink()
    await keeper.turn(NOW + timedelta(minutes=15))
    assert (keeper.state, len(stored(settings))) == ("ok", 1)


async def test_a_clock_that_was_set_back_does_not_stop_it(settings, database):
    await BackupKeeper(settings, database, does_it_here=always).turn(NOW + 1000 * HOUR)
    keeper = BackupKeeper(settings, database, does_it_here=always)
    for hours in range(19):
        await keeper.turn(NOW + hours * HOUR)
    assert stored(settings) == [NOW + 1000 * HOUR, NOW + 18 * HOUR, NOW + 12 * HOUR]
    wrong = NOW + 1000 * HOUR - HOUR  # within the time after which one is due
    assert stored(settings)[0] - wrong < 6 * HOUR
    await keeper.turn(wrong)
    assert wrong in stored(settings)


async def test_the_clock_has_one_only_where_it_is_set(settings, database):
    none = settings.model_copy(update={"backup": BackupSettings()})
    async with Clock() as clock:
        assert schedule_backups(clock, none, database) is None
        state = schedule_backups(clock, settings, database)
        assert state is not None
        await until(lambda: stored(settings), "the first backup")
        assert state() == "ok"


async def test_P03_half_an_archive_that_a_killed_backup_left_goes_at_the_start(settings, database):
    left = folder_of(settings) / ".scoda-backup.part"
    left.parent.mkdir()
    left.write_bytes(b"half of one, unencrypted")
    async with Clock() as clock:
        schedule_backups(clock, settings.model_copy(update={"backup": BackupSettings()}), database)
    assert not left.exists()


async def test_a_key_file_that_is_wrong_is_named_at_the_start(settings, database):
    wrong = settings.model_copy(update={"backup": BackupSettings(every_hours=1, key_file="none.key")})
    async with Clock() as clock:
        with pytest.raises(BackupError, match=r"\[backup\] key_file names none\.key, which can't be read"):
            schedule_backups(clock, wrong, database)


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [("long enough for it", 0o640, "others on this machine can read"), ("short", 0o600, "fewer than 12 characters")],
)
def test_a_key_file_is_the_owner_s_alone_and_long_enough(settings, tmp_path, content, mode, reason):
    file = tmp_path / "backup.key"
    file.write_text(content, encoding="ascii")
    file.chmod(mode)
    wrong = settings.model_copy(update={"backup": BackupSettings(key_file=str(file))})
    with pytest.raises(BackupError, match=reason):
        passphrase_of(wrong)


def test_a_key_file_that_is_handed_out_to_the_service_may_be_its_group_s(settings, tmp_path, monkeypatch):
    """Mode 0440 on a mount in memory that is read only: a credential of systemd, a secret of a cluster."""
    file, mounts = tmp_path / "credentials" / "backup.key", tmp_path / "mountinfo"
    file.parent.mkdir()
    file.write_text("long enough for it\n", encoding="ascii")
    file.chmod(0o440)
    mounts.write_text(f"90 22 0:55 / {file.parent} ro,nosuid - tmpfs tmpfs rw\n", encoding="utf-8")
    monkeypatch.setattr(secret_files, "MOUNTS", mounts)
    handed_out = settings.model_copy(update={"backup": BackupSettings(key_file=str(file))})
    assert passphrase_of(handed_out) == "long enough for it"


async def test_what_is_sealed_is_opened_with_the_same_key_file(settings, database, tmp_path, monkeypatch):
    monkeypatch.setattr(sealing, "_COST", 16)
    file = tmp_path / "backup.key"
    file.write_text("long enough for it\n", encoding="ascii")
    file.chmod(0o600)
    sealed = settings.model_copy(update={"backup": BackupSettings(key_file=str(file))})
    taken = await take_backup(sealed, database, now=NOW)
    assert taken.file.name == "scoda-7000001-20261103T093000Z.tar.gz.sealed"
    assert verified(taken.file, "long enough for it") == taken.manifest


async def test_the_event_loop_waits_for_no_key_and_no_disk(settings, database, monkeypatch):
    seen: dict[str, bool] = {}

    def watched(owner: object, name: str, what: str) -> None:
        done = getattr(owner, name)

        def noted(*given: object, **named: object) -> object:
            seen[what] = seen.get(what, False) or threading.current_thread() is threading.main_thread()
            return done(*given, **named)

        monkeypatch.setattr(owner, name, noted)

    monkeypatch.setattr(sealing, "_COST", 16)
    watched(sealing, "Scrypt", "a key")
    watched(gzip.GzipFile, "close", "packing")
    watched(archive.os, "fsync", "the disk")
    monkeypatch.setattr(folder, "sync_to_disk", lambda _: None)  # of a folder, which has next to nothing to write
    sealed = settings.model_copy(update={"backup": BackupSettings(passphrase=SecretStr("long enough for it"))})
    await take_backup(sealed, database, now=NOW)
    assert seen == {"a key": False, "packing": False, "the disk": False}


async def test_a_backup_that_is_cancelled_leaves_nothing_behind(settings, database, monkeypatch):
    """Cancelled while the key is made, which goes on in its thread."""
    is_begun, may_end = threading.Event(), threading.Event()
    made = sealing.Scrypt

    def slow(*given, **named):
        is_begun.set()
        assert may_end.wait(LIMIT_S)
        return made(*given, **named)

    monkeypatch.setattr(sealing, "_COST", 16)
    monkeypatch.setattr(sealing, "Scrypt", slow)
    sealed = settings.model_copy(update={"backup": BackupSettings(passphrase=SecretStr("long enough for it"))})
    backup = asyncio.create_task(take_backup(sealed, database, now=NOW))
    await asyncio.to_thread(is_begun.wait, LIMIT_S)
    backup.cancel()
    await asyncio.sleep(0)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await backup
    assert [file.name for file in folder_of(settings).iterdir()] == [".scoda-backup.lock"]


async def test_it_goes_into_the_folder_or_the_file_that_is_named(settings, database, tmp_path):
    into = await take_backup(settings, database, to=tmp_path / "into", now=NOW)
    assert into.file == tmp_path / "into" / "scoda-7000001-20261103T093000Z.tar.gz"
    named = await take_backup(settings, database, to=tmp_path / "into" / "mine.tar.gz", now=NOW)
    assert named.file == tmp_path / "into" / "mine.tar.gz"
    with pytest.raises(BackupError, match="is there already"):
        await take_backup(settings, database, to=tmp_path / "into", now=NOW)


def test_two_secrets_or_a_short_one_are_refused():
    with pytest.raises(ValueError, match="not both"):
        BackupSettings(passphrase=SecretStr("long enough for it"), key_file="a")
    with pytest.raises(ValueError, match="at least 12 characters"):
        BackupSettings(passphrase=SecretStr("short"))
