"""`scoda knowledge pin`, `pins` and `unpin`, and how a pinned answer is printed."""

from __future__ import annotations

import json

from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.processes import Place

QUESTION = "Is there a car park at the Pearl?"


def test_a_pin_is_written_told_with_its_mark_listed_and_taken_back(place: Place):
    address = "https://example.org/parking"
    made = place.scoda(
        "knowledge", "pin", QUESTION, "--answer", "Park at gate 4.", "--source", address, "--until", "2099-12-31"
    )
    assert made.returncode == 0, made.stderr
    assert "written: en/pins/is-there-a-car-park-at-the-pearl.md" in made.stdout
    line = json.loads(place.scoda("ask", "--json", QUESTION).stdout)
    assert (line["outcome"], line["pinned"]["path"]) == ("answered", "pins/is-there-a-car-park-at-the-pearl.md")
    assert "📌" in line["answer"]
    assert "Park at gate 4." in line["answer"]
    assert [source["url"] for source in line["sources"]] == [address]
    [listed] = json.loads(place.scoda("knowledge", "pins", "--json").stdout)
    assert (listed["questions"], listed["until"], listed["languages"]) == ([QUESTION], "2099-12-31", "en")
    again = place.scoda("knowledge", "pin", QUESTION, "--tells", "logistics/trains.md#journey")
    assert again.returncode == 1
    assert "is there already" in again.stderr
    gone = place.scoda("knowledge", "unpin", "is-there-a-car-park-at-the-pearl")
    assert "removed: en/pins/is-there-a-car-park-at-the-pearl.md" in gone.stdout
    assert json.loads(place.scoda("ask", "--json", QUESTION).stdout)["pinned"] is None


def test_a_pin_tells_a_section_that_there_is(place: Place):
    wrong = place.scoda("knowledge", "pin", QUESTION, "--tells", "logistics/trains.md#height")
    assert wrong.returncode == 1
    assert "there is no section logistics/trains.md#height" in wrong.stderr
    assert place.scoda("knowledge", "pin", QUESTION, "--tells", "logistics/trains.md#trains-2025").returncode == 0
    line = json.loads(place.scoda("ask", "--json", QUESTION).stdout)
    assert TRAINS_IN_2025 in line["answer"]
    assert line["sources"][0]["section"] == "trains-2025"
    pin = place.knowledge / "en/pins/is-there-a-car-park-at-the-pearl.md"
    pin.write_text(pin.read_text("utf-8").replace("#trains-2025", "#height"), "utf-8")
    checked = place.scoda("knowledge", "check")
    assert checked.returncode == 1
    assert "tells logistics/trains.md#height" in checked.stderr
    assert json.loads(place.scoda("knowledge", "pins", "--json").stdout)[0]["fault"] == "its section is gone"


def test_what_is_missing_is_asked_for(place: Place):
    for options in ([], ["--answer", "Yes."], ["--answer", "Yes.", "--tells", "a.md#b"], ["--tells", "a.md"]):
        assert place.scoda("knowledge", "pin", QUESTION, *options).returncode == 2
    assert "is no pin" in place.scoda("knowledge", "unpin", "nothing").stderr
