"""States as released versions left them: each version's own code made them, on either database.

They are kept as SQL (`states/`), by `pg_dump --column-inserts --no-owner --no-privileges` (without its comments and
settings) and by SQLite's `.dump` with the columns' names put in. The stores of that version wrote the rows, at least one
in each table. A release adds its own two files, made by its own code, and moves `LAST_RELEASE`.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from bot.adapters.database.tables import whole_schema

_STATEMENT = re.compile(r"^(INSERT INTO (?:public\.)?(\w+) .*?\);)$", re.MULTILINE | re.DOTALL)
_FOLDER = Path(__file__).with_name("states")
LAST_RELEASE = "v1.0.0"
ITS_REVISION = "0006"


def put_released_state(target: Path | str, release: str = LAST_RELEASE) -> None:
    """Make the tables and rows in a database that is empty, or a file that is not there."""
    if isinstance(target, Path):
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(target)) as connection:
            connection.executescript(_sql("sqlite", release))
    else:
        with psycopg.connect(target, autocommit=True) as server:
            server.execute(_sql("postgresql", release).encode())


def rows_of_release(kind: str, release: str = LAST_RELEASE) -> list[str]:
    """The INSERT statements, as that version writes rows, parents before children; its revision is none of them."""
    places = {table.name: place for place, table in enumerate(whole_schema().sorted_tables)}
    found = _STATEMENT.findall(_sql(kind, release))
    return [whole for whole, table in sorted(found, key=lambda one: places.get(one[1], -1)) if table in places]


def _sql(kind: str, release: str) -> str:
    return (_FOLDER / f"{release}.{kind}.sql").read_text(encoding="utf-8")
