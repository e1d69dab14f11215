"""The vector store: Chroma, written through langchain-chroma, embedded in a folder or on a Chroma server.

Embedded Chroma is not safe against a kill while it writes, so a collection is written once, by a child process, and
only read afterwards. Vectors are made elsewhere: Chroma never embeds. It is asked for ids alone, which langchain-chroma
can't do: reading texts and metadata of 100 hits took four times as long as finding them (5.0 ms against 1.2).
"""

from __future__ import annotations

import importlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import urlopen

from langchain_core.embeddings import Embeddings

from bot.errors import GenerationError, KnowledgeError
from bot.ingestion.model import ChunkKind, Vector

if TYPE_CHECKING:
    import httpx
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from langchain_chroma import Chroma

_BATCH = 4000
"""Chroma takes at most 5,461 at once, and langchain-chroma does not split."""
_DATABASE = "chroma.sqlite3"
_SEARCH_EF = 200
_SAMPLE = 200
_ALL_BUT_EQUAL = 0.98
_NEAREST = 5
_SERVER_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where a collection lives: a folder of its own, or the address of a Chroma server."""

    collection: str
    folder: Path | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as Chroma keeps it."""

    chunk_id: str
    text: str
    key: str
    locale: str
    kind: str
    ordinal: int

    @property
    def is_question(self) -> bool:
        """Whether it is a question that its section answers."""
        return self.kind == ChunkKind.QUESTION


@dataclass(frozen=True, slots=True)
class Near:
    """A chunk and its cosine similarity, -1 to 1."""

    chunk_id: str
    score: float


class VectorStore:
    """One collection, open for reading. Blocks: call it in a thread."""

    def __init__(self, client: Client, collection: Collection) -> None:
        self._client = client
        self._collection = collection

    def nearest(self, vector: Vector, *, top_k: int) -> list[Near]:
        """The nearest chunks, best first."""
        try:
            found = self._collection.query(
                query_embeddings=vector.reshape(1, -1), n_results=top_k, include=["distances"]
            )
        except Exception as error:  # Chroma raises its own, httpx's and ValueError
            raise KnowledgeError(f"the vector store failed: {type(error).__name__}: {error}") from error
        distances = (found["distances"] or [[]])[0]
        return [Near(name, 1.0 - distance) for name, distance in zip(found["ids"][0], distances, strict=True)]

    def count(self) -> int:
        """How many chunks the collection holds."""
        return self._collection.count()

    def close(self) -> None:
        """Let go of files and connections; twice is as good as once."""
        _close(self._client)


def load_chroma() -> None:
    """Import the library, which takes a third of a second: while something else is waited for."""
    importlib.import_module("chromadb")


def open_store(place: StorePlace) -> VectorStore:
    """Open a finished collection.

    Raises:
        KnowledgeError: it is not there, or Chroma can't read it.
    """
    client = _client(place)
    try:
        return VectorStore(client, client.get_collection(place.collection, embedding_function=None))
    except Exception as error:
        _close(client)
        raise KnowledgeError(f"{_name(place)} can't be opened: {type(error).__name__}: {error}") from error


def write_store(place: StorePlace, chunks: Sequence[StoredChunk], vectors: Vector) -> None:
    """Write a collection from nothing, close it, open it again and check it. For a child process.

    Raises:
        GenerationError: it does not hold or find what was written.
    """
    with _opened(place) as client:
        _drop(client, place.collection)
        _add(client, place.collection, chunks, vectors)
    check_store(place, chunks, vectors)


@dataclass(frozen=True, slots=True)
class Difference:
    """What must be done to one collection to make it another: ids to be deleted, then numbers of chunks to be added."""

    gone: Sequence[str]
    added: Sequence[int]

    def __len__(self) -> int:
        return len(self.gone) + len(self.added)


