"""Question in, Answer out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.answering import library
from bot.answering.evidence import (
    BARE_CALIBRATION,
    CALIBRATION,
    CONTACTS,
    Calibration,
    Evidence,
    Signs,
    holds_kind,
    weigh,
)
from bot.answering.extract import Extract, extract
from bot.answering.language import Languages, languages_of
from bot.answering.lexicon import AskedKind, provable_kind, refers_back
from bot.answering.model import Answer, DocumentView, OnSentence, Outcome, Question, Suggestion, TopicView, Turn
from bot.answering.policy import declined
from bot.answering.ports import Index, Knowledge, LanguageIdentifier, Search, StoredSection
from bot.answering.premises import lacks_year, names_unknown_year
from bot.answering.ranking import Candidate, blend, rank, shares
from bot.answering.relative_years import with_years
from bot.answering.rivals import disagree, is_asked_alone, newest_first, stems
from bot.answering.smalltalk import small_talk, without_greeting
from bot.vocabulary import Locale, SectionKey
from bot.writing.cleaning import one_line
from bot.writing.folding import has_han, unshouted, word_count, words
from bot.writing.sentences import split_sentences
from bot.writing.spelling import unstretched

QUESTION_LIMIT = 600
"""Characters of a message that are looked at: the embedding model cuts at about as many."""
TOP_K = 100
_SUGGESTIONS = 3
_SHORT_WORDS = 8
_SAME_DOCUMENT_BONUS = 1.5
_CONTEXT_WEIGHT = 0.5
_HOPELESS = 0.03
_SURE_AS_CORRECTED = 0.6
"""Below this a question that is not hopeless is read once more with what looks mistyped put right.

So sure must it then be: what looks mistyped may be a right word that no file holds. Of questions with mistakes in
writing to which nothing had been fitted 88 % were answered rightly instead of 79 %.
"""
_NEEDS_NO_OTHER_READING = 0.97
_LAST_SENTENCE_WEIGHT = 0.3
"""Of several sentences the last, where the question often stands, is read once more when the whole leaves doubt.

On the calibration and golden questions of several sentences: right in 100 % instead of 98 %.
"""
_SURE_ENOUGH = 0.95
"""The best section answers alone when it has this share of the two best ones' probability; otherwise both answer.

Measured on the golden questions: the right section is the first for 93 % and among the first two for 98 %.
"""
_SURE_ENOUGH_IF_NAMED = 0.7
"""The same where the question has words of the best section's title and heading and none of the other's.

A quarter of the answers from two sections becomes one from the right one; of 1,501 questions one lost its answer.
"""
_TOGETHER = 2
_RIVALS = 3
"""So many sections are looked at for another value of the same fact."""
_EVIDENCE = 6
_WORD_FOR_WORD = 0.98
_ENOUGH_WORDS = 1 / 3
"""Share of the question's words, by their weight, without which a year that we put in proves nothing.

