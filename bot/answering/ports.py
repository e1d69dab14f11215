"""What answering needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.answering.model import Answer, Feedback, Question, Turn, TurnRecord
from bot.vocabulary import ChatId, Locale, SectionKey, VisitorId


@dataclass(frozen=True, slots=True)
class StoredSection:
    """A section in one language, as the published generation holds it."""

    key: SectionKey
    locale: Locale
    title: str
    topic: str
    heading: str
    text: str
    sentences: tuple[str, ...]
    questions: tuple[str, ...]
    publisher: str
    source_title: str
    url: str
    source_date: date | None
    as_of: date | None
    valid_from: date | None
    valid_until: date | None
    answerable: bool
    decline: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """How near a section, all its copies together, is to a question.

    `passage` and `question` are the best similarities (centred cosine, -1 to 1) of its passages and of its stored
    questions in any language, `passage_mean` and `question_mean` the means over its languages of the best in each; in
    a section without stored questions its passages stand in for them. `coverage` is the share, 0 to 1, of the
    question's character n-grams, weighted by rarity, that the copy in the question's language holds, a long copy's
    counting a little less; 0 where there is no such copy. `sentence` is the best similarity of a single sentence in the
    question's language, or `passage` where there is no copy in it, and `is_native` tells whether there is one.
    `log_posterior` is the natural logarithm of the probability that the question is one of this section's and no
    other's, as all stored questions together have it; None where too few are stored.
    """

    key: SectionKey
    passage: float
    passage_mean: float
    question: float
    question_mean: float
    coverage: float
    sentence: float
    is_native: bool = True
    has_questions: bool = True
    log_posterior: float | None = None


@dataclass(frozen=True, slots=True)
class SentenceHit:
    """How near one sentence of a section is to the question (centred cosine similarity)."""

    ordinal: int
    score: float


class Knowledge(Protocol):
    """The published generation, in memory: what may be told to visitors.

    One object stays the same for as long as its generation: an answer reads all from one.
    """

    @property
    def generation(self) -> int:
        """The number of the generation."""
        ...

    def copies(self, key: SectionKey) -> Sequence[StoredSection]:
        """The section in all its languages; empty when there is none."""
        ...

    def keys(self) -> Sequence[SectionKey]:
        """Every section, in the order of topic, document and place in the document."""
        ...


class Search(Protocol):
    """Search by meaning and by words in one generation."""

    @property
    def knowledge(self) -> Knowledge:
        """What the matches point into."""
        ...

    async def matches(self, text: str, locale: Locale, *, top_k: int) -> Sequence[Match]:
        """The sections of the `top_k` chunks nearest by meaning in any language, and those nearest by words."""
        ...

    async def in_own_letters(self, text: str, locale: Locale) -> str:
        """`text` in the script of its language, where it is typed in another one; the same text where it is not."""
        ...

    async def corrected(self, text: str, locale: Locale) -> str:
        """`text` with words that look mistyped written like known ones; the same text where none does."""
        ...

    async def sentences(self, text: str, locale: Locale, section: StoredSection) -> Sequence[SentenceHit]:
        """Every sentence of the section with its nearness to the question, in reading order."""
        ...


class Index(Protocol):
    """Gives the generation that is published now; a later call may give a newer one."""

    def current(self) -> Search:
        """The search to use for one whole answer.

        Raises:
            KnowledgeError: nothing was ever published.
        """
        ...


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """Which of the twelve a text is in, with the probability; `is_foreign` when it is plainly none of them."""

    locale: Locale
    probability: float
    is_foreign: bool = False


class LanguageIdentifier(Protocol):
    """Tells the language of a short message."""

    def identify(self, text: str, *, prior: Locale | None) -> LanguageGuess | None:
        """The most probable language; `prior` is the one expected. None when the text has no letters."""
        ...


class Answering(Protocol):
    """Whoever answers questions, with or without a language model."""

    async def answer(self, question: Question) -> Answer:
        """Answer, ask back or refuse."""
        ...


class TurnStore(Protocol):
    """The last turns of a chat, and what visitors thought of the answers."""

    async def record(self, turn: TurnRecord) -> None:
        """Store a turn; joins the open transaction."""
        ...

    async def recent(self, chat_id: ChatId, visitor_id: VisitorId, *, since: datetime, limit: int) -> Sequence[Turn]:
        """The last turns of this visitor in this chat, oldest first."""
        ...

    async def answered(self, chat_id: ChatId, visitor_id: VisitorId, *, turn_id: str = "") -> TurnRecord | None:
        """The turn of that id in this chat, whoever asked; without an id the visitor's last one here."""
        ...

    async def rate(self, turn_id: str, visitor_id: VisitorId, feedback: Feedback, *, now: datetime) -> None:
        """Keep the visitor's last opinion on a turn; joins the open transaction."""
        ...
