"""What is announced: its texts, its audience, when it goes out and on which terms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.announcements.model.people import Role
from bot.ids import ChatId, Locale, NewsTopic, SectionKey, VisitorId

AnnouncementId = NewType("AnnouncementId", str)
"""Eight characters that an organiser can type."""


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


@dataclass(frozen=True, slots=True)
class ToldFact:
    """A wrong fact of the knowledge: its section, how many people were told it, and whose list names them.

    `marks` are hashes of the wrong sentences: they tell the fact from others. The list is that of an announcement,
    which has none before it is stored.
    """

    section: SectionKey
    marks: tuple[str, ...]
    people: int
    list_of: AnnouncementId = AnnouncementId("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who gets it: everybody who agreed to announcements and fits every filter; an empty filter lets all pass.

    `topics` are announcement topics, `countries` ISO 3166 codes, `roles` organisers' roles. `chats` are groups and
    channels by id, which get it besides; `without` get it in no case. With `told` it is exactly the people on a list,
    whether they agreed to announcements or not, and no filter counts.
    """

    locales: frozenset[Locale] = frozenset()
    topics: frozenset[NewsTopic] = frozenset()
    countries: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    chats: frozenset[ChatId] = frozenset()
    without: frozenset[ChatId] = frozenset()
    told: ToldFact | None = None


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


@dataclass(frozen=True, slots=True)
class Announced:
    """The latest firing of an announcement that still holds, and its texts as they were corrected last."""

    announcement: Announcement
    due_at: datetime
    valid_until: datetime
    texts: Mapping[Locale, str]
