"""Pages of charts for a phone: bars and columns with their numbers beside them, drawn as SVG and given as PNG.

Whoever asks brings the words, in the reader's language. For a language that is written from right to left the whole
page is mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from bot.reports.lettering import FAMILIES, drawable, in_order, render

WIDTH = 1080
"""Pixels: what Telegram shows of a photo without making it smaller, about three for each point of a phone's screen."""
_MARGIN = 64
"""Pixels left free on each side. Chosen by looking at it."""
_INNER = WIDTH - 2 * _MARGIN
_INK, _MUTED, _TRACK, _ACCENT = "#15202b", "#5b6875", "#e9eef2", "#0a7a8c"
_TITLE, _HEADING, _LABEL, _SMALL, _FIGURE = 56, 42, 36, 30, 68
"""Sizes of letters in pixels; the smallest is as large as a phone's own small print. Chosen by looking at them."""
_TILES_ABREAST = 2
"""More would leave a tile too little room for a label in Russian."""
_TILE, _ROW, _BAR, _COLUMNS, _GAP, _PAD = 156, 86, 16, 300, 24, 28
"""Heights of a tile, of a bar with and without its words, and of the highest column, and what is left between and
inside of tiles, in pixels. Chosen by looking at them."""
_MOST_LABELLED = 15
"""Columns that can each have a day below and a number on top; of more only some days and the highest number stand."""
_LETTER = 0.58
"""Width of a letter to its height, by which words are made smaller that would be too long; Chinese ones are square.
By reasoning."""
_MIRRORED = {"start": "end", "middle": "middle", "end": "start"}
"""https://github.com/linebender/resvg takes `start` for the left in every script."""


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
    sheet = _Sheet(is_rtl=page.is_rtl)
    top = float(_MARGIN + _TITLE)
    sheet.text(0, top, page.title, _Hand(_TITLE, is_strong=True))
    for line in page.lines:
        top += _LABEL + 22
        sheet.text(0, top, line, _Hand(_LABEL - 2, _MUTED))
    top = _tiles(sheet, top + 44, page.tiles)
    for chart in page.charts:
        draw: Callable[[_Sheet, float, Sequence[Bar]], float] = _columns if chart.over_time else _bars
        top += 20 + _HEADING
        sheet.text(0, top, chart.heading, _Hand(_HEADING, is_strong=True))
        top = draw(sheet, top + 34, chart.bars) + 40
    return sheet.svg(height=top + _MARGIN - 40)


def _tiles(sheet: _Sheet, top: float, tiles: Sequence[Tile]) -> float:
    """Draw them side by side; gives where the next thing begins, as the others do."""
    width = (_INNER - _GAP * (_TILES_ABREAST - 1)) / _TILES_ABREAST
    room = width - 2 * _PAD
    for number, tile in enumerate(tiles):
        row, column = divmod(number, _TILES_ABREAST)
        left, above = column * (width + _GAP), top + row * (_TILE + _GAP)
        sheet.box(left, above, width, _TILE, _TRACK, radius=20)
        sheet.text(left + _PAD, above + 80, tile.figure, _Hand(_FIGURE, _ACCENT, is_strong=True), room=room)
        sheet.text(left + _PAD, above + 130, tile.label, _Hand(_SMALL, _MUTED), room=room)
    return top + -(-len(tiles) // _TILES_ABREAST) * (_TILE + _GAP)


def _bars(sheet: _Sheet, top: float, bars: Sequence[Bar]) -> float:
    most = max((bar.amount for bar in bars), default=0) or 1
    for number, bar in enumerate(bars):
        base = top + number * _ROW + _LABEL
        sheet.text(0, base, bar.label, _Hand(_LABEL), room=_INNER * 0.8)
        sheet.text(_INNER, base, bar.shown, _Hand(_LABEL, is_strong=True, anchor="end"), room=_INNER * 0.2)
        sheet.box(0, base + 16, _INNER, _BAR, _TRACK, radius=_BAR / 2)
        if bar.amount:
            sheet.box(0, base + 16, max(_INNER * bar.amount / most, _BAR), _BAR, _ACCENT, radius=_BAR / 2)
    return top + len(bars) * _ROW


def _columns(sheet: _Sheet, top: float, bars: Sequence[Bar]) -> float:
    if not bars:
        return top
    bottom, room = top + _SMALL + _COLUMNS, _INNER / len(bars)
    highest = max(bars, key=lambda bar: bar.amount)
    step = -(-len(bars) // _MOST_LABELLED)
    all_fit = step == 1 and all(_SMALL * _breadth(bar.shown) < room * 1.05 for bar in bars)
    for number, bar in enumerate(bars):
        middle, height = (number + 0.5) * room, _COLUMNS * bar.amount / (highest.amount or 1)
        wide = room * 0.72
        if bar.amount:
            sheet.box(middle - wide / 2, bottom - height, wide, height, _ACCENT, radius=min(6.0, height / 2))
        if bar is highest or (all_fit and bar.amount):
            sheet.text(middle, bottom - height - 12, bar.shown, _Hand(_SMALL, anchor="middle"))
        if number % step == 0:
            sheet.text(middle, bottom + _SMALL + 14, bar.label, _Hand(_SMALL, _MUTED, anchor="middle"))
    sheet.box(0, bottom, _INNER, 3, _TRACK)
    return bottom + _SMALL + 40


@dataclass(frozen=True, slots=True)
class _Hand:
    """How words are written. `anchor` is what of them stands at the place that is named."""

    size: float
    colour: str = _INK
    is_strong: bool = False
    anchor: str = "start"


class _Sheet:
    """Collects the parts of a drawing. Places are counted from the side on which the reader begins."""

    def __init__(self, *, is_rtl: bool) -> None:
        self._is_rtl = is_rtl
        self._parts: list[str] = []

    def box(self, start: float, top: float, width: float, height: float, colour: str, *, radius: float = 0) -> None:  # noqa: PLR0917 - a rectangle
        left = WIDTH - _MARGIN - start - width if self._is_rtl else _MARGIN + start
        size = f'width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}"'
        self._parts.append(f'<rect x="{left:.1f}" y="{top:.1f}" {size} fill="{colour}"/>')

    def text(self, start: float, base: float, words: str, hand: _Hand, *, room: float = _INNER) -> None:
        """Words at a place, smaller where they would need more than `room`."""
        words = drawable(words)
        size = min(hand.size, room / _breadth(words))
        anchor, left = hand.anchor, _MARGIN + start
        if self._is_rtl:
            anchor, left = _MIRRORED[anchor], WIDTH - left
        style = f'font-size="{size:.1f}" text-anchor="{anchor}" fill="{hand.colour}"'
        if hand.is_strong:  # bold in every script, without fonts of its own
            style += f' stroke="{hand.colour}" stroke-width="{size / 32:.2f}"'
        self._parts.append(
            f'<text x="{left:.1f}" y="{base:.1f}" {style}>{escape(in_order(words, is_rtl=self._is_rtl))}</text>'
        )

    def svg(self, *, height: float) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" font-family="{FAMILIES}">'
            f"{''.join(self._parts)}</svg>"
        )


def _breadth(words: str) -> float:
    """How wide the words are, in heights of a letter: reckoned, not measured."""
    return max(sum(1.0 if "\u2e80" <= letter <= "\uffdf" else _LETTER for letter in words), _LETTER)
