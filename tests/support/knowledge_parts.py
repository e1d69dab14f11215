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
from bot.answering.ports import Retrieved, RetrievedSection, Retriever, StoredSection
from bot.answering.reading import Reading as QuestionReading
from bot.errors import KnowledgeError
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.centring import centred_query
from bot.ingestion.chunking import sentences_of
from bot.ingestion.model import (
    ChunkKind,
    Document,
    FolderReading,
    IndexVersion,
    IndexVersionContent,
    Means,
    PartNames,
    Readership,
    Section,
    Source,
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
    history: list[tuple[IndexVersion, Means]] = field(default_factory=list)
    last: int = 0

    async def begin(self, embedding_identity: str) -> int:
        self.last += 1
        self.begun[self.last] = embedding_identity
        return self.last

    async def write_documents(self, number: int, documents: Sequence[Document]) -> None:
        self.written[number] = list(documents)

    async def publish(self, content: IndexVersionContent, *, now: datetime) -> IndexVersion:
        version = IndexVersion(
            number=content.number,
            embedding_identity=self.begun.pop(content.number),
            documents=len(content.documents),
            chunks=content.chunks,
            fingerprint=content.fingerprint,
            published_at=now,
            pending=content.pending,
        )
        self.history.append((version, content.means))
        return version

    async def published(self) -> IndexVersion | None:
        return self.history[-1][0] if self.history else None

    async def documents(self, number: int) -> list[Document]:
        return sorted(self.written[number], key=lambda document: document.file)

    async def means(self, number: int) -> Means | None:
        return next((means for version, means in self.history if version.number == number), None)

    async def discard(self, number: int) -> None:
        self.begun.pop(number, None)
        self.written.pop(number, None)

    async def tidy(self) -> tuple[int, ...]:
        self.history = self.history[-2:]
        self.begun.clear()
        return tuple(version.number for version, _ in self.history)


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

    async def prune(self, keep: Collection[int]) -> None:
        for number in [number for number in self.built if number < max(keep, default=0) and number not in keep]:
            del self.built[number]


class GivenReading:
    """A reader that gives the reading it was given."""

    def __init__(self, *documents: Document, broken: Collection[str] = ()) -> None:
        self.reading = FolderReading(documents=documents, faults=(), warnings=(), broken=frozenset(broken))

    async def read(self, *, unsettled: Collection[str] = (), known: Iterable[Document] = ()) -> FolderReading:
        return self.reading


class BruteForceKnowledge:
    def __init__(self, number: int, sections: Sequence[StoredSection]) -> None:
        self.version = number
        self._sections = sections

    def copies(self, key: SectionKey) -> list[StoredSection]:
        return [section for section in self._sections if section.key == key]

    def keys(self) -> list[SectionKey]:
        first = {section.key: number for number, section in reversed(list(enumerate(self._sections)))}
        return sorted(first, key=lambda key: (self._sections[first[key]].topic, key.path, first[key]))


async def sections_found(retriever: Retriever, text: str, locale: Locale, *, top_k: int) -> list[RetrievedSection]:
    """What is retrieved for a text as it was typed, nearest first."""
    (retrieved,) = await retriever.retrieve([QuestionReading(text)], locale, top_k=top_k)
    return sorted(retrieved.sections, key=lambda section: -max(section.passage, section.question))


class BruteForceRetriever:
    """See `bot.answering.ports.Retriever`: compares everything with everything."""

    def __init__(self, content: IndexVersionContent, embeddings: TwoSidedEmbeddings, by_letters: int = 8) -> None:
        self._content = content
        self._chunks = [chunk for part in content.parts for chunk in part.chunks or ()]
        self._vectors = np.vstack([part.vectors for part in content.parts if part.vectors is not None])
        self._left_out = {(key, part.locale) for part in content.parts for key in part.left_out}
        self._embeddings = embeddings
        self._by_letters = by_letters
        self.sections = [
            stored_section(document, section)
            for document in content.documents
            if document.audience is Readership.PUBLIC
            for section in document.sections
        ]
        self.knowledge = BruteForceKnowledge(content.number, self.sections)

    async def retrieve(self, readings: Sequence[QuestionReading], locale: Locale, *, top_k: int) -> list[Retrieved]:
        return [self._retrieved(reading, locale, top_k) for reading in readings]

    async def remembers(self, text: str, locale: Locale) -> bool:
        return False

    async def in_own_letters(self, text: str, locale: Locale) -> str:
        return text

    async def corrected(self, text: str, locale: Locale) -> str:
        return text

    def _retrieved(self, reading: QuestionReading, locale: Locale, top_k: int) -> Retrieved:
        scores = self._vectors @ self._vector(reading, locale)
        rows = sorted((row for row in range(len(scores)) if self._is_searched(row)), key=lambda row: -scores[row])
        every = {self._chunks[row].key: None for row in rows}
        own, foreign = self._coverage(reading.text, locale)
        found = [self._section(key, locale, scores, rows, own.get(key, 0.0), foreign.get(key, 0.0)) for key in every]
        chosen: set[SectionKey] = set()
        for name in ("passage", "question", "sentence"):
            chosen |= {one.key for one in sorted(found, key=lambda one: -getattr(one, name))[:top_k]}
        for name in ("coverage", "foreign_coverage"):
            by_letters = [one for one in found if getattr(one, name) > 0]
            chosen |= {one.key for one in sorted(by_letters, key=lambda one: -getattr(one, name))[: self._by_letters]}
        sections = [one for one in found if one.key in chosen]
        return Retrieved(sections, lambda section: self._sentence_scores(section, scores))

    def _sentence_scores(self, section: StoredSection, scores: np.ndarray) -> list[float]:
        rows = [
            row
            for row, chunk in enumerate(self._chunks)
            if chunk.kind is ChunkKind.SENTENCE and self._name(row) == (section.key, section.locale)
        ]
        return [float(scores[row]) for row in sorted(rows, key=lambda row: self._chunks[row].ordinal)]

    def _vector(self, reading: QuestionReading, locale: Locale) -> np.ndarray:
        raw = (np.asarray(self._embeddings.embed_query(text), dtype=np.float32) for text in reading.texts)
        total = np.sum([centred_query(vector, locale, self._content.means) for vector in raw], axis=0)
        return total / np.linalg.norm(total) if reading.context else total

    def _name(self, row: int) -> tuple[SectionKey, Locale]:
        return self._chunks[row].key, self._chunks[row].locale

    def _is_searched(self, row: int) -> bool:
        return self._name(row) not in self._left_out

    def _coverage(self, text: str, locale: Locale) -> tuple[dict[SectionKey, float], dict[SectionKey, float]]:
        foreign: dict[SectionKey, float] = {}
        for other in Locale:
            if other is not locale:
                for key, share in self._shares(text, other).items():
                    foreign[key] = max(share, foreign.get(key, 0.0))
        return self._shares(text, locale), foreign

    def _shares(self, text: str, locale: Locale) -> dict[SectionKey, float]:
        own = [one for one in self.sections if one.locale is locale and (one.key, locale) not in self._left_out]
        held = {one.key: buckets_of(f"{one.heading}\n{one.text}") for one in own}
        asked = buckets_of(text)
        holders = {gram: sum(gram in grams for grams in held.values()) for gram in asked}
        weight = {gram: np.log1p(len(own) / count if count else 2.0 * len(own)) for gram, count in holders.items()}
        total = sum(weight.values()) or 1.0
        return {key: float(sum(weight[gram] for gram in asked & grams) / total) for key, grams in held.items()}

    def _section(
        self, key: SectionKey, locale: Locale, scores: np.ndarray, rows: list[int], own: float, foreign: float
    ) -> RetrievedSection:
        best: dict[ChunkKind, dict[Locale, float]] = {kind: {} for kind in ChunkKind}
        for row in rows:
            chunk = self._chunks[row]
            if chunk.key == key:
                best[chunk.kind].setdefault(chunk.locale, float(scores[row]))
        passages, questions, sentences = (list(best[kind].values()) for kind in ChunkKind)
        has_questions, questions = bool(questions), questions or passages
        return RetrievedSection(
            key=key,
            passage=max(passages),
            passage_mean=sum(passages) / len(passages),
            question=max(questions),
            question_mean=sum(questions) / len(questions),
            sentence=max(sentences or passages),
            coverage=own,
            foreign_coverage=foreign,
            is_native=locale in best[ChunkKind.PASSAGE],
            has_questions=has_questions,
        )


class BruteForceIndex:
    """See `bot.answering.ports.Index`, over a index store in memory."""

    def __init__(self, manifest: MemoryManifest, index_store: MemoryIndexStore, embeddings: TwoSidedEmbeddings) -> None:
        self._manifest = manifest
        self._index_store = index_store
        self._embeddings = embeddings
        self._current: BruteForceRetriever | None = None

    def current(self) -> BruteForceRetriever:
        if self._current is None:
            raise KnowledgeError("no knowledge was ever published; run: scoda knowledge sync")
        return self._current

    async def refresh(self) -> bool:
        published = await self._manifest.published()
        if published is None:
            return False
        self._current = BruteForceRetriever(self._index_store.built[published.number], self._embeddings)
        return True

    async def close(self) -> None:
        self._current = None


def stored_section(document: Document, section: Section) -> StoredSection:
    return StoredSection(
        key=document.key_of(section),
        locale=document.locale,
        title=document.title,
        topic=document.topic,
        heading=section.heading,
        text=section.text,
        sentences=tuple(sentences_of(section, document.locale)),
        questions=section.questions,
        publisher=section.source.publisher if section.source else "",
        source_title=section.source.title if section.source else "",
        url=section.source.url if section.source else "",
        source_date=section.source.date if section.source else None,
        as_of=section.as_of,
        valid_from=section.valid_from,
        valid_until=section.valid_until,
        answerable=document.answerable,
        reply=document.reply,
    )


def no_language(text: str) -> Locale | None:
    return None
