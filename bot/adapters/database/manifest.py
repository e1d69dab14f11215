"""The manifest as ingestion speaks of it: documents and means in and out of the rows of the state database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pydantic import TypeAdapter

from bot.adapters.database.manifest_store import ManifestRow, SqlManifestStore, VersionRow, VersionState
from bot.adapters.means_bytes import means_from_bytes, means_to_bytes
from bot.ingestion.model import Document, IndexVersion, IndexVersionContent, Means

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

    async def publish(self, content: IndexVersionContent, *, now: datetime) -> IndexVersion:
        """See the port."""
        await self._store.publish(
            content.number,
            documents=len(content.documents),
            chunks=content.chunks,
            fingerprint=content.fingerprint,
            means=means_to_bytes(content.means),
            pending=content.pending,
            now=now,
        )
        published = await self.published()
        assert published is not None
        return published

    async def published(self) -> IndexVersion | None:
        """See the port."""
        row = await self._store.published()
        return None if row is None else _generation(row)

    async def documents(self, number: int, *, files: Collection[str] | None = None) -> list[Document]:
        """See the port."""
        rows = await self._store.documents(number, files=files)
        return [_DOCUMENT.validate_json(row.body) for row in rows]

    async def content_hashes(self, number: int) -> Mapping[str, str]:
        """See the port."""
        return await self._store.content_hashes(number)

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
        rows = await self._store.versions()
        newest = max((row.number for row in rows if row.state is VersionState.PUBLISHED), default=0)
        for row in rows:
            if row.state is VersionState.BUILDING and row.number < newest:
                await self._store.discard(row.number)
        return tuple(row.number for row in rows if row.state is not VersionState.BUILDING)


def _row(document: Document) -> ManifestRow:
    return ManifestRow(
        locale=document.locale,
        path=document.path,
        content_hash=document.content_hash,
        body=_DOCUMENT.dump_json(document).decode(),
    )


def _generation(row: VersionRow) -> IndexVersion:
    return IndexVersion(
        number=row.number,
        embedding_identity=row.embedding_identity,
        documents=row.documents,
        chunks=row.chunks,
        fingerprint=row.fingerprint,
        published_at=row.published_at,
        pending=row.pending,
    )