Of "last year" in twelve languages: trains that ran .36 to 1 (once .19), parks that went bankrupt .21 to .31.
"""
_CLARIFY_SHARE = 0.5
_CLARIFY_WORDS = 2
_KEYWORD_COVERAGE = 0.9
"""The best section's of words that are in the knowledge is .97 to 1, of parking or bananas .01 to .53."""
_SUGGEST_FROM = 0.02
_OPEN_TOLD_FROM = 0.25
_DECLINED_FROM = 0.4
"""A rule is told only to a question as near as this to one of its own: "why?" is no politics.

Of 78 golden questions that had been declined 75 reach it; of the other three two were about a stain and a dough.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for one reading of a question, and how sure it is.

    `extracts` are the sentences of the section that answers best and, when it is about as good, of the next.
    `ranked` are the sections that may answer and `unanswered` the questions known to have no answer, best first.
    `asked` is the question as it was read.
    """

    extracts: tuple[Extract, ...] = ()
    evidence: Evidence | None = None
    probability: float = 0.0
    ranked: tuple[Candidate, ...] = ()
    unanswered: tuple[Candidate, ...] = ()
    asked: str = ""


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
        bare_calibration: Calibration = BARE_CALIBRATION,
    ) -> None:
        self._index = index
        self._identifier = identifier
        self._answer_from = answer_from
        self._sentences = sentences
        self._calibration = calibration
        self._bare_calibration = bare_calibration

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:  # noqa: ARG002 - a port's signature
        """Answer from the knowledge, ask back, or say honestly that it is not known: all at once."""
        answer, _ = await self.answer_with_evidence(question)
        return answer

    async def answer_with_evidence(self, question: Question) -> tuple[Answer, tuple[StoredSection, ...]]:
        """The answer, and for one that was found the sections that a fuller one may rest on, best first."""
        question = _legible(question)
        languages = languages_of(question, self._identifier)
        outcome = small_talk(question.text) or declined(question.text)
        if outcome is not None:
            return Answer(outcome, languages.spoken, languages.spoken), ()
        search = self._index.current()
        knowledge = search.knowledge
        finding = await self._find(search, languages, question)
        answer = self._decide(finding, knowledge, spoken=languages.spoken, today=question.today)
        evidence = _evidence(finding, knowledge, languages.spoken, question.today)
        return replace(answer, generation=knowledge.generation), evidence

    @property
    def knowledge(self) -> Knowledge:
        """What is published now."""
        return self._index.current().knowledge

    async def examine(self, question: Question) -> Finding:
        """What retrieval finds for a question and how sure it is, before anything is decided."""
        question = _legible(question)
        return await self._find(self._index.current(), languages_of(question, self._identifier), question)

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        """The whole section in `locale` or the best other language; None when it is gone or no longer valid."""
        knowledge = self._index.current().knowledge
        found = library.readable(knowledge, key, locale, today)
        if found is None:
            return None
        return Answer(
            Outcome.ANSWERED,
            locale,
            found.locale,
            sentences=found.sentences,
            citations=(library.citation(found),),
            score=1.0,
            generation=knowledge.generation,
        )

    def topics(self, locale: Locale, today: date) -> Sequence[TopicView]:  # noqa: ARG002 - a port's signature
        """The topics with something to read."""
        return library.topics(self._index.current().knowledge, today)

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        """The documents of a topic."""
        return library.documents(self._index.current().knowledge, topic, locale, today)

    async def _find(self, search: Search, languages: Languages, question: Question) -> Finding:
        """Read the question as it is written, and where that leaves doubt once more without slips of the thumb."""
        typed = await _in_letters(without_greeting(question.text), search, languages.written)
        asked = with_years(typed, languages.written, question.today)
        found = await self._find_asked(asked, search, languages, question)
        if asked != typed:
            as_typed = await self._find_asked(typed, search, languages, question)
            if _is_known_gap(as_typed) or not _is_in_its_words(found):
                return min(found, as_typed, key=lambda finding: finding.probability)
        if not _HOPELESS <= found.probability < _SURE_AS_CORRECTED:
            return found
        corrected = await search.corrected(asked, languages.written)
        if corrected == asked:
            return found
        again = await self._find_asked(corrected, search, languages, question)
        return again if again.probability >= _SURE_AS_CORRECTED else found

    async def _find_asked(self, asked: str, search: Search, languages: Languages, question: Question) -> Finding:
        """Read `asked`, the text of the question made ready for the search, by itself or with the turn before."""
        today, written = question.today, languages.written
        matches = await search.matches(asked, written, top_k=TOP_K)
        ranked = rank(matches, asked, search.knowledge)
        alone = await self._read(search, ranked, asked=asked, languages=languages, today=today)
        sentences = split_sentences(asked, written)
        if len(sentences) > 1 and alone.probability < _NEEDS_NO_OTHER_READING:
            by_last = await search.matches(sentences[-1], written, top_k=TOP_K)
            matches = blend(((matches, 1 - _LAST_SENTENCE_WEIGHT), (by_last, _LAST_SENTENCE_WEIGHT)))
            ranked = rank(matches, asked, search.knowledge)
            alone = await self._read(search, ranked, asked=asked, languages=languages, today=today)
        last = next((turn for turn in reversed(question.history) if small_talk(turn.question) is None), None)
        if last is None:
            return alone
        is_short, leans_back = word_count(asked) <= _SHORT_WORDS, refers_back(asked, written)
        if not (is_short or leans_back):
            return alone
        before = await _in_letters(last.question, search, written) if last.locale is written else last.question
        before = with_years(before, written, today)
        joined = await search.matches(f"{before} {asked}", written, top_k=TOP_K)
        both = blend(((matches, 1 - _CONTEXT_WEIGHT), (joined, _CONTEXT_WEIGHT)))
        moved = _in_context(rank(both, asked, search.knowledge), last.keys)
        in_context = await self._read(search, moved, asked=asked, languages=languages, today=today, last=last)
        if is_short and leans_back:
            return in_context
        changes_the_subject = word_count(asked) <= _CLARIFY_WORDS and in_context.probability < self._answer_from
        return in_context if in_context.probability > alone.probability and not changes_the_subject else alone

    async def _read(
        self,
        search: Search,
        ranked: Sequence[Candidate],
        *,
        asked: str,
        languages: Languages,
        today: date,
        last: Turn | None = None,
    ) -> Finding:
        """Pick the sentences of the best candidates and weigh what speaks for them.

        `last` is the turn before when the question was read together with that.
        """
        knowledge = search.knowledge
        copies = {c.key: library.best_copy(knowledge.copies(c.key), languages.spoken, today) for c in ranked}
        answerable = [c for c in ranked if (copy := copies[c.key]) is not None and copy.answerable]
        unanswered = [c for c in ranked if (copy := copies[c.key]) is not None and not copy.answerable]
        if not answerable:
            return Finding(unanswered=tuple(unanswered), asked=asked)
        kind = provable_kind(asked, languages.written)
        sections = [copy for c in _answering_together(answerable) if (copy := copies[c.key]) is not None]
        near = [copy for c in answerable[1:_RIVALS] if (copy := copies[c.key]) is not None]
        sections += [copy for copy in near if copy not in sections and disagree(sections[0], copy)]
        extracts = [
            extract(
                asked,
                section,
                await search.sentences(asked, languages.written, section),
                kind=kind,
                at_most=self._sentences,
            )
            for section in sections
        ]
        evidence = weigh(asked, answerable, unanswered, _signs(asked, kind, sections, last))
        calibration = self._calibration if answerable[0].match.has_questions else self._bare_calibration
        probability = calibration.probability(evidence, languages.written)
        told = _told(asked, answerable, extracts)
        return Finding(tuple(told), evidence, probability, tuple(answerable), tuple(unanswered), asked)

    def _decide(self, finding: Finding, knowledge: Knowledge, *, spoken: Locale, today: date) -> Answer:
        is_sure = finding.probability >= self._answer_from
        if not finding.extracts or names_unknown_year(finding.asked, knowledge, today):
            return self._refuse(finding, knowledge, spoken, today)
        if not is_sure:
            readings = _readings_of_keyword(finding, knowledge, spoken, today)
            if len(readings) > 1:
                return Answer(Outcome.CLARIFY, spoken, spoken, suggestions=readings, score=finding.probability)
            return self._refuse(finding, knowledge, spoken, today)
        extracts = [finding.extracts[place] for place in newest_first([found.section for found in finding.extracts])]
        first = extracts[0].section
        told = {found.section.key for found in finding.extracts}
        others = [candidate for candidate in finding.ranked if candidate.key not in told]
        related = _suggest(others, knowledge, spoken, today)
        if _is_ambiguous(finding.ranked, finding.asked):
            readings = tuple(library.suggestion(found.section) for found in finding.extracts)
            return Answer(
                Outcome.CLARIFY, spoken, spoken, suggestions=(*readings, *related)[:4], score=finding.probability
            )
        return Answer(
            Outcome.ANSWERED,
            spoken,
            first.locale,
            sentences=tuple(sentence for found in extracts for sentence in found.sentences),
            rest=extracts[0].rest,
            citations=tuple(library.citation(found.section) for found in extracts),
            suggestions=related,
            score=finding.probability,
        )

    def _refuse(self, finding: Finding, knowledge: Knowledge, spoken: Locale, today: date) -> Answer:
        gap = _known_gap(finding, knowledge, spoken, today)
        outcome = _DECLINES.get(gap.decline or "", Outcome.UNKNOWN) if gap else Outcome.UNKNOWN
        if outcome is not Outcome.UNKNOWN:
            return Answer(outcome, spoken, spoken, score=finding.probability)
        return Answer(
            outcome,
            spoken,
            gap.locale if gap else spoken,
            sentences=gap.sentences if gap else (),
            suggestions=_suggest(_likely(finding), knowledge, spoken, today),
            score=finding.probability,
        )


