"""Fakes and small builders for tests of ingestion and of the index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bot.adapters.index.ngram_index import buckets_of
from bot.adapters.models.embeddings import TwoSidedEmbeddings, prepared
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.ids import DocumentPath, Locale
from bot.ingestion.model import (
    NO_NOTE,
    Document,
    FolderReading,
    IndexVersion,
    IndexVersionContent,
    KeptFile,
    Means,
    PartNames,
    Section,
    Source,
    VersionNote,
    VersionRecord,
)
from bot.ingestion.ports import ReportShare
from bot.writing.folding import words

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
THREADS = AnsweringThreads()
"""For every index of the tests: a thread is begun when there is something to do."""

FRONT_MATTER = """\
---
title: {title}
topic: {topic}
source:
  publisher: Xinhua
  title: A page
  date: 2026-01-19
  url: https://example.org/page
as_of: 2026-01-19
audience: public
owner: knowledge team
---

"""


def write_file(folder: Path, name: str, body: str, *, title: str = "A title") -> Path:
    """Write a whole knowledge file: front matter that fits its place, then `body`."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    topic = "/".join(name.split("/")[1:-1]) or "general"
    file.write_text(FRONT_MATTER.format(title=title, topic=topic) + body, encoding="utf-8")
    return file


def section_text(section_id: str, text: str, *questions: str, heading: str = "Heading") -> str:
    """One section as it stands in a knowledge file."""
    lines = [f"## {heading} {{#{section_id}}}", "", text, "", *(f"? {question}" for question in questions), ""]
    return "\n".join(lines)


def section(section_id: str, text: str, *questions: str, **more: Any) -> Section:
    source = Source(publisher="Xinhua", title="A page", url="https://example.org/page", date=date(2026, 1, 19))
    defaults: dict[str, Any] = {"heading": section_id.title(), "source": source, "as_of": date(2026, 1, 19)}
    return Section(section_id=section_id, text=text, questions=tuple(questions), **{**defaults, **more})


def document(path: str, locale: Locale, *sections: Section, **more: Any) -> Document:
    values: dict[str, Any] = {
        "path": DocumentPath(path),
        "locale": locale,
        "title": f"Title of {path}",
        "topic": path.partition("/")[0],
        "sections": tuple(sections),
        "content_hash": str(hash((path, locale, sections))),
        **more,
    }
    return Document(**values)


class LetterEmbeddings(TwoSidedEmbeddings):
    """Texts with the same words are near each other; needs no model. Counts what it embeds."""

    def __init__(self, name: str = "letters", dimensions: int = 96) -> None:
        self.name = name
        self.embedded: list[str] = []
        self._dimensions = dimensions

    @property
    def identity(self) -> str:
        return self.name

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded.extend(texts)
        return [self._vector(text) for text in texts]

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        return self.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._vector(text)

    def _vector(self, text: str) -> list[float]:
        vector = np.full(self._dimensions, 0.01)
        for word in words(prepared(text)):
            for bucket in buckets_of(word):
                vector[bucket % self._dimensions] += 1.0 if bucket // self._dimensions % 2 else -1.0
        return (vector / np.linalg.norm(vector)).tolist()


class MemoryVectorCache:
    """See `bot.adapters.models.cached_embedder.VectorCache`."""

    def __init__(self) -> None:
        self.vectors: dict[tuple[str, str], np.ndarray] = {}

    async def get_many(self, identity: str, hashes: Iterable[str]) -> dict[str, np.ndarray]:
        return {name: self.vectors[identity, name] for name in hashes if (identity, name) in self.vectors}

    async def put_many(self, identity: str, vectors: Mapping[str, np.ndarray]) -> None:
        self.vectors.update({(identity, name): vector for name, vector in vectors.items()})


