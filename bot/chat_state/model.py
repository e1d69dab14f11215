"""What comes in, stored before it is confirmed, and the buttons whose presses will come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.ids import ChatId, VisitorId


class InboxState(StrEnum):
    """Where a stored update stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update as Telegram sent it (raw JSON text), stored before it was confirmed.

    `lane` is the chat (or person) whose updates are handled strictly in order.
    """

    update_id: int
    lane: int
    payload: str
    received_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of storing updates: how many were `new`, and the ids of those that this process is to handle."""

    new: int
    mine: frozenset[int]


class ButtonAction(StrEnum):
    """What a button does."""

    LANGUAGE = "language"
    MORE = "more"
    SOURCE = "source"
    ASK = "ask"
    SECTION = "section"
    OFFER = "offer"
    NONE_OF_THESE = "none_of_these"
    TOPICS = "topics"
    TOPIC = "topic"
    DOCUMENT = "document"
    HELPFUL = "helpful"
    UNHELPFUL = "unhelpful"
    DELETE_QUESTION = "delete_question"
    DELETE_ME = "delete_me"
    CANCEL = "cancel"
    HELP = "help"
    CONSENT = "consent"
    SETTINGS = "settings"
    DRAFT = "draft"
    APPROVAL = "approval"
    ANNOUNCEMENT = "announcement"
    ORGANISERS = "organisers"
    STAFF = "staff"
    TELL_ME = "tell_me"
    GAP = "gap"
    ASK_PERSON = "ask_person"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Button:
    """What the server knows of a button: its callback data is only the random `token`.

    `visitor_id` None means that anyone in the chat may press it. A `single_use` button works once.
    """

    token: str
    chat_id: ChatId
    visitor_id: VisitorId | None
    action: ButtonAction
    argument: str
    expires_at: datetime
    single_use: bool = False


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What a person was asked last in a conversation of several steps; only that conversation reads `state`."""

    visitor_id: VisitorId
    kind: str
    state: str
    changed_at: datetime
