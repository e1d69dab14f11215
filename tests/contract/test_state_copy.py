"""`scoda copy-state` from either database into either one; row B11 of tests/faults/README.md."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import signal
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import delete, func, make_url, select, text, update

from bot.adapters.database import moves, state_copy
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.moves import MOVING_MARKS, refuse_left
from bot.adapters.database.restore_guard import FileRestoreGuard
from bot.adapters.database.state_copy import copy_state
from bot.adapters.database.tables import (
    announcement_files,
    announcements,
    audit_log,
    marks,
    organisers,
    turns,
    visitors,
    whole_schema,
)
from bot.app.moving import copy_state as move
from bot.errors import AlreadyRunningError, DatabaseError, ForeignStateError
from bot.settings import Settings, StoreSettings
from tests.support.full_state import content_of, fill
from tests.support.released_states import ITS_REVISION, put_released_state
from tests.support.visitors import LIMIT_S, until

Target = Path | str
NewPlace = Callable[[str], Target]
WAYS = [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "sqlite"), ("postgresql", "postgresql")]
CROSSING = WAYS[:2]


@dataclass(frozen=True, slots=True)
class _Made:
    """A state of each kind that is made once, to be copied: full, or set up with nothing in it."""

    sqlite: Path
    postgresql: str


@contextmanager
def _made(url: str, folder: Path, *, is_full: bool) -> Iterator[_Made]:
    name = f"made_{secrets.token_hex(6)}"
    states = _Made(folder / "state.sqlite3", make_url(url).set(database=name).render_as_string(hide_password=False))

    async def make() -> None:
        for place in (states.sqlite, states.postgresql):
            async with open_database(place) as database:
                await database.migrate()
                if is_full:
                    await fill(database)

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        asyncio.run(make())
        yield states
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def full_ones(postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Made]:
    with _made(postgresql_url, tmp_path_factory.mktemp("full"), is_full=True) as states:
        yield states


@pytest.fixture(scope="module")
def empty_ones(postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Made]:
    with _made(postgresql_url, tmp_path_factory.mktemp("empty"), is_full=False) as states:
        yield states


@pytest.fixture
def full(full_ones: _Made, tmp_path: Path, new_postgresql: Callable[..., str]) -> NewPlace:
    """Names a full state of a kind."""
    file, server = full_ones.sqlite, full_ones.postgresql
    return lambda kind: _copied(file, tmp_path / "full") if kind == "sqlite" else new_postgresql(like=server)


@pytest.fixture
def set_up(empty_ones: _Made, tmp_path: Path, new_postgresql: Callable[..., str]) -> NewPlace:
    """Names a place of a kind with nothing in it, at this program's schema."""
    file, server = empty_ones.sqlite, empty_ones.postgresql
    return lambda kind: _copied(file, tmp_path / "set up") if kind == "sqlite" else new_postgresql(like=server)


def _copied(file: Path, folder: Path) -> Path:
    folder.mkdir()
    return Path(shutil.copy(file, folder))


@pytest.fixture(params=CROSSING, ids="-".join)
def crossing(request: pytest.FixtureRequest, full: NewPlace, set_up: NewPlace) -> tuple[Target, Target]:
    """A full state, and a place for its copy, of the other kind."""
    return full(request.param[0]), set_up(request.param[1])


@asynccontextmanager
async def both(places: tuple[Target, Target]) -> AsyncIterator[tuple[Database, Database]]:
    async with open_database(places[0]) as source, open_database(places[1]) as target:
        yield source, target


async def rows(database: Database) -> int:
    """How many there are in all tables, but marks of a move."""
    return sum(map(len, (await content_of(database)).values()))


@pytest.mark.parametrize(("kind", "other"), WAYS)
async def test_all_rows_of_all_tables_are_in_the_copy_and_the_sums_say_so(kind, other, full, new_place):
    async with both((full(kind), new_place(other))) as (source, target):
        before = await content_of(source)
        assert all(before.values())
        sums = await copy_state(source, target)
        assert await content_of(target) == before
        assert await content_of(source) == before
    assert list(sums) == [table.name for table in whole_schema().sorted_tables]
    assert {name: one.rows for name, one in sums.items()} == {name: len(found) for name, found in before.items()}
    assert len({one.checksum for one in sums.values()}) > 30


@pytest.mark.nightly
async def test_the_set_database_goes_by_a_word_in_either_direction(full, new_place, tmp_path):
    server, file, back = new_place("postgresql"), full("sqlite"), tmp_path / "back" / "state.sqlite3"
    set_there = Settings(store=StoreSettings(data=tmp_path / "data", database_url=SecretStr(str(server))))
    there = await move(set_there, str(file), "settings")
    assert await move(set_there, "settings", str(back)) == there
    async with both((file, back)) as (source, target):
        assert await content_of(source) == await content_of(target)


