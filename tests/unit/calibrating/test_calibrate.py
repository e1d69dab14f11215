"""`scoda calibrate` on a small folder with fake embeddings: what it writes can be used, and what is missing is said."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from bot.answering.calibration import read_calibration
from bot.app import knowledge_parts
from bot.calibrating import calibrate as calibrating
from bot.calibrating import drop_out, fits, training_questions
from bot.calibrating.calibrate import Fitted, calibrate
from bot.calibrating.numbers_file import file_of, in_use, moved, write
from bot.errors import CalibrationError
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.knowledge_parts import LetterEmbeddings
from tests.support.little_knowledge import write_document, write_little_knowledge

pytestmark = pytest.mark.nightly

TODAY = date(2026, 11, 25)
CASES = (
    {
        "id": "a1",
        "question": "how many trains went in 2025",
        "expect": ["1,225"],
        "section": "logistics/trains.md#trains-2025",
    },
    {
        "id": "a2",
        "question": "how many days is it to Tashkent",
        "expect": ["11"],
        "section": "logistics/trains.md#journey",
    },
    {
        "id": "a3",
        "question": "the floor area of the Pearl hall",
        "expect": ["160,000"],
        "section": "venue/pearl.md#size",
    },
    {"id": "u1", "question": "is there a swimming pool", "expect": "refuse"},
    {"id": "u2", "question": "who painted the Mona Lisa", "expect": "refuse"},
    {"id": "u3", "question": "may I bring my dog along", "expect": "refuse"},
)
PLAIN = {"id": "p1", "question": "when does the kiosk open", "expect": ["8:30"], "section": "notices/kiosk.md#kiosk"}


def write_sets(folder: Path) -> Path:
    """Sets as those of `tests/sets`, with a few lines each."""
    for name, cases in (("calibration/en.jsonl", CASES), ("training/plain/questions.jsonl", [PLAIN])):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps({**case, "lang": "en"}) + "\n" for case in cases), encoding="utf-8")
    plain = folder / "training/plain/knowledge/en/notices/kiosk.md"
    plain.parent.mkdir(parents=True)
    plain.write_text("# Notices\n\n## Kiosk\n\nThe kiosk opens at 8:30 and sells maps.\n", encoding="utf-8")
    return folder


def settings_of(folder: Path) -> Settings:
    knowledge = folder / "knowledge"
    write_little_knowledge(knowledge)
    thanks = "## Thanks {#examples}\n\nThanks.\n\n" + "".join(
        f"? thanks a {word}\n" for word in ("lot", "ton", "bunch", "million")
    )
    write_document(knowledge, "en/bot/thanks.md", "Thanks", thanks, more="answerable: false\nreply: thanks\n")
    return Settings(knowledge=KnowledgeSettings(folder=knowledge), store=StoreSettings(data=folder / "data"))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two small folders, a fast embedding, and nothing kept back to look at: there is too little of everything."""
    monkeypatch.setattr(calibrating, "FOLDERS", 1)
    monkeypatch.setattr(training_questions, "ASKED", 5)
    monkeypatch.setattr(drop_out, "HELD_OUT", 2)
    monkeypatch.setattr(calibrating, "_is_checked", lambda example: False)
    monkeypatch.setattr(knowledge_parts, "embeddings_of", lambda settings: LetterEmbeddings())


async def fitted(folder: Path) -> Fitted:
    return await calibrate(settings_of(folder), write_sets(folder / "sets"), today=TODAY, say=lambda _: None)


@pytest.mark.usefixtures("few")
async def test_what_is_fitted_is_a_file_that_can_be_used(tmp_path: Path) -> None:
    found = await fitted(tmp_path)

    written = write(found.file, found.letters, tmp_path)

    calibration = read_calibration(written)
    assert written == file_of("letters", tmp_path)
    assert calibration.identity == "letters"
    assert set(calibration.ranking.weights) == set(fits.RANKING_FEATURES)
    assert set(calibration.confidence.weights) == set(fits.CONFIDENCE_FEATURES)
    assert any(calibration.router.weights.values())
    assert {"knowledge", "calibration/en.jsonl"} <= set(found.file.fitted_on)
    assert any(line.startswith("small talk from 0.5") for line in found.report)
    assert any(line.startswith("small talk from 0.5") for line in found.before)


@pytest.mark.usefixtures("few")
async def test_the_router_alone_is_fitted_anew_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await fitted(tmp_path)
    known = found.file.model_copy(update={"fitted_at": "2020-01-01", "fitted_on": {"knowledge": "before"}})
    monkeypatch.setattr(calibrating, "file_in_use", lambda identity: known)
    settings, sets = settings_of(tmp_path), tmp_path / "sets"

    again = (await calibrate(settings, sets, today=TODAY, say=lambda _: None, only_router=True)).file

    assert (again.ranking, again.confidence, again.router) == (known.ranking, known.confidence, found.file.router)
    assert (again.fitted_at, again.fitted_on) == ("2020-01-01", {"knowledge": "before"})
    assert (again.router_fitted_at, again.router_fitted_on) == (TODAY.isoformat(), found.file.fitted_on)


async def test_without_numbers_in_use_the_router_alone_is_not_fitted(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="fit all numbers, without --router"):
        in_use("letters", tmp_path)


@pytest.mark.usefixtures("few")
async def test_what_no_example_shows_is_named_with_what_to_do(tmp_path: Path) -> None:
    told = (await fitted(tmp_path)).report[-1]
    assert told.startswith("without weight: ")
    assert "in_conversation" in told
    assert "passage," not in told
    assert told.endswith("calibrate once more.")


@pytest.mark.usefixtures("few")
async def test_what_moved_is_told_by_name_with_old_and_new(tmp_path: Path) -> None:
    found = await fitted(tmp_path)
    before = {name: old for name, old, _ in moved(found.file, tmp_path)}
    assert before["ranking.weights.passage"] is None
    write(found.file, found.letters, tmp_path)
    assert list(moved(found.file, tmp_path)) == []

    thresholds = found.file.thresholds
    bolder = found.file.model_copy(update={"thresholds": thresholds.model_copy(update={"offer_from": 0.125})})
    assert list(moved(bolder, tmp_path)) == [("thresholds.offer_from", thresholds.offer_from, 0.125)]


@pytest.mark.usefixtures("few")
async def test_sets_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"no calibration/\*\.jsonl, no training/plain/questions\.jsonl"):
        await calibrate(settings_of(tmp_path), tmp_path / "nowhere", today=TODAY, say=lambda _: None)


@pytest.mark.usefixtures("few")
async def test_without_examples_of_small_talk_it_is_said_what_is_missing(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    (tmp_path / "knowledge/en/bot/thanks.md").unlink()
    with pytest.raises(CalibrationError, match="no two kinds of small talk"):
        await calibrate(settings, write_sets(tmp_path / "sets"), today=TODAY, say=lambda _: None)


async def test_numbers_that_can_t_be_written_are_said(tmp_path: Path, few: None) -> None:
    found = await fitted(tmp_path)
    with pytest.raises(CalibrationError, match="can't be written"):
        write(found.file, found.letters, tmp_path / "missing")
