"""How near each section is to a question, as columns: by the similarities of its rows, by letters and by words."""

from __future__ import annotations

from collections.abc import Mapping
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
"""Rows that are added in pairs, as NumPy adds eight numbers that stand side by side."""


@dataclass(frozen=True, slots=True)
class RowGroups:
    """The rows of a version in groups: those of one kind in one copy of a section follow each other.

    `places` are where the best of each group goes in a table of kinds, languages, numbered as in `Locale`, and
    sections, numbered as in the knowledge's `keys`; a group that is not searched goes nowhere. Sections come last: what
    is taken over the languages is then taken of all sections at once.
    """

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
        in_locale = np.array([LOCALES.index(section.locale) for section in files.sections], dtype=np.int64)
        is_searched = ~np.isin(copies, np.array(sorted(files.left_out), dtype=np.int64))
        shape = len(ChunkKind), len(LOCALES), len(numbers)
        places = np.ravel_multi_index((files.kinds[starts], in_locale[copies], of_copy[copies]), shape)
        return cls(starts, is_searched, places[is_searched], shape)

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
    def of(cls, best: Vector, own: int) -> Self:
        """From the best of each kind, language and section; `own` is the number of the question's language."""
        passages = best[kind_number(ChunkKind.PASSAGE)]
        questions = best[kind_number(ChunkKind.QUESTION)]
        return cls(
            passage=passages.max(axis=0),
            passage_mean=_mean_of_finite(passages),
            question=questions.max(axis=0),
            question_mean=_mean_of_finite(questions),
            sentence=best[kind_number(ChunkKind.SENTENCE)].max(axis=0),
            is_native=np.isfinite(passages[own]),
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
        return Coverage(letters[own], np.delete(letters, own, axis=0).max(axis=0), words)


def _mean_of_finite(table: Vector) -> Vector:
    """The mean of each column over what is not -inf; -inf where nothing is left."""
    is_there = np.isfinite(table)
    count = is_there.sum(axis=0)
    total = _sum_in_pairs(np.where(is_there, table, np.float32(0)))
    return np.where(count > 0, total / np.maximum(count, 1), -np.inf).astype(np.float32)


def _sum_in_pairs(rows: Vector) -> Vector:
    """The sum of the rows, added two by two, then four by four: the calibration was fitted to sums in that order."""
    whole = len(rows) // _PAIRED * _PAIRED
    total = np.zeros(rows.shape[1], dtype=rows.dtype)
    for start in range(0, whole, _PAIRED):
        pairs = rows[start : start + _PAIRED : 2] + rows[start + 1 : start + _PAIRED : 2]
        total = total + ((pairs[0] + pairs[1]) + (pairs[2] + pairs[3]))
    for row in rows[whole:]:
        total = total + row
    return total


def _most(values: Vector, count: int, *, least: float = 0.0) -> npt.NDArray[np.bool_]:
    """Which are the `count` highest of those above `least`."""
    chosen = np.zeros(len(values), dtype=np.bool_)
    if len(values):
        highest = np.argpartition(-values, min(count, len(values)) - 1)[:count]
        chosen[highest] = values[highest] > least
    return chosen
