"""Texts into vectors: tokens, their rows of the word table, the layers, the mean over the tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import LONGEST, WIDTH, Floats, ModelFile

QUESTION_TOKENS = 256
"""Of a question no more are looked at, its prefix «query: » and the two borders included.

They take 0.12 s of a core; the 10,800 that 600 letters can unfold to took 1.8 s. Of 3,379 golden and other questions
the longest has 128, of 52,000 stored ones 53. Passages are taken whole: their author decides what they cost.
"""
_TOKENS_AT_ONCE = LONGEST
"""What bounds the memory: a pass holds 11 kB a token."""


_QUERY, _PASSAGE = "query: ", "passage: "
"""What the model's authors put before a text to tell it what it is."""
_BORDERS = 2
"""The tokens before and after a text."""


class Layers(Protocol):
    """What does the work between the word table and the mean."""

    def passed(self, rows: Floats, ends: npt.NDArray[np.int32]) -> Floats:
        """Tokens × 384 taken through all layers; `ends` are where the texts end, and each sees itself only."""
        ...


@dataclass(frozen=True, slots=True)
class _Window:
    """So much of a text as the model takes at once: long ones are cut, and count by their tokens."""

    text: int
    tokens: list[int]


def ready(text: str, tokenizer: Tokenizer, *, is_query: bool) -> str:
    """So much of a text as the encoder looks at, its letters unfolded, for an engine with a tokenizer of its own."""
    if is_query:
        return tokenizer.ready(_QUERY + text, at_most=QUESTION_TOKENS - _BORDERS).removeprefix(_QUERY)
    return tokenizer.ready(_PASSAGE + text).removeprefix(_PASSAGE)


class Encoder:
    """Keeps no state between calls: threads may encode side by side."""

    def __init__(self, model: ModelFile, tokenizer: Tokenizer, layers: Layers) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._layers = layers
        self._positions = model.floats("emb.pos").reshape(LONGEST, WIDTH) + model.floats("emb.type")[:WIDTH]
        self._scale, self._shift = model.floats("emb.ln.w").copy(), model.floats("emb.ln.b").copy()

    def encode(self, texts: Sequence[str], *, is_query: bool) -> Floats:
        """One unit vector a text, in order."""
        sums = np.zeros((len(texts), WIDTH), np.float32)
        counts = np.zeros((len(texts), 1), np.float32)
        for windows in _passes(self._windows(texts, is_query=is_query)):
            for window, mean in zip(windows, self._means(windows), strict=True):
                weight = max(1, len(window.tokens))
                sums[window.text] += np.float32(weight) * mean
                counts[window.text] += weight
        means = sums / counts
        lengths = np.sqrt((means * means).sum(axis=1, keepdims=True))
        return np.asarray(means / np.maximum(lengths, np.float32(1e-6)), dtype=np.float32)

    def _windows(self, texts: Sequence[str], *, is_query: bool) -> Iterator[_Window]:
        content = LONGEST - _BORDERS
        for number, text in enumerate(texts):
            if is_query:
                tokens = self._tokenizer.tokens(_QUERY + text, at_most=QUESTION_TOKENS - _BORDERS)
            else:
                tokens = self._tokenizer.tokens(_PASSAGE + text)
            for start in range(0, max(1, len(tokens)), content):
                yield _Window(number, tokens[start : start + content])

    def _means(self, windows: Sequence[_Window]) -> Floats:
        first, last = self._tokenizer.first, self._tokenizer.last
        ids = [np.array([first, *window.tokens, last]) for window in windows]
        ends = np.cumsum([len(each) for each in ids], dtype=np.int32)
        starts = np.concatenate([[0], ends[:-1]])
        positions = np.concatenate([np.arange(len(each)) for each in ids])
        rows = self._model.words(np.concatenate(ids)) + self._positions[positions]
        passed = self._layers.passed(normalised(rows, self._scale, self._shift), ends)
        means: Floats = np.add.reduceat(passed, starts, axis=0) / (ends - starts)[:, None].astype(np.float32)
        return means


def normalised(rows: Floats, scale: Floats, shift: Floats) -> Floats:
    """Layer normalisation."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    variances = (centred * centred).mean(axis=1, keepdims=True)
    return np.asarray(centred / np.sqrt(variances + np.float32(1e-12)) * scale + shift, dtype=np.float32)


def _passes(windows: Iterator[_Window]) -> Iterator[list[_Window]]:
    gathered: list[_Window] = []
    tokens = 0
    for window in windows:
        length = len(window.tokens) + _BORDERS
        if gathered and tokens + length > _TOKENS_AT_ONCE:
            yield gathered
            gathered, tokens = [], 0
        gathered.append(window)
        tokens += length
    if gathered:
        yield gathered
