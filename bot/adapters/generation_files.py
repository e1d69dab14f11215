"""The files of one built generation, beside its vector store: what is shown, what is compared, and how to search words.

They are derived from the manifest and complete in themselves: opening them needs no database.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.adapters.chroma import Difference, StoredChunk
from bot.adapters.lexicon import Lexicon
from bot.adapters.manifest import means_from_bytes, means_to_bytes
from bot.answering.ports import StoredSection
from bot.errors import KnowledgeError
from bot.ingestion.chunking import sentences_of
from bot.ingestion.discriminant import Discriminant
from bot.ingestion.model import Audience, Chunk, ChunkKind, Document, GenerationContent, Means, Section, Vector
from bot.ingestion.typical_questions import TYPICAL_QUESTIONS
from bot.vocabulary import Locale, SectionKey
from bot.writing.spelling import Spelling

FORMAT = 7
"""Raise it when the files change their form: they are then built anew."""

_SECTIONS = TypeAdapter(list[StoredSection])
_CHROMA = "chroma"
_SEAL = "generation.json"
_TABLE = "table.npz"
"""What the search needs of the chunks: `chunks.json` with the texts takes longer to read than all the rest."""
_DISCRIMINANT = "discriminant.npz"
_ENOUGH_QUESTIONS = 1000
"""With fewer stored questions nothing is learned from all of them together."""
_KINDS = tuple(ChunkKind)
_ROUNDING = 2e-6


def kind_number(kind: ChunkKind) -> int:
    """How the kind is written in `ChunkTable.kinds`."""
    return _KINDS.index(kind)


@dataclass(frozen=True, slots=True)
class ChunkTable:
    """The chunks of a generation as columns; row n belongs to row n of the vectors.

    `first_rows[i]:first_rows[i + 1]` are the rows of section i. `searched_ids` are the ids of the chunks in the vector
    store, sorted, and `searched_rows` their rows.
    """

    kinds: npt.NDArray[np.uint8]
    sections: npt.NDArray[np.int32]
    first_rows: npt.NDArray[np.int64]
    searched_ids: npt.NDArray[np.bytes_]
    searched_rows: npt.NDArray[np.int32]

    def rows_of(self, section: int, kind: ChunkKind) -> npt.NDArray[np.int64]:
        """The rows of one kind in a section, in reading order."""
        first, last = self.first_rows[section], self.first_rows[section + 1]
        rows: npt.NDArray[np.int64] = np.flatnonzero(self.kinds[first:last] == kind_number(kind)) + first
        return rows

    def sections_of(self, chunk_ids: Sequence[str]) -> list[int]:
        """The sections of searched chunks, in the same order; an id that is not known is passed over."""
        if not len(self.searched_ids):
            return []
        wanted = np.array(chunk_ids, dtype=np.bytes_)
        places = np.searchsorted(self.searched_ids, wanted).clip(max=len(self.searched_ids) - 1)
        known = places[self.searched_ids[places] == wanted]
        numbers: list[int] = self.sections[self.searched_rows[known]].tolist()
        return numbers


@dataclass(frozen=True, slots=True)
class GenerationFiles:
    """All of a generation but its vector store, in memory; the vectors are mapped from the disk."""

    number: int
    embedding_identity: str
    sections: tuple[StoredSection, ...]
    chunks: ChunkTable
    vectors: Vector
    means: Means
    lexicons: Mapping[Locale, Lexicon]
    spellings: Mapping[Locale, str]
    """The words of each language, for `Spelling.read`: few languages are asked in."""
    discriminant: Discriminant | None
    """With the classes of `classes_of`; None where too few questions are stored."""
    left_out: frozenset[int]
    """The sections, by number, that can be read but are not searched."""


class Seal(BaseModel):
    """Written last: what the folder holds, so that a damaged or foreign one is known as such."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    number: int
    fingerprint: str
    embedding_identity: str
    searched: int
    """How many chunks the vector store holds."""
    embedded: bool
    """Whether the vector store lies in this folder, not on a Chroma server."""
    patched: int = 0
    """How many chunks were deleted from and added to the vector store since it was last written from nothing."""
    hashes: dict[str, str]
    """Of every file that no reader writes to."""


