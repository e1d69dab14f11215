"""From one language to twelve: a language model drafts, code throws away what is wrong, a person says yes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.answering.ports import LanguageIdentifier
from bot.drafting.asking import ModelAsker
from bot.drafting.checking import SectionCheck
from bot.drafting.model import (
    AnsweredQuestions,
    Drafted,
    DraftPart,
    DraftRefusal,
    NameForms,
    RefusedPart,
    WrittenSection,
)
from bot.drafting.ports import Asked
from bot.drafting.prompts import answered_messages, drafting_messages
from bot.ids import Locale
from bot.ingestion.model import Document, DraftSection, KnowledgeDraft, Section
from bot.writing.cleaning import clean, one_line
from bot.writing.folding import fold

_TRIES = 2
"""How often a section is asked for in a language. Chosen: what fails twice is a person's work."""
_QUESTION_LIMIT = 400
"""Characters of a question that are looked at; one that is longer than may be stands in the refusals."""


@dataclass(frozen=True, slots=True)
class DraftWish:
    """What is to be drafted: all of a document in a language, or only questions, where there is a copy already."""

    document: Document
    locale: Locale
    only_questions: bool


class Drafter:
    """Drafts documents in other languages, and questions for their sections."""

    def __init__(
        self,
        asker: ModelAsker,
        identifier: LanguageIdentifier,
        asked: Asked,
    ) -> None:
        self._asker = asker
        self._identifier = identifier
        self._asked = asked

    async def draft(self, document: Document, wishes: Sequence[DraftWish]) -> list[Drafted]:
        """A draft for each wish, all of the same original; what the check threw away is told beside it."""
        names = await self._asker.names(document)
        return list(await asyncio.gather(*(self._drafted(wish, names) for wish in wishes)))

    async def _drafted(self, wish: DraftWish, names: Sequence[NameForms]) -> Drafted:
        sections = await asyncio.gather(*(self._section(wish, section, names) for section in wish.document.sections))
        title = next((written.title for written, _, _ in sections if written.title), "")
        draft = KnowledgeDraft(
            path=wish.document.path,
            locale=wish.locale,
            title="" if wish.only_questions else one_line(title, limit=_QUESTION_LIMIT),
            sections=tuple(section for _, section, _ in sections if section is not None),
            content_hash="",
        )
        return Drafted(draft, tuple(refused for _, _, all_refused in sections for refused in all_refused))

    async def _section(
        self, wish: DraftWish, section: Section, names: Sequence[NameForms]
    ) -> tuple[WrittenSection, DraftSection | None, Sequence[RefusedPart]]:
        """What is kept of a section: its text, if that passes, and the questions that do."""
        canary, why_again = self._asker.new_canary(), ""
        check = SectionCheck(wish.document, section, wish.locale, names, self._identifier, canary)
        refused: list[RefusedPart] = []
        for _ in range(_TRIES):
            messages = drafting_messages(
                wish.document, section, wish.locale, names=names, canary=canary, why_again=why_again
            )
            found = await self._asker.ask(messages, WrittenSection)
            if isinstance(found, DraftRefusal):
                refused = [RefusedPart(wish.locale, section.section_id, DraftPart.TEXT, found)]
                if found is DraftRefusal.NO_MODEL:
                    break
                why_again = found.value
                continue
            refusal = None if wish.only_questions else check.text(found.heading, found.text)
            if refusal is None:
                kept, refused = await self._with_questions(wish, section, found, check)
                return found, kept, refused
            refused = [RefusedPart(wish.locale, section.section_id, DraftPart.TEXT, refusal, found.text)]
            why_again = refusal.value
        return WrittenSection(), None, refused

    async def _with_questions(
        self, wish: DraftWish, section: Section, found: WrittenSection, check: SectionCheck
    ) -> tuple[DraftSection, list[RefusedPart]]:
        """The section with its questions; a near miss that a section answers after all is thrown away."""
        refused: list[RefusedPart] = []
        known = {fold(question) for question in (*section.questions, *section.near_misses)}

        def kept(questions: Sequence[str], part: DraftPart) -> Iterator[str]:
            for question in questions:
                text = one_line(clean(question), limit=_QUESTION_LIMIT)
                reason = check.question(text, is_answered=part is DraftPart.QUESTION)
                if fold(text) in known:
                    reason = reason or DraftRefusal.REPEATED
                known.add(fold(text))
                if reason is None:
                    yield text
                else:
                    refused.append(RefusedPart(wish.locale, section.section_id, part, reason, text))

        questions = tuple(kept(found.questions, DraftPart.QUESTION))
        misses = list(kept(found.near_misses, DraftPart.NEAR_MISS))
        for text in await self._answered(misses, wish, section):
            misses.remove(text)
            refused.append(
                RefusedPart(wish.locale, section.section_id, DraftPart.NEAR_MISS, DraftRefusal.ANSWERED, text)
            )
        is_told = not wish.only_questions
        return DraftSection(
            section_id=section.section_id,
            heading=one_line(clean(found.heading), limit=_QUESTION_LIMIT) if is_told else section.heading,
            text=clean(found.text).strip() if is_told else "",
            questions=questions,
            near_misses=tuple(misses),
        ), refused

    async def _answered(self, questions: Sequence[str], wish: DraftWish, section: Section) -> list[str]:
        """Those that another published section is told for, or that the model finds answered in this one.

        Where the model says nothing that can be used, none may stay: a question that is answered must not be refused.
        """
        told = [question for question in questions if await self._is_told(question, wish, section)]
        left = [question for question in questions if question not in told]
        if not left:
            return told
        found = await self._asker.ask(
            answered_messages(left, [f"{section.heading}\n{section.text}"], canary=self._asker.new_canary()),
            AnsweredQuestions,
        )
        if isinstance(found, DraftRefusal):
            return [*told, *left]
        numbers = set(found.answered)
        return [*told, *(question for number, question in enumerate(left, 1) if number in numbers)]

    async def _is_told(self, question: str, wish: DraftWish, section: Section) -> bool:
        """Whether another section than this one is told for it."""
        key = await self._asked.told(question, wish.locale)
        return key is not None and key != wish.document.key_of(section)
