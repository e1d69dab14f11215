"""Former versions, versions on trial, and what is held: joined for the core."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.knowledge.folder_restore import FolderRestore
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.answering.pipeline import ExtractiveAnswerer
from bot.app.gatekeeper import AnswererOf, HeldNote, StaffNotices, VersionReader
from bot.ingestion.history import History
from bot.ingestion.model import Document, Held
from bot.ingestion.ports import KnowledgeReader
from bot.ingestion.progress import ProgressCallback
from bot.ingestion.trials import Trials
from bot.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """All that is known of versions beside the published one."""

    history: History
    restore: FolderRestore
    trials: Trials
    trial_store: FileIndexStore
    reader: VersionReader
    held: HeldNote
    notices: StaffNotices

    async def follow(self, held: Held | None) -> None:
        """Remember what is held after a synchronisation, and tell the staff once: not of every further edit."""
        noted = self.held.read()
        if held == noted:
            return
        self.held.write(held)
        if held is not None and (noted is None or noted.reasons != held.reasons):
            await self.notices.held(held)

    @asynccontextmanager
    async def on_trial(
        self, documents: Sequence[Document], number: int, *, day: date, progress: ProgressCallback | None = None
    ) -> AsyncIterator[ExtractiveAnswerer]:
        """Who answers from these documents as if they were published on that day; they go with the block."""
        async with self.trials.built(documents, number, day=day, progress=progress) as version:
            yield await self.reader.answerer(self.trial_store, version)


def versions_of(  # noqa: PLR0917 - seven parts, each of its own type
    settings: Settings,
    manifest: SqlManifestStore,
    index_store: FileIndexStore,
    embedder: CachedEmbedder,
    threads: AnsweringThreads,
    reader: KnowledgeReader,
    answerer_of: AnswererOf,
) -> Versions:
    """Join them; nothing is read yet."""
    restore = FolderRestore(settings.knowledge.folder, settings.store.data)
    trial_store = index_store.for_trials()
    return Versions(
        history=History(
            reader=reader, manifest=manifest, index_store=index_store, restorer=restore, identity=embedder.identity
        ),
        restore=restore,
        trials=Trials(embedder=embedder, manifest=manifest, index_store=index_store, trial_store=trial_store),
        trial_store=trial_store,
        reader=VersionReader(embedder, threads, answerer_of),
        held=HeldNote(settings.store.data),
        notices=StaffNotices(),
    )