@dataclass
class MemoryManifest:
    """See `bot.ingestion.ports.Manifest`."""

    begun: dict[int, str] = field(default_factory=dict)
    written: dict[int, list[Document]] = field(default_factory=dict)
    names: dict[int, dict[str, str]] = field(default_factory=dict)
    raw: dict[str, KeptFile] = field(default_factory=dict)
    versions: list[tuple[IndexVersion, Means]] = field(default_factory=list)
    records: list[VersionRecord] = field(default_factory=list)
    last: int = 0
    keep_versions: int = 50

    async def begin(self, embedding_identity: str) -> int:
        self.last += 1
        self.begun[self.last] = embedding_identity
        return self.last

    async def write_documents(self, number: int, documents: Sequence[Document]) -> None:
        self.written[number] = list(documents)

    async def write_files(self, number: int, names: Mapping[str, str], files: Iterable[KeptFile]) -> None:
        self.names[number] = dict(names)
        self.raw.update({file.digest: file for file in files if file.digest in names.values()})

    async def publish(
        self, content: IndexVersionContent, *, now: datetime, note: VersionNote = NO_NOTE
    ) -> IndexVersion:
        version = IndexVersion(
            number=content.number,
            embedding_identity=self.begun.pop(content.number),
            documents=len(content.documents),
            chunks=content.chunks,
            fingerprint=content.fingerprint,
            published_at=now,
            pending=content.pending,
        )
        self.versions.append((version, content.means))
        self._record(version.number, now, version.documents, note, was_published=True)
        return version

    async def keep(self, number: int, *, fingerprint: str, documents: int, now: datetime, note: VersionNote) -> None:
        del self.begun[number]
        self._record(number, now, documents, note, was_published=False)

    def _record(self, number: int, now: datetime, documents: int, note: VersionNote, *, was_published: bool) -> None:
        self.records.insert(0, VersionRecord(number, now, documents, note, False, was_published, False))

    async def published(self) -> IndexVersion | None:
        return self.versions[-1][0] if self.versions else None

    async def documents(self, number: int) -> list[Document]:
        return sorted(self.written.get(number, []), key=lambda document: document.file)

    async def file_names(self, number: int) -> Mapping[str, str]:
        return self.names.get(number, {})

    async def files(self, digests: Collection[str]) -> list[KeptFile]:
        return [self.raw[digest] for digest in digests if digest in self.raw]

    async def history(self) -> list[VersionRecord]:
        current = self.versions[-1][0] if self.versions else None
        partial = {version.number for version, _ in self.versions[:-1] if version.pending}
        return [
            replace(
                record,
                is_published=current is not None and record.number == current.number,
                has_files=bool(self.names.get(record.number)),
            )
            for record in self.records
            if record.number not in partial
        ]

    async def means(self, number: int) -> Means | None:
        return next((means for version, means in self.versions if version.number == number), None)

    async def discard(self, number: int) -> None:
        self.begun.pop(number, None)
        self.written.pop(number, None)
        self.names.pop(number, None)

    async def tidy(self) -> tuple[int, ...]:
        older = {version.number for version, _ in self.versions[:-2] if version.pending}
        self.versions = self.versions[-2:]
        self.begun.clear()
        kept = [record for record in self.records if record.number not in older]
        self.records = kept[: self.keep_versions]
        numbers = {record.number for record in self.records}
        self.written = {number: documents for number, documents in self.written.items() if number in numbers}
        return tuple(version.number for version, _ in reversed(self.versions))


@dataclass
class MemoryIndexStore:
    """See `bot.ingestion.ports.IndexStore`; `fault` is raised by the next builds."""

    built: dict[int, IndexVersionContent] = field(default_factory=dict)
    stored: list[int] = field(default_factory=list)
    fault: Exception | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        async with self.lock:
            yield

    async def parts(self, version: IndexVersion) -> dict[Locale, PartNames]:
        content = self.built.get(version.number)
        return {part.locale: part.names for part in content.parts} if content else {}

    async def build(self, content: IndexVersionContent, *, report: ReportShare | None = None) -> None:
        if self.fault is not None:
            raise self.fault
        before = {part.locale: part for part in self.built[content.before].parts} if content.before else {}
        parts = tuple(before[part.locale] if part.documents is None else part for part in content.parts)
        self.built[content.number] = replace(content, parts=parts)
        if report is not None:
            report(1.0)

    async def store(self, version: IndexVersion, *, report: ReportShare | None = None) -> bool:
        if version.number in self.stored:
            return False
        self.stored.append(version.number)
        if report is not None:
            report(1.0)
        return True

    async def holds(self, version: IndexVersion) -> bool:
        return version.number in self.built

    async def discard(self, number: int) -> None:
        self.built.pop(number, None)

    async def prune(self, keep: Collection[int]) -> None:
        for number in [number for number in self.built if number < max(keep, default=0) and number not in keep]:
            del self.built[number]


class GivenReading:
    """A reader that gives the reading it was given."""

    def __init__(self, *documents: Document, broken: Collection[str] = ()) -> None:
        self.reading = FolderReading(documents=documents, faults=(), warnings=(), broken=frozenset(broken))

    async def read(self, *, unsettled: Collection[str] = (), known: Iterable[Document] = ()) -> FolderReading:
        return self.reading


def no_language(text: str) -> Locale | None:
    return None
