"""Opens the state database, SQLite or PostgreSQL, and hands out its connections and transactions."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import URL, Connection, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.adapters.database import schema
from bot.adapters.database.at_rest import untouched
from bot.adapters.database.locks import PROGRAM, folder_lock, server_lock
from bot.adapters.database.one_trip import OneTripConnection
from bot.adapters.database.replacing import finish_replacing, refuse_unfinished
from bot.adapters.database.turnstile import Turnstile
from bot.errors import DatabaseError

WAIT_S = 30.0
"""How long a write waits for its turn, and a connection for a free place, before it fails."""

_BEGIN = "scoda_begin"
_SYNCHRONOUS = "FULL"
"""SQLite's word for commits that survive a power cut; with a WAL, NORMAL may take back what was committed."""
SURVIVES_POWER_LOSS = ("2", "3", "on", "local", "remote_write", "remote_apply")
"""As SQLite (FULL, EXTRA) and PostgreSQL say it."""


@dataclass(frozen=True, slots=True)
class _OpenTransaction:
    database: Database
    connection: AsyncConnection
    task: asyncio.Task[object] | None


_open: ContextVar[_OpenTransaction | None] = ContextVar("open_transaction", default=None)


@asynccontextmanager
async def open_database(target: str | Path, *, lock: bool = True) -> AsyncIterator[Database]:
    """Open the database at a file path or a `postgresql://` address, and close it at the end.

    With `lock` this process is the only one that may write; a SQLite file's folder is made if it is missing. Without
    it the database can only be read, also beside a running bot.

    Raises:
        AlreadyRunningError: another process holds the database.
        DatabaseError: it can't be reached, is damaged, or has a newer schema.
    """
    url = _url_of(target)
    file = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    async with AsyncExitStack() as stack:
        if file is not None and lock:
            stack.enter_context(folder_lock(file.parent))
            finish_replacing(file)
        if file is not None and not lock:
            refuse_unfinished(file)
            _require(file)
        engine = _postgresql_engine(url) if file is None else _sqlite_engine(url, reads_only=not lock)
        stack.push_async_callback(engine.dispose)
        database = Database(engine, name=str(file or url.render_as_string()), reads_only=not lock)
        with database.translated_errors():
            if file is None and lock:
                await stack.enter_async_context(server_lock(engine))
            await database.check()
        yield database


async def revision_of(target: str | Path) -> str | None:
    """The schema's revision of a database that another process may hold; None where nothing is set up yet.

    Raises:
        DatabaseError: it can't be reached, is damaged, or has a newer schema.
    """
    url = _url_of(target)
    file = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    if file is not None and not file.is_file():
        return None
    engine = _postgresql_engine(url) if file is None else _sqlite_engine(url, reads_only=True)
    try:
        database = Database(engine, name=str(file or url.render_as_string()), reads_only=True)
        async with database.reading() as connection:
            await connection.run_sync(schema.refuse_newer, database.name)
            return await connection.run_sync(schema.current_revision)
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_to_look(target: str | Path, *, is_running: bool) -> AsyncIterator[Database]:
    """Open a database in whatever state it is: nothing is checked, no lock is taken, and not a byte of it changes.

    `is_running` says whether a bot has it open; it matters to SQLite alone.

    Raises:
        DatabaseError: there is no such file.
    """
    url = _url_of(target)
    async with AsyncExitStack() as stack:
        if url.get_backend_name() != "sqlite":
            name, engine = url.render_as_string(), _postgresql_engine(url)
        else:
            file = Path(url.database or "")
            _require(file)
            copying = untouched(file, is_running=is_running)
            here = await asyncio.to_thread(stack.enter_context, copying)
            name, engine = str(file), _sqlite_engine(here, reads_only=True)
        stack.push_async_callback(engine.dispose)
        yield Database(engine, name=name, reads_only=True)


