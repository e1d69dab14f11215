"""A SQLite file that is looked at without a byte of it changing, whoever left it in which state.

Whoever opens and closes a database with a write-ahead log as the last one carries that over into the file, and where
there is no log, makes one. While a bot runs, neither happens: it is never the last one, and the log is there.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL


@contextmanager
def untouched(file: Path, *, is_running: bool) -> Iterator[URL]:
    """The address to open it at: the file itself, as it is, or, with what a killed bot left in its log, a copy."""
    log = file.with_name(f"{file.name}-wal")
    if is_running:
        yield _address(file)
    elif not log.exists() or not log.stat().st_size:
        yield _address(file, immutable="1")
    else:
        with tempfile.TemporaryDirectory(prefix="scoda-look-") as name:
            copy = Path(name) / file.name
            shutil.copyfile(file, copy)
            shutil.copyfile(log, copy.with_name(log.name))
            yield URL.create("sqlite+aiosqlite", database=str(copy))


def _address(file: Path, **more: str) -> URL:
    return URL.create(
        "sqlite+aiosqlite",
        database=f"file:{quote(str(file.absolute()))}",
        query={"mode": "ro", **more, "uri": "true"},
    )
