"""Fit the weights of `bot.answering.ranking` and the calibrations of `bot.answering.evidence`.

    python -m tests.bench.calibrate [--data DIR] [--bare] [--keep FILE]

Questions from three sources are asked: every sixth stored question, of a folder from which it was taken away; the
calibration questions beside this file; the golden questions. All but the even golden ones are fitted on, those check
it. With `--bare` the folder has no stored questions and no open questions at all, and what is printed is for
`BARE_WEIGHTS` and `BARE_CALIBRATION`. First fit the ranking, put its weights in, then take the calibration of a second
run. It is printed for several thresholds how many of the checked questions would be answered and refused rightly.
"""

from __future__ import annotations

import argparse
import asyncio
import pickle
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import astuple, dataclass, fields
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bot.answering.conversation import turn_of
from bot.answering.evaluation import Case, Result, read_cases
from bot.answering.evidence import Evidence
from bot.answering.model import Answer, Outcome, Question
from bot.answering.policy import declined
from bot.answering.ranking import BARE_WEIGHTS, WEIGHTS
from bot.answering.service import Answerer, Finding
from bot.answering.smalltalk import small_talk
from bot.app import open_core
from bot.settings import load_settings
from bot.vocabulary import DocumentPath, Locale, SectionKey
from tests.golden import GOLDEN, TODAY

CALIBRATING = Path(__file__).parent / "calibration"
BARE_FIELDS = (
    "margin", "passage", "coverage", "sentence", "lacks_kind", "missing", "lacks_year", "length", "in_context", "same_document",
)  # fmt: skip
BARE_ONLY = ("lacks_kind",)
"""Left out where questions are stored: they tell better which kinds of thing a section holds."""
BY_HAND = {"lacks_contact": -8.0}
FEATURES = tuple(WEIGHTS | BARE_WEIGHTS)
HELD_OUT = 6
"""Every sixth stored question is left out of the folder and asked."""
COUNTS = {"stored": 1.0, "calibration": 2.0, "golden": 6.0}
"""What an example counts in the fit: stored questions were written with their section in sight, the others were not."""
RANKED = 20
L2 = 0.003
LANGUAGE_SCALE = 1.0
STEPS = 6000
RANKING_L2 = 0.02
RANKING_STEPS = 3000

_HEADING = re.compile(r"#+ .*\{#([\w-]+)")


@dataclass(frozen=True, slots=True)
class Example:
    """A question that reached retrieval, what speaks for its best section, and whether answering it would be right.

    `name` is the id of a case; the stored questions that were held out have none.
    """

    name: str
    text: str
    locale: Locale
    evidence: Evidence
    is_answerable: bool
    is_right: bool
    found: str
    """The section that is ranked first."""
    candidates: np.ndarray
    """The features of the sections that may answer, best first: one row a section, one column each of `FEATURES`."""
    place: int | None
    """The row of the section that is known to answer."""

    @property
    def kind(self) -> str:
        """One of `COUNTS`."""
        return "stored" if not self.name else "calibration" if self.name.startswith("cal-") else "golden"


