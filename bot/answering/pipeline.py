"""How a message is answered: `STEPS`, one after the other, each done once, each timed."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.answering import browsing
from bot.answering.calibration import Calibration
from bot.answering.courtesy import courteous
from bot.answering.decision import OUTCOMES, Decider
from bot.answering.emoji import kind_of_emoji
from bot.answering.examining import examined, to_read
from bot.answering.judging import Circumstances, Finding, fused, judge
from bot.answering.language import Languages, expected_locale, languages_of
from bot.answering.losing import loss_of
from bot.answering.model import Answer, DocumentView, OnSentence, Outcome, Question, TopicView, Turn
from bot.answering.pinning import answer_of, pin_asked_for, pinned_in
from bot.answering.ports import Index, Knowledge, LanguageIdentifier, Retrieved, Retriever, SectionReader, StoredSection
from bot.answering.reading import (
    FROM_KNOWLEDGE,
    HALVES,
    MOST_OF_THE_WHOLE,
    Message,
    Reading,
    ReadingKind,
    last_question,
    readings_of,
)
from bot.answering.relative_years import with_years
from bot.answering.reranking import Candidate, rerank
from bot.answering.routing import Route, Routed
from bot.ids import Locale, ReplyKind, SectionKey
from bot.writing.cleaning import one_line
from bot.writing.folding import unshouted, words
from bot.writing.spelling import unstretched

QUESTION_LIMIT = 600
"""Characters of a message that are looked at: the embedding model cuts at about as many."""
TOP_K = 40
"""Sections found for each reading, by meaning and by words. Chosen: far more than are offered, and weighed in about
half a millisecond."""
_EVIDENCE = 6
"""Sections that a language model gets, those of the answer first. Chosen: as many fit into a small model's context."""
_ENGLISH = Languages(Locale.EN, Locale.EN)
_NO_ROUTE = Route()
_PARTS = (ReadingKind.BESIDE, ReadingKind.CLAUSE, *HALVES)
"""Readings that are no sentence: they tell nothing of the kind of the whole message."""
_BEFORE_PINS = (ReplyKind.EMERGENCY, ReplyKind.COMPLAINT)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the steps work with, the same for all messages of one version of the knowledge."""

    retriever: Retriever
    identifier: LanguageIdentifier
    calibration: Calibration
    decider: Decider
    reader: SectionReader | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """A message on its way: every step adds what it found out. With an answer it is at its end."""

    question: Question
    parts: Parts
    text: str = ""
    languages: Languages = _ENGLISH
    readings: Sequence[Reading] = ()
    retrieved: Sequence[Retrieved] = ()
    route: Route = _NO_ROUTE
    candidates: Sequence[Sequence[Candidate]] = ()
    findings: Sequence[Finding] = ()
    answer: Answer | None = None

    @property
    def knowledge(self) -> Knowledge:
        """The version that all of it comes from."""
        return self.parts.retriever.knowledge

    @property
    def best(self) -> Finding | None:
        """The finding that the answer goes by."""
        return fused(self.findings) if self.findings else None

    @property
    def circumstances(self) -> Circumstances:
        """What the decision depends on besides the findings."""
        is_follow_up = last_question(self.question.history) is not None
        return Circumstances(self.knowledge, self.languages, self.question.today, is_follow_up)


Step = Callable[[Context, Parts], Awaitable[Context]]


async def clean(context: Context, parts: Parts) -> Context:
    """One line, cut to what is looked at, without what is invisible; letters held down for emphasis once.

    What was typed in a wrong keyboard layout is put into the right one.
    """
    return replace(context, text=_cleaned(context.question.text, expected_locale(context.question), parts))


async def detect_language(context: Context, parts: Parts) -> Context:
    """Which language it is in and which to answer in; what holds no word ends here, unless it is discontent."""
    languages = languages_of(replace(context.question, text=context.text), parts.identifier)
    if words(context.text):
        return replace(context, languages=languages)
    kind = kind_of_emoji(context.text)
    if kind is ReplyKind.COMPLAINT and last_question(context.question.history) is not None:
        return replace(context, languages=languages, route=Route(kind, 1.0))
    outcome = OUTCOMES[kind] if kind else Outcome.EMPTY
    return replace(context, answer=Answer(outcome, languages.spoken, languages.spoken))


async def read(context: Context, parts: Parts) -> Context:
    """All that may be meant: at most six texts to embed."""
    retriever, written = parts.retriever, context.languages.written
    around = courteous(context.text, written)
    asked, beside = (around.asked, "") if around.is_asked(written) else (context.text, around.asked)
    text = await retriever.in_own_letters(asked, written)
    before = await _asked_before(context, parts)
    if context.route.reply is not None and before is not None:
        return replace(context, readings=(Reading(before.question),))
    message = Message(
        text=text,
        locale=written,
        today=context.question.today,
        corrected=await retriever.corrected(text, written),
        before=before,
        beside=await retriever.in_own_letters(beside, written),
        heading=_heading(before.keys, retriever.knowledge, context) if before and before.keys else "",
    )
    return replace(context, readings=readings_of(message))


async def retrieve(context: Context, parts: Parts) -> Context:
    """Look for all readings at once."""
    retrieved = await parts.retriever.retrieve(context.readings, context.languages.written, top_k=TOP_K)
    return replace(context, retrieved=retrieved)


async def route(context: Context, parts: Parts) -> Context:
    """Whether it is a question at all. Discontent leads to other readings of what was asked before."""
    if context.route.reply is not None:
        return context
    before, knowledge = last_question(context.question.history), parts.retriever.knowledge
    written = context.languages.written
    found = [
        parts.calibration.router.route(
            Routed(reading.text, written, retrieved.sections, knowledge, is_follow_up=before is not None)
        )
        for reading, retrieved in zip(context.readings, context.retrieved, strict=True)
        if not reading.context and reading.kind not in _PARTS
    ]
    route_from = parts.calibration.thresholds.route_from
    emergency = next((one for one in found if one.reply is ReplyKind.EMERGENCY and one.is_taken(route_from)), None)
    chosen = emergency or min(found, key=lambda one: one.probability)
    is_routed = chosen.is_taken(route_from)
    asked = await _asked_before(context, parts) if is_routed and chosen.reply is ReplyKind.COMPLAINT else None
    if asked is None:
        return replace(context, route=chosen)
    return await _retrieve_before(replace(context, route=chosen), asked.question, parts)


async def _retrieve_before(context: Context, asked: str, parts: Parts) -> Context:
    """Look for the question before alone, or where that took one embedding too many, together with the message."""
    texts = {text for reading in context.readings for text in reading.texts}
    if len(texts | {asked}) <= MOST_OF_THE_WHOLE or await parts.retriever.remembers(asked, context.languages.written):
        return await retrieve(replace(context, readings=(Reading(asked),)), parts)
    found = [
        (reading, retrieved)
        for reading, retrieved in zip(context.readings, context.retrieved, strict=True)
        if reading.context == asked
    ]
    readings, retrieved = zip(*found, strict=True) if found else (context.readings, context.retrieved)
    return replace(context, readings=readings, retrieved=retrieved)


async def pin(context: Context, parts: Parts) -> Context:
    """What staff pinned an answer to ends here, unless somebody needs help or is discontent with an answer."""
    is_other = context.route.reply in _BEFORE_PINS and context.route.is_taken(parts.calibration.thresholds.route_from)
    if is_other or not any(retrieved.pins for retrieved in context.retrieved):
        return context
    at = context.circumstances
    found = pin_asked_for(context.readings, context.retrieved, at, parts.calibration.pins)
    if found is None:
        return context
    opening = courteous(context.text, at.languages.written).said
    return replace(context, answer=replace(answer_of(found, at), opening=opening))


async def rerank_candidates(context: Context, parts: Parts) -> Context:
    """Which sections may answer each reading, best first."""
    before = last_question(context.question.history)
    told = {key.path for key in before.keys} if before else set()
    candidates = [
        rerank(
            retrieved.sections,
            reading,
            parts.calibration.ranking,
            knowledge=parts.retriever.knowledge,
            locale=context.languages.written,
            told=told,
        )
        for reading, retrieved in zip(context.readings, context.retrieved, strict=True)
    ]
    return replace(context, candidates=candidates)


async def judge_readings(context: Context, parts: Parts) -> Context:
    """How sure each reading's best section is to answer."""
    at = context.circumstances
    found = zip(context.readings, context.retrieved, context.candidates, strict=True)
    findings = [judge(*one, model=parts.calibration.confidence, at=at) for one in found]
    return replace(context, findings=findings)


