"""Text into the tokens of XLM-RoBERTa: the likeliest way to put it together from the pieces of a vocabulary.

Unigram segmentation after Kudo (2018), "Subword Regularization". Pieces are found by a hash of their letters, for all
places of a text at once; so the vocabulary is two sorted columns, 3 MB, rather than a dictionary of 250,000 strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.weights import Bytes, Vocabulary

_Hashes = npt.NDArray[np.uint64]

_SPACE = "▁"
_SPACES = re.compile(" {2,}")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""2⁶⁴ divided by the golden ratio: odd, and spreads its multiples well (Knuth, volume 3, 6.4)."""
_LONGEST_PIECE = 16
"""Letters."""
_PIECES_AT_ONCE = 1 << 12
"""Pieces of the vocabulary whose hashes are made together; bounds the memory, see `_parts`."""
_UNKNOWN_NATS = np.float32(10)
"""So much less likely than the unlikeliest piece is a letter that is in none."""


class Tokenizer:
    """Gives the tokens of a text without its borders."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.first, self.last = vocabulary.first, vocabulary.last
        hashes = np.concatenate([_hashes_of_pieces(*part) for part in _parts(vocabulary)])
        order = np.argsort(hashes, kind="stable")
        order = order[order != vocabulary.unknown]
        self._hashes = hashes[order]
        self._ids = order.astype(np.int32)
        self._scores = vocabulary.scores
        self._unknown = vocabulary.unknown
        self._unknown_score = vocabulary.scores.min() - _UNKNOWN_NATS
        self._replaced = vocabulary.replaced

    def tokens(self, text: str, *, at_most: int | None = None) -> list[int]:
        """The ids, in order; with `at_most` the first ones of what so many can reach: the rest takes no time."""
        return self._cut(self._ready(text, at_most))[0][:at_most]

    def ready(self, text: str, *, at_most: int | None = None) -> str:
        """`text` with its letters unfolded (ﷺ into eighteen); with `at_most` only what so many tokens are made from."""
        ready = self._ready(text, at_most)
        if at_most is not None and len(ready) > at_most:
            ready = ready[: self._cut(ready)[1][:at_most][-1]]
        return ready.removeprefix(" ")

    def _cut(self, ready: str) -> tuple[list[int], list[int]]:
        """The tokens, and where each ends."""
        letters = _code_points(ready.replace(" ", _SPACE))
        return self._likeliest(len(letters), *self._found(letters))

    def _ready(self, text: str, at_most: int | None) -> str:
        """A text as it is looked up, as far as so many tokens can reach."""
        spaced = _SPACES.sub(" ", text.translate(self._replaced))
        if not spaced.startswith(" "):
            spaced = f" {spaced}"
        return spaced if at_most is None else spaced[: at_most * _LONGEST_PIECE]

    def _found(self, letters: npt.NDArray[np.uint32]) -> tuple[list[int], list[int], list[int]]:
        """Every piece that stands somewhere: where it begins and ends, and its id; in order of beginning and end."""
        starts, ends, ids = [], [], []
        for length, hashes in _hashes(letters, _LONGEST_PIECE):
            places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
            begins = np.flatnonzero(self._hashes[places] == hashes)
            starts.append(begins)
            ends.append(begins + length)
            ids.append(self._ids[places[begins]])
        order = np.argsort(np.concatenate(starts), kind="stable")
        starts_, ends_, ids_ = (np.concatenate(column)[order].tolist() for column in (starts, ends, ids))
        return starts_, ends_, ids_

    def _likeliest(
        self, length: int, starts: list[int], ends: list[int], ids: list[int]
    ) -> tuple[list[int], list[int]]:
        """Viterbi's search, in 32 bits as the model's authors have it: what is equal in them depends on it."""
        never = np.float32(-1e30)
        best = [np.float32(0), *[never] * length]
        piece, begin = [self._unknown] * (length + 1), list(range(-1, length))
        scores = list(self._scores[ids])
        item = 0
        for start in range(length):
            here = best[start]
            while item < len(starts) and starts[item] == start:
                end, score = ends[item], here + scores[item]
                if score > best[end]:
                    best[end], piece[end], begin[end] = score, ids[item], start
                item += 1
            if here + self._unknown_score > best[start + 1]:
                best[start + 1], piece[start + 1], begin[start + 1] = here + self._unknown_score, self._unknown, start
        tokens, token_ends = [], []
        while length:
            tokens.append(piece[length])
            token_ends.append(length)
            length = begin[length]
        return tokens[::-1], token_ends[::-1]


def _parts(vocabulary: Vocabulary) -> Iterator[tuple[Bytes, npt.NDArray[np.uint32]]]:
    """Some thousand pieces at a time, and where each begins and the last one ends: all at once would take 50 MB."""
    for start in range(0, len(vocabulary.scores), _PIECES_AT_ONCE):
        ends = vocabulary.ends[start : start + _PIECES_AT_ONCE + 1]
        yield vocabulary.pieces[ends[0] : ends[-1]], ends - ends[0]


def _hashes_of_pieces(pieces: Bytes, ends: npt.NDArray[np.uint32]) -> _Hashes:
    begins_letter = (pieces & 0xC0) != 0x80
    letter_ends = np.concatenate([[0], np.cumsum(begins_letter)])[ends]
    starts, lengths = letter_ends[:-1], np.diff(letter_ends)
    found = np.zeros(len(lengths), np.uint64)
    for length, hashes in _hashes(_code_points(pieces.tobytes().decode()), _LONGEST_PIECE):
        found[lengths == length] = hashes[starts[lengths == length]]
    return found


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _hashes(letters: npt.NDArray[np.uint32], longest: int) -> Iterator[tuple[int, _Hashes]]:
    """For each length the hash of so many letters from every place on: a polynomial in 64 bits."""
    terms = letters.astype(np.uint64) + np.uint64(1)
    hashes = terms
    for length in range(1, min(longest, len(terms)) + 1):
        if length > 1:
            hashes = hashes[:-1] * _FACTOR + terms[length - 1 :]
        yield length, hashes
