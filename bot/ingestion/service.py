"""Knowledge files → a published version: the whole of it or nothing, and only what is new is embedded.

Where much is to be embedded, it is published in steps: what can be found by then is answered from meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest

from bot.errors import IndexVersionError
from bot.ids import Locale
from bot.ingestion.model import (
    Document,
    FolderReading,
    IndexVersion,
    Status,
    SyncReport,
    SyncStage,
)
from bot.ingestion.ports import Embedder, IndexStore, KnowledgeReader, Manifest, ReportShare
from bot.ingestion.progress import FIRST_STEP_S, ProgressCallback, StepSchedule, SyncProgress, silent
from bot.ingestion.version_draft import Places, Published, VersionDraft, fingerprint_of

OnPublished = Callable[[IndexVersion], Awaitable[object]]
AskedIn = Callable[[], Awaitable[Sequence[Locale]]]

_FEW = 0.01
"""A smaller share of new texts is read in seconds: nobody is told."""


class Ingestion:
    """Keeps the published version equal to the knowledge folder.

    `asked_in` tells in which languages visitors ask most: those are read first. `clock` counts seconds; after
    `first_step_s` of embedding a first step is published.
    """

    def __init__(
        self,
        *,
        reader: KnowledgeReader,
        embedder: Embedder,
        manifest: Manifest,
        index_store: IndexStore,
        asked_in: AskedIn | None = None,
        clock: Callable[[], float] = time.monotonic,
        first_step_s: float = FIRST_STEP_S,
    ) -> None:
        self._reader = reader
        self._embedder = embedder
        self._manifest = manifest
        self._index_store = index_store
        self._asked_in = asked_in or _nobody_asked
        self._clock = clock
        self._first_step_s = first_step_s
        self._turn = asyncio.Lock()
        self._work: SyncProgress | None = None
        self._is_reading_in = False
        self._is_partial = False

    @property
    def is_busy(self) -> bool:
        """Whether this process is synchronising or restoring just now."""
        return self._turn.locked()

    @property
    def reading_in(self) -> float | None:
        """While a large part of the knowledge is not read yet, the share, 0 to 1, of the work that is done."""
        return self._work.read_share if self._is_reading_in and self._work is not None else None

    async def sync(
        self,
        *,
        now: datetime,
        progress: ProgressCallback | None = None,
        allow_empty: bool = False,
        unsettled: Collection[str] = (),
        on_published: OnPublished | None = None,
        tells_warnings: bool = False,
    ) -> SyncReport:
        """Publish what stands in the folder, unless it is published already, calling `on_published` at each step.

        Only what is new is taken apart; with `tells_warnings` everything is.
        Broken files (and `unsettled` ones, still being written) answer in their last good version. Killed at any
        moment, the version published before stays in use, and what was embedded is kept.

        Raises:
            KnowledgeError: there is no folder, or another process did not finish building.
            IndexVersionError: the new version failed its checks, or it would be empty and `allow_empty` is not set.
            EmbeddingError: the embedding model gave no usable answer.
        """
        started = self._clock()
        async with self._turn, self._index_store.exclusive():
            work = self._work = SyncProgress(progress or silent)
            published = await self._manifest.published()
            self._is_partial = bool(published and published.pending)
            self._is_reading_in = published is None or self._is_partial
            try:
                outcome = await self._synchronised(
                    published,
                    work,
                    now,
                    on_published or _nothing,
                    allow_empty=allow_empty,
                    unsettled=unsettled,
                    tells_warnings=tells_warnings,
                )
            finally:
                self._is_reading_in = self._is_partial
        return replace(outcome, took_s=self._clock() - started)

    async def _synchronised(
        self,
        published: IndexVersion | None,
        work: SyncProgress,
        now: datetime,
        on_published: OnPublished,
        *,
        allow_empty: bool,
        unsettled: Collection[str],
        tells_warnings: bool,
    ) -> SyncReport:
        """Read the folder, and publish it if it differs from what is published."""
        work.begin(SyncStage.READ)
        before = await self._manifest.documents(published.number) if published is not None else ()
        reading = await self._reader.read(unsettled=unsettled, known=() if tells_warnings else before)
        kept = _last_good_versions(reading, before)
        documents = tuple(sorted((*reading.documents, *kept), key=lambda document: document.file))
        outcome = _unchanged(reading, documents, kept, published)
        fingerprint = fingerprint_of(self._embedder.identity, documents)
        if published is not None and published.fingerprint == fingerprint:
            await self._repair(published, work, now)
            await self._index_store.prune(await self._manifest.tidy())  # who published it may have been killed then
            return outcome
        _refuse_empty(documents, published, allow_empty=allow_empty)
        draft = await self._draft(documents, fingerprint, await self._published(published, before), now)
        missing = draft.missing
        self._is_reading_in |= missing > _FEW * draft.chunks
        new = await self._read_in(draft, work, now, on_published)
        return replace(outcome, published=new, chunks=new.chunks, embedded=missing)

    async def restore(self, *, now: datetime, progress: ProgressCallback | None = None) -> bool:
        """Build the published version's files again from the manifest if they are missing or damaged.

        Returns whether they had to be built.
        """
        async with self._turn, self._index_store.exclusive():
            published = await self._manifest.published()
            return published is not None and await self._repair(published, SyncProgress(progress or silent), now)

    async def store(self, *, progress: ProgressCallback | None = None) -> bool:
        """Write the vector store of the published version, if it is whole and has none; False if not.

        Raises:
            IndexVersionError: a check failed; answers go on without it.
        """
        published = await self._manifest.published()
        if published is None or published.pending or published.embedding_identity != self._embedder.identity:
            return False
        work = self._work or SyncProgress(silent)
        work.report = progress or silent
        return await self._index_store.store(published, report=work.storing)

    async def check(self) -> FolderReading:
        """Read the folder and report what is wrong, changing nothing."""
        return await self._reader.read()

    async def status(self) -> Status:
        """How the folder and the published version stand to each other."""
        reading = await self._reader.read()
        published = await self._manifest.published()
        before = await self._manifest.documents(published.number) if published is not None else ()
        was = {document.file: document.content_hash for document in before}
        kept = _last_good_versions(reading, before)
        now = {document.file: document.content_hash for document in (*reading.documents, *kept)}
        return Status(
            published=published,
            reading=reading,
            added=tuple(sorted(now.keys() - was.keys())),
            changed=tuple(sorted(file for file in now.keys() & was.keys() if now[file] != was[file])),
            removed=tuple(sorted(was.keys() - now.keys())),
            kept=tuple(document.file for document in kept),
        )

    async def _published(self, published: IndexVersion | None, documents: Sequence[Document]) -> Published | None:
        """The version in use, as far as the next one may take it over."""
        if published is None:
            return None
        return Published(
            version=published,
            hashes={document.file: document.content_hash for document in documents},
            parts=await self._index_store.parts(published),
            means=await self._manifest.means(published.number),
        )

    async def _draft(
        self, documents: tuple[Document, ...], fingerprint: str, before: Published | None, now: datetime
    ) -> VersionDraft:
        return await VersionDraft.of(documents, fingerprint, embedder=self._embedder, today=now.date(), before=before)

    async def _read_in(
        self, draft: VersionDraft, work: SyncProgress, now: datetime, on_published: OnPublished
    ) -> IndexVersion:
        """Embed what is missing and publish; where that takes long, also what there is in between."""
        batches = list(draft.batches(await self._asked_in()))
        work.plan(batches, chunks=draft.chunks)
        steps = StepSchedule(self._clock, self._first_step_s)
        publishing: asyncio.Task[IndexVersion] | None = None
        try:
            for batch, following in zip_longest(batches, batches[1:]):
                draft.put(batch, await self._embedder.embed(batch.side, batch.texts))
                work.embedded(batch)
                is_free = publishing is None or publishing.done()
                if following is not None and is_free and steps.is_due(ends_kind=following.kind is not batch.kind):
                    if publishing is not None:
                        await publishing
                    publishing = asyncio.create_task(self._publish(draft, draft.known(), now, on_published))
            if publishing is not None:
                await publishing
        except Exception:
            if publishing is not None:  # what is embedded by now is worth answering from
                await asyncio.wait({publishing})
            raise
        finally:
            await _ended(publishing)
        work.begin(SyncStage.BUILD)
        return await self._publish(draft, draft.known(), now, on_published, report=work.building)

    async def _publish(
        self,
        draft: VersionDraft,
        known: Mapping[Locale, Places],
        now: datetime,
        on_published: OnPublished,
        *,
        report: ReportShare | None = None,
    ) -> IndexVersion:
        """Publish what is `known` of the draft; more of it may become known meanwhile."""
        number = await self._manifest.begin(self._embedder.identity)
        try:
            content = await asyncio.to_thread(draft.content, number, known)
            await self._manifest.write_documents(number, content.documents)
            await self._index_store.build(content, report=report)
            version = await self._manifest.publish(content, now=now)
        except BaseException:
            await self._manifest.discard(number)
            raise
        self._is_partial = version.pending > 0
        draft.follow(version, content)
        await on_published(version)
        await self._index_store.prune(await self._manifest.tidy())
        return version

    async def _repair(self, published: IndexVersion, work: SyncProgress, now: datetime) -> bool:
        if published.embedding_identity != self._embedder.identity or await self._index_store.holds(published):
            return False
        documents = tuple(await self._manifest.documents(published.number))
        draft = await self._draft(documents, published.fingerprint, None, now)
        batches = list(draft.batches(())) if not published.pending else []
        work.plan(batches, chunks=draft.chunks)
        for batch in batches:
            draft.put(batch, await self._embedder.embed(batch.side, batch.texts))
            work.embedded(batch)
        work.begin(SyncStage.BUILD)
        content = draft.content(published.number, draft.known(), means=await self._manifest.means(published.number))
        await self._index_store.build(replace(content, fingerprint=published.fingerprint), report=work.building)
        return True


async def _ended(task: asyncio.Task[IndexVersion] | None) -> None:
    """Leave no step behind that would go on publishing."""
    if task is None:
        return
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # what went wrong first is told


async def _nothing(published: IndexVersion) -> None:
    """For callers who do not wait for steps."""


async def _nobody_asked() -> Sequence[Locale]:
    return ()


def _unchanged(
    reading: FolderReading, documents: Sequence[Document], kept: Sequence[Document], published: IndexVersion | None
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
        signature=reading.signature,
    )


def _last_good_versions(reading: FolderReading, published: Sequence[Document]) -> Sequence[Document]:
    """Of the files that can't be read now the documents that are published."""
    read = {document.file for document in reading.documents}
    return [one for one in published if one.file not in read and _is_broken(one.file, reading.broken)]


def _is_broken(file: str, broken: frozenset[str]) -> bool:
    """Whether the file, or a folder above it, is there but can't be read.

    In a folder that is not laid out by language the file's name is the path alone.
    """
    path = file.partition("/")[2]
    return any(name == prefix or name.startswith(prefix + "/") for name in (file, path) for prefix in broken)


def _refuse_empty(documents: Sequence[Document], published: IndexVersion | None, *, allow_empty: bool) -> None:
    if documents or allow_empty:
        return
    if published is not None and published.documents:
        raise IndexVersionError(
            f"the knowledge folder holds no readable document, but {published.documents} are published: they stay in "
            "use; look whether the folder is the right one (an empty index is published only when asked for), "
            "or what is wrong with its files: scoda knowledge check"
        )
    raise IndexVersionError(
        "the knowledge folder holds no readable document: there is nothing to publish; what is wrong with its files "
        "says: scoda knowledge check"
    )
