"""Questions with what was found for them: asked once, weighed as often as a fit needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.answering import routing
from bot.answering.confidence import ConfidenceModel
from bot.answering.evaluation import comparable, last_context
from bot.answering.judging import Circumstances, Finding, judge
from bot.answering.pipeline import Context
from bot.answering.ports import StoredSection
from bot.answering.reading import last_question
from bot.answering.reranking import Candidate, Ranking, rerank
from bot.app.core import open_core
from bot.calibrating.training_questions import CalibrationQuestion
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Example:
    """What was found for a question, and all that is needed to weigh it anew."""

    asked: CalibrationQuestion
    context: Context
    at: Circumstances
    weight: float = 1.0
    """What its folder counts."""
    folder: int = 0


async def examples_of(settings: Settings, asked: Sequence[CalibrationQuestion], today: date) -> list[Example]:
    """Ask one folder: publishes it in the data folder, which may be a used one, and answers every question."""
    async with open_core(settings) as core:
        await core.make_answerable()
        found = []
        for one in asked:
            context = await last_context(core.extractive, one.turns, today=today, app_locale=one.locale)
            if context.retrieved:
                found.append(Example(one, _light(context), context.circumstances))
        return found


def _light(context: Context) -> Context:
    """Without what can be made again, and without the similarities of all rows."""
    retrieved = [replace(one, sentence_scores=_no_scores) for one in context.retrieved]
    return replace(context, retrieved=retrieved, candidates=(), findings=())


def _no_scores(section: StoredSection) -> Sequence[float]:
    return [0.0] * len(section.sentences)


def reranked(example: Example, ranking: Ranking) -> list[list[Candidate]]:
    """The candidates of each reading, best first."""
    history = example.context.question.history
    before = last_question(history)
    told = {key.path for key in before.keys} if before else set()
    return [
        rerank(
            retrieved.sections,
            reading,
            ranking,
            knowledge=example.at.knowledge,
            locale=example.at.languages.written,
            told=told,
        )
        for reading, retrieved in zip(example.context.readings, example.context.retrieved, strict=True)
    ]


def is_wanted(candidate: Candidate, example: Example) -> bool:
    """Whether a candidate is the section that the question asks for, or an open question that it is."""
    key = str(candidate.key)
    return key in example.asked.also or example.asked.wanted in {key, candidate.key.path}


def judged(example: Example, ranking: Ranking, model: ConfidenceModel) -> list[Finding]:
    """What each reading leads to with these numbers."""
    readings = zip(example.context.readings, example.context.retrieved, reranked(example, ranking), strict=True)
    return [judge(reading, found, candidates, model=model, at=example.at) for reading, found, candidates in readings]


def is_right(example: Example, finding: Finding) -> bool:
    """Whether telling the first section would answer: it is the one, or it says all that the case looks for."""
    if not (example.asked.wanted or example.asked.also) or not finding.answerable:
        return False
    if is_wanted(finding.answerable[0], example):
        return True
    copy = example.at.copy(finding.answerable[0])
    case = example.asked.case
    return copy is not None and case is not None and all(p.search(comparable(copy.text)) for p in case.expect)


def routed(example: Example) -> routing.Routed:
    """The message as it was typed."""
    at, context = example.at, example.context
    text, sections = context.readings[0].text, context.retrieved[0].sections
    return routing.Routed(text, at.languages.written, sections, at.knowledge, is_follow_up=at.is_follow_up)