@pytest.mark.nightly
async def test_the_sums_are_the_same_there_and_back(crossing, new_place):
    source, target = crossing
    async with both(crossing) as databases:
        there = await copy_state(*databases)
    async with both((target, new_place("sqlite" if isinstance(source, Path) else "postgresql"))) as databases:
        assert await copy_state(*databases) == there


@pytest.mark.nightly
async def test_numbers_that_were_ever_given_are_not_given_again_in_the_copy(crossing):
    """A number of a version of the index names a folder."""
    async with both(crossing) as (source, target):
        manifest = SqlManifestStore(source)
        last = max([await manifest.begin("e5") for _ in range(4)])
        await manifest.discard(last)
        await copy_state(source, target)
        assert await SqlManifestStore(target).begin("e5") == last + 1
        async with target.writing() as connection:
            values = {"at": func.current_timestamp(), "action": "a", "subject": "", "detail": ""}
            made = await connection.execute(audit_log.insert().values(values))
            assert made.inserted_primary_key[0] == 6


@pytest.mark.nightly
async def test_a_target_that_was_migrated_before_is_taken_one_with_rows_is_not(crossing):
    async with both(crossing) as (source, target):
        await target.migrate()
        async with target.writing() as connection:
            await connection.execute(marks.insert().values(name="bot", value=4711))
        with pytest.raises(DatabaseError, match=r"holds a state already \(marks has rows\)"):
            await copy_state(source, target)
        for either in (source, target):
            await refuse_left(either)
        async with target.writing() as connection:
            await connection.execute(marks.delete().where(marks.c.name == "bot"))
        await copy_state(source, target)


@pytest.mark.nightly
async def test_B11_a_copy_that_is_refused_leaves_a_whole_state_in_the_target_in_use(crossing, full):
    source, _ = crossing
    healthy = full("postgresql") if isinstance(source, Path) else full("sqlite")
    async with both((source, healthy)) as databases:
        before = await content_of(databases[1])
        with pytest.raises(DatabaseError, match="holds a state already"):
            await copy_state(*databases)
        for either in databases:
            await refuse_left(either)
        assert await content_of(databases[1]) == before


@pytest.mark.nightly
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_an_older_state_is_neither_copied_nor_copied_into(kind, new_place):
    old, new = new_place(kind), new_place("sqlite")
    put_released_state(old)
    async with both((old, new)) as (source, target):
        with pytest.raises(DatabaseError, match=rf"is at schema {ITS_REVISION}.*`scoda migrate`"):
            await copy_state(source, target)
        assert await revision(target) is None
        await target.migrate()
        with pytest.raises(DatabaseError, match="holds a state already"):
            await copy_state(target, source)
        assert await revision(source) == ITS_REVISION


async def revision(database: Database) -> str | None:
    async with database.reading() as connection:
        return await connection.run_sync(state_copy.schema.current_revision)


@pytest.mark.nightly
async def test_B11_nobody_runs_on_a_state_that_was_moved_and_the_way_back_is_told(crossing, tmp_path):
    async with both(crossing) as (source, target):
        await copy_state(source, target)
        with pytest.raises(ForeignStateError, match=r"goes on there.*`scoda run --adopt-state`") as refusal:
            await refuse_left(source)
        assert source.name in str(refusal.value)
        await refuse_left(target)


@pytest.mark.nightly
async def test_B11_a_moved_state_goes_nowhere_else_and_is_not_moved_twice(crossing, new_place):
    async with both(crossing) as (source, target):
        await copy_state(source, target)
        assert await copy_state(source, target) is None
        async with open_database(new_place("sqlite")) as elsewhere:
            with pytest.raises(ForeignStateError, match="was moved to another database"):
                await copy_state(source, elsewhere)
            assert await rows(elsewhere) == 0
        async with target.writing() as connection:
            await connection.execute(update(visitors).values(is_reachable=False))
        await refuse_left(target)


@pytest.mark.nightly
async def test_after_the_way_back_the_first_database_may_run_again_and_the_second_may_not(crossing, new_place):
    async with both(crossing) as (source, target):
        await copy_state(source, target)
        async with open_database(new_place("sqlite")) as home:
            await copy_state(target, home)
            await refuse_left(home)
        with pytest.raises(ForeignStateError):
            await refuse_left(target)