def patch_store(
    place: StorePlace, before: Path, difference: Difference, *, chunks: Sequence[StoredChunk], vectors: Vector
) -> None:
    """Make an embedded collection from a copy of the one in the folder `before`, and check it. For a child process.

    Only what differs is written, everything that was added must find itself, and no id may be left over or missing.

    Raises:
        GenerationError: it does not hold or find what it should.
    """
    assert place.folder is not None
    _copy_folder(before, place.folder)
    with _opened(place) as client:
        collection = client.get_collection(place.collection, embedding_function=None)
        for start in range(0, len(difference.gone), _BATCH):
            collection.delete(ids=list(difference.gone[start : start + _BATCH]))
        added = list(difference.added)
        _add(client, place.collection, [chunks[number] for number in added], vectors[added])
    check_store(place, chunks, vectors, also=difference.added)
    with _opened(place) as client:
        ids = client.get_collection(place.collection, embedding_function=None).get(include=[])["ids"]
    if set(ids) != {chunk.chunk_id for chunk in chunks}:
        raise GenerationError(f"{_name(place)} holds chunks that should be gone, or lacks some")


def _copy_folder(source: Path, target: Path) -> None:
    """Copy a store that others may be reading: its database as SQLite does it, for readers leave marks in it."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{_DATABASE}*"))
    with (
        closing(sqlite3.connect(f"file:{source / _DATABASE}?mode=ro", uri=True)) as before,
        closing(sqlite3.connect(target / _DATABASE)) as after,
    ):
        before.backup(after)


def _add(client: Client, name: str, chunks: Sequence[StoredChunk], vectors: Vector) -> None:
    """Add chunks to a collection, which is made if it is not there."""
    known = _KnownVectors()
    store = _created(client, name, known)
    for start in range(0, len(chunks), _BATCH):
        batch = chunks[start : start + _BATCH]
        known.batch = vectors[start : start + _BATCH].tolist()
        store.add_texts(
            [chunk.text or " " for chunk in batch],
            metadatas=[_metadata(chunk) for chunk in batch],
            ids=[chunk.chunk_id for chunk in batch],
        )


def check_store(place: StorePlace, chunks: Sequence[StoredChunk], vectors: Vector, *, also: Iterable[int] = ()) -> None:
    """Count, and probe a sample: a passage must find itself, a question its own section, among the nearest five.

    Chunks with the numbers `also` are probed whether they are in the sample or not. For a child process: a damaged
    store may crash it.

    Raises:
        GenerationError: a chunk is missing, or is not found by its own vector.
    """
    store = open_store(place)
    try:
        count = store.count()
        if count != len(chunks):
            raise GenerationError(f"{_name(place)} holds {count} chunks instead of {len(chunks)}")
        ids_of_key = _ids_of_key(chunks)
        for number in dict.fromkeys((*_sample(chunks), *also)):
            chunk = chunks[number]
            wanted = ids_of_key[chunk.key] if chunk.is_question else {chunk.chunk_id}
            if not _finds(store, vectors[number], wanted):
                raise GenerationError(
                    f"{_name(place)} does not find {chunk.kind} {chunk.ordinal} of {chunk.locale}/{chunk.key} "
                    "by its own vector"
                )
    finally:
        store.close()


def drop_collections(place: StorePlace, names: Sequence[str]) -> None:
    """Delete collections of a server; those that are gone already are passed over."""
    with _opened(place) as client:
        for name in names:
            _drop(client, name)


def collections_on(place: StorePlace) -> list[str]:
    """The names of all collections of a server."""
    with _opened(place) as client:
        return [collection.name for collection in client.list_collections()]


class _KnownVectors(Embeddings):
    """Gives langchain-chroma the vectors of the batch that is about to be added."""

    def __init__(self) -> None:
        self.batch: list[list[float]] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        assert len(texts) == len(self.batch)
        return self.batch

    def embed_query(self, text: str) -> list[float]:
        raise TypeError(f"queries come as vectors, not as text ({len(text)} characters)")


def _finds(store: VectorStore, vector: Vector, wanted: AbstractSet[str]) -> bool:
    """Whether one of the wanted chunks is among the nearest; where all of those are all but equal, any will do."""
    found = store.nearest(vector, top_k=_NEAREST)
    return any(near.chunk_id in wanted for near in found) or (
        len(found) == _NEAREST and found[-1].score >= _ALL_BUT_EQUAL
    )


def _ids_of_key(chunks: Sequence[StoredChunk]) -> dict[str, set[str]]:
    ids: dict[str, set[str]] = {}
    for chunk in chunks:
        ids.setdefault(chunk.key, set()).add(chunk.chunk_id)
    return ids


def _sample(chunks: Sequence[StoredChunk]) -> list[int]:
    step = max(1, len(chunks) // _SAMPLE)
    return list(range(0, len(chunks), step))


def _metadata(chunk: StoredChunk) -> dict[str, str]:
    """Nothing but what the id is a hash of: an id that stays needs no new metadata."""
    return {"key": chunk.key, "locale": chunk.locale, "kind": chunk.kind}


@contextmanager
def _opened(place: StorePlace) -> Iterator[Client]:
    client = _client(place)
    try:
        yield client
    finally:
        _close(client)


def _client(place: StorePlace) -> Client:
    import chromadb  # noqa: PLC0415 - takes half a second to import
    from chromadb.config import Settings  # noqa: PLC0415

    settings = Settings(anonymized_telemetry=False)
    try:
        if place.folder is not None:
            return _as_client(chromadb.PersistentClient(path=str(place.folder), settings=settings))
        address = urlsplit(place.url)
        port = address.port or (443 if address.scheme == "https" else 80)
        _knock(place.url)
        return _as_client(
            chromadb.HttpClient(
                host=address.hostname or "", port=port, ssl=address.scheme == "https", settings=settings
            )
        )
    except Exception as error:  # Chroma raises its own, httpx's and ValueError
        raise KnowledgeError(f"{_name(place)} can't be reached: {type(error).__name__}: {error}") from error


def _as_client(client: object) -> Client:
    """Chroma's factories promise less than they return: only the class has `close`."""
    from chromadb.api.client import Client as Closable  # noqa: PLC0415

    assert isinstance(client, Closable)
    for session in _sessions_of(client):
        session.timeout = _SERVER_TIMEOUT_S
    return client


