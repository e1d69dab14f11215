from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, LargeBinary, bindparam, func, make_url, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import create_async_engine

import bot.adapters.database
from bot.adapters.database.columns import AnyText
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.knowledge_tables import knowledge_documents, manifest_documents, manifest_generations
from bot.adapters.database.manifest_store import SqlManifestStore, VersionState
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.organiser_store import SqlOrganiserStore
from bot.adapters.database.schema import current_revision
from bot.adapters.database.tables import (
    PERSON_COLUMNS,
    audit_log,
    organisers,
    tables_about_people,
    visitors,
    whole_schema,
)
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.errors import AlreadyRunningError, DatabaseError
from bot.ids import Locale, VisitorId
from bot.ingestion.model import IndexVersionContent, KeptFile, Means
from tests.support.fakes import FakeTombstones, exported
from tests.support.knowledge_parts import document, section
from tests.support.visitors import LIMIT_S, until

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
AIDA = VisitorId(7_000_000_001)


async def test_migrations_end_at_the_tables(database):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), whole_schema())

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


def test_every_revision_is_named():
    folder = Path(bot.adapters.database.__file__).with_name("migrations")
    known = [script.revision for script in ScriptDirectory(str(folder)).walk_revisions()]
    assert tuple(reversed(known)) == REVISIONS


async def _move_to(database, revision):
    """Bring the tables to a revision, up or down."""

    def move(connection):
        config = Config()
        config.set_main_option("script_location", str(Path(bot.adapters.database.__file__).with_name("migrations")))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        is_up = revision > current_revision(connection)
        (command.upgrade if is_up else command.downgrade)(config, revision)

    async with database.writing() as connection:
        await connection.run_sync(move)


async def _insert_as_of_0003(database):
    """Two versions that share a document, as revision 0003 kept them."""
    generation = text(
        "INSERT INTO manifest_generations (number, state, embedding_identity, documents, chunks, fingerprint, means, "
        "created_at, published_at) VALUES (:number, :state, 'e5', 2, 9, 'f', :means, :now, :now)"
    ).bindparams(bindparam("now", type_=manifest_generations.c.created_at.type), bindparam("means", type_=LargeBinary))
    document = text("INSERT INTO manifest_documents VALUES (:generation, :locale, :path, :content_hash, :body)")
    async with database.writing() as connection:
        for number, state in ((1, "retired"), (2, "published")):
            values = {"number": number, "state": state, "means": b"m", "now": NOW}
            await connection.execute(generation, values)
        for number, path, content in ((1, "a.md", "old"), (1, "b.md", "same"), (2, "a.md", "new"), (2, "b.md", "same")):
            body = f'{{"text": "{content} \\u0000 园区"}}'
            values = {"generation": number, "locale": "zh", "path": path, "content_hash": content, "body": body}
            await connection.execute(document, values)


async def test_what_revision_0003_had_published_is_kept_whole_up_and_down(database):
    await _move_to(database, "0003")
    await _insert_as_of_0003(database)

    await database.migrate()

    bodies = {number: await bodies_of(database, number) for number in (1, 2)}
    assert bodies == {
        1: [("a.md", "old", '{"text": "old \\u0000 园区"}'), ("b.md", "same", '{"text": "same \\u0000 园区"}')],
        2: [("a.md", "new", '{"text": "new \\u0000 园区"}'), ("b.md", "same", '{"text": "same \\u0000 园区"}')],
    }
    assert await states(database) == {2: VersionState.PUBLISHED, 1: VersionState.RETIRED}
    published = await SqlManifestStore(database).published()
    assert (published.published_at, published.pending) == (NOW, 0)

    await _move_to(database, "0003")
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT generation, path, content_hash, body FROM manifest_documents"))
        assert {tuple(row) for row in rows} == {(number, *row) for number in bodies for row in bodies[number]}
    await database.migrate()
    assert await bodies_of(database, 2) == bodies[2]


