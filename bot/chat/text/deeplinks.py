"""What may follow `t.me/<bot>?start=`: a question, a topic, a section or an invitation. Everything else is ignored.

A payload has at most 64 characters A-Z a-z 0-9 _ - (https://core.telegram.org/bots/features#deep-linking). Only an
invitation grants a right: once, for a short time, and only while whoever made it may make one. `scoda link` makes the
others.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from enum import Enum

import regex

from bot.ids import SectionKey
from bot.writing.cleaning import one_line

_PAYLOAD = regex.compile(r"(ask|topic|s|join)-([A-Za-z0-9_-]{1,62})")
_PAYLOAD_LIMIT = 64
"""Characters that Telegram allows."""
LONGEST_QUESTION_BYTES = (_PAYLOAD_LIMIT - len("ask-")) * 3 // 4
"""Of UTF-8: what is left of a payload holds three bytes in four characters."""
_QUESTION_LIMIT = 200
"""Characters of a question that was read: more than come of those bytes even where a ligature is written out."""
_MARK_BYTES = 12
"""Of a hash, 16 characters in a link. Among a million sections two alike are as likely as one in 10^17 (birthday)."""


class LinkKind(Enum):
    """Where a deep link leads."""

    ASK = "ask"
    TOPIC = "topic"
    SECTION = "s"
    INVITATION = "join"


@dataclass(frozen=True, slots=True)
class DeepLink:
    """A link that was understood: a question's text, a topic's name, a section's mark or an invitation's token."""

    kind: LinkKind
    argument: str


def read_payload(payload: str) -> DeepLink | None:
    """The link behind a payload; None for whatever is not one of ours."""
    match = _PAYLOAD.fullmatch(payload) if len(payload) <= _PAYLOAD_LIMIT else None
    if match is None:
        return None
    kind, argument = LinkKind(match.group(1)), match.group(2)
    if kind is LinkKind.ASK:
        argument = _decode(argument)
    return DeepLink(kind, argument) if argument else None


def question_payload(question: str) -> str | None:
    """The payload that asks `question`; None when it is longer than `LONGEST_QUESTION_BYTES`, or empty."""
    return _payload(LinkKind.ASK, base64.urlsafe_b64encode(question.encode()).decode().rstrip("="))


def topic_payload(topic: str) -> str | None:
    """The payload that opens a topic; None when its name is too long for a link, or has letters that none may hold."""
    return _payload(LinkKind.TOPIC, topic)


def section_payload(key: SectionKey) -> str:
    """The payload that opens a section, whatever its path's length and letters."""
    return f"{LinkKind.SECTION.value}-{section_mark(key)}"


def invitation_payload(token: str) -> str:
    """The payload that makes its opener an organiser, once."""
    return f"{LinkKind.INVITATION.value}-{token}"


def section_mark(key: SectionKey) -> str:
    """A section's key as 16 characters that a link may hold."""
    digest = hashlib.sha256(str(key).encode()).digest()[:_MARK_BYTES]
    return base64.urlsafe_b64encode(digest).decode()


def _payload(kind: LinkKind, argument: str) -> str | None:
    payload = f"{kind.value}-{argument}"
    return payload if len(payload) <= _PAYLOAD_LIMIT and _PAYLOAD.fullmatch(payload) else None


def _decode(argument: str) -> str:
    try:
        text = base64.b64decode(argument + "=" * (-len(argument) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return one_line(text, limit=_QUESTION_LIMIT)
