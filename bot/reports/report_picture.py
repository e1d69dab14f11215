"""What became of an occurrence's copies, as a picture that Telegram shows.

It has colours, numbers and names of languages, and no other words, so that it reads the same in every language; the
caption below it has the words, each beside a square of its colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.ids import Locale
from bot.reports.lettering import drawable, render
from bot.reports.sheet import INNER, MARGIN, MUTED, TRACK, Hand, Sheet


class CopyOutcome(Enum):
    """What the picture tells apart, in the order in which it is drawn, with its colour."""

    SENT = "#0a9d4f"
    BLOCKED = "#f08a00"
    FAILED = "#c8261e"
    IN_DOUBT = "#8b3fb0"
    NOT_SENT = "#8a5a3a"
    WAITING = "#1a73e8"

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


_TITLE, _LABEL, _SMALL = 48, 36, 30
"""Sizes of letters in pixels, as on a page of charts."""
_LEGEND, _ROW, _BAR, _TIMELINE = 66, 86, 20, 260
"""Heights of a line of the legend, of a language with and without its words, and of the highest column, in pixels.
Chosen by looking at them."""
_ABREAST = 3
"""Outcomes beside each other: their numbers may have six digits."""


def draw_report(figures: Figures) -> bytes:
    """The picture as PNG: totals, one bar a language, and the copies sent over time."""
    return render(report_svg(figures))


def report_svg(figures: Figures) -> str:
    """The picture as SVG."""
    sheet, totals, top = Sheet(), figures.totals, float(MARGIN)
    if drawable(figures.title):
        sheet.text(0, top + _TITLE, figures.title, Hand(_TITLE, is_strong=True))
        top += _TITLE + 40
    top = _legend(sheet, top, totals)
    largest = max((sum(counts.values()) for counts in figures.by_locale.values()), default=0)
    _bar(sheet, top, "", totals, whole=sum(totals.values()))
    for locale, counts in figures.by_locale.items():
        top += _ROW
        _bar(sheet, top, locale.endonym, counts, whole=largest)
    return sheet.svg(height=_timeline(sheet, top + _ROW + 40, figures) + MARGIN)


def _legend(sheet: Sheet, top: float, totals: Mapping[CopyOutcome, int]) -> float:
    """Each outcome's colour with its number; gives where the next thing begins."""
    for number, (outcome, count) in enumerate(totals.items()):
        row, column = divmod(number, _ABREAST)
        left, above = column * INNER / _ABREAST, top + row * _LEGEND
        sheet.box(left, above, _LABEL, _LABEL, outcome.value, radius=8)
        sheet.text(left + _LABEL + 16, above + _LABEL - 4, f"{count:,}", Hand(_LABEL, is_strong=True))
    return top + -(-len(totals) // _ABREAST) * _LEGEND + 20


def _bar(sheet: Sheet, top: float, name: str, counts: Mapping[CopyOutcome, int], *, whole: int) -> None:
    base, done, left = top + _LABEL, 0, 0.0
    sheet.text(0, base, name, Hand(_LABEL))
    sheet.text(INNER, base, f"{sum(counts.values()):,}", Hand(_LABEL, is_strong=True, anchor="end"))
    sheet.box(0, base + 16, INNER, _BAR, TRACK)
    for outcome in CopyOutcome:
        if counts.get(outcome, 0):
            done += counts[outcome]
            right = INNER * done / whole
            sheet.box(left, base + 16, right - left, _BAR, outcome.value)
            left = right


def _timeline(sheet: Sheet, top: float, figures: Figures) -> float:
    """The copies sent over time, the highest column with its number; gives where it ends."""
    if not figures.sent_at:
        return top
    bottom, room = top + _SMALL + 12 + _TIMELINE, INNER / len(figures.sent_at)
    most = max(count for _, count in figures.sent_at)
    highest = next(number for number, (_, count) in enumerate(figures.sent_at) if count == most)
    for number, (_, count) in enumerate(figures.sent_at):
        height = _TIMELINE * count / (most or 1)
        sheet.box(number * room, bottom - height, room * 0.85, height, CopyOutcome.SENT.value)
    place = min(max((highest + 0.5) * room, 60), INNER - 60)
    sheet.text(place, bottom - _TIMELINE - 12, f"{most:,}", Hand(_SMALL, anchor="middle"))
    sheet.box(0, bottom, INNER, 3, TRACK)
    first, last = figures.sent_at[0][0], figures.sent_at[-1][0] + figures.span
    sheet.text(0, bottom + _SMALL + 16, f"{first:%Y-%m-%d %H:%M:%S}", Hand(_SMALL, MUTED))
    sheet.text(INNER, bottom + _SMALL + 16, f"{last:%H:%M:%S} UTC", Hand(_SMALL, MUTED, anchor="end"))
    return bottom + _SMALL + 16
