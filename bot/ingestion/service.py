"""Knowledge files → a published generation: the whole of it or nothing, and only what is new is embedded."""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from bot.errors import GenerationError
from bot.ingestion.centring import CENTRING_VERSION, centred_chunks, means_of
from bot.ingestion.chunking import CHUNKING_VERSION, chunks_of
from bot.ingestion.model import (
    Audience,
    Chunk,
    ChunkKind,
    Document,
    Generation,
    GenerationContent,
    Means,
    Progress,
    Reading,
    Stage,
    Status,
    SyncReport,
    Vector,
)
from bot.ingestion.ports import Embedder, KnowledgeReader, Manifest, ProgressCount, Shelf
from bot.ingestion.typical_questions import TYPICAL_QUESTIONS, TYPICAL_QUESTIONS_VERSION
from bot.vocabulary import Locale, SectionKey

ProgressCallback = Callable[[Progress], None]

_STEADY = 0.01
"""A similarity changes by no more than this while means are kept that were made from slightly other texts.

One changed section among 30,000 chunks moves the median vector by 0.0004 and the farthest by 0.008.
"""


@dataclass(frozen=True, slots=True)
class _Embedded:
    identity: str
    chunks: tuple[Chunk, ...]
    vectors: Vector
    means: Means
    computed: int


