"""What the wire tells whoever looks on, and what it hands out for them at `/metrics`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.chat.wire.envelope import IncomingUpdate
from bot.observing import NOBODY, Happening, Observer

METHODS = (
    "answerCallbackQuery",
    "answerInlineQuery",
    "deleteMessage",
    "editMessageText",
    "editMessageCaption",
    "sendChatAction",
    "sendDocument",
    "sendMessage",
    "sendMessageDraft",
    "sendPhoto",
    "setMessageReaction",
)
"""Methods of the Bot API by which something is sent."""
UPDATE_RESULTS = ("handled", "unreachable")
CALL_RESULTS = ("flood",)
"""Beside the words of `SendOutcome`: Telegram answered 429."""


@dataclass(frozen=True, slots=True)
class PaceReading:
    """How the common pace stands: messages that count now, those that may, who waits, and for how long nobody sends."""

    taken: int = 0
    limit: int = 0
    waiting: Mapping[str, int] | None = None
    pause_s: float = 0.0


HealthCheck = Callable[[], Awaitable[Mapping[str, str]]]
Scrape = Callable[[HealthCheck, Callable[[], PaceReading]], Awaitable[bytes]]
"""Makes the page of metrics, given what it may ask the chat."""


@dataclass(frozen=True, slots=True)
class Seeing:
    """Who looks on at the chat, and who makes the page of metrics; None: there is no such page."""

    observer: Observer = NOBODY
    scrape: Scrape | None = None


@dataclass(slots=True)
class _Waiting:
    """Somebody who has written and got no reply yet."""

    observer: Observer
    kind: str
    received_at: datetime
    now: Callable[[], datetime]
    is_over: bool = False


_waiting: ContextVar[_Waiting | None] = ContextVar("waiting_for_a_reply", default=None)


def word(value: Enum) -> str:
    """The name of a choice as it stands in metrics."""
    return value.name.lower()


@contextmanager
def until_reply(
    update: IncomingUpdate, received_at: datetime | None, observer: Observer, *, now: Callable[[], datetime]
) -> Iterator[None]:
    """While an update is handled: the first `replied` tells how long ago it was received."""
    if received_at is None:
        yield
        return
    token = _waiting.set(_Waiting(observer, word(update.envelope.kind), received_at, now))
    try:
        yield
    finally:
        _waiting.reset(token)


def replied() -> None:
    """A reply has arrived."""
    waiting = _waiting.get()
    if waiting is not None and not waiting.is_over:
        waiting.is_over = True
        waited_s = (waiting.now() - waiting.received_at).total_seconds()
        waiting.observer.happened(Happening.FIRST_REPLY, value=max(waited_s, 0.0), kind=waiting.kind)
