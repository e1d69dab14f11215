"""Tables as list entries that read alone: «name: value; name: value», a row each."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import regex

from bot.adapters.office.blocks import Item

_LONGEST_NAME = 60
"""Characters of a column's name; what is longer is no name, by reasoning."""
_NUMBER = regex.compile(r"[\d\s.,:%/+\-–¥$€₽]+")

Rows = Sequence[Sequence[str]]


class Naming(Enum):
    """Where the names of a table's values stand."""

    FIRST_ROW = "first row"
    FIRST_COLUMN = "first column"
    LIKELY_FIRST_ROW = "the first row if it reads like names"
    UNKNOWN = "unknown"
    NOWHERE = "nowhere"


def rows_as_items(rows: Rows, naming: Naming = Naming.UNKNOWN) -> list[Item]:
    """A list entry a row; where nobody says so, the first row is taken for names if it reads like them.

    Of two columns without a mark the first names the second: «Address: 5 Metro Street» reads well, and so does
    «Train: Departs» above «X9: 09:00».
    """
    tidied = _filled([[" ".join(cell.split()) for cell in row] for row in rows])
    if not tidied:
        return []
    if naming in {Naming.UNKNOWN, Naming.LIKELY_FIRST_ROW}:
        naming = _guessed(tidied, is_likely=naming is Naming.LIKELY_FIRST_ROW)
    if naming is Naming.FIRST_ROW and len(tidied) > 1:
        return [Item(_told(tidied[0], row)) for row in tidied[1:]]
    if naming is Naming.FIRST_COLUMN:
        return [Item(_with_first(row)) for row in tidied]
    return [Item("; ".join(filter(None, row))) for row in tidied]


def _guessed(rows: Rows, *, is_likely: bool) -> Naming:
    is_pair = len(rows[0]) == 2
    if (is_likely or not is_pair) and _reads_like_names(rows):
        return Naming.FIRST_ROW
    return Naming.FIRST_COLUMN if is_pair else Naming.NOWHERE


def _reads_like_names(rows: Rows) -> bool:
    """Whether the first row differs from values: short words, all different, none a bare number."""
    first = [cell for cell in rows[0] if cell]
    return (
        len(rows) > 1
        and len(first) >= max(2, len(rows[0]) - 1)
        and len(set(first)) == len(first)
        and all(len(cell) <= _LONGEST_NAME and not _NUMBER.fullmatch(cell) for cell in first)
    )


def _filled(rows: list[list[str]]) -> list[list[str]]:
    """As wide as the widest, without rows and columns that hold nothing."""
    width = max(map(len, rows), default=0)
    padded = [row + [""] * (width - len(row)) for row in rows if any(row)]
    columns = [number for number in range(width) if any(row[number] for row in padded)]
    return [[row[number] for number in columns] for row in padded]


def _told(names: Sequence[str], row: Sequence[str]) -> str:
    """A row that has a single cell is a heading within the table."""
    if sum(map(bool, row)) == 1:
        return "".join(row)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=True) if cell)


def _with_first(row: Sequence[str]) -> str:
    values = "; ".join(filter(None, row[1:]))
    return f"{row[0].rstrip(':：')}: {values}" if row[0] and values else row[0] or values