def _knock(url: str) -> None:
    """Find out within a limited time whether the server answers: Chroma's client would wait for ever."""
    if not url.startswith(("http://", "https://")):
        raise KnowledgeError(f"chroma_url must begin with http:// or https://, not {url!r}")
    with urlopen(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=_SERVER_TIMEOUT_S):  # noqa: S310 - checked above
        pass


def _close(client: Client) -> None:
    """Close the client, and the HTTP connections that Chroma's own `close` forgets."""
    sessions = _sessions_of(client)
    client.close()
    for session in sessions:
        session.close()


def _sessions_of(client: Client) -> list[httpx.Client]:
    """The HTTP sessions of a server's client: chromadb 1.5.9 gives no other way to limit and to close them."""
    from chromadb.api.fastapi import FastAPI  # noqa: PLC0415

    servers = (client._server, getattr(client._admin_client, "_server", None))  # noqa: SLF001 - see above
    return [server._session for server in servers if isinstance(server, FastAPI)]  # noqa: SLF001 - see above


def _created(client: Client, name: str, embeddings: Embeddings) -> Chroma:
    from langchain_chroma import Chroma  # noqa: PLC0415 - takes a second to import

    return Chroma(
        collection_name=name,
        client=client,
        embedding_function=embeddings,
        collection_configuration={"hnsw": {"space": "cosine", "ef_search": _SEARCH_EF, "ef_construction": _SEARCH_EF}},
    )


def _drop(client: Client, name: str) -> None:
    from chromadb.errors import NotFoundError  # noqa: PLC0415

    with suppress(NotFoundError):
        client.delete_collection(name)


def _name(place: StorePlace) -> str:
    return f"the vector store {place.folder or place.url} ({place.collection})"