def chroma_folder(folder: Path) -> Path:
    """Where the embedded vector store of a generation lies."""
    return folder / _CHROMA


def write_files(folder: Path, content: GenerationContent) -> None:
    """Write all but lexicons, vector store and seal into an empty folder."""
    sections = list(_stored_sections(content.documents))
    numbers = {(section.key, section.locale): number for number, section in enumerate(sections)}
    left_out = sorted(numbers[name] for name in content.left_out if name in numbers)
    rows = [
        {"id": chunk.chunk_id, "section": numbers[chunk.key, chunk.locale], "kind": chunk.kind,
         "ordinal": chunk.ordinal, "text": chunk.text}
        for chunk in content.chunks
    ]  # fmt: skip
    (folder / "sections.json").write_bytes(_SECTIONS.dump_json(sections))
    (folder / "chunks.json").write_text(json.dumps({"rows": rows, "left_out": left_out}), encoding="utf-8")
    _write_table(folder, content.chunks, [numbers[chunk.key, chunk.locale] for chunk in content.chunks], left_out)
    (folder / "means.npz").write_bytes(means_to_bytes(content.means))
    np.save(folder / "vectors.npy", content.vectors)


def write_lexicons(folder: Path) -> None:
    """Write the lexicon of each language from the sections that are searched, and how all of them spell its words."""
    sections, (_, left_out) = _read_sections(folder), _read_chunks(folder)
    for locale in Locale:
        numbers = [
            number for number, section in enumerate(sections) if section.locale is locale and number not in left_out
        ]
        Lexicon.of(
            [_subject_of(sections[number]) for number in numbers],
            numbers,
            details=["\n".join(sections[number].sentences[1:]) for number in numbers],
            usual=TYPICAL_QUESTIONS[locale],
        ).save(folder / _lexicon_name(locale))
        spelling = Spelling.of(_searched_text(section) for section in sections if section.locale is locale)
        (folder / _spelling_name(locale)).write_text(spelling.written(), encoding="utf-8")


def classes_of(sections: Sequence[StoredSection], left_out: Collection[int]) -> dict[SectionKey, int]:
    """The class of each searched section, the same in every language: its place among them."""
    keys = (section.key for number, section in enumerate(sections) if number not in left_out)
    return {key: place for place, key in enumerate(dict.fromkeys(keys))}


def write_discriminant(folder: Path) -> None:
    """Learn from the stored questions of all sections that are searched, and write what was learned.

    The passages of a section stand in for the questions that it does not have.
    """
    sections = _read_sections(folder)
    chunks, left_out = _read_table(folder, len(sections))
    classes = classes_of(sections, left_out)
    number_of = [-1 if number in left_out else classes[section.key] for number, section in enumerate(sections)]
    class_of = np.array(number_of, dtype=np.int64)[chunks.sections]
    is_asked = (chunks.kinds == kind_number(ChunkKind.QUESTION)) & (class_of >= 0)
    if is_asked.sum() < _ENOUGH_QUESTIONS:
        return
    has_none = np.bincount(class_of[is_asked], minlength=len(classes)) == 0
    stands_in = (chunks.kinds == kind_number(ChunkKind.PASSAGE)) & (class_of >= 0) & has_none[class_of]
    rows = np.flatnonzero(is_asked | stands_in)
    vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
    Discriminant.of(vectors[rows], class_of[rows], len(classes)).save(folder / _DISCRIMINANT)


def _searched_text(section: StoredSection) -> str:
    """All the words by which a section may be found."""
    return "\n".join((section.title, section.heading, section.text, *section.questions))


def _subject_of(section: StoredSection) -> str:
    """The words that say what a section is about: all but its sentences from the second on."""
    return "\n".join((section.title, section.heading, *section.sentences[:1], *section.questions))