async def examine(context: Context, parts: Parts) -> Context:
    """Where the signs leave doubts, read the best sections beside the question."""
    model, signs = parts.calibration.reader, parts.calibration.confidence
    if parts.reader is None or model is None or not context.findings:
        return context
    best, at = fused(context.findings), context.circumstances
    sections = to_read(best, at, model)
    if not sections:
        return context
    supports = await parts.reader.read(best.reading.texts[-1], sections, best.retrieved.sentence_scores)
    if not supports:
        return context
    by_key = {section.key: support for section, support in zip(sections, supports, strict=True)}
    read = examined(best, by_key, model, signs=signs, at=at)
    return replace(context, findings=[read if one is best else one for one in context.findings])


async def decide(context: Context, parts: Parts) -> Context:
    """Answer, offer, ask back or refuse."""
    before = last_question(context.question.history)
    at = context.circumstances
    answer = parts.decider.decide(context.route, context.findings, at, before.keys if before else ())
    is_asked = answer.outcome in FROM_KNOWLEDGE
    opening = courteous(context.text, at.languages.written).said if is_asked else None
    loss = loss_of(answer, context.findings, context.candidates, at)
    pinned = pinned_in(answer, at.knowledge)
    answer = replace(answer, foreign=at.languages.foreign)
    made = replace(answer, knowledge_version=at.knowledge.version, opening=opening, loss=loss, pinned=pinned)
    return replace(context, answer=made)


