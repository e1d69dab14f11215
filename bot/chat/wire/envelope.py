"""An update as it comes in, read once: its JSON, and what must be known before it is opened (whose, how urgent)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

ALLOWED_UPDATES = ("message", "callback_query", "inline_query", "my_chat_member")
"""What Telegram is asked to send; edits of old questions are not answered, so they are not asked for."""

ANONYMOUS_SENDERS = frozenset({777000, 1087968824, 136817688})
"""Telegram's own accounts that stand for a channel or for an anonymous administrator, in all groups the same."""
_ALWAYS_ANSWERED = ("/privacy", "/deleteme", "/mydata")


class UpdateKind(Enum):
    """How an update counts against the limits."""

    QUESTION = auto()
    """A message that asks for an answer."""
    RIGHT = auto()
    """A request about one's own data: answered even to whom asks too much."""
    PRESS = auto()
    """A pressed button or an inline query: worthless after a short while."""
    OTHER = auto()
    """Not counted."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outside of an update. `visitor_id` 0 means that nobody is named, `lane` 0 that no chat is."""

    update_id: int
    lane: int
    kind: UpdateKind
    visitor_id: int
    sent_at: datetime | None
    language: str = ""
    """As the person's app reports it."""


@dataclass(frozen=True, slots=True)
class IncomingUpdate:
    """An update on its way from Telegram, or from the inbox, to its handler."""

    envelope: Envelope
    raw: Mapping[str, object]
    """As Telegram sent it, parsed; nobody may change it."""

    @property
    def update_id(self) -> int:
        """Its number, by which the inbox knows it."""
        return self.envelope.update_id

    @property
    def lane(self) -> int:
        """The chat (or person) whose updates are handled strictly in order."""
        return self.envelope.lane


Accept = Callable[[Sequence[IncomingUpdate]], Awaitable[int]]
"""Stores updates and commits; returns how many were new. Only then may they be confirmed to Telegram."""


def read_update(raw: Mapping[str, object]) -> IncomingUpdate:
    """An update with its envelope.

    Raises:
        ValueError: it has no usable update_id.
    """
    return IncomingUpdate(read_envelope(raw), raw)


def parse_update(text: str | bytes) -> IncomingUpdate:
    """An update from its JSON text.

    Raises:
        ValueError: it is no JSON, no object, or has no usable update_id.
        RecursionError: it is nested too deeply.
    """
    raw: object = json.loads(text)
    if not isinstance(raw, dict):
        raise ValueError("the update is no JSON object")  # noqa: TRY004 - wrong text, not a wrong call
    return read_update(raw)


def read_envelope(raw: Mapping[str, object]) -> Envelope:
    """The envelope of an update as JSON; whatever is odd about the rest is left for later.

    Raises:
        ValueError: it has no usable update_id.
    """
    update_id = raw.get("update_id")
    if not isinstance(update_id, int) or isinstance(update_id, bool) or not 0 <= update_id < 2**63:
        raise ValueError("the update has no update_id")
    name, body = next(((key, value) for key, value in raw.items() if isinstance(value, dict)), ("", {}))
    message = _dict(body, "message") if name == "callback_query" else body
    sender, chat = _sender(name, body), _integer(_dict(message, "chat"), "id")
    sent_at = _moment(body.get("date")) if name == "message" else None
    language = _dict(body, "from").get("language_code")
    return Envelope(
        update_id, chat or sender, _kind(name, body), sender, sent_at, language if isinstance(language, str) else ""
    )


def _sender(name: str, body: Mapping[str, object]) -> int:
    """The person's id; 0 where a chat speaks, whose accounts stand for many."""
    sender = _dict(body, "from")
    speaks_as_chat = name == "message" and bool(_dict(body, "sender_chat"))
    person = _integer(sender, "id")
    return 0 if speaks_as_chat or person in ANONYMOUS_SENDERS or sender.get("is_bot") is True else person


def _kind(name: str, body: Mapping[str, object]) -> UpdateKind:
    if name in ("callback_query", "inline_query"):
        return UpdateKind.PRESS
    if name != "message":
        return UpdateKind.OTHER
    text = body.get("text")
    if not isinstance(text, str):
        return UpdateKind.QUESTION if _is_private(body) else UpdateKind.OTHER
    command = next(iter(text.split(maxsplit=1)), "").split("@")[0].lower()
    if command in _ALWAYS_ANSWERED:
        return UpdateKind.RIGHT
    is_addressed = _is_private(body) or text.startswith("/") or "@" in text or "reply_to_message" in body
    return UpdateKind.QUESTION if is_addressed else UpdateKind.OTHER


def _is_private(message: Mapping[str, object]) -> bool:
    return _dict(message, "chat").get("type") == "private"


def _dict(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _integer(parent: Mapping[str, object], name: str) -> int:
    value = parent.get(name)
    return value if isinstance(value, int) and abs(value) < 2**63 else 0


def _moment(value: object) -> datetime | None:
    if not isinstance(value, int) or not 0 <= value < 2**33:
        return None
    return datetime.fromtimestamp(value, tz=UTC)
