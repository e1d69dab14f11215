"""What putting a wrong fact right needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.correcting.model import Telling, WrongFact
from bot.ids import DocumentPath, Locale, SectionKey, VisitorId
from bot.ingestion.model import Document, VersionRecord


class FormerVersions(Protocol):
    """The versions of the knowledge that are kept."""

    async def history(self) -> Sequence[VersionRecord]:
        """What is kept, the newest first."""
        ...

    async def copies_of(self, path: DocumentPath) -> Mapping[int, Sequence[Document]]:
        """The copies of one file in each version that holds any, by the version's number."""
        ...


class TellingStore(Protocol):
    """Who was told what, as long as their questions are kept."""

    async def tellings(self, key: SectionKey, *, since: datetime) -> Sequence[Telling]:
        """When a section was told: in an answer that cites it, or because somebody tapped it below one."""
        ...

    async def languages(self, people: Collection[VisitorId]) -> Mapping[VisitorId, Locale]:
        """The language in which each was answered last; nothing of those of whom nothing is kept."""
        ...


WordCorrection = Callable[[WrongFact], Mapping[Locale, str]]
"""What those who were told it read, in each language in which it was wrong: HTML as organisers write it."""
