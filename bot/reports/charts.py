"""Pages of charts for a phone: bars and columns with their numbers beside them, drawn as SVG and given as PNG.

Whoever asks brings the words, in the reader's language. For a language that is written from right to left the whole
page is mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.reports.lettering import render
from bot.reports.sheet import INNER, MARGIN, MUTED, TRACK, Hand, Sheet, breadth

_ACCENT = "#0a7a8c"
_TITLE, _HEADING, _LABEL, _SMALL, _FIGURE = 56, 42, 36, 30, 68
"""Sizes of letters in pixels; the smallest is as large as a phone's own small print. Chosen by looking at them."""
_TILES_ABREAST = 2
"""More would leave a tile too little room for a label in Russian."""
_TILE, _ROW, _BAR, _COLUMNS, _GAP, _PAD = 156, 86, 16, 300, 24, 28
"""Heights of a tile, of a bar with and without its words, and of the highest column, and what is left between and
inside of tiles, in pixels. Chosen by looking at them."""
_MOST_LABELLED = 15
"""Columns that can each have a day below and a number on top; of more only some days and the highest number stand."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a chart: what it is of, how much, and the number as the reader writes it."""

    label: str
    amount: float
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Values under a heading. `over_time`: narrow columns side by side, earliest first; else bars below each other."""

    heading: str
    bars: Sequence[Bar]
    over_time: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that stands for itself, such as a sum, with what it is below it."""

    figure: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPage:
    """What one picture shows, top to bottom."""

    title: str
    lines: Sequence[str] = ()
    tiles: Sequence[Tile] = ()
    charts: Sequence[Chart] = ()
    is_rtl: bool = False


def draw_page(page: ChartPage) -> bytes:
    """The page as PNG."""
    return render(page_svg(page))


def page_svg(page: ChartPage) -> str:
    """The page as SVG, `WIDTH` wide and as high as it needs."""
    sheet = Sheet(is_rtl=page.is_rtl)
    top = float(MARGIN + _TITLE)
    sheet.text(0, top, page.title, Hand(_TITLE, is_strong=True))
    for line in page.lines:
        top += _LABEL + 22
        sheet.text(0, top, line, Hand(_LABEL - 2, MUTED))
    top = _tiles(sheet, top + 44, page.tiles)
    for chart in page.charts:
        draw: Callable[[Sheet, float, Sequence[Bar]], float] = _columns if chart.over_time else _bars
        top += 20 + _HEADING
        sheet.text(0, top, chart.heading, Hand(_HEADING, is_strong=True))
        top = draw(sheet, top + 34, chart.bars) + 40
    return sheet.svg(height=top + MARGIN - 40)


def _tiles(sheet: Sheet, top: float, tiles: Sequence[Tile]) -> float:
    """Draw them side by side; gives where the next thing begins, as the others do."""
    width = (INNER - _GAP * (_TILES_ABREAST - 1)) / _TILES_ABREAST
    room = width - 2 * _PAD
    for number, tile in enumerate(tiles):
        row, column = divmod(number, _TILES_ABREAST)
        left, above = column * (width + _GAP), top + row * (_TILE + _GAP)
        sheet.box(left, above, width, _TILE, TRACK, radius=20)
        sheet.text(left + _PAD, above + 80, tile.figure, Hand(_FIGURE, _ACCENT, is_strong=True), room=room)
        sheet.text(left + _PAD, above + 130, tile.label, Hand(_SMALL, MUTED), room=room)
    return top + -(-len(tiles) // _TILES_ABREAST) * (_TILE + _GAP)


def _bars(sheet: Sheet, top: float, bars: Sequence[Bar]) -> float:
    most = max((bar.amount for bar in bars), default=0) or 1
    for number, bar in enumerate(bars):
        base = top + number * _ROW + _LABEL
        sheet.text(0, base, bar.label, Hand(_LABEL), room=INNER * 0.8)
        sheet.text(INNER, base, bar.shown, Hand(_LABEL, is_strong=True, anchor="end"), room=INNER * 0.2)
        sheet.box(0, base + 16, INNER, _BAR, TRACK, radius=_BAR / 2)
        if bar.amount:
            sheet.box(0, base + 16, max(INNER * bar.amount / most, _BAR), _BAR, _ACCENT, radius=_BAR / 2)
    return top + len(bars) * _ROW


def _columns(sheet: Sheet, top: float, bars: Sequence[Bar]) -> float:
    if not bars:
        return top
    bottom, room = top + _SMALL + _COLUMNS, INNER / len(bars)
    highest = max(bars, key=lambda bar: bar.amount)
    step = -(-len(bars) // _MOST_LABELLED)
    all_fit = step == 1 and all(_SMALL * breadth(bar.shown) < room * 1.05 for bar in bars)
    for number, bar in enumerate(bars):
        middle, height = (number + 0.5) * room, _COLUMNS * bar.amount / (highest.amount or 1)
        wide = room * 0.72
        if bar.amount:
            sheet.box(middle - wide / 2, bottom - height, wide, height, _ACCENT, radius=min(6.0, height / 2))
        if bar is highest or (all_fit and bar.amount):
            sheet.text(middle, bottom - height - 12, bar.shown, Hand(_SMALL, anchor="middle"))
        if number % step == 0:
            sheet.text(middle, bottom + _SMALL + 14, bar.label, Hand(_SMALL, MUTED, anchor="middle"))
    sheet.box(0, bottom, INNER, 3, TRACK)
    return bottom + _SMALL + 40
