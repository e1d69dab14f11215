"""What every command shares: opens the state and the knowledge, synchronises it, and closes all of it again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.adapters.database.announced_store import SqlAnnounced
from bot.adapters.database.connection import Database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.knowledge.reader import signature_of, walk_folder
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.adapters.models.tracing import report_to_nobody
from bot.adapters.models.vector_files import VectorFiles
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.clock import utc_now
from bot.adapters.system.memory import give_back_memory
from bot.answering.open_questions import Overtaken, changed_sections, gaps_in, gaps_near, overtaken
from bot.answering.pipeline import ExtractiveAnswerer
from bot.answering.ports import Knowledge
from bot.answering.sharing import SharedAnswers
from bot.app.gatekeeper import GateKeeper
from bot.app.kept_versions import Versions, versions_of
from bot.app.knowledge_parts import answerer_over, embedder_of, index_store_of, reader_of
from bot.app.observed import ObservedEmbedder, ObservedManifest
from bot.app.seeing import NO_SIGHT, Sight
from bot.app.state import open_state
from bot.errors import AlreadyRunningError, Fault, KnowledgeError, NothingPublishedError
from bot.ids import Locale, SectionKey
from bot.ingestion.asked_close_by import is_open_to_drafts
from bot.ingestion.chunking import chunks_of
from bot.ingestion.model import ChunkKind, Document, PublishingConsent, Section, SyncReport
from bot.ingestion.ports import Side
from bot.ingestion.progress import ProgressCallback
from bot.ingestion.service import Ingestion
from bot.languages import words_of
from bot.observing import Happening, Work
from bot.settings import Settings
from bot.writing.folding import simplified

if TYPE_CHECKING:
    from bot.app.writer import Writer
    from bot.chat.ports import Answerer

_log = structlog.get_logger(__name__)

_STAMP_FILE = "knowledge.stamp"
"""Holds the hash of what was read last and what came of it: a start that finds the same one reads nothing."""
_MOST_GAPS = 20
"""Open questions that are asked again after a synchronisation: it takes about 4 s."""
_MOST_CHUNKS = 24
"""Passages and sentences of a section by which open questions near it are found: some 0.1 s, once (by reasoning)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What every command shares: the state, the knowledge, and who answers from it. Made by `open_core`."""

    settings: Settings
    database: Database
    ingestion: Ingestion
    index: PublishedIndex
    announced: SqlAnnounced
    embedder: CachedEmbedder
    shipped: VectorFiles
    """The vectors that stand beside the knowledge files."""
    extractive: ExtractiveAnswerer
    """Quotes the knowledge."""
    identifier: ShortMessageIdentifier
    answerer: Answerer
    """Words its answers with a language model where one is set, else `extractive`, whose answers are shared."""
    versions: Versions
    """What is kept of former versions, and what is held back."""
    can_write: bool
    """False beside a running bot."""
    writer: Writer | None
    sight: Sight = NO_SIGHT
    has_published: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at each publication: whoever writes the vector store clears it."""

    async def sync(
        self,
        *,
        progress: ProgressCallback | None = None,
        unsettled: frozenset[str] = frozenset(),
        consent: PublishingConsent = PublishingConsent.NONE,
        tells_warnings: bool = False,
        examines_again: bool = False,
    ) -> SyncReport:
        """Publish what stands in the knowledge folder, and what is announced at present, and answer from it.

        A change that is known to be held is examined anew only where a person asks for it by `examines_again`.
        """
        announced = await self.announced.fingerprint(utc_now())
        before = await self.published_knowledge() if tells_warnings else None
        with self.sight.observer.work(Work.SYNC) as notes:
            report = await self.ingestion.sync(
                now=utc_now(),
                progress=progress,
                unsettled=unsettled,
                consent=consent,
                tells_warnings=tells_warnings,
                known_held=None if examines_again else self.versions.held.read(),
                on_published=self.index.take,
            )
            notes.note(result=result_of(report), documents=report.documents, embedded=report.embedded)
        await self.versions.follow(report.held)
        if report.published is None:
            await self.index.refresh()  # what another process has published, or what had to be built again
        else:
            self.has_published.set()
            self.shipped.forget()
            self.embedder.close()
            await asyncio.to_thread(give_back_memory)
            if before is not None:
                report = replace(report, warnings=(*report.warnings, *await self._overtaken_since(before)))
        if not report.faults and not unsettled:
            stamp = self._stamp_of(report.signature, announced, await self._published())
            self._stamp_file.write_text(stamp, encoding="ascii")
        return report

    async def overtaken_gaps(self) -> list[Fault]:
        """The open questions that a section of what is published answers by now; none where nothing is published."""
        knowledge = await self.published_knowledge()
        if knowledge is None:
            return []
        return await self._overtaken(gaps_in(knowledge), await self._nearly_answered())

    async def open_questions_near(self, document: Document, section: Section) -> Sequence[SectionKey]:
        """The open questions of what is published that a section seems to answer, whether it is published or not."""
        alone = replace(document, sections=(section,))
        chunks = [one for one in chunks_of(alone) if one.kind is not ChunkKind.QUESTION][:_MOST_CHUNKS]
        if not chunks:
            return ()
        raw = await self.embedder.embed(Side.PASSAGE, [one.text for one in chunks])
        return await asyncio.to_thread(self.index.current().open_questions_near, chunks, raw)

    async def _overtaken_since(self, before: Knowledge) -> list[Fault]:
        """Those near to what is new or changed."""
        retriever = self.index.current()
        changed = changed_sections(before, retriever.knowledge)[:_MOST_GAPS]
        near = await self._nearly_answered({section.key for section in changed})
        return await self._overtaken((await gaps_near(retriever, changed))[:_MOST_GAPS], near)

    async def _nearly_answered(self, keys: Collection[SectionKey] | None = None) -> list[Overtaken]:
        """The open questions that sections without example questions seem to answer: those of `keys`, or all."""
        return [
            Overtaken(gap, document.key_of(section))
            for document in await self.ingestion.documents()
            for section in document.sections
            if is_open_to_drafts(document) and not section.questions
            if keys is None or document.key_of(section) in keys
            for gap in await self.open_questions_near(document, section)
        ]

    async def _overtaken(self, gaps: Sequence[SectionKey], near: Sequence[Overtaken]) -> list[Fault]:
        retriever = self.index.current()
        asked = await overtaken(gaps, self.extractive, retriever, utc_now().date())
        return [_fault_of(one, retriever.knowledge) for one in dict.fromkeys((*asked, *near))]

    async def published_knowledge(self) -> Knowledge | None:
        """What is published now; None where nothing is."""
        await self.open_published()
        try:
            return self.index.current().knowledge
        except NothingPublishedError:
            return None

    async def make_answerable(self, *, progress: ProgressCallback | None = None) -> SyncReport | None:
        """Synchronise if nothing is published or something changed since; None when nothing had to be done."""
        if self.can_write and not await self.is_current():
            return await self.sync(progress=progress)
        await self.index.refresh()
        return None

    async def open_published(self) -> None:
        """Answer from what is published, if it can be used as it stands; otherwise it is built again later."""
        try:
            await self.index.refresh(may_restore=False)
        except KnowledgeError as error:
            _log.warning("published_knowledge_not_usable", reason=str(error))

    async def warm(self) -> None:
        """Read what is read at first use, some 0.7 s of work, in a thread: then nobody waits for it, nor the loop.

        What can't be read now, on a full disk say, is read when it is needed.
        """
        try:
            await asyncio.to_thread(self.identifier.warm)
            await asyncio.to_thread(simplified, "预热")
        except OSError as error:
            _log.warning("not_warmed", reason=str(error))

    async def write_store(self, *, progress: ProgressCallback | None = None) -> None:
        """Write the vector store of what is published, if it has none, and use it where that is worth while."""
        if await self.ingestion.store(progress=progress):
            await self.index.take_store()
            await asyncio.to_thread(give_back_memory)

    async def is_current(self, signature: str | None = None) -> bool:
        """Whether what is published is whole, and no file was touched and nothing announced since.

        What is published is asked of the database: one that was restored, or begun anew, knows of another version than
        the stamp beside it. `signature` is that of the folder, if somebody has just looked.
        """
        if self.versions.restore.is_waiting:
            return False
        try:
            known = self._stamp_file.read_text(encoding="ascii")
        except OSError:
            return False
        published = await self._published()
        if not published:
            return False
        if signature is None:
            walk = await asyncio.to_thread(walk_folder, self.settings.knowledge.folder)
            signature = signature_of(walk.snapshot)
        return known == self._stamp_of(signature, await self.announced.fingerprint(utc_now()), published)

    async def _published(self) -> str:
        """The fingerprint of what is published, empty if nothing is; its number may come again after a restore."""
        published = await SqlManifestStore(self.database).published()
        return "" if published is None else published.fingerprint

    def _stamp_of(self, signature: str, announced: str, published: str) -> str:
        parts = (str(self.settings.knowledge.folder.resolve()), signature, announced, published)
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def _stamp_file(self) -> Path:
        return self.settings.store.data / _STAMP_FILE


