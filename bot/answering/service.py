"""Question in, Answer out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.answering import library
from bot.answering.evidence import CALIBRATION, Calibration, holds_kind, weigh
from bot.answering.extract import Extract, extract
from bot.answering.language import Languages, languages_of
from bot.answering.lexicon import AskedKind, asked_kind, refers_back
from bot.answering.model import Answer, DocumentView, Outcome, Question, Suggestion, TopicView
from bot.answering.policy import declined
from bot.answering.ports import Index, Knowledge, LanguageIdentifier, Search, StoredSection
from bot.answering.ranking import Candidate, rank
from bot.answering.smalltalk import small_talk, without_greeting
from bot.vocabulary import Locale, SectionKey
from bot.writing.cleaning import one_line
from bot.writing.folding import words

QUESTION_LIMIT = 600
"""Characters of a message that are looked at: the embedding model cuts at about as many."""
TOP_K = 80
_SUGGESTIONS = 3
_SHORT_WORDS = 4
_SAME_SECTION_BONUS = 0.04
_CLARIFY_MARGIN = 0.015
_CLARIFY_WORDS = 2
_SUGGEST_FROM = 0.2


@dataclass(frozen=True, slots=True)
class _Finding:
    """The best section for one reading of a question, and how sure it is."""

    section: StoredSection | None
    extract: Extract
    probability: float
    ranked: tuple[Candidate, ...]
    open_question: StoredSection | None


_NOTHING = Extract((), (), 0.0)


class Answerer:
    """Answers from one generation of the knowledge at a time.

    `answer_from` is the probability from which an answer is given, `sentences` how many it may hold.
    """

    def __init__(
        self,
        index: Index,
        identifier: LanguageIdentifier,
        *,
        answer_from: float = 0.5,
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
        text = one_line(question.text, limit=QUESTION_LIMIT)
        languages = languages_of(replace(question, text=text), self._identifier)
        outcome = small_talk(text) or declined(text)
        if outcome is not None:
            return Answer(outcome, languages.spoken, languages.spoken)
        search = self._index.current()
        finding = await self._find(search, without_greeting(text), languages, question)
        return self._decide(finding, search.knowledge, text=text, spoken=languages.spoken, today=question.today)

    async def retrieve(self, question: Question) -> Sequence[SectionKey]:
        """The sections found for a question, best first, answerable or not: what retrieval alone is worth."""
        text = one_line(question.text, limit=QUESTION_LIMIT)
        languages = languages_of(replace(question, text=text), self._identifier)
        search = self._index.current()
        finding = await self._find(search, without_greeting(text), languages, question)
        return [candidate.key for candidate in finding.ranked]

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

    async def _find(self, search: Search, text: str, languages: Languages, question: Question) -> _Finding:
        alone = await self._read(search, text, languages, question, asked=text)
        last = question.history[-1] if question.history else None
        leans_back = refers_back(text, languages.written) or len(words(text)) <= _SHORT_WORDS
        if last is None or not leans_back:
            return alone
        joined = await self._read(search, f"{last.question} {text}", languages, question, asked=text)
        return joined if joined.probability > alone.probability else alone

    async def _read(
        self, search: Search, text: str, languages: Languages, question: Question, *, asked: str
    ) -> _Finding:
        """Search for `text`; `asked` is what the visitor wrote last and picks the sentences."""
        ranked = rank(await search.hits(text, languages.written, top_k=TOP_K))
        if text != asked:
            ranked = _prefer(ranked, question.history[-1].keys)
        knowledge, today = search.knowledge, question.today
        copies = {c.key: library.best_copy(knowledge.copies(c.key), languages.spoken, today) for c in ranked}
        answerable = [c for c in ranked if _answers(copies[c.key])]
        unanswered = [c for c in ranked if (copy := copies[c.key]) is not None and not copy.answerable]
        open_question = copies[unanswered[0].key] if unanswered else None
        if not answerable:
            return _Finding(None, _NOTHING, 0.0, (), open_question)
        best, section = answerable[0], copies[answerable[0].key]
        assert section is not None
        kind = asked_kind(asked, languages.written)
        chosen = extract(
            asked,
            section,
            await search.sentences(text, languages.written, section),
            kind=kind,
            at_most=self._sentences,
        )
        evidence = weigh(
            best,
            answerable[1:],
            sentence=chosen.best,
            open_score=unanswered[0].meaning if unanswered else 0.0,
            lacks_kind=_lacks(section, kind),
        )
        return _Finding(section, chosen, self._calibration.probability(evidence), tuple(answerable), open_question)

    def _decide(self, finding: _Finding, knowledge: Knowledge, *, text: str, spoken: Locale, today: date) -> Answer:
        if finding.section is None or finding.probability < self._answer_from:
            return self._refuse(finding, knowledge, spoken, today)
        section = finding.section
        related = _suggest(finding.ranked[1:], knowledge, spoken, today)
        if _is_ambiguous(finding.ranked, text):
            readings = (library.suggestion(section), *related)
            return Answer(Outcome.CLARIFY, spoken, spoken, suggestions=readings, score=finding.probability)
        return Answer(
            Outcome.ANSWERED,
            spoken,
            section.locale,
            sentences=finding.extract.sentences,
            rest=finding.extract.rest,
            citations=(library.citation(section),),
            suggestions=related,
            score=finding.probability,
        )

    def _refuse(self, finding: _Finding, knowledge: Knowledge, spoken: Locale, today: date) -> Answer:
        nearest = [candidate for candidate in finding.ranked if candidate.score >= _SUGGEST_FROM]
        known_gap = finding.open_question
        outcome = _DECLINES.get(known_gap.decline or "", Outcome.UNKNOWN) if known_gap else Outcome.UNKNOWN
        return Answer(
            outcome,
            spoken,
            spoken,
            suggestions=_suggest(nearest, knowledge, spoken, today) if outcome is Outcome.UNKNOWN else (),
            score=finding.probability,
        )


_DECLINES = {
    "politics": Outcome.DECLINED_POLITICS,
    "advice": Outcome.DECLINED_ADVICE,
    "harm": Outcome.DECLINED_HARM,
}


def _answers(copy: StoredSection | None) -> bool:
    return copy is not None and copy.answerable


def _lacks(section: StoredSection, kind: AskedKind | None) -> bool:
    return kind is not None and not holds_kind(section.text, kind)


def _prefer(ranked: Sequence[Candidate], keys: Sequence[SectionKey]) -> list[Candidate]:
    """Put sections of the last answer's documents a little ahead: the conversation is about them."""
    paths = {key.path for key in keys}
    lifted = [
        replace(c, passage=c.passage + _SAME_SECTION_BONUS, question=c.question + _SAME_SECTION_BONUS)
        if c.key.path in paths
        else c
        for c in ranked
    ]
    return sorted(lifted, key=lambda candidate: -candidate.score)


def _suggest(
    candidates: Sequence[Candidate], knowledge: Knowledge, locale: Locale, today: date
) -> tuple[Suggestion, ...]:
    sections = (library.readable(knowledge, candidate.key, locale, today) for candidate in candidates)
    found = [library.suggestion(section) for section in sections if section is not None]
    return tuple(found[:_SUGGESTIONS])


def _is_ambiguous(ranked: Sequence[Candidate], text: str) -> bool:
    """Whether a bare keyword fits two documents about equally well."""
    if len(ranked) < 2 or len(words(text)) > _CLARIFY_WORDS:
        return False
    first, second = ranked[0], ranked[1]
    return first.key.path != second.key.path and first.score - second.score < _CLARIFY_MARGIN
