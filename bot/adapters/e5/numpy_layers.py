"""The layers in NumPy, for machines where no other engine runs; they are what the kernel is tested by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.encoder import normalised
from bot.adapters.e5.weights import BLOCK, HEADS, INNER, WIDTH, Floats, LayerWeights

_HEAD = WIDTH // HEADS


@dataclass(frozen=True, slots=True)
class _Linear:
    weights: Floats
    bias: Floats

    def of(self, rows: Floats) -> Floats:
        return _rounded(rows) @ self.weights.T + self.bias


class NumpyLayers:
    """Implements `encoder.Layers`. With `keep` the expanded weights stay in memory: 85 MB for five times the speed."""

    def __init__(self, model: LayerWeights, *, keep: bool) -> None:
        self._model = model
        self._kept = [list(_linears(model, number)) for number in range(model.layers)] if keep else []

    def passed(self, rows: Floats, ends: npt.NDArray[np.int32]) -> Floats:
        """See the port."""
        for number in range(self._model.layers):
            linears = self._kept[number] if self._kept else _linears(self._model, number)
            heads, context, up, down = linears
            rows = self._normalised(rows + context.of(_attended(heads.of(rows), ends)), f"l{number}.aln")
            rows = self._normalised(rows + down.of(_gelu(up.of(rows))), f"l{number}.oln")
        return rows

    def _normalised(self, rows: Floats, name: str) -> Floats:
        return normalised(rows, self._model.floats(f"{name}.w"), self._model.floats(f"{name}.b"))


def _linears(model: LayerWeights, layer: int) -> Iterator[_Linear]:
    """What makes queries, keys and values; what takes their context; the two halves of the inner part."""
    for names, width in ((("q", "k", "v"), WIDTH), (("ao",), WIDTH), (("fi",), WIDTH), (("fo",), INNER)):
        weights = [model.table(f"l{layer}.{name}.w", width) for name in names]
        biases = [model.floats(f"l{layer}.{name}.b") for name in names]
        yield _Linear(np.concatenate(weights), np.concatenate(biases))


def _rounded(rows: Floats) -> Floats:
    """To 8 bits and back: so do the other engines, and vectors are compared across them."""
    blocks = rows.reshape(len(rows), -1, BLOCK)
    steps = np.abs(blocks).max(axis=2, keepdims=True) / np.float32(127)
    made = np.rint(blocks / np.where(steps > 0, steps, np.float32(1))) * steps
    return np.asarray(made.reshape(rows.shape), dtype=np.float32)


def _attended(rows: Floats, ends: npt.NDArray[np.int32]) -> Floats:
    context = np.empty((len(rows), WIDTH), np.float32)
    start = 0
    for end in ends:
        queries, keys, values = rows[start:end].reshape(-1, 3, HEADS, _HEAD).transpose(1, 2, 0, 3)
        scores = queries @ keys.transpose(0, 2, 1) * np.float32(_HEAD**-0.5)
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        context[start:end] = (shares @ values).transpose(1, 0, 2).reshape(-1, WIDTH)
        start = end
    return context


def _gelu(x: Floats) -> Floats:
    """Of x, x · Φ(x): the error function after Abramowitz and Stegun 7.1.26: 1.5 · 10⁻⁷."""
    size = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.zeros_like(t)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + np.float32(factor)) * t
    made: Floats = np.float32(0.5) * x * (1 + np.copysign(1 - series * np.exp(-size * size), x))
    return made