_DECLINES = {
    "politics": Outcome.DECLINED_POLITICS,
    "advice": Outcome.DECLINED_ADVICE,
    "harm": Outcome.DECLINED_HARM,
}


def _legible(question: Question) -> Question:
    """The question on one line, cut to what is looked at, its letters held down for emphasis once."""
    return replace(question, text=unstretched(one_line(question.text, limit=QUESTION_LIMIT)))


async def _in_letters(text: str, search: Search, locale: Locale) -> str:
    """The text in small letters, and in the language's own ones."""
    return await search.in_own_letters(unshouted(text), locale)


def _is_known_gap(finding: Finding) -> bool:
    """Whether the question is stored, all but word for word, as one that has no answer."""
    return bool(finding.unanswered) and finding.unanswered[0].match.question >= _WORD_FOR_WORD


def _is_in_its_words(finding: Finding) -> bool:
    """Whether the best section holds enough of the question's words, not only a year that was never typed."""
    return bool(finding.ranked) and finding.ranked[0].match.coverage >= _ENOUGH_WORDS


def _evidence(finding: Finding, knowledge: Knowledge, spoken: Locale, today: date) -> tuple[StoredSection, ...]:
    """The sections of the answer, then the next best."""
    told = [found.section for found in finding.extracts]
    others = (library.readable(knowledge, candidate.key, spoken, today) for candidate in finding.ranked[:_EVIDENCE])
    return tuple(dict.fromkeys((*told, *(section for section in others if section is not None))))[:_EVIDENCE]


