"""Fit the calibration of `bot.answering.evidence` on the odd golden questions and check it on the even ones.

    python -m tests.bench.calibrate [--data DIR]

Prints the weights to put into `CALIBRATION`, and for several thresholds how many of the even questions would be answered
rightly and refused rightly.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import astuple, fields
from pathlib import Path

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

L2 = 0.003
LANGUAGE_SCALE = 1.0
STEPS = 6000


async def examples(data: Path, knowledge: Path | None = None) -> list[tuple[Case, Evidence, bool]]:
    """Every golden question that reaches retrieval: its evidence, and whether answering it would be right."""
    found = []
    async with open_core(load_settings(data=data, knowledge=knowledge)) as core:
        await core.make_answerable()
        for file in sorted(GOLDEN.glob("*.jsonl")):
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


def fit(evidence: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and constant of a logistic model, by gradient descent on standardised evidence."""
    mean, spread = evidence.mean(axis=0), evidence.std(axis=0) + 1e-6
    scaled = (evidence - mean) / spread
    weights, constant = np.zeros(scaled.shape[1]), 0.0
    for _ in range(STEPS):
        error = 1 / (1 + np.exp(-(scaled @ weights + constant))) - right
        weights -= 0.5 * (scaled.T @ error / len(right) + L2 * weights)
        constant -= 0.5 * error.mean()
    return weights / spread, constant - float((weights * mean / spread).sum())


def auc(scores: np.ndarray, right: np.ndarray) -> float:
    """The chance that a right answer scores above a wrong one."""
    ranks = scores.argsort().argsort()
    good = int(right.sum())
    return float((ranks[right].sum() - good * (good - 1) / 2) / (good * (len(right) - good)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--knowledge", type=Path)
    options = parser.parse_args()
    found = asyncio.run(examples(options.data, options.knowledge))
    locales = list(Locale)
    plain = np.array([astuple(one) for _, one, _ in found])
    languages = np.array([[LANGUAGE_SCALE * (case.locale is locale) for locale in locales] for case, _, _ in found])
    evidence = np.hstack([plain, languages])
    right = np.array([label for _, _, label in found])
    answerable = np.array([case.is_answerable for case, _, _ in found])
    odd = np.array([int(case.case_id[-2:]) % 2 == 1 for case, _, _ in found])
    weights, constant = fit(evidence[odd], right[odd].astype(float))
    count = plain.shape[1]
    print("CALIBRATION = Calibration(")
    print(f"    weights=({', '.join(f'{weight:.3f}' for weight in weights[:count])}),")
    print(f"    constant={constant:.3f},")
    moved = (f"Locale.{x.name}: {LANGUAGE_SCALE * w:.2f}" for x, w in zip(locales, weights[count:], strict=True))
    print(f"    by_locale={{{', '.join(moved)}}},\n)")
    print({field.name: round(float(w), 3) for field, w in zip(fields(Evidence), weights[:count], strict=True)})
    probability = 1 / (1 + np.exp(-(evidence @ weights + constant)))
    for name, half in (("odd (fitted)", odd), ("even (checked)", ~odd)):
        print(
            f"{name}: AUC {auc(probability[half], right[half]):.3f}, found right {right[half & answerable].mean():.3f}"
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