async def bodies_of(database, number):
    """Path, content hash and JSON of each document of a version."""
    table = manifest_documents.c
    query = (
        select(table.path, table.content_hash, knowledge_documents.c.body)
        .join(knowledge_documents, knowledge_documents.c.content_hash == table.content_hash)
        .where(table.generation == number)
    )
    async with database.reading() as connection:
        return sorted(tuple(row) for row in await connection.execute(query))


async def states(database):
    """The state of each version."""
    async with database.reading() as connection:
        return dict(
            tuple(row)
            for row in await connection.execute(select(manifest_generations.c.number, manifest_generations.c.state))
        )


async def test_A15_an_invitation_that_was_used_before_candidates_were_confirmed_is_settled(database):
    await _move_to(database, "0004")
    using = text(
        "INSERT INTO invitations (token_hash, role, created_by, expires_at, used_by) "
        "VALUES (:name, 'author', 1, :until, :person)"
    ).bindparams(bindparam("until", type_=manifest_generations.c.created_at.type))
    async with database.writing() as connection:
        for name, used_by in (("used", AIDA), ("open", None)):
            await connection.execute(using, {"name": name, "until": NOW, "person": used_by})

    await database.migrate()

    store, before = SqlOrganiserStore(database), NOW - timedelta(days=1)
    assert await store.decide("used", now=before) is None
    assert await store.redeem("open", AIDA, now=before, until=NOW) is not None
    assert await store.decide("open", now=before) is not None


async def test_a_document_of_many_generations_is_stored_once_and_goes_with_the_last_of_them(database):
    store = SqlManifestStore(database)
    numbers = [await store.begin("e5") for _ in range(3)]
    for number, path in zip(numbers, ("x.md", "y.md", "y.md"), strict=True):
        await store.write_documents(number, [written("same.md"), written(path)])
        await publish(store, number)

    async def stored():
        async with database.reading() as connection:
            return sorted(await connection.scalars(select(knowledge_documents.c.content_hash)))

    assert await stored() == ["same.md", "x.md", "y.md"]
    await SqlManifestStore(database, keep_versions=2).tidy()
    assert await stored() == ["same.md", "y.md"]


async def test_of_older_generations_documents_stay_and_the_means_go(database):
    store = SqlManifestStore(database, keep_versions=4)
    numbers = [await store.begin("e5") for _ in range(5)]
    for number in numbers:
        await store.write_documents(number, [written(f"{number}.md")])
        await publish(store, number, pending=0)

    assert await store.tidy() == (numbers[4], numbers[3])

    assert [record.number for record in await store.history()] == numbers[:0:-1]
    assert [len(await store.documents(number)) for number in numbers] == [0, 1, 1, 1, 1]
    query = select(manifest_generations.c.number).where(func.length(manifest_generations.c.means) > 0)
    async with database.reading() as connection:
        assert set(await connection.scalars(query)) == {numbers[4], numbers[3]}


def written(path, locale=Locale.EN):
    """A document that is known by its path and language."""
    name = path if locale is Locale.EN else f"{locale}/{path}"
    return document(path, locale, section("a", "园区"), content_hash=name)


async def test_P08_strangers_whom_commands_were_denied_are_named_no_longer_and_organisers_still_are(database):
    denied = text(
        "INSERT INTO audit_log (at, actor, action, subject, detail) VALUES (:now, :actor, :action, :subject, '')"
    ).bindparams(bindparam("now", type_=manifest_generations.c.created_at.type))
    await _move_to(database, "0004")
    async with database.writing() as connection:
        await connection.execute(organisers.insert().values(visitor_id=1, role="author", granted_at=NOW))
        for actor, action in ((1, "announce_denied"), (9, "announce_denied"), (9, "role_granted")):
            values = {"now": NOW, "actor": actor, "action": action, "subject": str(actor)}
            await connection.execute(denied, values)
    await database.migrate()
    async with database.reading() as connection:
        rows = await connection.execute(select(audit_log.c.actor, audit_log.c.action, audit_log.c.subject))
        assert {tuple(row) for row in rows} == {
            (1, "announce_denied", "1"),
            (None, "announce_denied", ""),
            (9, "role_granted", "9"),
        }


