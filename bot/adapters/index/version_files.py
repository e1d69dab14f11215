"""The files of one built version: what is shown, what is compared, and how to search words, language by language.

They are derived from the manifest and complete in themselves: opening them needs no database. What did not change from
one version to the next is the same file under two names.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.adapters.e5.dots import dots_here
from bot.adapters.index.ngram_index import NgramIndex, NgramIndexes
from bot.adapters.index.section_words import SectionWords
from bot.adapters.means_bytes import UNREADABLE, means_from_bytes, means_to_bytes
from bot.adapters.packing import Scales, pack_8, unpack_8
from bot.answering.ports import StoredSection
from bot.errors import KnowledgeError
from bot.ids import Locale, SectionKey
from bot.ingestion.centring import CENTRING_VERSION
from bot.ingestion.chunking import sentences_of
from bot.ingestion.discriminant import Discriminant
from bot.ingestion.model import (
    Chunk,
    ChunkKind,
    Document,
    IndexVersion,
    IndexVersionContent,
    LanguagePart,
    Means,
    PartNames,
    Section,
    Vector,
)
from bot.ingestion.typical_questions import typical_questions
from bot.writing.spelling import Spelling

FORMAT = 10
"""Raise it when the files change their form: they are then built anew."""

Ids = npt.NDArray[np.uint64]

_SEAL = "generation.json"
_TEXTS = ("sections.json", "lexicon.npz", "words.npz", "spelling.tsv")
_VECTORS = ("chunks.npz", "vectors.npy", "scales.npy")
_MEANS = "means.npz"
DISCRIMINANT = "discriminant.npz"
_ENOUGH_QUESTIONS = 1000
"""With fewer stored questions nothing is learned from all of them together."""
_MUCH_NEW = 0.1
"""When more than this share of the questions is new, all is learned from nothing."""
_KINDS = tuple(ChunkKind)


def kind_number(kind: ChunkKind) -> int:
    """How the kind is written in `Chunks.kinds`."""
    return _KINDS.index(kind)


class Seal(BaseModel):
    """Written last: what the folder holds, so that a damaged or foreign one is known as such."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    number: int
    fingerprint: str
    embedding_identity: str
    parts: dict[Locale, PartNames]
    hashes: dict[str, str]
    """Of every file."""

    def fits(self, version: IndexVersion) -> bool:
        """Whether this is the seal of that version, in today's form."""
        return (
            self.format == FORMAT
            and self.number == version.number
            and self.fingerprint == version.fingerprint
            and self.embedding_identity == version.embedding_identity
        )


class _SectionFile(BaseModel):
    sections: list[StoredSection]
    left_out: list[int]


_SECTIONS = TypeAdapter(_SectionFile)


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

    folder: Path
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
        return SectionWords.load(self.folder / "words.npz")

    def spelling(self) -> Spelling:
        """How its texts write their words, read anew."""
        return Spelling.read((self.folder / "spelling.tsv").read_text(encoding="utf-8"))


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
        put(self, "kinds", _joined([part.chunks.kinds for part in self.parts], np.uint8))
        put(
            self,
            "section_of",
            _joined([part.chunks.sections + np.int32(part.first_section) for part in self.parts], np.int32),
        )
        put(self, "first_rows", np.searchsorted(self.section_of, np.arange(len(self.sections) + 1)))
        is_left_out = np.isin(self.section_of, np.array(sorted(self.left_out), dtype=np.int32))
        put(self, "is_searched", (self.kinds != kind_number(ChunkKind.SENTENCE)) & ~is_left_out)

    @cached_property
    def lexica(self) -> NgramIndexes:
        """What the letters of the sections that are searched are; read at the first need."""
        return NgramIndexes([NgramIndex.load(part.folder / "lexicon.npz") for part in self.parts])

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
        ids = _joined([part.chunks.ids for part in self.parts], np.uint64)
        return rows, [f"{chunk_id:016x}" for chunk_id in ids[rows].tolist()]


