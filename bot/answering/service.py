"""Question in, Answer out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.answering import library
from bot.answering.evidence import CALIBRATION, CONTACTS, Calibration, Evidence, holds_kind, weigh
from bot.answering.extract import Extract, extract
from bot.answering.language import Languages, languages_of
from bot.answering.lexicon import asked_kind, refers_back
from bot.answering.model import Answer, DocumentView, Outcome, Question, Suggestion, TopicView
from bot.answering.policy import declined
from bot.answering.ports import Index, Knowledge, LanguageIdentifier, Search, StoredSection
from bot.answering.ranking import Candidate, blend, rank, shares
from bot.answering.smalltalk import small_talk, without_greeting
from bot.vocabulary import Locale, SectionKey
from bot.writing.cleaning import one_line
from bot.writing.folding import has_han, words
from bot.writing.transliteration import own_script

QUESTION_LIMIT = 600
"""Characters of a message that are looked at: the embedding model cuts at about as many."""
TOP_K = 100
_SUGGESTIONS = 3
_SHORT_WORDS = 4
_SAME_DOCUMENT_BONUS = 0.7
_JUST_TOLD = -0.3
_CONTEXT_WEIGHT = 0.8
_STANDS_ALONE_FROM = 0.7
"""A question that is this sure to be answered needs no help from the one before it."""
_SURE_ENOUGH = 0.75
"""The best section answers alone when it has this share of the probability; otherwise the next ones join it."""
_JOINS_FROM = 0.1
_TOGETHER = 3
_FEWER_SENTENCES = 2
_CLARIFY_SHARE = 0.5
_CLARIFY_WORDS = 2
_SUGGEST_FROM = 0.02
_OPEN_TOLD_FROM = 0.25


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for one reading of a question, and how sure it is.

    `extracts` are the sentences of the section that answers best and, when it is about as good, of the next.
    `ranked` are the sections that may answer and `unanswered` the questions known to have no answer, best first.
    """

    extracts: tuple[Extract, ...] = ()
    evidence: Evidence | None = None
    probability: float = 0.0
    ranked: tuple[Candidate, ...] = ()
    unanswered: tuple[Candidate, ...] = ()


class Answerer:
    """Answers from one generation of the knowledge at a time.

    `answer_from` is the probability from which an answer is given, `sentences` how many it may hold.
    """

    def __init__(
        self,
        index: Index,
        identifier: LanguageIdentifier,
        *,
        answer_from: float = 0.4,
        sentences: int = 3,
        calibration: Calibration = CALIBRATION,
    ) -> None:
        self._index = index
        self._identifier = identifier
        self._answer_from = answer_from
        self._sentences = sentences
        self._calibration = calibration

    async def answer(self, question: Question) -> Answer:
        """Answer from the knowledge, ask back, or say honestly that it is not known."""
        question = replace(question, text=one_line(question.text, limit=QUESTION_LIMIT))
        languages = languages_of(question, self._identifier)
        outcome = small_talk(question.text) or declined(question.text)
        if outcome is not None:
            return Answer(outcome, languages.spoken, languages.spoken)
        search = self._index.current()
        finding = await self._find(search, languages, question)
        return self._decide(
            finding, search.knowledge, text=question.text, spoken=languages.spoken, today=question.today
        )

    async def examine(self, question: Question) -> Finding:
        """What retrieval finds for a question and how sure it is, before anything is decided."""
        question = replace(question, text=one_line(question.text, limit=QUESTION_LIMIT))
        return await self._find(self._index.current(), languages_of(question, self._identifier), question)

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """The whole section in `locale` or the best other language; None when it is gone or no longer valid."""
        found = library.readable(self._index.current().knowledge, key, locale, today)
        if found is None:
            return None
        return Answer(
            Outcome.ANSWERED,
            locale,
            found.locale,
            sentences=found.sentences,
            citations=(library.citation(found),),
            score=1.0,
        )

    def topics(self, locale: Locale, today: date) -> Sequence[TopicView]:  # noqa: ARG002 - a port's signature
        """The topics with something to read."""
        return library.topics(self._index.current().knowledge, today)

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """The documents of a topic."""
        return library.documents(self._index.current().knowledge, topic, locale, today)

    async def _find(self, search: Search, languages: Languages, question: Question) -> Finding:
        asked = own_script(without_greeting(question.text), languages.written)
        today, written = question.today, languages.written
        matches = await search.matches(asked, written, top_k=TOP_K)
        ranked = rank(matches, asked, search.knowledge)
        alone = await self._read(search, ranked, asked=asked, languages=languages, today=today)
        last = question.history[-1] if question.history else None
        leans_back = refers_back(asked, written) or len(words(asked)) <= _SHORT_WORDS
        if last is None or not leans_back or alone.probability >= _STANDS_ALONE_FROM:
            return alone
        joined = await search.matches(f"{last.question} {asked}", written, top_k=TOP_K)
        both = blend(((matches, 1 - _CONTEXT_WEIGHT), (joined, _CONTEXT_WEIGHT)))
        moved = _in_context(rank(both, asked, search.knowledge), last.keys)
        in_context = await self._read(search, moved, asked=asked, languages=languages, today=today)
        return in_context if in_context.probability > alone.probability else alone

    async def _read(
        self, search: Search, ranked: Sequence[Candidate], *, asked: str, languages: Languages, today: date
    ) -> Finding:
        """Pick the sentences of the best candidates and weigh what speaks for them."""
        knowledge = search.knowledge
        copies = {c.key: library.best_copy(knowledge.copies(c.key), languages.spoken, today) for c in ranked}
        answerable = [c for c in ranked if (copy := copies[c.key]) is not None and copy.answerable]
        unanswered = [c for c in ranked if (copy := copies[c.key]) is not None and not copy.answerable]
        if not answerable:
            return Finding(unanswered=tuple(unanswered))
        kind = asked_kind(asked, languages.written)
        sections = [copy for c in _answering_together(answerable) if (copy := copies[c.key]) is not None]
        extracts = [
            extract(
                asked,
                section,
                await search.sentences(asked, languages.written, section),
                kind=kind,
                at_most=self._sentences if len(sections) == 1 else _FEWER_SENTENCES,
            )
            for section in sections
        ]
        lacks_kind = kind is not None and not any(holds_kind(section.text, kind) for section in sections)
        evidence = weigh(
            asked,
            answerable,
            unanswered,
            sentence=extracts[0].best,
            lacks_kind=lacks_kind,
            lacks_contact=lacks_kind and kind in CONTACTS,
        )
        probability = self._calibration.probability(evidence, languages.written)
        return Finding(tuple(extracts), evidence, probability, tuple(answerable), tuple(unanswered))

    def _decide(self, finding: Finding, knowledge: Knowledge, *, text: str, spoken: Locale, today: date) -> Answer:
        if not finding.extracts or finding.probability < self._answer_from:
            return self._refuse(finding, knowledge, spoken, today)
        first = finding.extracts[0].section
        told = {found.section.key for found in finding.extracts}
        others = [candidate for candidate in finding.ranked if candidate.key not in told]
        related = _suggest(others, knowledge, spoken, today)
        if _is_ambiguous(finding.ranked, text):
            readings = tuple(library.suggestion(found.section) for found in finding.extracts)
            return Answer(
                Outcome.CLARIFY, spoken, spoken, suggestions=(*readings, *related)[:4], score=finding.probability
            )
        return Answer(
            Outcome.ANSWERED,
            spoken,
            first.locale,
            sentences=tuple(sentence for found in finding.extracts for sentence in found.sentences),
            rest=finding.extracts[0].rest,
            citations=tuple(library.citation(found.section) for found in finding.extracts),
            suggestions=related,
            score=finding.probability,
        )

    def _refuse(self, finding: Finding, knowledge: Knowledge, spoken: Locale, today: date) -> Answer:
        gap = _known_gap(finding, knowledge, spoken, today)
        outcome = _DECLINES.get(gap.decline or "", Outcome.UNKNOWN) if gap else Outcome.UNKNOWN
        if outcome is not Outcome.UNKNOWN:
            return Answer(outcome, spoken, spoken, score=finding.probability)
        likely = [c for c, share in zip(finding.ranked, shares(finding.ranked), strict=True) if share >= _SUGGEST_FROM]
        return Answer(
            outcome,
            spoken,
            gap.locale if gap else spoken,
            sentences=gap.sentences if gap else (),
            suggestions=_suggest(likely, knowledge, spoken, today),
            score=finding.probability,
        )


