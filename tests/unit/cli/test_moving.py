"""`scoda migrate` and `scoda copy-state` as operators and their scripts meet them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.tables import whole_schema
from bot.app.state import STATE_FILE
from tests.support.full_state import content_of, fill
from tests.support.processes import Place
from tests.support.released_states import ITS_REVISION, put_released_state
from tests.support.sandbox_keys import SANDBOX_TOKEN

NEWEST = REVISIONS[-1]
TOKEN = {"telegram_token": SANDBOX_TOKEN}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Folders with nothing in them."""
    return Place(tmp_path, tmp_path / "knowledge", tmp_path / "data")


@pytest.fixture
def state(place: Place) -> Path:
    return place.data / STATE_FILE


def revision_in(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def told(done) -> str:
    return " ".join((done.stdout + done.stderr).replace("│", " ").split())


def test_a_state_that_is_not_there_is_due_and_is_made(place, state):
    checked = place.scoda("migrate", "--check", **TOKEN)
    assert (checked.returncode, state.exists()) == (1, False)
    assert "There is no state yet" in checked.stdout
    made = place.scoda("migrate", **TOKEN)
    assert (made.returncode, revision_in(state)) == (0, NEWEST)
    assert f"An empty state was made at schema {NEWEST}." in made.stdout


def test_an_older_state_is_due_until_it_is_migrated(place, state):
    put_released_state(state)
    before = state.read_bytes()
    checked = place.scoda("migrate", "--check", **TOKEN)
    assert checked.returncode == 1
    assert f"at schema {ITS_REVISION}, and this program's schema is {NEWEST}: run `scoda migrate`" in told(checked)
    assert state.read_bytes() == before
    done = place.scoda("migrate", **TOKEN)
    assert (done.returncode, done.stdout) == (0, f"The state was brought from schema {ITS_REVISION} to {NEWEST}.\n")
    again = place.scoda("migrate", **TOKEN)
    assert (again.returncode, again.stdout) == (0, f"The state is at schema {NEWEST}: nothing to do.\n")
    assert place.scoda("migrate", "--check", **TOKEN).returncode == 0


def test_a_newer_state_is_told_apart_by_the_check_and_left_alone(place, state):
    put_released_state(state)
    with closing(sqlite3.connect(state)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    checked, refused = place.scoda("migrate", "--check", **TOKEN), place.scoda("migrate", **TOKEN)
    assert (checked.returncode, refused.returncode) == (2, 1)
    for ended in (checked, refused):
        assert "written by a newer version of this program" in told(ended)
    assert revision_in(state) == "9999"


async def test_beside_a_running_bot_it_is_refused_unless_there_is_nothing_to_do(place, state):
    put_released_state(state)
    async with open_database(state) as database:
        refused = place.scoda("migrate", **TOKEN)
        assert refused.returncode == 1
        assert "stop that one first" in told(refused)
        assert place.scoda("migrate", "--check", **TOKEN).returncode == 1
        assert revision_in(state) == ITS_REVISION
        await database.migrate()
        assert place.scoda("migrate", **TOKEN).returncode == 0
        assert place.scoda("migrate", "--check", **TOKEN).returncode == 0


@pytest.fixture
async def full(state: Path) -> Path:
    async with open_database(state) as database:
        await database.migrate()
        await fill(database)
    return state


async def test_a_copy_is_told_as_a_table_and_the_source_is_left(place, full):
    moved = place.home / "moved" / STATE_FILE
    done = place.scoda("copy-state", "settings", str(moved), **TOKEN)
    assert done.returncode == 0, done.stderr
    for table in whole_schema().sorted_tables:
        assert table.name in done.stdout
    assert "FROM is marked as moved" in done.stderr
    async with open_database(full) as source, open_database(moved) as target:
        assert await content_of(target) == await content_of(source)
    again = place.scoda("copy-state", str(full), str(moved), **TOKEN)
    assert (again.returncode, again.stdout) == (0, "")
    assert "had been copied there already" in again.stderr
    for command in (("run",), ("stats",), ("announce", "list")):
        refused = place.scoda(*command, **TOKEN)
        assert refused.returncode == 1
        assert f"the state in {full} was moved to another database by `scoda copy-state`" in told(refused)
        assert "`scoda run --adopt-state` goes on with this one" in told(refused)
    elsewhere = Place(place.home, place.knowledge, moved.parent)
    assert "was moved" not in told(elsewhere.scoda("stats", "--json", **TOKEN))


async def test_both_must_be_free(place, full):
    moved = place.home / "moved" / STATE_FILE
    for held in (full, moved):
        async with open_database(held):
            refused = place.scoda("copy-state", str(full), str(moved), **TOKEN)
            assert refused.returncode == 1
            assert "in use by another process" in told(refused)


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        (lambda full: ("nowhere.sqlite3", "new/s"), "there is no database nowhere.sqlite3 to copy from"),
        (lambda full: (str(full.parent), "new/s"), f"is a folder: name the file of the state in it, .*{STATE_FILE}"),
        (lambda full: ("settings", str(full)), "name the same database"),
        (lambda full: (str(full), str(full.with_name("two"))), "lie in one folder"),
        (lambda full: (str(full), "mysql://host/name"), "only postgresql:// and sqlite:/// are known"),
        (lambda full: (str(full), "old/state.sqlite3"), "holds a state already"),
        (lambda full: ("old/state.sqlite3", "new/s"), f"is at schema {ITS_REVISION}"),
    ],
)
def test_what_can_not_be_copied_is_refused_and_nothing_is_made(
    place, full, addresses: Callable[[Path], tuple[str, str]], reason: str
):
    put_released_state(place.home / "old" / STATE_FILE)
    refused = place.scoda("copy-state", *addresses(full), **TOKEN)
    assert refused.returncode == 1
    assert re.search(reason, told(refused))
    assert not (place.home / "new" / "s").exists()
    assert not full.with_name("two").exists()
    assert revision_in(place.home / "old" / STATE_FILE) == ITS_REVISION


@pytest.mark.parametrize(
    "address", ["postgresql://scoda:hunter2@/s?host=/nowhere", "postgresql://scoda@/s?host=/nowhere&password=hunter2"]
)
def test_a_password_is_never_shown(place, full, address):
    for addresses in ((str(full), address), (address, "new/s")):
        refused = place.scoda("copy-state", *addresses, **TOKEN)
        assert refused.returncode == 1
        assert "://[hidden]@/s" in told(refused)
        assert "hunter2" not in told(refused)