class Database:
    """The open state database. Made by `open_database`."""

    def __init__(self, engine: AsyncEngine, *, name: str, reads_only: bool) -> None:
        self.name = name
        self._reads_only = reads_only
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._engine = engine
        self._reading_engine = engine.execution_options(**{_BEGIN: ("BEGIN",)})
        self._write_turn = Turnstile()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Make all that this task reads and writes inside one transaction; inside another it joins that one.

        It belongs to the task that opened it: what other tasks write meanwhile, even tasks started inside, is theirs.
        """
        async with self._transaction(is_prompt=False):
            yield

    @asynccontextmanager
    async def prompt_transaction(self) -> AsyncIterator[None]:
        """As `transaction`, for work that must not wait behind a crowd: every second turn to write is for such."""
        async with self._transaction(is_prompt=True):
            yield

    @asynccontextmanager
    async def _transaction(self, *, is_prompt: bool) -> AsyncIterator[None]:
        if self._joined() is not None:
            yield
            return
        async with self._apart(is_prompt=is_prompt) as connection:
            token = _open.set(_OpenTransaction(self, connection, asyncio.current_task()))
            try:
                yield
            finally:
                _open.reset(token)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection to write with: the open transaction's, or one that commits at the end."""
        joined = self._joined()
        if joined is None:
            async with self.apart() as connection:
                yield connection
        else:
            with self.translated_errors():
                yield joined

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with: the open transaction's, which sees its own writes, or a fresh one."""
        with self.translated_errors():
            joined = self._joined()
            if joined is None:
                async with self._reading_engine.connect() as connection:
                    yield connection
            else:
                yield joined

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of its own, never joined to another one.

        Raises:
            DatabaseError: this task has a transaction open and would wait for itself, or the turn did not come.
        """
        async with self._apart(is_prompt=False) as connection:
            yield connection

    @asynccontextmanager
    async def _apart(self, *, is_prompt: bool) -> AsyncIterator[AsyncConnection]:
        self._require_writable()
        if self._joined() is not None:
            raise DatabaseError("this write needs a transaction of its own: call it outside the open one")
        async with self._turn_to_write(is_prompt=is_prompt):
            with self.translated_errors():
                async with self._engine.begin() as connection:
                    yield connection

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT in this database's dialect."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection that reads, as long as it is open, what was committed at its first read, whoever writes."""
        with self.translated_errors():
            async with self._reading_engine.connect() as connection:
                if not self._is_sqlite:
                    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                    await connection.execution_options(**options)
                yield connection

    async def migrate(self) -> str | None:
        """Bring the schema to this program's revision, in one transaction; returns the revision from before.

        At that revision it does nothing. A process that is killed meanwhile leaves the schema from before.
        """
        async with self.rebuilding() as connection:
            return await connection.run_sync(schema.upgrade)

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[AsyncConnection]:
        """One transaction in which tables may be made and changed; it is no part of any other."""
        self._require_writable()
        # Alembic changes a SQLite table by dropping it for a copy: with foreign keys on, the rows of its children
        # would go too.
        engine = self._engine.execution_options(**{_BEGIN: ("PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE")})
        with self.translated_errors():
            async with engine.begin() as connection:
                yield connection
        if self._is_sqlite:
            await engine.dispose()  # the connection still has its foreign keys off

    async def check(self) -> None:
        """Make sure that the database is whole, of a revision this program knows, and keeps what is committed.

        Raises:
            DatabaseError: it is not, with the way back.
        """
        async with self.reading() as connection:
            if self._is_sqlite and not self._reads_only:
                await self._refuse_damage(connection)
            if not self._reads_only:
                await self._require_durable(connection)
            await connection.run_sync(schema.refuse_newer, self.name)
            if self._reads_only:
                await connection.run_sync(schema.require_newest, self.name)

    async def ping(self) -> None:
        """Ask for an answer.

        Raises:
            DatabaseError: none came.
        """
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    def watch_statements(self, took: Callable[[float], object]) -> None:
        """From now on `took` is told the seconds of each statement, its wait for the driver's thread included."""

        def begin(connection: Connection, *_rest: object) -> None:
            connection.info["began"] = time.perf_counter()

        def end(connection: Connection, *_rest: object) -> None:
            took(time.perf_counter() - connection.info["began"])

        event.listen(self._engine.sync_engine, "before_cursor_execute", begin)
        event.listen(self._engine.sync_engine, "after_cursor_execute", end)

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Turn SQLAlchemy's errors into ours. Values that were being stored are never part of the message."""
        try:
            yield
        except SQLAlchemyError as error:
            reason = str(error.orig) if isinstance(error, DBAPIError) else str(error)
            if _means_damage(reason):
                raise DatabaseError(self._damage(reason)) from error
            raise DatabaseError(f"the database {self.name} failed: {reason}") from error

    def _require_writable(self) -> None:
        if self._reads_only:
            raise DatabaseError(f"{self.name} is open for reading only: open it with its lock to write")

    def _joined(self) -> AsyncConnection | None:
        transaction = _open.get()
        if transaction is None or transaction.database is not self:
            return None
        return transaction.connection if transaction.task is asyncio.current_task() else None

    @asynccontextmanager
    async def _turn_to_write(self, *, is_prompt: bool) -> AsyncIterator[None]:
        if not self._is_sqlite:
            yield
            return
        try:
            async with asyncio.timeout(WAIT_S):
                await self._write_turn.acquire(is_prompt=is_prompt)
        except TimeoutError as error:
            raise DatabaseError(
                f"a write to {self.name} waited {WAIT_S:.0f} s for the one before it: "
                "a transaction is held open too long"
            ) from error
        try:
            yield
        finally:
            self._write_turn.release()

    async def _refuse_damage(self, connection: AsyncConnection) -> None:
        findings = (await connection.execute(text("PRAGMA quick_check(3)"))).scalars().all()
        if findings != ["ok"]:
            raise DatabaseError(self._damage("; ".join(map(str, findings))))

    async def _require_durable(self, connection: AsyncConnection) -> None:
        """An intent that a power cut takes back would be sent twice."""
        asking = "PRAGMA synchronous" if self._is_sqlite else "SHOW synchronous_commit"
        found = str(await connection.scalar(text(asking)))
        if found not in SURVIVES_POWER_LOSS:
            raise DatabaseError(
                f"the database {self.name} may lose committed writes when the power fails ({asking} says {found}): "
                f"set it to {'FULL' if self._is_sqlite else 'on'}"
            )

    def _damage(self, reason: str) -> str:
        return (
            f"the database {self.name} is damaged ({reason}). Stop the bot, run `scoda restore` with the last backup, "
            "which keeps this file aside, and start again. Without a backup move this file, and those beside it that "
            "end in -wal and -shm, out of the folder and start with none: the knowledge index is built again from the "
            "knowledge files; visitors' languages, open questions and feedback are lost."
        )


