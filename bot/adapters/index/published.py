"""The published version, open for search: by meaning among its vectors, by letters in the lexicon.

Every row is compared exactly, which takes some milliseconds for tens of thousands. From `NOMINATED_FROM` rows on the
vector store names the candidates as soon as it is written; they are then compared exactly, too.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import structlog

from bot.adapters.index.chroma import StorePlace, VectorStore, open_store
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.version_files import VersionFiles, kind_number, read_files
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.answering.ports import LEAST_LOG_POSTERIOR, Retrieved, RetrievedSection, StoredSection
from bot.answering.reading import Reading
from bot.errors import EmbeddingMismatchError, KnowledgeError, NothingPublishedError
from bot.ids import Locale, SectionKey
from bot.ingestion.centring import centred_query
from bot.ingestion.model import ChunkKind, IndexVersion, Vector
from bot.writing.romanised import Reader, is_romanised, reader
from bot.writing.spelling import Spelling
from bot.writing.transliteration import own_script

_log = structlog.get_logger(__name__)

NOMINATED_FROM = 150_000
"""Rows from which the vector store names the candidates. Comparing 64,000 takes 2 ms, asking the store 1.2 ms (and it
takes 150 MB of memory): here both are worth a third of what embedding the question takes."""
_NO_WORDS = Spelling(())
_BY_LETTERS = 8
"""Sections that are added for holding the question's letters, however far they are by meaning."""
_LOCALES = tuple(Locale)
_TINY = 1e-9


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


class PublishedVersion(Protocol):
    """Tells which version is in use."""

    async def published(self) -> IndexVersion | None:
        """The version in use."""
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
    def version(self) -> int:
        """See the port."""
        return self._number

    def copies(self, key: SectionKey) -> Sequence[StoredSection]:
        """See the port."""
        return self._copies.get(key, ())

    def keys(self) -> Sequence[SectionKey]:
        """See the port."""
        return self._keys


@dataclass(frozen=True, slots=True)
class _Groups:
    """The rows of a version in groups: those of one kind in one copy of a section follow each other.

    `places` are where the best of each group goes in a table of kinds, sections, numbered as in the knowledge's `keys`,
    and languages, numbered as in `Locale`; a group that is not searched goes nowhere.
    """

    starts: npt.NDArray[np.int64]
    is_searched: npt.NDArray[np.bool_]
    places: npt.NDArray[np.int64]
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, files: VersionFiles, numbers: Mapping[SectionKey, int]) -> Self:
        """Group the rows, which stand copy by copy and in each copy kind by kind."""
        names = files.section_of.astype(np.int64) * len(ChunkKind) + files.kinds
        starts = np.flatnonzero(np.diff(names, prepend=-1))
        copies = files.section_of[starts]
        of_copy = np.array([numbers[section.key] for section in files.sections], dtype=np.int64)
        in_locale = np.array([_LOCALES.index(section.locale) for section in files.sections], dtype=np.int64)
        is_searched = ~np.isin(copies, np.array(sorted(files.left_out), dtype=np.int64))
        shape = len(ChunkKind), len(numbers), len(_LOCALES)
        places = np.ravel_multi_index((files.kinds[starts], of_copy[copies], in_locale[copies]), shape)
        return cls(starts, is_searched, places[is_searched], shape)

    def best(self, similarities: Vector) -> Vector:
        """The best similarity in each group, as a table of kinds, sections and languages; -inf where there is none."""
        table = np.full(self.shape, -np.inf, dtype=np.float32)
        if len(self.starts):
            table.put(self.places, np.maximum.reduceat(similarities, self.starts)[self.is_searched])
        return table


