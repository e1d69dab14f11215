"""One sentence laid beside the lines of the passages that hold the most of it.

A figure that stands in a passage beside something else is no support: «18 June» is not held by «15 June and 18 July».
So for each figure and name its neighbours are compared with those of the same and of other figures and names in the
passages: how well they agree is called the fit of a place.
"""

from __future__ import annotations

from functools import cached_property

from bot.answering.generation.claims import FIGURES, Claims, Token, TokenKind
from bot.answering.generation.evidence import PassageEvidence, PassageLine, reduced
from bot.ids import Locale
from bot.writing.terms import shared_start

CASELESS = frozenset({Locale.ZH, Locale.FA, Locale.UR, Locale.HI})
"""Languages whose script has no capitals: a name looks like any other word."""
_NEAREST = 3
"""Sentences of the passages that one sentence may join. Chosen: a faithful summary seldom draws on more."""
_WINDOW = 3
"""Marks to either side of a place that are its neighbours. The nearest counts 3, the farthest 1. Chosen: figure, unit
and what they are of stand that close in the bundled texts."""
_OTHER_SIDE = 0.5
"""What a neighbour counts that stands on the other side in the passage: words are put in another order. Chosen."""
_LIKE_FROM = 4
"""Letters that two words must begin with alike to count as one with different endings. Chosen: fewer join strangers."""


class Comparison:
    """A sentence and the lines that it is held against: the nearest ones, and the passages' headers."""

    def __init__(self, claims: Claims, evidence: PassageEvidence) -> None:
        self.locale = claims.locale
        self.is_same_language = claims.locale is evidence.locale
        self.line = reduced(claims)
        self.near = _nearest(self.line, evidence, words_count=self.is_same_language)
        self.told = (*self.near, *evidence.headers)
        self._fits: dict[tuple[int, tuple[TokenKind, str], tuple[str, ...]], float] = {}

    @cached_property
    def told_keys(self) -> frozenset[tuple[TokenKind, str]]:
        """All that the passages' lines say but words."""
        return frozenset[tuple[TokenKind, str]]().union(*(line.keys for line in self.told))

    @cached_property
    def told_names(self) -> frozenset[str]:
        """The ids of the names in the passages' lines."""
        return frozenset[str]().union(*(line.names for line in self.told))

    @cached_property
    def own_words(self) -> tuple[Token, ...]:
        """The sentence's words that are no part of a known name."""
        return tuple(mark for mark in self.line.marks if mark.sort is TokenKind.WORD and not mark.names)

    @property
    def share(self) -> float:
        """The share of the sentence's own words that the passages hold, 0 to 1."""
        wanted = self.own_words
        return sum(self.is_held(mark) for mark in wanted) / len(wanted) if wanted else 1.0

    def is_held(self, mark: Token) -> bool:
        """Whether a word stands in the passages' lines."""
        return any(line.holds(mark) for line in self.told)

    def repeated(self, line: PassageLine) -> float:
        """How much of a passage's sentence this one repeats, 0 to 1."""
        told = sum(any(self.is_alike(mark, own) for own in self.line.marks) for mark in line.marks)
        return told / len(line.marks) if line.marks else 0.0

    def is_alike(self, one: Token, other: Token) -> bool:
        """Whether two marks say the same: of one language also words with other endings."""
        if is_same(one, other):
            return True
        if not self.is_same_language or one.sort is not TokenKind.WORD or other.sort is not TokenKind.WORD:
            return False
        size = min(shared_start(one.value), shared_start(other.value))
        return size >= _LIKE_FROM and one.value[:size] == other.value[:size]

    def fit(self, place: int, mark: Token) -> float:
        """How well the neighbours of a place in the sentence are those of `mark` in the passages: 0 to 12."""
        name = place, mark.key, mark.names
        if name not in self._fits:
            self._fits[name] = self._measured_fit(place, mark)
        return self._fits[name]

    def _measured_fit(self, place: int, mark: Token) -> float:
        best = 0.0
        for line in self.told:
            for at, other in enumerate(line.marks):
                if is_same(other, mark):
                    best = max(best, self._likeness(place, line, at))
        return best

    def _likeness(self, place: int, line: PassageLine, at: int) -> float:
        score = 0.0
        for step in range(1, _WINDOW + 1):
            for side in (-step, step):
                near = place + side
                if 0 <= near < len(self.line.marks):
                    score += self._neighbour(self.line.marks[near], line, at, side)
        return score

    def _neighbour(self, mark: Token, line: PassageLine, at: int, side: int) -> float:
        weight = _WINDOW + 1 - abs(side)
        for step in range(1, _WINDOW + 1):
            for other_side in (side // abs(side) * step, -side // abs(side) * step):
                near = at + other_side
                if 0 <= near < len(line.marks) and self.is_alike(mark, line.marks[near]):
                    return min(weight, _WINDOW + 1 - step) * (1.0 if other_side * side > 0 else _OTHER_SIDE)
        return 0.0


def is_fixed(mark: Token) -> bool:
    """Whether a mark must stand in its own place: a figure, or a part of a name."""
    return (mark.sort in FIGURES and not mark.is_soft) or (mark.sort is TokenKind.WORD and bool(mark.names))


def is_same(one: Token, other: Token) -> bool:
    """Whether two marks are one figure, name or word."""
    if one.sort is TokenKind.WORD and one.names and other.names:
        return not set(one.names).isdisjoint(other.names)
    return one.key == other.key


def _nearest(line: PassageLine, evidence: PassageEvidence, *, words_count: bool) -> tuple[PassageLine, ...]:
    """The sentences that together hold the most of a sentence, each adding something."""
    wanted: set[object] = set(line.keys) | {("name", name) for name in line.names}
    own = [mark for mark in line.marks if mark.sort is TokenKind.WORD and not mark.names] if words_count else []
    gains = []
    for other in evidence.lines:
        held = set(line.keys & other.keys) | {("name", name) for name in line.names & other.names}
        gains.append((other, held, {mark.value for mark in own if other.holds(mark)}))
    left_words = {mark.value for mark in own}
    chosen: list[PassageLine] = []
    while gains and len(chosen) < _NEAREST:
        best = max(gains, key=lambda gain: 2 * len(gain[1] & wanted) + len(gain[2] & left_words))
        if not best[1] & wanted and len(best[2] & left_words) < (2 if chosen else 1):
            break
        chosen.append(best[0])
        wanted -= best[1]
        left_words -= best[2]
        gains.remove(best)
    return tuple(chosen)
