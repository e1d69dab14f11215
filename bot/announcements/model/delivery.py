"""One copy for one chat: where it stands, what is sent, what a call proved; and how many stand where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import NewType

from bot.announcements.model.announcement import AnnouncementId, Attachment
from bot.announcements.model.occurrence import Occurrence, OccurrenceId, OccurrenceState
from bot.ids import ChatId, Locale, NewsTopic

Epoch = NewType("Epoch", int)
"""Grows by one with each process that takes the dispatcher's lease: who writes under an older one is too late."""


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
    """The due time, or the end of the recipient's quiet hours; later, when it is tried again."""
    due_at: datetime | None = None
    """The first `not_before`: lateness is reckoned from it. None: planned by a version that did not keep it."""
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


@dataclass(frozen=True, slots=True)
class ListedRecipient:
    """Somebody on an announcement's list: in which language they are written to, and when they were told last.

    Whoever said after that moment that they want no more messages gets none.
    """

    chat_id: ChatId
    locale: Locale
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """All that is needed to send one copy."""

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
    is_correction: bool = False
    """It answers what its reader once asked: there is no topic to leave below it."""


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

    outcome: SendOutcome
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
