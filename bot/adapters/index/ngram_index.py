"""Search by the letters themselves: which sections hold the question's character n-grams, rare ones counting more.

Character n-grams find inflected words in all twelve languages without a stemmer for any (measured against word BM25:
Kazakh 52 → 67 % hits, and no worse elsewhere).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.lists import Lists, ranges
from bot.adapters.e5.reductions import reductions_here
from bot.writing.folding import has_han, words
from bot.writing.terms import han_pairs

_BUCKETS = 1 << 18
"""Hash values that n-grams share. Chosen: 18 bits keep chance meetings rare and the tables small."""
_LONGEST_QUESTION = 1000
"""Characters of a text that are looked up. Chosen: more than answering ever passes on (600)."""
_SMALL = 1 << 16
"""Up to so many sections their numbers fit into two bytes."""
_RARITY = 2
"""The power of the inverse document frequency: what many sections hold counts for little."""
_LENGTH_SHARE = 0.1
"""How much of its length over the mean is held against a section."""
_DETAIL_SHARE = 0.8
"""What an n-gram counts that stands only in the details of a section, not where it says what it is about."""
_TIMES_HEAD = 6.0
"""What the first letters of a word count, which tell it best, against its other n-grams: they are few, and of a long
word there are many others, mostly endings."""
_HEAD_SIGNS = 5
"""Signs of a word's first n-gram, the border before it among them: the longest n-gram that is kept."""
_UNKNOWN_SHARE = 0.5
"""What the rarity of an n-gram counts that no section holds.

These four together, chosen on 1,458 public questions with cosine, sentence and coverage weighed anew each time: the
right section first in Kazakh for 67.4 instead of 65.1 %, in Chinese for 96.0 instead of 94.3 %, in English, Russian and
Hindi as before (1 question of 300). On the passages of `tests.bench.bench_outside`, to which they were not fitted, with
the weights of before: 80.4 instead of 74.3 % of 3,600.
"""

_Int32s = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]


def buckets_of(text: str) -> set[int]:
    """The n-grams of folded text, hashed: 3 to 5 letters within a word and its borders, 1 to 3 in Chinese."""
    return set().union(*map(_buckets_of_word, words(text)))


@lru_cache(maxsize=2048)
def _buckets_of_word(word: str) -> frozenset[int]:
    return frozenset(zlib.crc32(gram.encode()) % _BUCKETS for gram in _grams(word))


def _grams(word: str) -> Iterator[str]:
    if has_han(word):
        sizes = range(1, 4)
    else:
        word, sizes = f" {word} ", range(3, 6)
    for size in sizes:
        for start in range(len(word) - size + 1):
            yield word[start : start + size]


def _heads_of(text: str) -> set[int]:
    """Those n-grams by which words begin, with the border before them; in Chinese all of two signs."""
    return set().union(*map(_heads_of_word, words(text)))


@lru_cache(maxsize=2048)
def _heads_of_word(word: str) -> frozenset[int]:
    heads = han_pairs(word) if has_han(word) else [f" {word} "[:_HEAD_SIGNS]]
    return frozenset(zlib.crc32(head.encode()) % _BUCKETS for head in heads)


SectionGrams = tuple[npt.NDArray[np.integer], npt.NDArray[np.bool_]]
"""The n-grams of a section, sorted, and for each whether it stands where the section says what it is about."""


def _held(text: str, detail: str) -> SectionGrams:
    subject = _array(buckets_of(text))
    held = np.union1d(subject, _array(buckets_of(detail)))
    return held, np.isin(held, subject)


