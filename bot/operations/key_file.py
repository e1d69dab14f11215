"""Secret keys that the program makes for itself: 32 random bytes in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

_BYTES = 32
"""256 bits, as long as the SHA-256 that the keys are for."""


def key_of(file: Path) -> bytes:
    """The key of the file, which is made at the first use; two processes that make it at once get the same.

    Raises:
        OSError: it can't be read or made.
        ValueError: it holds no key.
    """
    if not file.exists():
        _make(file)
    key = file.read_bytes()
    if len(key) != _BYTES:
        raise ValueError(f"{file} holds {len(key)} bytes, not a key of {_BYTES}: put its copy back, or remove it")
    return key


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as writing:
            writing.write(secrets.token_bytes(_BYTES))
            writing.flush()
            os.fsync(writing.fileno())
        with suppress(FileExistsError):  # another process was first: its key holds
            os.link(fresh, file)
    finally:
        fresh.unlink()
