"""Row O04 of tests/faults/README.md, and the upgrade from the last release, on either database."""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import MetaData, create_engine, event, make_url, select
from sqlalchemy.engine import Engine

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.audit_store import SqlAuditLog
from bot.adapters.database.budget_store import Budgets, SqlBudgetLedger
from bot.adapters.database.button_store import SqlButtonStore
from bot.adapters.database.connection import Database, open_database, revision_of
from bot.adapters.database.correction_store import SqlCorrections
from bot.adapters.database.dialogue_store import SqlDialogueStore
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.lease_store import SqlLease
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.organiser_store import SqlOrganiserStore
from bot.adapters.database.outbox_store import SqlOutbox
from bot.adapters.database.request_store import SqlRequests
from bot.adapters.database.state_owner import OFFICIAL, Owner, StateOwner
from bot.adapters.database.subscription_store import SqlSubscriptionStore
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.announcements.model import AnnouncementId, DeliveryState, OccurrenceId, OccurrenceState, Role
from bot.answering.model import Outcome
from bot.errors import AlreadyRunningError, DatabaseError, ForeignStateError
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from tests.support.fakes import FakeTombstones
from tests.support.released_states import ITS_REVISION, put_released_state, rows_of_release
from tests.support.visitors import LIMIT_S, until

NOW = datetime(2026, 5, 4, 9, 30, 0, 123456, tzinfo=UTC)
AIDA, JOHN, LI = (VisitorId(7_000_000_000 + number) for number in (1, 2, 3))
OWNER, SECOND = VisitorId(123456789), VisitorId(987654321)
KINDS = ["sqlite", "postgresql"]
Target = Path | str
NewPlace = Callable[[str], Target]
Rows = Mapping[str, Counter[tuple[object, ...]]]


@pytest.fixture(params=KINDS)
def released(request: pytest.FixtureRequest, new_place: NewPlace) -> Target:
    """The state that the last release left behind."""
    target = new_place(request.param)
    put_released_state(target)
    return target


def columns_in(target: Target) -> dict[str, list[str]]:
    """The tables and their columns, as they stand in the database."""
    with _reading(target) as tables:
        return {table.name: [column.name for column in table.columns] for table in tables.sorted_tables}


def rows_in(target: Target, columns: Mapping[str, list[str]]) -> Rows:
    """What stands in these columns, read past the program."""
    with _reading(target) as tables, tables.info["engine"].connect() as connection:
        return {
            name: Counter(
                tuple(row) for row in connection.execute(select(*(tables.tables[name].c[one] for one in wanted)))
            )
            for name, wanted in columns.items()
            if name != "alembic_version"
        }


@contextmanager
def _reading(target: Target) -> Iterator[MetaData]:
    url = make_url(f"sqlite:///{target}" if isinstance(target, Path) else target)
    engine = create_engine(url if isinstance(target, Path) else url.set(drivername="postgresql+psycopg"))
    tables = MetaData(info={"engine": engine})
    try:
        tables.reflect(engine)
        yield tables
    finally:
        engine.dispose()


async def test_every_row_of_the_last_release_is_there_after_the_migration(released: Target):
    columns = columns_in(released)
    before = rows_in(released, columns)
    assert all(before.values()), "each table of that release holds a row"
    assert len(columns) > 25
    assert await revision_of(released) == ITS_REVISION
    async with open_database(released) as database:
        assert await database.migrate() == ITS_REVISION
        assert await database.migrate() == REVISIONS[-1]
    assert await revision_of(released) == REVISIONS[-1]
    assert rows_in(released, columns) == before


@pytest.fixture
async def upgraded(released: Target):
    async with open_database(released) as database:
        await database.migrate()
        yield database


async def test_people_of_the_last_release_are_read_by_the_stores(upgraded: Database):
    visitors, turns = SqlVisitorStore(upgraded, FakeTombstones()), SqlTurnStore(upgraded)
    aida = await visitors.find(AIDA)
    assert (aida.chosen, aida.app_locale, aida.first_seen_at) == (Locale.RU, Locale.KY, NOW)
    assert not (await visitors.find(JOHN)).is_reachable
    [turn] = await turns.recent(ChatId(AIDA), AIDA, since=NOW, limit=9)
    assert (turn.question, turn.outcome) == ("Где парк?\0", Outcome.ANSWERED)
    assert (await turns.answered(ChatId(AIDA), AIDA)).score == 0.875
    assert [one.update_id for one in await SqlInbox(upgraded).pending(after=0, limit=9)] == [502, 503]
    assert (await SqlButtonStore(upgraded).find("token-one", now=NOW)).argument == "t1"
    assert (await SqlDialogueStore(upgraded).find(OWNER)).state == '{"step": "text", "ü": "文"}'
    subscription = await SqlSubscriptionStore(upgraded).find(ChatId(AIDA))
    assert (subscription.zone, subscription.quiet_from, subscription.quiet_until) == (
        "Asia/Bishkek", time(22, 30), time(7),
    )  # fmt: skip
    assert (await SqlSubscriptionStore(upgraded).find(ChatId(-1001234567890))).agreed_at is None
    roles = [(one.visitor_id, one.role) for one in await SqlOrganiserStore(upgraded).all()]
    assert roles == [(OWNER, Role.OWNER), (SECOND, Role.APPROVER)]
    assert (await SqlOrganiserStore(upgraded).invitation("a" * 64)).created_by == OWNER
    assert (await SqlBudgetLedger(upgraded, Budgets(1, 1, 1)).spent_in_all()).tokens == 623


