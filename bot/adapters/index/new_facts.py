"""Which sections lie close by what an open question asks, and the other way.

Staff add the missing fact as a plain text in one language; an open question has wordings in twelve. So what is asked in
the words of an open question leads to the sections that lie nearest to it. Of 48 notices that people wrote to answer an
open question, in twelve languages, it is among the five nearest for 46, among the nearest for 36.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np

from bot.adapters.index.version_files import VersionFiles, kind_number
from bot.answering.ports import StoredSection
from bot.ids import Locale, SectionKey
from bot.ingestion.model import ChunkKind, Vector

_NEAREST = 8
"""Open questions that a new section may answer."""
_SEEMS_ANSWERED = 0.2
"""The share of an open question's wordings to which a section lies nearest from which it seems to answer it.

Of 48 notices that people wrote to answer an open question, the question is among those named for 31, 1.6 named for each
notice; of the sections that answer something else 24 % name one, too. By the distance alone half of them would.
"""
_MOST_NAMED = 3
"""Open questions that are named for one section, at most. Chosen."""
_BESIDE_FROM = 0.38
"""The cosine between what is asked of a section and of an open question from which it lies beside that. Chosen: the
metro is .40 to .46 from parking, what the last booths were .40 from a booth; a meeting .28 to .34 from a hotel."""


def new_facts(files: VersionFiles) -> Mapping[SectionKey, tuple[SectionKey, ...]]:
    """For each open question the new sections that may answer it, the nearest first."""
    asked = {section.key for section in files.sections if section.questions or section.drafted_questions}
    centres: dict[Locale, Mapping[SectionKey, Vector]] = {}
    found: dict[SectionKey, list[tuple[float, SectionKey]]] = defaultdict(list)
    for number, section in enumerate(files.sections):
        if section.key in asked or not section.answerable or section.is_pin:
            continue
        if section.locale not in centres:
            centres[section.locale] = _centres(files, section.locale, _is_open)
        texts = _texts_of(files, number)
        nearness = {key: float((texts @ centre).max()) for key, centre in centres[section.locale].items()}
        for key in sorted(nearness, key=lambda key: -nearness[key])[:_NEAREST]:
            found[key].append((nearness[key], section.key))
    return {
        key: tuple(new for _, new in sorted(near, reverse=True, key=lambda one: one[0])) for key, near in found.items()
    }


def open_questions_near(files: VersionFiles, key: SectionKey, locale: Locale, texts: Vector) -> list[SectionKey]:
    """The open questions that a section seems to answer, the likeliest first; `texts` are its vectors, a row each."""
    others = [
        _texts_of(files, number)
        for number, section in enumerate(files.sections)
        if section.locale is locale and section.key != key and section.answerable and not section.is_pin
    ]
    rivals = np.concatenate(others) if others else texts[:0]
    shares = {}
    for number, section in enumerate(files.sections):
        asked = files.vectors(files.rows_of(number, ChunkKind.QUESTION))
        if section.locale is locale and len(asked) and _is_open(section):
            nearest = (rivals @ asked.T).max(axis=0, initial=-1.0)
            shares[section.key] = float(((texts @ asked.T).max(axis=0) > nearest).mean())
    likeliest = sorted(shares, key=lambda one: -shares[one])[:_MOST_NAMED]
    return [one for one in likeliest if shares[one] >= _SEEMS_ANSWERED]


def beside_open_questions(files: VersionFiles, locale: Locale) -> Mapping[SectionKey, tuple[SectionKey, ...]]:
    """For each open question the sections of which like things are asked in a language, the nearest first."""
    told = _centres(files, locale, lambda section: section.answerable and not section.is_pin)
    found = {}
    for key, centre in _centres(files, locale, _is_open).items():
        nearness = {one: float(centre @ other) for one, other in told.items()}
        near = [one for one in told if nearness[one] >= _BESIDE_FROM]
        found[key] = tuple(sorted(near, key=lambda one: -nearness[one]))
    return found


def _texts_of(files: VersionFiles, number: int) -> Vector:
    rows = np.arange(files.first_rows[number], files.first_rows[number + 1])
    return files.vectors(rows[files.kinds[rows] != kind_number(ChunkKind.QUESTION)])


def _centres(
    files: VersionFiles, locale: Locale, is_meant: Callable[[StoredSection], bool]
) -> Mapping[SectionKey, Vector]:
    """The mean vector of what is asked of each section that is meant, in a language."""
    found = {}
    for number, other in enumerate(files.sections):
        if other.locale is not locale or not is_meant(other):
            continue
        rows = files.rows_of(number, ChunkKind.QUESTION)
        if len(rows):
            mean = files.vectors(rows).mean(axis=0)
            found[other.key] = np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)
    return found


def _is_open(section: StoredSection) -> bool:
    return not section.answerable and section.reply is None and not section.key.is_near_miss