def write_texts(folder: Path, part: LanguagePart) -> None:
    """Write what is told and searched by words of one language. For a child process: it takes half a second."""
    assert part.documents is not None
    sections = list(_stored_sections(part.documents))
    left_out = [number for number, section in enumerate(sections) if section.key in part.left_out]
    own = folder / part.locale
    own.mkdir(exist_ok=True)
    file = _SectionFile.model_construct(sections=sections, left_out=left_out)
    (own / "sections.json").write_bytes(_SECTIONS.dump_json(file))
    searched = [number for number in range(len(sections)) if number not in set(left_out)]
    NgramIndex.of(
        [_subject_of(sections[number]) for number in searched],
        searched,
        details=["\n".join(sections[number].sentences[1:]) for number in searched],
        usual=typical_questions()[part.locale],
    ).save(own / "lexicon.npz")
    SectionWords.of([_searched_text(sections[number]) for number in searched]).save(own / "words.npz")
    (own / "spelling.tsv").write_text(Spelling.of(map(_searched_text, sections)).written(), encoding="utf-8")


def write_vectors(folder: Path, part: LanguagePart) -> None:
    """Write what is compared of one language."""
    assert part.documents is not None
    assert part.chunks is not None
    assert part.vectors is not None
    keys = [document.key_of(section) for document in part.documents for section in document.sections]
    numbers = {key: number for number, key in enumerate(keys)}
    own = folder / part.locale
    own.mkdir(exist_ok=True)
    np.savez(
        own / "chunks.npz",
        kinds=np.array([_KINDS.index(chunk.kind) for chunk in part.chunks], dtype=np.uint8),
        sections=np.array([numbers[chunk.key] for chunk in part.chunks], dtype=np.int32),
        ids=_ids_of(part.chunks),
    )
    scales, codes = pack_8(part.vectors)
    np.save(own / "scales.npy", scales)
    np.save(own / "vectors.npy", codes)


def write_means(folder: Path, means: Means) -> None:
    """Write the means by which questions are centred."""
    (folder / _MEANS).write_bytes(means_to_bytes(means))


def take_over(folder: Path, before: Path, locale: Locale, *, texts: bool, vectors: bool) -> None:
    """Give files of the version before to this one, too: by a second name, or as copies where there can't be any."""
    own = folder / locale
    own.mkdir(exist_ok=True)
    for name in (*(_TEXTS if texts else ()), *(_VECTORS if vectors else ())):
        _link(before / locale / name, own / name)


def learn(folder: Path, parts: Collection[Locale], identity: str, before: Sequence[Path]) -> None:
    """Learn whose question it is from the stored questions of all sections that are searched. For a child process.

    It starts from what was learned of vectors of the same kind in the one of the folders `before` that shares the most
    chunks: after many changes in small steps that is what lies beside the knowledge, learned at once (5 of 100 Persian
    questions more were answered rightly), and not the version before. The passages of a section stand in for the
    questions that it does not have.
    """
    files = _read_parts(folder, parts)
    keys = [section.key for part in files for section in part.sections]
    left_out = {part.first_section + number for part in files for number in part.left_out}
    searched = dict.fromkeys(key for number, key in enumerate(keys) if number not in left_out)
    classes = {key: place for place, key in enumerate(searched)}
    class_of_section = np.array([-1 if number in left_out else classes[key] for number, key in enumerate(keys)])
    class_of = class_of_section[_joined([part.chunks.sections + part.first_section for part in files], np.int32)]
    kinds = _joined([part.chunks.kinds for part in files], np.uint8)
    is_asked = (kinds == kind_number(ChunkKind.QUESTION)) & (class_of >= 0)
    if is_asked.sum() < _ENOUGH_QUESTIONS:
        return
    has_none = np.bincount(class_of[is_asked], minlength=len(classes)) == 0
    stands_in = (kinds == kind_number(ChunkKind.PASSAGE)) & (class_of >= 0) & has_none[class_of]
    rows = np.flatnonzero(is_asked | stands_in)
    ids = _joined([part.chunks.ids for part in files], np.uint64)[rows]
    names = [str(key) for key in classes]
    space = _space(identity)
    known, learned = max(_learned_before(before, space), key=lambda one: one[1].likeness(ids), default=(None, None))
    if known is not None and learned is not None and learned.is_of(names, ids):
        _link(known, folder / DISCRIMINANT)
        return
    vectors = np.concatenate([part.vectors.rows(np.arange(len(part.vectors))) for part in files])[rows]
    LearnedSections.of(space, names, ids, vectors, class_of[rows], learned).save(folder / DISCRIMINANT)


