"""Telegram's ids in the logs: a private chat's is a person's, so a short name stands there that only a key leads to."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

import structlog

from bot.operations.key_file import key_of

FILE_NAME = "log_ids.key"
"""In the data folder. Without it, or with another one, nobody can tell whom the lines of a log are about."""
_FIELDS = ("chat_id", "visitor_id")
"""Fields of a log line that end so hold an id."""
_LETTERS = 12
"""Of a name, 48 bits: among 100,000 people two share one with a chance of 2 in 100,000."""


class LogIds:
    """A processor for structlog that puts names in place of ids. The key is read, or made, at the first id."""

    def __init__(self, key_file: Path | None) -> None:
        """Without a file the names mean something in this process only."""
        self._file = key_file
        self._key = b""

    def __call__(
        self,
        logger: structlog.types.WrappedLogger,  # noqa: ARG002 - structlog's own signature
        name: str,  # noqa: ARG002 - as above
        line: structlog.types.EventDict,
    ) -> structlog.types.EventDict:
        """Put names in place of the ids of a line."""
        for field, value in line.items():
            if field.endswith(_FIELDS) and isinstance(value, int):
                line[field] = self.name_of(value)
        return line

    def name_of(self, telegram_id: int) -> str:
        """What stands in the logs for this id: always the same under one key."""
        if not self._key:
            try:
                self._key = key_of(self._file) if self._file else secrets.token_bytes(32)
            except (OSError, ValueError):  # a full disk, say: a line without a lasting name is better than none
                self._key = secrets.token_bytes(32)
        return log_name(telegram_id, self._key)


def log_name(telegram_id: int, key: bytes) -> str:
    """The name of an id under a key."""
    return hmac.new(key, str(telegram_id).encode(), hashlib.sha256).hexdigest()[:_LETTERS]