STEPS: dict[str, Step] = {
    "clean": clean,
    "detect_language": detect_language,
    "read": read,
    "retrieve": retrieve,
    "route": route,
    "pin": pin,
    "rerank": rerank_candidates,
    "judge": judge_readings,
    "examine": examine,
    "decide": decide,
}
"""The route comes after the search, since the same search tells it: one batch of embeddings serves both."""


class ExtractiveAnswerer:
    """Answers from one version of the knowledge at a time."""

    def __init__(
        self,
        index: Index,
        identifier: LanguageIdentifier,
        calibration: Calibration,
        *,
        answer_from: float = 0.57,
        sentences: int = 3,
        reader: SectionReader | None = None,
    ) -> None:
        self._index = index
        self._identifier = identifier
        self._calibration = calibration
        self._decider = Decider(calibration.thresholds, answer_from, sentences, calibration.parting)
        self._reader = reader

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:  # noqa: ARG002 - a port's signature
        """Answer from the knowledge, offer, ask back, or say honestly that it is not known: all at once."""
        answer = (await self.trace(question)).answer
        assert answer is not None
        return answer

    async def answer_with_evidence(self, question: Question) -> tuple[Answer, tuple[StoredSection, ...]]:
        """The answer, and the sections that a fuller one may rest on, best first."""
        context = await self.trace(question)
        assert context.answer is not None
        return context.answer, evidence_of(context)

    async def trace(self, question: Question) -> Context:
        """All that was found out on the way to an answer."""
        parts = Parts(self._index.current(), self._identifier, self._calibration, self._decider, self._reader)
        context, took_ms = Context(question, parts), {}
        for name, step in STEPS.items():
            began = time.perf_counter()
            context = await step(context, parts)
            took_ms[name] = (time.perf_counter() - began) * 1000
            if context.answer is not None:
                break
        assert context.answer is not None
        return replace(context, answer=replace(context.answer, steps=took_ms))

    async def reworded(self, context: Context, text: str, locale: Locale) -> Context:
        """What the same question leads to in other words, which are in `locale`: found and judged, not decided."""
        languages = Languages(locale, context.languages.spoken)
        other = replace(context, languages=languages, readings=(Reading(text),), answer=None)
        for step in (retrieve, rerank_candidates, judge_readings, examine):
            other = await step(other, context.parts)
        return other

    def told(self, context: Context, finding: Finding) -> Context:
        """Answered from the first section of a finding, however probable: for somebody who knows more."""
        return self._ended(context, finding, self._decider.tell(finding, context.circumstances))

    def offered(self, context: Context, finding: Finding) -> Context:
        """Not answered: the first sections of a finding are offered."""
        return self._ended(context, finding, self._decider.offer(finding, context.circumstances))

    @staticmethod
    def _ended(context: Context, finding: Finding, answer: Answer) -> Context:
        loss = loss_of(answer, (finding,), ((),), context.circumstances)
        answer = replace(answer, knowledge_version=context.knowledge.version, loss=loss)
        return replace(context, findings=(finding,), answer=answer)

    @property
    def knowledge(self) -> Knowledge:
        """What is published now."""
        return self._index.current().knowledge

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """The whole section in `locale` or the best other language; None when it is gone or no longer valid."""
        knowledge = self.knowledge
        found = browsing.readable(knowledge, key, locale, today)
        if found is None or found.tells is not None:  # a pin that tells another section says nothing itself
            return None
        return Answer(
            Outcome.ANSWERED,
            locale,
            found.locale,
            sentences=found.sentences,
            citations=(browsing.citation(found),),
            score=1.0,
            knowledge_version=knowledge.version,
        )

    def topics(self, today: date) -> Sequence[TopicView]:
        """The topics with something to read."""
        return browsing.topics(self.knowledge, today)

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """The documents of a topic."""
        return browsing.documents(self.knowledge, topic, locale, today)