class Ingestion:
    """Keeps the published generation equal to the knowledge folder."""

    def __init__(self, *, reader: KnowledgeReader, embedder: Embedder, manifest: Manifest, shelf: Shelf) -> None:
        self._reader = reader
        self._embedder = embedder
        self._manifest = manifest
        self._shelf = shelf
        self._turn = asyncio.Lock()

    @property
    def is_busy(self) -> bool:
        """Whether this process is synchronising or restoring just now."""
        return self._turn.locked()

    async def sync(
        self,
        *,
        now: datetime,
        progress: ProgressCallback | None = None,
        allow_empty: bool = False,
        unsettled: Collection[str] = (),
    ) -> SyncReport:
        """Publish what stands in the folder, unless it is published already.

        Broken files (and `unsettled` ones, which are still being written) answer in their last good version. Killed
        at any moment, the generation published before stays in use.

        Raises:
            KnowledgeError: there is no folder, or another process did not finish building.
            GenerationError: the new generation failed its checks, or it would be empty and `allow_empty` is not set.
            EmbeddingError: the embedding model gave no usable answer.
        """
        report = progress or _silent
        started = time.monotonic()
        async with self._turn, self._shelf.exclusive():
            report(Progress(Stage.READ, 0, 1))
            reading = await self._reader.read(unsettled=unsettled)
            report(Progress(Stage.READ, 1, 1))
            published = await self._manifest.published()
            before = await self._documents_of(published)
            kept = _last_good_versions(reading, before)
            documents = tuple(sorted((*reading.documents, *kept), key=lambda document: document.file))
            outcome = _unchanged(reading, documents, kept, published)
            fingerprint = _fingerprint(self._embedder.identity, documents)
            if published is not None and published.fingerprint == fingerprint:
                await self._repair(published, report, now)
            else:
                _refuse_empty(documents, published, allow_empty=allow_empty)
                usual = await self._usual_means(published, before)
                embedded = await self._embed(documents, report, usual=usual)
                new = await self._publish(documents, fingerprint, embedded, report, now)
                outcome = replace(outcome, published=new, chunks=new.chunks, embedded=embedded.computed)
        return replace(outcome, took_s=time.monotonic() - started)

    async def restore(self, *, now: datetime, progress: ProgressCallback | None = None) -> bool:
        """Build the published generation's files again from the manifest if they are missing or damaged.

        Returns whether they had to be built.
        """
        async with self._turn, self._shelf.exclusive():
            published = await self._manifest.published()
            return published is not None and await self._repair(published, progress or _silent, now)

    async def check(self) -> Reading:
        """Read the folder and report what is wrong, changing nothing."""
        return await self._reader.read()

    async def status(self) -> Status:
        """How the folder and the published generation stand to each other."""
        reading = await self._reader.read()
        published = await self._manifest.published()
        before = await self._documents_of(published)
        kept = _last_good_versions(reading, before)
        was = {document.file: document.content_hash for document in before}
        now = {document.file: document.content_hash for document in (*reading.documents, *kept)}
        return Status(
            published=published,
            reading=reading,
            added=tuple(sorted(now.keys() - was.keys())),
            changed=tuple(sorted(file for file in now.keys() & was.keys() if now[file] != was[file])),
            removed=tuple(sorted(was.keys() - now.keys())),
            kept=tuple(document.file for document in kept),
        )

    async def _documents_of(self, generation: Generation | None) -> Sequence[Document]:
        return await self._manifest.documents(generation.number) if generation else ()

    async def _repair(self, published: Generation, report: ProgressCallback, now: datetime) -> bool:
        if published.embedding_identity != self._embedder.identity or await self._shelf.holds(published):
            return False
        documents = tuple(await self._manifest.documents(published.number))
        embedded = await self._embed(documents, report, fixed=await self._manifest.means(published.number))
        await self._build(_content(published.number, published.fingerprint, documents, embedded, now), report)
        return True

    async def _usual_means(self, published: Generation | None, before: Sequence[Document]) -> Means | None:
        """The means in use, if they were made in today's way from today's model."""
        if published is None or published.fingerprint != _fingerprint(self._embedder.identity, before):
            return None
        return await self._manifest.means(published.number)

    async def _publish(  # noqa: PLR0917 - five different things, each of its own type
        self,
        documents: tuple[Document, ...],
        fingerprint: str,
        embedded: _Embedded,
        report: ProgressCallback,
        now: datetime,
    ) -> Generation:
        number = await self._manifest.begin(embedded.identity)
        content = _content(number, fingerprint, documents, embedded, now)
        try:
            await self._manifest.write_documents(number, documents)
            await self._build(content, report)
            report(Progress(Stage.PUBLISH, 0, 1))
            generation = await self._manifest.publish(content, now=now)
        except BaseException:
            await self._manifest.discard(number)
            raise
        await self._shelf.prune(await self._manifest.tidy())
        report(Progress(Stage.PUBLISH, 1, 1))
        return generation

    async def _build(self, content: GenerationContent, report: ProgressCallback) -> None:
        report(Progress(Stage.BUILD, 0, len(content.chunks)))
        await self._shelf.build(content)
        report(Progress(Stage.BUILD, len(content.chunks), len(content.chunks)))

    async def _embed(
        self,
        documents: Iterable[Document],
        report: ProgressCallback,
        *,
        fixed: Means | None = None,
        usual: Means | None = None,
    ) -> _Embedded:
        """Embed what may be told to visitors.

        `fixed` are the means of a generation that is built again. The `usual` ones stay while new ones would hardly
        move a vector: then the vectors of all that did not change stay too.
        """
        public = [document for document in documents if document.audience is Audience.PUBLIC]
        chunks = tuple(chunk for document in public for chunk in chunks_of(document))
        is_question = np.array([chunk.kind is ChunkKind.QUESTION for chunk in chunks], dtype=bool)
        typical = await self._embedder.queries([text for texts in TYPICAL_QUESTIONS.values() for text in texts])
        rows = np.zeros((len(chunks), typical.vectors.shape[1]), dtype=np.float32)
        count = _Count(report, len(chunks))
        questions = await self._embedder.queries(
            [chunk.text for chunk in chunks if chunk.kind is ChunkKind.QUESTION], progress=count.first
        )
        others = await self._embedder.passages(
            [chunk.text for chunk in chunks if chunk.kind is not ChunkKind.QUESTION], progress=count.second
        )
        for place, embedded in ((is_question, questions), (~is_question, others)):
            if len(embedded.vectors):
                rows[place] = embedded.vectors
        means = fixed or means_of(chunks, rows, _by_locale(typical.vectors))
        if fixed is None and usual is not None and _moved(chunks, rows, usual, means) <= _STEADY:
            means = usual
        return _Embedded(
            identity=self._embedder.identity,
            chunks=chunks,
            vectors=centred_chunks(chunks, rows, means),
            means=means,
            computed=questions.computed + others.computed,
        )


