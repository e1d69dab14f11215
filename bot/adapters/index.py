"""The published generation, open for search: by meaning among its vectors, by letters in the lexicon.

Every row is compared exactly, which takes some milliseconds for tens of thousands. From `NOMINATED_FROM` rows on the
vector store names the candidates as soon as it is written; they are then compared exactly, too.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import structlog

from bot.adapters.chroma import StorePlace, VectorStore, open_store
from bot.adapters.generation_files import GenerationFiles, PartFiles, kind_number, read_files
from bot.adapters.shelf import GenerationShelf
from bot.answering.ports import Match, SentenceHit, StoredSection
from bot.errors import EmbeddingMismatchError, KnowledgeError, NothingPublishedError
from bot.ingestion.centring import centred_query
from bot.ingestion.model import ChunkKind, Generation, Vector
from bot.vocabulary import Locale, SectionKey
from bot.writing.romanised import Reader, is_romanised, reader
from bot.writing.spelling import Spelling
from bot.writing.transliteration import own_script

_log = structlog.get_logger(__name__)

_OWN_SHARE = 0.5
"""How much of the mean of its language is taken off a question that is compared with texts in the same language.

Only where no questions are stored. Stored questions are asked as the visitor's is, passages are not: of the mean of a
language's questions a part says what is asked for (on passages nobody tuned for, right first 84.9 % instead of 83.8 %).
"""
NOMINATED_FROM = 150_000
"""Rows from which the vector store names the candidates. Comparing 52,000 takes 6 ms, asking the store 1.2 ms (and it
takes 150 MB of memory): here both are worth a third of what embedding the question takes."""
_NO_WORDS = Spelling(())
_BY_LETTERS = 8
"""Sections that are added for holding the question's letters, however far they are by meaning."""


class QuestionEmbedder(Protocol):
    """Embeds visitors' questions; asking for the same text again soon costs nothing."""

    @property
    def identity(self) -> str:
        """Names the vector space."""
        ...

    async def question(self, text: str) -> Vector:
        """The raw vector of a question."""
        ...


class PublishedGeneration(Protocol):
    """Tells which generation is in use."""

    async def published(self) -> Generation | None:
        """The generation in use."""
        ...


class PublishedKnowledge:
    """See `bot.answering.ports.Knowledge`."""

    def __init__(self, number: int, sections: Iterable[StoredSection]) -> None:
        self._number = number
        copies: dict[SectionKey, list[StoredSection]] = defaultdict(list)
        for section in sections:
            copies[section.key].append(section)
        self._copies = {key: tuple(found) for key, found in copies.items()}
        place = {key: number for number, key in enumerate(copies)}
        self._keys = tuple(sorted(copies, key=lambda key: (copies[key][0].topic, key.path, place[key])))

    @property
    def generation(self) -> int:
        """See the port."""
        return self._number

    def copies(self, key: SectionKey) -> Sequence[StoredSection]:
        """See the port."""
        return self._copies.get(key, ())

    def keys(self) -> Sequence[SectionKey]:
        """See the port."""
        return self._keys