class VersionRetriever:
    """See `bot.answering.ports.Retriever`. Stays usable, whatever is published meanwhile, for as long as it is held."""

    def __init__(self, files: VersionFiles, embedder: QuestionEmbedder, threads: AnsweringThreads) -> None:
        self._files = files
        self._embedder = embedder
        self._threads = threads
        self._store: _OpenStore | None = None
        self._knowledge = PublishedKnowledge(files.number, files.sections)
        self._keys = self._knowledge.keys()
        numbers = {key: number for number, key in enumerate(self._keys)}
        self._groups = _Groups.of(files, numbers)
        self._copies = {(section.key, section.locale): number for number, section in enumerate(files.sections)}
        self._classes = _places(files.discriminant[1] if files.discriminant else {}, self._keys)
        self._in_lexicon = _InLexicon(files, numbers)
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

    def nominate_by(self, store: VectorStore) -> None:
        """From now on let the store name the candidates."""
        self._store = _OpenStore(store, self._files)

    async def retrieve(self, readings: Sequence[Reading], locale: Locale, *, top_k: int) -> Sequence[Retrieved]:
        """See the port. By meaning, a reading with a context lies half way between its text with it and without."""
        texts = list(dict.fromkeys(text for reading in readings for text in reading.texts))
        spelling = await self._spelling_of(locale)
        raw = await asyncio.gather(*(self._embedder.question(spelling.restored(text)) for text in texts))
        known = {
            text: centred_query(vector, locale, self._files.means) for text, vector in zip(texts, raw, strict=True)
        }
        vectors = np.stack([_middle([known[text] for text in reading.texts]) for reading in readings])
        return await self._threads.run(self._found, readings, vectors, locale, top_k)

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

    def _found(self, readings: Sequence[Reading], vectors: Vector, locale: Locale, top_k: int) -> Sequence[Retrieved]:
        """Compare all at once: going through the rows costs more than the products."""
        by_text = {text: self._in_lexicon.coverage(text, locale) for text in {reading.text for reading in readings}}
        covered = [by_text[reading.text] for reading in readings]
        similarities = self._similarities(vectors, top_k, covered)
        return [
            self._retrieved(*one, own=_LOCALES.index(locale), top_k=top_k)
            for one in zip(vectors, similarities, covered, strict=True)
        ]

    def _similarities(self, vectors: Vector, top_k: int, covered: Sequence[_Coverage]) -> Vector:
        """How near every row is to each vector.

        Where the store nominates, the rows of the sections that neither it nor the letters name are -inf.
        """
        if self._store is None:
            return self._files.similarities(vectors)
        nominated = [self._store.nearest(vector, top_k) for vector in vectors]
        if any(rows is None for rows in nominated):
            return self._files.similarities(vectors)
        found = np.concatenate([rows for rows in nominated if rows is not None])
        keys = {self._files.sections[number].key for number in self._files.section_of[found].tolist()}
        by_letters = np.logical_or.reduce([one.most for one in covered])
        keys |= {self._keys[number] for number in np.flatnonzero(by_letters).tolist()}
        copies = [number for number, section in enumerate(self._files.sections) if section.key in keys]
        rows = np.flatnonzero(np.isin(self._files.section_of, copies))
        similarities = np.full((len(vectors), len(self._files.section_of)), -np.inf, dtype=np.float32)
        similarities[:, rows] = vectors @ self._files.vectors(rows).T
        return similarities

    def _retrieved(
        self, vector: Vector, similarities: Vector, covered: _Coverage, *, own: int, top_k: int
    ) -> Retrieved:
        table = _Table.of(self._groups.best(similarities), own)
        chosen = np.flatnonzero((table.nearest(top_k) | covered.most) & table.is_embedded)
        columns = (  # in the order of the fields
            *table.columns(),
            *(covered.own, covered.foreign, covered.words),
            *(table.is_native, table.has_questions),
            self._posteriors(vector),
        )
        rows = zip(*(column[chosen].tolist() for column in columns), strict=True)
        sections = [RetrievedSection(self._keys[n], *row) for n, row in zip(chosen.tolist(), rows, strict=True)]
        return Retrieved(sections, lambda section: self._sentence_scores(section, similarities))

    def _sentence_scores(self, section: StoredSection, similarities: Vector) -> Sequence[float]:
        number = self._copies.get((section.key, section.locale))
        if number is None:
            raise KnowledgeError(f"version {self._files.number} has no {section.locale}/{section.key}")
        rows = self._files.rows_of(number, ChunkKind.SENTENCE)
        if len(rows) < len(section.sentences) or not np.isfinite(similarities[rows]).all():
            return [0.0] * len(section.sentences)
        scores: list[float] = similarities[rows].tolist()
        return scores

    def _posteriors(self, vector: Vector) -> np.ndarray:
        """Of each section, in the order of the keys; None for each where nothing was learned."""
        if self._files.discriminant is None:
            return np.full(len(self._keys), None)
        known = np.append(self._files.discriminant[0].log_posteriors(vector), LEAST_LOG_POSTERIOR)
        return np.asarray(known[self._classes], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Table:
    """What is nearest in each section: best and mean over its languages; -inf where nothing is there to compare."""

    passage: Vector
    passage_mean: Vector
    question: Vector
    question_mean: Vector
    sentence: Vector
    is_native: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, best: Vector, own: int) -> Self:
        """From the best of each kind, section and language; `own` is the number of the question's language."""
        passages = best[kind_number(ChunkKind.PASSAGE)]
        questions = best[kind_number(ChunkKind.QUESTION)]
        return cls(
            passage=passages.max(axis=1),
            passage_mean=_mean_of_finite(passages),
            question=questions.max(axis=1),
            question_mean=_mean_of_finite(questions),
            sentence=best[kind_number(ChunkKind.SENTENCE)].max(axis=1),
            is_native=np.isfinite(passages[:, own]),
        )

    @property
    def is_embedded(self) -> npt.NDArray[np.bool_]:
        """Which sections can be compared: a passage of each is embedded."""
        return np.isfinite(self.passage)

    def nearest(self, top_k: int) -> npt.NDArray[np.bool_]:
        """The nearest by passage, by question and by sentence: a section without questions is near by the others."""
        by_passage, by_question, by_sentence = (
            _most(values, top_k, least=-1.0) for values in (self.passage, self.question, self.sentence)
        )
        return by_passage | by_question | by_sentence

    @property
    def has_questions(self) -> npt.NDArray[np.bool_]:
        """Which sections have stored questions that can be compared."""
        return np.isfinite(self.question)

    def columns(self) -> tuple[Vector, ...]:
        """The similarities of `RetrievedSection`, in its order: passages stand in for what a section does not have."""
        return (
            self.passage,
            self.passage_mean,
            np.where(self.has_questions, self.question, self.passage),
            np.where(self.has_questions, self.question_mean, self.passage_mean),
            np.where(np.isfinite(self.sentence), self.sentence, self.passage),
        )


