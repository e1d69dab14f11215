"""XLSX: a sheet a section, a row an entry; hidden sheets, rows and columns are left out and told."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError, iterparse

from openpyxl import load_workbook

from bot.adapters.office.archive_limits import OfficeArchive
from bot.adapters.office.blocks import Block, Heading, Paragraph
from bot.adapters.office.outcome import Notes, RefusalReason, RefusedError, RemarkKind
from bot.adapters.office.tables import Naming, rows_as_items

_MOST_CELLS = 200_000
"""Cells that are looked at: by reasoning, many times what fits a knowledge file."""
_TINY = 2
"""Points."""
_WHITE = frozenset({"FFFFFFFF", "00FFFFFF"})


def read_xlsx(content: bytes, archive: OfficeArchive, notes: Notes) -> list[Block]:
    """Sheets in their order; empty rows divide the tables of one.

    Raises:
        RefusedError: it is damaged, or holds far more cells than anybody reads.
    """
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        return [block for sheet in book.worksheets for block in _sheet(sheet, archive, notes)]
    except (KeyError, ValueError, AttributeError, IndexError, TypeError, ParseError) as error:
        raise RefusedError(RefusalReason.DAMAGED, f"{type(error).__name__}: {error}"[:200]) from error


def _sheet(sheet: Any, archive: OfficeArchive, notes: Notes) -> Iterator[Block]:  # noqa: ANN401 - openpyxl has no types
    if sheet.sheet_state != "visible":
        notes.add(RemarkKind.HIDDEN_PARTS)
        return
    sheet.reset_dimensions()
    name = posixpath.normpath(sheet._worksheet_path).lstrip("/")  # noqa: SLF001 - its name is told nowhere else
    hidden = _hidden_of(archive.read(name))
    blocks = [block for rows in _regions(_rows(sheet, hidden, notes)) for block in _region(rows)]
    notes.add(RemarkKind.HIDDEN_PARTS, hidden.met)
    if blocks:
        yield Heading(2, sheet.title)
        yield from blocks


@dataclass(slots=True)
class _Hidden:
    """Rows and columns, counted from 1, that a sheet does not show."""

    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)
    met: int = 0
    """Of these, those that hold something."""

    def hides_column(self, column: int) -> bool:
        return any(first <= column <= last for first, last in self.columns)


def _hidden_of(raw: bytes) -> _Hidden:
    found = _Hidden()
    for _, element in iterparse(io.BytesIO(raw), events=("start",)):  # noqa: S314 - declarations were refused
        tag = element.tag.rpartition("}")[2]
        is_hidden = element.get("hidden") in {"1", "true"}
        if tag == "row" and is_hidden:
            found.rows.add(int(element.get("r", "0")))
        elif tag == "col" and is_hidden:
            found.columns.append((int(element.get("min", "0")), int(element.get("max", "0"))))
    return found


def _rows(sheet: Any, hidden: _Hidden, notes: Notes) -> Iterator[list[str]]:  # noqa: ANN401 - openpyxl has no types
    """The text of each row's cells as they stand, an empty row for each that is not there."""
    seen = 0
    columns: set[int] = set()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        seen += len(row) + 1
        if seen > _MOST_CELLS:
            raise RefusedError(RefusalReason.TOO_MUCH_TEXT, f"more than {_MOST_CELLS:,} cells")
        if number in hidden.rows:
            hidden.met += any(cell.value is not None for cell in row)
            continue
        texts = []
        for place, cell in enumerate(row, start=1):
            if cell.value is not None and hidden.hides_column(place):
                hidden.met += place not in columns
                columns.add(place)
            else:
                texts.append(_shown(cell, notes))
        yield texts


def _shown(cell: Any, notes: Notes) -> str:  # noqa: ANN401 - openpyxl has no types
    text = _text(cell.value, str(getattr(cell, "number_format", "") or ""))
    if text and _is_unseen(cell):
        notes.add(RemarkKind.HIDDEN_TEXT, len(text))
        return ""
    return text


def _text(value: object, form: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "✓" if value else "✗"
        case datetime():
            return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
        case date():
            return f"{value:%Y-%m-%d}"
        case time():
            return f"{value:%H:%M}"
        case int() | float():
            return _number(value, form)
        case _:
            return str(value)


def _number(value: float, form: str) -> str:
    """A sheet keeps 15 digits; what stands behind them is how binary fractions come out."""
    if "%" in form:
        return f"{value * 100:.12g}%"
    if isinstance(value, int):
        return f"{value:,}" if "," in form else f"{value}"
    return f"{value:,.15g}" if "," in form else f"{value:.15g}"


def _is_unseen(cell: Any) -> bool:  # noqa: ANN401 - openpyxl has no types
    font, fill = getattr(cell, "font", None), getattr(cell, "fill", None)
    if cell.number_format == ";;;":
        return True
    if font is None:
        return False
    is_filled = fill is not None and getattr(fill, "fill_type", None) is not None
    is_white = font.color is not None and font.color.type == "rgb" and font.color.rgb in _WHITE
    return (is_white and not is_filled) or (font.sz is not None and font.sz <= _TINY)


def _regions(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    region: list[list[str]] = []
    for row in rows:
        if any(cell.strip() for cell in row):
            region.append(row)
        elif region:
            yield region
            region = []
    if region:
        yield region


def _region(rows: Sequence[Sequence[str]]) -> list[Block]:
    """Rows of one cell above a table are its title."""
    start = 0
    while start < len(rows) and sum(bool(cell.strip()) for cell in rows[start]) == 1:
        start += 1
    lines = [Paragraph("".join(row)) for row in rows[:start]]
    return [*lines, *rows_as_items(rows[start:], Naming.LIKELY_FIRST_ROW)]
