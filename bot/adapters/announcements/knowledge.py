"""What was announced is knowledge while it holds: a document beside those of the folder, gone with its end."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog

from bot.announcements.model import Announced
from bot.ids import DocumentPath, Locale
from bot.ingestion.model import Document, FolderReading, Section
from bot.ingestion.ports import KnowledgeReader
from bot.writing.cleaning import clean, one_line
from bot.writing.sentences import split_sentences

_log = structlog.get_logger(__name__)

ANNOUNCED_FOLDER = "announcements"
"""Where what is announced stands among the documents."""
_VERSION = 3
"""Raise it when the same announcement would give another document."""
_LONGEST_HEADING = 120
"""Characters, a line and a half on a phone. By reasoning."""
_MOST_SENTENCES = 8
"""First ones that count as questions: later ones seldom say what it is about. By reasoning."""
RenderPlain = Callable[[str, Locale, ZoneInfo, Mapping[str, datetime]], str]
"""Renders an announcement's text as it is read in a zone, without formatting; raises ValueError when it can't be."""
Holding = Callable[[], Awaitable[Sequence[Announced]]]


class KnowledgeWithAnnouncements:
    """Implements `bot.ingestion.ports.KnowledgeReader`: the files, and what is announced at present."""

    def __init__(self, files: KnowledgeReader, holding: Holding, plain: RenderPlain) -> None:
        self._files = files
        self._holding = holding
        self._plain = plain

    async def read(self, *, unsettled: Collection[str] = (), known: Iterable[Document] = ()) -> FolderReading:
        """See the port."""
        reading = await self._files.read(unsettled=unsettled, known=known)
        announced = await self._holding()
        documents = [document for one in announced for document in self._documents(one)]
        return replace(reading, documents=(*reading.documents, *documents))

    def _documents(self, announced: Announced) -> Iterator[Document]:
        """One a language. What was meant for organisers or for those on a list is not for all to ask about."""
        announcement = announced.announcement
        if announcement.audience.roles or announcement.audience.told:
            return
        for locale, text in sorted(announced.texts.items()):
            try:
                plain = self._plain(text, locale, ZoneInfo(announcement.schedule.zone), announcement.content.moments)
            except ValueError as error:
                _log.warning(
                    "announcement_not_readable",
                    announcement_id=announcement.announcement_id,
                    locale=locale.value,
                    error=type(error).__name__,
                )
                continue
            if plain.strip():
                yield _document(announced, locale, clean(plain).strip())


def _document(announced: Announced, locale: Locale, text: str) -> Document:
    announcement = announced.announcement
    zone = ZoneInfo(announcement.schedule.zone)
    told_on = announced.due_at.astimezone(zone).date()
    until = max(announced.valid_until.astimezone(zone).date(), announced.valid_until.astimezone(UTC).date())
    heading = one_line(text.split("\n", 1)[0], limit=_LONGEST_HEADING)
    section = Section(
        section_id="announcement",
        heading=heading,
        text=text,
        # Every other section has questions that lead to it; here the sentences themselves take their place.
        questions=tuple(split_sentences(text, locale))[:_MOST_SENTENCES],
        as_of=told_on,
        valid_until=until,
    )
    content = f"{_VERSION}\0{announcement.announcement_id}\0{locale}\0{told_on}\0{until}\0{announcement.topic}\0{text}"
    return Document(
        path=DocumentPath(f"{ANNOUNCED_FOLDER}/{announcement.announcement_id}.md"),
        locale=locale,
        title=heading,
        topic=announcement.topic.value,
        sections=(section,),
        content_hash=hashlib.sha256(content.encode()).hexdigest(),
        is_file=False,
    )
