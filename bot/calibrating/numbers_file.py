"""The file of fitted numbers: made, compared with the one in use, and put in its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from bot.answering import calibration
from bot.answering.calibration import CalibrationFile, ReaderFile
from bot.answering.confidence import ConfidenceModel
from bot.answering.message_letters import MessageLetters
from bot.answering.reranking import Ranking
from bot.answering.routing import Router
from bot.calibrating.training_questions import PLAIN
from bot.errors import CalibrationError

IN_USE = Path(calibration.__file__).parent
"""Where the numbers in use stand."""
THRESHOLDS = {"offer_from": 0.45, "suggest_from": 0.25, "route_from": 0.5}
"""Probabilities, and for `suggest_from` a similarity, that are set by hand: chosen on the calibration cases.

Offers from .4 instead of .45 on: 1 % more of those with an answer, in conversations none, would be offered it, and 4
and 5 % more of the others something that does not answer them.
"""


def numbers_file(
    *,
    identity: str,
    today: date,
    hashes: Mapping[str, str],
    ranking: Ranking,
    model: ConfidenceModel,
    router: Router,
) -> CalibrationFile:
    """The numbers as they stand in the file, with the thresholds that are set by hand."""
    return CalibrationFile.model_validate(
        {
            "identity": identity,
            "fitted_at": today.isoformat(),
            "fitted_on": hashes,
            "ranking": {"weights": ranking.weights, "coverage_by_locale": ranking.coverage_by_locale},
            "confidence": {"weights": model.weights, "constant": model.constant, "by_locale": model.by_locale},
            "router": {"weights": router.weights, "constant": router.constant, "kinds": router.kinds},
            "thresholds": THRESHOLDS,
        }
    )


def with_router(kept: CalibrationFile, router: Router, *, today: date, hashes: Mapping[str, str]) -> CalibrationFile:
    """The numbers that there are with another router, and what it alone was fitted on."""
    fitted = {"weights": router.weights, "constant": router.constant, "kinds": router.kinds}
    since = {"router": fitted, "router_fitted_at": today.isoformat(), "router_fitted_on": hashes}
    return CalibrationFile.model_validate(kept.model_dump() | since | {"thresholds": THRESHOLDS})


def in_use(identity: str, folder: Path = IN_USE) -> CalibrationFile:
    """The file in use for an embedding.

    Raises:
        CalibrationError: there is none that can be read.
    """
    file = file_of(identity, folder)
    try:
        return CalibrationFile.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise CalibrationError(f"{file} can't be read: fit all numbers, without --router") from error


def hashes_of(knowledge: Path, sets: Path) -> dict[str, str]:
    """The SHA-256 of everything that is fitted to: each set by its name, and the knowledge as a whole."""
    files = [*sorted((sets / "calibration").rglob("*.jsonl")), sets / PLAIN / "questions.jsonl"]
    hashes = {file.relative_to(sets).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    whole = hashlib.sha256()
    for file in sorted(knowledge.glob("*/*/*.md")):
        whole.update(file.read_bytes())
    return hashes | {"knowledge": whole.hexdigest()}


def file_of(identity: str, folder: Path = IN_USE) -> Path:
    """Where the numbers for an embedding stand."""
    return folder / f"{identity.partition(':')[0]}.json"


def reader_file_of(identity: str, folder: Path = IN_USE) -> Path:
    """Where stands what the reader counts beside the signs of an embedding."""
    return folder / f"reader-{identity.partition(':')[0]}.json"


def moved(new: CalibrationFile, folder: Path = IN_USE) -> Iterator[tuple[str, float | None, float | None]]:
    """Every number that is another than in the file in use: its name, old and new; None where there is none."""
    try:
        old = _numbers(CalibrationFile.model_validate_json(file_of(new.identity, folder).read_bytes()))
    except (OSError, ValidationError):
        old = {}
    numbers = _numbers(new)
    for name in dict.fromkeys([*old, *numbers]):
        if old.get(name) != numbers.get(name):
            yield name, old.get(name), numbers.get(name)


def _numbers(file: CalibrationFile) -> dict[str, float]:
    """All of them by dotted names."""
    found: dict[str, float] = {}
    for part in (file.ranking, file.confidence, file.router, file.thresholds):
        named = type(part).__name__.removeprefix("_").removesuffix("File").lower()
        for name, value in part.model_dump(mode="json").items():
            several = {f"{named}.{name}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {}
            found |= several or {f"{named}.{name}": value}
    return found


def write_reader(file: ReaderFile, folder: Path = IN_USE) -> Path:
    """Put what the reader counts to use from the next start on.

    Raises:
        CalibrationError: the folder can't be written.
    """
    target = reader_file_of(file.identity, folder)
    _put(target, file.model_dump_json(indent=1) + "\n")
    return target


def write(file: CalibrationFile, letters: MessageLetters, folder: Path = IN_USE) -> Path:
    """Put the numbers to use from the next start on, each of both files whole, or not at all.

    Raises:
        CalibrationError: the folder can't be written.
    """
    target = file_of(file.identity, folder)
    _put(target, file.model_dump_json(indent=1) + "\n")
    try:
        calibration.write_letters(letters, folder / calibration.LETTERS)
    except OSError as error:
        raise CalibrationError(f"{folder} can't be written ({error}): install where it may be") from error
    return target


def _put(target: Path, text: str) -> None:
    part = target.with_suffix(".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.chmod(0o644)  # whoever runs the bot reads it, not only who fitted it
        part.replace(target)
    except OSError as error:
        raise CalibrationError(f"{target} can't be written ({error}): install where it may be") from error
