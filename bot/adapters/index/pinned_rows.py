"""The pins of a version: which rows are their questions, and how near a reading of a question is to each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.adapters.index.version_files import VersionFiles
from bot.answering.ports import PinWording, RetrievedPin, RetrievedSection, StoredSection
from bot.ids import NEAR_MISS_MARK, DocumentPath, Locale, SectionKey
from bot.ingestion.model import ChunkKind, Vector

Find = Callable[[str, Locale, Vector], Sequence[RetrievedSection]]
"""What is found for a question, of which the text, the language and the centred vector are given."""
_NONE = -1.0
"""The cosine of what is not there: nothing is farther."""


@dataclass(frozen=True, slots=True)
class _PinnedQuestion:
    row: int
    key: SectionKey
    text: str
    locale: Locale


class PinnedRows:
    """The rows of the pins' questions. What is found for each is found once, at the first question to a version."""

    def __init__(self, files: VersionFiles) -> None:
        self._files = files
        self._questions = list(_questions(files))
        self._sections: list[Sequence[RetrievedSection]] | None = None
        self.rows: npt.NDArray[np.int64] = np.array([one.row for one in self._questions], dtype=np.int64)

    def found(self, similarities: Vector, find: Find) -> list[RetrievedPin]:
        """Every pin, by the similarities of `rows`."""
        if self._sections is None:
            vectors = self._files.vectors(self.rows)
            known = zip(self._questions, vectors, strict=True)
            self._sections = [find(one.text, one.locale, vector) for one, vector in known]
        wordings: dict[SectionKey, list[PinWording]] = defaultdict(list)
        misses: dict[SectionKey, float] = defaultdict(lambda: _NONE)
        for one, sections, similarity in zip(self._questions, self._sections, similarities.tolist(), strict=True):
            if one.key.is_near_miss:
                pin = SectionKey(DocumentPath(one.key.path.removesuffix(NEAR_MISS_MARK)), one.key.section_id)
                misses[pin] = max(misses[pin], similarity)
            else:
                wordings[one.key].append(PinWording(one.text, one.locale, similarity, sections))
        return [RetrievedPin(key, found, misses[key]) for key, found in wordings.items()]


def _questions(files: VersionFiles) -> Iterator[_PinnedQuestion]:
    """Those that are embedded; of a section where some are not yet, none: which of them are, no row tells."""
    for number, section in enumerate(files.sections):
        if section.is_pin:
            yield from _of_section(files, number, section)


def _of_section(files: VersionFiles, number: int, section: StoredSection) -> Iterator[_PinnedQuestion]:
    rows, texts = files.rows_of(number, ChunkKind.QUESTION).tolist(), list(dict.fromkeys(section.questions))
    if len(rows) == len(texts):
        for row, text in zip(rows, texts, strict=True):
            yield _PinnedQuestion(row, section.key, text, section.locale)
