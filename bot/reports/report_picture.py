"""What became of an occurrence's copies, as a picture that Telegram shows: PNG, drawn and packed here.

It has colours and numbers and no words, so that it reads the same in every language; the caption below it has the
words, each beside a square of its colour.

Telegram shows no SVG. Pillow would bring 20 MB and still want a font file; bars and digits without words need neither.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import numpy as np
import numpy.typing as npt

from bot.ids import Locale

Colour = tuple[int, int, int]


class CopyOutcome(Enum):
    """What the picture tells apart, in the order in which it is drawn, with its colour."""

    SENT = (0x0A, 0x9D, 0x4F)
    BLOCKED = (0xF0, 0x8A, 0x00)
    FAILED = (0xC8, 0x26, 0x1E)
    IN_DOUBT = (0x8B, 0x3F, 0xB0)
    NOT_SENT = (0x8A, 0x5A, 0x3A)
    WAITING = (0x1A, 0x73, 0xE8)

    @property
    def square(self) -> str:
        """An emoji of its colour, for the words that go with the picture."""
        return _SQUARES[self]


_SQUARES = {
    CopyOutcome.SENT: "🟩",
    CopyOutcome.BLOCKED: "🟧",
    CopyOutcome.FAILED: "🟥",
    CopyOutcome.IN_DOUBT: "🟪",
    CopyOutcome.NOT_SENT: "🟫",
    CopyOutcome.WAITING: "🟦",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is drawn. `sent_at` has the number of copies sent in each span of `span`, earliest first."""

    title: str
    by_locale: Mapping[Locale, Mapping[CopyOutcome, int]]
    sent_at: Sequence[tuple[datetime, int]]
    span: timedelta

    @property
    def totals(self) -> Mapping[CopyOutcome, int]:
        """Over all languages; outcomes that did not occur are left out."""
        sums = {outcome: sum(counts.get(outcome, 0) for counts in self.by_locale.values()) for outcome in CopyOutcome}
        return {outcome: count for outcome, count in sums.items() if count}


# Pixels, chosen by looking at the picture: Telegram shows a photo of this width unscaled on most screens.
_WIDTH, _MARGIN, _SCALE = 960, 40, 2
_WHITE, _INK, _FAINT = (255, 255, 255), (0x20, 0x21, 0x24), (0xDA, 0xDC, 0xE0)
_LETTER_WIDTH, _LETTER_HEIGHT = 5, 7
"""Dots of a letter of the built-in font, before `_SCALE`."""
_STEP = (_LETTER_WIDTH + 1) * _SCALE
_BAR, _GAP = 22, 14
_LEFT = _MARGIN + 5 * _STEP
_TIMELINE = 150
"""Pixels of the curve's height, as all lengths here. Chosen by eye."""
_LEGEND_COLUMNS = 6
"""Outcomes beside each other: more would touch at `_WIDTH`."""