@asynccontextmanager
async def open_core(
    settings: Settings,
    *,
    may_read_only: bool = False,
    adopts_state: bool = False,
    shares: bool = False,
    sight: Sight = NO_SIGHT,
) -> AsyncIterator[Core]:
    """Open state and knowledge; with `may_read_only` also beside a running bot, then without writing.

    With `adopts_state` a state that was moved to another database goes on here after all; with `shares` other processes
    may write to the state, too, where it is on PostgreSQL.

    Raises:
        AlreadyRunningError: another process holds the data folder and `may_read_only` is not set.
        DatabaseError: the state can't be opened.
        LanguageError: the words of a language can't be read.
    """
    _look_at_what_comes_along()
    async with AsyncExitStack() as stack:
        can_write = True
        try:
            database = await stack.enter_async_context(open_state(settings, adopts=adopts_state, shares=shares))
        except AlreadyRunningError:
            if not may_read_only:
                raise
            can_write = False
            database = await stack.enter_async_context(open_state(settings, reads_only=True))
        threads = AnsweringThreads()
        stack.callback(threads.close)
        if sight.metrics is not None:
            database.watch_statements(lambda took_s: sight.observer.happened(Happening.STATEMENT, value=took_s))
        core = core_over(settings, database, threads, can_write=can_write, sight=sight)
        stack.callback(core.embedder.close)
        stack.push_async_callback(core.index.close)
        if can_write and core.versions.restore.is_waiting:
            await core.ingestion.finish_restoring()
        if core.writer is not None:
            stack.push_async_callback(core.writer.model.close)
        yield core


