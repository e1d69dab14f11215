"""What answering needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from bot.answering.model import Answer, Feedback, Question, Turn, TurnRecord
from bot.answering.reading import Reading
from bot.ids import ChatId, Locale, ReplyKind, SectionKey, VisitorId


@dataclass(frozen=True, slots=True)
class StoredSection:
    """A section in one language, as the published version holds it."""

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
    reply: ReplyKind | None
    drafted_questions: tuple[str, ...] = ()
    """Those that nobody has approved yet: they lead here, and are shown to nobody."""
    only_finds: bool = False
    """Whether only its questions stand there, in a language without an approved copy; `Knowledge` leaves it out."""
    is_pin: bool = False
    """Whether staff chose it as the answer to its questions: `Knowledge.keys` leaves it out."""
    tells: SectionKey | None = None
    """Of a pin without a text of its own: the section that is told in its place."""
    offers: tuple[str, ...] = ()
    """Where it asks back: the documents and sections, by path, of which one is meant."""


LEAST_LOG_POSTERIOR = -12.0
"""Below it a section is as good as excluded, whatever the exact figure."""


class RetrievedSection(NamedTuple):
    """A section as it was found for one reading of a question. Similarities are centred cosines, -1 to 1.

    A tuple: a hundred of them are made for each reading, in a quarter of the time that a frozen dataclass takes.
    """

    key: SectionKey
    passage: float
    """The best of its passages in any language."""
    passage_mean: float
    """The mean over its languages of the best passage in each."""
    question: float
    """The best of its stored questions in any language; its best passage where it has none."""
    question_mean: float
    """The mean over its languages of the best stored question in each; `passage_mean` where it has none."""
    sentence: float
    """The best of its single sentences in any language; its best passage where none is embedded."""
    coverage: float
    """Share, 0 to 1, of the question's character n-grams, weighted by rarity, that the copy in its language holds."""
    foreign_coverage: float
    """The same of the best copy in another language: names, numbers and loan words are shared."""
    known_words: float = 0.0
    """Share, 0 to 1, of the question's words, weighted by rarity, that the copy in its language holds in its text or in
    its stored questions."""
    is_native: bool = True
    """Whether there is a copy in the question's language."""
    has_questions: bool = True
    log_posterior: float | None = None
    """Natural logarithm of the probability that the question is this section's and no other's; None if not known."""

    @property
    def least_log_posterior(self) -> float:
        """`log_posterior`, or where it is not known, that of a section that is as good as excluded."""
        return LEAST_LOG_POSTERIOR if self.log_posterior is None else self.log_posterior


@dataclass(frozen=True, slots=True)
class PinWording:
    """One of a pin's questions: how near it is to what is asked (a centred cosine, -1 to 1), and what is found for it.

    `sections` are found for it as for a visitor's question: two questions for the same find the same.
    """

    text: str
    locale: Locale
    similarity: float
    sections: Sequence[RetrievedSection]