def _url_of(target: str | Path) -> URL:
    if isinstance(target, Path) or "://" not in target:
        return URL.create("sqlite+aiosqlite", database=str(target))
    try:
        url = make_url(target)
    except (ArgumentError, ValueError) as error:
        raise DatabaseError(
            "store.database_url can't be read: it needs the form postgresql://user@host/name"
        ) from error
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    backend = url.drivername.partition("+")[0]
    if backend not in drivers:
        raise DatabaseError(f"store.database_url names {backend!r}: only postgresql:// and sqlite:/// are known")
    password = url.query.get("password")
    if isinstance(password, str):  # libpq takes it there, too, where nothing would mask it
        url = url.difference_update_query(["password"]).set(password=password)
    return url.set(drivername=drivers[backend])


def _require(file: Path) -> None:
    if not file.is_file():
        raise DatabaseError(f"there is no database {file} yet: run `scoda run` or `scoda knowledge sync` first")


def _postgresql_engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=0,
        pool_timeout=WAIT_S,
        connect_args={"connect_timeout": int(WAIT_S), "application_name": f"{PROGRAM}{secrets.token_hex(8)}"},
    )


def _sqlite_engine(url: URL, *, reads_only: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=5,
        max_overflow=0,
        pool_timeout=WAIT_S,
        connect_args={"async_creator_fn": OneTripConnection},
    )
    pragmas = [
        f"busy_timeout={WAIT_S * 1000:.0f}",
        "query_only=ON" if reads_only else "journal_mode=WAL",
        f"synchronous={_SYNCHRONOUS}",
        "foreign_keys=ON",
        "secure_delete=ON",  # what a visitor had deleted is overwritten in the file
    ]

    def prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:  # noqa: ARG001 - SQLAlchemy's own signature
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        driver = connection.driver_connection
        driver.stop = cache(driver.stop)  # a second stop, of a task cancelled twice, would wait for ever

    def begin(connection: Connection) -> None:
        for statement in connection.get_execution_options().get(_BEGIN, ("BEGIN IMMEDIATE",)):
            connection.exec_driver_sql(statement)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", begin)
    return engine


def _means_damage(reason: str) -> bool:
    return "malformed" in reason or "not a database" in reason
