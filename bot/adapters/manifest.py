"""The manifest as ingestion speaks of it: documents and means in and out of the rows of the state database."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from pydantic import TypeAdapter

from bot.adapters.database.manifest_store import GenerationRow, GenerationState, ManifestRow, SqlManifestStore
from bot.errors import KnowledgeError
from bot.ingestion.model import Document, Generation, GenerationContent, Means
from bot.vocabulary import Locale

_DOCUMENT = TypeAdapter(Document)
_KEPT = 2


class DocumentManifest:
    """See `bot.ingestion.ports.Manifest`."""

    def __init__(self, store: SqlManifestStore) -> None:
        self._store = store

    async def begin(self, embedding_identity: str) -> int:
        """See the port."""
        return await self._store.begin(embedding_identity)

    async def write_documents(self, number: int, documents: Sequence[Document]) -> None:
        """See the port."""
        await self._store.write_documents(number, map(_row, documents))

    async def publish(self, content: GenerationContent, *, now: datetime) -> Generation:
        """See the port."""
        await self._store.publish(
            content.number,
            documents=len(content.documents),
            chunks=len(content.chunks),
            fingerprint=content.fingerprint,
            means=means_to_bytes(content.means),
            now=now,
        )
        published = await self.published()
        assert published is not None
        return published

    async def published(self) -> Generation | None:
        """See the port."""
        row = await self._store.published()
        return None if row is None else _generation(row)

    async def documents(self, number: int) -> list[Document]:
        """See the port."""
        return [_DOCUMENT.validate_json(row.body) for row in await self._store.documents(number)]

    async def means(self, number: int) -> Means | None:
        """See the port."""
        row = await self._store.published()
        return means_from_bytes(row.means) if row is not None and row.number == number else None

    async def discard(self, number: int) -> None:
        """See the port."""
        await self._store.discard(number)

    async def tidy(self) -> tuple[int, ...]:
        """See the port."""
        await self._store.retire_old(keep=_KEPT)
        rows = await self._store.generations()
        newest = max((row.number for row in rows if row.state is GenerationState.PUBLISHED), default=0)
        for row in rows:
            if row.state is GenerationState.BUILDING and row.number < newest:
                await self._store.discard(row.number)
        return tuple(row.number for row in rows if row.state is not GenerationState.BUILDING)


def means_to_bytes(means: Means) -> bytes:
    """Write means so that `means_from_bytes` reads the same ones."""
    file = io.BytesIO()
    passages = {f"passages-{locale}": vector for locale, vector in means.passages.items()}
    queries = {f"queries-{locale}": vector for locale, vector in means.queries.items()}
    np.savez(file, allow_pickle=False, metric=means.metric, **passages, **queries)
    return file.getvalue()


def means_from_bytes(stored: bytes) -> Means:
    """Read what `means_to_bytes` wrote.

    Raises:
        KnowledgeError: these are no means.
    """
    try:
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            named = {name: arrays[name] for name in arrays.files}
            metric = named.pop("metric")
    except (OSError, ValueError, EOFError, KeyError) as error:
        raise KnowledgeError(f"the means of the generation are damaged ({error}); run: scoda knowledge sync") from error
    return Means(passages=_side(named, "passages-"), queries=_side(named, "queries-"), metric=metric)


def _side(named: dict[str, np.ndarray], prefix: str) -> dict[Locale, np.ndarray]:
    return {Locale(name.removeprefix(prefix)): vector for name, vector in named.items() if name.startswith(prefix)}


def _row(document: Document) -> ManifestRow:
    return ManifestRow(
        locale=document.locale,
        path=document.path,
        content_hash=document.content_hash,
        body=_DOCUMENT.dump_json(document).decode(),
    )


def _generation(row: GenerationRow) -> Generation:
    return Generation(
        number=row.number,
        embedding_identity=row.embedding_identity,
        documents=row.documents,
        chunks=row.chunks,
        fingerprint=row.fingerprint,
        published_at=row.published_at,
    )
