from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.archive.folder import archives_in, drop_older, name_of, place_for, remove_unfinished
from bot.errors import AlreadyRunningError, BackupError

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
BOT = 7_000_001


def stored(folder: Path, *, bot: int = BOT, days: int, is_sealed: bool = False) -> Path:
    file = folder / name_of(bot, NOW + timedelta(days=days), is_sealed=is_sealed)
    file.write_bytes(b"an archive")
    return file


def test_a_name_says_whose_it_is_and_when():
    assert name_of(BOT, NOW, is_sealed=False) == "scoda-7000001-20261103T093000Z.tar.gz"
    assert name_of(BOT, NOW, is_sealed=True) == "scoda-7000001-20261103T093000Z.tar.gz.sealed"


def test_only_the_bot_s_own_archives_are_found_newest_first(tmp_path):
    first, second = stored(tmp_path, days=0), stored(tmp_path, days=1, is_sealed=True)
    stored(tmp_path, bot=8, days=2)
    for name in ("scoda-7000001-20261103T093000Z.tar.gz.part", "scoda-7000001-20261399T093000Z.tar.gz", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / name_of(BOT, NOW + timedelta(days=3), is_sealed=False)).mkdir()
    (tmp_path / name_of(BOT, NOW + timedelta(days=4), is_sealed=False)).symlink_to(first)
    assert [one.file for one in archives_in(tmp_path, BOT)] == [second, first]
    assert [one.taken_at for one in archives_in(tmp_path, BOT)] == [NOW + timedelta(days=1), NOW]
    assert archives_in(tmp_path / "none", BOT) == []


def test_rotation_takes_the_bot_s_older_ones_and_nothing_else(tmp_path):
    mine = [stored(tmp_path, days=days, is_sealed=bool(days % 2)) for days in range(5)]
    others = [stored(tmp_path, bot=8, days=0), tmp_path / "scoda-7000001.tar.gz"]
    others[1].touch()
    at_last = NOW + timedelta(days=4)
    assert drop_older(tmp_path, BOT, keep=2, now=at_last) == [mine[2], mine[1], mine[0]]
    assert {*tmp_path.iterdir()} == {mine[3], mine[4], *others}
    assert drop_older(tmp_path, BOT, keep=2, now=at_last) == []


def test_O05_archives_of_the_future_neither_go_nor_take_the_place_of_good_ones(tmp_path):
    good = [stored(tmp_path, days=days) for days in (-1, 0)]
    of_the_future = [stored(tmp_path, days=days) for days in (900, 901, 902)]
    assert [one.file for one in archives_in(tmp_path, BOT, until=NOW)] == [good[1], good[0]]
    assert drop_older(tmp_path, BOT, keep=2, now=NOW) == []
    assert drop_older(tmp_path, BOT, keep=1, now=NOW, written=good[0]) == []
    assert drop_older(tmp_path, BOT, keep=1, now=NOW, written=good[1]) == [good[0]]
    assert {*tmp_path.iterdir()} == {good[1], *of_the_future}


def test_it_has_its_name_once_it_is_whole_and_is_the_owner_s_alone(tmp_path):
    target = tmp_path / "a.tar.gz"
    with place_for(target) as (opened, unfinished):
        opened.write(b"whole")
        assert not target.exists()
        assert stat.S_IMODE(unfinished.stat().st_mode) == 0o600
    assert target.read_bytes() == b"whole"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not unfinished.exists()


def test_what_fails_leaves_nothing_behind(tmp_path):
    with pytest.raises(TypeError), place_for(tmp_path / "a.tar.gz") as (opened, _):
        opened.write("half of a text")
    with pytest.raises(BackupError, match=r"can't be written .* make room"), place_for(tmp_path / "a.tar.gz"):
        raise OSError(28, "No space left on device")
    assert [file.name for file in tmp_path.iterdir()] == [".scoda-backup.lock"]


def test_what_a_killed_one_left_goes_with_the_next(tmp_path):
    (tmp_path / ".scoda-backup.part").write_bytes(b"half of an older one, and longer")
    with place_for(tmp_path / "a.tar.gz") as (opened, _):
        opened.write(b"whole")
    assert (tmp_path / "a.tar.gz").read_bytes() == b"whole"


def test_P03_what_a_killed_one_left_goes_and_what_is_being_written_stays(tmp_path):
    left = tmp_path / ".scoda-backup.part"
    left.write_bytes(b"half of one, unencrypted")
    remove_unfinished(tmp_path)
    remove_unfinished(tmp_path / "none")
    assert not left.exists()
    with place_for(tmp_path / "a.tar.gz"):
        remove_unfinished(tmp_path)
        assert left.exists()


def test_one_at_a_time_and_nothing_is_written_over(tmp_path):
    refused = pytest.raises(AlreadyRunningError, match="another backup is being written")
    with place_for(tmp_path / "a.tar.gz"), refused, place_for(tmp_path / "b.tar.gz"):
        pass
    with pytest.raises(BackupError, match="is there already"), place_for(tmp_path / "a.tar.gz"):
        pass
    with pytest.raises(BackupError, match="choose another folder"), place_for(tmp_path / "none" / "a.tar.gz"):
        pass
