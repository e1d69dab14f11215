"""At which step a question was lost, told from what the steps have found: it decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answering.judging import Circumstances, Finding, fused
from bot.answering.model import Answer, Loss, LostBy, Outcome
from bot.answering.reranking import Candidate
from bot.ids import SectionKey


def loss_of(
    answer: Answer, findings: Sequence[Finding], candidates: Sequence[Sequence[Candidate]], at: Circumstances
) -> Loss | None:
    """Why the answer is a refusal or an offer; None where it is neither, or where the bot does not speak of such.

    `candidates` are those of each finding, best first, with the sections that are not valid today.
    """
    if answer.outcome is Outcome.OFFERED:
        return _loss(LostBy.OFFERED, answer.offers[0].key if answer.offers else None, at)
    if answer.outcome is not Outcome.UNKNOWN:
        return None
    best = fused(findings)
    near = best.answerable[0].key if best.answerable else None
    ranked = candidates[next(number for number, one in enumerate(findings) if one is best)]
    if ranked and at.copy(ranked[0]) is None:
        return _loss(LostBy.EXPIRED, ranked[0].key, at)
    if answer.sentences and best.unanswered:
        return _loss(LostBy.OPEN_QUESTION, best.unanswered[0].key, at)
    if best.reason is not None:
        return _loss(LostBy.RULE, near, at)
    if near is None or not answer.suggestions:
        return _loss(LostBy.NOTHING_FOUND, near, at)
    has_copy = any(copy.locale is at.languages.written for copy in at.knowledge.copies(near))
    return _loss(LostBy.LOW_CONFIDENCE if has_copy else LostBy.NO_COPY, near, at)


def _loss(by: LostBy, nearest: SectionKey | None, at: Circumstances) -> Loss:
    copies = at.knowledge.copies(nearest) if nearest is not None else ()
    return Loss(by, nearest, tuple(sorted({copy.locale for copy in copies})))
