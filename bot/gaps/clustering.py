"""Puts lost questions together that ask for the same, in whatever language: pure, the same for the same questions.

How alike two questions are is made of three things. Their centred vectors: the embedding puts a question near to its
like in another language only moderately well. The sections whose letters they share, each in its own language:
sections stand in all languages, so they translate. And how crowded their places are, which is taken off: a question
near to everything is near to nothing in particular. On the sets in `tests/sets/gaps` that took the area under the
curve for pairs of 300 questions from .937 to .960.

Groups are joined by the mean of that over all pairs, the nearest first; then what stands alone or in twos goes to the
nearest group if that is near enough.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count

import numpy as np
import numpy.typing as npt

from bot.gaps.model import GapId, Trace, TracedQuestion

JOINED_FROM = -0.05
"""Mean likeness of two groups from which they are one; fitted by `tests.bench.bench_gaps --fit`."""
TAKEN_IN_FROM = -0.11
"""Mean likeness from which a small group goes to a larger one; .06 below, chosen on the fitting set."""
_SMALL = 2
"""Questions of a small group."""
_NEAR_WEIGHT = 0.3
"""What sections in common count beside the cosine; chosen among .2, .3 and .4, which differ little."""
_TINY = 1e-9
"""In place of a length of 0, by which nothing can be divided."""
_ID_DIGITS = 8
"""Hexadecimal: enough for a million gaps without two alike, and short enough to be typed."""

Likeness = npt.NDArray[np.float64]


def likeness(traces: Sequence[Trace]) -> Likeness:
    """How alike all pairs are, about -1 to 1; a question's own is the same kind of figure and is not used."""
    vectors = np.stack([one.vector for one in traces]).astype(np.float64)
    crowds = np.array([one.crowd for one in traces])
    near = _rows([one.near for one in traces])
    return np.asarray(vectors @ vectors.T + _NEAR_WEIGHT * near @ near.T - (crowds[:, None] + crowds) / 2)


def grouped(
    alike: Likeness,
    pinned: Sequence[int | None],
    *,
    joined_from: float = JOINED_FROM,
    taken_in_from: float = TAKEN_IN_FROM,
) -> list[list[int]]:
    """The groups of the questions, by their numbers; those with the same pin stay together, with two pins apart."""
    begun = _begun(pinned)
    groups = _Groups(begun, alike, {number for number, one in enumerate(begun) if pinned[one[0]] is not None})
    groups.join(joined_from)
    groups.take_in(taken_in_from)
    return groups.members()


def arranged(questions: Sequence[TracedQuestion], pinned: Collection[GapId]) -> Mapping[str, GapId]:
    """The gap of each question, oldest question first; a gap that is pinned keeps its own and may only gain.

    A group is the gap in which most of its questions were before; if there is none, a new one with an id made from its
    first question.
    """
    if not questions:
        return {}
    numbers = {gap_id: number for number, gap_id in enumerate(sorted(pinned))}
    pins = [numbers.get(one.gap_id) if one.gap_id is not None else None for one in questions]
    groups = grouped(likeness([one.trace for one in questions]), pins)
    names = _names([[questions[number] for number in group] for group in groups], pinned)
    return {questions[number].turn_id: name for group, name in zip(groups, names, strict=True) for number in group}