@dataclass(frozen=True, slots=True)
class RetrievedPin:
    """A pin, beside a reading of a question."""

    key: SectionKey
    wordings: Sequence[PinWording]
    near_miss: float = -1.0
    """The cosine of the nearest of the questions that it does not answer; -1 where it names none."""

    @property
    def question(self) -> float:
        """The nearest of its questions in any language."""
        return max(one.similarity for one in self.wordings)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found for one reading of a question: the nearest sections, by meaning and by words, in no order."""

    sections: Sequence[RetrievedSection]
    sentence_scores: Callable[[StoredSection], Sequence[float]]
    """The similarity of each sentence of a section, in reading order; all 0 where they are not embedded yet."""
    pins: Sequence[RetrievedPin] = ()
    """Every pin with a question that is embedded, in no order."""


class Knowledge(Protocol):
    """The published version, in memory: what may be told to visitors.

    One object stays the same for as long as its version: an answer reads all from one.
    """

    def __hash__(self) -> int:
        """What is read of the whole of it is kept by it."""
        ...

    @property
    def version(self) -> int:
        """The number of the version."""
        ...

    def copies(self, key: SectionKey) -> Sequence[StoredSection]:
        """The section in all its languages; empty when there is none."""
        ...

    def keys(self) -> Sequence[SectionKey]:
        """Every section but pins that tell another one, in the order of topic, document and place in the document."""
        ...

    def new_facts(self, gap: SectionKey) -> Sequence[SectionKey]:
        """The sections without example questions, as staff just added them, that seem to answer an open question."""
        ...

    def beside(self, gap: SectionKey, locale: Locale) -> Sequence[SectionKey]:
        """What is known close by an open question: first what has no example questions, as staff just added it."""
        ...


class Retriever(Protocol):
    """Retrieval by meaning and by words from one version."""

    @property
    def knowledge(self) -> Knowledge:
        """What the retrieved sections point into."""
        ...

    async def retrieve(self, readings: Sequence[Reading], locale: Locale, *, top_k: int) -> Sequence[Retrieved]:
        """For each reading of a question written in `locale` at most some `top_k` sections: all in one batch."""
        ...

    async def remembers(self, text: str, locale: Locale) -> bool:
        """Whether its vector is at hand: then nothing is embedded to look for it."""
        ...

    async def in_own_letters(self, text: str, locale: Locale) -> str:
        """`text` in the script of its language, where it is typed in another one; the same text where it is not."""
        ...

    async def corrected(self, text: str, locale: Locale) -> str:
        """`text` with words that look mistyped written like known ones; the same text where none does."""
        ...


class Support(NamedTuple):
    """How far a section answers a question, as the reader judges from their texts alone: logits."""

    answers: float
    """Of the whole section; above 0 rather yes than no."""
    sentences: tuple[float, ...]
    """Of each of its sentences, which only compare with each other; minus infinity where one was not read."""


class SectionReader(Protocol):
    """Puts a question and a section side by side."""

    async def read(
        self, question: str, sections: Sequence[StoredSection], near: Callable[[StoredSection], Sequence[float]]
    ) -> Sequence[Support]:
        """One a section, in order, or none at all where it can't read; what it costs grows with their number.

        A section that is too long is read around the sentences that are nearest to the question, as `near` says.
        """
        ...


class Index(Protocol):
    """Gives the version that is published now; a later call may give a newer one."""

    def current(self) -> Retriever:
        """The retriever to use for one whole answer.

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
    foreign: str = ""
    """Then the code of the language that it is in, where it is known."""
    words: int = 0
    """Words that tell the language, names that every language writes alike not among them; two Chinese signs count as
    one."""
    is_latin: bool = False
    is_other_script: bool = False
    """Whether it is in a script that the expected language is not written in."""


class LanguageIdentifier(Protocol):
    """Tells the language of a short message."""

    def identify(self, text: str, *, prior: Locale | None) -> LanguageGuess | None:
        """The most probable language; `prior` is the one expected. None when the text has no letters."""
        ...

    def retyped(self, text: str, *, prior: Locale | None) -> str:
        """What was meant where the keyboard was plainly set to another layout; the same text where it was not."""
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

    async def asked_since(self, moment: datetime) -> Mapping[VisitorId, int]:
        """How many questions each visitor has asked since then."""
        ...

    async def answered(self, chat_id: ChatId, visitor_id: VisitorId, *, turn_id: str = "") -> TurnRecord | None:
        """The turn of that id in this chat, whoever asked; without an id the visitor's last one here."""
        ...

    async def answered_since(self, since: datetime, *, limit: int) -> Sequence[TurnRecord]:
        """The turns of all visitors asked at or after `since`, oldest first; of more than `limit` the last ones."""
        ...

    async def tap(self, turn_id: str, chat_id: ChatId, key: SectionKey) -> None:
        """Note that a section offered below a turn of this chat was chosen; joins the open transaction."""
        ...

    async def show(self, turn_id: str, chat_id: ChatId, key: SectionKey, *, now: datetime) -> None:
        """Note that a section was shown with a turn of this chat though its answer cites it not: it was told."""
        ...

    async def reject_offers(self, turn_id: str, chat_id: ChatId) -> None:
        """Note that none of what was offered below a turn of this chat was meant; joins the open transaction."""
        ...

    async def rate(self, turn_id: str, visitor_id: VisitorId, feedback: Feedback, *, now: datetime) -> None:
        """Keep the visitor's last opinion on a turn; joins the open transaction.

        What did not help is lost by that, until somebody finds that it did.
        """
        ...
