"""Which section a question belongs to, learned from all stored questions at once.

The nearest stored question says little where two sections are near each other, and a question without an answer lies
as near to its section as one with an answer. What tells the questions of one section from those of all others says
more: on the golden questions it separates those with an answer from those without (area under the curve) by .99, the
best similarity by .80 and linear discriminant analysis by .96.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from bot.ingestion.model import Vector

_SCALE = 10.0
"""Vectors have length 1 in hundreds of dimensions: weights of their size would be learned slowly."""
_L2 = 3e-4
"""How strongly weights are drawn towards 0."""
_ROUNDS = 24
"""Passes over all questions when all is learned anew."""
_BATCH = 2048
"""Questions in a step."""
_STEP = 0.02
"""Adam's step at the beginning …"""
_LAST_STEP = 1e-3
"""… and what remains of it at the end."""
_ROUNDS_AGAIN = 60
"""Passes when only what is new is learned: its rows are few, so that there are few steps in each.

Of the training questions on new files with drafts 82.3 % are answered rightly, and 92.5 % of the near misses refused;
with 6 passes of half the step it was 77.0 and 90.8 %. 24 of .05 do as well.
"""
_KEPT_IN_MIND = 3000
"""Rows of other classes that are looked at while something new is learned."""
_MOMENTUM = 0.9
"""Adam's memory of the gradient, as its authors set it."""
_SPREAD_MEMORY = 0.99
"""Adam's memory of its square: shorter than its authors' .999, since there are some hundred steps only."""
_TINY = 1e-8
"""Adam's own, so that nothing is divided by 0."""


class Discriminant:
    """Multinomial logistic regression with one class a section."""

    def __init__(self, weights: Vector, constants: Vector) -> None:
        self.weights = weights
        self.constants = constants

    @classmethod
    def of(cls, vectors: Vector, class_of: npt.NDArray[np.int64], classes: int) -> Self:
        """Learn from one row a question and the class, 0 to `classes` - 1, of each."""
        nothing = cls(np.zeros((classes, vectors.shape[1]), dtype=np.float32), np.zeros(classes, dtype=np.float32))
        return nothing._learned(vectors, class_of, moved=np.arange(classes), rounds=_ROUNDS)

    def renamed(self, places: Sequence[int]) -> Self:
        """The same with its classes in another order: class n is what was `places[n]`, or new where that is -1.

        A class that is not among them is forgotten: the others share its probability as if it had never been.
        """
        old = np.array(places, dtype=np.int64)
        weights, constants = self.weights[old], self.constants[old]
        weights[old < 0] = 0
        constants[old < 0] = self.constants.min(initial=0)
        return type(self)(weights, constants)

    def updated(self, vectors: Vector, class_of: npt.NDArray[np.int64], is_new: npt.NDArray[np.bool_]) -> Self:
        """Learn the classes that something is new of, going on from here; all others stay as they are.

        Looked at are all rows of these classes and a sample of the others. Where that moved every class, with 47 new
        sections 30 of 941 calibration cases were no longer answered, though the same old section came first: 89.7 %
        right became 87.8, and are 89.3 since.

        What a class learned of rows that are gone stays until all is learned anew. It does little harm: with half of
        its questions taken away a section keeps .55 to .7 of the probability of those (.29 where all is learned anew,
        since the others lie near), and its text answers them or not. To learn its class from nothing does more: of its
        other questions it then knows as little (.01 to .11 instead of .45 to .67).
        """
        if not is_new.any():
            return self
        moved = np.unique(class_of[is_new])
        chosen = np.isin(class_of, moved)
        others = np.flatnonzero(~chosen)
        sample = np.random.default_rng(0).choice(others, min(_KEPT_IN_MIND, len(others)), replace=False)
        rows = np.concatenate([np.flatnonzero(chosen), sample])
        return self._learned(vectors[rows], class_of[rows], moved=moved, rounds=_ROUNDS_AGAIN)

    def _learned(
        self,
        vectors: Vector,
        class_of: npt.NDArray[np.int64],
        *,
        moved: npt.NDArray[np.int64],
        rounds: int,
    ) -> Self:
        """Go on learning the classes `moved` from these rows.

        By Adam (Kingma and Ba, 2015) with decreasing steps; the order is drawn, but always the same. Weights go on
        swinging about the best ones, so the mean of the second half of all rounds is kept: then the order of the rows
        moves the logarithms of the posterior by 0.03 in the mean; half as many rounds without that mean, by 0.06.
        """
        rows = np.hstack([_SCALE * vectors, np.ones((len(vectors), 1))]).astype(np.float32)
        weights = np.hstack([self.weights / _SCALE, self.constants[:, None]]).astype(np.float32)
        rest = _log_sums(rows, np.delete(weights, moved, axis=0))
        place_of = np.full(len(weights), -1)
        place_of[moved] = np.arange(len(moved))
        mean, spread, kept = (np.zeros_like(weights[moved]) for _ in range(3))
        draw = np.random.default_rng(0)
        steps = counted = 0
        for done in range(rounds):
            size = _STEP * (1 - done / rounds) + _LAST_STEP
            order = draw.permutation(len(rows))
            for first in range(0, len(rows), _BATCH):
                chosen = order[first : first + _BATCH]
                places = place_of[class_of[chosen]]
                gradient = _gradient(weights[moved], rows[chosen], places, rest[chosen])
                steps += 1
                mean += (1 - _MOMENTUM) * (gradient - mean)
                spread += (1 - _SPREAD_MEMORY) * (gradient * gradient - spread)
                deviation = np.sqrt(spread / (1 - _SPREAD_MEMORY**steps)) + _TINY
                weights[moved] -= size / (1 - _MOMENTUM**steps) * mean / deviation
                if 2 * done >= rounds:
                    kept += weights[moved]
                    counted += 1
        weights[moved] = kept / counted
        return type(self)(np.ascontiguousarray(_SCALE * weights[:, :-1]), np.ascontiguousarray(weights[:, -1]))

    def log_posteriors(self, vector: Vector) -> Vector:
        """For each class the natural logarithm of its probability; those of all classes add up to 1."""
        scores = self.weights @ vector + self.constants
        scores -= scores.max()
        return np.asarray(scores - np.log(np.exp(scores).sum()), dtype=np.float32)


def _log_sums(rows: Vector, weights: Vector) -> Vector:
    """For each row the logarithm of the sum over these classes of what their scores stand for: they do not move."""
    sums = np.full(len(rows), -np.inf, dtype=np.float32)
    for first in range(0, len(rows) if len(weights) else 0, _BATCH):
        scores = rows[first : first + _BATCH] @ weights.T
        highest = scores.max(axis=1, keepdims=True)
        sums[first : first + _BATCH] = highest[:, 0] + np.log(np.exp(scores - highest).sum(axis=1))
    return sums


def _gradient(weights: Vector, rows: Vector, places: npt.NDArray[np.int64], rest: Vector) -> Vector:
    """Of the mean cross-entropy of these rows, by the classes with these weights.

    `places` tells which of these classes a row belongs to, -1 for none of them; `rest` is what the others add to the
    sum that all share. The constant's column is not drawn towards 0.
    """
    scores = rows @ weights.T
    highest = np.maximum(scores.max(axis=1), rest)
    shares = np.exp(scores - highest[:, None])
    shares /= (shares.sum(axis=1) + np.exp(rest - highest))[:, None]
    own = np.flatnonzero(places >= 0)
    shares[own, places[own]] -= 1
    gradient = shares.T @ rows / len(rows)
    gradient[:, :-1] += _L2 * weights[:, :-1]
    return np.asarray(gradient, dtype=np.float32)