async def test_announcements_and_knowledge_of_the_last_release_are_read_by_the_stores(upgraded: Database):
    forum, outbox = AnnouncementId("forum"), SqlOutbox(upgraded)
    found = await SqlAnnouncementStore(upgraded).find(forum)
    assert found.topic is NewsTopic.FORUM
    assert found.content.texts[Locale.RU] == "Форум начинается {start}."
    assert found.content.attachment.content == bytes(range(256))
    [occurrence] = await outbox.occurrences()
    assert (occurrence.state, occurrence.due_at) == (OccurrenceState.RUNNING, NOW)
    copies = [one async for one in outbox.rows(OccurrenceId(occurrence.occurrence_id))]
    assert Counter(one.state for one in copies) == {
        DeliveryState.SENT: 1, DeliveryState.SENDING: 1, DeliveryState.PLANNED: 1,
    }  # fmt: skip
    [(correction, copy)] = await SqlCorrections(upgraded).next(limit=9)
    assert (correction.texts[Locale.EN], copy.message_id) == ("At eleven.", 77)
    [request] = await SqlRequests(upgraded).waiting(forum)
    assert request.replaces == {Locale.EN: "At eleven."}
    assert len(await SqlAuditLog(upgraded).entries()) == 2
    assert await SqlLease(upgraded).take("another", now=NOW + timedelta(minutes=5), lasts_s=1) == 2
    manifest = SqlManifestStore(upgraded)
    assert (await manifest.published()).number == 2
    assert [one.path for one in await manifest.documents(2)] == ["expo/halls.md", "expo/halls.md"]
    assert list((await SqlEmbeddingCache(upgraded).get_many("e5", [f"{2:064x}"]))[f"{2:064x}"]) == [0.25] * 4
    await StateOwner(upgraded).require(Owner(4711, OFFICIAL))
    with pytest.raises(ForeignStateError):
        await StateOwner(upgraded).require(Owner(1, OFFICIAL))


MIGRATING = """
import asyncio, os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from bot.adapters.database.connection import open_database

target, moment = sys.argv[1], sys.argv[2]
left = int(moment) if moment.isdigit() else -1

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def count(*_):
    global left
    left -= 1
    if left == 0:
        die()

async def main():
    async with open_database(target if "://" in target else Path(target)) as database:
        event.listen(Engine, "after_cursor_execute", count)
        if moment == "at the commit":
            event.listen(Engine, "commit", die)
        await database.migrate()
        die()

asyncio.run(main())
"""


