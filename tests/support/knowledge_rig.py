"""A knowledge folder and all that makes an index of it, in one process."""

from __future__ import annotations

from pathlib import Path

from bot.adapters.index.chroma import StorePlace
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.knowledge.folder_restore import FolderRestore
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.ingestion.history import History
from bot.ingestion.model import SyncReport
from bot.ingestion.ports import Examiner, IndexStore
from bot.ingestion.service import Ingestion
from tests.support.knowledge_parts import NOW, THREADS, LetterEmbeddings, MemoryManifest, MemoryVectorCache, no_language


class KnowledgeRig:
    """Real files, index store and Chroma; manifest and model are fakes. Each text that is embedded takes a second."""

    def __init__(self, folder: Path, data: Path, *, first_step_s: float = 1e9, chroma_url: str = "") -> None:
        self.folder = folder
        self.first_step_s = first_step_s
        self.manifest = MemoryManifest()
        self.cache = MemoryVectorCache()
        self.index_store = FileIndexStore(data / "index", chroma_url=chroma_url)
        self.restore = FolderRestore(folder, data)
        self.examiner: Examiner | None = None
        self.use(LetterEmbeddings())

    def use(self, embeddings: LetterEmbeddings) -> None:
        self.embeddings = embeddings
        self.embedder = CachedEmbedder(embeddings, self.cache, workers=1)
        self.ingestion = self.new_ingestion(self.index_store)

    def new_ingestion(self, index_store: IndexStore) -> Ingestion:
        """As another process has it."""
        return Ingestion(
            reader=KnowledgeFiles(self.folder, identify=no_language),
            embedder=self.embedder,
            manifest=self.manifest,
            index_store=index_store,
            clock=lambda: float(len(self.embeddings.embedded)),
            first_step_s=self.first_step_s,
            examiner=self.examiner,
            restorer=self.restore,
        )

    def history(self) -> History:
        return History(
            reader=KnowledgeFiles(self.folder, identify=no_language),
            manifest=self.manifest,
            index_store=self.index_store,
            restorer=self.restore,
            identity=self.embedder.identity,
        )

    async def roll_back(self, number: int) -> SyncReport:
        """Restore the files of a version and publish them."""
        await self.history().begin_rollback(number, now=NOW)
        return await self.ingestion.sync(now=NOW)

    def left(self) -> set[str]:
        """What stands in the index store, but for the locks."""
        return {path.name for path in self.index_store.folder_of(1).parent.iterdir() if not path.name.endswith("lock")}

    def index(self, *, restores: bool = True, asks_store: bool = False) -> PublishedIndex:
        async def restore() -> object:
            return await self.ingestion.restore(now=NOW)

        return PublishedIndex(
            self.manifest,
            self.index_store,
            self.embedder,
            THREADS,
            restore=restore if restores else None,
            nominated_from=0 if asks_store else None,
        )

    async def publish(self) -> SyncReport:
        """Synchronise and write the store."""
        report = await self.ingestion.sync(now=NOW)
        await self.ingestion.store()
        return report

    async def store(self) -> StorePlace | None:
        """Where the store of the published version is, if it can be used."""
        published = await self.manifest.published()
        assert published is not None
        return self.index_store.store_of(published)
