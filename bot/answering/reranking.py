"""Which section answers: similarities, words and numbers of each candidate weighed together.

The weights are a conditional logit (the score of the right section against all others), fitted by `scoda calibrate`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import mul

from bot.answering.ports import LEAST_LOG_POSTERIOR, Knowledge, RetrievedSection, Support
from bot.answering.reading import Reading
from bot.ids import DocumentPath, Locale, SectionKey
from bot.writing.terms import numbers_in


@dataclass(frozen=True, slots=True)
class Ranking:
    """The weight of each of `features`, and how much more or less the question's letters count in a language."""

    weights: Mapping[str, float]
    coverage_by_locale: Mapping[Locale, float] = field(default_factory=dict)

    def score(self, features: Mapping[str, float], locale: Locale) -> float:
        """A logit: only the differences between candidates of one reading mean something."""
        own = self.coverage_by_locale.get(locale, 0.0) * features["coverage"]
        weighed: float = sum(map(mul, self.weights.values(), map(features.__getitem__, self.weights)))
        return own + weighed


@dataclass(frozen=True, slots=True)
class Candidate:
    """A section that may answer, what is weighed of it, and its score."""

    section: RetrievedSection
    features: Mapping[str, float]
    score: float
    support: Support | None = None
    """What the reader says of it; None where it was not read."""

    @property
    def key(self) -> SectionKey:
        """The section's name."""
        return self.section.key


def features(section: RetrievedSection, *, numbers: int, in_conversation: bool) -> Mapping[str, float]:
    """What is weighed of a section, by name.

    `numbers` are those of the question that it holds, less those that it lacks. What example questions and single
    sentences say counts by how much nearer they are than the passages: having none costs nothing. Of a section without
    a copy in the question's language the example questions in others speak, and count for more there (`foreign_…`).
    """
    return {
        "passage": section.passage,
        "passage_mean": section.passage_mean,
        "question": section.question - section.passage,
        "question_mean": section.question_mean - section.passage_mean,
        "sentence": section.sentence - section.passage,
        "coverage": section.coverage,
        "foreign_coverage": section.foreign_coverage,
        "log_posterior": max(section.log_posterior or 0.0, LEAST_LOG_POSTERIOR),
        "numbers": float(numbers),
        "is_native": float(section.is_native),
        "has_questions": float(section.has_questions),
        "in_conversation": float(in_conversation),
        "foreign_question_mean": 0.0 if section.is_native else section.question_mean - section.passage_mean,
    }


def rerank(
    sections: Sequence[RetrievedSection],
    reading: Reading,
    ranking: Ranking,
    *,
    knowledge: Knowledge,
    locale: Locale,
    told: Collection[DocumentPath] = (),
) -> list[Candidate]:
    """The candidates for one reading, best first; `told` are the documents that the conversation is about."""
    asked = numbers_in(reading.text)
    found = []
    for section in sections:
        held = asked & _numbers_of(knowledge, section.key) if asked else frozenset()
        weighed = features(
            section,
            numbers=2 * len(held) - len(asked),
            in_conversation=bool(reading.context) and section.key.path in told,
        )
        found.append(Candidate(section, weighed, ranking.score(weighed, locale)))
    return sorted(found, key=lambda candidate: (-candidate.score, str(candidate.key)))


def shares(candidates: Sequence[Candidate]) -> list[float]:
    """For each candidate, best first, the probability that it is the right one if one of them is."""
    if not candidates:
        return []
    powers = [math.exp(candidate.score - candidates[0].score) for candidate in candidates]
    total = sum(powers)
    return [power / total for power in powers]


def _numbers_of(knowledge: Knowledge, key: SectionKey) -> frozenset[str]:
    known = _numbers_by_key(knowledge)
    if key not in known:
        copies = knowledge.copies(key)
        known[key] = frozenset().union(*(numbers_in(f"{copy.title} {copy.heading} {copy.text}") for copy in copies))
    return known[key]


@lru_cache(maxsize=2)
def _numbers_by_key(knowledge: Knowledge) -> dict[SectionKey, frozenset[str]]:  # noqa: ARG001 - what is kept by it
    """Those of the sections that were looked at so far: they are read once a version."""
    return {}
