"""Answers worded by a language model, each sentence checked; whatever fails, the knowledge's own words.

The extractive answer is made first and decides: what it declines, takes for small talk or plainly does not know reaches
no model. Where it is in doubt the model may say which section holds the answer, before anything is worded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import combinations
from math import ceil

import structlog

from bot.answering import browsing
from bot.answering.conflicts import disagree
from bot.answering.generation.answer_check import Checker
from bot.answering.generation.calling import Caller, CallLimits, Counts, FallbackError, Task
from bot.answering.generation.doubt import is_in_doubt
from bot.answering.generation.known_terms import KnownTerms, KnownTermsByLocale
from bot.answering.generation.model import CheckedSentence, Composed, Composition, Passage, RejectionReason
from bot.answering.generation.partial_json import growing_sentences, sentences_of
from bot.answering.generation.ports import BudgetLedger, ChatModel
from bot.answering.generation.prompts import composing_prompt, new_canary, understanding_prompt
from bot.answering.generation.resolving import Resolver
from bot.answering.generation.understanding import (
    Understood,
    is_double,
    is_open_to_readings,
    leans_back,
    understood,
)
from bot.answering.model import Answer, DocumentView, OnSentence, Outcome, Question, Suggestion, TopicView
from bot.answering.pipeline import Context, ExtractiveAnswerer, evidence_of
from bot.answering.ports import LanguageIdentifier, StoredSection
from bot.ids import Locale, SectionKey

log = structlog.get_logger(__name__)

_UNDERSTANDING_TOKENS = 160
"""Tokens for two questions, as JSON. Chosen: twice what a usual follow-up takes in Cyrillic letters."""
_KEPT_SHARE = 0.5
"""With fewer of its sentences left an answer is no answer any more."""


class GeneratingAnswerer:
    """Implements `bot.chat.ports.Answerer`: the extractive answerer with a language model behind it.

    `now` tells the day whose budget is used, `clock` counts seconds. `canary` is a word in the rules that must never be
    seen outside of them; each process makes its own.
    """

    def __init__(
        self,
        extractive: ExtractiveAnswerer,
        model: ChatModel,
        ledger: BudgetLedger,
        identifier: LanguageIdentifier,
        *,
        limits: CallLimits,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._extractive = extractive
        self._identifier = identifier
        self._clock = clock
        self._caller = Caller(model, ledger, limits=limits, now=now, clock=clock)
        self._canary = new_canary()
        self._resolver = Resolver(extractive, self._caller, identifier, self._canary)
        self._known_terms = KnownTermsByLocale()
        self.counts: Counts = self._caller.counts

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """The section in the knowledge's own words."""
        return self._extractive.section(key, locale, today)

    def topics(self, today: date) -> Sequence[TopicView]:
        """The topics with something to read."""
        return self._extractive.topics(today)

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """The documents of a topic."""
        return self._extractive.documents(topic, locale, today)

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        """Answer in the model's words where all of them are sure, else as the extractive answerer does.

        `on_sentence` gets the checked sentences so far while the model writes; the answer in the end may be another.
        """
        task = self._caller.begin(question, on_sentence)
        context = await self._extractive.trace(question)
        answer = context.answer
        assert answer is not None
        if not question.may_compose or not _may_need_model(context, answer):
            self.counts.outcomes[Composed.NOT_NEEDED] += 1
            return answer
        steps, began = answer.steps, self._clock()
        answer = await self._with_model(task, context, answer)
        return replace(answer, steps={**steps, "model": (self._clock() - began) * 1000})

    async def _with_model(self, task: Task, context: Context, answer: Answer) -> Answer:
        """What comes of it where a model may help; the answer as it is at the latest before a failure."""
        try:
            answer, evidence = await self._settled(task, context, answer)
            return await self._composed(task, answer, evidence)
        except FallbackError as fallback:
            self._fell_back(fallback.why)
        except Exception:
            # Whatever goes wrong here, there is an answer already; the log has the reason.
            log.exception("composing_failed")
            self._fell_back(Composed.FAILED)
        return answer

    def _fell_back(self, why: Composed) -> None:
        self.counts.outcomes[why] += 1
        log.info("answer_not_composed", reason=why.value)

    async def _settled(self, task: Task, context: Context, given: Answer) -> tuple[Answer, tuple[StoredSection, ...]]:
        """What to tell, and what it rests on: the extractive answer to what was meant, or to what was in doubt."""
        if given.pinned is not None:
            return given, evidence_of(context)
        answer, evidence = await self._understood(task, given, evidence_of(context))
        if answer is not given or not is_in_doubt(context):
            return answer, evidence
        resolved = await self._resolver.resolve(task, context)
        return resolved.answer or given, evidence_of(resolved)

    async def _composed(self, task: Task, answer: Answer, evidence: tuple[StoredSection, ...]) -> Answer:
        if answer.outcome is not Outcome.ANSWERED or _has_conflict(answer, evidence):
            self.counts.outcomes[Composed.NOT_NEEDED] += 1
            return answer
        composition = await self._compose(task, answer.locale, evidence)
        self.counts.outcomes[Composed.COMPOSED] += 1
        return _worded(answer, composition)

    async def _understood(
        self, task: Task, answer: Answer, evidence: tuple[StoredSection, ...]
    ) -> tuple[Answer, tuple[StoredSection, ...]]:
        """The answer to what was meant; the one given when nothing better is found."""
        readings = _readings(task.question.text, answer, evidence)
        if not (leans_back(task.question, answer.locale) or is_double(task.question.text) or readings):
            return answer, evidence
        meant = await self._meaning(task, answer.locale, readings)
        if meant.ask:
            chosen = tuple(readings[number - 1] for number in meant.ask)
            return replace(_bare(answer), outcome=Outcome.CLARIFY, suggestions=chosen), ()
        found = [
            await self._extractive.answer_with_evidence(replace(task.question, text=text, history=()))
            for text in meant.questions
        ]
        if not found or any(one.outcome is not Outcome.ANSWERED for one, _ in found):
            return answer, evidence
        return _together(answer.locale, found)

    async def _meaning(self, task: Task, locale: Locale, readings: Sequence[Suggestion]) -> Understood:
        history = [turn.question for turn in task.question.history]
        prompt = understanding_prompt(
            task.question.text,
            history,
            [reading.text for reading in readings],
            canary=self._canary,
            room=self._caller.limits.context_tokens - _UNDERSTANDING_TOKENS,
        )
        if prompt is None:
            return Understood()
        try:
            completion = await self._caller.call(task, prompt, _UNDERSTANDING_TOKENS)
        except FallbackError as failure:
            if failure.why is not Composed.MODEL_FAILED:
                raise
            return Understood()
        return understood(
            completion.text,
            task.question.text,
            history,
            locale=locale,
            readings=len(readings),
            canary=self._canary,
        )

    async def _compose(self, task: Task, locale: Locale, evidence: tuple[StoredSection, ...]) -> Composition:
        composition = await self._attempt(task, locale, evidence, again=False)
        if composition.blocked.get(RejectionReason.LANGUAGE) and not _is_enough(composition):
            composition = await self._attempt(task, locale, evidence, again=True)
        if not _is_enough(composition):
            raise FallbackError(Composed.TOO_LITTLE_LEFT)
        return composition

    async def _attempt(
        self, task: Task, locale: Locale, evidence: tuple[StoredSection, ...], *, again: bool
    ) -> Composition:
        prompt = composing_prompt(
            task.question.text,
            evidence,
            locale=locale,
            canary=self._canary,
            room=self._caller.limits.context_tokens - self._caller.limits.output_tokens,
            again=again,
        )
        if prompt is None:
            raise FallbackError(Composed.TOO_LONG_PROMPT)
        known_terms = await self._known_terms_in(locale, prompt.passages)
        checker = Checker(self._identifier, self._canary, locale, task.question.today, prompt.passages, known_terms)
        on_text = _Growing(checker, task.on_sentence) if task.on_sentence else None
        completion = await self._caller.call(task, prompt, self._caller.limits.output_tokens, on_text=on_text)
        drafts = sentences_of(completion.text)
        if drafts is None:
            raise FallbackError(Composed.UNREADABLE)
        composition = checker.check(drafts)
        self.counts.blocked.update(composition.blocked)
        return composition

    async def _known_terms_in(self, locale: Locale, passages: Sequence[Passage]) -> KnownTerms:
        """The words of the asked language, where something must be translated into it."""
        if all(passage.section.locale is locale for passage in passages):
            return KnownTerms()
        return await self._known_terms.of(self._extractive.knowledge, locale)