async def test_migrating_again_changes_nothing(database):
    await SqlVisitorStore(database, FakeTombstones()).seen(AIDA, app_locale=None, now=NOW)
    await database.migrate()
    assert await SqlVisitorStore(database, FakeTombstones()).find(AIDA) is not None


def test_every_column_with_a_persons_id_is_known_as_one():
    other_ids = {"update_id", "message_id", "seq", "snapshot", "planned_through", "epoch", "entry", "value"}
    other_ids |= {"about", "reply_to"}
    organisers_ids = {
        "granted_by",
        "created_by",
        "used_by",
        "asked_by",
        "decided_by",
        "actor",
    }  # who acted for the organiser stays on record
    for table in whole_schema().sorted_tables:
        for column in table.columns:
            if isinstance(column.type, BigInteger):
                assert column.name in PERSON_COLUMNS | other_ids | organisers_ids, (
                    f"{table.name}.{column.name}: whose id is it?"
                )


async def test_export_and_forgetting_cover_every_table_with_a_persons_id(database):
    with_a_person = {table.name for table in whole_schema().sorted_tables if PERSON_COLUMNS & set(table.columns.keys())}
    assert {table.name for table in tables_about_people()} == with_a_person
    tables = await exported(SqlVisitorStore(database, FakeTombstones()).export(AIDA))
    assert set(tables) == with_a_person | {"audit_log"}


async def test_a_moment_comes_back_in_utc(database):
    store = SqlVisitorStore(database, FakeTombstones())
    await store.seen(AIDA, app_locale=None, now=NOW.astimezone(timezone(timedelta(hours=8))))
    visitor = await store.find(AIDA)
    assert (visitor.first_seen_at, visitor.first_seen_at.tzinfo) == (NOW, UTC)


async def test_a_moment_without_a_zone_is_refused(database):
    with pytest.raises(DatabaseError, match="no time zone") as refusal:
        await SqlVisitorStore(database, FakeTombstones()).seen(AIDA, app_locale=None, now=NOW.replace(tzinfo=None))
    assert isinstance(refusal.value.__cause__, StatementError)


@given(st.text(st.characters()))
def test_any_text_becomes_storable_and_comes_back(value):
    column = AnyText()
    stored = column.process_bind_param(value, None)
    stored.encode()
    assert "\0" not in stored
    assert column.process_result_value(stored, None) == value


async def test_other_tasks_do_not_join_a_transaction(database):
    store = SqlVisitorStore(database, FakeTombstones())
    async with database.transaction():
        await store.seen(AIDA, app_locale=None, now=NOW)
        assert await asyncio.create_task(store.find(AIDA)) is None
        assert await store.find(AIDA) is not None


async def test_writers_take_turns(database):
    store = SqlVisitorStore(database, FakeTombstones())

    async def visit(number):
        async with database.transaction():
            await store.seen(VisitorId(number), app_locale=None, now=NOW)
            await asyncio.sleep(0)
            await store.find(VisitorId(number))

    async with asyncio.TaskGroup() as tasks:
        for number in range(60):
            tasks.create_task(visit(number))
    async with database.reading() as connection:
        assert len((await connection.execute(select(visitors))).all()) == 60


async def test_a_cancelled_transaction_leaves_the_database_usable(database):
    store = SqlVisitorStore(database, FakeTombstones())
    inside = asyncio.Event()

    async def held_open():
        async with database.transaction():
            await store.seen(AIDA, app_locale=None, now=NOW)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(held_open())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.find(AIDA) is None
    await store.seen(AIDA, app_locale=None, now=NOW)


