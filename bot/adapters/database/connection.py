"""Opens the state database, SQLite or PostgreSQL, and hands out its connections and transactions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.adapters.database import schema
from bot.adapters.database.at_rest import untouched
from bot.adapters.database.engines import BEGIN, WAIT_S, closed, postgresql_engine, require_file, sqlite_engine, url_of
from bot.adapters.database.locks import folder_lock, require_alone, server_lock
from bot.adapters.database.replacing import finish_replacing, refuse_unfinished
from bot.adapters.database.turnstile import Turnstile
from bot.errors import DatabaseAwayError, DatabaseError

SURVIVES_POWER_LOSS = ("2", "3", "on", "local", "remote_write", "remote_apply")
"""As SQLite (FULL, EXTRA) and PostgreSQL say it."""


@dataclass(frozen=True, slots=True)
class _OpenTransaction:
    database: Database
    connection: AsyncConnection
    task: asyncio.Task[object] | None


_MAY_PAUSE = text("SET LOCAL idle_in_transaction_session_timeout = 0")
"""For a transaction of PostgreSQL between whose statements files are read or written."""
_STOOD_STILL = "25P03"
"""PostgreSQL's word for a transaction that it ended because nothing came of it."""
_open: ContextVar[_OpenTransaction | None] = ContextVar("open_transaction", default=None)


@asynccontextmanager
async def open_database(target: str | Path, *, lock: bool = True, shares: bool = False) -> AsyncIterator[Database]:
    """Open the database at a file path or a `postgresql://` address, and close it at the end.

    With `lock` this process is the only one that may write; a SQLite file's folder is made if it is missing. Without
    it the database can only be read, also beside a running bot. With `shares` other processes may write to a PostgreSQL
    database, too; who of them leads is decided by `election`.

    Raises:
        AlreadyRunningError: another process holds the database.
        DatabaseError: it can't be reached, is damaged, or has a newer schema.
    """
    url = url_of(target)
    file = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    async with AsyncExitStack() as stack:
        if file is not None and lock:
            stack.enter_context(folder_lock(file.parent))
            finish_replacing(file)
        if file is not None and not lock:
            refuse_unfinished(file)
            require_file(file)
        engine = postgresql_engine(url) if file is None else sqlite_engine(url, reads_only=not lock)
        stack.push_async_callback(closed, engine)
        database = Database(engine, name=str(file or url.render_as_string()), reads_only=not lock)
        with database.translated_errors():
            if file is None and lock and not shares:
                await stack.enter_async_context(server_lock(engine))
            await database.check()
        yield database


async def revision_of(target: str | Path) -> str | None:
    """The schema's revision of a database that another process may hold; None where nothing is set up yet.

    Raises:
        DatabaseError: it can't be reached, is damaged, or has a newer schema.
    """
    url = url_of(target)
    file = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    if file is not None and not file.is_file():
        return None
    engine = postgresql_engine(url) if file is None else sqlite_engine(url, reads_only=True)
    try:
        database = Database(engine, name=str(file or url.render_as_string()), reads_only=True)
        async with database.reading() as connection:
            await connection.run_sync(schema.refuse_newer, database.name)
            return await connection.run_sync(schema.current_revision)
    finally:
        await closed(engine)


@asynccontextmanager
async def open_to_look(target: str | Path, *, is_running: bool) -> AsyncIterator[Database]:
    """Open a database in whatever state it is: nothing is checked, no lock is taken, and not a byte of it changes.

    `is_running` says whether a bot has it open; it matters to SQLite alone.

    Raises:
        DatabaseError: there is no such file.
    """
    url = url_of(target)
    async with AsyncExitStack() as stack:
        if url.get_backend_name() != "sqlite":
            name, engine = url.render_as_string(), postgresql_engine(url)
        else:
            file = Path(url.database or "")
            require_file(file)
            copying = untouched(file, is_running=is_running)
            here = await asyncio.to_thread(stack.enter_context, copying)
            name, engine = str(file), sqlite_engine(here, reads_only=True)
        stack.push_async_callback(closed, engine)
        yield Database(engine, name=name, reads_only=True)


class Database:
    """The open state database. Made by `open_database`."""

    def __init__(self, engine: AsyncEngine, *, name: str, reads_only: bool) -> None:
        self.name = name
        self._reads_only = reads_only
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._engine = engine
        self._reading_engine = engine.execution_options(**{BEGIN: ()})
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
        """A connection to read with: the open transaction's, which sees its own writes, or a fresh one.

        Of a fresh one each statement reads what is committed by then; see `snapshot` for more.
        """
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

    async def own_connection(self, name: str) -> AsyncConnection:
        """A connection outside of all transactions, which the caller closes; the server calls it so. PostgreSQL alone.

        Raises:
            DatabaseError: there is none to be had.
        """
        with self.translated_errors():
            connection = await self._engine.connect()
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": name})
            return connection

    async def end_connection(self, connection: AsyncConnection) -> None:
        """End one that `own_connection` gave, for good: its name and its locks are not the next one's."""
        with suppress(SQLAlchemyError):
            driver = (await connection.get_raw_connection()).driver_connection
            if driver is not None:
                await driver.close()
        with suppress(SQLAlchemyError):
            await connection.invalidate()
            await connection.close()

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT in this database's dialect."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection that reads, as long as it is open, what was committed at its first read, whoever writes."""
        with self.translated_errors():
            async with self._engine.connect() as connection:
                if self._is_sqlite:
                    await connection.execution_options(**{BEGIN: ("BEGIN",)})
                else:
                    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                    await connection.execution_options(**options)
                    await connection.execute(_MAY_PAUSE)
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
        engine = self._engine.execution_options(**{BEGIN: ("PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE")})
        with self.translated_errors():
            async with engine.begin() as connection:
                if not self._is_sqlite:
                    await connection.execute(_MAY_PAUSE)
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

    @property
    def can_be_shared(self) -> bool:
        """Whether several processes may write to it: PostgreSQL."""
        return not self._is_sqlite

    async def require_alone(self) -> None:
        """Make sure that no replica works on it: one that does not lead holds no lock.

        Raises:
            AlreadyRunningError: one does.
        """
        if self.can_be_shared:
            async with self.reading() as connection:
                await require_alone(connection, self.name)

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
            reason = _reason(error)
            if _means_damage(reason):
                raise DatabaseError(self._damage(reason)) from error
            kind = DatabaseAwayError if not self._is_sqlite and _means_absence(error) else DatabaseError
            raise kind(f"the database {self.name} failed: {reason}") from error

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


def _reason(error: SQLAlchemyError) -> str:
    """What went wrong. Of PostgreSQL's words the first line alone: the details below it tell what rows hold."""
    if not isinstance(error, DBAPIError):
        return str(error)
    return getattr(getattr(error.orig, "diag", None), "message_primary", None) or str(error.orig)


def _means_absence(error: SQLAlchemyError) -> bool:
    """Whether the server or the way to it is gone, rather than something wrong with what was asked."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state == _STOOD_STILL or isinstance(error, OperationalError | InterfaceError | PoolTimeoutError)


def _means_damage(reason: str) -> bool:
    return "malformed" in reason or "not a database" in reason
