"""An announcement, when and to whom it goes, and what becomes of each copy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NewType

from bot.ids import ChatId, Locale, NewsTopic, VisitorId

AnnouncementId = NewType("AnnouncementId", str)
"""Eight characters that an organiser can type."""

OccurrenceId = NewType("OccurrenceId", str)
"""One firing of an announcement: `<announcement>.<slot>`, so the same slot can't fire twice."""

REPEAT = "+again"
"""Ends the slot of a firing that repeats another for those in doubt."""

Epoch = NewType("Epoch", int)
"""Grows by one with each process that takes the dispatcher's lease: who writes under an older one is too late."""


class Role(StrEnum):
    """What an organiser may do. Roles hang on numeric Telegram ids, never on names."""

    OWNER = "owner"
    """Invites and removes organisers, and may do all that the others may."""
    APPROVER = "approver"
    """Approves or returns what another has written."""
    AUTHOR = "author"
    """Composes and submits."""


class Stage(StrEnum):
    """Where an announcement stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    """Scheduled: its next occurrence is planned when it is due."""
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    """Every occurrence that there will be has ended."""
    WITHDRAWN = "withdrawn"


class AttachmentKind(StrEnum):
    """What goes with a text."""

    PHOTO = "photo"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or a document. Uploaded once; `file_id` is what Telegram calls it from then on ("" before).

    `digest` identifies the file: that of its bytes, also when they are let go after the upload; of one that has lain at
    Telegram from the start, that of its id there.
    """

    kind: AttachmentKind
    filename: str
    content: bytes = b""
    file_id: str = ""
    digest: str = ""

    def __post_init__(self) -> None:
        """Bytes that are there always count, so a swapped file can't keep the digest of the one before."""
        if self.content or not self.digest:
            identity = self.content or self.file_id.encode()
            object.__setattr__(self, "digest", hashlib.sha256(identity).hexdigest())


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A button that opens an address; `labels` has one label a language, the source language at least."""

    labels: Mapping[Locale, str]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is said, in each language.

    `texts` are of Telegram's HTML subset; `{name}` stands for a moment of `moments` (aware datetimes) and is shown in
    each recipient's zone and calendar. `source` is the language that was written first; `made_from` tells, for each
    translation, the hash of the source text that it was made from.
    """

    source: Locale
    texts: Mapping[Locale, str]
    made_from: Mapping[Locale, str] = field(default_factory=dict)
    moments: Mapping[str, datetime] = field(default_factory=dict)
    attachment: Attachment | None = None
    buttons: tuple[LinkButton, ...] = ()


class MissingLanguage(StrEnum):
    """What happens to recipients whose language has no text. Never silent: the organiser picks one."""

    FALLBACK = "fallback"
    """They get the text in `Terms.fallback`."""
    HOLD = "hold"
    """They get nothing; the report counts them as held."""


class Lateness(StrEnum):
    """What happens to an occurrence whose time has passed unseen (the bot was down)."""

    SEND_LATE = "send_late"
    """It is sent while it is valid."""
    MARK_MISSED = "mark_missed"
    """It is not sent; organisers are told."""


class Policy(StrEnum):
    """What happens to a copy of which nobody knows whether it arrived."""

    AT_MOST_ONCE = "at_most_once"
    """No second copy; the recipient is named in the report."""
    AT_LEAST_ONCE = "at_least_once"
    """One second copy, silent and marked as perhaps a repetition."""


