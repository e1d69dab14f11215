"""A process that synchronises a knowledge folder with real files, database and Chroma: made to be killed."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.cached_embedder import CachedEmbedder
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.engine import open_database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.knowledge_files import KnowledgeFiles
from bot.adapters.manifest import DocumentManifest
from bot.adapters.shelf import GenerationShelf
from bot.ingestion.service import Ingestion
from tests.knowledge_parts import LetterEmbeddings, no_language


class _LingeringEmbeddings(LetterEmbeddings):
    """Takes its time over each text."""

    def __init__(self, each_s: float) -> None:
        super().__init__()
        self._each_s = each_s

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        time.sleep(self._each_s * len(texts))
        return super().embed_documents(texts)


async def sync(folder: Path, data: Path, *, each_s: float = 0.0) -> None:
    """Synchronise; each text takes the embedding model at least `each_s` seconds."""
    async with open_database(data / "state.db") as database:
        await database.migrate()
        ingestion = Ingestion(
            reader=KnowledgeFiles(folder, identify=no_language),
            embedder=CachedEmbedder(_LingeringEmbeddings(each_s), SqlEmbeddingCache(database)),
            manifest=DocumentManifest(SqlManifestStore(database)),
            shelf=GenerationShelf(data / "index"),
        )
        print("begun", flush=True)
        await ingestion.sync(now=datetime.now(UTC))
        print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(sync(Path(sys.argv[1]), Path(sys.argv[2]), each_s=float(sys.argv[3])))