async def killed_migrating(target: Target, moment: str) -> None:
    """Let a process of its own migrate, and die at that moment: after so many statements, or as it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MIGRATING, str(target), moment, cwd=Path(__file__).parents[2]
    )
    async with asyncio.timeout(LIMIT_S):
        assert await process.wait() == -signal.SIGKILL


@contextmanager
def noted_statements() -> Iterator[list[str]]:
    """What is sent to a database meanwhile."""
    noted: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        noted.append(statement)

    event.listen(Engine, "after_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(Engine, "after_cursor_execute", note)


async def freed(target: Target) -> None:
    """Wait until the server has noticed that its client is dead."""

    async def opens() -> bool:
        try:
            async with open_database(target):
                return True
        except AlreadyRunningError:
            return False

    await until(opens, "the lock of a dead process")


@pytest.mark.nightly
@pytest.mark.parametrize("moment", ["1", "12", "at the commit"])
async def test_O04_a_migration_killed_at_any_moment_leaves_the_old_state_whole_and_is_made_again(
    released: Target, moment: str
):
    columns = columns_in(released)
    before = rows_in(released, columns)
    await killed_migrating(released, moment)
    await freed(released)
    assert await revision_of(released) == ITS_REVISION
    assert columns_in(released) == columns
    assert rows_in(released, columns) == before
    async with open_database(released) as database:
        assert await database.migrate() == ITS_REVISION
    assert rows_in(released, columns) == before


async def test_O04_a_kill_right_after_the_migration_leaves_the_new_schema(released: Target):
    columns = columns_in(released)
    before = rows_in(released, columns)
    await killed_migrating(released, "after the commit")
    await freed(released)
    assert await revision_of(released) == REVISIONS[-1]
    assert rows_in(released, columns) == before


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moment", ["40", "at the commit"])
async def test_O04_the_first_set_up_killed_at_any_moment_leaves_nothing(kind: str, moment: str, new_place: NewPlace):
    target = new_place(kind)
    await killed_migrating(target, moment)
    await freed(target)
    assert columns_in(target) == {}
    async with open_database(target) as database:
        assert await database.migrate() is None
    assert await revision_of(target) == REVISIONS[-1]


async def test_O04_an_older_program_refuses_a_newer_schema_and_changes_nothing(released: Target):
    _execute(released, "UPDATE alembic_version SET version_num = '9999'")
    for lock in (True, False):
        with pytest.raises(DatabaseError, match="written by a newer version of this program"):
            async with open_database(released, lock=lock):
                pass
    with pytest.raises(DatabaseError, match="install that version again"):
        await revision_of(released)
    assert "turns" in columns_in(released)
    assert "gaps" not in columns_in(released)


async def test_O04_a_program_that_runs_goes_on_when_a_newer_one_has_migrated_and_is_refused_at_its_next_start(
    released: Target,
):
    async with open_database(released) as database:
        await database.migrate()
        _execute(
            released, "CREATE TABLE of_a_newer_program (x INTEGER)", "UPDATE alembic_version SET version_num = '9999'"
        )
        await SqlVisitorStore(database, FakeTombstones()).choose(AIDA, Locale.KK, now=NOW)
        assert (await SqlVisitorStore(database, FakeTombstones()).find(AIDA)).chosen is Locale.KK
    with pytest.raises(DatabaseError, match="newer version"):
        async with open_database(released):
            pass


async def test_processes_that_start_together_on_one_server_migrate_once(new_place: NewPlace):
    target = new_place("postgresql")
    put_released_state(target)
    async with open_database(target) as one:
        others = [Database(one._engine, name="another", reads_only=False) for _ in range(3)]
        found = await asyncio.gather(*(each.migrate() for each in [one, *others]))
    assert sorted(found) == sorted([ITS_REVISION, *[REVISIONS[-1]] * 3])


ADDS = re.compile(
    r"CREATE TABLE |CREATE INDEX |INSERT INTO |UPDATE alembic_version|"
    r"ALTER TABLE \w+ ADD COLUMN (?!.*NOT NULL)|ALTER TABLE \w+ ADD COLUMN .*DEFAULT .*NOT NULL"
)
LOOKS = re.compile(r"SELECT |PRAGMA |BEGIN|SET LOCAL ")


def not_additive(statements: list[str]) -> list[str]:
    """Those under which a replica of the release before could not go on."""
    written = (" ".join(statement.split()) for statement in statements)
    return [one for one in written if not LOOKS.match(one) and not ADDS.match(one)]


async def test_migrations_since_the_last_release_only_add(released: Target):
    async with open_database(released) as database:
        with noted_statements() as noted:
            await database.migrate()
    assert len(noted) > 30
    assert not_additive(noted) == [], "expand now, contract in a later release: see bot/adapters/database/migrations"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE turns",
        "ALTER TABLE turns DROP COLUMN score",
        "ALTER TABLE turns ADD COLUMN mood INTEGER NOT NULL",
        "ALTER TABLE turns RENAME TO questions",
        "ALTER TABLE turns ALTER COLUMN composed SET NOT NULL",
        "CREATE UNIQUE INDEX one ON turns (asked_at)",
        "UPDATE turns SET score = 0",
    ],
)
def test_a_migration_that_takes_something_away_would_be_noticed(statement: str):
    assert not_additive([statement]) == [statement]
    assert not_additive(["ALTER TABLE turns ADD COLUMN\n mood INTEGER DEFAULT 0 NOT NULL", "CREATE TABLE x (y)"]) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_the_last_release_could_go_on_writing_to_the_new_schema(kind: str, new_place: NewPlace):
    """Beside a new replica that has migrated: these statements are its own."""
    target, old = new_place(kind), new_place(kind)
    async with open_database(target) as database:
        await database.migrate()
    statements = rows_of_release(kind)
    assert len(statements) > 50
    _execute(target, *statements)
    put_released_state(old)
    columns = columns_in(old)
    assert rows_in(target, columns) == rows_in(old, columns)


def _execute(target: Target, *statements: str) -> None:
    if isinstance(target, Path):
        with closing(sqlite3.connect(target)) as connection, connection:
            connection.execute("PRAGMA foreign_keys=ON")
            for statement in statements:
                connection.execute(statement)
    else:
        with psycopg.connect(target) as server:
            for statement in statements:
                server.execute(statement.encode())
