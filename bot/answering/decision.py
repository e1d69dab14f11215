"""What becomes of a message once all is known of it: pure, from values to an `Answer`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.answering import browsing
from bot.answering.alternatives import are_named, offered_by
from bot.answering.calibration import Thresholds
from bot.answering.conflicts import disagree, newest_first
from bot.answering.judging import Circumstances, Finding, extract_of, fused
from bot.answering.leading import FIRST_NAMED_FROM, Leads, asks, known_gap, newly_known
from bot.answering.model import Answer, Offer, Outcome, Suggestion
from bot.answering.parting import NEVER, PartingModel
from bot.answering.ports import StoredSection
from bot.answering.reading import ReadingKind
from bot.answering.reranking import Candidate, shares
from bot.answering.routing import KINDS_OF_QUESTIONS, Route
from bot.ids import ReplyKind, SectionKey

OFFERS = 5
"""Sections for buttons at most. Chosen: the right one was among five for 99.8 % of the golden questions."""
_SUGGESTIONS = 3
"""Related questions for buttons at most. Chosen: they stand below an answer, and must not hide it."""
_BESIDE_REFUSAL = 2
"""Sections that are named below a refusal, at most. Chosen."""
_BESIDE_REFUSAL_FROM = 0.5
"""The similarity from which they are: what is known of the booths that
there were is .6 from who wants one, the park alliance .42 from «parking», the Institute .43 from who wants to eat."""
_RIVALS = 3
"""So many sections are looked at for another value of the same fact."""
_CLOSE_CALL = 0.7
"""Below this share of the two best ones' probability both are told: of the calibration cases that are answered, 7 %.

The right section is the first of them for 93.9 %, and told for 95.4 %.
"""
_NEW_OFFERED_FROM = 0.05
"""The probability from which sections are offered where the first has no example questions: of such a section less is
known, and staff who add a file want it found, also for what was known to have no answer before.

With files added as staff would, 87 % of the questions on them are offered something, 71 % the right section, and 19 %
of the others that nothing answers; with .1 wherever one is among the first five 74, 61 and 35 %.
"""
_DOUBTED_BELOW = 0.7
"""Below this probability a question is no matter of the bot itself or to be declined where such a section comes first:
«How do I have my blood pressure taken?» wants no doctor where a file on the health point was added.

