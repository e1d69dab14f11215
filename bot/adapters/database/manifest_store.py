"""The versions of the knowledge: the truth from which the index can be built again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import islice

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, delete, exists, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import knowledge_documents, manifest_documents, manifest_generations
from bot.adapters.packing.means import means_from_bytes, means_to_bytes
from bot.errors import DatabaseError
from bot.ingestion.model import Document, IndexVersion, IndexVersionContent, Means

_DOCUMENT = TypeAdapter(Document)
_BATCH = 200
"""Documents that are written in one transaction: by reasoning, so that other writers soon get their turn."""
_KEPT = 2
"""Versions: the published one and, by reasoning, the one before it, to which running answers may still hold."""


class VersionState(StrEnum):
    """Where a version stands. At most one is published."""

    BUILDING = "building"
    PUBLISHED = "published"
    RETIRED = "retired"


class SqlManifestStore:
    """Implements `bot.ingestion.ports.Manifest`. Each document stands there once, as JSON, for all versions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, embedding_identity: str) -> int:
        """See the port. A number is never given again."""
        insert = manifest_generations.insert().values(
            state=VersionState.BUILDING,
            embedding_identity=embedding_identity,
            documents=0,
            chunks=0,
            fingerprint="",
            means=b"",
            pending=0,
        )
        async with self._database.writing() as connection:
            number = await connection.scalar(insert.returning(manifest_generations.c.number))
        assert isinstance(number, int)
        return number

    async def write_documents(self, number: int, documents: Sequence[Document]) -> None:
        """See the port. What is known of another version is not written again.

        Each batch is a transaction of its own, if none is open, so that other writers get their turn.
        """
        insert = self._database.insert(knowledge_documents).on_conflict_do_nothing()
        for batch in _batches(documents):
            new = {document.content_hash: document for document in batch}
            known = select(knowledge_documents.c.content_hash).where(knowledge_documents.c.content_hash.in_(new))
            async with self._database.writing() as connection:
                for content_hash in await connection.scalars(known):
                    del new[content_hash]
                if new:
                    await connection.execute(insert, [_body(document) for document in new.values()])
                await connection.execute(manifest_documents.insert(), [_place(number, one) for one in batch])

    async def publish(self, content: IndexVersionContent, *, now: datetime) -> IndexVersion:
        """See the port: this version is published and the one before retired, both or neither.

        Raises:
            DatabaseError: the version is not being built.
        """
        version = IndexVersion(
            number=content.number,
            embedding_identity=content.embedding_identity,
            documents=len(content.documents),
            chunks=content.chunks,
            fingerprint=content.fingerprint,
            published_at=now,
            pending=content.pending,
        )
        building = manifest_generations.c.state == VersionState.BUILDING
        published = update(manifest_generations).where(manifest_generations.c.number == content.number, building)
        async with self._database.writing() as connection:
            await connection.execute(
                update(manifest_generations).where(_is_published()).values(state=VersionState.RETIRED)
            )
            result = await connection.execute(
                published.values(
                    state=VersionState.PUBLISHED,
                    documents=version.documents,
                    chunks=version.chunks,
                    fingerprint=version.fingerprint,
                    means=means_to_bytes(content.means),
                    pending=version.pending,
                    published_at=now,
                )
            )
            if result.rowcount != 1:
                raise DatabaseError(f"version {version.number} is not being built: begin a new one and publish that")
        return version

    async def published(self) -> IndexVersion | None:
        """See the port."""
        table = manifest_generations.c
        query = select(
            table.number,
            table.embedding_identity,
            table.documents,
            table.chunks,
            table.fingerprint,
            table.published_at,
            table.pending,
        ).where(_is_published())
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else IndexVersion(**row)

    async def documents(self, number: int) -> list[Document]:
        """See the port. The order is that of code points, on every database."""
        table = manifest_documents.c
        query = (
            select(table.locale, table.path, knowledge_documents.c.body)
            .join(knowledge_documents, knowledge_documents.c.content_hash == table.content_hash)
            .where(table.generation == number)
        )
        async with self._database.reading() as connection:
            rows = [tuple(row) for row in await connection.execute(query)]
        # Not by ORDER BY: a PostgreSQL server orders by its collation, which may put "a-b" after "ab".
        return [_DOCUMENT.validate_json(body) for _locale, _path, body in sorted(rows)]

    async def means(self, number: int) -> Means | None:
        """See the port."""
        query = select(manifest_generations.c.means).where(manifest_generations.c.number == number, _is_published())
        async with self._database.reading() as connection:
            stored = await connection.scalar(query)
        return None if stored is None else means_from_bytes(stored)

    async def discard(self, number: int) -> None:
        """See the port. The published version stays."""
        async with self._database.writing() as connection:
            await connection.execute(
                delete(manifest_generations).where(manifest_generations.c.number == number, ~_is_published())
            )

    async def tidy(self) -> tuple[int, ...]:
        """See the port. Also forgotten are versions that a process began and never published, and their documents."""
        table = manifest_generations.c
        query = select(table.number, table.state).order_by(table.number.desc())
        async with self._database.writing() as connection:
            numbers = defaultdict(list)
            for number, state in await connection.execute(query):
                numbers[VersionState(state)].append(number)
            published = numbers[VersionState.PUBLISHED]
            retired = numbers[VersionState.RETIRED]
            left = [number for number in numbers[VersionState.BUILDING] if number < max(published, default=0)]
            old = [*retired[_KEPT - 1 :], *left]
            await connection.execute(delete(manifest_generations).where(table.number.in_(old)))
            await connection.execute(delete(knowledge_documents).where(~_is_used()))
        return (*published, *retired[: _KEPT - 1])


def _is_published() -> ColumnElement[bool]:
    return manifest_generations.c.state == VersionState.PUBLISHED


def _is_used() -> ColumnElement[bool]:
    return exists().where(manifest_documents.c.content_hash == knowledge_documents.c.content_hash)


def _batches(documents: Sequence[Document]) -> Iterator[list[Document]]:
    iterator = iter(documents)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _body(document: Document) -> dict[str, object]:
    return {"content_hash": document.content_hash, "body": _DOCUMENT.dump_json(document).decode()}


def _place(number: int, document: Document) -> dict[str, object]:
    return {
        "generation": number,
        "locale": document.locale,
        "path": document.path,
        "content_hash": document.content_hash,
    }
