"""The versions of the knowledge: the truth from which the index can be built again."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, RowMapping, delete, exists, func, or_, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.knowledge_tables import (
    knowledge_documents,
    knowledge_files,
    manifest_documents,
    manifest_files,
    manifest_generations,
)
from bot.adapters.packing.means import means_from_bytes, means_to_bytes
from bot.errors import DatabaseError
from bot.ids import DocumentPath
from bot.ingestion.model import (
    NO_NOTE,
    Document,
    IndexVersion,
    IndexVersionContent,
    KeptFile,
    Means,
    VersionNote,
    VersionRecord,
)

_DOCUMENT = TypeAdapter(Document)
_Row = TypeVar("_Row")
_BATCH = 200
"""Documents that are written in one transaction: by reasoning, so that other writers soon get their turn."""
_BUILT = 2
"""Versions whose built files stay: the published one and, by reasoning, the one before, to which answers may hold."""
KEPT_VERSIONS = 50
"""Versions of which documents and files stay, if no setting says otherwise: by reasoning, some months of edits."""


class VersionState(StrEnum):
    """Where a version stands. At most one is published."""

    BUILDING = "building"
    PUBLISHED = "published"
    RETIRED = "retired"
    KEPT = "kept"
    """Never published: the state of the folder before a rollback."""


class SqlManifestStore:
    """Implements `bot.ingestion.ports.Manifest`. Each document stands there once, as JSON, and each file once, packed.

    `keep_versions` are kept in all, the published one counted; a step between two versions is none.
    """

    def __init__(self, database: Database, *, keep_versions: int = KEPT_VERSIONS) -> None:
        self._database = database
        self._keep_versions = keep_versions

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

    async def write_files(self, number: int, names: Mapping[str, str], files: Iterable[KeptFile]) -> None:
        """See the port. A file that is known already is not packed again."""
        insert = self._database.insert(knowledge_files).on_conflict_do_nothing()
        given = {file.digest: file for file in files}
        for batch in _batches(list(names.items())):
            digests = {digest for _, digest in batch}
            known = select(knowledge_files.c.digest).where(knowledge_files.c.digest.in_(digests))
            async with self._database.writing() as connection:
                new = digests - set(await connection.scalars(known))
                if packed := [_packed(given[digest]) for digest in sorted(new & given.keys())]:
                    await connection.execute(insert, packed)
                rows = [{"generation": number, "name": name, "digest": digest} for name, digest in batch]
                await connection.execute(manifest_files.insert(), rows)

    async def publish(
        self, content: IndexVersionContent, *, now: datetime, note: VersionNote = NO_NOTE
    ) -> IndexVersion:
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
                    **_noted(note),
                )
            )
            if result.rowcount != 1:
                raise DatabaseError(f"version {version.number} is not being built: begin a new one and publish that")
        return version

    async def keep(self, number: int, *, fingerprint: str, documents: int, now: datetime, note: VersionNote) -> None:
        """See the port."""
        values = {"state": VersionState.KEPT, "fingerprint": fingerprint, "documents": documents, "published_at": now}
        building = manifest_generations.c.state == VersionState.BUILDING
        kept = update(manifest_generations).where(manifest_generations.c.number == number, building)
        async with self._database.writing() as connection:
            await connection.execute(kept.values(**values, **_noted(note)))

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

    async def copies_of(self, path: DocumentPath) -> dict[int, list[Document]]:
        """Implements `bot.correcting.ports.FormerVersions`. A document that stands in many versions is read once."""
        table = manifest_documents.c
        places = select(table.generation, table.content_hash, table.locale).where(table.path == path)
        async with self._database.reading() as connection:
            found = (await connection.execute(places.order_by(table.generation, table.locale))).all()
            hashes = {row.content_hash for row in found}
            bodies = select(knowledge_documents).where(knowledge_documents.c.content_hash.in_(hashes))
            known = {row.content_hash: _DOCUMENT.validate_json(row.body) for row in await connection.execute(bodies)}
        copies: dict[int, list[Document]] = {}
        for generation, content_hash, _locale in found:
            copies.setdefault(generation, []).append(known[content_hash])
        return copies

    async def file_names(self, number: int) -> dict[str, str]:
        """See the port."""
        query = select(manifest_files.c.name, manifest_files.c.digest).where(manifest_files.c.generation == number)
        async with self._database.reading() as connection:
            return {row.name: row.digest for row in await connection.execute(query)}

    async def files(self, digests: Collection[str]) -> list[KeptFile]:
        """See the port."""
        table, found = knowledge_files.c, []
        async with self._database.reading() as connection:
            for batch in _batches(list(digests)):
                query = select(table.name, table.digest, table.packed).where(table.digest.in_(batch))
                found += [
                    KeptFile(name, digest, zlib.decompress(packed))
                    for name, digest, packed in await connection.execute(query)
                ]
        return found

    async def history(self) -> list[VersionRecord]:
        """See the port."""
        table = manifest_generations.c
        has_files = exists().where(manifest_files.c.generation == table.number)
        query = (
            select(
                table.number,
                table.state,
                table.published_at,
                table.documents,
                table.cause,
                table.summary,
                table.sections,
                has_files.label("has_files"),
            )
            .where(table.state != VersionState.BUILDING, or_(table.pending == 0, _is_published()))
            .order_by(table.number.desc())
        )
        async with self._database.reading() as connection:
            return [_record(row) for row in (await connection.execute(query)).mappings()]

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
        """See the port. Also forgotten are versions that a process began and never published, and their documents.

        Of what is older than the two only the means go: they are large, and fitted anew when it is built again.
        """
        table = manifest_generations.c
        query = select(table.number, table.state, table.pending).order_by(table.number.desc())
        async with self._database.writing() as connection:
            rows = [(row.number, VersionState(row.state), row.pending) for row in await connection.execute(query)]
            published = [number for number, state, _ in rows if state is VersionState.PUBLISHED]
            retired = [number for number, state, _ in rows if state is VersionState.RETIRED]
            built = (*published, *retired[: _BUILT - 1])
            whole = [number for number, state, pending in rows if state is not VersionState.BUILDING and not pending]
            kept = {*built, *[number for number in whole if number not in published][: self._keep_versions - 1]}
            begun = {n for n, state, _ in rows if state is VersionState.BUILDING and n > max(published, default=0)}
            old = [number for number, _, _ in rows if number not in kept | begun]
            await connection.execute(delete(manifest_generations).where(table.number.in_(old)))
            await connection.execute(
                update(manifest_generations)
                .where(table.number.not_in({*built, *begun}), func.length(table.means) > 0)
                .values(means=b"")
            )
            await connection.execute(delete(knowledge_documents).where(~_is_used()))
            await connection.execute(delete(knowledge_files).where(~_is_wanted()))
        return built


def _is_published() -> ColumnElement[bool]:
    return manifest_generations.c.state == VersionState.PUBLISHED


def _is_used() -> ColumnElement[bool]:
    return exists().where(manifest_documents.c.content_hash == knowledge_documents.c.content_hash)


def _is_wanted() -> ColumnElement[bool]:
    return exists().where(manifest_files.c.digest == knowledge_files.c.digest)


def _packed(file: KeptFile) -> dict[str, object]:
    return {"digest": file.digest, "name": file.name, "packed": zlib.compress(file.raw)}


def _noted(note: VersionNote) -> dict[str, object]:
    return {"cause": note.cause, "summary": note.summary, "sections": note.sections}


def _record(row: RowMapping) -> VersionRecord:
    state = VersionState(row["state"])
    return VersionRecord(
        number=row["number"],
        at=row["published_at"],
        documents=row["documents"],
        note=VersionNote(row["cause"], row["summary"], row["sections"]),
        is_published=state is VersionState.PUBLISHED,
        was_published=state is not VersionState.KEPT,
        has_files=bool(row["has_files"]),
    )


def _batches(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    iterator = iter(rows)
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
