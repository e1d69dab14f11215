"""What a message, or half of it, surely asks for: a section or an open question; and which halves are two questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.asked_kind import is_question
from bot.answering.judging import Circumstances, Finding
from bot.answering.ports import StoredSection
from bot.answering.reading import ReadingKind
from bot.answering.reranking import shares
from bot.ids import SectionKey

OPEN_TOLD_FROM = 0.25
"""The share of probability from which a question known to have no answer gets the words kept for it."""
FIRST_NAMED_FROM = 0.1
"""The same where nothing else is nearer: of 77 first messages that were lost so, 49 asked it. Chosen."""
_NEW_NEAR = 6.0
"""By how much lower, in nats, the score of a section without example questions may be that is offered in place of an
open question; read beside the question, where there is a reader.

Beside some 48 new sections 68 % of 895 first messages are right, 89 % without them; 57 % where the eight open questions
nearest to each give way to it. Of 282 questions on the sections 73 % are answered rightly or offered the answer, then
72 %. With 4 it is 73 and 71 %. Chosen.
"""
_HALF_NAMED_FROM = 0.6
"""The same for half a message, of which less is known."""
_WHOLE_FROM = 0.8
"""The probability from which a message with two halves is one question all the same. Chosen."""
_WHOLE_OF_QUESTIONS_FROM = 0.9
"""The same where each half is a question by its words. Chosen."""
_WHOLE_NAMED_FROM = 0.97
"""The share from which the same holds for an open question: «who took part, the names of the firms». Chosen."""
_ASKED_SO_FROM = 0.7
"""The similarity to an example question from which half a message asks something, though no word of it says so.

Of 101 messages with two questions both are then found for 98 instead of 93, of 2,685 with one 94 are parted and not 72.
"""
_TWO_FROM, _SHARE_WORTH, _DEPTH_COST, _MOST_DEPTH = 0.46, 0.2, 0.02, 10.0
"""From where two halves are two questions: their similarity to example questions, with so much of their share added and
so much taken away for each nat that the whole message puts what they lead to below its first; at most so many count.
"""
_ALONE_TOLD_FROM = 0.8
"""The probability from which half a message is answered though nothing is known of the whole. Chosen."""
_CARRIED_ON_FROM = 4.0
"""The nats from which a second half whose section the whole puts so low only carries on the first, if both together
lead to the same as the first, «is the metro being built into Jiaozhou, when is it done», or alone leads nowhere much.
"""
_LIKELY_SHARE = 0.6
"""The share from which it leads somewhere alone.

