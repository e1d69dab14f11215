"""Retrieves from one version: by meaning among its vectors, by letters in its n-gram index.

Every row is compared exactly, which takes some milliseconds for tens of thousands; where a vector store names the
candidates, only these are.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

import numpy as np
import numpy.typing as npt
import structlog

from bot.adapters.e5.lists import ranges
from bot.adapters.index.beside_open_questions import (
    NEWLY_ANSWERED_FROM,
    NEWLY_BESIDE_FROM,
    beside_open_questions,
    newly_beside,
    open_questions_near,
)
from bot.adapters.index.chroma import VectorStore
from bot.adapters.index.pinned_rows import PinnedRows
from bot.adapters.index.section_scores import LOCALES, Coverage, RowGroups, SectionTable, TextCoverage
from bot.adapters.index.version_files import VersionFiles
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.gathered_work import GatheredWork
from bot.answering.ports import LEAST_LOG_POSTERIOR, Retrieved, RetrievedSection, StoredSection
from bot.answering.reading import Reading
from bot.errors import KnowledgeError
from bot.ids import Locale, SectionKey
from bot.ingestion.centring import centred_chunks, centred_query
from bot.ingestion.model import Chunk, ChunkKind, Vector
from bot.writing.romanised import Reader, is_romanised, reader
from bot.writing.spelling import Spelling
from bot.writing.transliteration import own_script

_log = structlog.get_logger(__name__)
_NO_WORDS = Spelling(())
_PINNED_TOP_K = 40
"""Sections found for a pin's question: as many as `bot.answering.pipeline` asks for."""
_MOST_SEARCHES = 8
"""Questions that are searched for at once: as many as are embedded at once."""
_TINY = 1e-9
"""In place of a length of 0, by which nothing can be divided."""


class QuestionEmbedder(Protocol):
    """Embeds visitors' questions; asking for the same text again soon costs nothing."""

    @property
    def identity(self) -> str:
        """Names the vector space."""
        ...

    async def question(self, text: str) -> Vector:
        """The raw vector of a question."""
        ...

    def remembers(self, text: str) -> bool:
        """Whether `question` needs no work for this one."""
        ...


@dataclass(frozen=True, slots=True)
class _Search:
    """The readings of one question, a row of `vectors` each."""

    readings: Sequence[Reading]
    vectors: Vector
    locale: Locale
    top_k: int


class PublishedKnowledge:
    """See `bot.answering.ports.Knowledge`."""

    def __init__(self, files: VersionFiles) -> None:
        self._files = files
        self._beside: dict[Locale, Mapping[SectionKey, tuple[SectionKey, ...]]] = {}
        copies: dict[SectionKey, list[StoredSection]] = defaultdict(list)
        for section in files.sections:
            if not section.only_finds:
                copies[section.key].append(section)
        self._copies = {key: tuple(found) for key, found in copies.items()}
        place = {key: number for number, key in enumerate(copies) if not _only_lead(copies[key])}
        self._keys = tuple(sorted(place, key=lambda key: (copies[key][0].topic, key.path, place[key])))

    @property
    def version(self) -> int:
        """See the port."""
        return self._files.number

    def copies(self, key: SectionKey) -> Sequence[StoredSection]:
        """See the port."""
        return self._copies.get(key, ())

    def keys(self) -> Sequence[SectionKey]:
        """See the port."""
        return self._keys

    def beside(self, gap: SectionKey, locale: Locale) -> Sequence[SectionKey]:
        """See the port."""
        if locale not in self._beside:
            self._beside[locale] = beside_open_questions(self._files, locale)
        return tuple(dict.fromkeys((*self._new(gap, NEWLY_BESIDE_FROM), *self._beside[locale].get(gap, ()))))

    def new_facts(self, gap: SectionKey) -> Sequence[SectionKey]:
        """See the port."""
        return self._new(gap, NEWLY_ANSWERED_FROM)

    def compare_new_sections(self) -> None:
        """Compare the sections without example questions with the open questions; that is kept."""
        _ = self._newly_beside

    def _new(self, gap: SectionKey, least: float) -> list[SectionKey]:
        return [key for key, share in self._newly_beside.get(gap, {}).items() if share >= least]

    @cached_property
    def _newly_beside(self) -> Mapping[SectionKey, Mapping[SectionKey, float]]:
        return newly_beside(self._files)


