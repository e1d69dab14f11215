"""`scoda calibrate`: asks folders from which something was taken away, and fits the numbers of answering to that.

What was taken away is asked, and with it the sets of a folder: cases (`*.jsonl`) and plain files with their questions
(`plain/`).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.answering import calibration
from bot.answering.calibration import CalibrationFile, ReaderFile
from bot.answering.message_letters import MessageLetters
from bot.answering.ports import SectionReader
from bot.app.core import open_core
from bot.calibrating.drop_out import dropped_copy
from bot.calibrating.examples import Example, examples_of
from bot.calibrating.fits import fit_confidence, fit_ranking, fit_router, has_choice
from bot.calibrating.letters_fit import fit_letters
from bot.calibrating.numbers_file import hashes_of, numbers_file, with_router
from bot.calibrating.numbers_file import in_use as file_in_use
from bot.calibrating.reader_fit import (
    beside_few,
    fit_reader,
    may_be_fitted,
    reader_report,
    seen,
    unlearned_documents,
)
from bot.calibrating.report import report, without_weight
from bot.calibrating.training_questions import PLAIN, CalibrationQuestion, cases_in, messages_in, plain_in, sampled
from bot.calibrating.written_sections import WRITTEN, add_plain_files
from bot.errors import CalibrationError
from bot.settings import Settings

FOLDERS = 2
"""Folders with drop-out, besides one from which only every sixth question is taken. Chosen: in two a
section is seldom drawn alike, and each is published and asked anew."""
WHOLE = 8.0
"""What the folder without drop-out counts against each of the others.