def _signs(asked: str, kind: AskedKind | None, sections: Sequence[StoredSection], last: Turn | None) -> Signs:
    """What the texts tell of a question and of the sections that would be told, the best one first."""
    lacks_kind = kind is not None and not any(holds_kind(section.text, kind) for section in sections)
    return Signs(
        asks_kind=kind is not None,
        lacks_kind=lacks_kind,
        lacks_price=lacks_kind and kind is AskedKind.PRICE,
        lacks_contact=lacks_kind and kind in CONTACTS,
        lacks_year=lacks_year(asked, sections[0]),
        in_context=last is not None,
        same_document=last is not None and sections[0].key.path in {key.path for key in last.keys},
    )


def _answering_together(answerable: Sequence[Candidate]) -> Sequence[Candidate]:
    """The best section, and the next one when it is too close a call to leave it out."""
    is_sure = shares(answerable[:_TOGETHER])[0] >= _SURE_ENOUGH
    return answerable[: 1 if is_sure else _TOGETHER]


def _told(asked: str, answerable: Sequence[Candidate], extracts: Sequence[Extract]) -> Sequence[Extract]:
    """All, or without those of other things than the one that is asked by name; what disagrees with it stays."""
    if shares(answerable[:_TOGETHER])[0] < _SURE_ENOUGH_IF_NAMED:
        return extracts
    best = extracts[0]
    return [
        found
        for found in extracts
        if found is best
        or disagree(best.section, found.section)
        or not is_asked_alone(asked, best.section, found.section)
    ]


def _known_gap(finding: Finding, knowledge: Knowledge, spoken: Locale, today: date) -> StoredSection | None:
    """The open question that this one is, if it plainly is one."""
    if not finding.unanswered:
        return None
    best_first = sorted((*finding.ranked, *finding.unanswered), key=lambda candidate: -candidate.score)
    share = dict(zip((c.key for c in best_first), shares(best_first), strict=True))
    gap = finding.unanswered[0]
    if share[gap.key] < _OPEN_TOLD_FROM:
        return None
    copy = library.best_copy(knowledge.copies(gap.key), spoken, today)
    is_declined = copy is not None and copy.decline is not None
    return None if is_declined and gap.match.question < _DECLINED_FROM else copy


def _in_context(ranked: Sequence[Candidate], told: Sequence[SectionKey]) -> Sequence[Candidate]:
    """In a conversation, sections of the documents that it is about come a little forward."""
    if not told:
        return ranked
    paths = {key.path for key in told}
    moved = [replace(c, score=c.score + _SAME_DOCUMENT_BONUS) if c.key.path in paths else c for c in ranked]
    return sorted(moved, key=lambda candidate: -candidate.score)


def _suggest(
    candidates: Sequence[Candidate], knowledge: Knowledge, locale: Locale, today: date
) -> tuple[Suggestion, ...]:
    sections = (library.readable(knowledge, candidate.key, locale, today) for candidate in candidates)
    found = [library.suggestion(section) for section in sections if section is not None]
    return tuple(found[:_SUGGESTIONS])


def _likely(finding: Finding) -> Sequence[Candidate]:
    """The sections that are worth a suggestion."""
    return [c for c, share in zip(finding.ranked, shares(finding.ranked), strict=True) if share >= _SUGGEST_FROM]


def _readings_of_keyword(finding: Finding, knowledge: Knowledge, locale: Locale, today: date) -> tuple[Suggestion, ...]:
    """Where hardly more was typed than «trains» or «visa»: the likely sections that are named by it."""
    said = stems(finding.asked)
    is_bare = bool(said) and word_count(finding.asked) <= _CLARIFY_WORDS
    if not is_bare or finding.ranked[0].match.coverage < _KEYWORD_COVERAGE:
        return ()
    sections = (library.readable(knowledge, candidate.key, locale, today) for candidate in _likely(finding))
    readings = ((section, library.suggestion(section)) for section in sections if section is not None)
    named = [reading for section, reading in readings if said <= stems(f"{section.heading} {reading.text}")]
    return tuple(named[:_SUGGESTIONS])


def _is_ambiguous(ranked: Sequence[Candidate], text: str) -> bool:
    """Whether a bare keyword fits two documents about equally well."""
    if len(ranked) < 2 or len(words(text)) > _CLARIFY_WORDS or has_han(text):
        return False
    likely = shares(ranked[:5])
    return ranked[0].key.path != ranked[1].key.path and likely[1] >= _CLARIFY_SHARE * likely[0]
