"""A process that goes back to an older version of a knowledge folder, with real files and database: made to be killed."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import bot.adapters.index.index_store
import bot.adapters.knowledge.folder_restore
import bot.adapters.knowledge.folder_writer
from bot.adapters.database.connection import open_database
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.knowledge.folder_restore import FolderRestore
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.ingestion.history import History
from bot.ingestion.service import Ingestion
from tests.faults.sync_process import Moments, in_thread, watched
from tests.support.knowledge_parts import LetterEmbeddings, no_language

_WATCHED: tuple[tuple[Any, str], ...] = (
    (FolderRestore, "_begin"),
    (FolderRestore, "_write"),
    (FolderRestore, "_carry_out"),
    (FolderRestore, "_clear_up"),
    (FolderRestore, "finish"),
    (bot.adapters.knowledge.folder_restore, "write_bytes_whole"),
    (bot.adapters.knowledge.folder_restore, "remove_whole"),
    (bot.adapters.knowledge.folder_writer, "sync_to_disk"),
    (Path, "replace"),
    (SqlManifestStore, "write_documents"),
    (SqlManifestStore, "write_files"),
    (SqlManifestStore, "publish"),
    (SqlManifestStore, "keep"),
    (SqlManifestStore, "tidy"),
    (FileIndexStore, "_finish"),
    (FileIndexStore, "_prune_folders"),
)


def go(folder: Path, data: Path, number: int | None, moments: Moments, counted: Path) -> None:
    """Go back to a version and publish it; without a number only synchronise, as every start does."""
    with (
        patch.object(bot.adapters.index.index_store, "in_child", in_thread),
        watched(moments, _WATCHED),
    ):
        asyncio.run(_go(folder, data, number))
    counted.write_text("\n".join(moments.seen.elements()), encoding="utf-8")


async def _go(folder: Path, data: Path, number: int | None) -> None:
    async with open_database(data / "state.db") as database:
        await database.migrate()
        embedder = CachedEmbedder(LetterEmbeddings(), SqlEmbeddingCache(database))
        manifest, index_store = SqlManifestStore(database), FileIndexStore(data / "index")
        reader, restore = KnowledgeFiles(folder, identify=no_language), FolderRestore(folder, data)
        now = datetime.now(UTC)
        if number is not None:
            history = History(
                reader=reader,
                manifest=manifest,
                index_store=index_store,
                restorer=restore,
                identity=embedder.identity,
            )
            await history.begin_rollback(number, now=now)
        ingestion = Ingestion(
            reader=reader,
            embedder=embedder,
            manifest=manifest,
            index_store=index_store,
            first_step_s=math.inf,
            restorer=restore,
        )
        await ingestion.sync(now=now)
