"""A small index over given documents, published as the program publishes one."""

from __future__ import annotations

from pathlib import Path

from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.index.version_retriever import VersionRetriever
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.ingestion.model import Document
from bot.ingestion.service import Ingestion
from tests.support.knowledge_parts import (
    NOW,
    THREADS,
    GivenReading,
    LetterEmbeddings,
    MemoryManifest,
    MemoryVectorCache,
)


async def published(folder: Path, *documents: Document) -> VersionRetriever:
    embedder = CachedEmbedder(LetterEmbeddings(), MemoryVectorCache())
    manifest, index_store = MemoryManifest(), FileIndexStore(folder / "index")
    await Ingestion(
        reader=GivenReading(*documents), embedder=embedder, manifest=manifest, index_store=index_store
    ).sync(now=NOW)
    async with PublishedIndex(manifest, index_store, embedder, THREADS) as index:
        return index.current()
