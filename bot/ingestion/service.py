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

from bot.ids import Locale
from bot.ingestion.folder_change import FolderChange, documents_of, last_good_versions
from bot.ingestion.model import (
    Document,
    FolderReading,
    Held,
    IndexVersion,
    IndexVersionContent,
    PublishingConsent,
    Status,
    SyncReport,
    SyncStage,
)
from bot.ingestion.ports import (
    Embedder,
    Examiner,
    FolderRestorer,
    IndexStore,
    KnowledgeReader,
    Manifest,
    ReportShare,
)
from bot.ingestion.progress import FIRST_STEP_S, ProgressCallback, StepSchedule, SyncProgress, silent
from bot.ingestion.publication import ObjectedError, OnPublished, Publication, Wish, refuse_empty, unchanged
from bot.ingestion.version_draft import Places, Published, VersionDraft, built_from, fingerprint_of

AskedIn = Callable[[], Awaitable[Sequence[Locale]]]

_FEW = 0.01
"""A smaller share of new texts is read in seconds: nobody is told."""


class Ingestion:
    """Keeps the published version equal to the knowledge folder.

    `asked_in` tells in which languages visitors ask most: those are read first. `clock` counts seconds; after
    `first_step_s` of embedding a first step is published. `examiner` asks what a new version must go on answering;
    `restorer` completes what a rollback has begun.
    """

    def __init__(  # noqa: PLR0913 - what it works with, each by its name
        self,
        *,
        reader: KnowledgeReader,
        embedder: Embedder,
        manifest: Manifest,
        index_store: IndexStore,
        asked_in: AskedIn | None = None,
        clock: Callable[[], float] = time.monotonic,
        first_step_s: float = FIRST_STEP_S,
        examiner: Examiner | None = None,
        restorer: FolderRestorer | None = None,
    ) -> None:
        self._reader = reader
        self._embedder = embedder
        self._manifest = manifest
        self._index_store = index_store
        self._asked_in = asked_in or _nobody_asked
        self._clock = clock
        self._first_step_s = first_step_s
        self._examiner = examiner
        self._restorer = restorer
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
        consent: PublishingConsent = PublishingConsent.NONE,
        unsettled: Collection[str] = (),
        on_published: OnPublished | None = None,
        tells_warnings: bool = False,
        known_held: Held | None = None,
    ) -> SyncReport:
        """Publish what stands in the folder, unless it is published already, calling `on_published` at each step.

        Only what is new is taken apart; with `tells_warnings` everything is. Broken files (and `unsettled` ones, still
        being written) answer in their last good version. Killed at any moment, the version before stays in use.
        A change that takes much away, or that the examiner objects to, is held until a person gives `consent`: what was
        published of the folder stays. One that is `known_held` is not examined again.

        Raises:
            KnowledgeError: there is no folder, or another process is building for too long.
            IndexVersionError: the new version failed its checks, or nothing could ever be published.
            EmbeddingError: the embedding model gave no usable answer.
        """
        started = self._clock()
        wish = Wish(
            now=now,
            on_published=on_published or _nothing,
            consent=consent,
            unsettled=unsettled,
            tells_warnings=tells_warnings,
            held=known_held,
        )
        async with self._turn, self._index_store.exclusive():
            published = await self._manifest.published()
            work = self._begun(published, progress)
            try:
                report = await self._synchronised(published, work, await self._restored(wish))
            finally:
                self._is_reading_in = self._is_partial
        return replace(report, took_s=self._clock() - started)

    def _begun(self, published: IndexVersion | None, progress: ProgressCallback | None) -> SyncProgress:
        self._work = SyncProgress(progress or silent)
        self._is_partial = bool(published and published.pending)
        self._is_reading_in = published is None or self._is_partial
        return self._work

    async def finish_restoring(self) -> None:
        """Write the files of a rollback that was cut short, if there was one."""
        async with self._turn, self._index_store.exclusive():
            if self._restorer is not None:
                await self._restorer.complete()

    async def _restored(self, wish: Wish) -> Wish:
        """Complete a rollback that was begun; its word goes with what is read then."""
        word = await self._restorer.complete() if self._restorer is not None else None
        return wish if word is None else replace(wish, word=word)

    async def _synchronised(self, published: IndexVersion | None, work: SyncProgress, wish: Wish) -> SyncReport:
        """Read the folder, and publish it if it differs from what is published."""
        work.begin(SyncStage.READ)
        before = await self._manifest.documents(published.number) if published is not None else ()
        reading = await self._reader.read(unsettled=wish.unsettled, known=() if wish.tells_warnings else before)
        change = FolderChange.of(reading, before, await self._names_of(published))
        held = None if wish.lets_through(change) else change.held(wish.held)
        change = change.held_back() if held is not None else change
        outcome = replace(unchanged(reading, change, published), held=held)
        fingerprint = fingerprint_of(self._embedder.identity, change.documents)
        if published is not None and published.fingerprint == fingerprint:
            await self._leave(published, change, work, wish)
            return outcome
        refuse_empty(change.documents, published, wish.consent)
        draft = await self._draft(change.documents, fingerprint, await self._published(published, before), wish.now)
        publication = Publication(draft, wish, change, self._examiner_of(published, wish, change))
        missing = draft.missing
        self._is_reading_in |= missing > _FEW * draft.chunks
        try:
            new = await self._read_in(publication, work)
        except ObjectedError as objected:
            return await self._synchronised(published, work, replace(wish, held=objected.held))
        await self._finish_word(wish)
        return replace(outcome, published=new, chunks=new.chunks, embedded=missing)

    async def _leave(self, published: IndexVersion, change: FolderChange, work: SyncProgress, wish: Wish) -> None:
        """Nothing is to be published: mend what a kill, or a version of the program from before, has left undone."""
        await self._repair(published, work, wish.now)
        if not change.names_before and change.names:
            await self._manifest.write_files(published.number, change.names, change.files)
        await self._index_store.prune(await self._manifest.tidy())  # who published it may have been killed then
        await self._finish_word(wish)

    async def _finish_word(self, wish: Wish) -> None:
        if wish.word is not None and self._restorer is not None:
            await self._restorer.finish()

    async def _names_of(self, published: IndexVersion | None) -> Mapping[str, str]:
        return {} if published is None else await self._manifest.file_names(published.number)

    def _examiner_of(self, published: IndexVersion | None, wish: Wish, change: FolderChange) -> Examiner | None:
        """Who asks the new version first; nobody where nothing whole could be compared, or the folder's part stays."""
        examiner = self._examiner
        if examiner is None or published is None or published.pending or not change.is_new:
            return None
        if wish.lets_through(change) or published.embedding_identity != self._embedder.identity:
            return None
        return examiner if examiner.has_questions else None

    async def restore(self, *, now: datetime, progress: ProgressCallback | None = None) -> bool:
        """Build the published version's files again from the manifest if they are missing or damaged.

        So a process with a data folder of its own comes by what another one has published. Returns whether they had to
        be built.
        """
        async with self._turn, self._index_store.exclusive():
            published = await self._manifest.published()
            if published is None or not await self._repair(published, SyncProgress(progress or silent), now):
                return False
            former = [record.number for record in await self._manifest.history() if record.was_published]
            await self._index_store.prune({published.number, *former[:2]})
            return True

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

    async def looked_at(self) -> FolderReading:
        """The same without taking apart again what is published as it stands: what is odd about that is not told."""
        return await self._reader.read(known=await self.documents())

    async def documents(self) -> Sequence[Document]:
        """What the published version holds, in the order of the files; nothing where nothing is published."""
        published = await self._manifest.published()
        return () if published is None else await self._manifest.documents(published.number)

    async def status(self) -> Status:
        """How the folder and the published version stand to each other."""
        reading = await self._reader.read()
        published = await self._manifest.published()
        before = await self._manifest.documents(published.number) if published is not None else ()
        was = {document.file: document.content_hash for document in before}
        kept = last_good_versions(reading, before)
        now = {document.file: document.content_hash for document in documents_of(reading, kept)}
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

    async def _read_in(self, publication: Publication, work: SyncProgress) -> IndexVersion:
        """Embed what is missing and publish; where that takes long, also what there is in between.

        Where the whole is examined first there are no steps: they would be published unasked.
        """
        draft = publication.draft
        batches = list(draft.batches(await self._asked_in()))
        work.plan(batches, chunks=draft.chunks)
        steps = StepSchedule(self._clock, self._first_step_s)
        publishing: asyncio.Task[IndexVersion] | None = None
        try:
            for batch, following in zip_longest(batches, batches[1:]):
                draft.put(batch, await self._embedder.embed(batch.side, batch.texts))
                work.embedded(batch)
                may_step = publication.examiner is None and (publishing is None or publishing.done())
                if following is not None and may_step and steps.is_due(ends_kind=following.kind is not batch.kind):
                    if publishing is not None:
                        await publishing
                    publishing = asyncio.create_task(self._publish(publication, draft.known()))
            if publishing is not None:
                await publishing
        except Exception:
            if publishing is not None:  # what is embedded by now is worth answering from
                await asyncio.wait({publishing})
            raise
        finally:
            await _ended(publishing)
        work.begin(SyncStage.BUILD)
        return await self._publish(publication, draft.known(), report=work.building)

    async def _publish(
        self, publication: Publication, known: Mapping[Locale, Places], *, report: ReportShare | None = None
    ) -> IndexVersion:
        """Publish what is `known` of the draft; more of it may become known meanwhile."""
        draft, wish, change = publication.draft, publication.wish, publication.change
        number = await self._manifest.begin(self._embedder.identity)
        try:
            content = await asyncio.to_thread(draft.content, number, known)
            await self._manifest.write_documents(number, content.documents)
            await self._manifest.write_files(number, change.names, change.files)
            await self._index_store.build(content, report=report)
            if publication.examiner is not None:
                await self._examine(publication.examiner, content, change)
            version = await self._manifest.publish(content, now=wish.now, note=change.note(wish.cause_of(change)))
        except BaseException:
            await self._manifest.discard(number)
            raise
        self._is_partial = version.pending > 0
        draft.follow(version, content)
        await wish.on_published(version)
        await self._index_store.prune(await self._manifest.tidy())
        return version

    async def _examine(self, examiner: Examiner, content: IndexVersionContent, change: FolderChange) -> None:
        """Ask the built version what it must answer; one that fails is removed.

        Raises:
            ObjectedError: it fails.
        """
        objections: Sequence[str] | None = None
        try:
            objections = await examiner.objections(built_from(content))
        finally:
            if objections or objections is None:
                await self._index_store.discard(content.number)
        if objections:
            raise ObjectedError(Held(change.digest, tuple(objections)))

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