class _Growing:
    """Hears the model write and passes on whole, checked sentences, each new one once."""

    def __init__(self, checker: Checker, on_sentence: OnSentence) -> None:
        self._checker = checker
        self._on_sentence = on_sentence
        self._ends = 0
        self._shown = 0

    def __call__(self, text: str) -> None:
        ends = text.count("}")
        if ends == self._ends:
            return
        self._ends = ends
        composition = self._checker.check(growing_sentences(text))
        if len(composition.sentences) > self._shown:
            self._shown = len(composition.sentences)
            self._on_sentence(tuple(sentence.text for sentence in composition.sentences))


def _may_need_model(context: Context, answer: Answer) -> bool:
    """An answer can be worded; what is not known may be in doubt, a follow-up or two questions."""
    if answer.second is not None:
        return False  # two short questions are answered word for word, each with its source
    if answer.pinned is not None:
        return answer.written_in is not answer.locale  # to be translated, not to be worded anew
    if answer.outcome is Outcome.ANSWERED or is_in_doubt(context):
        return True
    question, is_unclear = context.question, answer.outcome is Outcome.UNKNOWN
    return is_unclear and (leans_back(question, answer.locale) or is_double(question.text))


def _readings(text: str, answer: Answer, evidence: Sequence[StoredSection]) -> tuple[Suggestion, ...]:
    if not is_open_to_readings(text, answer):
        return ()
    told = {citation.key for citation in answer.citations}
    return tuple(browsing.suggestion(section) for section in evidence if section.key in told)