All chosen: of 168 messages with two questions both are answered for 147 (148), of 3,788 with one 61 (138) parted.
"""
_REPEATED_FROM = 0.7
"""The probability from which what was told just now is told again. Chosen."""
_AFTER = (ReadingKind.AFTER_QUESTION, ReadingKind.AFTER_HEADING)
"""Readings together with what was said before."""


def known_gap(
    best: Finding,
    at: Circumstances,
    *,
    least: float = OPEN_TOLD_FROM,
    first: float | None = None,
    counts_talk: bool = True,
) -> StoredSection | None:
    """The open question that this one is, if it plainly is one; examples of small talk may be nearer.

    Where the message is known to be a question, they need not count.
    """
    copies = [(candidate, at.copy(candidate)) for candidate in best.unanswered]
    rivals = [(one, copy) for one, copy in copies if counts_talk or copy is None or copy.reply is None]
    if not rivals:
        return None
    gap, copy = rivals[0]
    best_first = sorted((*best.answerable, *(one for one, _ in rivals)), key=lambda candidate: -candidate.score)
    share = dict(zip((candidate.key for candidate in best_first), shares(best_first), strict=True))
    is_first = gap is best_first[0] and share[gap.key] >= (first or least)
    return copy if (is_first or share[gap.key] >= least) and copy is not None and copy.reply is None else None


def newly_known(finding: Finding, gap: StoredSection, at: Circumstances) -> list[SectionKey]:
    """The sections without example questions that may answer what was an open question by now, the best first.

    Staff have just added them, and nobody has said yet which questions they answer: such as lie about as near to this
    question, and such as lie nearer to the open question than all others.
    """
    score = next(candidate.score for candidate in finding.unanswered if candidate.key == gap.key)
    new = (candidate for candidate in finding.answerable if not candidate.section.has_questions)
    near = (candidate.key for candidate in new if candidate.score >= score - _NEW_NEAR)
    return list(dict.fromkeys((*near, *at.knowledge.new_facts(gap.key))))


def asks(finding: Finding, at: Circumstances) -> bool:
    """Whether something is asked, by its words or in about these words."""
    if is_question(finding.reading.text, at.languages.written):
        return True
    first = finding.best_first[0].section
    return first.has_questions and first.question >= _ASKED_SO_FROM


@dataclass(frozen=True, slots=True)
class Leads:
    """Where findings lead, if from the probability `answer_from` on a section is told."""

    answer_from: float

    def is_told(self, finding: Finding) -> bool:
        """Whether the first section is told as the answer."""
        is_sure = finding.probability >= self.answer_from
        return is_sure and bool(finding.answerable) and finding.reason is None

    def of(self, half: Finding, at: Circumstances) -> SectionKey | None:
        """The section, or the open question, that half a message surely asks for."""
        if self.is_told(half):
            return half.answerable[0].key
        gap = known_gap(half, at, least=_HALF_NAMED_FROM, first=OPEN_TOLD_FROM)
        return gap.key if gap is not None and not newly_known(half, gap, at) else None

    def not_repeating(self, findings: Sequence[Finding], at: Circumstances, told: set[SectionKey]) -> Sequence[Finding]:
        """Without what was said before, where that only leads to what was told just now, and the message leads on.

        «How can I exhibit?» after «How many countries came?» wants no countries again.
        """
        leaning = [finding for finding in findings if finding.reading.kind in _AFTER]
        repeated = {finding.best_first[0].key for finding in leaning if finding.best_first}
        lead = self.of(findings[0], at)
        is_sure = any(finding.probability >= _REPEATED_FROM for finding in leaning)
        needs_context = (findings[0].features or {}).get("needs_context", 0.0) > 0.0
        if is_sure or needs_context or not repeated or not told >= repeated or lead is None or lead in told:
            return findings
        return [finding for finding in findings if finding.reading.kind not in _AFTER]

    def halves(self, best: Finding, findings: Sequence[Finding], at: Circumstances) -> Sequence[Finding]:
        """The two questions of a message, where each half surely asks for another section; none where it is one.

        Where the whole surely asks for one that neither half does, it is one question. Where nothing is known of the
        whole, a half is better than nothing: only that is returned.
        """
        halves = self._halves(findings, at)
        leads = [self.of(half, at) for half in halves]
        if any(lead is not None and lead.is_near_miss for lead in leads):  # there are no words for half a refusal
            return ()
        is_known = self.is_told(best) or best.reason is not None or known_gap(best, at) is not None
        if any(leads) and not all(leads) and not is_known:
            known = next(half for half, lead in zip(halves, leads, strict=True) if lead)
            return () if self.is_told(known) and known.probability < _ALONE_TOLD_FROM else [known]
        if len(leads) != 2 or None in leads or leads[0] == leads[1]:
            return ()
        asking = [half for half in halves if asks(half, at)]
        if len(asking) < 2:
            return asking if not is_known else ()
        if self._is_one(best, halves, leads, at) or self._is_carried_on(findings, halves, leads):
            return ()
        return halves

    def _halves(self, findings: Sequence[Finding], at: Circumstances) -> Sequence[Finding]:
        kinds = (ReadingKind.HALF, ReadingKind.SENTENCE)
        by_kind = ([finding for finding in findings if finding.reading.kind is kind] for kind in kinds)
        halves = next((found for found in by_kind if len(found) == 2), [])
        seconds = [one for one in findings if one.reading.kind is ReadingKind.SECOND_HALF]
        return [halves[0], self._second(halves, seconds[0], at)] if halves and seconds else halves

    def _second(self, halves: Sequence[Finding], joined: Finding, at: Circumstances) -> Finding:
        """The second half alone, or read after the first: «when was the SCO founded and how many members»."""
        first, alone, lead = self.of(halves[0], at), self.of(halves[1], at), self.of(joined, at)
        if lead is None or lead == first:
            return halves[1]
        return joined if alone is None or joined.share > halves[1].share else halves[1]

    def _is_one(
        self, best: Finding, halves: Sequence[Finding], leads: Sequence[SectionKey | None], at: Circumstances
    ) -> bool:
        are_questions = all(is_question(half.reading.text, at.languages.written) for half in halves)
        whole_from = _WHOLE_OF_QUESTIONS_FROM if are_questions else _WHOLE_FROM
        is_whole = best.reading.kind not in (ReadingKind.SENTENCE, ReadingKind.BESIDE, ReadingKind.CLAUSE)
        if is_whole and best.probability >= whole_from and self.is_told(best) and best.answerable[0].key not in leads:
            return True
        doubted = [half for half in halves if self.is_told(half) and half.probability < _WHOLE_FROM]
        gap = known_gap(best, at, least=_WHOLE_NAMED_FROM)
        return gap is not None and any(not are_questions or half.best_first[0].key == gap.key for half in doubted)

    @staticmethod
    def _is_carried_on(
        findings: Sequence[Finding], halves: Sequence[Finding], leads: Sequence[SectionKey | None]
    ) -> bool:
        """Whether the second half asks nothing of its own: what it leads to alone is far from the whole message."""
        first, last = (_depth(findings[0], lead) for lead in leads)
        asked = [half.best_first[0].section.question for half in halves]
        joined = [one.best_first[0].key for one in findings if one.reading.kind is ReadingKind.SECOND_HALF]
        leads_on = joined == leads[:1] and asked[1] < _ASKED_SO_FROM
        if first == 0 and last >= _CARRIED_ON_FROM and (leads_on or halves[1].share < _LIKELY_SHARE):
            return True
        share = min(half.share for half in halves)
        return min(asked) + _SHARE_WORTH * share - _DEPTH_COST * max(first, last) < _TWO_FROM


def _depth(finding: Finding, lead: SectionKey | None) -> float:
    """By how many nats a section stands below the first."""
    best_first = finding.best_first
    scores = (best_first[0].score - candidate.score for candidate in best_first if candidate.key == lead)
    return min(next(scores, _MOST_DEPTH), _MOST_DEPTH)
