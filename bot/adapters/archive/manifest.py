"""What an archive says of itself: its last part, which names all others with their sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

FORMAT = 1
"""Of archives; grows when an older program could no longer read them."""


@dataclass(frozen=True, slots=True)
class ArchivedTable:
    """A table's columns in the order of a row's values, each with its kind, and how many rows there are."""

    columns: tuple[tuple[str, str], ...]
    rows: int


@dataclass(frozen=True, slots=True)
class ArchivedPart:
    """One file of the archive; `rows` is 0 for what is no piece of a table."""

    name: str
    size: int
    sha256: str
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveManifest:
    """All that is known of an archive."""

    format: int = FORMAT
    program: str
    schema: str
    """The revision of the tables."""
    engine: str
    taken_at: datetime
    bot: int = 0
    """The id of the bot whose state it is; 0: it never reached a server."""
    server: int = 0
    """The number of its Bot API server, as the state's owner has it."""
    tables: Mapping[str, ArchivedTable]
    """By name, parents before their children."""
    counters: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Of tables whose numbers are never given twice: the column, and the last number."""
    besides: tuple[str, ...] = ()
    """What else must be saved: folders and files of the operator."""
    parts: tuple[ArchivedPart, ...] = ()

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for table in self.tables.values())


_MANIFEST = TypeAdapter(ArchiveManifest)


def to_json(manifest: ArchiveManifest) -> bytes:
    """As the archive holds it."""
    return _MANIFEST.dump_json(manifest, indent=1)


def from_json(text: bytes) -> ArchiveManifest:
    """Read it.

    Raises:
        ValueError: it is none of ours.
    """
    try:
        return _MANIFEST.validate_json(text)
    except ValidationError as error:
        raise ValueError(f"its manifest can't be read ({error.error_count()} faults)") from error