@dataclass(frozen=True, slots=True)
class Held:
    """A stored question that was left out, and the section that it is stored for."""

    locale: Locale
    key: SectionKey
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the section that answers it, and who tells whether a finding is right."""

    name: str
    question: Question
    locale: Locale
    wanted: str
    is_answerable: bool
    is_right: Callable[[Finding], bool]


def held_out_copy(knowledge: Path, folder: Path, *, is_bare: bool) -> list[Held]:
    """Copy the knowledge into `folder` without every sixth stored question; returns those questions.

    With `is_bare` without any stored question and without open questions, as somebody would write it who has never
    heard of either.
    """
    held, number = [], 0
    for file in sorted(knowledge.glob("*/*/*.md")):
        path, locale = DocumentPath(str(file.relative_to(knowledge / file.parts[-3]))), Locale(file.parts[-3])
        kept, section = [], ""
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
            if heading := _HEADING.match(line):
                section = heading[1]
            is_question = line.startswith("? ")
            number += is_question
            is_held = is_question and section != "" and number % HELD_OUT == 0
            if is_held:
                held.append(Held(locale, SectionKey(path, section), line[2:].strip()))
            if not is_held and not (is_question and is_bare):
                kept.append(line)
        if not (is_bare and _is_open(path)):
            target = folder / file.relative_to(knowledge)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("".join(kept), encoding="utf-8")
    return held


def _is_open(path: DocumentPath) -> bool:
    return path.startswith("open/")


async def examples(data: Path, knowledge: Path, held: Sequence[Held]) -> list[Example]:
    """Every question that reaches retrieval, and whether answering it would be right."""
    found = []
    async with open_core(load_settings(data=data, knowledge=knowledge)) as core:
        await core.make_answerable()
        async for asked in _asked(core.answerer, held):
            if declined(asked.question.text) or small_talk(asked.question.text):
                continue
            finding = await core.answerer.examine(asked.question)
            if finding.evidence is not None:
                found.append(_example(asked, finding, finding.evidence))
    return found


async def _asked(answerer: Answerer, held: Sequence[Held]) -> AsyncIterator[Asked]:
    for file in (*sorted(CALIBRATING.glob("*.jsonl")), *sorted(GOLDEN.glob("*.jsonl"))):
        for case in read_cases(file.read_text(encoding="utf-8").splitlines()):
            question = await _last_question(answerer, case)
            is_right = partial(_would_be_right, case)
            yield Asked(case.case_id, question, case.locale, case.section, case.is_answerable, is_right)
    for one in held:
        question = Question(one.text, TODAY, app_locale=one.locale)
        yield Asked("", question, one.locale, str(one.key), not _is_open(one.key.path), partial(_tells, one.key))


def _example(asked: Asked, finding: Finding, evidence: Evidence) -> Example:
    nearest = finding.ranked[:RANKED]
    keys = [str(one.key) for one in nearest]
    return Example(
        name=asked.name,
        text=asked.question.text,
        locale=asked.locale,
        evidence=evidence,
        is_answerable=asked.is_answerable,
        is_right=asked.is_answerable and asked.is_right(finding),
        found=keys[0],
        candidates=np.array([[one.features[name] for name in FEATURES] for one in nearest]),
        place=keys.index(asked.wanted) if asked.is_answerable and asked.wanted in keys else None,
    )


async def _last_question(answerer, case: Case) -> Question:
    question = Question(case.turns[0], TODAY, app_locale=case.locale)
    for text in case.turns[1:]:
        answer = await answerer.answer(question)
        question = Question(text, TODAY, app_locale=case.locale, history=(*question.history, turn_of(question, answer)))
    return question


def _would_be_right(case: Case, finding: Finding) -> bool:
    text = " ".join(sentence for extract in finding.extracts for sentence in extract.sentences)
    first = finding.extracts[0].section
    answer = Answer(Outcome.ANSWERED, first.locale, first.locale)
    return Result(case, answer, text, (), 0.0).is_right


def _tells(key: SectionKey, finding: Finding) -> bool:
    return any(extract.section.key == key for extract in finding.extracts)


def fit(evidence: np.ndarray, right: np.ndarray, by_hand: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and constant of a logistic model, by gradient descent on standardised evidence; `by_hand` is added as is."""
    counts = counts / counts.sum()
    mean, spread = evidence.mean(axis=0), evidence.std(axis=0) + 1e-6
    scaled = (evidence - mean) / spread
    weights, constant = np.zeros(scaled.shape[1]), 0.0
    for _ in range(STEPS):
        error = counts * (1 / (1 + np.exp(-(scaled @ weights + constant + by_hand))) - right)
        weights -= 0.5 * (scaled.T @ error + L2 * weights)
        constant -= 0.5 * error.sum()
    return weights / spread, constant - float((weights * mean / spread).sum())


def fit_ranking(groups: Sequence[tuple[np.ndarray, int]]) -> np.ndarray:
    """Weights of a conditional logit: the features of the candidates of each question, and which of them is right."""
    rows = np.vstack([candidates for candidates, _ in groups])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    starts = np.cumsum([0, *(len(candidates) for candidates, _ in groups[:-1])])
    group_of = np.repeat(np.arange(len(groups)), [len(candidates) for candidates, _ in groups])
    right = starts + np.array([place for _, place in groups])
    scaled = (rows - mean) / spread
    weights = np.zeros(scaled.shape[1])
    for _ in range(RANKING_STEPS):
        logits = scaled @ weights
        powers = np.exp(logits - np.maximum.reduceat(logits, starts)[group_of])
        shares = powers / np.add.reduceat(powers, starts)[group_of]
        weights += 0.3 * ((scaled[right].sum(axis=0) - scaled.T @ shares) / len(groups) - RANKING_L2 * weights)
    return weights / spread


