"""Changes of what was delivered: what one asks for, and what is then done to each copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.announcements.model.occurrence import OccurrenceId
from bot.ids import Locale, VisitorId


class CorrectionKind(StrEnum):
    """What is done to copies that were delivered."""

    EDIT = "edit"
    DELETE = "delete"


class CorrectionState(StrEnum):
    """Where the correction of one copy stands. Editing and deleting can be repeated without harm."""

    PLANNED = "planned"
    DONE = "done"
    TOO_OLD = "too_old"
    """Telegram deletes messages younger than 48 hours only."""
    UNTOUCHED = "untouched"
    """The correction has no text in the copy's language: it stays as it was."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An edit or withdrawal of what an occurrence delivered, and how many copies stand where."""

    correction_id: str
    occurrence_id: OccurrenceId
    kind: CorrectionKind
    texts: Mapping[Locale, str]
    """The new texts; empty for a withdrawal."""
    asked_by: VisitorId
    asked_at: datetime
    counts: Mapping[CorrectionState, int] = field(default_factory=dict)


class ChangeRequestKind(StrEnum):
    """What one organiser asks to be done to what was delivered."""

    CORRECT = "correct"
    """Other texts take the place of the delivered ones."""
    PUT_BACK = "put_back"
    """The texts that stood before the latest correction come back."""
    RESEND = "resend"
    """One more copy, marked, goes to those of whom nobody knows whether they got theirs."""


class ChangeRequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    AGREED = "agreed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """One organiser wants what was delivered changed; another must agree. It never changes, so its id is its version.

    `copies` is how many it concerned when it was asked for, `replaces` the texts that stood then in the same languages:
    when one of these is another by now, nobody can agree to it any more.
    """

    request_id: str
    occurrence_id: OccurrenceId
    kind: ChangeRequestKind
    texts: Mapping[Locale, str]
    replaces: Mapping[Locale, str]
    copies: int
    asked_by: VisitorId
    asked_at: datetime
    state: ChangeRequestState = ChangeRequestState.OPEN
    decided_by: VisitorId | None = None
    decided_at: datetime | None = None
