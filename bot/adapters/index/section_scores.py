"""How near each section is to a question, as columns: by the similarities of its rows, by letters and by words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.reductions import reductions_here
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
    """Where each row of a version belongs in a table of kinds, languages and sections.

    Languages are numbered as in `Locale`, sections as in the knowledge's `keys`. They come last: what is taken over the
    languages is then taken of all sections at once. Rows that are not searched belong behind the table.
    """

    languages: tuple[int, ...]
    """Those that a section stands in."""

    places: npt.NDArray[np.int32]
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, files: VersionFiles, numbers: Mapping[SectionKey, int]) -> Self:
        """Find the places."""
        of_copy = np.array([numbers.get(section.key, 0) for section in files.sections], dtype=np.int64)  # pins: nowhere
        languages = tuple(sorted({LOCALES.index(section.locale) for section in files.sections}))
        places_of = {LOCALES[number]: place for place, number in enumerate(languages)}
        in_locale = np.array([places_of[section.locale] for section in files.sections], dtype=np.int64)
        is_searched = ~np.isin(files.section_of, np.array(sorted(files.left_out), dtype=np.int64))
        shape = len(ChunkKind), max(len(languages), 1), len(numbers)
        copies = files.section_of[is_searched]
        places = np.full(len(is_searched), math.prod(shape), dtype=np.int32)
        found = np.ravel_multi_index((files.kinds[is_searched], in_locale[copies], of_copy[copies]), shape)
        places[is_searched] = found
        return cls(languages, places, shape)

    def best(self, similarities: Vector) -> Vector:
        """The best similarity in each place of the table; -inf where there is none."""
        count = math.prod(self.shape)
        return reductions_here().best(similarities, self.places, count + 1)[:count].reshape(self.shape)


@dataclass(frozen=True, slots=True)
class SectionTable:
    """What is nearest in each section, in a row a language or in any; -inf where nothing is there to compare."""

    languages: Sequence[int]
    """Their numbers, a row each."""

    passages: Vector
    questions: Vector
    passage: Vector
    question: Vector
    sentence: Vector

    @classmethod
    def of(cls, best: Vector, languages: Sequence[int]) -> Self:
        """From the best of each kind, language and section."""
        passages, questions, sentences = (
            best[kind_number(kind)] for kind in (ChunkKind.PASSAGE, ChunkKind.QUESTION, ChunkKind.SENTENCE)
        )
        return cls(languages, passages, questions, *(table.max(axis=0) for table in (passages, questions, sentences)))

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

    def similarities(self, sections: npt.NDArray[np.int64]) -> tuple[Vector, ...]:
        """Those of `RetrievedSection`, in its order: passages stand in for what a section does not have."""
        passage, question, sentence = (of_all[sections] for of_all in (self.passage, self.question, self.sentence))
        passage_mean, question_mean = (
            _mean_of_finite(table[:, sections], self.languages) for table in (self.passages, self.questions)
        )
        has_questions = np.isfinite(question)
        return (
            passage,
            passage_mean,
            np.where(has_questions, question, passage),
            np.where(has_questions, question_mean, passage_mean),
            np.where(np.isfinite(sentence), sentence, passage),
        )

    def traits(self, sections: npt.NDArray[np.int64], own: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which of them have a passage in the language with the number `own`, and which have stored questions."""
        is_native = np.zeros(len(sections), dtype=np.bool_)
        if own in self.languages:
            is_native = np.isfinite(self.passages[self.languages.index(own), sections])
        return is_native, np.isfinite(self.question[sections])


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
        searched = [section for number, section in enumerate(files.sections) if number not in files.left_out]
        self._spoken = sorted({section.locale for section in files.sections}, key=LOCALES.index)
        rows = {locale: row for row, locale in enumerate(self._spoken)}
        self._shape = len(rows), len(numbers)
        self._numbers = {
            locale: np.array([numbers[section.key] for section in searched if section.locale is locale], dtype=np.int64)
            for locale in self._spoken
        }
        places = [rows[section.locale] * len(numbers) + numbers[section.key] for section in searched]
        self._places = np.array(places, dtype=np.int64)

    def coverage(self, text: str, locale: Locale) -> Coverage:
        """What each section holds of the letters and of the words of a text in a language."""
        part = self._files.part(locale)
        letters, words = np.zeros(self._shape, dtype=np.float32), np.zeros(self._shape[1], dtype=np.float32)
        letters.put(self._places, self._files.ngrams.coverage(text))
        if part is not None and locale in self._numbers:
            words[self._numbers[locale]] = part.words.shares(text)
        is_own = np.array([spoken is locale for spoken in self._spoken], dtype=np.bool_)
        others = letters[~is_own].max(axis=0, initial=0.0)
        return Coverage(letters[is_own].max(axis=0, initial=0.0), others, words)


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