def learned_in(folder: Path, identity: str) -> Path | None:
    """The discriminant in a folder, if it is readable and of the vectors of this embedding as they are centred now."""
    return next((file for file, _learned in _learned_before([folder], _space(identity))), None)


def _space(identity: str) -> str:
    return f"{identity}:centred-{CENTRING_VERSION}"


def _learned_before(folders: Sequence[Path], space: str) -> Iterator[tuple[Path, LearnedSections]]:
    """The folders' discriminants that belong to these vectors, and where they lie."""
    for folder in folders:
        if (file := folder / DISCRIMINANT).exists():
            try:
                learned = LearnedSections.load(file)
            except UNREADABLE:
                continue
            if learned.space == space:
                yield file, learned


@dataclass(frozen=True, slots=True)
class LearnedSections:
    """A discriminant with the names of its classes and the ids of the chunks it learned from, sorted.

    `space` names the vectors that it learned from: whose model, and how they are centred.
    """

    space: str
    names: list[str]
    ids: Ids
    discriminant: Discriminant

    def likeness(self, ids: Ids) -> float:
        """The share, 0 to 1, of the chunks in it or in `ids` that are in both."""
        return float(np.intersect1d(self.ids, ids).size / max(1, np.union1d(self.ids, ids).size))

    def is_of(self, names: Sequence[str], ids: Ids) -> bool:
        """Whether it learned from just these chunks."""
        return self.names == list(names) and np.array_equal(self.ids, np.sort(ids))

    @classmethod
    def of(  # noqa: PLR0917 - six different things, each of its own type
        cls,
        space: str,
        names: Sequence[str],
        ids: Ids,
        vectors: Vector,
        class_of: npt.NDArray[np.int64],
        before: LearnedSections | None,
    ) -> LearnedSections:
        """Learn from nothing, or from where it stood `before` only what is new."""
        if before is not None and before.discriminant.weights.shape[1] != vectors.shape[1]:
            before = None
        is_new = ~np.isin(ids, before.ids) if before is not None else np.ones(len(ids), dtype=np.bool_)
        if before is None or is_new.mean() > _MUCH_NEW:
            learned = Discriminant.of(vectors, class_of, len(names))
        else:
            places = {name: place for place, name in enumerate(before.names)}
            start = before.discriminant.renamed([places.get(name, -1) for name in names])
            learned = start.updated(vectors, class_of, is_new)
        return cls(space, list(names), np.sort(ids), learned)

    def save(self, file: Path) -> None:
        """Write it so that `load` reads it."""
        weights, constants = self.discriminant.weights, self.discriminant.constants
        np.savez(
            file,
            space=np.array(self.space),
            names=np.array(self.names),
            ids=self.ids,
            weights=weights.astype(np.float16),
            constants=constants,
        )

    @classmethod
    def load(cls, file: Path) -> LearnedSections:
        """Read what `save` wrote."""
        # Opened here: NumPy leaves a file open that is cut short.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            learned = Discriminant(arrays["weights"].astype(np.float32), arrays["constants"])
            names = arrays["names"].tolist()
            if not len(names) == len(learned.weights) == len(learned.constants):
                raise ValueError(f"{file} names {len(names)} sections, but tells {len(learned.weights)} apart")
            return cls(str(arrays["space"]), names, arrays["ids"], learned)


def seal(folder: Path, content: IndexVersionContent, *, before: Path | None) -> None:
    """Force everything new to the disk and write the seal; the hashes of files taken over are known."""
    known = _hashes_by_inode(before) if before is not None else {}
    hashes = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        hashes[name] = known.get((path.stat().st_ino, name)) or hash_of(path)
    written = Seal(
        format=FORMAT,
        number=content.number,
        fingerprint=content.fingerprint,
        embedding_identity=content.embedding_identity,
        parts={part.locale: part.names for part in content.parts},
        hashes=hashes,
    )
    (folder / _SEAL).write_text(written.model_dump_json(indent=1), encoding="utf-8")
    for path in (*(folder / name for name in hashes if (folder / name).stat().st_nlink == 1), *_folders(folder)):
        sync_to_disk(path)
    sync_to_disk(folder / _SEAL)