class _Groups:
    """Groups that are being joined, each with its mean likeness to all others."""

    def __init__(self, begun: Sequence[list[int]], alike: Likeness, pinned: set[int]) -> None:
        self._members: list[list[int] | None] = list(begun)
        self._sizes = np.array([len(one) for one in begun], dtype=np.float64)
        self._pinned = pinned
        which = np.zeros((len(begun), len(alike)))
        for number, one in enumerate(begun):
            which[number, one] = 1 / len(one)
        self._means = which @ alike @ which.T
        np.fill_diagonal(self._means, -np.inf)
        apart = sorted(pinned)
        self._means[np.ix_(apart, apart)] = -np.inf
        self._best = self._means.argmax(axis=1)

    def members(self) -> list[list[int]]:
        """Each group's questions, oldest first; the groups by their oldest."""
        return sorted(sorted(one) for one in self._members if one)

    def join(self, joined_from: float) -> None:
        """Join the two that are most alike, again and again, as long as they are alike enough."""
        while len(self._means) > 1:
            nearest = self._means[np.arange(len(self._best)), self._best]
            first = int(nearest.argmax())
            if nearest[first] < joined_from:
                return
            self._unite(*sorted((first, int(self._best[first]))))

    def take_in(self, taken_in_from: float) -> None:
        """Let small groups go to the larger one that is nearest, if it is near enough."""
        is_small = self._sizes <= _SMALL
        for number in np.flatnonzero(is_small).tolist():
            if self._members[number] is None or number in self._pinned:
                continue
            means = np.where(is_small, -np.inf, self._means[number])
            nearest = int(means.argmax())
            if means[nearest] >= taken_in_from:
                self._unite(nearest, number)

    def _unite(self, kept: int, gone: int) -> None:
        """The mean over all pairs is the mean of both groups' means by their sizes."""
        if gone in self._pinned:
            kept, gone = gone, kept
        sizes, means = self._sizes, self._means
        row = (sizes[kept] * means[kept] + sizes[gone] * means[gone]) / (sizes[kept] + sizes[gone])
        row[kept] = -np.inf
        means[kept], means[:, kept] = row, row
        means[gone], means[:, gone] = -np.inf, -np.inf
        sizes[kept] += sizes[gone]
        mine, others = self._members[kept], self._members[gone]
        assert mine is not None
        assert others is not None
        self._members[kept], self._members[gone] = [*mine, *others], None
        sizes[gone] = 0
        self._look_again(kept, gone)

    def _look_again(self, kept: int, gone: int) -> None:
        stale = np.flatnonzero((self._best == kept) | (self._best == gone))
        for number in {*stale.tolist(), kept}:
            self._best[number] = self._means[number].argmax()
        nearer = self._means[:, kept] > self._means[np.arange(len(self._best)), self._best]
        self._best[nearer] = kept


def _begun(pinned: Sequence[int | None]) -> list[list[int]]:
    together: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, pin in enumerate(pinned):
        together[("question", number) if pin is None else ("pin", pin)].append(number)
    return list(together.values())


def _rows(maps: Sequence[Mapping[str, float]]) -> Likeness:
    """One row of length 1 for each, with a column for each name."""
    columns = {name: number for number, name in enumerate(dict.fromkeys(name for one in maps for name in one))}
    rows = np.zeros((len(maps), max(len(columns), 1)))
    for number, one in enumerate(maps):
        for name, value in one.items():
            rows[number, columns[name]] = value
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _TINY))


def _names(groups: Sequence[Sequence[TracedQuestion]], pinned: Collection[GapId]) -> list[GapId]:
    """Ids for the groups, the largest share in an old gap first; each old id goes to one group at most."""
    shares = [
        (-times, number, gap_id)
        for number, group in enumerate(groups)
        for gap_id, times in Counter(one.gap_id for one in group if one.gap_id is not None).items()
    ]
    shares.sort(key=lambda share: (share[2] not in pinned, *share))
    names: dict[int, GapId] = {}
    taken: set[GapId] = set()
    for _times, number, gap_id in shares:
        if number not in names and gap_id not in taken:
            names[number] = gap_id
            taken.add(gap_id)
    used = {one.gap_id for group in groups for one in group if one.gap_id is not None}
    for number, group in enumerate(groups):
        if number not in names:
            names[number] = next(name for name in _new_ids(group[0].turn_id) if name not in used)
            used.add(names[number])
    return [names[number] for number in range(len(groups))]


def _new_ids(turn_id: str) -> Iterator[GapId]:
    """Always the same ones for a turn; the second is for a gap whose first question went to another."""
    for attempt in count():
        yield GapId(hashlib.sha256(f"{turn_id}{attempt or ''}".encode()).hexdigest()[:_ID_DIGITS])
