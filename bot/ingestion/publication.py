"""What a synchronisation was asked for, and a version on its way to be published."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import IndexVersionError
from bot.ingestion.folder_change import FolderChange
from bot.ingestion.model import (
    Document,
    FolderReading,
    Held,
    IndexVersion,
    PublishingConsent,
    PublishingWord,
    SyncReport,
)
from bot.ingestion.ports import Examiner
from bot.ingestion.version_draft import VersionDraft

OnPublished = Callable[[IndexVersion], Awaitable[object]]


class ObjectedError(Exception):
    """The examiner objects to a version that was built."""

    def __init__(self, held: Held) -> None:
        super().__init__(held.reasons)
        self.held = held


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a synchronisation was asked for. `held` is a change that is known to wait; `word` is that of a rollback."""

    now: datetime
    on_published: OnPublished
    consent: PublishingConsent
    unsettled: Collection[str]
    tells_warnings: bool
    held: Held | None
    word: PublishingWord | None = None

    def lets_through(self, change: FolderChange) -> bool:
        """Whether a person has said that just this is published."""
        if self.consent is PublishingConsent.EMPTY:
            return not change.documents
        return self.consent is PublishingConsent.ANYTHING or self._is_meant(change)

    def cause_of(self, change: FolderChange) -> str:
        """What caused the version that comes of it."""
        if self.word is not None and self._is_meant(change):
            return self.word.cause
        if not change.is_new:
            return "announcements"
        return "folder" if self.consent is PublishingConsent.NONE else "folder, by a person's word"

    def _is_meant(self, change: FolderChange) -> bool:
        return self.word is not None and self.word.digest == change.digest


@dataclass(frozen=True, slots=True)
class Publication:
    """A draft on its way, and who examines what comes of it first."""

    draft: VersionDraft
    wish: Wish
    change: FolderChange
    examiner: Examiner | None


def unchanged(reading: FolderReading, change: FolderChange, published: IndexVersion | None) -> SyncReport:
    """What is reported when all documents are published already."""
    return SyncReport(
        published=None,
        documents=len(change.documents),
        chunks=published.chunks if published else 0,
        embedded=0,
        faults=reading.faults,
        warnings=reading.warnings,
        took_s=0.0,
        kept=tuple(document.file for document in change.last_good),
        signature=reading.signature,
    )


def refuse_empty(documents: Sequence[Document], published: IndexVersion | None, consent: PublishingConsent) -> None:
    """An empty index is published where a person says so, or where one is published already.

    Raises:
        IndexVersionError: it would be the first, and nobody has asked for it.
    """
    if documents or consent is not PublishingConsent.NONE or (published is not None):
        return
    raise IndexVersionError(
        "the knowledge folder holds no readable document: there is nothing to publish; what is wrong with its files "
        "says: scoda knowledge check"
    )