_DECLINES = {
    "politics": Outcome.DECLINED_POLITICS,
    "advice": Outcome.DECLINED_ADVICE,
    "harm": Outcome.DECLINED_HARM,
}


def _answering_together(answerable: Sequence[Candidate]) -> Sequence[Candidate]:
    """The best section, and the next two when it is too close a call to leave them out."""
    likely = shares(answerable[:_TOGETHER])
    if likely[0] >= _SURE_ENOUGH:
        return answerable[:1]
    return [c for c, share in zip(answerable, likely, strict=False) if share >= _JOINS_FROM or c is answerable[0]]


def _known_gap(finding: Finding, knowledge: Knowledge, spoken: Locale, today: date) -> StoredSection | None:
    """The open question that this one is, if it plainly is one."""
    if not finding.unanswered:
        return None
    best_first = sorted((*finding.ranked, *finding.unanswered), key=lambda candidate: -candidate.score)
    share = dict(zip((c.key for c in best_first), shares(best_first), strict=True))
    gap = finding.unanswered[0]
    if share[gap.key] < _OPEN_TOLD_FROM:
        return None
    return library.best_copy(knowledge.copies(gap.key), spoken, today)


def _in_context(ranked: Sequence[Candidate], told: Sequence[SectionKey]) -> Sequence[Candidate]:
    """In a conversation, sections of the documents it is about come a little forward; what was just told, back."""
    if not told:
        return ranked
    paths = {key.path for key in told}
    moved = [
        replace(c, bonus=_JUST_TOLD if c.key in told else _SAME_DOCUMENT_BONUS if c.key.path in paths else 0.0)
        for c in ranked
    ]
    return sorted(moved, key=lambda candidate: -candidate.score)


def _suggest(
    candidates: Sequence[Candidate], knowledge: Knowledge, locale: Locale, today: date
) -> tuple[Suggestion, ...]:
    sections = (library.readable(knowledge, candidate.key, locale, today) for candidate in candidates)
    found = [library.suggestion(section) for section in sections if section is not None]
    return tuple(found[:_SUGGESTIONS])


def _is_ambiguous(ranked: Sequence[Candidate], text: str) -> bool:
    """Whether a bare keyword fits two documents about equally well."""
    if len(ranked) < 2 or len(words(text)) > _CLARIFY_WORDS or has_han(text):
        return False
    likely = shares(ranked[:5])
    return ranked[0].key.path != ranked[1].key.path and likely[1] >= _CLARIFY_SHARE * likely[0]