class QuietHours(StrEnum):
    """What a recipient's quiet hours do to a copy."""

    HOLD = "hold"
    """It waits until they end, if the announcement is still valid then."""
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who gets it: everybody who agreed to announcements and fits every filter; an empty filter lets all pass.

    `topics` are announcement topics, `countries` ISO 3166 codes, `roles` organisers' roles. `chats` are groups and
    channels by id, which get it besides; `without` get it in no case.
    """

    locales: frozenset[Locale] = frozenset()
    topics: frozenset[NewsTopic] = frozenset()
    countries: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    chats: frozenset[ChatId] = frozenset()
    without: frozenset[ChatId] = frozenset()


class Timing(StrEnum):
    """How the due times are found."""

    NOW = "now"
    ONCE = "once"
    RECURRING = "recurring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When it goes out. `at` is wall time in `zone` (IANA); `cron` has five fields and is read in `zone` as well.

    `until` is the last local date on which a recurring one may fire.
    """

    timing: Timing
    zone: str = "Asia/Shanghai"
    at: datetime | None = None
    cron: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms it is delivered. `valid_for` counts from the due time; None means for ever."""

    valid_for: timedelta | None = None
    lateness: Lateness = Lateness.SEND_LATE
    policy: Policy = Policy.AT_MOST_ONCE
    quiet_hours: QuietHours = QuietHours.HOLD
    missing_language: MissingLanguage = MissingLanguage.HOLD
    fallback: Locale | None = None
    is_silent: bool = False
    is_paid: bool = False
    """Sent by Telegram's paid broadcast, faster than the free rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One announcement in all its languages.

    `version` grows with each change and guards against two people changing at once. `body_hashes` are fixed at the
    approval, one a language: what is delivered has just these.
    """

    announcement_id: AnnouncementId
    label: str
    """What organisers call it among themselves, one line."""
    topic: NewsTopic
    content: Content
    audience: Audience
    schedule: Schedule
    terms: Terms
    stage: Stage
    author: VisitorId
    created_at: datetime
    version: int = 1
    return_reason: str = ""
    approver: VisitorId | None = None
    approved_at: datetime | None = None
    is_emergency: bool = False
    """Approved by its own author, loudly."""
    next_due_at: datetime | None = None
    """UTC; None when nothing more will be due."""
    pause_reason: str = ""
    body_hashes: Mapping[Locale, str] = field(default_factory=dict)


class OccurrenceState(StrEnum):
    """Where one firing stands."""

    PLANNING = "planning"
    """Its deliveries are being written, batch by batch."""
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    MISSED = "missed"
    """Its time passed while nobody was there and it was not to be sent late, or its validity ended before."""
    AWAITING_WORD = "awaiting_word"
    """The database was restored from a backup: it may have been sent already; an organiser must say so."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be sent."""
        return self in (OccurrenceState.STOPPED, OccurrenceState.FINISHED, OccurrenceState.MISSED)


OPEN_STATES = frozenset(state for state in OccurrenceState if not state.has_ended)
"""Those in which something may still be sent."""


