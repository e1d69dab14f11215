"""Which sections lie close by what an open question asks, and which open questions a section seems to answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np

from bot.adapters.index.version_files import VersionFiles, kind_number
from bot.answering.ports import StoredSection
from bot.ids import Locale, SectionKey
from bot.ingestion.model import ChunkKind, Vector

_SEEMS_ANSWERED = 0.2
"""The share of an open question's wordings to which a section lies nearest from which it seems to answer it.

Of 48 notices that people wrote to answer an open question, the question is among those named for 31, 1.6 named for each
notice; of the sections that answer something else 24 % name one, too. By the distance alone half of them would.
"""
_MOST_NAMED = 3
"""Open questions that are named for one section, at most. Chosen."""
NEWLY_BESIDE_FROM, NEWLY_ANSWERED_FROM = 0.3, 0.5
"""The same share from which a section without example questions is named beside what is said to be unknown, and from
which it is offered in its place. Chosen: of 23 pairs of the training files from .5 on 12 plainly fit; a notice on
lockers has .33 of the wordings on what there is in the halls, lockers among them."""
_BESIDE_FROM = 0.38
"""The cosine between what is asked of a section and of an open question from which it lies beside that. Chosen: the
metro is .40 to .46 from parking, what the last booths were .40 from a booth; a meeting .28 to .34 from a hotel."""


def open_questions_near(files: VersionFiles, key: SectionKey, locale: Locale, texts: Vector) -> list[SectionKey]:
    """The open questions that a section seems to answer, the likeliest first; `texts` are its vectors, a row each."""
    others = [
        _texts_of(files, number)
        for number, section in enumerate(files.sections)
        if section.locale is locale and section.key != key and section.answerable and not section.is_pin
    ]
    rivals = np.concatenate(others) if others else texts[:0]
    shares = {
        gap: float((_nearness(texts, asked) > _nearness(rivals, asked)).mean())
        for gap, asked in _wordings(files, locale).items()
    }
    likeliest = sorted(shares, key=lambda one: -shares[one])[:_MOST_NAMED]
    return [one for one in likeliest if shares[one] >= _SEEMS_ANSWERED]


def newly_beside(files: VersionFiles) -> Mapping[SectionKey, Mapping[SectionKey, float]]:
    """For each open question the sections without example questions, by the share of its wordings they lie nearest to.

    Compared with the other sections in the language of such a section, so that it is found beside what is asked in any.
    """
    asked = {one.key for one in files.sections if one.questions or one.drafted_questions}
    told = [(number, one) for number, one in enumerate(files.sections) if one.answerable and not one.is_pin]
    found: dict[SectionKey, dict[SectionKey, float]] = defaultdict(dict)
    for locale in {one.locale for _, one in told if one.key not in asked}:
        texts = {one.key: _texts_of(files, number) for number, one in told if one.locale is locale}
        known = np.concatenate(
            [rows for key, rows in texts.items() if key in asked] or [files.vectors(files.first_rows[:0])]
        )
        for gap, wordings in _wordings(files, locale).items():
            nearest = _nearness(known, wordings)
            for key in texts.keys() - asked:
                share = float((_nearness(texts[key], wordings) > nearest).mean())
                found[gap][key] = max(share, found[gap].get(key, 0.0))
    return {gap: dict(sorted(shares.items(), key=lambda one: (-one[1], str(one[0])))) for gap, shares in found.items()}


def _wordings(files: VersionFiles, locale: Locale) -> Mapping[SectionKey, Vector]:
    """What is asked of each open question in a language, a row each."""
    rows = {
        section.key: files.rows_of(number, ChunkKind.QUESTION)
        for number, section in enumerate(files.sections)
        if section.locale is locale and _is_open(section)
    }
    return {key: files.vectors(some) for key, some in rows.items() if len(some)}


def _nearness(texts: Vector, asked: Vector) -> Vector:
    """How near the nearest of these texts is to each of these questions."""
    near: Vector = (texts @ asked.T).max(axis=0, initial=-1.0)
    return near


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
