"""Reads a question and a passage together: does the passage answer, and which of its sentences?

A cross-encoder of the embedding's own shape: its word table, layers of its form with weights of their own, two heads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bot.adapters.e5.encoder import Layers, normalised
from bot.adapters.e5.passages import Window
from bot.adapters.e5.reader_weights import ReaderWeights
from bot.adapters.e5.weights import Floats, ModelFile

_FIRST, _LAST = 0, 2
"""The borders of a text."""
_BETWEEN = 3
"""Tokens before the passage besides the question's."""
_TOKENS_AT_ONCE = 512
"""As the encoder: a pass holds 11 kB a token."""


class Read(NamedTuple):
    """What was read, in logits: above 0 rather yes than no."""

    answers: float
    sentences: tuple[float, ...]
    """One for each sentence of the passage."""


class PairReader:
    """Keeps no state between calls: threads may read side by side."""

    def __init__(self, model: ModelFile, weights: ReaderWeights, layers: Layers) -> None:
        self._model = model
        self._layers = layers
        self._positions = weights.floats("positions")
        self._norm = weights.floats("norm.w"), weights.floats("norm.b")
        self._answers, self._sentence = (
            (weights.floats(f"{head}.w"), float(weights.floats(f"{head}.b")[0])) for head in ("answers", "sentence")
        )

    def read(self, question: Sequence[int], passages: Sequence[Window]) -> list[Read]:
        """One a passage, in order; of each pair alone, whatever it is read with."""
        return [read for some in _passes(question, passages) for read in self._read(question, some)]

    def _read(self, question: Sequence[int], passages: Sequence[Window]) -> Iterator[Read]:
        ids = [np.array([_FIRST, *question, _LAST, _LAST, *passage.tokens, _LAST]) for passage in passages]
        ends = np.cumsum([len(each) for each in ids], dtype=np.int32)
        positions = np.concatenate([np.arange(len(each)) for each in ids])
        rows = normalised(self._model.words(np.concatenate(ids)) + self._positions[positions], *self._norm)
        passed = self._layers.passed(rows, ends)
        for passage, own in zip(passages, np.split(passed, ends[:-1]), strict=True):
            text = own[len(question) + _BETWEEN :]
            means = [text[start:end].mean(axis=0) for start, end in pairwise(passage.bounds)]
            sentences = tuple(_logit(self._sentence, own[0], mean) for mean in means)
            yield Read(_logit(self._answers, own[0], own.mean(axis=0)), sentences)


def _logit(head: tuple[Floats, float], first: Floats, mean: Floats) -> float:
    weights, constant = head
    return float(weights @ np.concatenate([first, mean])) + constant


def _passes(question: Sequence[int], passages: Sequence[Window]) -> Iterator[list[Window]]:
    gathered: list[Window] = []
    tokens = 0
    for passage in passages:
        length = len(question) + len(passage.tokens) + _BETWEEN + 1
        if gathered and tokens + length > _TOKENS_AT_ONCE:
            yield gathered
            gathered, tokens = [], 0
        gathered.append(passage)
        tokens += length
    if gathered:
        yield gathered
