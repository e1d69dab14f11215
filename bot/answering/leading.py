"""What a message, or half of it, surely asks for: a section or an open question; and which halves are two questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.answering.asked_kind import is_question
from bot.answering.judging import Circumstances, Finding
from bot.answering.parting import NEVER, Half, PartingModel, features
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
_ASKED_SO_FROM = 0.7
"""The similarity to an example question from which half a message asks something, though no word of it says so."""
_ALONE_TOLD_FROM = 0.8
"""The probability from which half a message is answered though nothing is known of the whole. Chosen."""
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
    parting: PartingModel = NEVER

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

        Where nothing is known of the whole, a half is better than nothing: only that is returned.
        """
        halves = self._halves(findings, at)
        leads = [self.of(half, at) for half in halves]
        if any(lead is not None and lead.is_near_miss for lead in leads):  # there are no words for half a refusal
            return ()
        told_apart = self.told_apart(best, findings, at)
        if told_apart is not None and self.parting.are_two(told_apart):
            return halves
        if self.is_told(best) or best.reason is not None or known_gap(best, at) is not None:
            return ()
        leading = [half for half, lead in zip(halves, leads, strict=True) if lead]
        asking = leading if len(leading) < 2 else [half for half in leading if asks(half, at)]
        if len(asking) != 1 or (self.is_told(asking[0]) and asking[0].probability < _ALONE_TOLD_FROM):
            return ()
        return asking

    def pair(self, findings: Sequence[Finding], at: Circumstances) -> Sequence[SectionKey]:
        """The sections or open questions that two halves lead to; none where it is not another for each."""
        leads = [self.of(half, at) for half in self._halves(findings, at)]
        known = [lead for lead in leads if lead is not None and not lead.is_near_miss]  # no words for half a refusal
        return known if len(set(known)) == 2 else ()

    def told_apart(self, best: Finding, findings: Sequence[Finding], at: Circumstances) -> Mapping[str, float] | None:
        """What speaks for two questions, by name; None where the halves do not each lead to a section of its own."""
        halves, pair = self._halves(findings, at), self.pair(findings, at)
        if not pair:
            return None
        described = [
            Half(half, asks(half, at), is_question(half.reading.text, at.languages.written)) for half in halves
        ]
        is_first = self.of(findings[0], at) == pair[0]
        return features(described, findings[0], probability=best.probability, is_first=is_first)

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
