from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.replacing import finish_replacing, refuse_unfinished, replace_database
from bot.errors import DatabaseError

STAMP = "20261103T093000"


def database(file: Path, word: str, *, leaves_log: bool = False) -> Path:
    """A database that holds a word; with `leaves_log` in its write-ahead log alone, as a killed process leaves it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE words (word TEXT)")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO words VALUES (?)", (word,))
        connection.commit()
        if leaves_log:
            killed = {end: file.with_name(file.name + end).read_bytes() for end in ("", "-wal")}
    if leaves_log:
        for end, content in killed.items():
            file.with_name(file.name + end).write_bytes(content)
    return file


def word_in(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("SELECT word FROM words").fetchone()[0])


def test_the_new_one_is_in_place_and_the_old_one_aside_with_its_log(tmp_path):
    state = database(tmp_path / "state.sqlite3", "old", leaves_log=True)
    fresh = database(tmp_path / "workshop" / "state.sqlite3", "new")
    aside = replace_database(fresh, state, stamp=STAMP)
    assert aside == tmp_path / f"state.sqlite3.before-{STAMP}"
    assert word_in(aside) == "old"
    assert word_in(state) == "new"


def test_where_there_was_none_there_is_nothing_aside(tmp_path):
    fresh = database(tmp_path / "workshop" / "state.sqlite3", "new")
    assert replace_database(fresh, tmp_path / "state.sqlite3", stamp=STAMP) is None
    assert word_in(tmp_path / "state.sqlite3") == "new"
    assert finish_replacing(tmp_path / "state.sqlite3") is None


@pytest.mark.parametrize("renamed", range(5))
def test_cut_short_after_any_step_the_next_who_opens_it_does_the_rest(tmp_path, renamed):
    """The renames are: the new one's readiness; the old one's log, shared memory, file; the new one's name."""
    state = database(tmp_path / "state.sqlite3", "old", leaves_log=True)
    (tmp_path / "state.sqlite3-shm").touch()
    fresh = database(tmp_path / "workshop" / "state.sqlite3", "new")
    done, rename = 0, Path.rename

    def cut_short(file: Path, target: Path) -> Path:
        nonlocal done
        if done == renamed:
            raise KeyboardInterrupt
        done += 1
        return rename(file, target)

    with patch.object(Path, "rename", cut_short), pytest.raises(KeyboardInterrupt):
        replace_database(fresh, state, stamp=STAMP)
    finish_replacing(state)
    assert word_in(state) == ("old" if renamed == 0 else "new")
    if renamed:
        assert word_in(tmp_path / f"state.sqlite3.before-{STAMP}") == "old"
    assert [file.name for file in tmp_path.glob("*.restored-*")] == []


async def test_a_reader_waits_for_who_may_finish_it(tmp_path):
    database(tmp_path / f"state.sqlite3.restored-{STAMP}", "new")
    with pytest.raises(DatabaseError, match="was cut short: run `scoda run`, which finishes it first"):
        refuse_unfinished(tmp_path / "state.sqlite3")
    with pytest.raises(DatabaseError, match="was cut short"):
        async with open_database(tmp_path / "state.sqlite3", lock=False):
            pass
    async with open_database(tmp_path / "state.sqlite3"):
        assert word_in(tmp_path / "state.sqlite3") == "new"
