"""Tables as text: cells between commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv
import io

from bot.adapters.office.blocks import Block
from bot.adapters.office.outcome import RefusalReason, RefusedError
from bot.adapters.office.tables import Naming, rows_as_items

_SEPARATORS = ("\t", ";", ",", "|")
_LOOKED_AT = 50
"""Rows that must be alike for a text to be a table: by reasoning; no prose has as many commas on each line."""
_LONGEST_CELL = 120
"""Characters on the average of a row's cells; what is longer is prose: by reasoning."""


def separator_of(text: str) -> str | None:
    """What stands between the cells, if all first rows have as many: two rows of two cells at least."""
    for separator in _SEPARATORS:
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        try:
            rows = [row for row, _ in zip(reader, range(_LOOKED_AT), strict=False) if any(map(str.strip, row))]
        except csv.Error:
            continue
        widths = {len(row) for row in rows}
        is_short = all(sum(map(len, row)) <= _LONGEST_CELL * len(row) for row in rows)
        if len(rows) > 1 and len(widths) == 1 and widths.pop() > 1 and is_short:
            return separator
    return None


def read_csv(text: str) -> list[Block]:
    """An entry a row.

    Raises:
        RefusedError: a cell is longer than the library takes.
    """
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator_of(text) or ","))
    except csv.Error as error:
        raise RefusedError(RefusalReason.DAMAGED, str(error)) from error
    return [*rows_as_items(rows, Naming.LIKELY_FIRST_ROW)]