@dataclass(frozen=True, slots=True)
class _Rows:
    """What of a section is compared with a question: passages copy by copy, questions copy by copy, sentences.

    `starts` are where each copy's passages, each copy's questions and the sentences of one copy begin in `rows`; the
    first `passages` of them are passages, the next `questions` questions. `is_own` tells which rows are in the language
    of the question.
    """

    rows: npt.NDArray[np.int64]
    is_own: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.int64]
    passages: int
    questions: int

    @classmethod
    def of(cls, files: GenerationFiles, copies: Sequence[int]) -> Self:
        """Passages and questions of these copies, without any sentences; none where no passage is embedded yet."""
        passages = [rows for number in copies if len(rows := files.rows_of(number, ChunkKind.PASSAGE))]
        questions = [rows for number in copies if len(rows := files.rows_of(number, ChunkKind.QUESTION))]
        groups = [*passages, *questions] if passages else []
        starts = np.cumsum([0, *(len(rows) for rows in groups[:-1])])
        rows = np.concatenate(groups) if groups else np.zeros(0, dtype=np.int64)
        return cls(rows, np.zeros(len(rows), dtype=np.bool_), starts, len(passages), len(questions))

    def in_language(self, files: GenerationFiles, own: int) -> Self:
        """The same with the sentences of the copy in the language of the question."""
        rows, starts = self.rows, self.starts
        if self.passages and len(sentences := files.rows_of(own, ChunkKind.SENTENCE)):
            rows, starts = np.concatenate([rows, sentences]), np.append(starts, len(rows))
        return replace(self, rows=rows, starts=starts, is_own=files.section_of[rows] == own)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question in `locale`: its vector for texts in any language, and for those in its own."""

    text: str
    locale: Locale
    vector: Vector
    own: Vector


Similarities = Callable[[npt.NDArray[np.int64]], Vector]
"""The similarities of rows with a question."""


class GenerationSearch:
    """See `bot.answering.ports.Search`. Stays usable, whatever is published meanwhile, for as long as it is held."""

    def __init__(self, files: GenerationFiles, embedder: QuestionEmbedder) -> None:
        self._files = files
        self._embedder = embedder
        self._store: _OpenStore | None = None
        self._knowledge = PublishedKnowledge(files.number, files.sections)
        self._numbers = {(section.key, section.locale): number for number, section in enumerate(files.sections)}
        self._common_rows: dict[SectionKey, _Rows] = {}
        self._rows: dict[tuple[SectionKey, Locale], _Rows] = {}
        self._readers: dict[Locale, Reader] = {}
        self._places: dict[Locale, Mapping[SectionKey, int]] = {}
        self._has_questions = bool((files.kinds == kind_number(ChunkKind.QUESTION)).any())

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

    def nominate_by(self, store: VectorStore) -> None:
        """From now on let the store name the candidates."""
        self._store = _OpenStore(store, self._files)

    async def matches(self, text: str, locale: Locale, *, top_k: int) -> Sequence[Match]:
        """See the port. The nearest by meaning first."""
        raw = await self._raw_vector(text, locale)
        vector = own = centred_query(raw, locale, self._files.means)
        if not self._has_questions:
            own = centred_query(raw, locale, self._files.means, share=_OWN_SHARE)
        return await asyncio.to_thread(self._find, _Asked(text, locale, vector, own), top_k)

    async def in_own_letters(self, text: str, locale: Locale) -> str:
        """See the port."""
        if not is_romanised(text, locale):
            return own_script(text, locale)
        if locale not in self._readers:
            self._readers[locale] = await asyncio.to_thread(reader, locale, await self._spelling_of(locale))
        return await asyncio.to_thread(self._readers[locale].read, text)

    async def corrected(self, text: str, locale: Locale) -> str:
        """See the port."""
        spelling = await self._spelling_of(locale)
        return await asyncio.to_thread(spelling.corrected, text)

    async def sentences(self, text: str, locale: Locale, section: StoredSection) -> Sequence[SentenceHit]:
        """See the port. Where they are not all embedded yet none is nearer than another: their words must decide.

        Embedding them for the visitor who waits took an answer two and a half times as long while others are read in.
        """
        vector = centred_query(await self._raw_vector(text, locale), locale, self._files.means)
        number = self._numbers.get((section.key, section.locale))
        if number is None:
            raise KnowledgeError(f"generation {self._files.number} has no {section.locale}/{section.key}")
        rows = self._files.rows_of(number, ChunkKind.SENTENCE)
        if len(rows) < len(section.sentences):
            return [SentenceHit(ordinal, 0.0) for ordinal in range(len(section.sentences))]
        scores = (self._files.vectors(rows) @ vector).tolist()
        return [SentenceHit(ordinal, score) for ordinal, score in enumerate(scores)]

    async def _raw_vector(self, text: str, locale: Locale) -> Vector:
        spelling = await self._spelling_of(locale)
        return await self._embedder.question(spelling.restored(text))

    async def _spelling_of(self, locale: Locale) -> Spelling:
        part = self._files.part(locale)
        return _NO_WORDS if part is None else await asyncio.to_thread(lambda: part.spelling)

    def _find(self, asked: _Asked, top_k: int) -> list[Match]:
        """Name the candidates by meaning and by letters, then compare all of their copies."""
        rows, similarities = self._nearest(asked, top_k)
        keys = [self._files.sections[number].key for number in self._files.section_of[rows].tolist()]
        coverage = self._coverage(asked, keys)
        return sorted(
            self._matches(coverage, asked, similarities), key=lambda match: -max(match.passage, match.question)
        )

    def _nearest(self, asked: _Asked, top_k: int) -> tuple[npt.NDArray[np.int64], Similarities]:
        """The nearest rows, best first, and how to compare others."""
        if self._store is not None and (rows := self._store.nearest(asked.vector, top_k)) is not None:
            return rows, lambda others: self._files.vectors(others) @ asked.vector
        found = self._files.similarities(asked.vector[np.newaxis])[0]
        searched = np.flatnonzero(self._files.is_searched)
        scores = found[searched]
        if len(searched) > top_k:
            chosen = np.argpartition(-scores, top_k)[:top_k]
            searched, scores = searched[chosen], scores[chosen]
        return searched[np.argsort(-scores, kind="stable")], lambda others: found[others]

    def _coverage(self, asked: _Asked, nearest: Sequence[SectionKey]) -> dict[SectionKey, float]:
        """The candidates and the share of the question's letters that each holds in the question's language."""
        part = self._files.part(asked.locale)
        if part is None:
            return dict.fromkeys(nearest, 0.0)
        lexicon = part.lexicon
        shares = lexicon.coverage(asked.text)
        most = np.argsort(-shares, kind="stable")[:_BY_LETTERS]
        keys = [*nearest, *(part.sections[lexicon.sections[place]].key for place in most if shares[place] > 0)]
        places = self._places_of(part)
        return {key: float(shares[places[key]]) if key in places else 0.0 for key in dict.fromkeys(keys)}

    def _places_of(self, part: PartFiles) -> Mapping[SectionKey, int]:
        """Where each section stands in the lexicon of the language."""
        if part.locale not in self._places:
            numbers = part.lexicon.sections.tolist()
            self._places[part.locale] = {part.sections[number].key: place for place, number in enumerate(numbers)}
        return self._places[part.locale]

    def _matches(
        self, coverage: Mapping[SectionKey, float], asked: _Asked, similarities: Similarities
    ) -> Iterator[Match]:
        """Compare these sections with the question; those of which nothing is embedded yet are left out."""
        found = {key: rows for key in coverage if (rows := self._rows_of(key, asked.locale)).passages}
        if not found:
            return
        compared = np.concatenate([rows.rows for rows in found.values()])
        scores = similarities(compared)
        if asked.own is not asked.vector:
            is_own = np.concatenate([rows.is_own for rows in found.values()])
            scores[is_own] = self._files.vectors(compared[is_own]) @ asked.own
        posteriors, classes = self._posteriors(asked.vector)
        first = 0
        for key, rows in found.items():
            best = np.maximum.reduceat(scores[first : first + len(rows.rows)], rows.starts)
            first += len(rows.rows)
            posterior = float(posteriors[classes[key]]) if posteriors is not None and key in classes else None
            yield _match(key, rows, best, coverage=coverage[key], log_posterior=posterior)

    def _posteriors(self, vector: Vector) -> tuple[Vector | None, Mapping[SectionKey, int]]:
        if self._files.discriminant is None:
            return None, {}
        discriminant, classes = self._files.discriminant
        return discriminant.log_posteriors(vector), classes

    def _rows_of(self, key: SectionKey, locale: Locale) -> _Rows:
        """What is compared of a section; looked up once a language, at the first question that needs it."""
        rows = self._rows.get((key, locale))
        if rows is None:
            own = self._numbers.get((key, locale))
            rows = self._common_rows_of(key)
            if own is not None and own not in self._files.left_out:
                rows = rows.in_language(self._files, own)
            self._rows[key, locale] = rows
        return rows

    def _common_rows_of(self, key: SectionKey) -> _Rows:
        """What is compared of a section in whatever language the question is."""
        rows = self._common_rows.get(key)
        if rows is None:
            numbers = [self._numbers[key, copy.locale] for copy in self._knowledge.copies(key)]
            searched = [number for number in numbers if number not in self._files.left_out]
            rows = self._common_rows[key] = _Rows.of(self._files, searched)
        return rows


class _OpenStore:
    """A vector store that names candidates, until it fails."""

    def __init__(self, store: VectorStore, files: GenerationFiles) -> None:
        rows, ids = files.searched()
        order = np.argsort(ids)
        self._ids, self._rows = np.array(ids)[order], rows[order]
        self._store: VectorStore | None = store

    def nearest(self, vector: Vector, top_k: int) -> npt.NDArray[np.int64] | None:
        """The nearest rows, best first; None when the store can't be asked."""
        if self._store is None:
            return None
        try:
            found = np.array([near.chunk_id for near in self._store.nearest(vector, top_k=top_k)])
        except KnowledgeError as error:
            _log.error("vector_store_failed", reason=str(error), then="every row is compared")
            self._store = None
            return None
        places = np.searchsorted(self._ids, found).clip(max=len(self._ids) - 1)
        rows: npt.NDArray[np.int64] = self._rows[places[self._ids[places] == found]]
        return rows


