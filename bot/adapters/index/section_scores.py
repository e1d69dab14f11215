"""How near each section is to a question, as columns: by the similarities of its rows, by letters and by words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from bot.adapters.index.version_files import VersionFiles, kind_number
from bot.ids import Locale, SectionKey
from bot.ingestion.model import ChunkKind, Vector

_BY_LETTERS = 8
"""Sections that are added for holding the question's letters, however far they are by meaning."""
LOCALES = tuple(Locale)
_PAIRED = 8
"""Numbers that NumPy adds in pairs where they stand side by side."""


@dataclass(frozen=True, slots=True)
class RowGroups:
    """The rows of a version in groups: those of one kind in one copy of a section follow each other.

    `places` are where the best of each group goes in a table of kinds, `languages`, numbered as in `Locale`, and
    sections, numbered as in the knowledge's `keys`; a group that is not searched goes nowhere. Sections come last: what
    is taken over the languages is then taken of all sections at once.
    """

    languages: tuple[int, ...]
    """Those that a section stands in."""

    starts: npt.NDArray[np.int64]
    is_searched: npt.NDArray[np.bool_]
    places: npt.NDArray[np.int64]
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, files: VersionFiles, numbers: Mapping[SectionKey, int]) -> Self:
        """Group the rows, which stand copy by copy and in each copy kind by kind."""
        names = files.section_of.astype(np.int64) * len(ChunkKind) + files.kinds
        starts = np.flatnonzero(np.diff(names, prepend=-1))
        copies = files.section_of[starts]
        of_copy = np.array([numbers.get(section.key, 0) for section in files.sections], dtype=np.int64)  # pins: nowhere
        languages = tuple(sorted({LOCALES.index(section.locale) for section in files.sections}))
        places_of = {LOCALES[number]: place for place, number in enumerate(languages)}
        in_locale = np.array([places_of[section.locale] for section in files.sections], dtype=np.int64)
        is_searched = ~np.isin(copies, np.array(sorted(files.left_out), dtype=np.int64))
        shape = len(ChunkKind), max(len(languages), 1), len(numbers)
        places = np.ravel_multi_index((files.kinds[starts], in_locale[copies], of_copy[copies]), shape)
        return cls(languages, starts, is_searched, places[is_searched], shape)

    def best(self, similarities: Vector) -> Vector:
        """The best similarity in each group, as a table of kinds, languages and sections; -inf where there is none."""
        table = np.full(self.shape, -np.inf, dtype=np.float32)
        if len(self.starts):
            table.put(self.places, np.maximum.reduceat(similarities, self.starts)[self.is_searched])
        return table


