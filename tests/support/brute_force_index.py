"""An index that compares everything with everything: what the real one must find."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.adapters.index.ngram_index import buckets_of
from bot.adapters.models.embeddings import TwoSidedEmbeddings
from bot.answering.ports import Retrieved, RetrievedSection, Retriever, StoredSection
from bot.answering.reading import Reading as QuestionReading
from bot.errors import KnowledgeError
from bot.ids import Locale, SectionKey
from bot.ingestion.centring import centred_query
from bot.ingestion.chunking import sentences_of
from bot.ingestion.model import (
    ChunkKind,
    Document,
    IndexVersionContent,
    Readership,
    Section,
)
from tests.support.knowledge_parts import MemoryIndexStore, MemoryManifest


class BruteForceKnowledge:
    def __init__(self, number: int, sections: Sequence[StoredSection]) -> None:
        self.version = number
        self._sections = sections

    def copies(self, key: SectionKey) -> list[StoredSection]:
        return [section for section in self._sections if section.key == key]

    def new_facts(self, gap: SectionKey) -> Sequence[SectionKey]:
        return ()

    def beside(self, gap: SectionKey, locale: Locale) -> Sequence[SectionKey]:
        return ()

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
    """See `bot.answering.ports.Index`, over an index store in memory."""

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