class VersionRetriever:
    """See `bot.answering.ports.Retriever`. Stays usable, whatever is published meanwhile, for as long as it is held."""

    def __init__(self, files: VersionFiles, embedder: QuestionEmbedder, threads: AnsweringThreads) -> None:
        self._files = files
        self._embedder = embedder
        self._threads = threads
        self._store: _OpenStore | None = None
        self._knowledge = PublishedKnowledge(files)
        self._keys = self._knowledge.keys()
        numbers = {key: number for number, key in enumerate(self._keys)}
        self._groups = RowGroups.of(files, numbers)
        self._copies = {(section.key, section.locale): number for number, section in enumerate(files.sections)}
        self._key_of = np.array([numbers.get(section.key, -1) for section in files.sections], dtype=np.int64)
        self._classes = _places(files.discriminant[1] if files.discriminant else {}, self._keys)
        self._coverage = TextCoverage(files, numbers)
        has_pins = any(section.is_pin for section in files.sections)
        self._pins = PinnedRows(files) if has_pins else None
        self._searches: GatheredWork[_Search, Sequence[Retrieved]] = GatheredWork(
            threads, self._found, most=_MOST_SEARCHES
        )
        self._readers: dict[Locale, Reader] = {}
        self._spellings: dict[Locale, Spelling] = {}

    @property
    def knowledge(self) -> PublishedKnowledge:
        """See the port."""
        return self._knowledge

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self._files.dimension

    @property
    def rows(self) -> int:
        """How many rows may nominate their section."""
        return int(self._files.is_searched.sum())

    @property
    def is_nominated(self) -> bool:
        """Whether a vector store names the candidates; else every row is compared."""
        return self._store is not None and not self._store.has_failed

    def nominate_by(self, store: VectorStore) -> weakref.finalize[..., object]:
        """From now on, and until it fails, let the store name the candidates.

        Returns what closes it; by itself that happens when no search can ask it any more.
        """
        self._store = _OpenStore(store, self._files)
        return weakref.finalize(self._store, store.close)

    async def retrieve(self, readings: Sequence[Reading], locale: Locale, *, top_k: int) -> Sequence[Retrieved]:
        """See the port. By meaning, a reading with a context lies half way between its text with it and without."""
        texts = list(dict.fromkeys(text for reading in readings for text in reading.texts))
        spelling = await self._spelling_of(locale)
        raw = await asyncio.gather(*(self._embedder.question(spelling.restored(text)) for text in texts))
        known = {
            text: centred_query(vector, locale, self._files.means) for text, vector in zip(texts, raw, strict=True)
        }
        vectors = np.stack([_middle([known[text] for text in reading.texts]) for reading in readings])
        return await self._searches.result(_Search(readings, vectors, locale, top_k), weight=len(readings))

    def open_questions_near(self, chunks: Sequence[Chunk], raw: Vector) -> Sequence[SectionKey]:
        """The open questions that a section seems to answer, by the raw vectors of its passages and sentences."""
        centred = centred_chunks(chunks, raw, self._files.means)
        return open_questions_near(self._files, chunks[0].key, chunks[0].locale, centred)

    def compare_new_sections(self) -> None:
        """Compare them with the open questions, which else the first answer does: half a second where there are any."""
        self._knowledge.compare_new_sections()

    async def vector_of(self, text: str, locale: Locale) -> Vector:
        """The centred vector of a question, of length 1."""
        raw = await self._embedder.question((await self._spelling_of(locale)).restored(text))
        return centred_query(raw, locale, self._files.means)

    async def remembers(self, text: str, locale: Locale) -> bool:
        """See the port."""
        return self._embedder.remembers((await self._spelling_of(locale)).restored(text))

    async def in_own_letters(self, text: str, locale: Locale) -> str:
        """See the port."""
        if not is_romanised(text, locale):
            return own_script(text, locale)
        if locale not in self._readers:
            self._readers[locale] = await self._threads.run(reader, locale, await self._spelling_of(locale))
        return await self._threads.run(self._readers[locale].read, text)

    async def corrected(self, text: str, locale: Locale) -> str:
        """See the port."""
        spelling = await self._spelling_of(locale)
        return await self._threads.run(spelling.corrected, text)

    async def _spelling_of(self, locale: Locale) -> Spelling:
        if locale not in self._spellings:
            part = self._files.part(locale)
            self._spellings[locale] = _NO_WORDS if part is None else await asyncio.to_thread(part.spelling)
        return self._spellings[locale]

    def _found(self, searches: Sequence[_Search]) -> list[Sequence[Retrieved]]:
        """Compare all at once: going through the rows costs more than the products."""
        if self._store is not None:
            return [self._found_one(search, None) for search in searches]
        compared = self._files.similarities(np.concatenate([search.vectors for search in searches]))
        ends = np.cumsum([len(search.vectors) for search in searches])[:-1]
        return [self._found_one(*one) for one in zip(searches, np.split(compared, ends), strict=True)]

    def _found_one(self, search: _Search, compared: Vector | None) -> Sequence[Retrieved]:
        """What is found for a question; what the store names is for it alone, or it would depend on others'."""
        coverage = partial(self._coverage.coverage, locale=search.locale)
        by_text = {text: coverage(text) for text in {reading.text for reading in search.readings}}
        covered = [by_text[reading.text] for reading in search.readings]
        similarities = self._nominated(search.vectors, search.top_k, covered) if compared is None else compared
        return [
            self._retrieved(*one, own=LOCALES.index(search.locale), top_k=search.top_k)
            for one in zip(search.vectors, similarities, covered, strict=True)
        ]

    def _nominated(self, vectors: Vector, top_k: int, covered: Sequence[Coverage]) -> Vector:
        """How near every row is to each vector; those of sections that neither store nor letters name are -inf."""
        store = self._store
        nominated = [store.nearest(vector, top_k) if store is not None else None for vector in vectors]
        if any(rows is None for rows in nominated):
            return self._files.similarities(vectors)
        found = np.concatenate([rows for rows in nominated if rows is not None])
        is_named = np.logical_or.reduce([one.most for one in covered])
        named = self._key_of[self._files.section_of[found]]
        is_named[named[named >= 0]] = True
        copies = np.flatnonzero((self._key_of >= 0) & is_named[self._key_of]) if len(is_named) else self._key_of[:0]
        firsts, ends = self._files.first_rows[copies], self._files.first_rows[copies + 1]
        rows = ranges(firsts, ends - firsts)
        rows = rows if self._pins is None else np.union1d(rows, self._pins.rows)
        similarities = np.full((len(vectors), len(self._files.section_of)), -np.inf, dtype=np.float32)
        similarities[:, rows] = vectors @ self._files.vectors(rows).T
        return similarities

    def _retrieved(self, vector: Vector, similarities: Vector, covered: Coverage, *, own: int, top_k: int) -> Retrieved:
        sections = self._sections_near(vector, similarities, covered, own=own, top_k=top_k)
        pins = self._pins.found(similarities[self._pins.rows], self._found_for) if self._pins is not None else ()
        return Retrieved(sections, lambda section: self._sentence_scores(section, similarities), pins)

    def _sections_near(
        self, vector: Vector, similarities: Vector, covered: Coverage, *, own: int, top_k: int
    ) -> Sequence[RetrievedSection]:
        table = SectionTable.of(self._groups.best(similarities), self._groups.languages)
        chosen = np.flatnonzero((table.nearest(top_k) | covered.most) & table.is_embedded)
        columns = (  # in the order of the fields
            *table.similarities(chosen),
            *(of_all[chosen] for of_all in (covered.own, covered.foreign, covered.words)),
            *table.traits(chosen, own),
            self._posteriors(vector, chosen),
        )
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [RetrievedSection(self._keys[n], *row) for n, row in zip(chosen.tolist(), rows, strict=True)]

    def _found_for(self, text: str, locale: Locale, vector: Vector) -> Sequence[RetrievedSection]:
        """What is found for a question of a pin: all rows are compared, once a version."""
        covered = self._coverage.coverage(text, locale)
        (similarities,) = self._files.similarities(vector[np.newaxis])
        return self._sections_near(vector, similarities, covered, own=LOCALES.index(locale), top_k=_PINNED_TOP_K)

    def _sentence_scores(self, section: StoredSection, similarities: Vector) -> Sequence[float]:
        number = self._copies.get((section.key, section.locale))
        if number is None:
            raise KnowledgeError(f"version {self._files.number} has no {section.locale}/{section.key}")
        rows = self._files.rows_of(number, ChunkKind.SENTENCE)
        if len(rows) < len(section.sentences) or not np.isfinite(similarities[rows]).all():
            return [0.0] * len(section.sentences)
        scores: list[float] = similarities[rows].tolist()
        return scores

    def _posteriors(self, vector: Vector, sections: npt.NDArray[np.int64]) -> np.ndarray:
        """Of each of these sections; None for each where nothing was learned."""
        if self._files.discriminant is None:
            return np.full(len(sections), None)
        known = np.append(self._files.discriminant[0].log_posteriors(vector), LEAST_LOG_POSTERIOR)
        return np.asarray(known[self._classes[sections]], dtype=np.float32)


