"""The files of one built version: what is shown, what is compared, and how to search words, language by language.

They are derived from the manifest and complete in themselves: opening them needs no database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, TypeAdapter

from bot.adapters.e5.dots import dots_here
from bot.adapters.index.folders import HeldFiles
from bot.adapters.index.learned_sections import DISCRIMINANT, Ids, LearnedSections
from bot.adapters.index.ngram_index import NgramIndex, NgramIndexes
from bot.adapters.index.section_words import SectionWords
from bot.adapters.index.version_seal import SealedVersion, sealed_version
from bot.adapters.packing.codes import Scales, unpack_8
from bot.adapters.packing.means import UNREADABLE, means_from_bytes
from bot.answering.ports import StoredSection
from bot.errors import KnowledgeError
from bot.ids import Locale, SectionKey
from bot.ingestion.discriminant import Discriminant
from bot.ingestion.model import (
    ChunkKind,
    Means,
    Vector,
)
from bot.writing.spelling import Spelling

MEANS = "means.npz"
_WORDS, _SPELLING, _LEXICON = "words.npz", "spelling.tsv", "lexicon.npz"
_KINDS = tuple(ChunkKind)


def kind_number(kind: ChunkKind) -> int:
    """How the kind is written in `Chunks.kinds`."""
    return _KINDS.index(kind)


class SectionFile(BaseModel):
    """What `sections.json` holds of one language; `left_out` are numbers of sections that are not searched."""

    sections: list[StoredSection]
    left_out: list[int]


SECTIONS = TypeAdapter(SectionFile)


@dataclass(frozen=True, slots=True)
class Chunks:
    """The chunks of one language as columns: row n belongs to row n of its vectors.

    `sections` are numbers of the language's sections, in rising order; `ids` are the hexadecimal ids as numbers.
    """

    kinds: npt.NDArray[np.uint8]
    sections: npt.NDArray[np.int32]
    ids: Ids


class PackedVectors:
    """The vectors of one language, mapped from the disk."""

    def __init__(self, scales: Scales, codes: npt.NDArray[np.int8]) -> None:
        self._scales = scales.astype(np.float32)  # multiplying by 16 bits takes five times as long
        self._codes = codes

    @classmethod
    def load(cls, folder: Path) -> PackedVectors:
        """Read what `write_vectors` wrote."""
        codes = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        # np.asarray: the same mapped memory, without the ways of a memmap
        return cls(np.load(folder / "scales.npy", allow_pickle=False), np.asarray(codes))

    def __len__(self) -> int:
        return len(self._codes)

    def similarities(self, vectors: Vector) -> Vector:
        """The cosine similarities of each row of `vectors` with all of these, one row each."""
        found = np.empty((len(vectors), len(self._codes)), dtype=np.float32)
        dots_here()(self._codes, vectors, found)
        return np.multiply(found, self._scales, out=found)

    def rows(self, rows: npt.NDArray[np.int64]) -> Vector:
        """These rows as they were packed."""
        return unpack_8(self._scales[rows], self._codes[rows])


@dataclass(frozen=True)
class PartFiles:
    """One language of a version; what few questions need is read at the first need.

    `first_section` and `first_row` are the numbers of its first section and of its first row in the version.
    """

    held: HeldFiles
    locale: Locale
    sections: tuple[StoredSection, ...]
    left_out: frozenset[int]
    chunks: Chunks
    vectors: PackedVectors
    first_section: int
    first_row: int

    @cached_property
    def words(self) -> SectionWords:
        """Which words its sections know, those that are searched."""
        return SectionWords.load(self.held.read(_WORDS))

    def spelling(self) -> Spelling:
        """How its texts write their words, read anew."""
        return Spelling.read(self.held.read(_SPELLING).read().decode())


@dataclass(frozen=True)
class VersionFiles:
    """All of a version but its vector store.

    Sections and rows are numbered through all languages: `kinds` and `section_of` tell for each row what it is and
    whose, and section n has the rows `first_rows[n]:first_rows[n + 1]`.
    """

    number: int
    embedding_identity: str
    parts: tuple[PartFiles, ...]
    means: Means
    discriminant: tuple[Discriminant, Mapping[SectionKey, int]] | None
    """With the class of each section; None where too few questions are stored."""
    sections: tuple[StoredSection, ...] = field(init=False)
    left_out: frozenset[int] = field(init=False)
    kinds: npt.NDArray[np.uint8] = field(init=False)
    section_of: npt.NDArray[np.int32] = field(init=False)
    first_rows: npt.NDArray[np.int64] = field(init=False)
    is_searched: npt.NDArray[np.bool_] = field(init=False)
    """Which rows may nominate their section."""

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "sections", tuple(section for part in self.parts for section in part.sections))
        put(
            self,
            "left_out",
            frozenset(part.first_section + number for part in self.parts for number in part.left_out),
        )
        put(self, "kinds", joined([part.chunks.kinds for part in self.parts], np.uint8))
        put(
            self,
            "section_of",
            joined([part.chunks.sections + np.int32(part.first_section) for part in self.parts], np.int32),
        )
        put(self, "first_rows", np.searchsorted(self.section_of, np.arange(len(self.sections) + 1)))
        is_left_out = np.isin(self.section_of, np.array(sorted(self.left_out), dtype=np.int32))
        put(self, "is_searched", (self.kinds != kind_number(ChunkKind.SENTENCE)) & ~is_left_out)

    @cached_property
    def ngrams(self) -> NgramIndexes:
        """What the letters of the sections that are searched are; read at the first need."""
        return NgramIndexes([NgramIndex.load(part.held.read(_LEXICON)) for part in self.parts])

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return len(self.means.metric)

    def part(self, locale: Locale) -> PartFiles | None:
        """The part of a language; None when no document is in it."""
        return next((part for part in self.parts if part.locale is locale), None)

    def rows_of(self, section: int, kind: ChunkKind) -> npt.NDArray[np.int64]:
        """The rows of one kind in a section, in reading order."""
        first, last = self.first_rows[section], self.first_rows[section + 1]
        rows: npt.NDArray[np.int64] = np.flatnonzero(self.kinds[first:last] == kind_number(kind)) + first
        return rows

    def similarities(self, vectors: Vector) -> Vector:
        """The cosine similarity of every row with each of `vectors`, one row each."""
        found = [part.vectors.similarities(vectors) for part in self.parts]
        return np.concatenate(found, axis=1) if found else np.zeros((len(vectors), 0), dtype=np.float32)

    def vectors(self, rows: npt.NDArray[np.int64]) -> Vector:
        """These rows, in their order."""
        found = np.empty((len(rows), self.dimension), dtype=np.float32)
        for part in self.parts:
            is_own = (part.first_row <= rows) & (rows < part.first_row + len(part.vectors))
            if is_own.any():
                found[is_own] = part.vectors.rows(rows[is_own] - part.first_row)
        return found

    @property
    def fitted(self) -> str:
        """Names the means by which the vectors are centred, however much has come and gone since they were fitted."""
        arrays = (*self.means.passages.values(), *self.means.queries.values(), self.means.metric)
        return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()

    def kind_of(self, row: int) -> ChunkKind:
        """What a row holds."""
        return _KINDS[int(self.kinds[row])]

    def searched(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """The rows that may nominate, and their ids as they stand in the vector store."""
        rows = np.flatnonzero(self.is_searched)
        ids = joined([part.chunks.ids for part in self.parts], np.uint64)
        return rows, [f"{chunk_id:016x}" for chunk_id in ids[rows].tolist()]


def read_folder(folder: Path) -> VersionFiles:
    """Read the version that stands in a folder, unchecked.

    Raises:
        KnowledgeError: it is not complete, or a file can't be read.
    """
    sealed = sealed_version(folder)
    if sealed is None:
        raise KnowledgeError(f"{folder} is no complete version; run: scoda knowledge sync")
    return read_files(sealed)


def read_files(sealed: SealedVersion) -> VersionFiles:
    """Read a version's files, unchecked.

    Raises:
        KnowledgeError: a file can't be read.
    """
    folder = sealed.folder
    try:
        parts = read_parts(folder, sealed.parts)
        learned = LearnedSections.load(file) if (file := folder / DISCRIMINANT).exists() else None
        return VersionFiles(
            number=sealed.seal.number,
            embedding_identity=sealed.seal.embedding_identity,
            parts=parts,
            means=means_from_bytes((folder / MEANS).read_bytes()),
            discriminant=(
                (learned.discriminant, {SectionKey.parse(name): place for place, name in enumerate(learned.names)})
                if learned is not None
                else None
            ),
        )
    except UNREADABLE as error:
        raise KnowledgeError(f"{folder} is damaged ({error}); run: scoda knowledge sync") from error


def read_parts(
    folder: Path, locales: Iterable[Locale], *, sections: Mapping[Locale, SectionFile] | None = None
) -> tuple[PartFiles, ...]:
    """These languages of a version, in the order of their codes; `sections` are those that are known unread."""
    known = sections or {}
    parts: list[PartFiles] = []
    for locale in sorted(locales):
        own = folder / locale
        stored = known.get(locale) or SECTIONS.validate_json((own / "sections.json").read_bytes())
        with np.load(own / "chunks.npz", allow_pickle=False) as columns:
            chunks = Chunks(columns["kinds"], columns["sections"], columns["ids"])
        last = parts[-1] if parts else None
        parts.append(
            PartFiles(
                held=HeldFiles(own, (_WORDS, _SPELLING, _LEXICON)),
                locale=locale,
                sections=tuple(stored.sections),
                left_out=frozenset(stored.left_out),
                chunks=chunks,
                vectors=PackedVectors.load(own),
                first_section=last.first_section + len(last.sections) if last else 0,
                first_row=last.first_row + len(last.vectors) if last else 0,
            )
        )
    return tuple(parts)


def joined(arrays: Sequence[np.ndarray], kind: npt.DTypeLike) -> np.ndarray:
    """One array after another; an empty one of this kind where there is none."""
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=kind)
