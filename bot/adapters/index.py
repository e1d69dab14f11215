"""The published generation, open for search: by meaning in Chroma, by letters in the lexicon."""

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

from bot.adapters.chroma import VectorStore, load_chroma, open_store
from bot.adapters.generation_files import ChunkTable, GenerationFiles, classes_of, kind_number, read_files
from bot.adapters.shelf import GenerationShelf
from bot.answering.ports import Match, SentenceHit, StoredSection
from bot.errors import EmbeddingMismatchError, KnowledgeError
from bot.ingestion.centring import centred_query
from bot.ingestion.model import ChunkKind, Generation, Vector
from bot.vocabulary import Locale, SectionKey
from bot.writing.romanised import Reader, is_romanised, reader
from bot.writing.spelling import Spelling
from bot.writing.transliteration import own_script

_OWN_SHARE = 0.5
"""How much of the mean of its language is taken off a question that is compared with texts in the same language.

Only where no questions are stored. Stored questions are asked as the visitor's is, passages are not: of the mean of a
language's questions a part says what is asked for (on passages nobody tuned for, right first 84.9 % instead of 83.8 %).
"""
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
    def of(cls, chunks: ChunkTable, copies: Sequence[int]) -> Self:
        """Passages and questions of these copies, without any sentences."""
        passages = [chunks.rows_of(number, ChunkKind.PASSAGE) for number in copies]
        questions = [rows for number in copies if len(rows := chunks.rows_of(number, ChunkKind.QUESTION))]
        groups = [*passages, *questions]
        starts = np.cumsum([0, *(len(rows) for rows in groups[:-1])])
        rows = np.concatenate(groups)
        return cls(rows, np.zeros(len(rows), dtype=np.bool_), starts, len(passages), len(questions))

    def in_language(self, chunks: ChunkTable, own: int) -> Self:
        """The same with the sentences of the copy in the language of the question."""
        rows, starts = self.rows, self.starts
        if len(sentences := chunks.rows_of(own, ChunkKind.SENTENCE)):
            rows, starts = np.concatenate([rows, sentences]), np.append(starts, len(rows))
        return replace(self, rows=rows, starts=starts, is_own=chunks.sections[rows] == own)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question in `locale`: its vector for texts in any language, and for those in its own."""

    text: str
    locale: Locale
    vector: Vector
    own: Vector


class GenerationSearch:
    """See `bot.answering.ports.Search`. Stays usable, whatever is published meanwhile, for as long as it is held."""

    def __init__(self, files: GenerationFiles, store: VectorStore, embedder: QuestionEmbedder) -> None:
        self._files = files
        self._store = store
        self._embedder = embedder
        self._vectors = np.asarray(files.vectors)  # the same mapped memory, without the ways of a memmap
        self._knowledge = PublishedKnowledge(files.number, files.sections)
        self._numbers = {(section.key, section.locale): number for number, section in enumerate(files.sections)}
        self._common_rows: dict[SectionKey, _Rows] = {}
        self._rows: dict[tuple[SectionKey, Locale], _Rows] = {}
        self._spellings: dict[Locale, Spelling] = {}
        self._readers: dict[Locale, Reader] = {}
        self._places = {
            locale: {self._key_of(section): place for place, section in enumerate(lexicon.sections)}
            for locale, lexicon in files.lexicons.items()
        }
        self._has_questions = bool((files.chunks.kinds == kind_number(ChunkKind.QUESTION)).any())
        self._classes = classes_of(files.sections, files.left_out)

    @property
    def knowledge(self) -> PublishedKnowledge:
        """See the port."""
        return self._knowledge

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
        """See the port."""
        vector = await self._vector(text, locale)
        number = self._numbers.get((section.key, section.locale))
        if number is None:
            raise KnowledgeError(f"generation {self._files.number} has no {section.locale}/{section.key}")
        rows = self._files.chunks.rows_of(number, ChunkKind.SENTENCE)
        scores = (self._vectors[rows] @ vector).tolist()
        return [SentenceHit(ordinal, score) for ordinal, score in enumerate(scores)]

    async def _vector(self, text: str, locale: Locale) -> Vector:
        return centred_query(await self._raw_vector(text, locale), locale, self._files.means)

    async def _raw_vector(self, text: str, locale: Locale) -> Vector:
        spelling = await self._spelling_of(locale)
        return await self._embedder.question(spelling.restored(text))

    async def _spelling_of(self, locale: Locale) -> Spelling:
        spelling = self._spellings.get(locale)
        if spelling is None:
            spelling = await asyncio.to_thread(Spelling.read, self._files.spellings[locale])
            self._spellings[locale] = spelling
        return spelling

    def _find(self, asked: _Asked, top_k: int) -> list[Match]:
        """Chroma and the lexicon name the candidates; all of their copies are then compared exactly."""
        near = self._store.nearest(asked.vector, top_k=top_k)
        lexicon = self._files.lexicons[asked.locale]
        shares = lexicon.coverage(asked.text)
        most = np.argsort(-shares, kind="stable")[:_BY_LETTERS]
        sections = self._files.chunks.sections_of([one.chunk_id for one in near])
        keys = [self._key_of(section) for section in sections]
        keys.extend(self._key_of(lexicon.sections[place]) for place in most if shares[place] > 0)
        places = self._places[asked.locale]
        coverage = {key: float(shares[places[key]]) if key in places else 0.0 for key in dict.fromkeys(keys)}
        return sorted(self._matches(coverage, asked), key=lambda match: -max(match.passage, match.question))

    def _key_of(self, section: int) -> SectionKey:
        return self._files.sections[section].key

    def _matches(self, coverage: Mapping[SectionKey, float], asked: _Asked) -> Iterator[Match]:
        """Compare these sections with the question: one product for all."""
        if not coverage:
            return
        found = [self._rows_of(key, asked.locale) for key in coverage]
        compared = self._vectors[np.concatenate([rows.rows for rows in found])]
        scores = compared @ asked.vector
        if asked.own is not asked.vector:
            is_own = np.concatenate([rows.is_own for rows in found])
            scores[is_own] = compared[is_own] @ asked.own
        posteriors = discriminant.log_posteriors(asked.vector) if (discriminant := self._files.discriminant) else None
        first = 0
        for (key, share), rows in zip(coverage.items(), found, strict=True):
            best = np.maximum.reduceat(scores[first : first + len(rows.rows)], rows.starts)
            first += len(rows.rows)
            posterior = None if posteriors is None else float(posteriors[self._classes[key]])
            yield _match(key, rows, best, coverage=share, log_posterior=posterior)

    def _rows_of(self, key: SectionKey, locale: Locale) -> _Rows:
        """What is compared of a section; looked up once a language, at the first question that needs it."""
        rows = self._rows.get((key, locale))
        if rows is None:
            own = self._numbers.get((key, locale))
            rows = self._common_rows_of(key)
            if own is not None and own not in self._files.left_out:
                rows = rows.in_language(self._files.chunks, own)
            self._rows[key, locale] = rows
        return rows

    def _common_rows_of(self, key: SectionKey) -> _Rows:
        """What is compared of a section in whatever language the question is."""
        rows = self._common_rows.get(key)
        if rows is None:
            numbers = [self._numbers[key, copy.locale] for copy in self._knowledge.copies(key)]
            searched = [number for number in numbers if number not in self._files.left_out]
            rows = self._common_rows[key] = _Rows.of(self._files.chunks, searched)
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
    ) -> None:
        self._manifest = manifest
        self._shelf = shelf
        self._embedder = embedder
        self._restore = restore
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
            raise KnowledgeError("no knowledge was ever published; run: scoda knowledge sync")
        return self._current

    async def refresh(self) -> bool:
        """Change over to the published generation; returns whether it is another one than before.

        Files that are missing or damaged are built again by `restore` first.

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
            await self._make_whole(published)
            self._current = await self._open(published)
            return True

    async def close(self) -> None:
        """Let go of all files; searches that are still held fail from now on."""
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

    async def _make_whole(self, published: Generation) -> None:
        holds, _ = await asyncio.gather(self._shelf.holds(published), asyncio.to_thread(load_chroma))
        if holds:
            return
        if self._restore is not None:
            await self._restore()
        if not await self._shelf.holds(published):
            raise KnowledgeError(
                f"the files of generation {published.number} are missing or damaged; run: scoda knowledge sync"
            )

    async def _open(self, published: Generation) -> GenerationSearch:
        folder = self._shelf.folder_of(published.number)
        files = await asyncio.to_thread(read_files, folder)
        store = await asyncio.to_thread(open_store, self._shelf.place_of(published))
        search = GenerationSearch(files, store, self._embedder)
        self._closers = {closer for closer in self._closers if closer.alive}
        self._closers.add(weakref.finalize(search, store.close))
        if len(files.vectors):
            await asyncio.to_thread(store.nearest, files.vectors[0], top_k=1)
        return search
