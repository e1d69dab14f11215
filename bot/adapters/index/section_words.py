"""Which of a question's words each section knows: from its text and from the questions stored for it.

A near miss («what insurance does the train need?») shares its subject with a section and names one thing that stands
nowhere in it. A vector of the whole question hardly shows that; a word that the section knows from nowhere does.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from bot.writing.folding import has_han, words
from bot.writing.terms import han_pairs, stem

_LONGEST_QUESTION = 1000
"""Characters of a text that are looked up. Chosen: more than answering ever passes on (600)."""

_Int64s = npt.NDArray[np.int64]
SectionHashes = _Int64s
"""The hashed words of one section, sorted."""
_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SectionWords:
    """The words of the sections of one language, as columns of sections.

    `words` is sorted; the sections that know `words[i]` are `rows[starts[i]:starts[i + 1]]`, of `count` in all.
    """

    words: _Int64s
    starts: _Int64s
    rows: _Int64s
    count: int

    @classmethod
    def of(cls, texts: Sequence[str], same: Mapping[int, _Int64s] | None = None) -> SectionWords:
        """From all that is written in and asked of each section; of `same` texts the words are known by their place."""
        taken = same or {}
        known = [taken[place] if place in taken else _hashes_of(text) for place, text in enumerate(texts)]
        held = np.concatenate([np.zeros(0, dtype=np.int64), *known])
        rows = np.repeat(np.arange(len(known)), [len(one) for one in known])
        order = np.argsort(held, kind="stable")
        found, counts = np.unique(held, return_counts=True)
        return cls(found, np.concatenate([[0], np.cumsum(counts)]), rows[order], len(texts))

    def of_each(self) -> list[_Int64s]:
        """The words of each section, sorted: what `of` takes as the same."""
        order = np.argsort(self.rows, kind="stable")
        held = np.repeat(self.words, np.diff(self.starts))[order]
        return np.split(held, np.cumsum(np.bincount(self.rows, minlength=self.count)))[: self.count]

    def shares(self, text: str) -> _Floats:
        """For each section the share, 0 to 1, of the text's words, weighted by rarity, that it knows."""
        asked = _hashes_of(text[:_LONGEST_QUESTION])
        if not len(asked) or not len(self.words):
            return np.zeros(self.count, dtype=np.float32)
        places = np.minimum(np.searchsorted(self.words, asked), len(self.words) - 1)
        is_known = self.words[places] == asked
        holders = np.where(is_known, self.starts[places + 1] - self.starts[places], 0)
        rarity = np.log((1 + self.count) / (1 + holders)) + _LEAST
        columns = [self.rows[self.starts[place] : self.starts[place + 1]] for place in places[is_known]]
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *columns])
        parts = np.repeat(rarity[is_known], holders[is_known])
        return np.asarray(np.bincount(rows, weights=parts, minlength=self.count) / rarity.sum(), dtype=np.float32)

    def save(self, file: Path) -> None:
        """Write it so that `load` reads it."""
        np.savez_compressed(file, **{name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, file: Path | BinaryIO) -> SectionWords:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as arrays:
            words, starts, rows = (arrays[name] for name in ("words", "starts", "rows"))
            return cls(words, starts, rows, int(arrays["count"]))


_ARRAYS = tuple(field.name for field in fields(SectionWords))
_LEAST = 1e-3
"""What a word counts at the least that every section knows."""


def _hashes_of(text: str) -> _Int64s:
    found = {zlib.crc32(beginning.encode()) for word in words(text) for beginning in _beginnings(word)}
    return np.array(sorted(found), dtype=np.int64)


def _beginnings(word: str) -> Iterator[str]:
    """What stands for a word: its first letters, a number whole, Chinese by pairs of signs."""
    if has_han(word):
        yield from han_pairs(word)
    else:
        yield word if word.isdigit() else stem(word)
