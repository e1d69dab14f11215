"""How sure it is that the best section answers the question: a calibrated probability, not one cosine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.answering.reading import Reading, ReadingKind
from bot.answering.reranking import Candidate
from bot.ids import Locale
from bot.writing.folding import word_count

_LEAD_LIMIT = 10.0
"""The lead over the next section, in nats, from which more of it proves no more; also that of a section without a
rival. Chosen; the weight is fitted with it in place."""
_ODDS_LIMIT = 8.0
"""The same of log odds, in nats to either side: 3,000 to 1. Chosen; beyond it only how many examples there are
counts."""
_LONG_QUESTION_WORDS = 20
"""Words from which a question counts as long: few of the calibration cases have more. Chosen."""
_TINY = 1e-9
"""Keeps a logarithm finite where no section is left."""
WEIGHED_KINDS = (ReadingKind.SENTENCE, ReadingKind.AFTER_QUESTION, ReadingKind.AFTER_HEADING)
"""The ways to read a message that bear on how sure an answer is; of the others none was seen to."""


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """A logistic model over `features`: their weights, a constant, and what a language moves it by."""

    weights: Mapping[str, float]
    constant: float
    by_locale: Mapping[Locale, float] = field(default_factory=dict)

    def predict(self, features: Mapping[str, float], locale: Locale) -> float:
        """The probability, 0 to 1, that the section answers the question, which is written in `locale`."""
        logit = self.constant + self.by_locale.get(locale, 0.0)
        logit += sum(weight * features[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


def features(
    reading: Reading,
    answerable: Sequence[Candidate],
    unanswered: Sequence[Candidate],
    *,
    lacks_kind: bool,
    lacks_year: bool = False,
    needs_context: bool = False,
) -> Mapping[str, float]:
    """What speaks for the first of `answerable`, by name; both lists are best first.

    `lacks_kind` tells that the section holds nothing of the kind that is asked for, `lacks_year` that it says nothing
    of the years asked about, `needs_context` that the reading leans on what was said before and is read without it.
    What example questions say counts apart for a section that has some (`rich_…`): of one that has none they prove
    little. Each of these earns its place: taken away one by one from twenty-six, the others cost the examples that no
    fit saw nothing (logarithmic loss .3096 → .3092).
    """
    best, others = answerable[0], answerable[1:]
    section, is_rich = best.section, float(best.section.has_questions)
    mean_lead = section.question_mean - max((gap.section.question_mean for gap in unanswered), default=0.0)
    return {
        "lead": min(best.score - others[0].score, _LEAD_LIMIT) if others else _LEAD_LIMIT,
        "posterior": max(section.least_log_posterior, -_ODDS_LIMIT),
        "question_lead": section.question - max((gap.section.question for gap in unanswered), default=0.0),
        "coverage": max(section.coverage, section.foreign_coverage),
        "words_lead": section.known_words - max((gap.section.known_words for gap in unanswered[:1]), default=0.0),
        "lacks_kind": float(lacks_kind),
        "lacks_year": float(lacks_year),
        "needs_context": float(needs_context),
        "length": min(word_count(reading.text), _LONG_QUESTION_WORDS) / _LONG_QUESTION_WORDS,
        "rich_question": is_rich * section.question,
        "rich_question_mean_lead": is_rich * mean_lead,
        "rich_open_odds": is_rich * _open_odds(answerable, unanswered),
        **{kind.value: float(reading.kind is kind) for kind in WEIGHED_KINDS},
    }


def _bounded(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


def _open_odds(answerable: Sequence[Candidate], unanswered: Sequence[Candidate]) -> float:
    """The log odds, at most 8 to either side, that the question is one of a section that can answer."""
    can, can_not = (
        sum(math.exp(candidate.section.least_log_posterior) for candidate in candidates)
        for candidates in (answerable, unanswered)
    )
    return _bounded(math.log(can + _TINY) - math.log(can_not + _TINY), _ODDS_LIMIT)
