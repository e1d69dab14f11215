"""Answers in a language without an approved translation: by the draft, marked, with the original a tap away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date

from bot.answering.model import Answer, DocumentView, OnSentence, Outcome, Question, TopicView
from bot.app.core import Core
from bot.chat.ports import Answerer
from bot.drafting.telling import DraftedTexts, drafted_texts, told_instead
from bot.ids import Locale, SectionKey
from bot.ingestion.model import FolderReading


class DraftTeller:
    """Implements `bot.chat.ports.Answerer`: the answers of another one, and drafts where they are foreign.

    What a draft says counts as worded by a model, and is marked like that; the section itself stays the original.
    """

    def __init__(self, answerer: Answerer, read: Callable[[], Awaitable[FolderReading]]) -> None:
        self._answerer = answerer
        self._read = read
        self._drafts: DraftedTexts = {}
        self._version = 0
        self._turn = asyncio.Lock()

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        """See the port. Where a model may not word the answer, as in inline mode, no draft is told either."""
        answer = await self._answerer.answer(question, on_sentence=on_sentence)
        keys = {citation.key for citation in answer.citations}
        is_foreign = answer.outcome is Outcome.ANSWERED and answer.written_in is not answer.locale
        if not is_foreign or answer.composed or not question.may_compose or len(keys) != 1:
            return answer
        (key,) = keys
        draft = (await self._drafts_of(answer.knowledge_version)).get((key, answer.locale))
        whole = self._answerer.section(key, answer.written_in, question.today)
        if draft is None or whole is None:
            return answer
        sentences = told_instead(draft, answer.locale, answer.sentences, whole.sentences, written_in=answer.written_in)
        if not sentences:
            return answer
        return replace(answer, sentences=sentences, rest=whole.sentences, written_in=answer.locale, composed=True)

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """See the port."""
        return self._answerer.section(key, locale, today)

    def topics(self, today: date) -> Sequence[TopicView]:
        """See the port."""
        return self._answerer.topics(today)

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """See the port."""
        return self._answerer.documents(topic, locale, today)

    async def _drafts_of(self, version: int) -> DraftedTexts:
        """Those of the folder: a draft that comes or goes makes another version, for it lends its questions."""
        async with self._turn:
            if version != self._version:
                reading = await self._read()
                self._drafts, self._version = drafted_texts(reading.documents, reading.drafts), version
            return self._drafts


def answerer_of(core: Core) -> Answerer:
    """Who answers visitors, by the settings."""
    if not core.settings.knowledge.show_drafts:
        return core.answerer
    return DraftTeller(core.answerer, core.ingestion.check)
