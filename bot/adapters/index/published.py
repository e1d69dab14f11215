"""The published version, open for search, and how searches change over to the next one."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import structlog

from bot.adapters.index.chroma import StorePlace, VectorStore, open_store
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.version_files import read_files
from bot.adapters.index.version_retriever import QuestionEmbedder, VersionRetriever
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.errors import EmbeddingMismatchError, KnowledgeError, NothingPublishedError
from bot.ingestion.model import IndexVersion

_log = structlog.get_logger(__name__)

NOMINATED_FROM = 150_000
"""Rows from which the vector store names the candidates. Comparing 64,000 takes 2 ms, asking the store 1.2 ms (and it
takes 150 MB of memory): here both are worth a third of what embedding the question takes."""


class PublishedVersion(Protocol):
    """Tells which version is in use."""

    async def published(self) -> IndexVersion | None:
        """The version in use."""
        ...


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
