"""Regressions on rows of features: pure arithmetic, which `bot.calibrating.fits` gives the examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.floating]
_STEPS = 1500
"""Steps of the climb. Chosen, many enough for the length of a step to decrease slowly."""
_STEP = 0.05
"""The first step's length on scaled features; it decreases to nothing. Chosen."""
_MOMENTUM, _SPREAD_MEMORY = 0.9, 0.99
"""The two memories of Adam; the second shorter than the .999 of its authors, since there are few steps. Chosen."""
_TINY = 1e-9
"""Keeps a feature that never changes from being divided by nothing."""
_LOGIT_LIMIT = 60.0
"""Beyond it a probability is 0 or 1 and its exponential may overflow."""


@dataclass(frozen=True, slots=True)
class TrainingChoice:
    """The candidates of one reading as rows of features, which of them is right, and what the choice counts."""

    candidates: Matrix
    right: int
    weight: float = 1.0


def fit_choices(choices: Sequence[TrainingChoice], *, l2: float) -> Matrix:
    """The weights of a conditional logit: the score of the right candidate against all others."""
    rows = np.vstack([choice.candidates for choice in choices])
    spread = rows.std(axis=0) + _TINY
    sizes = np.array([len(choice.candidates) for choice in choices])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    group_of = np.repeat(np.arange(len(choices)), sizes)
    right = starts + np.array([choice.right for choice in choices])
    counts = np.array([choice.weight for choice in choices])
    counts /= counts.sum()
    scaled = (rows - rows.mean(axis=0)) / spread

    def gradient(weights: Matrix) -> Matrix:
        logits = scaled @ weights
        powers = np.exp(logits - np.maximum.reduceat(logits, starts)[group_of])
        powers /= np.add.reduceat(powers, starts)[group_of]
        wanted: Matrix = (scaled[right] * counts[:, None]).sum(axis=0)
        drawn: Matrix = scaled.T @ (powers * counts[group_of]) + l2 * weights
        return wanted - drawn

    found: Matrix = _climb(gradient, rows.shape[1]) / spread
    return found


def fit_logistic(rows: Matrix, is_right: npt.NDArray[np.bool_], counts: Matrix, *, l2: float) -> tuple[Matrix, float]:
    """The weights and the constant of a logistic model; the constant is not drawn towards 0."""
    spread, mean = rows.std(axis=0) + _TINY, rows.mean(axis=0)
    scaled = np.hstack([(rows - mean) / spread, np.ones((len(rows), 1))])
    counts = counts / counts.sum()
    drawn = np.append(np.full(rows.shape[1], l2), 0.0)

    def gradient(weights: Matrix) -> Matrix:
        error = is_right - 1 / (1 + np.exp(-np.clip(scaled @ weights, -_LOGIT_LIMIT, _LOGIT_LIMIT)))
        slope: Matrix = scaled.T @ (counts * error) - drawn * weights
        return slope

    found = _climb(gradient, scaled.shape[1])
    weights = found[:-1] / spread
    return weights, float(found[-1] - weights @ mean)


def _climb(gradient: Callable[[Matrix], Matrix], size: int) -> Matrix:
    """Follow the gradient by Adam (Kingma and Ba, 2015) with steps that decrease to nothing."""
    weights, mean, spread = np.zeros(size), np.zeros(size), np.zeros(size)
    for step in range(1, _STEPS + 1):
        slope = gradient(weights)
        mean = _MOMENTUM * mean + (1 - _MOMENTUM) * slope
        spread = _SPREAD_MEMORY * spread + (1 - _SPREAD_MEMORY) * slope * slope
        length = _STEP * (1 - step / (_STEPS + 1)) / (1 - _MOMENTUM**step)
        weights = weights + length * mean / (np.sqrt(spread / (1 - _SPREAD_MEMORY**step)) + _TINY)
    return weights