def _fault_of(overtaken: Overtaken, knowledge: Knowledge) -> Fault:
    return Fault(f"{knowledge.copies(overtaken.gap)[0].locale}/{overtaken.gap.path}", 1, str(overtaken))


def _look_at_what_comes_along() -> None:
    report_to_nobody()
    for locale in Locale:
        words_of(locale)  # so that a damaged file stops the start, rather than an answer


def core_over(
    settings: Settings, database: Database, threads: AnsweringThreads, *, can_write: bool, sight: Sight = NO_SIGHT
) -> Core:
    """Join the parts over a state that is open; nothing is read yet but the model's name, or EmbeddingError raised."""
    identifier, observer, store = ShortMessageIdentifier(), sight.observer, settings.store
    announced, shipped = SqlAnnounced(database), VectorFiles(settings.knowledge.folder)
    embedder = embedder_of(settings, database, shipped, threads, can_write=can_write)
    manifest = ObservedManifest(database, observer, keep_versions=settings.knowledge.keep_versions)
    index_store, reader = index_store_of(settings, observer), reader_of(settings, announced, identifier)
    answerer_of = answerer_over(settings, identifier, embedder.identity, threads)
    versions = versions_of(settings, manifest, index_store, embedder, threads, reader, answerer_of)
    ingestion = Ingestion(
        reader=reader,
        embedder=embedder,
        manifest=manifest,
        index_store=index_store,
        asked_in=SqlTurnStore(database).locales_by_use,
        examiner=(gate := GateKeeper(settings.knowledge.gate, index_store, versions.reader)),
        restorer=versions.restore,
    )
    restore, asking = partial(_restore, ingestion) if can_write else None, ObservedEmbedder(embedder, observer)
    index = PublishedIndex(manifest, index_store, asking, threads, restore=restore, nominated_from=store.nominated_from)
    gate.bind(index, extractive := answerer_of(index))
    writer = _writer(settings, database, extractive, identifier) if can_write else None
    return Core(
        settings=settings,
        database=database,
        ingestion=ingestion,
        index=index,
        announced=announced,
        embedder=embedder,
        shipped=shipped,
        extractive=extractive,
        identifier=identifier,
        versions=versions,
        answerer=SharedAnswers(extractive) if writer is None else writer.answerer,
        can_write=can_write,
        writer=writer,
        sight=sight,
    )


def _writer(
    settings: Settings, database: Database, extractive: ExtractiveAnswerer, identifier: ShortMessageIdentifier
) -> Writer | None:
    """Who words answers, where a language model is set.

    Not beside a running bot: there nothing can be counted, and what can't be counted is not spent.
    """
    if settings.model.provider == "none":
        return None
    from bot.app.writer import writer_of  # noqa: PLC0415 - 0.1 s to import, and few have a language model

    return writer_of(settings, database, extractive, identifier)


def result_of(report: SyncReport) -> str:
    """In a word what came of it."""
    if report.held is not None:
        return "held"
    return "unchanged" if report.published is None else "published"


async def _restore(ingestion: Ingestion) -> None:
    await ingestion.restore(now=utc_now())
