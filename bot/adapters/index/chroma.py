"""The vector store: Chroma, embedded in a folder or on a Chroma server.

Embedded Chroma is not safe against a kill while it writes, so a collection is written once, by a child process, and
only read afterwards. It holds ids, vectors and what a reader may filter by. Vectors are made elsewhere, and texts stand
in the files of the version: with them the store took twice the time to write and half as much space again.
"""

from __future__ import annotations

import asyncio
import math
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import urlopen

import numpy as np

from bot.adapters.system.child import TellShare
from bot.errors import IndexVersionError, KnowledgeError, ScodaError
from bot.ingestion.model import ChunkKind, Vector

if TYPE_CHECKING:
    import httpx
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_BATCH = 4000
"""Chroma takes at most 5,461 at once."""
_SERVER_BATCH = 1000
"""A server has to answer in time: one on a busy machine of 2 cores took more than 20 s for 2,000."""
DATABASE = "chroma.sqlite3"
_SEARCH_EF = 200
"""Candidates that HNSW keeps while it searches (its `ef_search`): by reasoning, well above the `top_k` asked for."""
_BUILD_EF = 100
"""Candidates while a chunk is put into the graph (its `ef_construction`): Chroma's own default."""
_THIRDS = 3
"""So often the graph is written to the disk while a store is made."""
_SAMPLE = 200
"""Chunks that are probed after writing, evenly spread: by reasoning, enough to meet a batch that is missing."""
_ALL_BUT_EQUAL = 0.98
"""Cosine from which five neighbours count as copies of each other, so that any of them will do: by reasoning."""
_NEAREST = 5
"""Neighbours among which a chunk must be: an approximate graph may put near ones before it."""
_SERVER_TIMEOUT_S = 120.0
"""Seconds that it may take for one call while a collection is written, for which nobody waits: by reasoning."""
_READER_TIMEOUT_S = 2.0
"""Seconds that it may take while somebody waits for an answer, which exact search gives as well: by reasoning."""
_PAGE = 100
"""Collections that are listed at once."""


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where a collection lives: a folder of its own, or the address of a Chroma server."""

    collection: str
    folder: Path | None = None
    url: str = ""


Label = Mapping[str, str]
"""`key`, `locale` and `kind` of a chunk: what a reader of the store may filter by, and all that its id is a hash of."""


@dataclass(frozen=True, slots=True)
class StoredChunks:
    """Chunks as Chroma keeps them: an id, a row of `vectors` and a label each."""

    ids: Sequence[str]
    vectors: Vector
    labels: Sequence[Label]

    def __len__(self) -> int:
        return len(self.ids)


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


def open_store(place: StorePlace, *, timeout_s: float = _READER_TIMEOUT_S) -> VectorStore:
    """Open a finished collection; a server may take `timeout_s` for each call.

    Raises:
        KnowledgeError: it is not there, or Chroma can't read it.
    """
    client = _client(place, timeout_s)
    try:
        return VectorStore(client, client.get_collection(place.collection, embedding_function=None))
    except Exception as error:
        _close(client)
        raise KnowledgeError(f"{_name(place)} can't be opened: {type(error).__name__}: {error}") from error


def write_store(place: StorePlace, chunks: StoredChunks, *, tell: TellShare) -> None:
    """Write a collection from nothing, close it, open it again and check it. For a child process.

    Raises:
        IndexVersionError: it does not hold or find what was written.
    """
    most = _BATCH if place.folder is not None else _SERVER_BATCH
    batches = _THIRDS * math.ceil(len(chunks) / _THIRDS / most) or 1
    size = math.ceil(len(chunks) / batches) or 1
    with _opened(place) as client:
        _drop(client, place.collection)
        # The graph is written to the disk whenever more than this came; the last time is then after the last batch.
        collection = _created(client, place.collection, sync_threshold=max((batches // _THIRDS - 1) * size + 1, 2))
        _add(collection, chunks, range(len(chunks)), size=size, tell=tell)
    if place.folder is not None:
        _vacuum(place.folder)
    check_store(place, chunks)


def patch_store(place: StorePlace, before: Path, chunks: StoredChunks, *, at_most: int, tell: TellShare) -> int | None:
    """Make an embedded collection from a copy of the one in the folder `before`, and check it. For a child process.

    Only what differs is written, everything that was added must find itself, and no id may be left over or missing.
    Returns how many chunks were deleted and added; None, with nothing written, when they would be more than `at_most`.

    Raises:
        IndexVersionError: it does not hold or find what it should.
    """
    assert place.folder is not None
    _copy_folder(before, place.folder)
    with _opened(place) as client:
        collection = client.get_collection(place.collection, embedding_function=None)
        held, wanted = set(collection.get(include=[])["ids"]), set(chunks.ids)
        gone = sorted(held - wanted)
        added = [place for place, chunk_id in enumerate(chunks.ids) if chunk_id not in held]
        if len(gone) + len(added) > at_most:
            return None
        for start in range(0, len(gone), _BATCH):
            collection.delete(ids=gone[start : start + _BATCH])
        _add(collection, chunks, added, size=_BATCH, tell=tell)
    check_store(place, chunks, also=added)
    with _opened(place) as client:
        ids = client.get_collection(place.collection, embedding_function=None).get(include=[])["ids"]
    if set(ids) != wanted:
        raise IndexVersionError(f"{_name(place)} holds chunks that should be gone, or lacks some")
    return len(gone) + len(added)


def _copy_folder(source: Path, target: Path) -> None:
    """Copy a store that others may be reading: its database as SQLite does it, for readers leave marks in it."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{DATABASE}*"))
    with (
        closing(sqlite3.connect(f"file:{source / DATABASE}?mode=ro", uri=True)) as before,
        closing(sqlite3.connect(target / DATABASE)) as after,
    ):
        before.backup(after)


