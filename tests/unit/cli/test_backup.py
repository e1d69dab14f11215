"""`scoda backup` and `scoda restore` as people and scripts meet them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.state_owner import OFFICIAL, Owner, StateOwner
from bot.app.state import STATE_FILE
from tests.support.processes import Place
from tests.support.whole_state import fill

SECRET = "a passphrase of the tests"


@pytest.fixture
async def used(tmp_path: Path) -> Place:
    """A state with rows and a bot; no knowledge is needed."""
    place = Place(tmp_path, tmp_path / "knowledge", tmp_path / "data")
    async with open_database(place.data / STATE_FILE) as database:
        await database.migrate()
        await fill(database)
        await StateOwner(database).settle(Owner(7_000_001, OFFICIAL))
    return place


def test_a_backup_says_what_it_is_and_that_it_is_not_encrypted(used):
    ended = used.scoda("backup", "--json")
    told = json.loads(ended.stdout)
    assert Path(told["file"]).parent == used.data / "backups"
    assert set(told) == {
        "file", "bytes", "sha256", "encrypted", "taken_at", "program", "schema", "engine", "bot", "rows", "parts",
        "removed", "save_besides",
    }  # fmt: skip
    assert (told["encrypted"], told["bot"], told["engine"]) == (False, 7_000_001, "sqlite")
    assert "It is not encrypted, and it holds visitors' ids and questions" in ended.stderr


def test_older_ones_go_where_it_is_wanted(used, tmp_path):
    first = tmp_path / "archives" / "scoda-7000001-20200101T000000Z.tar.gz"
    first.parent.mkdir(mode=0o700)
    first.touch()
    told = json.loads(used.scoda("backup", "--to", str(first.parent), "--keep", "1", "--json").stdout)
    assert told["removed"] == [str(first)]
    assert [file.name for file in first.parent.glob("scoda-*")] == [Path(told["file"]).name]


def test_a_restore_asks_and_replaces_nothing_without_a_yes(used):
    archive = json.loads(used.scoda("backup", "--json").stdout)["file"]
    before = (used.data / STATE_FILE).stat().st_ino
    ended = used.scoda("restore", archive, given="n\n")
    assert ended.returncode == 1
    assert f"Replace the state in {used.data}?" in ended.stderr
    assert (used.data / STATE_FILE).stat().st_ino == before
    ended = used.scoda("restore", archive, given="y\n")
    assert ended.returncode == 0, ended.stderr
    assert (used.data / STATE_FILE).stat().st_ino != before
    assert "nothing is sent by itself before `scoda restore --confirm`" in ended.stderr
    assert json.loads(used.scoda("restore", "--confirm", "--json").stdout) == {"confirmed": True}
    assert json.loads(used.scoda("restore", "--confirm", "--json").stdout) == {"confirmed": False}


def test_an_encrypted_one_needs_its_passphrase_which_nobody_is_told(used):
    archive = json.loads(used.scoda("backup", "--json", backup_passphrase=SECRET).stdout)["file"]
    right = used.scoda("restore", archive, "--check", "--json", backup_passphrase=SECRET)
    assert json.loads(right.stdout)["rows"] > 0
    none = used.scoda("restore", archive, "--check")
    wrong = used.scoda("restore", archive, "--check", backup_passphrase="another passphrase")
    assert "it is encrypted: give its passphrase in SCODA_BACKUP_PASSPHRASE" in none.stderr
    assert "the passphrase is not the one that it was encrypted with" in wrong.stderr
    for ended in (right, none, wrong):
        assert SECRET not in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr


def test_S05_a_damaged_archive_touches_nothing(used):
    archive = Path(json.loads(used.scoda("backup", "--json").stdout)["file"])
    os.truncate(archive, archive.stat().st_size - 20)
    before = {file.name: file.read_bytes() for file in used.data.iterdir() if file.is_file()}
    ended = used.scoda("restore", str(archive), "--yes")
    assert ended.returncode == 1
    assert "can't be used" in ended.stderr
    assert "take another backup" in ended.stderr
    assert {file.name: file.read_bytes() for file in used.data.iterdir() if file.is_file()} == before


@pytest.mark.parametrize("arguments", [(), ("a.tar.gz", "--confirm")])
def test_it_is_either_an_archive_or_the_word(used, arguments):
    ended = used.scoda("restore", *arguments)
    assert ended.returncode == 2
    assert "name one archive, or --confirm alone" in ended.stderr


def test_a_passphrase_in_the_settings_file_is_refused(used):
    (used.home / "config").mkdir()
    file = used.home / "config" / "bot.toml"
    file.write_text(f'[backup]\npassphrase = "{SECRET}"\n', encoding="utf-8")
    file.chmod(0o600)
    ended = used.scoda("backup")
    assert ended.returncode == 1
    assert "holds the passphrase of the backups: take it out" in ended.stderr