@dataclass(frozen=True, slots=True)
class _Coverage:
    """Shares of a question, one a section: of its letters in the copy in its language and in another copy, of words."""

    own: Vector
    foreign: Vector
    words: Vector

    @property
    def most(self) -> npt.NDArray[np.bool_]:
        """Which sections hold most of them."""
        return _most(self.own, _BY_LETTERS) | _most(self.foreign, _BY_LETTERS)


class _InLexicon:
    """Which sections hold the letters and the words of a question, language by language."""

    def __init__(self, files: VersionFiles, numbers: Mapping[SectionKey, int]) -> None:
        self._files = files
        self._shape = len(_LOCALES), len(numbers)
        searched = [section for number, section in enumerate(files.sections) if number not in files.left_out]
        self._locales = np.array([_LOCALES.index(section.locale) for section in searched], dtype=np.int64)
        self._numbers = np.array([numbers[section.key] for section in searched], dtype=np.int64)

    def coverage(self, text: str, locale: Locale) -> _Coverage:
        """What each section holds of the letters and of the words of a text in a language."""
        own, part = _LOCALES.index(locale), self._files.part(locale)
        letters, words = np.zeros(self._shape, dtype=np.float32), np.zeros(self._shape[1], dtype=np.float32)
        letters[self._locales, self._numbers] = self._files.lexica.coverage(text)
        if part is not None:
            words[self._numbers[self._locales == own]] = part.words.shares(text)
        return _Coverage(letters[own], np.delete(letters, own, axis=0).max(axis=0), words)


