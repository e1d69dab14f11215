"""One process at a time: a lock on a file, which the operating system frees when its holder dies."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def file_lock(file: Path) -> Iterator[bool]:
    """Hold `file`, made if it is missing, while the block runs; gives whether it is held, False where another has it.

    It is SQLite's own lock on an empty data base: the same on every system, between processes and within one.

    Raises:
        OSError: the file can't be made or opened.
    """
    try:
        connection = sqlite3.connect(file, timeout=0, isolation_level=None)
    except sqlite3.Error as error:
        raise OSError(f"{file}: {error}") from error
    with closing(connection):
        try:
            connection.execute("PRAGMA journal_mode = MEMORY")  # nothing is ever written: no second file beside it
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            yield False
        else:
            yield True