class SlowStatement:
    """A statement that lasts until it is answered, of a task that is cancelled twice, as its connection is closed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun, self._answered = threading.Event(), threading.Event()
        self.driver: Any = None

    async def cancelled_twice(self) -> set[asyncio.Task[Any]]:
        """The tasks that close the connection."""
        others = asyncio.all_tasks()
        task = asyncio.create_task(self._ask())
        await asyncio.to_thread(self._begun.wait)
        task.cancel()
        closing = await until(lambda: asyncio.all_tasks() - others - {task})
        task.cancel()
        await asyncio.wait({task})
        return closing

    def answer(self) -> None:
        self._answered.set()

    async def _ask(self) -> None:
        async with self._database.reading() as connection:
            self.driver = (await connection.get_raw_connection()).driver_connection
            await self.driver.create_function("slow", 0, self._slow)
            await connection.execute(text("SELECT slow()"))

    def _slow(self) -> int:
        self._begun.set()
        return int(self._answered.wait())


async def test_a_connection_that_is_closed_for_a_task_cancelled_twice_is_closed_once(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        statement = SlowStatement(database)
        closing = await statement.cancelled_twice()
        statement.answer()
        _, for_ever = await asyncio.wait(closing, timeout=LIMIT_S)
        assert not for_ever


async def test_closing_waits_for_the_statement_of_a_cancelled_task(tmp_path):
    async with AsyncExitStack() as stack:
        statement = SlowStatement(await stack.enter_async_context(open_database(tmp_path / "state.db")))
        await statement.cancelled_twice()
        closing = asyncio.create_task(stack.pop_all().aclose())
        done, _ = await asyncio.wait({closing}, timeout=0.1)
        statement.answer()
        assert not done
        await asyncio.wait_for(closing, LIMIT_S)
    assert not statement.driver._thread.is_alive()


async def test_a_second_process_is_refused_but_may_read(database, request, tmp_path):
    target = tmp_path / "state.db" if "sqlite" in request.node.name else request.getfixturevalue("postgresql_url")
    await SqlVisitorStore(database, FakeTombstones()).seen(AIDA, app_locale=None, now=NOW)
    with pytest.raises(AlreadyRunningError, match="in use by another process"):
        async with open_database(target):
            pass
    async with open_database(target, lock=False) as reader:
        assert await SqlVisitorStore(reader, FakeTombstones()).find(AIDA) is not None
        with pytest.raises(DatabaseError, match="reading only"):
            await SqlVisitorStore(reader, FakeTombstones()).unreachable(AIDA)
        with pytest.raises(DatabaseError, match="reading only"):
            await reader.migrate()


async def test_a_database_answers_a_ping(database):
    await database.ping()


async def test_a_failing_statement_does_not_show_what_was_stored(database):
    with pytest.raises(DatabaseError) as failure:
        async with database.writing() as connection:
            await connection.execute(text("INSERT INTO nowhere VALUES (:question)"), {"question": "my secret"})
    assert "nowhere" in str(failure.value)
    assert "my secret" not in f"{failure.value} {failure.value.__cause__}"


async def test_vectors_come_back_by_model_and_text(database):
    cache = SqlEmbeddingCache(database)
    vectors = {f"{number:064x}": np.full(8, number, np.float32) for number in range(3000)}
    await cache.put_many("e5", vectors)
    await cache.put_many("e5", {f"{0:064x}": np.ones(8, np.float32)})
    await cache.put_many("other", {f"{5000:064x}": np.ones(8, np.float32)})
    found = await cache.get_many("e5", [*vectors, f"{5000:064x}"])
    assert found.keys() == vectors.keys()
    assert all(np.array_equal(found[key], vectors[key]) for key in vectors)
    assert found[f"{7:064x}"].dtype == np.float32


async def test_nothing_is_published_at_first(database):
    store = SqlManifestStore(database)
    assert await store.published() is None
    assert await store.documents(1) == []


async def publish(store, number, pending=5):
    content = IndexVersionContent(
        number=number,
        fingerprint="f",
        embedding_identity="e5",
        documents=(written("a.md"),),
        parts=(),
        means=Means(passages={}, queries={}, metric=np.eye(2, dtype=np.float32)),
        chunks=2,
        pending=pending,
    )
    return await store.publish(content, now=NOW)


async def test_publishing_retires_the_generation_before(database):
    store = SqlManifestStore(database)
    first, second = await store.begin("e5"), await store.begin("e5")
    await publish(store, first)
    told = await publish(store, second)
    published = await store.published()
    assert told == published
    assert (published.number, published.embedding_identity, published.documents, published.chunks) == (
        second,
        "e5",
        1,
        2,
    )
    assert (published.fingerprint, published.published_at, published.pending) == ("f", NOW, 5)
    assert np.array_equal((await store.means(second)).metric, np.eye(2))
    assert await store.means(first) is None
    assert await states(database) == {first: VersionState.RETIRED, second: VersionState.PUBLISHED}


async def test_a_generation_that_is_not_being_built_can_not_be_published(database):
    store = SqlManifestStore(database)
    number = await store.begin("e5")
    await publish(store, number)
    with pytest.raises(DatabaseError, match="not being built"):
        await publish(store, number)
    assert (await store.published()).number == number


async def test_D34_a_postgresql_that_may_lose_what_was_committed_is_not_opened(postgresql_url):
    administrator = create_async_engine(make_url(postgresql_url).set(drivername="postgresql+psycopg"))

    async def alter(how):
        async with administrator.begin() as connection:
            name = await connection.scalar(text("SELECT current_database()"))
            await connection.execute(text(f'ALTER DATABASE "{name}" {how}'))

    await alter("SET synchronous_commit TO off")
    try:
        with pytest.raises(DatabaseError, match="may lose committed writes when the power fails"):
            async with open_database(postgresql_url):
                pass
    finally:
        await alter("RESET synchronous_commit")
        await administrator.dispose()
    async with open_database(postgresql_url) as database:
        await database.ping()


async def test_documents_come_back_by_locale_and_path_whatever_the_collation_of_the_server(database):
    store = SqlManifestStore(database)
    number = await store.begin("e5")
    chinese, *english = [
        written("a.md", Locale.ZH), written("ab.md"), written("a-c.md"), written("Z.md"), written("a/z.md"),
    ]  # fmt: skip
    await store.write_documents(number, [chinese, *english])
    assert [one.path for one in await store.documents(number)] == ["Z.md", "a-c.md", "a/z.md", "ab.md", "a.md"]
    assert (await store.documents(number))[-1] == chinese


async def test_a_discarded_generation_is_gone_and_its_number_is_not_given_again(database):
    store = SqlManifestStore(database)
    number = await store.begin("e5")
    await store.write_documents(number, [written("a.md")])
    await store.discard(number)
    assert await store.documents(number) == []
    assert await store.begin("e5") > number


async def test_the_published_generation_can_not_be_discarded(database):
    store = SqlManifestStore(database)
    number = await store.begin("e5")
    await publish(store, number)
    await store.discard(number)
    assert (await store.published()).number == number


async def test_old_generations_go_and_their_documents_and_files_with_them(database):
    store = SqlManifestStore(database, keep_versions=2)
    numbers = [await store.begin("e5") for _ in range(5)]
    for number in numbers[:4]:
        await store.write_documents(number, [written("a.md")])
        files = [KeptFile("en/a.md", f"{number:064}", b"a" * number), KeptFile("en/b.md", "b" * 64, b"b")]
        await store.write_files(number, {file.name: file.digest for file in files}, files)
        await publish(store, number)
    assert await store.tidy() == (numbers[3], numbers[2])
    assert len(await store.files([f"{number:064}" for number in numbers] + ["b" * 64])) == 3
    assert set(await states(database)) == {numbers[4], numbers[3], numbers[2]}
    assert await store.documents(numbers[0]) == []
    assert len(await store.documents(numbers[2])) == 1
