"""The commands as other people's scripts meet them: the knowledge files and their index."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.office_files import docx, paragraph, run
from tests.support.processes import Place

QUESTION = "How many freight trains ran in 2025?"


def _one_line(text: str) -> str:
    """Without the frame and the line breaks that a terminal gets."""
    return re.sub(r"[│╭╰─╮╯\s]+", " ", text)


def test_knowledge_commands_tell_what_is_wrong_by_file_and_line_and_change_only_what_they_say(place: Place):
    trains = place.knowledge / "en/logistics/trains.md"
    good = trains.read_text(encoding="utf-8")
    trains.write_text(good.replace("as_of: 2026-01-19", "as_of: soon"), encoding="utf-8")

    checked = place.scoda("knowledge", "check")
    assert checked.returncode == 1
    assert re.search(r"en/logistics/trains\.md:9: ", checked.stderr)
    assert "1 faults" in checked.stdout

    synced = place.scoda("knowledge", "sync")
    assert synced.returncode == 1
    assert "en/logistics/trains.md:9: " in synced.stderr
    assert TRAINS_IN_2025 in place.scoda("ask", QUESTION).stdout

    trains.write_text(good.replace(TRAINS_IN_2025, "1,300"), encoding="utf-8")
    (place.knowledge / "ru/venue/pearl.md").unlink()
    status = place.scoda("knowledge", "status")
    assert status.returncode == 0
    assert "changed: en/logistics/trains.md" in status.stdout
    assert "removed: ru/venue/pearl.md" in status.stdout

    synced = place.scoda("knowledge", "sync")
    assert synced.returncode == 0, synced.stderr
    assert re.search(r"Published version \d+: 12 documents", synced.stdout)
    embedded = int(re.search(r"(\d+) embedded", synced.stdout)[1])
    assert 0 < embedded < 20
    assert "1,300" in place.scoda("ask", QUESTION).stdout
    assert "Nothing changed" in place.scoda("knowledge", "sync").stdout


def test_an_empty_knowledge_folder_never_replaces_what_is_published(place: Place):
    published = place.scoda("knowledge", "status").stdout.partition(",")[0]
    for file in place.knowledge.rglob("*.md"):
        file.unlink()
    synced = place.scoda("knowledge", "sync")
    assert synced.returncode == 1
    assert "no readable document" in _one_line(synced.stderr)
    assert published.startswith("Generation ")
    assert place.scoda("knowledge", "status").stdout.partition(",")[0] == published


def test_a_missing_knowledge_folder_is_named(built_place: Place):
    place = Place(built_place.home, built_place.home / "nowhere", built_place.home / "other")
    for arguments in (("knowledge", "check"), ("ask", "hi")):
        ended = place.scoda(*arguments)
        assert ended.returncode == 1
        assert "nowhere" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_an_office_file_becomes_a_draft_and_what_is_refused_says_why(tmp_path: Path):
    place = Place(tmp_path, tmp_path / "knowledge", tmp_path / "data")
    (place.knowledge / "en/venue").mkdir(parents=True)
    office = place.knowledge / "en/venue/hours.docx"
    hidden = run("Entry is free.", "<w:vanish/>")
    office.write_bytes(docx(paragraph("Hours", "Title"), paragraph("The expo opens at nine."), paragraph(hidden)))
    (place.knowledge / "locked.txt").write_bytes(b"PK\x03\x04")

    made = place.scoda("knowledge", "import", "en/venue/hours.docx", "locked.txt")
    assert made.returncode == 1
    assert "written: drafts/en/venue/hours.md" in made.stdout
    assert "left out that no reader sees (white, tiny, hidden or off the page): 14" in made.stdout
    assert "locked.txt: it is damaged" in made.stderr
    assert "Traceback" not in made.stderr

    draft = place.knowledge / "drafts/en/venue/hours.md"
    draft.rename(place.knowledge / "en/venue/hours.md")
    checked = place.scoda("knowledge", "check")
    assert checked.returncode == 1
    assert "source.publisher" in checked.stderr
    assert "source.url" in checked.stderr
    assert "free" not in checked.stdout + checked.stderr


def test_what_ends_is_listed_with_its_owner_and_files(place: Place):
    trains = place.knowledge / "en/logistics/trains.md"
    heading = re.search(r"^## .*\{#([\w-]+)", trains.read_text(encoding="utf-8"), re.MULTILINE)
    old = f"{{#{heading[1]}"
    text = trains.read_text(encoding="utf-8").replace(old, f"{old} valid_until=2020-01-31 owner=press", 1)
    trains.write_text(text, encoding="utf-8")

    listed = json.loads(place.scoda("knowledge", "expiring", "--days", "3", "--json").stdout)
    (row,) = [one for one in listed if one["owner"] == "press"]

    assert (row["ends_on"], row["has_ended"], row["owner"]) == ("2020-01-31", True, "press")
    assert row["section"] == f"logistics/trains.md#{heading[1]}"
    assert "en/logistics/trains.md" in row["files"]
    assert "press" in place.scoda("knowledge", "expiring").stdout
    for file in place.knowledge.rglob("*.md"):
        file.write_text(re.sub(r"valid_until=\S+(?=[ }])", "", file.read_text(encoding="utf-8")), encoding="utf-8")
    assert "Nothing ends within 14 days." in place.scoda("knowledge", "expiring").stderr


def test_an_edit_of_no_other_fact_leaves_translations_up_to_date(place: Place):
    def check() -> str:
        return place.scoda("knowledge", "check").stderr

    place.scoda("knowledge", "translated", ".")
    pearl = place.knowledge / "en/venue/pearl.md"
    pearl.write_text(pearl.read_text(encoding="utf-8").replace(" the ", " teh ", 1), encoding="utf-8")
    assert "stale: en/venue/pearl.md" in _one_line(check())

    told = place.scoda("knowledge", "edited", "en/venue/pearl.md", "--weight", "fact")
    assert re.search(r"[1-9]\d* translations are out of date", told.stdout)
    assert "stale: en/venue/pearl.md" in _one_line(check())

    kept = place.scoda("knowledge", "edited", "en/venue/pearl.md", "--weight", "typing")
    assert re.search(r"Kept [1-9]\d* translations", kept.stdout)
    assert "stale" not in check()

    refused = place.scoda("knowledge", "edited", "ru/venue/pearl.md", "--weight", "typing")
    assert refused.returncode == 1
    assert "ru/venue/pearl.md is no source" in _one_line(refused.stderr)


@pytest.mark.nightly
def test_status_tells_how_each_section_stands_and_how_sure_the_bot_is_of_it(place: Place):
    trains_file = place.knowledge / "en/logistics/trains.md"
    more = "".join(f"? How many freight trains ran in 2025, asked {number} times?\n" for number in range(12))
    text = trains_file.read_text(encoding="utf-8")
    trains_file.write_text(text.replace("? What was the number", f"{more}? What was the number"), encoding="utf-8")
    asked = place.scoda("knowledge", "status", "--sections", "--ask", "--json")
    assert asked.returncode == 0, asked.stderr
    rows = {row["section"]: row for row in json.loads(asked.stdout)}
    trains = rows["logistics/trains.md#trains-2025"]
    assert (trains["languages"], trains["drafts"], trains["told"]) == (3, 0, 0)
    assert re.fullmatch(r"[1-3] of [23]", trains["sure"])
    assert "open" not in {section.partition("/")[0] for section in rows}
    shown = place.scoda("knowledge", "status", "--sections")
    assert re.search(r"logistics/trains\.md#trains-2025: 3 languages, \d+ questions, told 0 times", shown.stdout)
    assert "few questions: " in shown.stdout
