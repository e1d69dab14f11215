"""A process that synchronises a knowledge folder with real files, database and Chroma: made to be killed."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np

import bot.adapters.index.chroma
import bot.adapters.index.folders
import bot.adapters.index.index_store
import bot.ingestion.version_draft
from bot.adapters.database.connection import open_database
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.cached_embedder import CachedEmbedder, text_hash
from bot.ids import Locale
from bot.ingestion.ports import Side
from bot.ingestion.service import Ingestion
from tests.support.knowledge_parts import LetterEmbeddings, no_language

_Result = TypeVar("_Result")
ASKED_IN = (Locale.RU, Locale.EN)
_NEVER_S = 1e9
_EACH_S = 0.005
"""So long that some steps are published while the next texts are embedded."""


class _LingeringEmbeddings(LetterEmbeddings):
    """Takes its time over each text, and notes in `log` the names of the vectors that it makes."""

    def __init__(self, each_s: float, log: Path | None = None) -> None:
        super().__init__()
        self._each_s = each_s
        self._log = log

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._made(Side.PASSAGE, texts)

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        return self._made(Side.QUERY, texts)

    def _made(self, side: Side, texts: list[str]) -> list[list[float]]:
        time.sleep(self._each_s * len(texts))
        _note(self._log, "made", [text_hash(side, text) for text in texts])
        return super().embed_documents(texts)


class _NotingCache(SqlEmbeddingCache):
    """Notes in `log` the names of the vectors that it has stored."""

    log: Path | None = None

    async def put_many(self, identity: str, vectors: Mapping[str, np.ndarray]) -> None:
        await super().put_many(identity, vectors)
        _note(self.log, "stored", vectors)


async def sync(
    folder: Path,
    data: Path,
    *,
    each_s: float = 0.0,
    first_step_s: float = _NEVER_S,
    with_store: bool = False,
    log: Path | None = None,
) -> None:
    """Synchronise; each text takes the embedding model at least `each_s` seconds."""
    async with open_database(data / "state.db") as database:
        await database.migrate()
        cache = _NotingCache(database)
        cache.log = log
        embedder = CachedEmbedder(_LingeringEmbeddings(each_s, log), cache)
        ingestion = Ingestion(
            reader=KnowledgeFiles(folder, identify=no_language),
            embedder=embedder,
            manifest=SqlManifestStore(database),
            index_store=FileIndexStore(data / "index"),
            asked_in=_asked_in,
            first_step_s=first_step_s,
        )
        print("begun", flush=True)
        await ingestion.sync(now=datetime.now(UTC))
        if with_store:
            await ingestion.store()
        print("done", flush=True)


async def _asked_in() -> tuple[Locale, ...]:
    return ASKED_IN


def _note(log: Path | None, what: str, names: Iterable[str]) -> None:
    if log is not None:
        with log.open("a", encoding="ascii") as file:
            file.write("".join(f"{what} {name}\n" for name in names))


# ── killed at a chosen moment ──


@dataclass
class Moments:
    """Counts what the process does, and ends it as a power cut would at the `times`-th moment of the name `kill_at`.

    With `later_s` it ends so much later, in the middle of whatever it does then.
    """

    kill_at: str = ""
    times: int = 1
    later_s: float = 0.0
    seen: Counter[str] = field(default_factory=Counter)

    def come(self, name: str) -> None:
        self.seen[name] += 1
        if name == self.kill_at and self.seen[name] == self.times:
            if not self.later_s:
                _die()
            threading.Timer(self.later_s, _die).start()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


_WATCHED: tuple[tuple[Any, str], ...] = (
    (_LingeringEmbeddings, "_made"),
    (_NotingCache, "put_many"),
    (SqlManifestStore, "begin"),
    (SqlManifestStore, "write_documents"),
    (SqlManifestStore, "publish"),
    (SqlManifestStore, "tidy"),
    (bot.adapters.index.index_store, "_begin"),
    (bot.adapters.index.index_store, "write_means"),
    (bot.adapters.index.index_store, "write_vectors"),
    (bot.adapters.index.index_store, "take_over"),
    (bot.adapters.index.index_store, "write_texts"),
    (bot.adapters.index.index_store, "learn"),
    (bot.adapters.index.index_store, "seal"),
    (bot.adapters.index.folders, "sync_to_disk"),
    (FileIndexStore, "_finish"),
    (FileIndexStore, "_prune_folders"),
    (bot.adapters.index.index_store, "finish_store"),
    (FileIndexStore, "_prune_stores"),
    (bot.adapters.index.chroma, "_created"),
    (bot.adapters.index.chroma, "_copy_folder"),
    (bot.adapters.index.chroma, "_add"),
    (bot.adapters.index.chroma, "_vacuum"),
    (bot.adapters.index.chroma, "check_store"),
    (Path, "rename"),
)


@contextmanager
def watched(moments: Moments, functions: Sequence[tuple[Any, str]] = _WATCHED) -> Iterator[None]:
    """Lets the moments before and after each of these be counted."""
    originals = [(owner, name, getattr(owner, name)) for owner, name in functions]
    for owner, name, original in originals:
        setattr(owner, name, _told(original, name, moments))
    try:
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


def _told(function: Callable[..., Any], name: str, moments: Moments) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def told_later(*arguments: Any, **named: Any) -> Any:
            moments.come(f"before {name}")
            result = await function(*arguments, **named)
            moments.come(f"after {name}")
            return result

        return told_later

    @wraps(function)
    def told(*arguments: Any, **named: Any) -> Any:
        moments.come(f"before {name}")
        result = function(*arguments, **named)
        moments.come(f"after {name}")
        return result

    return told


async def in_thread(
    function: Callable[..., _Result], *arguments: object, report: Callable[[float], None] | None = None
) -> _Result:
    """Stands for `bot.adapters.system.child.in_child`: the work is done in this process, and dies with it at any moment."""
    more = (lambda share: None,) if report is not None else ()
    return await asyncio.to_thread(function, *arguments, *more)


def sync_in_steps(folder: Path, data: Path, log: Path, moments: Moments, counted: Path) -> None:
    """The whole of a process: many steps, then the store. The names of its moments are written to `counted`."""
    with (
        patch.object(bot.adapters.index.index_store, "in_child", in_thread),
        patch.object(bot.ingestion.version_draft, "BATCH", 12),
        watched(moments),
    ):
        asyncio.run(sync(folder, data, each_s=_EACH_S, first_step_s=0.0, with_store=True, log=log))
    counted.write_text("\n".join(moments.seen.elements()), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(sync(Path(sys.argv[1]), Path(sys.argv[2]), each_s=float(sys.argv[3])))