class _OpenStore:
    """A vector store that names candidates, until it fails."""

    def __init__(self, store: VectorStore, files: VersionFiles) -> None:
        rows, ids = files.searched()
        order = np.argsort(ids)
        self._ids, self._rows = np.array(ids)[order], rows[order]
        self._store = store
        self.has_failed = False

    def nearest(self, vector: Vector, top_k: int) -> npt.NDArray[np.int64] | None:
        """The nearest rows, best first; None when the store can't be asked."""
        if self.has_failed:
            return None
        try:
            found = np.array([near.chunk_id for near in self._store.nearest(vector, top_k=top_k)])
        except KnowledgeError as error:
            if not self.has_failed:
                _log.error("vector_store_failed", reason=str(error), then="every row is compared")
            self.has_failed = True
            return None
        places = np.searchsorted(self._ids, found).clip(max=len(self._ids) - 1)
        rows: npt.NDArray[np.int64] = self._rows[places[self._ids[places] == found]]
        return rows


def _middle(vectors: Sequence[Vector]) -> Vector:
    """The direction in the middle, of length 1."""
    if len(vectors) == 1:
        return vectors[0]
    total = np.sum(vectors, axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), _TINY), dtype=np.float32)


def _only_lead(copies: Sequence[StoredSection]) -> bool:
    """Whether they are pins that tell another section."""
    return all(copy.tells is not None for copy in copies)


def _places(classes: Mapping[SectionKey, int], keys: Sequence[SectionKey]) -> npt.NDArray[np.int64]:
    """The class of each section; of one that has none, one behind the last."""
    return np.array([classes.get(key, len(classes)) for key in keys], dtype=np.int64)
