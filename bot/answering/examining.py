"""The best sections read beside the question: which of them answers, and whether any does.

Sections are read where one of them has no example questions, as in a file just added: of those the signs know little.
Beside example questions in every language the reader adds nothing yet. What is settled is not read either: it costs
milliseconds a section.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.answering.confidence import ConfidenceModel
from bot.answering.judging import Circumstances, Finding, judge
from bot.answering.ports import StoredSection, Support
from bot.answering.reranking import Candidate
from bot.ids import Locale, SectionKey

MOST_READ = 8
"""Sections that are read for one reading of a question. The right one is among so many for 94 % of the first messages
and 99 % of the long questions of calibration."""
NEW_READ = 6
"""Sections without example questions that are read at the least, however far down: their scores lack what those say.

Of synthetic files that no reader learned from, in another language than the question, the right section is among the
first eight for 65 %, among the first six of these for 69 %; once read, among the first five for 96 instead of 80 %.
"""
_SURE = 1e-4
"""Keeps the log odds of a probability finite."""
_SIGNS = ("log_odds", "support", "support_lead")
FEATURES = (*_SIGNS, "new", *(f"new_{name}" for name in _SIGNS))
"""The latter for sections without example questions: of those the reader knows more, and the signs less."""


@dataclass(frozen=True, slots=True)
class ReaderModel:
    """What the reader's word counts beside the signs'."""

    ranking: float
    """Added to a section's score for each unit of the reader's logit."""
    weights: Mapping[str, float]
    """Of `FEATURES`."""
    constant: float
    settled: tuple[float, float]
    """Probabilities by the signs alone below and above which nothing is read."""
    by_locale: Mapping[Locale, float] = field(default_factory=dict)

    def predict(self, features: Mapping[str, float], locale: Locale) -> float:
        """The probability, 0 to 1, that the section answers the question, which is written in `locale`."""
        return ConfidenceModel(self.weights, self.constant, self.by_locale).predict(features, locale)


def to_read(finding: Finding, at: Circumstances, model: ReaderModel) -> list[StoredSection]:
    """The sections that the reader is asked about, the best first; none where it is settled."""
    low, high = model.settled
    is_settled = finding.probability > high or (finding.probability < low and not _leads_to_open(finding, at))
    if not finding.answerable or is_settled:
        return []
    ranked = finding.best_first
    first, later = ranked[:MOST_READ], ranked[MOST_READ:]
    new = NEW_READ - sum(not candidate.section.has_questions for candidate in first)
    if new == NEW_READ:
        return []
    further = [candidate for candidate in later if not candidate.section.has_questions][: max(0, new)]
    copies = [at.copy(candidate) for candidate in (*first, *further)]
    return [copy for copy in copies if copy is not None and copy.reply is None]


def _leads_to_open(finding: Finding, at: Circumstances) -> bool:
    """Whether an open question is first, which a section just added may answer by now."""
    copy = at.copy(finding.best_first[0])
    return copy is not None and not copy.answerable and copy.reply is None


def examined(
    finding: Finding,
    supports: Mapping[SectionKey, Support],
    model: ReaderModel,
    *,
    signs: ConfidenceModel,
    at: Circumstances,
) -> Finding:
    """The same finding, ranked and judged with what was read."""
    found = reordered(finding, supports, model.ranking, signs=signs, at=at)
    if not found.answerable or found.answerable[0].support is None:
        return found
    return replace(found, probability=model.predict(features(found), at.languages.written))


def reordered(
    finding: Finding,
    supports: Mapping[SectionKey, Support],
    weight: float,
    *,
    signs: ConfidenceModel,
    at: Circumstances,
) -> Finding:
    """The same finding ranked with what was read, and judged by the signs alone."""
    candidates = rescored(finding.best_first, supports, weight)
    return judge(finding.reading, finding.retrieved, candidates, model=signs, at=at)


def rescored(candidates: Sequence[Candidate], supports: Mapping[SectionKey, Support], weight: float) -> list[Candidate]:
    """Best first; what was not read counts as the worst that was."""
    least = min((support.answers for support in supports.values()), default=0.0)
    found = []
    for one in candidates:
        support = supports.get(one.key)
        score = one.score + weight * (least if support is None else support.answers)
        found.append(replace(one, score=score, support=support))
    return sorted(found, key=lambda candidate: (-candidate.score, str(candidate.key)))


def features(finding: Finding) -> Mapping[str, float]:
    """What speaks for the first section of a finding that was read."""
    first = finding.answerable[0]
    assert first.support is not None
    answers = first.support.answers
    others = [one.support.answers for one in finding.best_first if one.support is not None and one.key != first.key]
    log_odds = math.log((finding.probability + _SURE) / (1 - finding.probability + _SURE))
    signs = dict(zip(_SIGNS, (log_odds, answers, answers - max(others, default=answers)), strict=True))
    is_new = float(not first.section.has_questions)
    return signs | {"new": is_new} | {f"new_{name}": is_new * value for name, value in signs.items()}
