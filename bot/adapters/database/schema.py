"""Which revision a database has, and how it comes to the newest."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, column, func, inspect, select, table, text

from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.tables import whole_schema
from bot.errors import DatabaseError

_MIGRATING = 5_304_731_842_191
"""An advisory lock of PostgreSQL, beside the one of `locks`: any number that no other program takes will do."""


def current_revision(connection: Connection) -> str | None:
    """The database's revision; None when it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(select(column("version_num")).select_from(table("alembic_version"))).scalar()


def refuse_newer(connection: Connection, name: str) -> None:
    """Stop before an older program damages what a newer one wrote.

    Raises:
        DatabaseError: the database's revision is unknown here.
    """
    revision = current_revision(connection)
    if revision is not None and revision not in REVISIONS:
        raise DatabaseError(
            f"{name} was written by a newer version of this program (schema {revision}, known up to "
            f"{REVISIONS[-1]}): install that version again, or restore the backup from before its first start"
        )


def require_newest(connection: Connection, name: str) -> None:
    """Stop a reader at a database that nobody has set up or upgraded.

    Raises:
        DatabaseError: the database is empty or has an older schema.
    """
    if current_revision(connection) != REVISIONS[-1]:
        raise DatabaseError(f"{name} is not set up for this version: run `scoda run` or `scoda knowledge sync` first")


def require_empty(connection: Connection, name: str, *, drops: bool) -> None:
    """Leave no table of ours in the database, in the transaction that is open; rows go only where `drops` says so.

    Raises:
        DatabaseError: there are rows, and they may not go.
    """
    if current_revision(connection) is None:
        return
    upgrade(connection)
    tables = whole_schema()
    has_rows = any(connection.execute(select(one).limit(1)).first() is not None for one in tables.sorted_tables)
    if has_rows and not drops:
        raise DatabaseError(f"{name} is not empty: back it up, then add --replace, or set another store.database_url")
    tables.drop_all(connection)
    connection.execute(text("DROP TABLE alembic_version"))


def upgrade(connection: Connection, to: str = REVISIONS[-1]) -> str | None:
    """Bring the tables to a revision, in the transaction that is open; returns the revision from before.

    At the newest it does nothing. Of several processes that start together on one server the first one does it, and
    the others wait.
    """
    if connection.dialect.name == "postgresql" and current_revision(connection) != REVISIONS[-1]:
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
    before = current_revision(connection)
    if before == REVISIONS[-1]:
        return before
    from alembic import command  # noqa: PLC0415 - loading Alembic takes longer than starting on a current schema
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    return before
