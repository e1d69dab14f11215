"""Open questions that a section answers by now: who adds a text may not know that it was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice, zip_longest
from typing import Protocol

from bot.answering.model import Answer, Outcome, Question
from bot.answering.ports import Knowledge, Retriever, StoredSection
from bot.answering.reading import Reading
from bot.ids import SectionKey

_SAMPLE = 5
"""Questions of an open one that are asked, from as many languages as the nearest section stands in."""
_NEAREST = 3
"""Open questions that are looked at for each section that changed."""
_TOP_K = 20
"""Sections that are looked through for open questions. Chosen: half of what an answer looks at."""


class AnsweringSection(Protocol):
    """Answers questions."""

    async def answer(self, question: Question) -> Answer:
        """The answer to one question."""
        ...


@dataclass(frozen=True, slots=True)
class Overtaken:
    """An open question, and the section that seems to answer it."""

    gap: SectionKey
    by: SectionKey

    def __str__(self) -> str:
        return (
            f"{self.gap} is asked for what {self.by} seems to say; "
            f"if it does, run: scoda knowledge answered {self.gap} {self.by}"
        )


def gaps_in(knowledge: Knowledge) -> list[SectionKey]:
    """All open questions."""
    return [key for key in knowledge.keys() if _is_gap(knowledge, key)]  # noqa: SIM118 - no mapping, a port


async def gaps_near(retriever: Retriever, changed: Sequence[StoredSection]) -> list[SectionKey]:
    """The open questions that lie nearest to what sections are about: some for each section, each once."""
    found: list[SectionKey] = []
    for section in changed:
        reading = Reading(" ".join((section.heading, *section.sentences[:1])))
        (retrieved,) = await retriever.retrieve([reading], section.locale, top_k=_TOP_K)
        gaps = [one for one in retrieved.sections if _is_gap(retriever.knowledge, one.key)]
        found += [one.key for one in sorted(gaps, key=lambda one: -one.question)[:_NEAREST]]
    return list(dict.fromkeys(found))


async def overtaken(
    gaps: Sequence[SectionKey], answerer: AnsweringSection, retriever: Retriever, today: date
) -> list[Overtaken]:
    """Those of the open questions that one section answers, for at least half of a sample of what is asked."""
    found = []
    for gap in gaps:
        asked = await _sample(retriever.knowledge.copies(gap), retriever, today)
        answers = [await answerer.answer(question) for question in asked]
        told = Counter(a.citations[0].key for a in answers if a.outcome is Outcome.ANSWERED and a.citations)
        by, times = next(iter(told.most_common(1)), (gap, 0))
        if asked and 2 * times >= len(asked):
            found.append(Overtaken(gap, by))
    return found


async def _sample(copies: Sequence[StoredSection], retriever: Retriever, today: date) -> list[Question]:
    """Questions in the languages of the section that lies nearest: a new one may stand in one language only."""
    first = next((Reading(text) for copy in copies for text in copy.questions), None)
    if first is None:
        return []
    knowledge = retriever.knowledge
    (retrieved,) = await retriever.retrieve([first], copies[0].locale, top_k=_TOP_K)
    found = [one for one in retrieved.sections if any(copy.answerable for copy in knowledge.copies(one.key))]
    nearest = max(found, key=lambda one: one.passage, default=None)
    locales = {copy.locale for copy in knowledge.copies(nearest.key)} if nearest is not None else set()
    return list(islice(_questions([copy for copy in copies if copy.locale in locales], today), _SAMPLE))


def changed_sections(before: Knowledge, after: Knowledge) -> list[StoredSection]:
    """One copy of each section that answers and was not there before, or said something else."""
    found = []
    for key in after.keys():  # noqa: SIM118 - no mapping, a port
        old = {(copy.locale, copy.text) for copy in before.copies(key)}
        new = (copy for copy in after.copies(key) if copy.answerable and (copy.locale, copy.text) not in old)
        found += list(islice(new, 1))
    return found


def _is_gap(knowledge: Knowledge, key: SectionKey) -> bool:
    is_open = any(not copy.answerable and copy.reply is None for copy in knowledge.copies(key))
    return is_open and not key.is_near_miss


def _questions(copies: Sequence[StoredSection], today: date) -> Iterator[Question]:
    """The languages take turns."""
    rows = ([Question(text, today, app_locale=copy.locale) for text in copy.questions] for copy in copies)
    return (question for question in chain.from_iterable(zip_longest(*rows)) if question is not None)