def read_seal(folder: Path) -> Seal | None:
    """The seal; None when there is no whole one."""
    try:
        return Seal.model_validate_json((folder / _SEAL).read_bytes())
    except (OSError, ValidationError):
        return None


def is_undamaged(folder: Path, sealed: Seal) -> bool:
    """Whether every sealed file is as it was written."""
    with ThreadPoolExecutor() as threads:
        try:
            return list(threads.map(hash_of, [folder / name for name in sealed.hashes])) == list(sealed.hashes.values())
        except OSError:
            return False


def read_files(folder: Path) -> VersionFiles:
    """Read a version's files.

    Raises:
        KnowledgeError: a file is missing or damaged.
    """
    sealed = read_seal(folder)
    if sealed is None:
        raise KnowledgeError(f"{folder} is no complete version; run: scoda knowledge sync")
    try:
        parts = _read_parts(folder, sealed.parts)
        learned = LearnedSections.load(file) if (file := folder / DISCRIMINANT).exists() else None
        return VersionFiles(
            number=sealed.number,
            embedding_identity=sealed.embedding_identity,
            parts=parts,
            means=means_from_bytes((folder / _MEANS).read_bytes()),
            discriminant=(
                (learned.discriminant, {SectionKey.parse(name): place for place, name in enumerate(learned.names)})
                if learned is not None
                else None
            ),
        )
    except UNREADABLE as error:
        raise KnowledgeError(f"{folder} is damaged ({error}); run: scoda knowledge sync") from error


def sync_to_disk(path: Path) -> None:
    """Make sure that a file or folder survives a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_parts(folder: Path, locales: Iterable[Locale]) -> tuple[PartFiles, ...]:
    parts: list[PartFiles] = []
    for locale in sorted(locales):
        own = folder / locale
        told = _SECTIONS.validate_json((own / "sections.json").read_bytes())
        with np.load(own / "chunks.npz", allow_pickle=False) as columns:
            chunks = Chunks(columns["kinds"], columns["sections"], columns["ids"])
        last = parts[-1] if parts else None
        parts.append(
            PartFiles(
                folder=own,
                locale=locale,
                sections=tuple(told.sections),
                left_out=frozenset(told.left_out),
                chunks=chunks,
                vectors=PackedVectors.load(own),
                first_section=last.first_section + len(last.sections) if last else 0,
                first_row=last.first_row + len(last.vectors) if last else 0,
            )
        )
    return tuple(parts)


def _ids_of(chunks: Sequence[Chunk]) -> Ids:
    return np.array([int(chunk.chunk_id, 16) for chunk in chunks], dtype=np.uint64)


def _joined(arrays: Sequence[np.ndarray], kind: npt.DTypeLike) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=kind)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without second names
        shutil.copyfile(source, target)


def _hashes_by_inode(folder: Path) -> dict[tuple[int, str], str]:
    sealed = read_seal(folder)
    if sealed is None:
        return {}
    return {((folder / name).stat().st_ino, name): known for name, known in sealed.hashes.items()}


def _folders(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_dir())
    yield folder


def _searched_text(section: StoredSection) -> str:
    """All the words by which a section may be found."""
    return "\n".join((section.title, section.heading, section.text, *section.questions))


def _subject_of(section: StoredSection) -> str:
    """The words that say what a section is about: all but its sentences from the second on."""
    return "\n".join((section.title, section.heading, *section.sentences[:1], *section.questions))


def _stored_sections(documents: Iterable[Document]) -> Iterator[StoredSection]:
    """In the order of the chunks: document by document, section by section."""
    for document in documents:
        for section in document.sections:
            yield _stored(document, section)


def _stored(document: Document, section: Section) -> StoredSection:
    source = section.source
    return StoredSection(
        key=SectionKey(document.path, section.section_id),
        locale=document.locale,
        title=document.title,
        topic=document.topic,
        heading=section.heading,
        text=section.text,
        sentences=tuple(sentences_of(section, document.locale)),
        questions=section.questions,
        publisher=source.publisher if source else "",
        source_title=source.title if source else "",
        url=source.url if source else "",
        source_date=source.date if source else None,
        as_of=section.as_of,
        valid_from=section.valid_from,
        valid_until=section.valid_until,
        answerable=document.answerable,
        reply=document.reply,
    )


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
