"""How well lost questions are put into gaps, across twelve languages.

    python -m tests.bench.bench_gaps [--fit] [--data DIR] [--knowledge DIR]

300 questions on 30 things that the knowledge does not hold, ten each in at least six languages, some of them close to each
other, are arranged with the thresholds of the program. Purity is the share of the questions in a gap most of which asks
for the same thing. Completeness is told twice: as scikit-learn defines it (1 - H(gap | thing) / H(gap)), and as B-cubed
recall, the mean over all questions of which share of those that ask for the same stand in the same gap.

The thresholds come from another set, of 120 questions on 12 other things: `--fit` tries a row of them there and names the
middle of those by which the lesser of purity and B-cubed recall, the stricter completeness, is highest. What the likeness is made of
was chosen with both sets in view, so that the figures on the 300 flatter it a little.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.adapters.index.gap_tracer import IndexTracer
from bot.app.core import open_core
from bot.gaps.clustering import JOINED_FROM, TAKEN_IN_FROM, Likeness, arranged, grouped, likeness
from bot.gaps.model import GapId, Trace, TracedQuestion
from bot.ids import Locale
from tests.support.workshop import Workshop, parser_of, print_table

SETS = Path(__file__).parents[1] / "sets" / "gaps"
THRESHOLDS = [step / 100 for step in range(-20, 11)]
LOWER_BY = round(JOINED_FROM - TAKEN_IN_FROM, 3)
ARRIVALS = 25
"""Questions that come between two arrangements, where they come little by little."""


@dataclass(frozen=True, slots=True)
class Scores:
    purity: float
    completeness: float
    recall: float
    gaps: int

    @classmethod
    def of(cls, things: Sequence[str], gaps: Sequence[object]) -> Scores:
        pairs = Counter(zip(gaps, things, strict=True))
        sizes, asked = Counter(gaps), Counter(things)
        pure = sum(max(count for (gap, _), count in pairs.items() if gap == one) for one in sizes)
        recall = sum(count * count / asked[thing] for (_, thing), count in pairs.items())
        number = len(things)
        h_gap = -sum(count / number * math.log(count / number) for count in sizes.values())
        h_gap_thing = -sum(count / number * math.log(count / asked[thing]) for (_, thing), count in pairs.items())
        return cls(pure / number, 1 - h_gap_thing / h_gap if h_gap else 1.0, recall / number, len(sizes))

    @property
    def row(self) -> tuple[str, str, str, int]:
        return f"{self.purity:.3f}", f"{self.completeness:.3f}", f"{self.recall:.3f}", self.gaps


def read_set(name: str) -> list[dict[str, str]]:
    lines = (SETS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    random.Random(name).shuffle(questions)
    return questions


async def traces_of(workshop: Workshop, questions: Sequence[dict[str, str]]) -> list[Trace]:
    async with open_core(workshop.settings, may_read_only=True) as core:
        await core.make_answerable()
        tracer = IndexTracer(core.index, core.embedder, core.identifier)
        return [await tracer.trace(one["question"], Locale(one["lang"])) for one in questions]


def scored(alike: Likeness, things: Sequence[str], joined_from: float) -> Scores:
    groups = grouped(alike, [None] * len(things), joined_from=joined_from, taken_in_from=joined_from - LOWER_BY)
    gap_of = {number: gap for gap, group in enumerate(groups) for number in group}
    return Scores.of(things, [gap_of[number] for number in range(len(things))])


def fit(alike: Likeness, things: Sequence[str]) -> float:
    rows = {one: scored(alike, things, one) for one in THRESHOLDS}
    print_table(
        ("fitting set: from", "purity", "completeness", "B-cubed", "gaps"),
        [(f"{one:+.2f}", *row.row) for one, row in rows.items()],
    )
    least = {one: min(row.purity, row.recall) for one, row in rows.items()}
    best = [one for one in THRESHOLDS if least[one] >= max(least.values()) - 1e-9]
    return best[len(best) // 2]


def arriving(questions: Sequence[dict[str, str]], traces: Sequence[Trace]) -> Scores:
    """As they come in a running bot: some at a time, those before keeping the gap they have by then."""
    places: dict[str, GapId] = {}
    for until in range(ARRIVALS, len(questions) + ARRIVALS, ARRIVALS):
        there = zip(questions[:until], traces[:until], strict=True)
        places |= arranged([TracedQuestion(one["id"], trace, places.get(one["id"])) for one, trace in there], ())
    return Scores.of([one["gap"] for one in questions], [places[one["id"]] for one in questions])


def auc(alike: Likeness, things: Sequence[str]) -> float:
    """That two questions that ask for the same are more alike than two that do not."""
    upper = np.triu_indices(len(things), 1)
    same = np.array([things[first] == things[second] for first, second in zip(*upper, strict=True)])
    ranks = alike[upper].argsort().argsort()[same] + 1
    positive, negative = int(same.sum()), int((~same).sum())
    return float((ranks.sum() - positive * (positive + 1) / 2) / (positive * negative))


async def bench(workshop: Workshop, *, fits: bool) -> None:
    rows = []
    for name in ("fitting", "questions"):
        questions = read_set(name)
        things, traces = [one["gap"] for one in questions], await traces_of(workshop, questions)
        alike = likeness(traces)
        if fits and name == "fitting":
            print(f"best on the fitting set: {fit(alike, things):+.2f}")
        rows.append(
            (f"{name}, at once", len(things), f"{auc(alike, things):.3f}", *scored(alike, things, JOINED_FROM).row)
        )
        rows.append((f"{name}, {ARRIVALS} at a time", len(things), "", *arriving(questions, traces).row))
    print_table(("lost questions", "number", "AUC of pairs", "purity", "completeness", "B-cubed", "gaps"), rows)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--fit", action="store_true", help="try the thresholds on the fitting set")
    given = parser.parse_args()
    with Workshop.of(given).copied() as workshop:
        asyncio.run(bench(workshop, fits=given.fit))


if __name__ == "__main__":
    main()