With files added as staff would, 43 of 402 questions were declined or the like; of these it wins back 20, and it takes
8 of 500 messages that were rightly declined.
"""
OUTCOMES = {
    ReplyKind.GREETING: Outcome.GREETING,
    ReplyKind.THANKS: Outcome.THANKS,
    ReplyKind.PRAISE: Outcome.PRAISE,
    ReplyKind.OK: Outcome.OK,
    ReplyKind.FAREWELL: Outcome.FAREWELL,
    ReplyKind.ABOUT_BOT: Outcome.ABOUT_BOT,
    ReplyKind.COMPLAINT: Outcome.COMPLAINT,
    ReplyKind.PERSON: Outcome.PERSON,
    ReplyKind.UNSUBSCRIBE: Outcome.UNSUBSCRIBE,
    ReplyKind.EMERGENCY: Outcome.EMERGENCY,
    ReplyKind.UNCLEAR: Outcome.NOT_UNDERSTOOD,
    ReplyKind.POLITICS: Outcome.DECLINED_POLITICS,
    ReplyKind.ADVICE: Outcome.DECLINED_ADVICE,
    ReplyKind.HARM: Outcome.DECLINED_HARM,
}


_REMARKS = (
    ReplyKind.GREETING,
    ReplyKind.THANKS,
    ReplyKind.PRAISE,
    ReplyKind.OK,
    ReplyKind.FAREWELL,
    ReplyKind.COMPLAINT,
)
"""What visitors say beside a question."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides by these thresholds; an answer holds at most `sentences` sentences a section.

    From the probability `answer_from` on the best section is told as the answer.
    """

    thresholds: Thresholds
    answer_from: float
    sentences: int
    parting: PartingModel = NEVER

    def decide(
        self, route: Route, findings: Sequence[Finding], at: Circumstances, told: Iterable[SectionKey]
    ) -> Answer:
        """Answer, offer, ask back or refuse; `findings` are those of all readings, `told` what was told just before."""
        findings = self._leads.not_repeating(findings, at, set(told))
        best = fused(findings)
        if route.reply is not None and route.is_taken(self.thresholds.route_from):
            beside = self._asked_beside(route.reply, findings, at)
            if beside is None and not _is_doubted(route, best):
                return self._reply(route.reply, best, at, set(told))
            best = beside or best
        if halves := self._leads.halves(best, findings, at):
            first, *others = (self._answered_alone(half, at) for half in halves)
            return replace(first, second=others[0]) if others else first
        if (found := self._newly_known(best, at)) is not None:
            return found
        is_sure = best.probability >= self.answer_from
        if not best.answerable or best.reason is not None:
            return self._refuse(best, at)
        if is_sure:
            return self._answer(best, self._told(best, at), at)
        return self._offer(best, at) or self._refuse(best, at)

    @property
    def _leads(self) -> Leads:
        return Leads(self.answer_from, self.parting)

    def tell(self, best: Finding, at: Circumstances) -> Answer:
        """Answer from the first section, and those that give the same fact other values, however probable it is."""
        return self._answer(best, [(best, section) for section in _alike(best, at)], at)

    def offer(self, best: Finding, at: Circumstances) -> Answer:
        """The first sections for buttons, however probable they are."""
        return replace(_bare(Outcome.OFFERED, best, at), offers=_offers(_keys(best.answerable[:OFFERS]), at))

    def _reply(self, reply: ReplyKind, best: Finding, at: Circumstances, told: set[SectionKey]) -> Answer:
        answer = _bare(OUTCOMES[reply], best, at)
        if reply is not ReplyKind.COMPLAINT:
            return replace(answer, score=0.0)
        others = [candidate for candidate in best.answerable if candidate.key not in told]
        return replace(answer, suggestions=self._beside_refusal(others, at))

    def _answer(self, best: Finding, parts: Sequence[tuple[Finding, StoredSection]], at: Circumstances) -> Answer:
        extracts = [extract_of(finding, section, at, at_most=self.sentences) for finding, section in parts]
        told = {extract.section.key for extract in extracts}
        others = [candidate for candidate in best.answerable if candidate.key not in told]
        is_new = _is_new(best.answerable[0])
        rivals = self._near_enough([candidate for candidate in others if _is_new(candidate)])
        return Answer(
            Outcome.ANSWERED,
            at.languages.spoken,
            extracts[0].section.locale,
            sentences=tuple(sentence for extract in extracts for sentence in extract.sentences),
            rest=extracts[0].rest,
            citations=tuple(browsing.citation(extract.section) for extract in extracts),
            suggestions=() if is_new else self._related(others, at),
            offers=_offers(_keys(rivals[: OFFERS - len(told)]), at) if is_new else (),
            score=best.probability,
        )

    def _told(self, best: Finding, at: Circumstances) -> Sequence[tuple[Finding, StoredSection]]:
        """One section; two where it is a close call; and all that give one fact other values."""
        told, near = _alike(best, at), _near(best, at)
        if len(told) == 1 and near and shares(best.answerable[:2])[0] < _CLOSE_CALL:
            told.append(near[0])
        return [(best, one) for one in told]

    def _newly_known(self, best: Finding, at: Circumstances) -> Answer | None:
        """What staff have added since beside what was known to have no answer: offered, unless something is told."""
        gap = known_gap(best, at, first=FIRST_NAMED_FROM, counts_talk=False)
        if gap is None or self._leads.is_told(best):
            return None
        new = newly_known(best, gap, at)
        if not new:
            return None
        keys = dict.fromkeys((*new, *_keys(best.answerable)))
        return replace(_bare(Outcome.OFFERED, best, at), offers=_offers(list(keys)[:OFFERS], at))

    def _answered_alone(self, half: Finding, at: Circumstances) -> Answer:
        if self._leads.is_told(half):
            return replace(self.tell(half, at), suggestions=(), offers=())
        return replace(self._refuse(half, at), suggestions=())

    def _asked_beside(self, reply: ReplyKind, findings: Sequence[Finding], at: Circumstances) -> Finding | None:
        """What is surely asked after a remark: «thanks, that helped, and where is the hall»."""
        parts_too = () if reply is ReplyKind.COMPLAINT else (ReadingKind.BESIDE, ReadingKind.HALF, ReadingKind.SENTENCE)
        kinds = (ReadingKind.CLAUSE, *parts_too)
        parts = [one for one in findings if one.reading.kind in kinds and self._leads.of(one, at) is not None]
        is_courtesy = reply in (ReplyKind.GREETING, ReplyKind.THANKS)
        asked = [one for one in parts if asks(one, at) or (is_courtesy and one.reading.kind is ReadingKind.BESIDE)]
        return asked[-1] if asked and reply in _REMARKS else None

    def _offer(self, best: Finding, at: Circumstances) -> Answer | None:
        if known_gap(best, at) is not None:
            return None
        offer_from = _NEW_OFFERED_FROM if _is_new(best.answerable[0]) else self.thresholds.offer_from
        if best.probability < min(offer_from, self.answer_from):
            return None
        return self.offer(best, at)

    def _refuse(self, best: Finding, at: Circumstances) -> Answer:
        gap = known_gap(best, at, first=FIRST_NAMED_FROM, counts_talk=False)
        if gap is not None and gap.offers:
            return _which(gap, best, at)
        return replace(
            _bare(Outcome.UNKNOWN, best, at),
            written_in=gap.locale if gap else at.languages.spoken,
            sentences=gap.sentences if gap else (),
            named=gap.key if gap is not None and gap.sentences else None,
            suggestions=self._beside_refusal(best.answerable, at, _beside(gap, best, at) if gap else ()),
        )

    def _beside_refusal(
        self, candidates: Sequence[Candidate], at: Circumstances, beside: Sequence[StoredSection] = ()
    ) -> tuple[Suggestion, ...]:
        """What staff have just added `beside` it, what is known close by what was asked, then what else is beside."""
        near = [candidate for candidate in candidates if _nearness(candidate) >= _BESIDE_REFUSAL_FROM]
        new = [copy for copy in beside if not copy.questions and not copy.drafted_questions]
        named = (*map(browsing.suggestion, new), *self._related(near, at), *map(browsing.suggestion, beside))
        return tuple(dict.fromkeys(named))[:_BESIDE_REFUSAL]

    def _related(self, candidates: Sequence[Candidate], at: Circumstances) -> tuple[Suggestion, ...]:
        """The first sections that have to do with what was asked."""
        near = self._near_enough(candidates)[:_SUGGESTIONS]
        sections = [copy for candidate in near if (copy := at.copy(candidate)) is not None]
        return tuple(browsing.suggestion(section) for section in sections)

    def _near_enough(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        return [candidate for candidate in candidates if _nearness(candidate) >= self.thresholds.suggest_from]


def _which(gap: StoredSection, best: Finding, at: Circumstances) -> Answer:
    """The question back that a section is, with what it offers."""
    keys = offered_by(gap, at.knowledge)
    copies = (browsing.best_copy(at.knowledge.copies(key), at.languages.spoken, at.today) for key in keys)
    choices = [replace(browsing.suggestion(copy), label=copy.heading) for copy in copies if copy is not None]
    return replace(
        _bare(Outcome.CLARIFY, best, at),
        written_in=gap.locale,
        sentences=gap.sentences,
        named=gap.key,
        suggestions=tuple(choices),
    )


def _beside(gap: StoredSection, best: Finding, at: Circumstances) -> list[StoredSection]:
    """What is known close by an open question, but for the rule of a country that nobody named."""
    keys = at.knowledge.beside(gap.key, gap.locale)
    named = are_named(keys, best.reading.text, at.knowledge, at.languages.written)
    meant = (at.knowledge.copies(key) for key in keys if named.get(key, True))
    copies = (browsing.best_copy(copies, at.languages.spoken, at.today) for copies in meant)
    return [copy for copy in copies if copy is not None]


def _is_doubted(route: Route, best: Finding) -> bool:
    """Whether a section just added may be asked for rather than what the examples of a reply come near to."""
    if route.reply not in KINDS_OF_QUESTIONS or route.probability >= _DOUBTED_BELOW or best.reason is not None:
        return False
    return bool(best.answerable) and _is_new(best.answerable[0]) and best.probability >= _NEW_OFFERED_FROM


def _is_new(candidate: Candidate) -> bool:
    """Whether a section has no example questions, as in a file just added.

    Of such a section less is known: others like it that are about as near are offered with it. Beside the answers to
    training questions the right section stood five times, each time as new; known ones came along 434 times.
    """
    return not candidate.section.has_questions


def _offers(keys: Iterable[SectionKey], at: Circumstances) -> tuple[Offer, ...]:
    copies = (browsing.best_copy(at.knowledge.copies(key), at.languages.spoken, at.today) for key in keys)
    return tuple(Offer(one.key, one.heading or one.title, one.locale) for one in copies if one is not None)


def _keys(candidates: Sequence[Candidate]) -> list[SectionKey]:
    return [candidate.key for candidate in candidates]


def _bare(outcome: Outcome, best: Finding, at: Circumstances) -> Answer:
    return Answer(outcome, at.languages.spoken, at.languages.spoken, score=best.probability)


def _first(finding: Finding, at: Circumstances) -> StoredSection:
    section = at.copy(finding.answerable[0])
    assert section is not None
    return section


def _near(finding: Finding, at: Circumstances) -> list[StoredSection]:
    """The next sections, which may give another value of the same fact."""
    return [copy for candidate in finding.answerable[1:_RIVALS] if (copy := at.copy(candidate)) is not None]


def _alike(finding: Finding, at: Circumstances) -> list[StoredSection]:
    """The first section, with those that give the same fact another value, the newest first."""
    section = _first(finding, at)
    alike = [section, *(other for other in _near(finding, at) if disagree(section, other))]
    return [alike[place] for place in newest_first(alike)]


def _nearness(candidate: Candidate) -> float:
    return max(candidate.section.passage, candidate.section.question)