def searched_chunks(folder: Path) -> tuple[list[StoredChunk], Vector]:
    """The passages and questions that go into the vector store, with their vectors."""
    sections, (rows, left_out) = _read_sections(folder), _read_chunks(folder)
    searched = [number for number, row in enumerate(rows) if _is_searched(row.kind, row.section, left_out)]
    chunks = [
        StoredChunk(
            chunk_id=row.id,
            text=row.text,
            key=str(sections[row.section].key),
            locale=sections[row.section].locale,
            kind=row.kind,
            ordinal=row.ordinal,
        )
        for row in map(rows.__getitem__, searched)
    ]
    vectors = np.load(folder / "vectors.npy", allow_pickle=False)
    return chunks, vectors[np.array(searched, dtype=np.int64)]


def difference(before: Path, chunks: Sequence[StoredChunk], vectors: Vector) -> Difference:
    """What the vector store of the generation in the folder `before` lacks and has too much of, against these chunks.

    Vectors count as equal that differ by rounding alone: a product of matrices rounds a row by its place.
    """
    with np.load(before / _TABLE, allow_pickle=False) as table:
        old_ids, old_rows = table["searched_ids"], table["searched_rows"]
    old_vectors = np.load(before / "vectors.npy", mmap_mode="r", allow_pickle=False)
    new_ids = np.array([chunk.chunk_id for chunk in chunks], dtype=np.bytes_)
    _, olds, news = np.intersect1d(old_ids, new_ids, assume_unique=True, return_indices=True)
    if old_vectors.shape[1:] != vectors.shape[1:]:
        equal = np.zeros(len(olds), dtype=bool)
    else:
        equal = np.abs(old_vectors[old_rows[olds]] - vectors[news]).max(axis=1, initial=0.0) <= _ROUNDING
    return Difference(
        gone=[chunk_id.decode() for chunk_id in np.delete(old_ids, olds[equal]).tolist()],
        added=np.delete(np.arange(len(chunks)), news[equal]).tolist(),
    )


def seal(folder: Path, content: GenerationContent, *, searched: int, patched: int) -> None:
    """Force everything to the disk and write the seal."""
    hashes = {name: _hash(folder / name) for name in _sealed_names(folder)}
    written = Seal(
        format=FORMAT,
        number=content.number,
        fingerprint=content.fingerprint,
        embedding_identity=content.embedding_identity,
        searched=searched,
        embedded=chroma_folder(folder).exists(),
        patched=patched,
        hashes=hashes,
    )
    (folder / _SEAL).write_text(written.model_dump_json(indent=1), encoding="utf-8")
    for path in (*folder.rglob("*"), folder):
        sync_to_disk(path)


def read_seal(folder: Path) -> Seal | None:
    """The seal; None when there is no whole one."""
    try:
        return Seal.model_validate_json((folder / _SEAL).read_bytes())
    except (OSError, ValidationError):
        return None


def is_undamaged(folder: Path, sealed: Seal) -> bool:
    """Whether every sealed file is as it was written and the vector store's database is sound: all at the same time."""
    with ThreadPoolExecutor() as threads:
        checking = threads.submit(_is_sound, chroma_folder(folder) / "chroma.sqlite3") if sealed.embedded else None
        found = threads.map(_hash, [folder / name for name in sealed.hashes])
        try:
            is_as_written = list(found) == list(sealed.hashes.values())
            return is_as_written and (checking is None or checking.result())
        except (OSError, sqlite3.Error):
            return False


