"""A change of the knowledge folder that waits for a second person, and what is found when it is looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.errors import Fault
from bot.ids import VisitorId
from bot.ingestion.model import Document

ProposalId = NewType("ProposalId", str)
"""Eight characters that a person can type."""

_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that are mistaken for each other."""
_ID_LENGTH = 8
"""Characters: with 31 letters some 8 * 10^11 ids."""


class ProposalKind(StrEnum):
    """Where a proposal comes from."""

    UPLOAD = "upload"
    """A file that somebody has sent."""
    FIX = "fix"
    """One sentence of an answer, put right."""
    DRAFT = "draft"
    """What stood in the folder of drafts."""
    PIN = "pin"
    """An answer for a question, or an end of one."""
    ANSWERED = "answered"
    """An open question that a section answers by now."""


OF_ONE_PLACE = frozenset({ProposalKind.FIX, ProposalKind.ANSWERED})
"""Kinds that change one place of a text: handed in anew, their whole text would take back what came between."""


class UnreadableFile(StrEnum):
    """Why a file that was sent can't be read, by what its sender can do about it."""

    PASSWORD = "password"  # noqa: S105 - a kind of file
    MACROS = "macros"
    OLD_FORMAT = "old_format"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_ENCODING = "unknown_encoding"
    SCANNED = "scanned"
    NO_TEXT = "no_text"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeFileNews:
    """What became of an office file that somebody put into the knowledge folder; names are below the folder."""

    file: str
    draft: str = ""
    """What was made of it; empty where nothing could be."""
    reason: str = ""
    """Why nothing could be, in English."""
    kind: UnreadableFile | None = None
    """The same where the chat has words for it."""


class Weight(StrEnum):
    """What a change means for the translations."""

    TYPING_ERROR = "typing_error"
    CLARIFICATION = "clarification"
    """Better words for the same fact."""
    OTHER_FACT = "other_fact"
    """The only one after which translations are out of date."""


class ProposalState(StrEnum):
    """Where a proposal stands."""

    PREPARING = "preparing"
    """Only its proposer sees it, and may still say which file it becomes."""
    WAITING = "waiting"
    APPROVING = "approving"
    """Approved, and being written: what finds this after a crash completes it."""
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    STALE = "stale"
    """A file was changed after it was made: it fits no longer."""


DECIDED = frozenset({ProposalState.APPROVED, ProposalState.RETURNED, ProposalState.STALE})
"""The states of which a proposer hears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """What one file becomes. `file` is its name below the folder, with `/`."""

    file: str
    text: str | None
    """The whole new text; None takes the file away."""
    made_from: str
    """`content_name` of the file that this was made against; empty when there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change of one or several files, all of it or nothing."""

    proposal_id: ProposalId
    kind: ProposalKind
    state: ProposalState
    label: str
    """One line by which people know it."""
    changes: tuple[FileChange, ...]
    weight: Weight
    proposed_by: VisitorId
    proposed_at: datetime
    changed_at: datetime
    version: int = 1
    """Grows with each change of this row: who decides names the one they have seen."""
    recorded: Mapping[str, str] = field(default_factory=dict)
    """Entries of the record of translations that are written with the files: copy → hash of its source."""
    reason: str = ""
    """Why it was returned."""

    @property
    def files(self) -> frozenset[str]:
        """The names of the files that it changes."""
        return frozenset(change.file for change in self.changes)


@dataclass(frozen=True, slots=True)
class StandingFile:
    """A file of the folder as it stands: its text, and what names its content. Both are empty where there is none."""

    text: str | None
    content_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCheck:
    """What a change would make of the folder, and what stands in its way."""

    before: tuple[Document, ...] = ()
    """The changed files as they are read now."""
    after: tuple[Document, ...] = ()
    """The same with the change: exactly what visitors would be told."""
    faults: tuple[Fault, ...] = ()
    """Why a file could not be read."""
    partings: tuple[Fault, ...] = ()
    """Where facts would part from the copies in other languages, and do not yet."""
    warnings: tuple[Fault, ...] = ()
    moved: frozenset[str] = frozenset()
    """Files that are no longer as they were when the change was made."""
    following: Mapping[str, str] = field(default_factory=dict)
    """Entries of the record of translations by which copies that are up to date would stay so."""


def content_name(raw: bytes) -> str:
    """Names what a file holds."""
    return hashlib.sha256(raw).hexdigest()


def proposal_id_of(request_key: str) -> ProposalId:
    """The id of what one request makes: carried out twice, it makes the same."""
    number = int.from_bytes(hashlib.sha256(request_key.encode("utf-8", "replace")).digest()[:8])
    letters = []
    for _ in range(_ID_LENGTH):
        number, place = divmod(number, len(_ID_LETTERS))
        letters.append(_ID_LETTERS[place])
    return ProposalId("".join(letters))
