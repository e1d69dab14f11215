"""Versions that are built beside, asked, and thrown away again: of a folder before it is published, or of old times."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from typing import Protocol

from bot.ingestion.model import Document, IndexVersion, IndexVersionContent, SyncStage
from bot.ingestion.ports import Embedder, IndexStore, Manifest, ReportShare
from bot.ingestion.progress import ProgressCallback, SyncProgress, silent
from bot.ingestion.version_draft import Published, VersionDraft, built_from, fingerprint_of


class TrialStore(Protocol):
    """Where trials stand: apart from the versions that can be published, and never more than one."""

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """Hold the only place; waits while another process holds it."""
        ...

    async def build(self, content: IndexVersionContent, *, report: ReportShare | None = None) -> None:
        """Build it; what the published version holds alike is taken over."""
        ...

    async def clear(self) -> None:
        """Remove whatever stands there."""
        ...


class Trials:
    """Builds versions that nobody is answered from. Nothing is written into the manifest."""

    def __init__(
        self, *, embedder: Embedder, manifest: Manifest, index_store: IndexStore, trial_store: TrialStore
    ) -> None:
        self._embedder = embedder
        self._manifest = manifest
        self._index_store = index_store
        self._trial_store = trial_store

    @asynccontextmanager
    async def built(
        self, documents: Sequence[Document], number: int, *, day: date, progress: ProgressCallback | None = None
    ) -> AsyncIterator[IndexVersion]:
        """A version of these documents as it is on that day; it stands in the trial store until the block ends.

        Only what is new is embedded, and only languages that differ from the published version are built.

        Raises:
            IndexVersionError: it can't be built.
            EmbeddingError: the embedding model gave no usable answer.
        """
        work = SyncProgress(progress or silent)
        ordered = tuple(sorted(documents, key=lambda document: document.file))
        async with self._trial_store.exclusive():
            await self._trial_store.clear()
            try:
                draft = await VersionDraft.of(
                    ordered,
                    fingerprint_of(self._embedder.identity, ordered),
                    embedder=self._embedder,
                    today=day,
                    before=await self._published(),
                )
                batches = list(draft.batches(()))
                work.plan(batches, chunks=0)
                for batch in batches:
                    draft.put(batch, await self._embedder.embed(batch.side, batch.texts))
                    work.embedded(batch)
                work.begin(SyncStage.BUILD)
                content = draft.content(number, draft.known())
                await self._trial_store.build(content, report=work.building)
                yield built_from(content)
            finally:
                await self._trial_store.clear()

    async def _published(self) -> Published | None:
        published = await self._manifest.published()
        if published is None or published.embedding_identity != self._embedder.identity:
            return None
        documents = await self._manifest.documents(published.number)
        return Published(
            version=published,
            hashes={document.file: document.content_hash for document in documents},
            parts=await self._index_store.parts(published),
            means=await self._manifest.means(published.number),
        )
