"""Fit the calibrations of `bot.answering.evidence`, and check them on questions that they have not seen.

    python -m tests.bench.calibrate [--data DIR] [--bare]

`CALIBRATION` is fitted on the calibration questions and the odd golden ones and checked on the even golden ones. With
`--bare` the folder is a copy of the knowledge without its stored questions and open questions, and `BARE_CALIBRATION` is
fitted on the calibration questions and checked on all golden ones. Prints the weights, and for several thresholds how
many of the checked questions would be answered rightly and refused rightly.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import astuple, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bot.answering.conversation import turn_of
from bot.answering.evaluation import Case, Result, read_cases
from bot.answering.evidence import Evidence
from bot.answering.model import Answer, Outcome, Question
from bot.answering.policy import declined
from bot.answering.smalltalk import small_talk
from bot.app import open_core
from bot.settings import load_settings
from bot.vocabulary import Locale
from tests.golden import GOLDEN, TODAY

CALIBRATING = Path(__file__).parent / "calibration"
BARE_FIELDS = ("margin", "coverage", "sentence", "lacks_kind", "missing")
BY_HAND = {"lacks_contact": -8.0, "in_context": 1.5}
L2 = 0.003
LANGUAGE_SCALE = 1.0
STEPS = 6000


async def examples(data: Path, knowledge: Path | None = None) -> list[tuple[Case, Evidence, bool]]:
    """Every question that reaches retrieval: its evidence, and whether answering it would be right."""
    found = []
    async with open_core(load_settings(data=data, knowledge=knowledge)) as core:
        await core.make_answerable()
        for file in (*sorted(CALIBRATING.glob("*.jsonl")), *sorted(GOLDEN.glob("*.jsonl"))):
            for case in read_cases(file.read_text(encoding="utf-8").splitlines()):
                question = await _last_question(core.answerer, case)
                if declined(question.text) or small_talk(question.text):
                    continue
                finding = await core.answerer.examine(question)
                if finding.evidence is not None:
                    found.append((case, finding.evidence, _would_be_right(case, finding)))
    return found


async def _last_question(answerer, case: Case) -> Question:
    question = Question(case.turns[0], TODAY, app_locale=case.locale)
    for text in case.turns[1:]:
        answer = await answerer.answer(question)
        question = Question(text, TODAY, app_locale=case.locale, history=(*question.history, turn_of(question, answer)))
    return question


def _would_be_right(case: Case, finding) -> bool:
    if not case.is_answerable:
        return False
    text = " ".join(sentence for extract in finding.extracts for sentence in extract.sentences)
    first = finding.extracts[0].section
    answer = Answer(Outcome.ANSWERED, first.locale, first.locale)
    return Result(case, answer, text, (), 0.0).is_right


def fit(evidence: np.ndarray, right: np.ndarray, by_hand: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and constant of a logistic model, by gradient descent on standardised evidence; `by_hand` is added as is."""
    mean, spread = evidence.mean(axis=0), evidence.std(axis=0) + 1e-6
    scaled = (evidence - mean) / spread
    weights, constant = np.zeros(scaled.shape[1]), 0.0
    for _ in range(STEPS):
        error = 1 / (1 + np.exp(-(scaled @ weights + constant + by_hand))) - right
        weights -= 0.5 * (scaled.T @ error / len(right) + L2 * weights)
        constant -= 0.5 * error.mean()
    return weights / spread, constant - float((weights * mean / spread).sum())


def auc(scores: np.ndarray, right: np.ndarray) -> float:
    """The chance that a right answer scores above a wrong one."""
    ranks = scores.argsort().argsort()
    good = int(right.sum())
    return float((ranks[right].sum() - good * (good - 1) / 2) / (good * (len(right) - good)))


def bare_copy(knowledge: Path, folder: Path) -> Path:
    """The knowledge as somebody would write it who has never heard of stored questions."""
    for file in knowledge.glob("*/*/*.md"):
        if file.parent.name != "open":
            target = folder / file.relative_to(knowledge)
            target.parent.mkdir(parents=True, exist_ok=True)
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
            target.write_text("".join(line for line in lines if not line.startswith("? ")), encoding="utf-8")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge"))
    parser.add_argument("--bare", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        knowledge = bare_copy(options.knowledge, Path(folder)) if options.bare else options.knowledge
        found = asyncio.run(examples(options.data, knowledge))
    is_golden = np.array([not case.case_id.startswith("cal-") for case, _, _ in found])
    odd = np.array([int(case.case_id[-2:]) % 2 == 1 for case, _, _ in found])
    checked = is_golden if options.bare else is_golden & ~odd
    names = [field.name for field in fields(Evidence)]
    fitted = BARE_FIELDS if options.bare else [name for name in names if name not in BY_HAND]
    plain = np.array([astuple(one) for _, one, _ in found])
    by_hand = plain @ np.array([BY_HAND.get(name, 0.0) for name in names])
    locales = [] if options.bare else list(Locale)
    languages = np.array([[LANGUAGE_SCALE * (case.locale is locale) for locale in locales] for case, _, _ in found])
    evidence = np.hstack([plain[:, [names.index(name) for name in fitted]], languages])
    right = np.array([label for _, _, label in found])
    answerable = np.array([case.is_answerable for case, _, _ in found])
    weights, constant = fit(evidence[~checked], right[~checked].astype(float), by_hand[~checked])
    of = BY_HAND | {name: float(weight) for name, weight in zip(fitted, weights, strict=False)}
    print(f"weights=({', '.join(f'{of.get(name, 0.0):.3f}' for name in names)}),\nconstant={constant:.3f},")
    moved = (f"Locale.{x.name}: {LANGUAGE_SCALE * w:.2f}" for x, w in zip(locales, weights[len(fitted) :], strict=True))
    print(f"by_locale={{{', '.join(moved)}}},")
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


if __name__ == "__main__":
    main()
