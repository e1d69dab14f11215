"""What a language model is given, what it writes, and what is left of that after the check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.answering.ports import StoredSection
from bot.ids import VisitorId

_ASCII_PER_TOKEN = 3
"""Characters in ASCII that make a token, at the least: English has four in most tokenizers. Chosen low, so that budgets
hold."""
_BYTES_PER_TOKEN = 1.5
"""Bytes in UTF-8 of what is not ASCII: small models cut other scripts into small pieces."""


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has, rather too many: reserved and, where no server counts, booked."""
    plain = sum(character.isascii() for character in text)
    other = len(text.encode("utf-8", "surrogatepass")) - plain
    return int(plain / _ASCII_PER_TOKEN + other / _BYTES_PER_TOKEN) + 1


class ChatRole(StrEnum):
    """Who speaks in a conversation with the model."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation with the model."""

    role: ChatRole
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote, as it wrote it, and the tokens it took."""

    text: str
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens that count as spent until the reservation is settled.

    They were taken from the budgets of `visitor_id`, of `day`, a day of UTC as in `2026-11-03`, and of all time.
    """

    visitor_id: VisitorId | None
    day: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A section that the model may use, under the number by which it cites it (from 1)."""

    number: int
    section: StoredSection


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence as the model wrote it, with the numbers of the passages that it names as its sources."""

    text: str
    passages: tuple[int, ...]


class RejectionReason(StrEnum):
    """Why a sentence is not shown."""

    UNKNOWN_PASSAGE = "unknown_passage"
    NUMBER = "number"
    DATE = "date"
    UNIT = "unit"
    NAME = "name"
    LINK = "link"
    CONTACT = "contact"
    LANGUAGE = "language"
    MARKUP = "markup"
    TOO_LONG = "too_long"
    CANARY = "canary"
    STALE_CLAIM = "stale_claim"
    TURNED = "turned"
    """A word that turns a claim round, such as «not», «only» or «free», stands on one side alone."""
    NO_EVIDENCE = "no_evidence"
    REPEATED = "repeated"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence that may be shown, with the passages that hold everything it says."""

    text: str
    passages: tuple[Passage, ...]


class Composed(StrEnum):
    """What became of an attempt to compose an answer; all but COMPOSED mean the extractive answer."""

    COMPOSED = "composed"
    NOT_NEEDED = "not_needed"
    """The answer needed no model: a refusal, small talk, a question asked back."""
    BREAKER_OPEN = "breaker_open"
    BUDGET_EXHAUSTED = "budget_exhausted"
    TOO_LONG_PROMPT = "too_long_prompt"
    NO_TIME = "no_time"
    MODEL_FAILED = "model_failed"
    UNREADABLE = "unreadable"
    TOO_LITTLE_LEFT = "too_little_left"
    FAILED = "failed"
    """A fault of our own; the log names it."""


class Resolved(StrEnum):
    """What became of a question in doubt."""

    TOLD = "told"
    """The section that the model named."""
    NOT_TOLD = "not_told"
    """None of the sections holds the answer: what was thought to be one is offered."""
    RULED_OUT = "ruled_out"
    """A rule speaks against the section that the model named."""
    REFUSED = "refused"
    """What the model wrote can't be used."""


@dataclass(frozen=True, slots=True)
class Composition:
    """The checked sentences in order, the passages they rest on, and how many were blocked for what."""

    sentences: tuple[CheckedSentence, ...] = ()
    cited: tuple[Passage, ...] = ()
    blocked: Mapping[RejectionReason, int] = field(default_factory=dict)
    outcome: Composed = Composed.COMPOSED
