"""What a table holds as two numbers that come out alike on SQLite and PostgreSQL, in whatever order the rows come."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

_SUM_BYTES = 8
"""Of the sum: chance alone makes two different tables alike once in 2^64."""


@dataclass(frozen=True, slots=True)
class TableSum:
    """How many rows there are, and the sum of their hashes, 64 bits, which no order of them changes."""

    rows: int = 0
    checksum: int = 0

    def with_rows(self, rows: Iterable[Sequence[object]]) -> TableSum:
        """The sum with some more rows: values as the columns' types give them, in the order of the columns."""
        count, checksum = self.rows, self.checksum
        for row in rows:
            count += 1
            checksum += int.from_bytes(hashlib.blake2b(_canonical(row), digest_size=_SUM_BYTES).digest(), "big")
        return TableSum(count, checksum % 2 ** (8 * _SUM_BYTES))

    def __str__(self) -> str:
        return f"{self.checksum:0{2 * _SUM_BYTES}x}"


def _canonical(row: Sequence[object]) -> bytes:
    """Each value with its kind and length before it, so that no two rows are written alike."""
    parts = []
    for value in row:
        kind, content = _written(value)
        parts.append(b"%s%d:%s" % (kind, len(content), content))
    return b"".join(parts)


def _written(value: object) -> tuple[bytes, bytes]:
    match value:
        case None:
            return b"n", b""
        case bool() | int():
            return b"i", b"%d" % value
        case float():
            return b"f", struct.pack(">d", value)
        case str():
            return b"s", value.encode("utf-8", "surrogatepass")
        case bytes():
            return b"b", value
        case datetime():
            return b"d", value.astimezone(UTC).isoformat(timespec="microseconds").encode()
        case time():
            return b"t", value.isoformat(timespec="microseconds").encode()
        case _:
            raise TypeError(f"{type(value).__name__}: say here how a value of this type is written")
