"""The published version, open for search, and how searches change over to the next one."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import structlog

from bot.adapters.index.chroma import VectorStore, open_store
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.version_retriever import QuestionEmbedder, VersionRetriever
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.clock import stopwatch
from bot.backoff import Backoff
from bot.errors import EmbeddingMismatchError, KnowledgeError, NothingPublishedError
from bot.ingestion.model import IndexVersion

_log = structlog.get_logger(__name__)

_LOOKING = Backoff(first_s=1.0, longest_s=15.0)
"""How often a store that is not there, or fails, is looked for: by reasoning, since looking may mean to hash it."""


class PublishedVersion(Protocol):
    """Tells which version is in use."""

    async def published(self) -> IndexVersion | None:
        """The version in use."""
        ...


class PublishedIndex:
    """See `bot.answering.ports.Index`. Open it, `take` each version that is built here, and `refresh` for all others.

    A search that is running keeps its version; that is closed when the last answer that uses it is done. The vector
    store names the candidates from `nominated_from` rows on, or never.
    """

    def __init__(
        self,
        manifest: PublishedVersion,
        index_store: FileIndexStore,
        embedder: QuestionEmbedder,
        threads: AnsweringThreads,
        *,
        restore: Callable[[], Awaitable[object]] | None = None,
        nominated_from: int | None = None,
    ) -> None:
        self._manifest = manifest
        self._index_store = index_store
        self._embedder = embedder
        self._threads = threads
        self._restore = restore
        self._nominated_from = nominated_from
        self._current: VersionRetriever | None = None
        self._closers: set[weakref.finalize[..., object]] = set()
        self._failure = ""
        self._looks = 0
        self._look_at = 0.0
        self._refreshing = asyncio.Lock()
        self._nominating = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.refresh()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def is_open(self) -> bool:
        """Whether there is anything to answer from."""
        return self._current is not None

    def current(self) -> VersionRetriever:
        """See the port."""
        if self._current is None:
            raise NothingPublishedError("no knowledge was ever published; run: scoda knowledge sync")
        return self._current

    @property
    def lacks_store(self) -> bool:
        """Whether every row is compared though there are so many that a vector store should name the candidates."""
        return self._current is not None and self._wants_store(self._current)

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
            if await self._change_over(published, is_just_built=False):
                return True
        if self._restore is not None and may_restore:
            # Nothing is held meanwhile: who synchronises just now, for which this waits, refreshes as well.
            await self._restore()
            return await self.refresh(may_restore=False)
        raise _unusable(published)

    async def take(self, published: IndexVersion) -> None:
        """Change over to a version that this process has just built and published.

        Raises:
            KnowledgeError: its files can't be read.
        """
        async with self._refreshing:
            if not await self._change_over(published, is_just_built=True):
                raise _unusable(published)

    async def take_store(self) -> None:
        """Let the vector store name the candidates, if that is worth while and it is there now, or again."""
        if not self.lacks_store:
            return
        published, current = await self._manifest.published(), self._current
        if published is not None and current is not None and current.knowledge.version == published.number:
            await self._nominate(current, published)

    async def look_for_store(self) -> None:
        """The same, to be called each second: what was looked for in vain is looked for less and less often."""
        if stopwatch() < self._look_at:
            return
        await self.take_store()
        self._look_at = stopwatch() + _LOOKING.pause_s(self._looks)
        self._looks = self._looks + 1 if self.lacks_store else 0

    async def _change_over(self, published: IndexVersion, *, is_just_built: bool) -> bool:
        """Answer from this version from now on; False when its files are not there, or not as they were written."""
        files = await self._index_store.read(published, is_just_built=is_just_built)
        if files is None:
            return False
        self._current = current = VersionRetriever(files, self._embedder, self._threads)
        self._looks, self._look_at = 0, 0.0
        await asyncio.to_thread(current.compare_new_sections)
        await self._nominate(current, published)
        return True

    async def _nominate(self, current: VersionRetriever, published: IndexVersion) -> None:
        async with self._nominating:
            if not self._wants_store(current):
                return
            try:
                store = await asyncio.to_thread(self._opened_store, published, current.dimension)
            except KnowledgeError as error:
                if str(error) != self._failure:  # it is tried again and again
                    _log.error("vector_store_failed", reason=str(error), then="every row is compared")
                self._failure = str(error)
                return
            if store is not None:
                self._failure = ""
                self._closers = {closer for closer in self._closers if closer.alive}
                self._closers.add(current.nominate_by(store))
                _log.info("vector_store_opened", generation=published.number)

    def _wants_store(self, current: VersionRetriever) -> bool:
        is_large = self._nominated_from is not None and current.rows >= self._nominated_from
        return is_large and not current.is_nominated

    def _opened_store(self, published: IndexVersion, dimension: int) -> VectorStore | None:
        """The version's store, asked something: the first answer reads the graph from the disk. None without one."""
        place = self._index_store.store_of(published)
        if place is None:
            return None
        store = open_store(place)
        try:
            store.nearest(np.full(dimension, dimension**-0.5, dtype=np.float32), top_k=1)
        except KnowledgeError:
            store.close()
            raise
        return store

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


def _unusable(published: IndexVersion) -> KnowledgeError:
    return KnowledgeError(f"the files of version {published.number} are missing or damaged; run: scoda knowledge sync")
