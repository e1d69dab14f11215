"""What stands between the folder and what is published: the gate, the note of what is held, and who is told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.index.version_retriever import QuestionEmbedder, VersionRetriever
from bot.adapters.knowledge.folder_writer import write_whole
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.clock import utc_now
from bot.announcements.events import KnowledgeHeld
from bot.announcements.model import Role
from bot.announcements.notifier import notify_all
from bot.announcements.ports import Notify
from bot.answering.gate import GateError, failures, read_gate
from bot.answering.pipeline import ExtractiveAnswerer
from bot.answering.ports import Index
from bot.errors import KnowledgeError
from bot.ingestion.model import Held, IndexVersion

_log = structlog.get_logger(__name__)

NOTE_NAME = "knowledge.held"

AnswererOf = Callable[[Index], ExtractiveAnswerer]
"""Makes who answers from an index, by the settings."""


class OneVersion:
    """Implements `bot.answering.ports.Index` with one version that stays."""

    def __init__(self, retriever: VersionRetriever) -> None:
        self._retriever = retriever

    def current(self) -> VersionRetriever:
        """See the port."""
        return self._retriever


class VersionReader:
    """Lets versions be asked that are not published."""

    def __init__(self, embedder: QuestionEmbedder, threads: AnsweringThreads, answerer_of: AnswererOf) -> None:
        self._embedder = embedder
        self._threads = threads
        self._answerer_of = answerer_of

    async def answerer(self, index_store: FileIndexStore, version: IndexVersion) -> ExtractiveAnswerer:
        """Who answers from a version that was just built there.

        Raises:
            KnowledgeError: its files can't be read.
        """
        files = await index_store.read(version, is_just_built=True)
        if files is None:
            raise KnowledgeError(f"version {version.number} was built, but its files are gone: try again")
        return self._answerer_of(OneVersion(VersionRetriever(files, self._embedder, self._threads)))


class GateKeeper:
    """Implements `bot.ingestion.ports.Examiner` with the questions of the operator's file.

    Stands before the published index does: that needs who builds, who needs this. `bind` it before the first is built.
    """

    def __init__(self, file: Path, index_store: FileIndexStore, reader: VersionReader) -> None:
        self._file = file
        self._index_store = index_store
        self._reader = reader
        self._published: tuple[PublishedIndex, ExtractiveAnswerer] | None = None

    def bind(self, index: PublishedIndex, answerer: ExtractiveAnswerer) -> None:
        """What is published, and who answers from it."""
        self._published = index, answerer

    @property
    def has_questions(self) -> bool:
        """See the port. A file that can't be used counts: its fault is the objection."""
        return self._file.exists()

    async def objections(self, version: IndexVersion) -> Sequence[str]:
        """See the port."""
        try:
            lines = read_gate(self._file)
        except GateError as error:
            return [str(error)]
        if not lines or self._published is None:
            return []
        index, answerer = self._published
        try:
            await index.refresh(may_restore=False)
        except KnowledgeError as error:  # what can't be asked has passed nothing
            _log.warning("gate_not_asked", reason=str(error))
            return []
        new = await self._reader.answerer(self._index_store, version)
        return await failures(lines, answerer, new, utc_now().date())


class _Note(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: str
    reasons: tuple[str, ...]


class HeldNote:
    """Remembers in the data folder which change is held: a start does not examine it again, nor tell of it again."""

    def __init__(self, data: Path) -> None:
        self._file = data / NOTE_NAME

    def read(self) -> Held | None:
        """The change that waits; None when none does. A note that can't be read is none: it is examined again."""
        try:
            note = _Note.model_validate_json(self._file.read_bytes())
        except (OSError, ValidationError):
            return None
        return Held(note.digest, note.reasons)

    def write(self, held: Held | None) -> None:
        """Remember this one, or none."""
        if held is None:
            self._file.unlink(missing_ok=True)
        else:
            write_whole(self._file, [_Note(digest=held.digest, reasons=held.reasons).model_dump_json(), "\n"])


class StaffNotices:
    """Implements `bot.ingestion.ports.PublicationNotices`: in the log, and to the owners once a chat is bound."""

    def __init__(self) -> None:
        self._notify: Notify | None = None

    def bind(self, notify: Notify) -> None:
        """From now on owners are told."""
        self._notify = notify

    async def held(self, held: Held) -> None:
        """See the port."""
        # Not the reasons themselves: a question of the gate is often one that a visitor asked.
        _log.warning("knowledge_held", reasons=len(held.reasons), then="scoda knowledge status")
        if self._notify is not None:
            event = KnowledgeHeld(reason=held.reasons[0], reasons=len(held.reasons))
            await notify_all(self._notify, event, roles=frozenset({Role.OWNER}))