def auc(scores: np.ndarray, right: np.ndarray) -> float:
    """The chance that a right answer scores above a wrong one."""
    ranks = scores.argsort().argsort()
    good = int(right.sum())
    return float((ranks[right].sum() - good * (good - 1) / 2) / (good * (len(right) - good)))


def report_ranking(found: Sequence[Example], checked: np.ndarray, *, is_bare: bool) -> None:
    """Print the weights of the ranking and how often the right section comes first."""
    in_use = BARE_WEIGHTS if is_bare else WEIGHTS
    columns = [FEATURES.index(name) for name in in_use]
    known = [one.place is not None and len(one.candidates) > 1 for one in found]
    groups = [
        (one.candidates[:, columns], one.place, out)
        for one, is_known, out in zip(found, known, checked, strict=True)
        if is_known
    ]
    weights = fit_ranking([(candidates, place) for candidates, place, out in groups if not out])
    print("WEIGHTS =", {name: round(float(weight), 2) for name, weight in zip(in_use, weights, strict=True)})
    for name, tried in (("now", np.array(list(in_use.values()))), ("fitted", weights)):
        order = [list(np.argsort(-(candidates @ tried))).index(place) for candidates, place, out in groups if out]
        first, among_two = (np.mean(np.array(order) < count) for count in (1, 2))
        print(f"  {name}: of {len(order)} first {first:.3f}, among two {among_two:.3f}")


def report_calibration(found: Sequence[Example], checked: np.ndarray, *, is_bare: bool) -> None:
    """Print a calibration, and what comes of it at several thresholds."""
    names = [field.name for field in fields(Evidence)]
    fitted = BARE_FIELDS if is_bare else [name for name in names if name not in {*BY_HAND, *BARE_ONLY}]
    plain = np.array([astuple(one.evidence) for one in found])
    by_hand = plain @ np.array([BY_HAND.get(name, 0.0) for name in names])
    locales = list(Locale)
    languages = np.array([[LANGUAGE_SCALE * (one.locale is locale) for locale in locales] for one in found])
    evidence = np.hstack([plain[:, [names.index(name) for name in fitted]], languages])
    right = np.array([one.is_right for one in found])
    answerable = np.array([one.is_answerable for one in found])
    counts = np.array([COUNTS[one.kind] for one in found])
    weights, constant = fit(evidence[~checked], right[~checked].astype(float), by_hand[~checked], counts[~checked])
    of = {name: round(float(weight), 3) for name, weight in zip(fitted, weights, strict=False)} | BY_HAND
    print(f"weights = { ({name: of[name] for name in names if name in of}) }\nconstant = {constant:.3f}")
    moved = (f"Locale.{x.name}: {LANGUAGE_SCALE * w:.2f}" for x, w in zip(locales, weights[len(fitted) :], strict=True))
    print(f"by_locale = {{{', '.join(moved)}}}")
    probability = 1 / (1 + np.exp(-(evidence @ weights + constant + by_hand)))
    for name, half in (("fitted", ~checked), ("checked", checked)):
        print(
            f"{name}: {half.sum()} questions, AUC {auc(probability[half], right[half]):.3f}, "
            f"found right {right[half & answerable].mean():.3f}"
        )
        for threshold in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
            given = probability >= threshold
            print(
                f"  from {threshold}: right {(given & right)[half & answerable].mean():.3f}  "
                f"refused wrongly {(~given)[half & answerable].mean():.3f}  "
                f"refused rightly {(~given)[half & ~answerable].mean():.3f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge"))
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--keep", type=Path, help="a file for the examples, to try other fits on")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        held = held_out_copy(options.knowledge, copy, is_bare=options.bare)
        found = asyncio.run(examples(options.data, copy, held))
    if options.keep:
        options.keep.write_bytes(pickle.dumps(found))
    is_golden = np.array([one.kind == "golden" for one in found])
    odd = np.array([bool(one.name) and int(one.name[-2:]) % 2 == 1 for one in found])
    checked = is_golden & ~odd
    report_ranking(found, checked, is_bare=options.bare)
    report_calibration(found, checked, is_bare=options.bare)


if __name__ == "__main__":
    main()