@dataclass(frozen=True, slots=True)
class SectionTable:
    """What is nearest in each section: best and mean over its languages; -inf where nothing is there to compare."""

    passage: Vector
    passage_mean: Vector
    question: Vector
    question_mean: Vector
    sentence: Vector
    is_native: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, best: Vector, languages: Sequence[int], own: int) -> Self:
        """From the best of each kind, language and section; `own` is the number of the question's language."""
        passages = best[kind_number(ChunkKind.PASSAGE)]
        questions = best[kind_number(ChunkKind.QUESTION)]
        is_nowhere = np.zeros(passages.shape[1], dtype=np.bool_)
        return cls(
            passage=passages.max(axis=0),
            passage_mean=_mean_of_finite(passages, languages),
            question=questions.max(axis=0),
            question_mean=_mean_of_finite(questions, languages),
            sentence=best[kind_number(ChunkKind.SENTENCE)].max(axis=0),
            is_native=np.isfinite(passages[languages.index(own)]) if own in languages else is_nowhere,
        )

    @property
    def is_embedded(self) -> npt.NDArray[np.bool_]:
        """Which sections can be compared: a passage of each is embedded."""
        return np.isfinite(self.passage)

    def nearest(self, top_k: int) -> npt.NDArray[np.bool_]:
        """The nearest by passage, by question and by sentence: a section without questions is near by the others."""
        by_passage, by_question, by_sentence = (
            _most(values, top_k, least=-1.0) for values in (self.passage, self.question, self.sentence)
        )
        return by_passage | by_question | by_sentence

    @property
    def has_questions(self) -> npt.NDArray[np.bool_]:
        """Which sections have stored questions that can be compared."""
        return np.isfinite(self.question)

    def columns(self) -> tuple[Vector, ...]:
        """The similarities of `RetrievedSection`, in its order: passages stand in for what a section does not have."""
        return (
            self.passage,
            self.passage_mean,
            np.where(self.has_questions, self.question, self.passage),
            np.where(self.has_questions, self.question_mean, self.passage_mean),
            np.where(np.isfinite(self.sentence), self.sentence, self.passage),
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of a question, one a section: of its letters in the copy in its language and in another copy, of words."""

    own: Vector
    foreign: Vector
    words: Vector

    @property
    def most(self) -> npt.NDArray[np.bool_]:
        """Which sections hold most of them."""
        return _most(self.own, _BY_LETTERS) | _most(self.foreign, _BY_LETTERS)


class TextCoverage:
    """Which sections hold the letters and the words of a question, language by language."""

    def __init__(self, files: VersionFiles, numbers: Mapping[SectionKey, int]) -> None:
        self._files = files
        self._shape = len(LOCALES), len(numbers)
        self._spoken = sorted({LOCALES.index(section.locale) for section in files.sections})
        searched = [section for number, section in enumerate(files.sections) if number not in files.left_out]
        self._locales = np.array([LOCALES.index(section.locale) for section in searched], dtype=np.int64)
        self._numbers = np.array([numbers[section.key] for section in searched], dtype=np.int64)

    def coverage(self, text: str, locale: Locale) -> Coverage:
        """What each section holds of the letters and of the words of a text in a language."""
        own, part = LOCALES.index(locale), self._files.part(locale)
        letters, words = np.zeros(self._shape, dtype=np.float32), np.zeros(self._shape[1], dtype=np.float32)
        letters[self._locales, self._numbers] = self._files.ngrams.coverage(text)
        if part is not None:
            words[self._numbers[self._locales == own]] = part.words.shares(text)
        others = letters[[number for number in self._spoken if number != own]]
        return Coverage(letters[own], others.max(axis=0, initial=0.0), words)


def _mean_of_finite(table: Vector, languages: Sequence[int]) -> Vector:
    """The mean of each column over what is not -inf, a row a language; -inf where nothing is left."""
    if not languages:
        return np.full(table.shape[1], -np.inf, dtype=np.float32)
    is_there = np.isfinite(table)
    count = is_there.sum(axis=0)
    total = _sum_in_pairs(np.where(is_there, table, np.float32(0)), languages)
    return np.where(count > 0, total / np.maximum(count, 1), -np.inf).astype(np.float32)


def _sum_in_pairs(rows: Vector, places: Sequence[int], *, of: int = len(LOCALES)) -> Vector:
    """The sum of rows that stand at these places among `of`, added two by two, then four by four.

    The calibration was fitted to sums in that order, in which NumPy adds numbers that stand side by side. What is not
    there is 0, and left out.
    """
    known, whole = dict(zip(places, rows, strict=True)), of // _PAIRED * _PAIRED
    total = np.zeros(rows.shape[1], dtype=rows.dtype)
    for start in range(0, whole, _PAIRED):
        pairs = [_plus(known.get(place), known.get(place + 1)) for place in range(start, start + _PAIRED, 2)]
        eight = _plus(_plus(pairs[0], pairs[1]), _plus(pairs[2], pairs[3]))
        total = total if eight is None else total + eight
    for place in range(whole, of):
        total = total + known[place] if place in known else total
    return total


def _plus(one: Vector | None, other: Vector | None) -> Vector | None:
    return (other if one is None else one) if one is None or other is None else one + other


def _most(values: Vector, count: int, *, least: float = 0.0) -> npt.NDArray[np.bool_]:
    """Which are the `count` highest of those above `least`."""
    chosen = np.zeros(len(values), dtype=np.bool_)
    if len(values):
        highest = np.argpartition(-values, min(count, len(values)) - 1)[:count]
        chosen[highest] = values[highest] > least
    return chosen
