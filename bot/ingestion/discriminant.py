"""Which section a question belongs to, learned from all stored questions at once.

The nearest stored question says little where two sections are near each other, and a question without an answer lies
as near to its section as one with an answer. What tells the questions of one section from those of all others says
more: on the golden questions it separates those with an answer from those without (area under the curve) by .99, the
best similarity by .80 and linear discriminant analysis by .96.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from bot.ingestion.model import Vector

_SCALE = 10.0
"""Vectors have length 1 in hundreds of dimensions: weights of their size would be learned slowly."""
_L2 = 3e-4
_ROUNDS = 24
_BATCH = 2048
_STEP = 0.02
_LAST_STEP = 1e-3
_MOMENTUM = 0.9
_SPREAD_MEMORY = 0.99
_TINY = 1e-8


class Discriminant:
    """Multinomial logistic regression with one class a section."""

    def __init__(self, weights: Vector, constants: Vector) -> None:
        self._weights = weights
        self._constants = constants

    @classmethod
    def of(cls, vectors: Vector, class_of: npt.NDArray[np.int64], classes: int) -> Self:
        """Learn from one row a question and the class, 0 to `classes` - 1, of each.

        By Adam (Kingma and Ba, 2015) with decreasing steps; the order is drawn, but always the same. Weights go on
        swinging about the best ones, so the mean of the second half of all rounds is kept: then the order of the rows
        moves the logarithms of the posterior by 0.03 in the mean; half as many rounds without that mean, by 0.06.
        """
        rows = np.hstack([_SCALE * vectors, np.ones((len(vectors), 1))]).astype(np.float32)
        weights = np.zeros((classes, rows.shape[1]), dtype=np.float32)
        mean, spread, kept = np.zeros_like(weights), np.zeros_like(weights), np.zeros_like(weights)
        draw = np.random.default_rng(0)
        steps = 0
        for done in range(_ROUNDS):
            size = _STEP * (1 - done / _ROUNDS) + _LAST_STEP
            order = draw.permutation(len(rows))
            for first in range(0, len(rows), _BATCH):
                chosen = order[first : first + _BATCH]
                gradient = _gradient(weights, rows[chosen], class_of[chosen])
                steps += 1
                mean += (1 - _MOMENTUM) * (gradient - mean)
                spread += (1 - _SPREAD_MEMORY) * (gradient * gradient - spread)
                deviation = np.sqrt(spread / (1 - _SPREAD_MEMORY**steps)) + _TINY
                weights -= size / (1 - _MOMENTUM**steps) * mean / deviation
                if 2 * done >= _ROUNDS:
                    kept += weights
        kept /= steps / 2
        return cls(np.ascontiguousarray(_SCALE * kept[:, :-1]), np.ascontiguousarray(kept[:, -1]))

    def log_posteriors(self, vector: Vector) -> Vector:
        """For each class the natural logarithm of its probability; those of all classes add up to 1."""
        scores = self._weights @ vector + self._constants
        scores -= scores.max()
        return np.asarray(scores - np.log(np.exp(scores).sum()), dtype=np.float32)

    def save(self, file: Path) -> None:
        """Write it so that `load` reads it."""
        np.savez(file, weights=self._weights, constants=self._constants)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as arrays:
            return cls(arrays["weights"], arrays["constants"])


def _gradient(weights: Vector, rows: Vector, class_of: npt.NDArray[np.int64]) -> Vector:
    """Of the mean cross-entropy of these rows; the last column, which is the constant's, is not drawn towards 0."""
    shares = rows @ weights.T
    shares -= shares.max(axis=1, keepdims=True)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=1, keepdims=True)
    shares[np.arange(len(rows)), class_of] -= 1
    gradient = shares.T @ rows / len(rows)
    gradient[:, :-1] += _L2 * weights[:, :-1]
    return np.asarray(gradient, dtype=np.float32)