def folded(text: str) -> str:
    """All that is looked at of a message: two that are folded alike get the same answer."""
    return unshouted(unstretched(one_line(text, limit=QUESTION_LIMIT)))


def _cleaned(text: str, prior: Locale | None, parts: Parts) -> str:
    return parts.identifier.retyped(folded(text), prior=prior)


async def _asked_before(context: Context, parts: Parts) -> Turn | None:
    """The last turn that asked something, made ready for the search like the message itself."""
    turn, written = last_question(context.question.history), context.languages.written
    if turn is None:
        return None
    text = _cleaned(turn.question, turn.locale, parts)
    if turn.locale is written:
        text = await parts.retriever.in_own_letters(text, written)
    return replace(turn, question=with_years(text, written, context.question.today))


def _heading(keys: Sequence[SectionKey], knowledge: Knowledge, context: Context) -> str:
    copy = browsing.best_copy(knowledge.copies(keys[0]), context.languages.written, context.question.today)
    return f"{copy.title}. {copy.heading}" if copy else ""


def evidence_of(context: Context) -> tuple[StoredSection, ...]:
    """The sections of the answer, then the next best."""
    best, at = context.best, context.circumstances
    if context.answer is None or (best is None and context.answer.pinned is None):
        return ()
    told = [
        browsing.readable(at.knowledge, citation.key, citation.locale, at.today)
        for citation in context.answer.citations
    ]
    others = [at.copy(candidate) for candidate in best.answerable[:_EVIDENCE]] if best is not None else []
    return tuple(dict.fromkeys(section for section in (*told, *others) if section is not None))[:_EVIDENCE]
