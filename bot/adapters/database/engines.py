"""The engines of both databases, as they must be set for what this program promises."""

from __future__ import annotations

import secrets
from pathlib import Path

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.adapters.database.locks import PROGRAM
from bot.adapters.database.one_trip import OneTripConnection, every_end
from bot.errors import DatabaseError

WAIT_S = 30.0
"""How long a write waits for its turn, and a connection for a free place, before it fails."""

IDLE_S = 10
"""How long a transaction on PostgreSQL may stand still before the server ends it: a process that hangs, or whose
machine is gone, would hold its locks on chats for ever. Less than `ALIVE_S` of replicas; chosen."""
_KEEPALIVES = {"idle": 5, "interval": 2, "count": 3}
"""Seconds of silence, seconds between questions, and questions without an answer, after which either end takes the
other for gone: 11 s in all. Chosen."""

BEGIN = "scoda_begin"
"""An execution option: the statements with which a transaction of SQLite begins."""
_SYNCHRONOUS = "FULL"
"""SQLite's word for commits that survive a power cut; with a WAL, NORMAL may take back what was committed."""


def url_of(target: str | Path) -> URL:
    """The address of a database file, or of a `postgresql://` server, with the driver that is used.

    Raises:
        DatabaseError: it is no such address.
    """
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


def require_file(file: Path) -> None:
    """See that the database is there.

    Raises:
        DatabaseError: it is not.
    """
    if not file.is_file():
        raise DatabaseError(f"there is no database {file} yet: run `scoda run` or `scoda knowledge sync` first")


def postgresql_engine(url: URL) -> AsyncEngine:
    """Ten connections at most; on the server's list they bear a name of this process alone."""
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=0,
        pool_timeout=WAIT_S,
        connect_args={
            "connect_timeout": int(WAIT_S),
            "application_name": f"{PROGRAM}{secrets.token_hex(8)}",
            "tcp_user_timeout": IDLE_S * 1000,
            **{f"keepalives_{name}": value for name, value in _KEEPALIVES.items()},
            "options": " ".join(f"-c {name}={value}" for name, value in _server_settings().items()),
        },
    )


def _server_settings() -> dict[str, str]:
    keepalives = {f"tcp_keepalives_{name}": str(value) for name, value in _KEEPALIVES.items()}
    return {"idle_in_transaction_session_timeout": f"{IDLE_S}s", **keepalives}


def sqlite_engine(url: URL, *, reads_only: bool) -> AsyncEngine:
    """Five connections at most, each set so that what is committed survives a power cut.

    A transaction begins with the statements of the execution option `BEGIN`, by default as one that writes.
    """
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

    def begin(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, OneTripConnection)
        driver.begin_with(connection.get_execution_options().get(BEGIN, ("BEGIN IMMEDIATE",)))

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", begin)
    return engine


async def closed(engine: AsyncEngine) -> None:
    """Close its connections; those that cancelled tasks left behind, too."""
    await engine.dispose()
    await every_end()