@dataclass(frozen=True, slots=True)
class NgramIndex:
    """The n-grams of the sections of one language, as columns of sections."""

    buckets: _Int32s
    """The hashed n-grams, sorted."""
    starts: _Int32s
    """The sections that hold `buckets[i]` are `rows[starts[i]:starts[i + 1]]`."""
    rows: npt.NDArray[np.integer]
    is_subject: npt.NDArray[np.bool_]
    """For each of `rows`, whether the n-gram stands where the section says what it is about."""
    sections: _Int32s
    """The numbers of the sections in the version."""
    lengths: _Floats
    """How many n-grams each section holds, their mean being 1."""
    usual: _Int32s
    """The n-grams of usual questions, sorted, as often as there are such."""

    @classmethod
    def of(
        cls,
        texts: Sequence[str],
        sections: Sequence[int],
        *,
        details: Sequence[str] = (),
        usual: Sequence[str] = (),
        same: Mapping[int, SectionGrams] | None = None,
    ) -> NgramIndex:
        """Make the index of these texts, which belong to sections with these numbers.

        `texts` say what each section is about, `details`, one for each section or none at all, what else it tells.
        `usual` are questions about anything: what they hold tells little of what a question is about.
        Of the `same` texts and details, by their place, it is known what they hold.
        """
        taken = same or {}
        more = details or [""] * len(texts)
        pairs = enumerate(zip(texts, more, strict=True))
        all_held = [taken[place] if place in taken else _held(*pair) for place, pair in pairs]
        rows, is_subject = [held for held, _ in all_held], [flags for _, flags in all_held]
        sizes = np.array([len(held) for held in rows], dtype=np.int64)
        held = np.concatenate(rows) if rows else _array(())
        order = np.argsort(held, kind="stable")
        buckets, counts = np.unique(held, return_counts=True)
        return cls(
            buckets=buckets.astype(np.int32),
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            rows=np.repeat(np.arange(len(rows)), sizes)[order].astype(np.uint16 if len(rows) <= _SMALL else np.int32),
            is_subject=np.concatenate(is_subject)[order] if rows else np.zeros(0, dtype=np.bool_),
            sections=np.asarray(sections, dtype=np.int32),
            lengths=np.asarray(sizes / max(sizes.mean() if len(sizes) else 0.0, 1.0), dtype=np.float32),
            usual=np.sort(_array(bucket for question in usual for bucket in buckets_of(question))),
        )

    def of_each(self) -> list[SectionGrams]:
        """What each section holds: what `of` takes as the same."""
        order = np.argsort(self.rows, kind="stable")
        held = np.repeat(self.buckets, np.diff(self.starts))[order]
        ends = np.cumsum(np.bincount(self.rows, minlength=len(self.sections)))[:-1]
        return list(zip(np.split(held, ends), np.split(self.is_subject[order], ends), strict=True))

    def save(self, file: Path) -> None:
        """Write it so that `load` reads it."""
        np.savez_compressed(file, **{name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, file: Path | BinaryIO) -> NgramIndex:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in _ARRAYS})


_ARRAYS = tuple(field.name for field in fields(NgramIndex))


