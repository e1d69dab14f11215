"""The fitted numbers: whose they are, and what happens where they can't be used."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.answering import calibration, confidence, reranking, routing
from bot.answering.calibration import BUNDLED, CalibrationFile, calibration_of, read_calibration
from bot.answering.model import Outcome
from bot.answering.reading import Reading
from bot.answering.reranking import Candidate
from bot.calibrating import fits
from bot.errors import CalibrationError
from bot.ids import Locale, ReplyKind
from tests.support.answering_parts import GivenRetriever, answerer, ask, examples, key, retrieved_section, section

FILE = files(calibration) / f"{BUNDLED}.json"
BUNDLED_FILE = json.loads(FILE.read_text())
MEND = "scoda calibrate --write"

SECTION = retrieved_section("any", 0.5)
FOUND = reranking.features(SECTION, numbers=0, in_conversation=False)
WEIGHED = {
    ("ranking", "weights"): FOUND,
    ("confidence", "weights"): confidence.features(Reading(""), [Candidate(SECTION, FOUND, 0.0)], [], lacks_kind=False),
    ("router", "weights"): routing.features(
        routing.Routed("", Locale.EN, (), GivenRetriever([], {})), ReplyKind.GREETING, [], []
    ),
    ("router", "kinds"): routing.kind_features(SECTION),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the calibrations are looked for: the bundled one of another program, and none else."""
    monkeypatch.setattr(calibration, "files", lambda _: tmp_path)
    write(tmp_path, BUNDLED)
    return tmp_path


def write(folder: Path, name: str, *, identity: str = "", constant: float = 4.0, **weights: float) -> Path:
    file = folder / f"{name}.json"
    content = BUNDLED_FILE | {
        "identity": identity or f"{name}:1",
        "confidence": {"weights": weights, "constant": constant, "by_locale": {}},
    }
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize(("part", "names"), WEIGHED, ids=map(".".join, WEIGHED))
def test_the_bundled_file_names_exactly_what_the_program_weighs(part, names):
    assert set(BUNDLED_FILE[part][names]) == set(WEIGHED[part, names])


@pytest.mark.parametrize(
    ("fitted", "weighed"),
    [
        (fits.RANKING_FEATURES, ("ranking", "weights")),
        (fits.CONFIDENCE_FEATURES, ("confidence", "weights")),
        (fits.ROUTER_FEATURES, ("router", "weights")),
        (fits.KIND_FEATURES, ("router", "kinds")),
    ],
)
def test_all_that_the_program_weighs_is_fitted(fitted, weighed):
    assert set(fitted) == set(WEIGHED[weighed])
    assert len(fitted) == len(set(fitted))


def test_the_bundled_file_has_numbers_for_every_language():
    file = CalibrationFile.model_validate(BUNDLED_FILE)
    assert set(file.ranking.coverage_by_locale) == set(file.confidence.by_locale) == set(Locale)
    assert 0 < file.thresholds.offer_from < 0.5
    assert 0 < file.thresholds.suggest_from < 1
    assert 0.4 < file.thresholds.route_from < 1  # an emergency is believed from .4 on


def test_the_numbers_of_the_embedding_in_use_are_taken_without_a_word():
    with capture_logs() as logs:
        assert calibration_of(BUNDLED_FILE["identity"]).identity == BUNDLED_FILE["identity"]
    assert logs == []


def test_an_embedding_with_a_file_of_its_own_is_judged_by_that(folder):
    write(folder, "other", constant=-1.0)
    with capture_logs() as logs:
        assert calibration_of("other:1").confidence.constant == -1.0
    assert logs == []


@pytest.mark.parametrize("identity", ["unheard-of:1", f"{BUNDLED}:2", "unheard-of"])
def test_another_embedding_goes_by_the_bundled_numbers_with_a_warning_that_names_both(folder, identity):
    with capture_logs() as logs:
        assert calibration_of(identity).confidence.constant == 4.0
    (warning,) = logs
    assert (warning["log_level"], warning["embedding"], warning["used"]) == ("warning", identity, f"{BUNDLED}:1")
    assert warning["mend"] == MEND


def test_an_own_file_that_was_fitted_for_an_earlier_version_is_used_with_a_warning(folder):
    write(folder, "other", constant=-1.0)
    with capture_logs() as logs:
        assert calibration_of("other:2").confidence.constant == -1.0
    assert [(log["embedding"], log["used"]) for log in logs] == [("other:2", "other:1")]


@pytest.mark.parametrize("content", ["{", "[]", '{"identity": "other:1"}', json.dumps(BUNDLED_FILE | {"typo": 1})])
async def test_a_damaged_own_file_is_named_and_answers_go_on(folder, content):
    (folder / "other.json").write_text(content)
    with capture_logs() as logs:
        found = calibration_of("other:1")
    damaged, another = logs
    assert damaged["file"].endswith("other.json")
    assert MEND in damaged["reason"]
    assert (another["embedding"], another["used"]) == ("other:1", f"{BUNDLED}:1")
    house = answerer(GivenRetriever([section("expo", "In July.")], {"expo": 0.9}), found)
    assert (await house.answer(ask("when is the expo"))).outcome is Outcome.ANSWERED


@pytest.mark.parametrize(("part", "names"), WEIGHED, ids=map(".".join, WEIGHED))
def test_a_file_that_weighs_what_the_program_does_not_know_is_refused_by_that_name(tmp_path, part, names):
    file = tmp_path / "some.json"
    weights = {**BUNDLED_FILE[part][names], "moon_phase": 1.0}
    file.write_text(json.dumps(BUNDLED_FILE | {part: {**BUNDLED_FILE[part], names: weights}}))
    with pytest.raises(CalibrationError, match=rf"some\.json .*{part}\.{names}.*moon_phase.*{MEND}"):
        read_calibration(file)


def test_a_file_may_leave_out_what_it_does_not_weigh(tmp_path):
    assert read_calibration(write(tmp_path, "some", lead=1.0)).confidence.weights == {"lead": 1.0}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "can't be read .*; reinstall"),
        ("{", "is damaged: the file: Invalid JSON"),
        (json.dumps(BUNDLED_FILE | {"typo": 1}), "is damaged: typo: Extra inputs"),
        (json.dumps(BUNDLED_FILE | {"thresholds": {}}), r"is damaged: thresholds\.offer_from: Field required"),
    ],
)
async def test_Q01_without_usable_bundled_numbers_sections_are_offered_and_the_log_says_why(folder, content, told):
    file = folder / f"{BUNDLED}.json"
    file.unlink() if content is None else file.write_text(content)
    with capture_logs() as logs:
        found = calibration_of(f"{BUNDLED}:1")
    damaged, effect = logs
    assert re.search(rf"{BUNDLED}\.json {told}.*{MEND}", damaged["reason"])
    assert (effect["log_level"], effect["mend"]) == ("error", MEND)
    house = answerer(GivenRetriever([section("expo", "In July."), examples(ReplyKind.GREETING)], {"expo": 0.5}), found)
    answer = await house.answer(ask("when is the expo"))
    assert (answer.outcome, [offer.key for offer in answer.offers]) == (Outcome.OFFERED, [key("expo")])


async def test_Q01_without_usable_numbers_a_greeting_is_still_one(folder):
    (folder / f"{BUNDLED}.json").unlink()
    retriever = GivenRetriever(
        [section("expo", "In July."), examples(ReplyKind.GREETING)], {"greeting": 0.9, "expo": 0.3}
    )
    answer = await answerer(retriever, calibration_of(f"{BUNDLED}:1")).answer(ask("hello"))
    assert answer.outcome is Outcome.GREETING
