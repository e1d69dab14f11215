"""A sheet to draw boxes and words on, as SVG: what the pictures have in common."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from bot.reports.lettering import FAMILIES, drawable, in_order

WIDTH = 1080
"""Pixels: what Telegram shows of a photo without making it smaller, about three for each point of a phone's screen."""
MARGIN = 64
"""Pixels left free on each side. Chosen by looking at it."""
INNER = WIDTH - 2 * MARGIN
INK, MUTED, TRACK = "#15202b", "#5b6875", "#e9eef2"
_LETTER = 0.58
"""Width of a letter to its height, by which words are made smaller that would be too long; Chinese ones are square.
By reasoning."""
_MIRRORED = {"start": "end", "middle": "middle", "end": "start"}
"""https://github.com/linebender/resvg takes `start` for the left in every script."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How words are written. `anchor` is what of them stands at the place that is named."""

    size: float
    colour: str = INK
    is_strong: bool = False
    anchor: str = "start"


class Sheet:
    """Collects the parts of a drawing. Places are counted from the side on which the reader begins."""

    def __init__(self, *, is_rtl: bool = False) -> None:
        self._is_rtl = is_rtl
        self._parts: list[str] = []

    def box(self, start: float, top: float, width: float, height: float, colour: str, *, radius: float = 0) -> None:  # noqa: PLR0917 - a rectangle
        """A rectangle."""
        left = WIDTH - MARGIN - start - width if self._is_rtl else MARGIN + start
        size = f'width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}"'
        self._parts.append(f'<rect x="{left:.1f}" y="{top:.1f}" {size} fill="{colour}"/>')

    def text(self, start: float, base: float, words: str, hand: Hand, *, room: float = INNER) -> None:
        """Words at a place, smaller where they would need more than `room`."""
        words = drawable(words)
        size = min(hand.size, room / breadth(words))
        anchor, left = hand.anchor, MARGIN + start
        if self._is_rtl:
            anchor, left = _MIRRORED[anchor], WIDTH - left
        style = f'font-size="{size:.1f}" text-anchor="{anchor}" fill="{hand.colour}"'
        if hand.is_strong:  # bold in every script, without fonts of its own
            style += f' stroke="{hand.colour}" stroke-width="{size / 32:.2f}"'
        self._parts.append(
            f'<text x="{left:.1f}" y="{base:.1f}" {style}>{escape(in_order(words, is_rtl=self._is_rtl))}</text>'
        )

    def svg(self, *, height: float) -> str:
        """The whole drawing, `WIDTH` wide."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" font-family="{FAMILIES}">'
            f"{''.join(self._parts)}</svg>"
        )


def breadth(words: str) -> float:
    """How wide the words are, in heights of a letter: reckoned, not measured."""
    return max(sum(1.0 if "\u2e80" <= letter <= "\uffdf" else _LETTER for letter in words), _LETTER)
