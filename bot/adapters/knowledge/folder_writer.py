"""Writes into the knowledge folder: a reader, and whoever comes after a crash, sees a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bot.operations.durable import sync_to_disk

HALF_WRITTEN = ".writing-"
"""How the name of a file begins until it is whole: hidden, so that no reader takes it for knowledge."""
_MODE = 0o644
"""Of a new file: readable for all, as an editor would leave it."""


def write_whole(file: Path, lines: Iterable[str]) -> None:
    """Put a file in place, making the folders above it; the old one stays until the new is on the disk.

    Raises:
        OSError: it can't be written; nothing has changed then.
    """
    write_bytes_whole(file, "".join(lines).encode())


def write_bytes_whole(file: Path, raw: bytes, *, mark: str = "") -> None:
    """The same for bytes as they stand. `mark` is in the name of what is half written, for whoever clears up.

    Raises:
        OSError: it can't be written; nothing has changed then.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f"{HALF_WRITTEN}{mark}", dir=file.parent)
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(raw)
            target.flush()
            os.fsync(target.fileno())
        written.chmod(_MODE)
        written.replace(file)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    sync_to_disk(file.parent)


def remove_whole(file: Path) -> None:
    """Take a file away; one that is not there is no fault.

    Raises:
        OSError: it can't be removed.
    """
    file.unlink(missing_ok=True)
    sync_to_disk(file.parent)
