"""What the letters of a message say of its kind, without its meaning: a softmax over hashed character n-grams.

A decline, an emergency and the wish to hear no more need this proof in the words themselves. Random letters are a kind,
too: of all n-grams that no language knows. Fitted by `scoda calibrate` (`bot.calibrating.letters_fit`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bot.ids import ReplyKind
from bot.writing.folding import has_han, words

BUCKETS = 1 << 15
"""Places that n-grams are hashed to: some 200,000 different ones stand in the examples, the frequent ones apart."""
_SIZES = (2, 3, 4, 5)
"""Characters of an n-gram of a word with its edges."""
_MOST_WORDS = 40
"""Words that are looked at."""
Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class MessageLetters:
    """A row of weights a place, a column a kind; None is a question."""

    kinds: tuple[ReplyKind | None, ...]
    weights: Weights
    constants: Weights

    def odds(self, text: str) -> dict[ReplyKind, float]:
        """How much likelier each kind is than a question, in nats, by the letters alone."""
        places = places_of(text)
        logits = self.constants + self.weights[places].sum(axis=0) / max(len(places), 1) ** 0.5
        question = float(logits[self.kinds.index(None)])
        return {kind: float(logit) - question for kind, logit in zip(self.kinds, logits, strict=True) if kind}


NO_LETTERS = MessageLetters((None,), np.zeros((BUCKETS, 1), dtype=np.float32), np.zeros(1, dtype=np.float32))
"""Says nothing of any kind."""


def places_of(text: str) -> npt.NDArray[np.int64]:
    """Where the different n-grams of a message stand in the table, in rising order."""
    places = {zlib.crc32(ngram.encode()) % BUCKETS for ngram in _ngrams(words(text)[:_MOST_WORDS])}
    return np.array(sorted(places), dtype=np.int64)


def _ngrams(found: list[str]) -> Iterator[str]:
    """N-grams of each word with its edges, words, pairs of words, and single Chinese characters."""
    for word in found:
        marked = f"_{word}_"
        yield marked
        yield from (marked[at : at + size] for size in _SIZES for at in range(len(marked) - size + 1))
        if has_han(word):
            yield from word
    yield from (f"{one} {other}" for one, other in pairwise(found))
