"""Drafts for the knowledge: by the language model where one is set, else empty ones for a translator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.adapters.knowledge.draft_folder import DraftFolder, empty_draft, has_text
from bot.adapters.system.clock import utc_now
from bot.answering.model import Outcome, Question
from bot.answering.open_questions import changed_sections
from bot.answering.pipeline import ExtractiveAnswerer
from bot.answering.ports import Knowledge
from bot.app.core import Core
from bot.drafting.asking import ModelAsker
from bot.drafting.model import RefusedPart, WaitingDraft
from bot.drafting.service import Drafter, DraftWish
from bot.drafting.wishes import documents_meant, wishes_for
from bot.errors import NothingPublishedError, ScodaError
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.model import FolderReading, KnowledgeDraft
from bot.ingestion.translations import copies_of

if TYPE_CHECKING:
    from bot.app.writer import Writer

_log = structlog.get_logger(__name__)

_Place = tuple[DocumentPath, Locale]
_MOST_AT_ONCE = 20
"""Documents that are drafted after one change. Chosen: with more, a person should look at the bill first."""


@dataclass(frozen=True, slots=True)
class DraftsMade:
    """The files that were written, and what was thrown away before."""

    files: tuple[str, ...]
    refused: tuple[RefusedPart, ...]


class AskedOfKnowledge:
    """Implements `bot.drafting.ports.Asked` by what is published."""

    def __init__(self, answerer: ExtractiveAnswerer) -> None:
        self._answerer = answerer

    async def told(self, question: str, locale: Locale) -> SectionKey | None:
        """See the port. Where nothing is published, nothing is told."""
        try:
            answer = await self._answerer.answer(
                Question(question, utc_now().date(), app_locale=locale, may_compose=False)
            )
        except NothingPublishedError:
            return None
        is_told = answer.outcome is Outcome.ANSWERED and answer.citations
        return answer.citations[0].key if is_told else None


async def make_drafts(core: Core, names: Sequence[str], locales: Collection[Locale]) -> DraftsMade:
    """Draft what the named documents lack in these languages; drafts that are there stay.

    One with questions and no text, as a gap makes it, is filled by the model.

    Raises:
        KnowledgeError: a name means no document, or the folder can't be written.
    """
    reading = await core.ingestion.check()
    open_drafts = {} if core.writer is None else _open_drafts(reading)
    wishes = [wish for name in names for wish in _wishes(reading, name, locales, open_drafts)]
    return await write_drafts(core, wishes, open_drafts)


async def write_drafts(
    core: Core, wishes: Sequence[DraftWish], open_drafts: Mapping[_Place, KnowledgeDraft]
) -> DraftsMade:
    """Draft what is wished for, document by document: what is done by then is kept if it ends early."""
    folder = DraftFolder(core.settings.knowledge.folder)
    drafter = _drafter(core)
    files: list[str] = []
    refused: list[RefusedPart] = []
    for path in dict.fromkeys(wish.document.path for wish in wishes):
        of_document = [wish for wish in wishes if wish.document.path == path]
        if drafter is None:
            drafts = [empty_draft(wish.document, wish.locale) for wish in of_document]
        else:
            drafted = await drafter.draft(of_document[0].document, of_document)
            drafts = [one.draft for one in drafted if one.draft.sections]
            refused += [part for one in drafted for part in one.refused]
        originals = {wish.locale: wish.document for wish in of_document}
        files += [
            draft.file
            for draft in drafts
            if folder.write(draft, originals[draft.locale], open_drafts.get((draft.path, draft.locale)))
        ]
    return DraftsMade(tuple(files), tuple(refused))


class WaitingDrafts:
    """Implements `bot.drafting.ports.DraftPlace` by the knowledge folder, as `scoda knowledge approve` writes it."""

    def __init__(self, folder: Path, read: Callable[[], Awaitable[FolderReading]]) -> None:
        self._folder = DraftFolder(folder)
        self._read = read

    async def waiting(self) -> Sequence[WaitingDraft]:
        """See the port."""
        reading = await self._read()
        copies = {group[0].path: tuple(group) for group in copies_of(reading.documents)}
        return [
            WaitingDraft(draft, copies.get(draft.path, ()), self._folder.written_at(draft)) for draft in reading.drafts
        ]

    async def adopt(self, waiting: WaitingDraft) -> None:
        """See the port."""
        await asyncio.to_thread(self._folder.adopt, waiting.draft, waiting.copies)

    async def discard(self, waiting: WaitingDraft) -> None:
        """See the port."""
        await asyncio.to_thread(self._folder.discard, waiting.draft)


class DraftsOfChanges:
    """Drafts, after each publication, what the new and changed sections lack; where it is not wished for, nothing."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._before: Knowledge | None = None
        self._changed = asyncio.Event()

    def follow(self) -> None:
        """Another version was published."""
        self._changed.set()

    async def keep_drafting(self) -> None:
        """Until cancelled. What stood there at the start is left to `scoda knowledge draft`: it may be very much."""
        if not self._core.settings.knowledge.drafts or self._core.writer is None:
            return
        self.begin()
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self.draft()
            except (ScodaError, OSError) as error:
                _log.error("drafts_not_made", reason=f"{type(error).__name__}: {error}")

    def begin(self) -> None:
        """From now on what is published counts as known."""
        self._before = self._published()

    async def draft(self) -> None:
        """Draft what has changed since it was last looked at."""
        before, after = self._before, self._published()
        self._before = after
        if before is None or after is None:
            return
        paths = list(dict.fromkeys(section.key.path for section in changed_sections(before, after)))
        if len(paths) > _MOST_AT_ONCE:
            _log.warning("too_much_to_draft", documents=len(paths), then="run: scoda knowledge draft .")
            return
        reading = await self._core.ingestion.check()
        known = {document.path for document in reading.documents}
        open_drafts = _open_drafts(reading)
        wishes = [wish for path in paths if path in known for wish in _wishes(reading, path, list(Locale), open_drafts)]
        made = await write_drafts(self._core, wishes, open_drafts)
        if wishes:
            _log.info("drafts_made", files=len(made.files), thrown_away=len(made.refused))

    def _published(self) -> Knowledge | None:
        try:
            return self._core.index.current().knowledge
        except NothingPublishedError:
            return None


def _open_drafts(reading: FolderReading) -> dict[_Place, KnowledgeDraft]:
    """Drafts of translations with questions and no text yet."""
    told = {(document.path, document.locale) for document in reading.documents}
    places = {(draft.path, draft.locale): draft for draft in reading.drafts if not has_text(draft)}
    return {place: draft for place, draft in places.items() if place not in told}


def _wishes(
    reading: FolderReading, name: str, locales: Collection[Locale], open_drafts: Collection[_Place]
) -> list[DraftWish]:
    closed = [draft for draft in reading.drafts if (draft.path, draft.locale) not in open_drafts]
    return [
        wish
        for copies in documents_meant(reading.documents, name)
        for wish in wishes_for(copies, locales, drafted={one.locale for one in closed if one.path == copies[0].path})
    ]


def _drafter(core: Core) -> Drafter | None:
    if core.writer is None:
        return None
    return Drafter(asker_of(core.writer), core.identifier, AskedOfKnowledge(core.extractive))


def asker_of(writer: Writer) -> ModelAsker:
    """The language model, for drafts."""
    return ModelAsker(writer.model, writer.ledger, now=utc_now)
