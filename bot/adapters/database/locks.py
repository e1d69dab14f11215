"""One process a database: locks that the operating system or the server frees when their holder dies."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.adapters.system.file_lock import file_lock
from bot.errors import AlreadyRunningError, DatabaseError

_log = structlog.get_logger(__name__)

LOCK_FILE = "running.lock"
LEADER_LOCK = 5_304_731_842_190
"""The advisory lock of who alone does what is done once. Any number will do, as long as no other program takes the same
in our database."""
SHARES_LOCK = LEADER_LOCK + 2
"""Beside that of `schema`: of who takes its part of what may be sent in a second."""

PROGRAM = "scoda-"
"""How a PostgreSQL server's list of sessions names this program's, each process with a random ending."""


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the data folder, made if it is missing, for this process.

    Raises:
        AlreadyRunningError: another process holds it.
        DatabaseError: the folder can't be made or written to.
    """
    private_folder(folder)
    with ExitStack() as stack:
        try:
            is_held = stack.enter_context(file_lock(folder / LOCK_FILE))
        except OSError as error:
            raise _unusable(folder, error) from error
        if not is_held:
            raise AlreadyRunningError(
                f"the data folder {folder} is in use by another process (probably a running bot): "
                "stop that one first, or choose another folder with --data"
            )
        yield


def is_held(folder: Path) -> bool:
    """Whether a process holds the data folder; nothing is made there."""
    file = folder / LOCK_FILE
    if not file.exists():
        return False
    with file_lock(file) as is_ours:
        return not is_ours


def private_folder(folder: Path) -> None:
    """Make the folder, for this user alone, if it is missing; one that others can enter is left so and told.

    It may be open on purpose, to the group that makes the backups, and it may hold other things than ours.

    Raises:
        DatabaseError: it can't be made.
    """
    try:
        folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as error:
        raise _unusable(folder, error) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        _log.warning(
            "data_folder_open_to_others",
            folder=str(folder),
            mode=f"{mode:04o}",
            advice=f"it holds visitors' ids and questions; run `chmod -R go= {folder}`",
        )


def _unusable(folder: Path, error: Exception) -> DatabaseError:
    return DatabaseError(f"the data folder {folder} can't be used ({error}); choose another with --data")


@asynccontextmanager
async def server_lock(engine: AsyncEngine) -> AsyncIterator[None]:
    """Hold a PostgreSQL database for this process, over one connection that stays open.

    Raises:
        AlreadyRunningError: another process holds it.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        if not await connection.scalar(select(func.pg_try_advisory_lock(LEADER_LOCK))):
            raise AlreadyRunningError(
                f"the database {engine.url.render_as_string()} is in use by another process (probably a running "
                "bot): stop that one first, or set another store.database_url"
            )
        try:
            yield
        finally:
            with suppress(SQLAlchemyError):  # else the server finds out by itself, some time after the connection's end
                await connection.scalar(select(func.pg_advisory_unlock(LEADER_LOCK)))


async def require_alone(connection: AsyncConnection, name: str) -> None:
    """Make sure that no other process of this program is connected to a PostgreSQL database, whatever lock it holds.

    Raises:
        AlreadyRunningError: one is; the database is called by `name`.
    """
    others = text(
        "SELECT count(DISTINCT application_name) FROM pg_stat_activity WHERE datname = current_database() "
        "AND starts_with(application_name, :program) AND application_name <> current_setting('application_name')"
    )
    if count := await connection.scalar(others, {"program": PROGRAM}):
        raise AlreadyRunningError(
            f"the database {name} is in use by {count} other process{'es' if count > 1 else ''} of this program (a "
            "replica, or a command that is still at work): stop it first"
        )