def _mean_of_finite(table: Vector) -> Vector:
    """The mean of each row over what is not -inf; -inf where nothing is left."""
    is_there = np.isfinite(table)
    count = is_there.sum(axis=1)
    total = np.where(is_there, table, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), -np.inf).astype(np.float32)


def _most(values: Vector, count: int, *, least: float = 0.0) -> npt.NDArray[np.bool_]:
    """Which are the `count` highest of those above `least`."""
    chosen = np.zeros(len(values), dtype=np.bool_)
    if len(values):
        highest = np.argpartition(-values, min(count, len(values)) - 1)[:count]
        chosen[highest] = values[highest] > least
    return chosen


def _middle(vectors: Sequence[Vector]) -> Vector:
    """The direction in the middle, of length 1."""
    if len(vectors) == 1:
        return vectors[0]
    total = np.sum(vectors, axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), _TINY), dtype=np.float32)


def _places(classes: Mapping[SectionKey, int], keys: Sequence[SectionKey]) -> npt.NDArray[np.int64]:
    """The class of each section; of one that has none, one behind the last."""
    return np.array([classes.get(key, len(classes)) for key in keys], dtype=np.int64)


class _OpenStore:
    """A vector store that names candidates, until it fails."""

    def __init__(self, store: VectorStore, files: VersionFiles) -> None:
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


class PublishedIndex:
    """See `bot.answering.ports.Index`. Open it, then call `refresh` after each synchronisation.

    A search that is running keeps its version; that is closed when the last answer that uses it is done.
    """

    def __init__(
        self,
        manifest: PublishedVersion,
        shelf: FileIndexStore,
        embedder: QuestionEmbedder,
        threads: AnsweringThreads,
        *,
        restore: Callable[[], Awaitable[object]] | None = None,
        nominated_from: int = NOMINATED_FROM,
    ) -> None:
        self._manifest = manifest
        self._shelf = shelf
        self._embedder = embedder
        self._threads = threads
        self._restore = restore
        self._nominated_from = nominated_from
        self._current: VersionRetriever | None = None
        self._closers: set[weakref.finalize[..., VersionRetriever]] = set()
        self._refreshing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.refresh()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def current(self) -> VersionRetriever:
        """See the port."""
        if self._current is None:
            raise NothingPublishedError("no knowledge was ever published; run: scoda knowledge sync")
        return self._current

    async def refresh(self, *, may_restore: bool = True) -> bool:
        """Change over to the published version; returns whether it is another one than before.

        Files that are missing or damaged are built again by `restore` first, if that may take its time.

        Raises:
            EmbeddingMismatchError: the published version was made by another embedding model.
            KnowledgeError: its files can't be used and could not be built again.
        """
        async with self._refreshing:
            published = await self._manifest.published()
            if published is None:
                return False
            if self._current is not None and self._current.knowledge.version == published.number:
                return False
            self._refuse_other_model(published)
            is_whole = await self._shelf.holds(published)
            if is_whole:
                folder = self._shelf.folder_of(published.number)
                self._current = VersionRetriever(
                    await asyncio.to_thread(read_files, folder), self._embedder, self._threads
                )
        if is_whole:
            await self.take_store()
            return True
        if self._restore is not None and may_restore:
            # Nothing is held meanwhile: who synchronises just now, for which this waits, refreshes as well.
            await self._restore()
            return await self.refresh(may_restore=False)
        raise KnowledgeError(
            f"the files of version {published.number} are missing or damaged; run: scoda knowledge sync"
        )

    async def take_store(self) -> None:
        """Let the vector store of the published version name the candidates, if it is worth while and is there."""
        async with self._refreshing:
            published, search = await self._manifest.published(), self._current
            if published is None or search is None or search.knowledge.version != published.number:
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

    def _refuse_other_model(self, published: IndexVersion) -> None:
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
