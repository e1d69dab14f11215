"""A question and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.ids import ChatId, Locale, ReplyKind, SectionKey, VisitorId


class Outcome(StrEnum):
    """What the bot decided to do with a question."""

    ANSWERED = "answered"
    OFFERED = "offered"
    CLARIFY = "clarify"
    UNKNOWN = "unknown"
    DECLINED_POLITICS = "declined_politics"
    DECLINED_ADVICE = "declined_advice"
    DECLINED_HARM = "declined_harm"
    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"
    ABOUT_BOT = "about_bot"
    PRAISE = "praise"
    OK = "ok"
    COMPLAINT = "complaint"
    PERSON = "person"
    UNSUBSCRIBE = "unsubscribe"
    EMERGENCY = "emergency"
    NOT_UNDERSTOOD = "not_understood"
    EMPTY = "empty"

    @property
    def refused(self) -> bool:
        """Whether the visitor was told that the bot does not know or does not say."""
        return self in _REFUSALS


class LostBy(StrEnum):
    """The step at which a question was lost: why it got no answer that helped."""

    NOTHING_FOUND = "nothing_found"
    """No section is near enough to be named."""
    LOW_CONFIDENCE = "low_confidence"
    """There is one, and it is not sure to answer."""
    RULE = "rule"
    """A rule speaks against the nearest section: it holds no price, say, where one is asked for."""
    EXPIRED = "expired"
    """The nearest section is not valid today."""
    NO_COPY = "no_copy"
    """The nearest section stands in other languages than that of the question."""
    OPEN_QUESTION = "open_question"
    """It is kept as a question that is known to have no answer."""
    OFFERED = "offered"
    """Sections were offered; if one of them was tapped, it is not lost."""
    THUMBS_DOWN = "thumbs_down"
    """It was answered, and the answer did not help."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Where a question was lost, and the section that came nearest, with the languages it stands in."""

    by: LostBy
    nearest: SectionKey | None = None
    locales: tuple[Locale, ...] = ()


_REFUSALS = {Outcome.UNKNOWN, Outcome.DECLINED_POLITICS, Outcome.DECLINED_ADVICE, Outcome.DECLINED_HARM}


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of the same chat and what answered it."""

    question: str
    locale: Locale
    outcome: Outcome
    keys: tuple[SectionKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a visitor asked, with what is known about them.

    `chosen` is the language that the visitor picked, `app_locale` the one of their app; `history` is oldest first.
    `visitor_id` is whose budget a language model's work is counted against, the chat's where nobody is named; where
    `may_compose` is not set, none is asked.
    """

    text: str
    today: date
    chosen: Locale | None = None
    app_locale: Locale | None = None
    history: tuple[Turn, ...] = ()
    visitor_id: VisitorId | None = None
    may_compose: bool = True


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an answer comes from. `url` is empty when the source has no address."""

    key: SectionKey
    title: str
    heading: str
    publisher: str
    source_title: str
    url: str
    source_date: date | None
    as_of: date | None
    valid_until: date | None
    locale: Locale


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that the knowledge answers, in the visitor's language, for a button."""

    key: SectionKey
    text: str
    label: str = ""
    """What stands on the button, where that is not the question."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A section that may hold the answer, for a button: its heading, in the language of its best copy."""

    key: SectionKey
    title: str
    locale: Locale


@dataclass(frozen=True, slots=True)
class Pinned:
    """What marks an answer that staff chose for the question: the pin, and its day."""

    key: SectionKey
    chosen_on: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell the visitor."""

    outcome: Outcome
    locale: Locale
    """The language to speak to the visitor."""
    written_in: Locale
    """The language of the sentences."""
    sentences: tuple[str, ...] = ()
    """The knowledge's own, in reading order, unless `composed`."""
    rest: tuple[str, ...] = ()
    """What else the first section says."""
    citations: tuple[Citation, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    """Related questions, readings to choose from, or the nearest topics, as the outcome demands."""
    score: float = 0.0
    """The calibrated probability, 0 to 1, that the sentences answer the question."""
    composed: bool = False
    """Whether a language model worded the sentences from the cited sections."""
    knowledge_version: int = 0
    """The knowledge that was asked; 0 where none was."""
    offers: tuple[Offer, ...] = ()
    """Sections to choose from where nothing is told for sure, best first."""
    steps: Mapping[str, float] = field(default_factory=dict, compare=False)
    """What each step of answering took, in milliseconds."""
    opening: ReplyKind | None = None
    """The greeting or thanks that stood beside the question, to be answered in a word."""
    foreign: str = ""
    """The code of the language of the question, where that is none of the twelve."""
    second: Answer | None = None
    """The answer to the other of two questions in one message."""
    named: SectionKey | None = None
    """The open question that it is, where it is refused or asked back in the words kept for it."""
    pinned: Pinned | None = None
    """Set where staff chose this answer for the question."""
    loss: Loss | None = field(default=None, compare=False)
    """Why it is refused or only offered; a language model may have answered after all: the outcome decides."""


OnSentence = Callable[[tuple[str, ...]], None]
"""Gets the sentences of an answer that are sure so far, all of them each time."""


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic of the knowledge and how many documents a visitor can read there."""

    topic: str
    documents: int


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as the topics menu shows it, in the visitor's language or the best other one."""

    path: str
    title: str
    topic: str
    locale: Locale
    sections: tuple[Suggestion, ...]
    """One entry a section: key and heading."""


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
    composed: bool = False
    knowledge_version: int = 0
    """The knowledge that was asked; 0 where none was."""
    loss: Loss | None = None
    offered: tuple[SectionKey, ...] = ()
    """The sections below it to choose from."""
    tapped: SectionKey | None = None
    """The one of them that was chosen last."""
