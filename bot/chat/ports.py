"""What the chat needs from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from bot.answering.model import Answer, DocumentView, Outcome, Question, TopicView, Turn
from bot.vocabulary import ChatId, Locale, SectionKey, VisitorId

Transaction = Callable[[], AbstractAsyncContextManager[None]]
"""Opens one database transaction; every store's write inside it commits or fails with it."""

Effect = Callable[[], Awaitable[object]]
"""A write that a handler asks for; it runs in the transaction that marks the update as done."""


class Answerer(Protocol):
    """Answers questions and lets the knowledge be browsed (bot.answering.service.Answerer)."""

    async def answer(self, question: Question) -> Answer:
        """Answer, ask back or refuse; never raises for what a visitor may write."""
        ...

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """The whole section, in that language or the best other one; None when it is gone or no longer valid."""
        ...

    def topics(self, locale: Locale, today: date) -> Sequence[TopicView]:
        """The topics with something to read, in the knowledge's order."""
        ...

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """The documents of a topic."""
        ...


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


class Inbox(Protocol):
    """The durable inbox: what is in it is never lost and handled once."""

    async def store(self, updates: Sequence[StoredUpdate]) -> int:
        """Store and commit; an update_id that is known already is left out. Returns how many were new."""
        ...

    async def pending(self, *, after: int, limit: int) -> Sequence[StoredUpdate]:
        """Updates not yet handled with an update_id above `after`, in order of update_id."""
        ...

    async def attempted(self, update_id: int) -> int:
        """Count one more attempt, before it begins, in a transaction of its own; returns the count."""
        ...

    async def done(self, update_id: int, *, now: datetime) -> None:
        """Mark as handled and wipe the payload; joins the open transaction."""
        ...

    async def failed(self, update_id: int, *, now: datetime) -> None:
        """Give up on an update that failed too often and wipe the payload; joins the open transaction."""
        ...

    async def count_pending(self) -> int:
        """How many wait."""
        ...

    async def latest_update_id(self) -> int | None:
        """The highest update_id ever stored, for the polling offset; None at first."""
        ...


class Action(StrEnum):
    """What a button does."""

    LANGUAGE = "language"
    MORE = "more"
    SOURCE = "source"
    ASK = "ask"
    SECTION = "section"
    TOPICS = "topics"
    TOPIC = "topic"
    DOCUMENT = "document"
    HELPFUL = "helpful"
    UNHELPFUL = "unhelpful"
    DELETE_ME = "delete_me"
    CANCEL = "cancel"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Button:
    """What the server knows of a button: its callback data is only the random `token`.

    `visitor_id` None means that anyone in the chat may press it. A `single_use` button works once.
    """

    token: str
    chat_id: ChatId
    visitor_id: VisitorId | None
    action: Action
    argument: str
    expires_at: datetime
    single_use: bool = False


class ButtonStore(Protocol):
    """Buttons by token."""

    async def issue(self, buttons: Sequence[Button]) -> None:
        """Store new buttons; joins the open transaction."""
        ...

    async def find(self, token: str, *, now: datetime) -> Button | None:
        """The button, or None when it is unknown, used up or expired."""
        ...

    async def use(self, token: str, *, now: datetime) -> bool:
        """Use up a single-use button; False when somebody was first. Joins the open transaction."""
        ...


class Feedback(StrEnum):
    """What a visitor thought of an answer."""

    HELPFUL = "helpful"
    UNHELPFUL = "unhelpful"


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One question and its outcome, as it is kept for the retention time."""

    turn_id: str
    chat_id: ChatId
    visitor_id: VisitorId
    asked_at: datetime
    question: str
    locale: Locale
    outcome: Outcome
    score: float
    keys: tuple[SectionKey, ...]
    took_ms: float


class TurnStore(Protocol):
    """The last turns of a chat, and what visitors thought of the answers."""

    async def record(self, turn: TurnRecord) -> None:
        """Store a turn; joins the open transaction."""
        ...

    async def recent(self, chat_id: ChatId, visitor_id: VisitorId, *, since: datetime, limit: int) -> Sequence[Turn]:
        """The last turns of this visitor in this chat, oldest first."""
        ...

    async def rate(self, turn_id: str, visitor_id: VisitorId, feedback: Feedback, *, now: datetime) -> None:
        """Keep the visitor's last opinion on a turn; joins the open transaction."""
        ...


Health = Callable[[], Awaitable[Mapping[str, str]]]
"""Component → `ok`, or what is wrong with it in a few words."""