def draw_report(figures: Figures) -> bytes:
    """The picture as PNG: totals, one bar a language, and the copies sent over time."""
    totals = figures.totals
    legend_rows = -(-len(totals) // _LEGEND_COLUMNS)
    top = _MARGIN + 40 + legend_rows * 30 + 20
    bars_end = top + (len(figures.by_locale) + 1) * (_BAR + _GAP)
    canvas = _Canvas(_WIDTH, bars_end + 60 + _TIMELINE + 60)
    canvas.text(_MARGIN, _MARGIN, _drawable(figures.title)[:70], _INK)
    _legend(canvas, totals, _MARGIN + 40)
    rows = [("", totals), *((locale.value.upper(), counts) for locale, counts in figures.by_locale.items())]
    largest = max((sum(counts.values()) for _, counts in rows[1:]), default=0)
    for number, (name, counts) in enumerate(rows):
        whole = sum(counts.values()) if number == 0 else largest
        _bar(canvas, top + number * (_BAR + _GAP), name, counts, whole=whole)
    _timeline(canvas, figures, bars_end + 40)
    return canvas.png()


def _legend(canvas: _Canvas, totals: Mapping[CopyOutcome, int], top: int) -> None:
    width = (_WIDTH - 2 * _MARGIN) // _LEGEND_COLUMNS
    for number, (outcome, count) in enumerate(totals.items()):
        row, column = divmod(number, _LEGEND_COLUMNS)
        left = _MARGIN + column * width
        canvas.box(left, top + row * 30, 14, 14, outcome.value)
        canvas.text(left + 22, top + row * 30, f"{count:,}", _INK)


def _bar(canvas: _Canvas, top: int, name: str, counts: Mapping[CopyOutcome, int], *, whole: int) -> None:
    room = _WIDTH - _MARGIN - 9 * _STEP - _LEFT
    canvas.text(_MARGIN, top + 4, name, _INK)
    done, left = 0, _LEFT
    for outcome in CopyOutcome:
        done += counts.get(outcome, 0)
        right = _LEFT + (round(room * done / whole) if whole else 0)
        canvas.box(left, top, right - left, _BAR, outcome.value)
        left = right
    canvas.text(left + 8, top + 4, f"{done:,}", _INK)


def _timeline(canvas: _Canvas, figures: Figures, top: int) -> None:
    bottom, room = top + _TIMELINE, _WIDTH - _LEFT - _MARGIN
    canvas.box(_LEFT, bottom, room, 1, _FAINT)
    if not figures.sent_at:
        canvas.text(_MARGIN, top, "0", _INK)
        return
    most = max(count for _, count in figures.sent_at)
    canvas.text(_MARGIN, top, f"{most:,}", _INK)
    canvas.box(_LEFT, top, room, 1, _FAINT)
    for number, (_, count) in enumerate(figures.sent_at):
        left = _LEFT + room * number // len(figures.sent_at)
        right = _LEFT + room * (number + 1) // len(figures.sent_at)
        height = round(_TIMELINE * count / most) if most else 0
        canvas.box(left, bottom - height, max(right - left - 1, 1), height, CopyOutcome.SENT.value)
    first, last = figures.sent_at[0][0], figures.sent_at[-1][0] + figures.span
    canvas.text(_LEFT, bottom + 12, f"{first:%Y-%m-%d %H:%M:%S}", _INK)
    end = f"{last:%H:%M:%S} UTC"
    canvas.text(_WIDTH - _MARGIN - len(end) * _STEP, bottom + 12, end, _INK)


def _drawable(text: str) -> str:
    """The text in the letters that the picture has; a title in another script is left out."""
    upper = text.upper()
    return upper if all(letter in _FONT for letter in upper) else ""


class _Canvas:
    def __init__(self, width: int, height: int) -> None:
        self._pixels: npt.NDArray[np.uint8] = np.full((height, width, 3), _WHITE, dtype=np.uint8)

    def box(self, left: int, top: int, width: int, height: int, colour: Colour) -> None:  # noqa: PLR0917 - a rectangle
        self._pixels[max(top, 0) : top + height, max(left, 0) : left + width] = colour

    def text(self, left: int, top: int, text: str, colour: Colour) -> None:
        for letter in text.upper():
            for row, bits in enumerate(_FONT.get(letter, _FONT["?"])):
                for column in range(_LETTER_WIDTH):
                    if bits >> (_LETTER_WIDTH - 1 - column) & 1:
                        self.box(left + column * _SCALE, top + row * _SCALE, _SCALE, _SCALE, colour)
            left += _STEP

    def png(self) -> bytes:
        """Packed: https://www.w3.org/TR/png-3/, eight bits a channel, no filter."""
        height, width, _ = self._pixels.shape
        rows = np.concatenate([np.zeros((height, 1), np.uint8), self._pixels.reshape(height, width * 3)], axis=1)
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return b"".join(
            [
                b"\x89PNG\r\n\x1a\n",
                _block(b"IHDR", head),
                _block(b"IDAT", zlib.compress(rows.tobytes(), 9)),
                _block(b"IEND", b""),
            ]
        )


def _block(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


_DRAWN = """
A 0E 11 11 1F 11 11 11   B 1E 11 11 1E 11 11 1E   C 0E 11 10 10 10 11 0E   D 1E 11 11 11 11 11 1E
E 1F 10 10 1E 10 10 1F   F 1F 10 10 1E 10 10 10   G 0E 11 10 17 11 11 0F   H 11 11 11 1F 11 11 11
I 0E 04 04 04 04 04 0E   J 07 02 02 02 02 12 0C   K 11 12 14 18 14 12 11   L 10 10 10 10 10 10 1F
M 11 1B 15 15 11 11 11   N 11 19 15 13 11 11 11   O 0E 11 11 11 11 11 0E   P 1E 11 11 1E 10 10 10
Q 0E 11 11 11 15 12 0D   R 1E 11 11 1E 14 12 11   S 0F 10 10 0E 01 01 1E   T 1F 04 04 04 04 04 04
U 11 11 11 11 11 11 0E   V 11 11 11 11 11 0A 04   W 11 11 11 15 15 1B 11   X 11 11 0A 04 0A 11 11
Y 11 11 0A 04 04 04 04   Z 1F 01 02 04 08 10 1F   0 0E 11 13 15 19 11 0E   1 04 0C 04 04 04 04 0E
2 0E 11 01 06 08 10 1F   3 1E 01 01 0E 01 01 1E   4 02 06 0A 12 1F 02 02   5 1F 10 1E 01 01 11 0E
6 06 08 10 1E 11 11 0E   7 1F 01 02 04 08 08 08   8 0E 11 11 0E 11 11 0E   9 0E 11 11 0F 01 02 0C
. 00 00 00 00 00 0C 0C   , 00 00 00 00 0C 04 08   : 00 0C 0C 00 0C 0C 00   - 00 00 00 1F 00 00 00
/ 01 01 02 04 08 10 10   % 19 19 02 04 08 13 13   ( 02 04 08 08 08 04 02   ) 08 04 02 02 02 04 08
? 0E 11 01 06 04 00 04   ! 04 04 04 04 04 00 04   + 00 04 04 1F 04 04 00   ' 0C 04 08 00 00 00 00
"""
"""Each letter with its seven rows of five dots."""


def _read_font() -> dict[str, tuple[int, ...]]:
    words = _DRAWN.split()
    letters = {words[at]: tuple(int(row, 16) for row in words[at + 1 : at + 8]) for at in range(0, len(words), 8)}
    return {" ": (0,) * _LETTER_HEIGHT, **letters}


_FONT = _read_font()
