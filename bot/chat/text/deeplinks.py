"""What may follow `t.me/<bot>?start=`: a question, a topic, a section or an invitation. Everything else is ignored.

A payload has at most 64 characters A-Z a-z 0-9 _ - (https://core.telegram.org/bots/features#deep-linking). Only an
invitation grants a right: once, for a short time, and only while whoever made it may make one.
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
_QUESTION_LIMIT = 200


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
    """The payload that asks `question`; None when it is too long for a link (about 45 Latin letters fit)."""
    encoded = base64.urlsafe_b64encode(question.encode()).decode().rstrip("=")
    payload = f"{LinkKind.ASK.value}-{encoded}"
    return payload if len(payload) <= _PAYLOAD_LIMIT else None


def topic_payload(topic: str) -> str:
    """The payload that opens a topic."""
    return f"{LinkKind.TOPIC.value}-{topic}"


def section_payload(key: SectionKey) -> str:
    """The payload that opens a section, whatever its path's length and letters."""
    return f"{LinkKind.SECTION.value}-{section_mark(key)}"


def invitation_payload(token: str) -> str:
    """The payload that makes its opener an organiser, once."""
    return f"{LinkKind.INVITATION.value}-{token}"


def section_mark(key: SectionKey) -> str:
    """A section's key as 16 characters that a link may hold."""
    digest = hashlib.sha256(str(key).encode()).digest()[:12]
    return base64.urlsafe_b64encode(digest).decode()


def _decode(argument: str) -> str:
    try:
        text = base64.b64decode(argument + "=" * (-len(argument) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return one_line(text, limit=_QUESTION_LIMIT)
