"""What a loss of power must not take away."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def sync_to_disk(path: Path) -> None:
    """Force a file, or the entries of a folder, to the disk.

    Raises:
        OSError: it is not there, or the disk does not take it.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(file: Path, content: bytes) -> None:
    """In place of the old file, for its owner alone and durably: after a power cut either stands there whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")  # its own: two may write at once
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as writing:
            writing.write(content)
            writing.flush()
            os.fsync(writing.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    sync_to_disk(file.parent)
