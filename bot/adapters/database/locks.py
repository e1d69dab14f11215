"""One process a database: locks that the operating system or the server frees when their holder dies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.adapters.file_lock import file_lock
from bot.errors import AlreadyRunningError, DatabaseError

_ADVISORY_LOCK = 5_304_731_842_190
"""Any number will do, as long as no other program takes the same in our database."""


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the data folder, made if it is missing, for this process.

    Raises:
        AlreadyRunningError: another process holds it.
        DatabaseError: the folder can't be made or written to.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            is_held = stack.enter_context(file_lock(folder / "running.lock"))
        except OSError as error:
            raise DatabaseError(
                f"the data folder {folder} can't be used ({error}); choose another with --data"
            ) from error
        if not is_held:
            raise AlreadyRunningError(
                f"the data folder {folder} is in use by another process (probably a running bot): "
                "stop that one first, or choose another folder with --data"
            )
        yield


@asynccontextmanager
async def server_lock(engine: AsyncEngine) -> AsyncIterator[None]:
    """Hold a PostgreSQL database for this process, over one connection that stays open.

    Raises:
        AlreadyRunningError: another process holds it.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        if not await connection.scalar(select(func.pg_try_advisory_lock(_ADVISORY_LOCK))):
            raise AlreadyRunningError(
                f"the database {engine.url.render_as_string()} is in use by another process (probably a running "
                "bot): stop that one first, or set another store.database_url"
            )
        yield