class _Count:
    """Adds the progress of two rounds of embedding up to one."""

    def __init__(self, report: ProgressCallback, total: int) -> None:
        self._report = report
        self._total = total
        self._first = 0

    def first(self, done: int, total: int) -> None:
        self._first = total
        self._report(Progress(Stage.EMBED, done, self._total))

    @property
    def second(self) -> ProgressCount:
        return lambda done, _: self._report(Progress(Stage.EMBED, self._first + done, self._total))


def _moved(chunks: Sequence[Chunk], rows: Vector, usual: Means, new: Means) -> float:
    """How far the vector that moves farthest would move (they have length 1) if other means were used."""
    if not chunks or usual.metric.shape != new.metric.shape:
        return math.inf
    differences = centred_chunks(chunks, rows, new) - centred_chunks(chunks, rows, usual)
    return float(np.linalg.norm(differences, axis=1).max())


def _unchanged(
    reading: Reading, documents: Sequence[Document], kept: Sequence[Document], published: Generation | None
) -> SyncReport:
    """What is reported when all documents are published already."""
    return SyncReport(
        published=None,
        documents=len(documents),
        chunks=published.chunks if published else 0,
        embedded=0,
        faults=reading.faults,
        warnings=reading.warnings,
        took_s=0.0,
        kept=tuple(document.file for document in kept),
    )


def _silent(progress: Progress) -> None:
    """For callers who do not watch."""


def _last_good_versions(reading: Reading, before: Iterable[Document]) -> list[Document]:
    read = {document.file for document in reading.documents}
    return [document for document in before if document.file not in read and _is_broken(document, reading.broken)]


def _is_broken(document: Document, broken: frozenset[str]) -> bool:
    """Whether the document's file, or a folder above it, is there but can't be read.

    In a folder that is not laid out by language the file's name is the path alone.
    """
    return any(
        name == prefix or name.startswith(prefix + "/") for name in (document.file, document.path) for prefix in broken
    )


def _refuse_empty(documents: Sequence[Document], published: Generation | None, *, allow_empty: bool) -> None:
    if documents or allow_empty:
        return
    if published is not None and published.documents:
        raise GenerationError(
            f"the knowledge folder holds no readable document, but {published.documents} are published: they stay in "
            "use; look whether the folder is the right one (an empty index is published only when asked for)"
        )
    raise GenerationError("the knowledge folder holds no readable document: there is nothing to publish")


def _fingerprint(identity: str, documents: Iterable[Document]) -> str:
    """The same for the same documents, embedding and way of cutting, whenever and wherever it is built."""
    parts = [identity, str(CHUNKING_VERSION), str(TYPICAL_QUESTIONS_VERSION), str(CENTRING_VERSION)]
    parts.extend(f"{document.file} {document.content_hash}" for document in documents)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _content(  # noqa: PLR0917 - five different things, each of its own type
    number: int, fingerprint: str, documents: tuple[Document, ...], embedded: _Embedded, now: datetime
) -> GenerationContent:
    return GenerationContent(
        number=number,
        fingerprint=fingerprint,
        embedding_identity=embedded.identity,
        documents=documents,
        chunks=embedded.chunks,
        vectors=embedded.vectors,
        means=embedded.means,
        left_out=_expired(documents, now.date()),
    )


def _expired(documents: Iterable[Document], today: date) -> frozenset[tuple[SectionKey, Locale]]:
    return frozenset(
        (document.key_of(section), document.locale)
        for document in documents
        for section in document.sections
        if section.valid_until is not None and section.valid_until < today
    )


def _by_locale(vectors: Vector) -> dict[Locale, Vector]:
    """The vectors of all typical questions, in the order of the table, cut up by language."""
    rows: dict[Locale, Vector] = {}
    start = 0
    for locale, texts in TYPICAL_QUESTIONS.items():
        rows[locale] = vectors[start : start + len(texts)]
        start += len(texts)
    return rows
