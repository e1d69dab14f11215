"""Answers are made once: for all who ask the same at once, and for who asks it again of the same knowledge.

What an answer depends on is all in its key: the folded message, the day, and the two languages that are known of the
visitor. Pins, announced facts and drafted questions stand in the knowledge, whose change empties all; settings last as
long as the process. A message after another one may lean on that, so it is answered for itself.

Nothing of a visitor is kept: the keys are hashes with a secret of this process, the answers the knowledge's own texts.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from bot.answering.model import Answer, DocumentView, OnSentence, Question, TopicView
from bot.answering.pipeline import folded
from bot.answering.ports import Knowledge
from bot.ids import Locale, SectionKey

_MOST_ANSWERS = 4000
"""Chosen by reasoning: more than the example questions of two languages, so all that is often asked stays."""
_MOST_BYTES = 16_000_000
"""Chosen by reasoning: a thirtieth of what the bot takes; four thousand usual answers reach half of it."""
_ANSWER_BYTES = 1_000
"""Of an answer without its letters: by reasoning, some tuples and dates."""
_LETTER_BYTES = 2
"""Of a letter of most of the twelve languages in memory."""


class KnowingAnswerer(Protocol):
    """Whoever answers from one version of the knowledge at a time, without regard to who asks."""

    @property
    def knowledge(self) -> Knowledge:
        """What is published now."""
        ...

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        """See `bot.chat.ports.Answerer`, here and below."""
        ...

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """One section."""
        ...

    def topics(self, today: date) -> Sequence[TopicView]:
        """All topics."""
        ...

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """One topic's documents."""
        ...


@dataclass(slots=True)
class _Flight:
    """An answer that is being made; without one at the end, who waited has to make it."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    answer: Answer | None = None


class SharedAnswers:
    """See `bot.chat.ports.Answerer`; the answers are those of `answerer`, whoever asks."""

    def __init__(
        self, answerer: KnowingAnswerer, *, most_answers: int = _MOST_ANSWERS, most_bytes: int = _MOST_BYTES
    ) -> None:
        self._answerer = answerer
        self._most_answers = most_answers
        self._most_bytes = most_bytes
        self._secret = secrets.token_bytes(32)
        self._knowledge: weakref.ref[Knowledge] | None = None
        self._kept: OrderedDict[bytes, Answer] = OrderedDict()
        self._bytes = 0
        self._flights: dict[bytes, _Flight] = {}

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        """See the port. An answer that was made for somebody else has taken no steps."""
        if question.history:
            return await self._answerer.answer(question, on_sentence=on_sentence)
        name = self._name_of(question)
        while True:
            self._forget_other_knowledge()
            if (kept := self._kept.get(name)) is not None:
                self._kept.move_to_end(name)
                return kept
            if (flight := self._flights.get(name)) is None:
                return await self._made(name, question)
            await flight.ended.wait()
            if flight.answer is not None:
                return flight.answer

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """See the port."""
        return self._answerer.section(key, locale, today)

    def topics(self, today: date) -> Sequence[TopicView]:
        """See the port."""
        return self._answerer.topics(today)

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """See the port."""
        return self._answerer.documents(topic, locale, today)

    async def _made(self, name: bytes, question: Question) -> Answer:
        """Who asked first makes it, in their own time; when they give up, the next one does."""
        flights = self._flights
        flight = flights[name] = _Flight()
        try:
            answer = await self._answerer.answer(question)
            flight.answer = replace(answer, steps={})
            if flights is self._flights:  # else it is of another version than what is kept by now
                self._keep(name, flight.answer)
            return answer
        finally:
            del flights[name]
            flight.ended.set()

    def _keep(self, name: bytes, answer: Answer) -> None:
        self._kept[name] = answer
        self._bytes += _bytes_of(answer)
        while len(self._kept) > self._most_answers or self._bytes > self._most_bytes:
            _name, oldest = self._kept.popitem(last=False)
            self._bytes -= _bytes_of(oldest)

    def _forget_other_knowledge(self) -> None:
        """By a weak reference: what is kept must not keep a former version in memory."""
        knowledge = self._answerer.knowledge
        if self._knowledge is None or self._knowledge() is not knowledge:
            self._knowledge = weakref.ref(knowledge)
            self._kept, self._bytes, self._flights = OrderedDict(), 0, {}

    def _name_of(self, question: Question) -> bytes:
        told = (folded(question.text), question.today, question.chosen, question.app_locale)
        return hashlib.blake2b(repr(told).encode("utf-8", "surrogatepass"), key=self._secret).digest()


def _bytes_of(answer: Answer) -> int:
    """About what it takes in memory; most of its texts the knowledge holds as well."""
    titles = (*(one.title for one in answer.citations), *(one.title for one in answer.offers))
    texts = (*answer.sentences, *answer.rest, *titles, *(one.text for one in answer.suggestions))
    return _ANSWER_BYTES + _LETTER_BYTES * sum(map(len, texts))
