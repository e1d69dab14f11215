"""`scoda knowledge answered`: an open question leads to the section that answers it."""

from __future__ import annotations

import json

import pytest

from tests.support.little_knowledge import write_document
from tests.support.processes import Place

OPEN, ANSWER = "open/parking.md#parking", "venue/lots.md#lots"
ASKED = "Есть ли у зала парковка?"


@pytest.mark.nightly
def test_what_was_denied_is_told_once_the_question_is_closed_and_denied_again_without_the_answer(place: Place):
    lots = "## Car parks at the hall {#lots}\n\nYou can park your car at the hall in lots 2 and 3: 1,800 places.\n"
    write_document(place.knowledge, "en/venue/lots.md", "Car parks at the hall", lots)
    assert json.loads(place.scoda("ask", "--json", ASKED).stdout)["outcome"] != "answered"
    checked = place.scoda("knowledge", "check").stderr
    assert f"scoda knowledge answered {OPEN} {ANSWER}" in " ".join(checked.split())
    closed = place.scoda("knowledge", "answered", OPEN, ANSWER)
    assert "written: en/open/parking.md" in closed.stdout
    assert "1,800" in json.loads(place.scoda("ask", "--json", ASKED).stdout)["answer"]
    (place.knowledge / "en/venue/lots.md").unlink()
    place.scoda("knowledge", "publish", "--yes")
    again = json.loads(place.scoda("ask", "--json", ASKED).stdout)
    assert again["outcome"] == "unknown"
    assert "stays open" in place.scoda("knowledge", "check").stderr


@pytest.mark.parametrize(
    ("question", "section", "reason"),
    [
        (OPEN, "venue/gone.md#lots", "there is no section venue/gone.md#lots"),
        ("open/parking.md#gone", "logistics/trains.md#journey", "there is no open question open/parking.md#gone"),
        ("logistics/trains.md#journey", "logistics/trains.md#journey", "there is no open question"),
    ],
)
def test_names_of_nothing_are_refused(place: Place, question: str, section: str, reason: str):
    refused = place.scoda("knowledge", "answered", question, section)
    assert refused.returncode == 1
    assert reason in " ".join(refused.stderr.split())


def test_a_name_that_is_none_is_a_usage_error(place: Place):
    assert place.scoda("knowledge", "answered", "parking", "lots").returncode == 2
