"""Grounding of figures: each stands in the passages, with its unit, in its order and in its place."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from bot.answering.generation.claims import Token, TokenKind
from bot.answering.generation.comparison import Comparison, is_fixed, is_same
from bot.answering.generation.evidence import is_calendar_year
from bot.answering.generation.model import RejectionReason
from bot.answering.generation.wording import STRONG

_MARGIN = 2.0
"""By how much better another figure or name must fit a place (see `Comparison.fit`) to be the one that belongs there.

Chosen, as the other numbers of the grounding, with `tests/faults/test_composing_corruption.py` in sight, which asks of
all of them together to find 99 % of over 1,000 sentences changed by program and to block at most 3 % of reworded ones.
"""
_MARGIN_ELSEWHERE = 2.5
"""By how much better still one must fit that the sentence has in another place. Chosen as `_MARGIN`."""
_TURN_FIT = 3.0
"""The fit of a turning word that has one next neighbour at least which it has in the passage too."""
_DATE_WITHIN = 2
"""Marks between a number and the month that makes it a date, at most."""
_REASONS = {
    TokenKind.NUMBER: RejectionReason.NUMBER,
    TokenKind.PERCENT: RejectionReason.NUMBER,
    TokenKind.ORDINAL: RejectionReason.NUMBER,
    TokenKind.CODE: RejectionReason.NAME,
    TokenKind.TIME: RejectionReason.DATE,
    TokenKind.MONTH: RejectionReason.DATE,
    TokenKind.TURN: RejectionReason.TURNED,
}


def missing(compared: Comparison) -> RejectionReason | None:
    """A figure or a turning word that the passages do not have."""
    for place, mark in enumerate(compared.line.marks):
        if mark.sort in {TokenKind.WORD, TokenKind.UNIT} or mark.is_soft or _is_put_otherwise(mark, compared):
            continue
        is_held = mark.key in compared.told_keys
        is_turn = compared.is_same_language and mark.sort is TokenKind.TURN
        if not is_held or (is_turn and compared.fit(place, mark) < _TURN_FIT):
            return _reason_at(place, compared)
    return None


def wrong_unit(compared: Comparison) -> RejectionReason | None:
    """A number with another unit than in the passages."""
    told = frozenset[tuple[str, str]]().union(*(line.pairs for line in compared.told))
    for value, unit in compared.line.pairs:
        if (value, unit) not in told and not (unit == "year" and is_calendar_year(value)):
            return RejectionReason.UNIT
    return None


def turned_row(compared: Comparison) -> RejectionReason | None:
    """Two numbers in a row that the passages have the other way round alone."""
    told = frozenset[tuple[str, str]]().union(*(line.rows for line in compared.told))
    for one, other in compared.line.rows:
        if (other, one) in told and (one, other) not in told:
            return RejectionReason.NUMBER
    return None


def misplaced(compared: Comparison) -> RejectionReason | None:
    """A figure or name that fits the place of another one better than its own."""
    marks = compared.line.marks
    fixed = [place for place, mark in enumerate(marks) if is_fixed(mark)]
    own = {place: compared.fit(place, marks[place]) for place in fixed}
    for place in fixed:
        best = max((_lead(place, rival, compared) for rival in _rivals(marks[place], compared)), default=0.0)
        if best >= own[place] + _MARGIN:
            return _reason_at(place, compared)
    for one, other in combinations(fixed, 2):
        first, second = marks[one], marks[other]
        if first.sort is not second.sort or is_same(first, second):
            continue
        if compared.fit(one, second) + compared.fit(other, first) >= own[one] + own[other] + 2 * _MARGIN:
            return _reason_at(one, compared)
    return None


def _is_put_otherwise(mark: Token, compared: Comparison) -> bool:
    """A translation may use «all» or «after» where its source has another turn of phrase."""
    return not compared.is_same_language and mark.sort is TokenKind.TURN and mark.value not in STRONG


def _rivals(mark: Token, compared: Comparison) -> Iterator[Token]:
    for line in compared.told:
        for other in line.marks:
            if other.sort is mark.sort and is_fixed(other) and not is_same(other, mark):
                yield other


def _lead(place: int, rival: Token, compared: Comparison) -> float:
    """How well a rival fits a place; one that the sentence has elsewhere must fit better still."""
    is_elsewhere = any(is_same(rival, mark) for mark in compared.line.marks)
    return compared.fit(place, rival) - (_MARGIN_ELSEWHERE if is_elsewhere else 0.0)


def _reason_at(place: int, compared: Comparison) -> RejectionReason:
    """What is wrong where the figure or name at a place is."""
    mark = compared.line.marks[place]
    if mark.sort is TokenKind.WORD:
        return RejectionReason.NAME
    if mark.sort is TokenKind.NUMBER:
        around = compared.line.marks[max(0, place - _DATE_WITHIN) : place + _DATE_WITHIN + 1]
        if is_calendar_year(mark.value) or any(near.sort is TokenKind.MONTH for near in around):
            return RejectionReason.DATE
    return _REASONS[mark.sort]