def _match(key: SectionKey, rows: _Rows, best: Vector, *, coverage: float, log_posterior: float | None) -> Match:
    passages, questions, sentences = np.split(best, [rows.passages, rows.passages + rows.questions])
    asked = questions if len(questions) else passages
    return Match(
        key=key,
        passage=float(passages.max()),
        passage_mean=float(passages.mean()),
        question=float(asked.max()),
        question_mean=float(asked.mean()),
        coverage=coverage,
        sentence=float((sentences if len(sentences) else passages).max()),
        is_native=len(sentences) > 0,
        has_questions=len(questions) > 0,
        log_posterior=log_posterior,
    )


class PublishedIndex:
    """See `bot.answering.ports.Index`. Open it, then call `refresh` after each synchronisation.

    A search that is running keeps its generation; that is closed when the last answer that uses it is done.
    """

    def __init__(
        self,
        manifest: PublishedGeneration,
        shelf: GenerationShelf,
        embedder: QuestionEmbedder,
        *,
        restore: Callable[[], Awaitable[object]] | None = None,
        nominated_from: int = NOMINATED_FROM,
    ) -> None:
        self._manifest = manifest
        self._shelf = shelf
        self._embedder = embedder
        self._restore = restore
        self._nominated_from = nominated_from
        self._current: GenerationSearch | None = None
        self._closers: set[weakref.finalize[..., GenerationSearch]] = set()
        self._refreshing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.refresh()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def current(self) -> GenerationSearch:
        """See the port."""
        if self._current is None:
            raise NothingPublishedError("no knowledge was ever published; run: scoda knowledge sync")
        return self._current

    async def refresh(self, *, may_restore: bool = True) -> bool:
        """Change over to the published generation; returns whether it is another one than before.

        Files that are missing or damaged are built again by `restore` first, if that may take its time.

        Raises:
            EmbeddingMismatchError: the published generation was made by another embedding model.
            KnowledgeError: its files can't be used and could not be built again.
        """
        async with self._refreshing:
            published = await self._manifest.published()
            if published is None:
                return False
            if self._current is not None and self._current.knowledge.generation == published.number:
                return False
            self._refuse_other_model(published)
            is_whole = await self._shelf.holds(published)
            if is_whole:
                folder = self._shelf.folder_of(published.number)
                self._current = GenerationSearch(await asyncio.to_thread(read_files, folder), self._embedder)
        if is_whole:
            await self.take_store()
            return True
        if self._restore is not None and may_restore:
            # Nothing is held meanwhile: who synchronises just now, for which this waits, refreshes as well.
            await self._restore()
            return await self.refresh(may_restore=False)
        raise KnowledgeError(
            f"the files of generation {published.number} are missing or damaged; run: scoda knowledge sync"
        )

    async def take_store(self) -> None:
        """Let the vector store of the published generation name the candidates, if it is worth while and is there."""
        async with self._refreshing:
            published, search = await self._manifest.published(), self._current
            if published is None or search is None or search.knowledge.generation != published.number:
                return
            if search.rows < self._nominated_from:
                return
            try:
                place = await asyncio.to_thread(self._shelf.store_of, published)
                if place is None:
                    return
                store = await asyncio.to_thread(_opened_and_warm, place, search.dimension)
            except KnowledgeError as error:
                _log.error("vector_store_failed", reason=str(error), then="every row is compared")
                return
            self._closers = {closer for closer in self._closers if closer.alive}
            self._closers.add(weakref.finalize(search, store.close))
            search.nominate_by(store)

    async def close(self) -> None:
        """Let go of all files; searches that are still held compare every row from now on."""
        self._current = None
        for closer in list(self._closers):
            await asyncio.to_thread(closer)
        self._closers.clear()

    def _refuse_other_model(self, published: Generation) -> None:
        if published.embedding_identity != self._embedder.identity:
            raise EmbeddingMismatchError(
                f"the index was made by the embedding model {published.embedding_identity}, but "
                f"{self._embedder.identity} is set or installed; run: scoda knowledge sync (it embeds everything anew)"
            )


def _opened_and_warm(place: StorePlace, dimension: int) -> VectorStore:
    """Open a store and ask it something: the first answer reads the graph from the disk."""
    store = open_store(place)
    store.nearest(np.full(dimension, dimension**-0.5, dtype=np.float32), top_k=1)
    return store
