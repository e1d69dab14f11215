"""Which section answers: similarities, words and numbers weighed together.

The weights are a conditional logit (the score of the right section against all others), fitted by
tests/bench/calibrate.py on stored questions that were left out of the knowledge, on the calibration questions and one
half of the golden ones. On the other half the right section is the first for 95 % by this score and among the first two
for 99 %; by the best cosine alone it was the first for 68 % of an earlier, smaller half.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.answering.ports import Knowledge, Match
from bot.vocabulary import SectionKey
from bot.writing.folding import ascii_digits

WEIGHTS = {
    "passage": 3.44,
    "passage_mean": 0.75,
    "question": 3.47,
    "question_mean": 10.34,
    "coverage": 5.0,
    "sentence": 3.96,
    "log_posterior": 0.54,
    "numbers": 0.43,
}
"""The weight of each of `features`."""
BARE_WEIGHTS = {
    "passage": 9.09,
    "passage_mean": 9.59,
    "coverage": 20.3,
    "sentence": 11.1,
    "numbers": 0.91,
    "native": 2.0,
}
"""For a folder without stored questions, as one that was not written for us.

Where they are fitted, every section has a copy in every language; a folder of others need not. So `native` is set by
hand, and `coverage` and `sentence` by sections searched in one language alone, our own and the invented ones that
`tests.bench.outside_set` has to fit on (fitted there: 1.09 and 0.60 of what the cosine of the passage weighs).
"""

_LEAST_LOG_POSTERIOR = -12.0
"""Below it a section is as good as excluded, whatever the exact figure."""
_NUMBER = re.compile(r"\d(?:[\d., \u00a0\u202f\u066b\u066c]*\d)?")
_SEPARATORS = re.compile(r"[., \u00a0\u202f\u066b\u066c]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A section that may answer: its match, and how many numbers of the question it holds and lacks.

    `score` says how likely it is the right one, as a logit: only differences between candidates mean something.
    """

    match: Match
    score: float
    numbers_held: int = 0
    numbers_missing: int = 0

    @property
    def key(self) -> SectionKey:
        """The section."""
        return self.match.key

    @property
    def features(self) -> Mapping[str, float]:
        """What is weighed, by name."""
        return features(self.match, self.numbers_held - self.numbers_missing)


def features(match: Match, numbers: int) -> Mapping[str, float]:
    """What is weighed of a match, by name; `numbers` are those of the question that it holds, less the others."""
    return {
        "passage": match.passage,
        "passage_mean": match.passage_mean,
        "question": match.question,
        "question_mean": match.question_mean,
        "coverage": match.coverage,
        "sentence": match.sentence,
        "log_posterior": max(match.log_posterior or 0.0, _LEAST_LOG_POSTERIOR),
        "numbers": numbers,
        "native": float(match.is_native),
    }


def blend(readings: Sequence[tuple[Sequence[Match], float]]) -> Sequence[Match]:
    """Join the matches of several readings of one question by their weights, which add up to 1.

    A section that one reading did not find counts there as the worst that it found. Probabilities are multiplied, and
    add up to 1 again.
    """
    found = [({match.key: match for match in matches}, weight) for matches, weight in readings if matches]
    real = {key: match for by_key, _ in found for key, match in by_key.items()}
    blended = [
        _blended([(by_key.get(match.key) or _worst(by_key, match), weight) for by_key, weight in found])
        for match in real.values()
    ]
    logs = [match.log_posterior for match in blended if match.log_posterior is not None]
    if not logs:
        return blended
    whole = math.log(sum(math.exp(log) for log in logs))
    return [replace(match, log_posterior=(match.log_posterior or 0.0) - whole) for match in blended]


def _blended(parts: Sequence[tuple[Match, float]]) -> Match:
    def mean(name: str) -> float:
        return sum(float(getattr(match, name)) * weight for match, weight in parts)

    return replace(
        parts[0][0],
        passage=mean("passage"),
        passage_mean=mean("passage_mean"),
        question=mean("question"),
        question_mean=mean("question_mean"),
        coverage=mean("coverage"),
        sentence=mean("sentence"),
        log_posterior=mean("log_posterior") if parts[0][0].log_posterior is not None else None,
    )


def _worst(by_key: Mapping[SectionKey, Match], like: Match) -> Match:
    """As near as the worst that was found, but what is known of the section itself stays."""
    worst = min(by_key.values(), key=lambda match: match.passage + match.question)
    return replace(worst, key=like.key, coverage=0.0, is_native=like.is_native, has_questions=like.has_questions)


def rank(matches: Sequence[Match], question: str, knowledge: Knowledge) -> list[Candidate]:
    """The candidates for a question, best first."""
    asked = numbers_in(question)
    weights = WEIGHTS if any(match.has_questions for match in matches) else BARE_WEIGHTS
    found = []
    for match in matches:
        held = asked & _numbers_of(knowledge, match.key) if asked else frozenset()
        weighed = features(match, 2 * len(held) - len(asked))
        score = sum(weight * weighed[name] for name, weight in weights.items())
        found.append(Candidate(match, score, len(held), len(asked) - len(held)))
    return sorted(found, key=lambda candidate: (-candidate.score, str(candidate.key)))


def shares(candidates: Sequence[Candidate]) -> list[float]:
    """For each candidate, best first, the probability that it is the right one if one of them is."""
    if not candidates:
        return []
    powers = [math.exp(candidate.score - candidates[0].score) for candidate in candidates]
    return [power / sum(powers) for power in powers]


@lru_cache(maxsize=8192)
def numbers_in(text: str) -> frozenset[str]:
    """The numbers of a text as plain digits, whatever script or grouping they are written in."""
    return frozenset(_SEPARATORS.sub("", number) for number in _NUMBER.findall(ascii_digits(text)))


def _numbers_of(knowledge: Knowledge, key: SectionKey) -> frozenset[str]:
    copies = knowledge.copies(key)
    return frozenset().union(*(numbers_in(f"{copy.title} {copy.heading} {copy.text}") for copy in copies))