@pytest.mark.nightly
async def test_in_the_same_data_folder_the_copy_is_taken_for_no_restored_backup(crossing, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    async with both(crossing) as (source, target):
        async with source.writing() as connection:
            await connection.execute(delete(marks))
        for _ in range(3):
            await FileRestoreGuard(source, data).mark()
        await copy_state(source, target)
        assert not await FileRestoreGuard(target, data).was_restored()
        assert await FileRestoreGuard(target, tmp_path / "another").was_restored()
        await FileRestoreGuard(target, data).mark()
        assert await FileRestoreGuard(source, data).was_restored()


@pytest.mark.nightly
@pytest.mark.parametrize("has_run", [True, False])
async def test_B11_a_moved_state_that_is_adopted_counts_as_restored(crossing, tmp_path, has_run):
    async with both(crossing) as (source, target):
        async with source.writing() as connection:
            await connection.execute(delete(marks))
        if has_run:
            await FileRestoreGuard(source, tmp_path).mark()
        await copy_state(source, target)
        await refuse_left(source, adopts=True)
        await refuse_left(source)
        guard = FileRestoreGuard(source, tmp_path)
        assert await guard.was_restored()
        await guard.accept()
        assert not await FileRestoreGuard(source, tmp_path).was_restored()


@pytest.mark.nightly
async def test_a_copy_that_differs_is_an_error_and_nothing_is_kept(crossing, monkeypatch):
    async with both(crossing) as (source, target):
        compare = state_copy._compared

        async def bend(sides):
            await sides.target.execute(update(turns).where(turns.c.turn_id == "3é").values(score=0.4285714))
            await sides.target.execute(organisers.delete().where(organisers.c.role == "1é"))
            return await compare(sides)

        monkeypatch.setattr(state_copy, "_compared", bend)
        with pytest.raises(DatabaseError, match="organisers: 5 rows") as refusal:
            await copy_state(source, target)
        assert "in the copy 4" in str(refusal.value)
        assert "turns: 5 rows" in str(refusal.value)
        assert "visitors" not in str(refusal.value)
        assert await rows(target) == 0
        await refuse_left(source)
        monkeypatch.undo()
        await copy_state(source, target)


@pytest.mark.nightly
async def test_what_the_target_can_not_hold_is_named_by_its_table_and_not_shown(full, new_place):
    async with both((full("sqlite"), new_place("postgresql"))) as (source, target):
        async with source.writing() as connection:
            await connection.execute(update(visitors).values(chosen="a secret that is far too long"))
        with pytest.raises(DatabaseError, match=r"the table visitors can't be copied: value too long") as refusal:
            await copy_state(source, target)
        assert "secret" not in str(refusal.value)
        await refuse_left(source)


@pytest.mark.nightly
async def test_a_commit_that_fails_leaves_the_source_in_use(crossing, monkeypatch):
    async with both(crossing) as (source, target):
        leave = moves.leave

        async def leave_and_fail(database, arrival):
            await leave(database, arrival)
            raise DatabaseError("the disk is full")

        monkeypatch.setattr(moves, "leave", leave_and_fail)
        with pytest.raises(DatabaseError, match="disk is full"):
            await copy_state(source, target)
        await refuse_left(source)
        monkeypatch.undo()
        await copy_state(source, target)


@pytest.mark.nightly
async def test_both_are_held_meanwhile(crossing):
    async with both(crossing):
        for place in crossing:
            with pytest.raises(AlreadyRunningError):
                async with open_database(place):
                    pass


@pytest.mark.nightly
@pytest.mark.parametrize("which", [0, 1])
async def test_B11_beside_a_process_that_is_connected_without_a_lock_nothing_is_copied(which, full, set_up):
    """As a replica is."""
    places = full("postgresql"), set_up("postgresql")
    async with both(places) as (source, target):
        await target.migrate()
        async with open_database(places[which], lock=False) as other:
            await other.ping()
            with pytest.raises(AlreadyRunningError, match="in use by 1 other process of this program"):
                await copy_state(source, target)
            await refuse_left(target)
        assert await copy_state(source, target)


@pytest.mark.nightly
@pytest.mark.parametrize("which", [0, 1])
async def test_B11_a_replica_that_starts_just_before_the_farewell_keeps_the_state_where_it_is(
    which, full, set_up, monkeypatch
):
    places, leave = (full("postgresql"), set_up("postgresql")), moves.leave
    async with both(places) as (source, target), AsyncExitStack() as others:

        async def begin_and_leave(database, arrival):
            other = await others.enter_async_context(open_database(places[which], lock=False))
            await other.ping()
            await leave(database, arrival)

        monkeypatch.setattr(moves, "leave", begin_and_leave)
        with pytest.raises(AlreadyRunningError):
            await copy_state(source, target)
        await refuse_left(source)
        assert await rows(target) == 0


@pytest.mark.nightly
async def test_long_rows_are_never_held_many_at_once(new_place, set_up):
    """32 MB in rows of 1 MB."""
    async with both((new_place("sqlite"), set_up("sqlite"))) as (source, target):
        await source.migrate()
        async with source.writing() as connection:
            for number in range(32):
                key = f"{number}"
                values = {"announcement_id": key, "request_key": key, "stage": "", "version": 1, "body": ""}
                await connection.execute(announcements.insert().values(**values, created_at=func.current_timestamp()))
                blob = {"announcement_id": key, "kind": "", "filename": "", "file_id": ""}
                await connection.execute(announcement_files.insert().values(**blob, content=bytes(1_000_000)))
        tracemalloc.start()
        try:
            await copy_state(source, target)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 20_000_000
        async with target.reading() as connection:
            assert await connection.scalar(select(func.sum(func.length(announcement_files.c.content)))) == 32_000_000


COPYING = """
import asyncio, os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from bot.adapters.database import moves, state_copy
from bot.adapters.database.connection import open_database
from bot.adapters.database.state_copy import copy_state

def place(name):
    return name if "://" in name else Path(name)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

async def dies(*_):
    die()

async def main(source, target, moment):
    leave = moves.leave
    async def leave_and_die(*arguments):
        await leave(*arguments)
        die()
    compare, copy_rows = state_copy._compared, state_copy._copy_rows
    async def copy_and_die(table, sides):
        await copy_rows(table, sides)
        if table.name == "deliveries":
            die()
    match moment:
        case "among the rows":
            state_copy._copy_rows = copy_and_die
        case "before the comparison":
            state_copy._compared = dies
        case "before the farewell":
            moves.leave = dies
        case "after the farewell":
            moves.leave = leave_and_die
    async with open_database(place(source)) as one, open_database(place(target)) as other:
        await copy_state(one, other)
        die()

asyncio.run(main(*sys.argv[1:]))
"""


async def killed_copying(places: tuple[Target, Target], moment: str) -> None:
    """Let a process of its own copy, and die at that moment."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COPYING, *map(str, places), moment, cwd=Path(__file__).parents[2]
    )
    async with asyncio.timeout(LIMIT_S):
        assert await process.wait() == -signal.SIGKILL


@asynccontextmanager
async def freed(places: tuple[Target, Target]) -> AsyncIterator[tuple[Database, Database]]:
    """Both, once the server has noticed that its client is dead."""

    async def opened() -> AsyncExitStack | None:
        async with AsyncExitStack() as stack:
            try:
                found.extend([await stack.enter_async_context(open_database(place)) for place in places])
            except AlreadyRunningError:
                return None
            return stack.pop_all()

    found: list[Database] = []
    async with await until(opened, "the locks of a dead process"):
        yield found[0], found[1]


@pytest.mark.nightly
@pytest.mark.parametrize("moment", ["among the rows", "before the comparison", "before the farewell"])
async def test_B11_a_copy_killed_before_its_end_leaves_the_source_in_use_and_is_made_again(crossing, moment):
    await killed_copying(crossing, moment)
    async with freed(crossing) as (source, target):
        await refuse_left(source)
        assert await rows(target) == 0
        with pytest.raises(ForeignStateError, match="run the same `scoda copy-state` again"):
            await refuse_left(target)
        with pytest.raises(ForeignStateError, match="begun and did not end"):
            await copy_state(target, source)
        before = await content_of(source)
        await copy_state(source, target)
        assert await content_of(target) == before
        await refuse_left(target)


@pytest.mark.nightly
async def test_B11_between_the_farewell_and_the_commit_neither_runs_until_it_is_made_again(crossing, new_place):
    await killed_copying(crossing, "after the farewell")
    async with freed(crossing) as (source, target):
        for either in (source, target):
            with pytest.raises(ForeignStateError):
                await refuse_left(either)
        assert await rows(target) == 0
        async with open_database(new_place("sqlite")) as elsewhere:
            with pytest.raises(ForeignStateError):
                await copy_state(source, elsewhere)
        before = await content_of(source)
        await copy_state(source, target)
        assert await content_of(target) == before
        await refuse_left(target)


@pytest.mark.nightly
async def test_B11_a_kill_after_the_commit_has_moved_all_of_it(crossing):
    await killed_copying(crossing, "after the commit")
    async with freed(crossing) as (source, target):
        assert await content_of(target) == await content_of(source)
        assert await copy_state(source, target) is None
        await refuse_left(target)
        with pytest.raises(ForeignStateError):
            await refuse_left(source)


@pytest.mark.nightly
async def test_an_empty_target_that_waits_for_a_copy_can_be_begun_on_anew(crossing):
    await killed_copying(crossing, "among the rows")
    async with freed(crossing) as (_source, target):
        await refuse_left(target, adopts=True)
        await refuse_left(target)
        async with target.reading() as connection:
            names = set(await connection.scalars(select(marks.c.name)))
            assert not names & set(MOVING_MARKS)
            assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]