With 1 the right section came first for 89 % of the calibration cases in the whole folder and 58 % of the questions on
plain files in their own language, with 8 for 92 and 83 %; in the folders with drop-out for 71 and 74 %.
"""
_CHECKED_OF = 3
"""Of so many questions one is only looked at, by the hash of its text. Chosen: enough of each source to tell a per cent
or two, and most to fit to."""

_READ_OF = 3
"""Of so many cases and first messages the reader is fitted to one: to read takes longest. Chosen."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """New numbers, and how the examples that no fit saw fare with them and with those in use, a line each."""

    file: CalibrationFile
    letters: MessageLetters
    report: tuple[str, ...]
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FittedReader:
    """What the reader counts, and how the examples that no fit saw fare without it and with it, a line each."""

    file: ReaderFile
    report: tuple[str, ...]


async def calibrate(
    settings: Settings, sets: Path, *, today: date, say: Callable[[str], None], only_router: bool = False
) -> Fitted:
    """Collect examples from folders with drop-out and fit all numbers, or those of the router, to two thirds of them.

    `sets` holds `calibration/*.jsonl` and `training/plain/`, with `knowledge/` and `questions.jsonl`.

    Raises:
        CalibrationError: a set is missing, or there are too few questions to fit anything to.
    """
    _refuse_missing(sets)
    examples, letters = await _asked_folders(settings, sets, today=today, say=say)
    fitted = [example for example in examples if not _is_checked(example)]
    _refuse_too_few(fitted)
    async with open_core(settings) as core:
        identity = core.embedder.identity
    in_use, hashes = calibration.calibration_of(identity), hashes_of(settings.knowledge.folder, sets)
    router = fit_router(fitted, letters)
    ranking = in_use.ranking if only_router else fit_ranking(fitted)
    model = in_use.confidence if only_router else fit_confidence(fitted, ranking)
    say("the letters of all messages")
    all_letters = fit_letters(settings.knowledge.folder)
    if only_router:
        file = with_router(file_in_use(identity), router, today=today, hashes=hashes)
    else:
        file = numbers_file(identity=identity, today=today, hashes=hashes, ranking=ranking, model=model, router=router)
    checked = [example for example in examples if _is_checked(example)]
    seen_none = [replace(router, letters=one) for one in letters]
    return Fitted(
        file,
        all_letters,
        report=(*report(checked, ranking, model, seen_none), *without_weight(ranking, model)),
        before=tuple(report(checked, in_use.ranking, in_use.confidence, [in_use.router] * len(letters))),
    )


async def _asked_folders(
    settings: Settings, sets: Path, *, today: date, say: Callable[[str], None]
) -> tuple[list[Example], list[MessageLetters]]:
    """The examples of all folders, and of each folder what its letters say, which never saw what it is asked."""
    examples: list[Example] = []
    letters: list[MessageLetters] = []
    for seed in range(FOLDERS + 1):
        with TemporaryDirectory() as work:
            asked = _prepared(settings, sets, Path(work), seed)
            say(f"folder {seed + 1} of {FOLDERS + 1}: {len(asked)} questions")
            examples += await _asked_folder(settings, Path(work), asked, seed=seed, today=today)
            letters.append(fit_letters(Path(work) / "knowledge"))
    return examples, letters


async def calibrate_reader(
    settings: Settings, sets: Path, reader: SectionReader, *, today: date, say: Callable[[str], None]
) -> FittedReader:
    """Fit what the reader counts beside the signs in use, to questions that it never learned from.

    Raises:
        CalibrationError: a set is missing, or no section without example questions was found for any question.
    """
    _refuse_missing(sets)
    async with open_core(settings) as core:
        signs = calibration.calibration_of(core.embedder.identity)
    with TemporaryDirectory() as work:
        known = [one for one in _prepared(settings, sets, Path(work), 0) if may_be_fitted(one)]
        asked = [*known[::_READ_OF], *add_plain_files(unlearned_documents(sets), Path(work) / "knowledge")]
        say(f"{len(asked)} questions")
        examples = await _asked_folder(settings, Path(work), asked, seed=0, today=today)
        these = await seen([beside_few(example) for example in examples], reader, signs)
    fitted = [one for one in these if not _is_checked(one.example)]
    if not any(one.supports for one in fitted):
        raise CalibrationError(
            f"no question of {sets} leads to a section without example questions: add documents to {WRITTEN}"
        )
    file = fit_reader(fitted, signs)
    checked = [one for one in these if _is_checked(one.example) and one.supports]
    return FittedReader(file, tuple(reader_report(checked, file.model(), signs)))


async def _asked_folder(
    settings: Settings, work: Path, asked: Sequence[CalibrationQuestion], *, seed: int, today: date
) -> list[Example]:
    """What was found for these questions in the copy below `work`."""
    copy = settings.model_copy(
        update={
            "store": settings.store.model_copy(update={"data": work / "data"}),
            "knowledge": settings.knowledge.model_copy(update={"folder": work / "knowledge"}),
        }
    )
    found = await examples_of(copy, asked, today)
    return [replace(example, weight=1.0 if seed else WHOLE, folder=seed) for example in found]


def _refuse_missing(sets: Path) -> None:
    needed = ("calibration/*.jsonl", f"{PLAIN}/questions.jsonl", f"{PLAIN}/knowledge/*/*/*.md")
    missing = [name for name in needed if not any(sets.glob(name))]
    if missing:
        raise CalibrationError(f"{sets} holds no {', no '.join(missing)}: name the folder of the sets with --sets")


def _refuse_too_few(fitted: Sequence[Example]) -> None:
    """Each fit needs something to tell apart."""
    for what, is_there in (
        ("question with an answer", has_choice(fitted)),
        ("question without an answer", any(not one.asked.wanted and one.asked.reply is None for one in fitted)),
        ("two kinds of small talk", len({one.asked.reply for one in fitted} - {None}) > 1),
    ):
        if not is_there:
            raise CalibrationError(
                f"there are too few examples to fit to: no {what}; add some to the knowledge or the sets"
            )


def _prepared(settings: Settings, sets: Path, work: Path, seed: int) -> list[CalibrationQuestion]:
    folder, draw = work / "knowledge", random.Random(seed)  # noqa: S311 - drawn alike each time
    asked = sampled(dropped_copy(settings.knowledge.folder, folder, seed=seed, drops=seed > 0), draw)
    for file in (sets / PLAIN / "knowledge").glob("*/*/*.md"):
        target = folder / file.relative_to(sets / PLAIN / "knowledge")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    cases = cases_in(sets / "calibration") + messages_in(sets / "calibration" / "messages")
    return asked + (draw.sample(cases, len(cases) // 3) if seed else cases) + plain_in(sets / PLAIN)


def _is_checked(example: Example) -> bool:
    """Whether no fit may see it: the same questions whatever folder they are asked of."""
    return hashlib.sha256(example.asked.turns[-1].encode()).digest()[0] % _CHECKED_OF == 0