def read_files(folder: Path) -> GenerationFiles:
    """Read a generation's files.

    Raises:
        KnowledgeError: a file is missing or damaged.
    """
    sealed = read_seal(folder)
    if sealed is None:
        raise KnowledgeError(f"{folder} is no complete generation; run: scoda knowledge sync")
    try:
        sections = _read_sections(folder)
        chunks, left_out = _read_table(folder, len(sections))
        return GenerationFiles(
            number=sealed.number,
            embedding_identity=sealed.embedding_identity,
            sections=tuple(sections),
            chunks=chunks,
            vectors=np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False),
            means=means_from_bytes((folder / "means.npz").read_bytes()),
            lexicons={locale: Lexicon.load(folder / _lexicon_name(locale)) for locale in Locale},
            spellings={locale: (folder / _spelling_name(locale)).read_text(encoding="utf-8") for locale in Locale},
            discriminant=Discriminant.load(learned) if (learned := folder / _DISCRIMINANT).exists() else None,
            left_out=left_out,
        )
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise KnowledgeError(f"{folder} is damaged ({error}); run: scoda knowledge sync") from error


def sync_to_disk(path: Path) -> None:
    """Make sure that a file or folder survives a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _ChunkRow(BaseModel):
    id: str
    section: int
    kind: ChunkKind
    ordinal: int
    text: str


class _ChunkFile(BaseModel):
    rows: list[_ChunkRow]
    left_out: frozenset[int]


def _read_sections(folder: Path) -> list[StoredSection]:
    return _SECTIONS.validate_json((folder / "sections.json").read_bytes())


def _read_chunks(folder: Path) -> tuple[Sequence[_ChunkRow], frozenset[int]]:
    file = _ChunkFile.model_validate_json((folder / "chunks.json").read_bytes())
    return file.rows, file.left_out


def _is_searched(kind: ChunkKind, section: int, left_out: Collection[int]) -> bool:
    return kind is not ChunkKind.SENTENCE and section not in left_out


def _write_table(folder: Path, chunks: Sequence[Chunk], sections: Sequence[int], left_out: Sequence[int]) -> None:
    gone = frozenset(left_out)
    searched = sorted(
        (chunk.chunk_id.encode(), row)
        for row, (chunk, section) in enumerate(zip(chunks, sections, strict=True))
        if _is_searched(chunk.kind, section, gone)
    )
    np.savez(
        folder / _TABLE,
        kinds=np.array([_KINDS.index(chunk.kind) for chunk in chunks], dtype=np.uint8),
        sections=np.array(sections, dtype=np.int32),
        left_out=np.array(left_out, dtype=np.int32),
        searched_ids=np.array([chunk_id for chunk_id, _ in searched], dtype=np.bytes_),
        searched_rows=np.array([row for _, row in searched], dtype=np.int32),
    )


def _read_table(folder: Path, sections: int) -> tuple[ChunkTable, frozenset[int]]:
    """The chunks as columns, and the sections that are left out."""
    with np.load(folder / _TABLE, allow_pickle=False) as table:
        numbers = table["sections"]
        chunks = ChunkTable(
            kinds=table["kinds"],
            sections=numbers,
            first_rows=np.searchsorted(numbers, np.arange(sections + 1)),
            searched_ids=table["searched_ids"],
            searched_rows=table["searched_rows"],
        )
        return chunks, frozenset(table["left_out"].tolist())


def _stored_sections(documents: Iterable[Document]) -> Iterator[StoredSection]:
    """In the order of the chunks: document by document, section by section."""
    for document in documents:
        if document.audience is Audience.PUBLIC:
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
        decline=document.decline,
    )


def _lexicon_name(locale: Locale) -> str:
    return f"words-{locale}.npz"


def _spelling_name(locale: Locale) -> str:
    return f"spelling-{locale}.tsv"


def _sealed_names(folder: Path) -> list[str]:
    """All files but those in which even a reader leaves its mark.

    That is Chroma's database, and its graph folder while the graph is so small that it lives in the database.
    """
    unwritten = {path.parent for path in chroma_folder(folder).glob("*/header.bin")}
    unwritten -= {path.parent for path in chroma_folder(folder).glob("*/index_metadata.pickle")}
    paths = (path for path in folder.rglob("*") if path.is_file() and path.parent not in unwritten)
    return sorted(str(path.relative_to(folder)) for path in paths if not path.name.startswith("chroma.sqlite3"))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_sound(database: Path) -> bool:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
