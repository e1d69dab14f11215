"""What the chat needs beside the stores: somebody who answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from bot.answering.model import Answer, DocumentView, OnSentence, Question, TopicView
from bot.ids import Locale, SectionKey


class Answerer(Protocol):
    """Answers questions and lets the knowledge be browsed (bot.answering.service.Answerer)."""

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        """Answer, ask back or refuse; never raises for what a visitor may write.

        An answer that takes time to write is told in between: `on_sentence` gets the sentences that are sure so far.
        """
        ...

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """The whole section, in that language or the best other one; None when it is gone or no longer valid."""
        ...

    def topics(self, today: date) -> Sequence[TopicView]:
        """The topics with something to read, in the knowledge's order."""
        ...

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """The documents of a topic."""
        ...
