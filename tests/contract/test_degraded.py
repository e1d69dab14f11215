"""What is refused, and what health says, is the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import make_url

from bot.adapters.database.connection import Database, open_database, open_to_look
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.app.health import health_of
from bot.chat.wire.webhook import health_app
from bot.errors import EmbeddingMismatchError
from bot.ingestion.model import IndexVersionContent, Means
from bot.settings import Settings, StoreSettings
from tests.support.certificates import answering
from tests.support.knowledge_parts import NOW, THREADS, LetterEmbeddings, MemoryVectorCache
from tests.support.processes import free_port


def _core(database: Database, *, chroma_url: str = "", lacks_store: bool = False) -> Any:
    """A bot whose parts are all well but its database, and the Chroma server if there is one."""
    whole = SimpleNamespace(current=lambda: None, read=lambda: None, lacks_store=lacks_store)
    return SimpleNamespace(
        database=database,
        ingestion=SimpleNamespace(reading_in=None),
        index=whole,
        versions=SimpleNamespace(held=whole),
        settings=Settings(store=StoreSettings(chroma_url=chroma_url)),
        writer=None,
    )


async def _asked(database: Database, *paths: str, **vectors: Any) -> list[httpx.Response]:
    """What a bot over this database answers at its health routes."""
    app = health_app(health_of(_core(database, **vectors), SqlInbox(database), {}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        return [await client.get(path) for path in paths]


@asynccontextmanager
async def _lost(kind: str, request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Database]:
    """A database that was opened and is away now."""
    if kind == "postgresql":
        url = make_url(request.getfixturevalue("postgresql_url")).set(host="127.0.0.1", port=1, query={})
        async with open_to_look(url.render_as_string(hide_password=False), is_running=True) as database:
            yield database
        return
    file = folder / "state.db"
    async with open_database(file) as made:
        await made.migrate()
    async with open_to_look(str(file), is_running=True) as database:
        file.unlink()
        yield database


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_O03_without_its_database_of_either_kind_a_bot_lives_and_is_not_ready(kind, request, tmp_path):
    async with _lost(kind, request, tmp_path) as database:
        live, ready = await _asked(database, "/livez", "/readyz")
    assert live.status_code == 200
    assert ready.status_code == 503
    told = ready.json()["components"]
    reason = {"sqlite": "DatabaseError", "postgresql": "DatabaseAwayError"}[kind]
    assert (told["database"], told["inbox"]) == (reason, reason)
    assert (told["knowledge"], told["publication"]) == ("ok", "ok")


async def test_O03_with_its_database_of_either_kind_it_is_ready(database):
    [ready] = await _asked(database, "/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")


async def test_O03_without_its_chroma_server_it_is_ready_and_degraded(database):
    [ready] = await _asked(database, "/readyz", chroma_url=f"http://127.0.0.1:{free_port()}")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["components"]["vectors"] == "no answer: every row is compared"


@pytest.mark.parametrize(("lacks_store", "status"), [(False, "ok"), (True, "degraded")])
async def test_O03_with_its_chroma_server_it_is_whole_once_its_version_is_there(database, lacks_store, status):
    alive = answering(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    with alive as port:
        [ready] = await _asked(database, "/readyz", chroma_url=f"http://127.0.0.1:{port}", lacks_store=lacks_store)
    assert (ready.status_code, ready.json()["status"]) == (200, status)
    assert (ready.json()["components"]["vectors"] == "ok") is not lacks_store


async def test_O07_an_index_of_another_model_is_refused_on_either_database(database, tmp_path):
    manifest = SqlManifestStore(database)
    number = await manifest.begin("another model")
    content = IndexVersionContent(
        number=number,
        fingerprint="f",
        embedding_identity="another model",
        documents=(),
        parts=(),
        means=Means(passages={}, queries={}, metric=np.eye(2, dtype=np.float32)),
        chunks=0,
        pending=0,
    )
    await manifest.publish(content, now=NOW)
    embedder = CachedEmbedder(LetterEmbeddings(), MemoryVectorCache())
    index = PublishedIndex(manifest, FileIndexStore(tmp_path / "index"), embedder, THREADS)
    with pytest.raises(EmbeddingMismatchError, match=r"another model.*scoda knowledge sync"):
        await index.refresh()
    await index.close()