def _vacuum(folder: Path) -> None:
    """Give back the space of what Chroma kept until it was in the graph."""
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.execute("VACUUM")


def _add(collection: Collection, chunks: StoredChunks, places: Sequence[int], *, size: int, tell: TellShare) -> None:
    """Add the chunks at these places, so many at a time."""
    for start in range(0, len(places), size):
        batch = places[start : start + size]
        collection.add(
            ids=[chunks.ids[place] for place in batch],
            embeddings=chunks.vectors[np.asarray(batch)],
            metadatas=[dict(chunks.labels[place]) for place in batch],
        )
        tell(min(start + size, len(places)) / len(places))


def check_store(place: StorePlace, chunks: StoredChunks, *, also: Iterable[int] = ()) -> None:
    """Count, and probe a sample: a passage must find itself, a question its own section, among the nearest five.

    Chunks with the numbers `also` are probed whether they are in the sample or not. For a child process: a damaged
    store may crash it.

    Raises:
        IndexVersionError: a chunk is missing, or is not found by its own vector.
    """
    store = open_store(place, timeout_s=_SERVER_TIMEOUT_S)
    try:
        count = store.count()
        if count != len(chunks):
            raise IndexVersionError(f"{_name(place)} holds {count} chunks instead of {len(chunks)}")
        ids_of_key: dict[str, set[str]] = {}
        for chunk_id, label in zip(chunks.ids, chunks.labels, strict=True):
            ids_of_key.setdefault(label["key"], set()).add(chunk_id)
        step = max(1, len(chunks) // _SAMPLE)
        for number in dict.fromkeys((*range(0, len(chunks), step), *also)):
            label = chunks.labels[number]
            is_question = label["kind"] == ChunkKind.QUESTION
            wanted = ids_of_key[label["key"]] if is_question else {chunks.ids[number]}
            if not _finds(store, chunks.vectors[number], wanted):
                raise IndexVersionError(
                    f"{_name(place)} does not find a {label['kind']} of {label['locale']}/{label['key']} "
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
    names: list[str] = []
    with _opened(place) as client:
        while page := client.list_collections(limit=_PAGE, offset=len(names)):
            names += [collection.name for collection in page]
    return names


def is_there(place: StorePlace) -> bool:
    """Whether a server has the collection.

    Raises:
        KnowledgeError: it does not answer.
    """
    from chromadb.errors import NotFoundError  # noqa: PLC0415 - see `_client`

    with _opened(place, _READER_TIMEOUT_S) as client:
        try:
            client.get_collection(place.collection, embedding_function=None)
        except NotFoundError:
            return False
    return True


def rename(place: StorePlace, name: str) -> None:
    """Give a collection another name, unless another one has it; who reads it goes on."""
    with _opened(place) as client:
        client.get_collection(place.collection, embedding_function=None).modify(name=name)


def _finds(store: VectorStore, vector: Vector, wanted: AbstractSet[str]) -> bool:
    """Whether one of the wanted chunks is among the nearest; where all of those are all but equal, any will do."""
    found = store.nearest(vector, top_k=_NEAREST)
    return any(near.chunk_id in wanted for near in found) or (
        len(found) == _NEAREST and found[-1].score >= _ALL_BUT_EQUAL
    )


@contextmanager
def _opened(place: StorePlace, timeout_s: float = _SERVER_TIMEOUT_S) -> Iterator[Client]:
    client = _client(place, timeout_s)
    try:
        yield client
    except (ScodaError, OSError):
        raise
    except Exception as error:  # Chroma raises its own, httpx's and ValueError
        raise KnowledgeError(f"{_name(place)} failed: {type(error).__name__}: {error}") from error
    finally:
        _close(client)


def _client(place: StorePlace, timeout_s: float = _SERVER_TIMEOUT_S) -> Client:
    import chromadb  # noqa: PLC0415 - takes half a second to import
    from chromadb.config import Settings  # noqa: PLC0415

    # Neither a file that lies where the bot runs nor the environment has it send what it does anywhere.
    settings = Settings(  # type: ignore[call-arg]  # pydantic-settings' own
        _env_file=None, anonymized_telemetry=False, chroma_otel_collection_endpoint=""
    )
    try:
        if place.folder is not None:
            return _as_client(chromadb.PersistentClient(path=str(place.folder), settings=settings), timeout_s)
        address = urlsplit(place.url)
        port = address.port or (443 if address.scheme == "https" else 80)
        _knock(place.url, timeout_s)
        is_tls = address.scheme == "https"
        client = chromadb.HttpClient(host=address.hostname or "", port=port, ssl=is_tls, settings=settings)
        return _as_client(client, timeout_s)
    except Exception as error:  # Chroma raises its own, httpx's and ValueError
        raise KnowledgeError(f"{_name(place)} can't be reached: {type(error).__name__}: {error}") from error


def _as_client(client: object, timeout_s: float) -> Client:
    """Chroma's factories promise less than they return: only the class has `close`."""
    from chromadb.api.client import Client as Closable  # noqa: PLC0415

    assert isinstance(client, Closable)
    for session in _sessions_of(client):
        session.timeout = timeout_s
    return client


async def is_answering(url: str, *, timeout_s: float) -> bool:
    """Whether a Chroma server is there."""
    try:
        await asyncio.to_thread(_knock, url, timeout_s)
    except (OSError, ValueError, HTTPException):
        return False
    return True


def _knock(url: str, timeout_s: float) -> None:
    """Find out within a limited time whether the server answers: Chroma's client would wait for ever."""
    if not url.startswith(("http://", "https://")):
        raise KnowledgeError(f"chroma_url must begin with http:// or https://, not {url!r}")
    with urlopen(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=timeout_s):  # noqa: S310 - checked above
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


def _created(client: Client, name: str, *, sync_threshold: int) -> Collection:
    return client.create_collection(
        name,
        embedding_function=None,
        configuration={
            "hnsw": {
                "space": "cosine",
                "ef_search": _SEARCH_EF,
                "ef_construction": _BUILD_EF,
                "sync_threshold": sync_threshold,
            }
        },
    )


def _drop(client: Client, name: str) -> None:
    from chromadb.errors import NotFoundError  # noqa: PLC0415

    with suppress(NotFoundError):
        client.delete_collection(name)


def _name(place: StorePlace) -> str:
    return f"the vector store {place.folder or place.url} ({place.collection})"
