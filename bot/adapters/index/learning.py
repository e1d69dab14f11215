"""Learns from the stored questions of a version which section a question belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.adapters.index.folders import link
from bot.adapters.index.learned_sections import DISCRIMINANT, LearnedSections, learned_before, space_of
from bot.adapters.index.version_files import SectionFile, joined, kind_number, read_parts
from bot.ids import Locale
from bot.ingestion.model import (
    ChunkKind,
)

_ENOUGH_QUESTIONS = 1000
"""With fewer stored questions nothing is learned from all of them together."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned from: the stored questions of these languages, embedded by the model of this identity."""

    locales: Sequence[Locale]
    identity: str
    before: Sequence[Path]
    """The folders where it was learned before."""


def learn(folder: Path, lesson: Lesson, written: Mapping[Locale, SectionFile], *, may_take_long: bool = True) -> bool:
    """Learn whose question it is from the stored questions of all sections that are searched.

    To learn all from nothing takes long; where it may not, that is left undone, and False is returned.

    It starts from what was learned of vectors of the same kind in the one of the folders before that shares the most
    chunks: after many changes in small steps that is what lies beside the knowledge, learned at once (5 of 100 Persian
    questions more were answered rightly), and not the version before. The passages of a section stand in for the
    questions that it does not have. `written` are the languages that need not be read from the folder.
    """
    files = read_parts(folder, lesson.locales, sections=written)
    keys = [section.key for part in files for section in part.sections]
    left_out = {part.first_section + number for part in files for number in part.left_out}
    searched = dict.fromkeys(key for number, key in enumerate(keys) if number not in left_out)
    classes = {key: place for place, key in enumerate(searched)}
    class_of_section = np.array([-1 if number in left_out else classes[key] for number, key in enumerate(keys)])
    class_of = class_of_section[joined([part.chunks.sections + part.first_section for part in files], np.int32)]
    kinds = joined([part.chunks.kinds for part in files], np.uint8)
    is_asked = (kinds == kind_number(ChunkKind.QUESTION)) & (class_of >= 0)
    if is_asked.sum() < _ENOUGH_QUESTIONS:
        return True
    has_none = np.bincount(class_of[is_asked], minlength=len(classes)) == 0
    stands_in = (kinds == kind_number(ChunkKind.PASSAGE)) & (class_of >= 0) & has_none[class_of]
    rows = np.flatnonzero(is_asked | stands_in)
    ids = joined([part.chunks.ids for part in files], np.uint64)[rows]
    names = [str(key) for key in classes]
    space = space_of(lesson.identity)
    known, learned = max(
        learned_before(lesson.before, space), key=lambda one: one[1].likeness(ids), default=(None, None)
    )
    if known is not None and learned is not None and learned.is_of(names, ids):
        link(known, folder / DISCRIMINANT)
        return True
    if not may_take_long and (learned is None or not learned.is_near(ids)):
        return False
    vectors = np.concatenate([part.vectors.rows(np.arange(len(part.vectors))) for part in files])[rows]
    LearnedSections.of(space, names, ids, vectors, class_of[rows], learned).save(folder / DISCRIMINANT)
    return True
