"""The versions of the knowledge: the truth from which the index can be built again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from sqlalchemy import ColumnElement, RowMapping, delete, exists, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import knowledge_documents, manifest_documents, manifest_generations
from bot.errors import DatabaseError

_BATCH = 200
"""Documents a transaction; chosen: other writers get their turn in between."""


class VersionState(StrEnum):
    """Where a version stands. At most one is published."""

    BUILDING = "building"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One knowledge file of a version. `body` is JSON text."""

    locale: str
    path: str
    content_hash: str
    body: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version. Counts, fingerprint and means are known once it is published.

    `pending` chunks of its documents are not embedded yet.
    """

    number: int
    state: VersionState
    embedding_identity: str
    documents: int
    chunks: int
    fingerprint: str
    means: bytes
    created_at: datetime
    published_at: datetime | None
    pending: int


class SqlManifestStore:
    """Keeps versions and their documents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, embedding_identity: str) -> int:
        """Start a version; returns its number, which was never given before."""
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

    async def write_documents(self, number: int, rows: Iterable[ManifestRow]) -> None:
        """Add documents to a version that is being built; a body that is known is not written again.

        Each batch is a transaction of its own, if none is open, so that other writers get their turn.
        """
        insert = self._database.insert(knowledge_documents).on_conflict_do_nothing()
        iterator = iter(rows)
        while batch := list(islice(iterator, _BATCH)):
            bodies = {row.content_hash: row.body for row in batch}
            known = select(knowledge_documents.c.content_hash).where(knowledge_documents.c.content_hash.in_(bodies))
            async with self._database.writing() as connection:
                for content_hash in await connection.scalars(known):
                    del bodies[content_hash]
                if bodies:
                    new = [{"content_hash": content_hash, "body": body} for content_hash, body in bodies.items()]
                    await connection.execute(insert, new)
                await connection.execute(manifest_documents.insert(), [_values(number, row) for row in batch])

    async def publish(
        self, number: int, *, documents: int, chunks: int, fingerprint: str, means: bytes, pending: int, now: datetime
    ) -> None:
        """Make this version the published one and retire the one before, both or neither.

        Raises:
            DatabaseError: the version is not being built.
        """
        building = manifest_generations.c.state == VersionState.BUILDING
        published = update(manifest_generations).where(manifest_generations.c.number == number, building)
        async with self._database.writing() as connection:
            await connection.execute(
                update(manifest_generations).where(_is_published()).values(state=VersionState.RETIRED)
            )
            result = await connection.execute(
                published.values(
                    state=VersionState.PUBLISHED,
                    documents=documents,
                    chunks=chunks,
                    fingerprint=fingerprint,
                    means=means,
                    pending=pending,
                    published_at=now,
                )
            )
            if result.rowcount != 1:
                raise DatabaseError(f"version {number} is not being built: begin a new one and publish that")

    async def published(self) -> VersionRow | None:
        """The published version; None when there was never one."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(manifest_generations).where(_is_published()))).mappings().first()
        return None if row is None else _generation(row)

    async def documents(self, number: int, *, files: Collection[str] | None = None) -> list[ManifestRow]:
        """The documents of a version, by locale and path in the order of code points, on every database.

        With `files` (as in `ru/area/about.md`) only those.
        """
        table = manifest_documents.c
        query = (
            select(table.locale, table.path, table.content_hash, knowledge_documents.c.body)
            .join(knowledge_documents, knowledge_documents.c.content_hash == table.content_hash)
            .where(table.generation == number)
        )
        async with self._database.reading() as connection:
            rows = [ManifestRow(*row) for row in await connection.execute(query)]
        wanted = rows if files is None else [row for row in rows if f"{row.locale}/{row.path}" in files]
        # Not by ORDER BY: a PostgreSQL server orders by its collation, which may put "a-b" after "ab".
        return sorted(wanted, key=lambda row: (row.locale, row.path))

    async def content_hashes(self, number: int) -> dict[str, str]:
        """The content hash of each file of a version."""
        table = manifest_documents.c
        query = select(table.locale, table.path, table.content_hash).where(table.generation == number)
        async with self._database.reading() as connection:
            return {f"{locale}/{path}": content_hash for locale, path, content_hash in await connection.execute(query)}

    async def discard(self, number: int) -> None:
        """Delete a version and its documents; the published one stays."""
        async with self._database.writing() as connection:
            await connection.execute(
                delete(manifest_generations).where(manifest_generations.c.number == number, ~_is_published())
            )

    async def retire_old(self, keep: int = 2) -> list[int]:
        """Delete retired versions beyond the newest `keep`, the published one counted, and what only they held.

        Returns their numbers.
        """
        retired = (
            select(manifest_generations.c.number)
            .where(manifest_generations.c.state == VersionState.RETIRED)
            .order_by(manifest_generations.c.number.desc())
        )
        async with self._database.writing() as connection:
            old = list(await connection.scalars(retired))[max(keep - 1, 0) :]
            await connection.execute(delete(manifest_generations).where(manifest_generations.c.number.in_(old)))
            await connection.execute(delete(knowledge_documents).where(~_is_used()))
        return old

    async def versions(self) -> list[VersionRow]:
        """All versions, newest first."""
        query = select(manifest_generations).order_by(manifest_generations.c.number.desc())
        async with self._database.reading() as connection:
            return [_generation(row) for row in (await connection.execute(query)).mappings()]


def _is_published() -> ColumnElement[bool]:
    return manifest_generations.c.state == VersionState.PUBLISHED


def _is_used() -> ColumnElement[bool]:
    return exists().where(manifest_documents.c.content_hash == knowledge_documents.c.content_hash)


def _generation(row: RowMapping) -> VersionRow:
    return VersionRow(**{**row, "state": VersionState(row["state"])})


def _values(number: int, row: ManifestRow) -> dict[str, object]:
    return {
        "generation": number,
        "locale": row.locale,
        "path": row.path,
        "content_hash": row.content_hash,
    }