@dataclass(frozen=True, slots=True)
class Announced:
    """The latest firing of an announcement that still holds, and its texts as they were corrected last."""

    announcement: Announcement
    due_at: datetime
    valid_until: datetime
    texts: Mapping[Locale, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One firing of an announcement.

    `slot` is what makes it unique among the firings of its announcement (the local date and time it stands for).
    `planned_through` is the last chat that was planned, `snapshot` the bound of the audience: who subscribed after
    it is not in it. `audience` is the number of recipients, once all are planned.
    """

    occurrence_id: OccurrenceId
    announcement_id: AnnouncementId
    slot: str
    due_at: datetime
    valid_until: datetime | None
    state: OccurrenceState
    created_at: datetime
    snapshot: int = 0
    planned_through: ChatId | None = None
    audience: int = 0
    finished_at: datetime | None = None
    pause_reason: str = ""

    @property
    def is_repeat(self) -> bool:
        """Whether it sends once more what another firing has left in doubt."""
        return self.slot.endswith(REPEAT)

    @property
    def repeat_id(self) -> OccurrenceId:
        """Of the firing that sends this one's doubtful copies once more: as its slot is unique, only once."""
        return OccurrenceId(self.occurrence_id + REPEAT)


class DeliveryState(StrEnum):
    """Where one copy stands. The states of an occurrence always add up to its audience."""

    PLANNED = "planned"
    SENDING = "sending"
    """The intent is stored; the request may be on its way."""
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    """It may have arrived; the policy has not been applied yet."""
    UNKNOWN = "unknown"
    """It may have arrived; no second copy is sent."""
    SKIPPED = "skipped"
    """Unsubscribed, or gone, before their turn."""
    HELD = "held"
    """No text in their language, and the organiser chose to hold."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it."""
        return self not in (DeliveryState.PLANNED, DeliveryState.SENDING, DeliveryState.IN_DOUBT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One copy for one chat, key (occurrence, chat)."""

    occurrence_id: OccurrenceId
    chat_id: ChatId
    locale: Locale
    """The language it is sent in."""
    zone: str
    state: DeliveryState
    body_hash: str
    not_before: datetime
    """The due time, or the end of the recipient's quiet hours."""
    attempt: int = 0
    epoch: Epoch = Epoch(0)
    message_id: int | None = None
    may_repeat: bool = False
    """A second copy after a doubt: sent silently and marked."""
    crashes: int = 0
    """How often a process died while it was sending; a row that kills its sender is given up."""
    reason: str = ""
    """Why it failed, was skipped or is in doubt: a short constant, no text of Telegram's that bears names."""
    changed_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody who agreed to announcements, as the planner sees them."""

    chat_id: ChatId
    locale: Locale
    zone: str
    quiet_from: time | None = None
    quiet_until: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """All that the courier needs to send one copy."""

    chat_id: ChatId
    locale: Locale
    zone: str
    text: str
    """HTML subset, variables not filled in."""
    moments: Mapping[str, datetime]
    attachment: Attachment | None
    buttons: tuple[tuple[str, str], ...]
    """(label, address)."""
    topic: NewsTopic
    announcement_id: AnnouncementId
    is_silent: bool = False
    is_paid: bool = False
    may_repeat: bool = False


class SendOutcome(StrEnum):
    """What a call proved about one copy."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    """Proof that nothing arrived: it may be tried again, after `pause`."""
    DOUBT = "doubt"
    GONE = "gone"
    """Blocked, deactivated, deleted: final, and the visitor counts as unreachable until they come back."""
    REFUSED = "refused"
    """Telegram will never take this for this chat."""
    UNPARSEABLE = "unparseable"
    """Telegram can't read the formatting, and plain text was refused or not tried."""
    MIGRATED = "migrated"
    """The group has the id `new_chat_id` now; nothing was sent."""
    NOTHING_GOES = "nothing_goes"
    """The token is refused: nothing can be sent to anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one call. `pause_s` is what Telegram asked for, 0 for none."""

    fate: SendOutcome
    message_id: int | None = None
    file_id: str = ""
    """Of the attachment, the first time it was uploaded."""
    was_plain: bool = False
    """The formatting was refused and it went as plain text."""
    new_chat_id: ChatId | None = None
    pause_s: float = 0.0
    pauses_all: bool = False
    """The pause concerns every chat, not only this one."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many copies of an occurrence stand in each state, and in each (locale, state)."""

    occurrence: Occurrence
    counts: Mapping[DeliveryState, int]
    by_locale: Mapping[tuple[Locale, DeliveryState], int]

    @property
    def adds_up(self) -> bool:
        """The invariant: the states add up to the audience, once it is planned."""
        return self.occurrence.state is OccurrenceState.PLANNING or (
            sum(self.counts.values()) == self.occurrence.audience
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which announcement or organiser. `detail` holds no text of an announcement."""

    at: datetime
    actor: VisitorId | None
    """None for the bot itself."""
    action: str
    """snake_case, past tense: `announcement_approved`."""
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organiser:
    """Somebody with a role; the same person may have several."""

    visitor_id: VisitorId
    role: Role
    granted_by: VisitorId | None
    """None: named in the settings."""
    granted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A single-use, expiring link to a role; only the hash of its token is stored.

    Who opens it is a candidate. Whoever made it decides about them, before it expires; the role is theirs only then.
    """

    token_hash: str
    role: Role
    created_by: VisitorId
    expires_at: datetime
    used_by: VisitorId | None = None
    decided_at: datetime | None = None
