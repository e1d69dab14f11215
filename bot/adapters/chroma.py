"""The vector store: Chroma through langchain-chroma, embedded in a folder or on a Chroma server.

Embedded Chroma is not safe against a kill while it writes, so a collection is written once, by a child process, and
only read afterwards. Vectors are made elsewhere: Chroma never embeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
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
    from langchain_chroma import Chroma

_BATCH = 4000
"""Chroma takes at most 5,461 at once, and langchain-chroma does not split."""
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
    """A chunk as Chroma keeps it; `row` is its number in the generation."""

    chunk_id: str
    text: str
    row: int
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
    """A row of the generation and its cosine similarity, -1 to 1."""

    row: int
    score: float


class VectorStore:
    """One collection, open for reading. Blocks: call it in a thread."""

    def __init__(self, client: Client, store: Chroma, name: str) -> None:
        self._client = client
        self._store = store
        self._name = name

    def nearest(self, vector: Vector, *, top_k: int) -> list[Near]:
        """The nearest rows, best first."""
        try:
            found = self._store.similarity_search_by_vector_with_relevance_scores(vector.tolist(), k=top_k)
        except Exception as error:  # Chroma raises its own, httpx's and ValueError
            raise KnowledgeError(f"the vector store failed: {type(error).__name__}: {error}") from error
        return [Near(int(document.metadata["row"]), 1.0 - distance) for document, distance in found]

    def count(self) -> int:
        """How many chunks the collection holds."""
        return self._client.get_collection(self._name, embedding_function=None).count()

    def close(self) -> None:
        """Let go of files and connections; twice is as good as once."""
        _close(self._client)


def open_store(place: StorePlace) -> VectorStore:
    """Open a finished collection.

    Raises:
        KnowledgeError: it is not there, or Chroma can't read it.
    """
    client = _client(place)
    try:
        return VectorStore(client, _collection(client, place.collection), place.collection)
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
        known = _KnownVectors()
        store = _collection(client, place.collection, embeddings=known)
        for start in range(0, len(chunks), _BATCH):
            batch = chunks[start : start + _BATCH]
            known.batch = vectors[start : start + _BATCH].tolist()
            store.add_texts(
                [chunk.text or " " for chunk in batch],
                metadatas=[_metadata(chunk) for chunk in batch],
                ids=[chunk.chunk_id for chunk in batch],
            )
    check_store(place, chunks, vectors)


def check_store(place: StorePlace, chunks: Sequence[StoredChunk], vectors: Vector) -> None:
    """Count, and probe a sample: a passage must find itself, a question its own section, among the nearest five.

    For a child process: a damaged store may crash it.

    Raises:
        GenerationError: a chunk is missing, or is not found by its own vector.
    """
    store = open_store(place)
    try:
        count = store.count()
        if count != len(chunks):
            raise GenerationError(f"{_name(place)} holds {count} chunks instead of {len(chunks)}")
        rows_of_key = _rows_of_key(chunks)
        for number in _sample(chunks):
            chunk = chunks[number]
            wanted = rows_of_key[chunk.key] if chunk.is_question else {chunk.row}
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


def _finds(store: VectorStore, vector: Vector, wanted: AbstractSet[int]) -> bool:
    """Whether one of the wanted rows is among the nearest; where all of those are all but equal, any will do."""
    found = store.nearest(vector, top_k=_NEAREST)
    return any(near.row in wanted for near in found) or (len(found) == _NEAREST and found[-1].score >= _ALL_BUT_EQUAL)


def _rows_of_key(chunks: Sequence[StoredChunk]) -> dict[str, set[int]]:
    rows: dict[str, set[int]] = {}
    for chunk in chunks:
        rows.setdefault(chunk.key, set()).add(chunk.row)
    return rows


def _sample(chunks: Sequence[StoredChunk]) -> list[int]:
    step = max(1, len(chunks) // _SAMPLE)
    return list(range(0, len(chunks), step))


def _metadata(chunk: StoredChunk) -> dict[str, str | int]:
    return {
        "row": chunk.row,
        "key": chunk.key,
        "locale": chunk.locale,
        "kind": chunk.kind,
        "ordinal": chunk.ordinal,
    }


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


def _collection(client: Client, name: str, *, embeddings: Embeddings | None = None) -> Chroma:
    """Open the collection, or with `embeddings` create it."""
    from langchain_chroma import Chroma  # noqa: PLC0415 - takes a second to import

    return Chroma(
        collection_name=name,
        client=client,
        embedding_function=embeddings,
        collection_configuration={"hnsw": {"space": "cosine", "ef_search": _SEARCH_EF, "ef_construction": _SEARCH_EF}},
        create_collection_if_not_exists=embeddings is not None,
    )


def _drop(client: Client, name: str) -> None:
    from chromadb.errors import NotFoundError  # noqa: PLC0415

    with suppress(NotFoundError):
        client.delete_collection(name)


def _name(place: StorePlace) -> str:
    return f"the vector store {place.folder or place.url} ({place.collection})"
