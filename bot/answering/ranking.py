"""From hits in many languages to sections, best first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.answering.ports import Hit
from bot.vocabulary import SectionKey

COVERAGE_WEIGHT = 0.2
QUESTION_WEIGHT = 0.95
"""A stored question alike in wording is a little weaker a sign than a passage that is as near."""

_NOT_FOUND = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A section that may answer, whatever the language of its copies.

    `passage` and `question` are the best centred similarities of its passages and of its stored questions in any
    language (0 when none was found), `coverage` the share of the question's rare n-grams that it holds.
    """

    key: SectionKey
    passage: float
    question: float
    coverage: float

    @property
    def meaning(self) -> float:
        """The better sign of the two by meaning."""
        return max(self.passage, QUESTION_WEIGHT * self.question)

    @property
    def score(self) -> float:
        """Meaning and words together; higher is better."""
        return self.meaning + COVERAGE_WEIGHT * self.coverage


def rank(hits: Iterable[Hit]) -> list[Candidate]:
    """Join the hits of each section; best first."""
    by_key: dict[SectionKey, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_key[hit.key].append(hit)
    found = [_candidate(key, group) for key, group in by_key.items()]
    return sorted(found, key=lambda candidate: (-candidate.score, str(candidate.key)))


def _candidate(key: SectionKey, hits: Sequence[Hit]) -> Candidate:
    return Candidate(
        key=key,
        passage=max((hit.score for hit in hits if not hit.is_question), default=_NOT_FOUND),
        question=max((hit.score for hit in hits if hit.is_question), default=_NOT_FOUND),
        coverage=max((hit.coverage for hit in hits), default=0.0),
    )