def _bare(answer: Answer) -> Answer:
    return replace(answer, written_in=answer.locale, sentences=(), rest=(), citations=(), suggestions=())


def _together(
    locale: Locale, found: Sequence[tuple[Answer, tuple[StoredSection, ...]]]
) -> tuple[Answer, tuple[StoredSection, ...]]:
    """One answer out of those to each question; their evidence taken in turn, so that both come first."""
    answers = [answer for answer, _ in found]
    longest = max(len(evidence) for _, evidence in found)
    in_turn = [evidence[place] for place in range(longest) for _, evidence in found if place < len(evidence)]
    answer = replace(
        answers[0],
        locale=locale,
        sentences=tuple(dict.fromkeys(sentence for one in answers for sentence in one.sentences)),
        rest=answers[0].rest if len(answers) == 1 else (),
        citations=tuple({citation.key: citation for one in answers for citation in one.citations}.values()),
        score=min(one.score for one in answers),
    )
    return answer, tuple(dict.fromkeys(in_turn))


def _has_conflict(answer: Answer, evidence: Sequence[StoredSection]) -> bool:
    """Whether two sections of the answer contradict each other: both are shown with their dates, never a blend."""
    told = {citation.key for citation in answer.citations}
    sections = [section for section in evidence if section.key in told]
    return any(disagree(one, other) for one, other in combinations(sections, 2))


def _is_enough(composition: Composition) -> bool:
    drafted = len(composition.sentences) + sum(composition.blocked.values())
    return len(composition.sentences) >= max(1, ceil(_KEPT_SHARE * drafted))


def _worded(answer: Answer, composition: Composition) -> Answer:
    """The answer in the model's words, with the sources that they rest on; the sections themselves stay a tap away."""
    shown: Sequence[CheckedSentence] = composition.sentences
    cited: Sequence[Passage] = composition.cited
    return replace(
        answer,
        written_in=answer.locale,
        sentences=tuple(sentence.text for sentence in shown),
        rest=cited[0].section.sentences,
        citations=tuple(browsing.citation(passage.section) for passage in cited),
        composed=True,
    )