class NgramIndexes:
    """The indexes of several languages, searched at once.

    Their n-grams are entries in one list, bucket by bucket: those of bucket b are `firsts[b]:firsts[b + 1]`, at most
    one for each language. Each entry has a list of the sections that hold its n-gram, numbered through all languages;
    to those that hold it only in their details the count of all sections is added.
    """

    def __init__(self, indexes: Sequence[NgramIndex]) -> None:
        first_sections = np.cumsum([0, *(len(one.sections) for one in indexes)])
        first_rows = np.cumsum([0, *(len(one.rows) for one in indexes)])
        entries = [_entries_of(one) for one in indexes]
        buckets = _joined(np.int32, [one.buckets for one in entries])
        order = np.argsort(buckets, kind="stable")
        self._firsts = np.append(0, np.cumsum(np.bincount(buckets, minlength=_BUCKETS))).astype(np.int32)
        languages = np.arange(len(entries), dtype=np.uint8)
        self._languages = np.repeat(languages, [len(one.buckets) for one in entries])[order]
        starts = _joined(np.int32, [one.starts for one in entries], first_rows)[order]
        holders = _joined(np.int32, [one.holders for one in entries])[order]
        self._weights = _joined(np.float32, [one.weights for one in entries])[order]
        self._unknown = np.array([_rarity_of_unknown(one) for one in indexes])
        self._counts = np.diff(first_sections)
        self._divisors = 1 + _LENGTH_SHARE * (_joined(np.float32, [one.lengths for one in indexes]) - 1)
        total = np.int32(first_sections[-1])
        rows = [np.where(one.is_subject, one.rows, one.rows + total) for one in indexes]
        all_rows = _joined(np.uint16 if 2 * total <= _SMALL else np.int32, rows, first_sections)
        self._lists = Lists(all_rows, starts, holders, int(2 * total))

    def coverage(self, text: str) -> _Floats:
        """For each of their sections the share, 0 to 1, of the text's n-grams, weighted by rarity, that it holds.

        Rare is what few sections of the language hold. A section that is longer than the mean holds more by chance: its
        share counts for a little less.
        """
        text = text[:_LONGEST_QUESTION]
        asked, heads = _array(sorted(buckets_of(text))), _heads_of(text)
        if not len(asked) or not len(self._weights):
            return np.zeros(len(self._divisors), dtype=np.float32)
        times = np.array([_TIMES_HEAD if bucket in heads else 1.0 for bucket in asked.tolist()])
        firsts, counts = self._firsts[asked], self._firsts[asked + 1] - self._firsts[asked]
        entries, entry_times = ranges(firsts, counts), np.repeat(times, counts)
        languages, weights = self._languages[entries], entry_times * self._weights[entries]
        more = weights - entry_times * self._unknown[languages]
        totals = times.sum() * self._unknown + np.bincount(languages, weights=more, minlength=len(self._unknown))
        shares = self._held(entries, weights) / np.repeat(totals, self._counts) / self._divisors
        return np.asarray(np.minimum(shares, 1.0), dtype=np.float32)

    def _held(self, entries: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The weights of the entries that each section holds, added up."""
        held, count = reductions_here().sums(self._lists, entries, weights), len(self._divisors)
        return held[:count] + _DETAIL_SHARE * held[count:]


class _Entries(NamedTuple):
    """All that a index tells of n-grams, those of usual questions too that no section holds."""

    buckets: _Int32s
    starts: _Int32s
    holders: _Int32s
    weights: _Floats


def _entries_of(index: NgramIndex) -> _Entries:
    buckets = np.union1d(index.buckets, index.usual)
    starts, holders = np.zeros((2, len(buckets)), dtype=np.int32)
    places = np.searchsorted(buckets, index.buckets)
    starts[places], holders[places] = index.starts[:-1], np.diff(index.starts)
    rarity = np.log1p(len(index.sections) / np.maximum(holders, 1)) ** _RARITY
    ends = np.searchsorted(index.usual, buckets, side="right")
    times_usual = ends - np.searchsorted(index.usual, buckets, side="left")
    weights = np.where(holders > 0, rarity, _rarity_of_unknown(index)) / (1 + times_usual)
    return _Entries(buckets, starts, holders, weights.astype(np.float32))


def _rarity_of_unknown(index: NgramIndex) -> float:
    """Of n-grams that no section holds."""
    return float((_UNKNOWN_SHARE * np.log1p(2.0 * len(index.sections))) ** _RARITY)


def _array(numbers: Iterable[int]) -> _Int32s:
    return np.fromiter(numbers, dtype=np.int32)


def _joined(kind: type[np.generic], arrays: Sequence[np.ndarray], added: Iterable[int] = repeat(0)) -> np.ndarray:
    """One after the other, each with a number added to all of it."""
    moved = (array.astype(kind) + kind(number) for array, number in zip(arrays, added, strict=False))
    return np.concatenate([np.zeros(0, dtype=kind), *moved])
