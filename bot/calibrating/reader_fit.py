"""What the reader's word counts beside the signs', fitted to questions that the reader never learned from."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.answering.calibration import Calibration, ReaderFile
from bot.answering.examining import FEATURES, ReaderModel, examined, features, reordered, to_read
from bot.answering.judging import Circumstances, Finding, fused
from bot.answering.ports import SectionReader, Support
from bot.calibrating.examples import Example, is_right, is_wanted, judged
from bot.calibrating.fits import DECIMALS
from bot.calibrating.regression import TrainingChoice, fit_choices, fit_logistic
from bot.calibrating.training_questions import CalibrationQuestion
from bot.calibrating.written_sections import WRITTEN, TrainingSection, is_written, written_documents
from bot.ids import Locale, SectionKey

_ALL = ReaderModel(0.0, {}, 0.0, (0.0, 1.0))
"""Reads whatever may be read."""
SETTLED = (0.02, 0.98)
"""Probabilities by the signs alone below and above which nothing is read."""
_COUNTS = {"stored": 1.0, "case": 3.0, "message": 1.0, "written": 1.0}
"""What a question of each source counts. Chosen, as for the signs."""
_TOLD_FROM = 0.57
"""The default of `[answering] answer_from`, for the report."""
_BESIDE = 0.2
"""The share of the written documents that stand beside a question on none of them. Chosen: four or five."""
_L2_RANKING, _L2 = 0.02, 0.003
"""As for the signs."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An example, what the signs make of it, and what was read for it."""

    example: Example
    finding: Finding
    supports: dict[SectionKey, Support]


def is_unlearned(document: str) -> bool:
    """Whether a reader's training holds a document out, in all its languages: one of eight."""
    return int(hashlib.sha256(document.encode()).hexdigest(), 16) % 8 == 0


def may_be_fitted(asked: CalibrationQuestion) -> bool:
    """Whether no reader learned from this question, as it did from most example questions and from plain files."""
    document = asked.wanted.partition("#")[0]
    is_learned = asked.source == "plain" or (asked.source == "stored" and not (document and is_unlearned(document)))
    return asked.reply is None and not is_learned


def unlearned_documents(sets: Path) -> dict[str, list[TrainingSection]]:
    """The written documents that no reader learned from."""
    documents = written_documents(sets / WRITTEN)
    return {name: sections for name, sections in documents.items() if is_unlearned(name)}


def beside_few(example: Example) -> Example:
    """The example as it is where staff have just added a few files, its own among them.

    All together hold several answers to what names nothing, «is there parking», of which one would count as right.
    """
    retrieved = [
        replace(one, sections=[section for section in one.sections if _stands_beside(section.key.path, example.asked)])
        for one in example.context.retrieved
    ]
    return replace(example, context=replace(example.context, retrieved=retrieved))


def _stands_beside(path: str, asked: CalibrationQuestion) -> bool:
    if asked.document:
        return not is_written(path) or path == asked.document
    return not is_written(path) or _draw(f"{path} {asked.turns[-1]}") < _BESIDE


def _draw(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 16**8


async def seen(examples: Sequence[Example], reader: SectionReader, signs: Calibration) -> list[Seen]:
    """Read the best sections of each example, where some of them have no example questions."""
    findings = [fused(judged(example, signs.ranking, signs.confidence)) for example in examples]
    supports = await asyncio.gather(
        *(_read(finding, example.at, reader) for example, finding in zip(examples, findings, strict=True))
    )
    return [Seen(*one) for one in zip(examples, findings, supports, strict=True)]


async def _read(finding: Finding, at: Circumstances, reader: SectionReader) -> dict[SectionKey, Support]:
    sections, near = to_read(finding, at, _ALL), finding.retrieved.sentence_scores
    supports = await reader.read(finding.reading.texts[-1], sections, near) if sections else []
    return {section.key: support for section, support in zip(sections, supports, strict=True)}


def fit_reader(these: Sequence[Seen], signs: Calibration) -> ReaderFile:
    """Fit what reading counts in the ranking, then how sure it makes."""
    these = [one for one in these if one.supports]
    weights = fit_choices([choice for one in these for choice in _choices(one)], l2=_L2_RANKING)
    ranking = round(float(weights[1] / weights[0]), DECIMALS)
    rows, right, counts = [], [], []
    for one in these:
        finding = reordered(one.finding, one.supports, ranking, signs=signs.confidence, at=one.example.at)
        if finding.answerable and finding.answerable[0].support is not None and finding.reason is None:
            own = [float(locale is one.example.at.languages.written) for locale in Locale]
            weighed = features(finding)
            rows.append([weighed[name] for name in FEATURES] + own)
            right.append(is_right(one.example, finding))
            counts.append(_COUNTS[one.example.asked.source] * one.example.weight)
    fitted, constant = fit_logistic(np.array(rows), np.array(right), np.array(counts), l2=_L2)
    by_name = {name: round(float(w), DECIMALS) for name, w in zip((*FEATURES, *Locale), fitted, strict=True)}
    return ReaderFile(
        identity=signs.identity,
        ranking=ranking,
        weights={name: by_name[name] for name in FEATURES},
        constant=round(constant, DECIMALS),
        by_locale={locale: by_name[locale] for locale in Locale},
        settled=SETTLED,
    )


def _choices(one: Seen) -> Iterator[TrainingChoice]:
    read = [candidate for candidate in one.finding.best_first if candidate.key in one.supports]
    right = next((place for place, candidate in enumerate(read) if is_wanted(candidate, one.example)), None)
    if right is not None and len(read) > 1:
        rows = np.array([[candidate.score, one.supports[candidate.key].answers] for candidate in read])
        yield TrainingChoice(rows, right, _COUNTS[one.example.asked.source] * one.example.weight)


def reader_report(these: Sequence[Seen], model: ReaderModel, signs: Calibration) -> Iterator[str]:
    """By source: what is first and what would be told, by the signs alone and with what was read."""
    groups: dict[str, list[Seen]] = defaultdict(list)
    for one in these:
        asked = one.example.asked
        groups[f"{asked.source}, {'answerable' if asked.wanted or asked.also else 'no answer'}"].append(one)
    for name, group in sorted(groups.items()):
        alone = [one.finding for one in group]
        read = [_with_reader(one, model, signs) for one in group]
        yield f"{name} ({len(group)}): signs {_told(group, alone)}; with the reader {_told(group, read)}"


def _with_reader(one: Seen, model: ReaderModel, signs: Calibration) -> Finding:
    low, high = model.settled
    if not low <= one.finding.probability <= high:
        return one.finding
    return examined(one.finding, one.supports, model, signs=signs.confidence, at=one.example.at)


def _told(group: Sequence[Seen], findings: Sequence[Finding]) -> str:
    right = [is_right(one.example, finding) for one, finding in zip(group, findings, strict=True)]
    told = [finding.reason is None and finding.probability >= _TOLD_FROM for finding in findings]
    rightly = sum(a and b for a, b in zip(told, right, strict=True))
    wrongly = sum(a and not b for a, b in zip(told, right, strict=True))
    count = len(group)
    return f"right first {sum(right) / count:.0%}, told rightly {rightly / count:.0%} wrongly {wrongly / count:.0%}"
