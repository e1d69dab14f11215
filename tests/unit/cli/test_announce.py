"""`scoda announce` as scripts meet it: on an idle database, and beside a running bot."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.processes import Place, running_bot
from tests.support.visitors import Town

OWNER, APPROVER, STRANGER = 11, 12, 13
OWNERS = f"[{OWNER}, {APPROVER}]"
WRITTEN = """
[forum]
label = "Forum moves"
topic = "forum"
zone = "Asia/Shanghai"
at = 2031-03-07T09:30:00
source = "en"

[forum.texts]
en = "The forum starts <b>{start}</b>."
ru = "Форум начнётся <b>{start}</b>."

[forum.moments]
start = 2031-03-08T10:00:00

[forum.terms]
missing_language = "fallback"
fallback = "en"
"""


@pytest.fixture
def file(place: Place) -> Path:
    written = place.home / "forum.toml"
    written.write_text(WRITTEN, encoding="utf-8")
    return written


def run(place: Place, *arguments: object) -> dict:
    """A command that works, with its JSON."""
    done = place.scoda("announce", *map(str, arguments), "--json", organisers_owners=OWNERS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refusal(place: Place, *arguments: object) -> str:
    """A command that is refused, and what it says."""
    done = place.scoda("announce", *map(str, arguments), organisers_owners=OWNERS)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def seen(place: Place, name: str) -> tuple[object, ...]:
    """The version and the number of recipients that `show` tells, as options."""
    shown = run(place, "show", name)
    return ("--version", shown["version"], "--count", shown["reach"]["recipients"])


def test_a_file_is_previewed_handed_in_and_approved_by_a_second_person(place: Place, file: Path):
    preview = run(place, "preview", file)
    assert "March 8, 2031" in preview["texts"]["en"]["text"]
    assert "8 марта 2031" in preview["texts"]["ru"]["text"]
    assert not [problem for problem in preview["problems"] if not problem["warning"]]

    made = run(place, "schedule", file, "--as", OWNER)
    assert made["stage"] == "submitted"
    again = run(place, "schedule", file, "--as", OWNER)
    assert (again["id"], again["known"]) == (made["id"], True)
    assert run(place, "schedule", file, "--as", OWNER, "--again", "second")["id"] != made["id"]

    assert "nobody approves their own announcement" in refusal(
        place, "approve", made["id"], *seen(place, made["id"]), "--as", OWNER
    )
    approved = run(place, "approve", made["id"], *seen(place, made["id"]), "--as", APPROVER)
    assert (approved["stage"], approved["next_due_at"]) == ("approved", "2031-03-07T01:30:00+00:00")

    shown = run(place, "show", made["id"])
    assert shown["schedule"]["next"][0]["local"] == "2031-03-07T09:30:00+08:00"
    assert shown["terms"]["fallback"] == "en"
    assert {entry["action"] for entry in shown["log"]} >= {"announcement_submitted", "announcement_approved"}
    assert [line["id"] for line in run(place, "list", "--stage", "approved")] == [made["id"]]
    assert {(one["id"], one["role"]) for one in run(place, "list", "--organisers")} == {
        (OWNER, "owner"),
        (APPROVER, "owner"),
    }


@pytest.mark.parametrize("left_out", ["--version", "--count"])
def test_A14_an_approval_names_what_was_looked_at(place: Place, file: Path, left_out: str):
    name = run(place, "schedule", file, "--as", OWNER)["id"]
    look = list(seen(place, name))
    at = look.index(left_out)
    done = place.scoda("announce", "approve", name, *map(str, look[:at] + look[at + 2 :]), "--as", str(APPROVER))
    assert done.returncode == 2
    assert left_out in done.stderr


def test_A14_what_another_version_or_audience_says_is_not_approved(place: Place, file: Path):
    name = run(place, "schedule", file, "--as", OWNER)["id"]
    version = run(place, "show", name)["version"]
    told = refusal(place, "approve", name, "--version", version - 1, "--count", 0, "--as", APPROVER)
    assert f"version {version - 1} was meant, and it stands at {version}" in " ".join(told.split())
    assert f"announcement_submitted by {OWNER}" in " ".join(told.split())
    told = refusal(place, "approve", name, "--version", version, "--count", 1, "--as", APPROVER)
    assert "1 recipients were meant, and it would reach 0 now" in " ".join(told.split())
    assert run(place, "show", name)["stage"] == "submitted"


def test_pausing_resuming_and_stopping_move_it_from_stage_to_stage(place: Place, file: Path):
    name = run(place, "schedule", file, "--as", OWNER)["id"]
    run(place, "approve", name, *seen(place, name), "--as", APPROVER)
    stages = [run(place, verb, name, "--as", OWNER)["stage"] for verb in ("pause", "resume", "stop")]
    assert stages == ["paused", "approved", "stopped"]
    assert "present stage" in refusal(place, "resume", name, "--as", OWNER)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "nothing"), "there is no announcement 'nothing'"),
        (("approve", "nothing", "--as", OWNER, "--version", 1, "--count", 0), "there is no such announcement"),
        (("report", "nothing"), "there is no announcement 'nothing'"),
        (("schedule", "missing.toml", "--as", OWNER), "missing.toml:1: can't be read"),
        (("preview", "missing.toml"), "missing.toml:1: can't be read"),
        (("word", "nothing.1", "--as", OWNER, "--send"), "there is no such announcement"),
        (("pause", "=cmd|'", "--as", STRANGER), "not allowed"),
    ],
)
def test_bad_input_says_what_is_wrong(place: Place, file: Path, arguments: tuple[object, ...], told: str):
    run(place, "schedule", file, "--as", OWNER)
    assert told in refusal(place, *arguments)


def test_a_wrong_file_is_told_with_its_line(place: Place, file: Path):
    file.write_text(WRITTEN.replace('topic = "forum"', 'topic = "weather"'), encoding="utf-8")
    assert "forum.toml:4:" in refusal(place, "preview", file)


def test_an_emergency_needs_a_running_bot_because_everybody_is_told(place: Place, file: Path):
    name = run(place, "schedule", file, "--as", OWNER)["id"]
    assert "start the bot first" in refusal(place, "approve", name, *seen(place, name), "--as", OWNER, "--emergency")


@pytest.mark.nightly
async def test_orders_reach_a_running_bot_and_are_carried_out_by_it(place: Place, town: Town, file: Path):
    owner = await town.visitor("Olga", "en")
    async with running_bot(place, town.base_url, organisers_owners=f"[{owner.id}]") as bot:
        await owner.start()
        done = await _beside(place, "schedule", str(file), "--as", str(owner.id))
        assert done["stage"] == "submitted"
        last = await owner.last_id()
        assert (await _beside(place, "test", done["id"], "--as", str(owner.id), "--lang", "ru"))["sent"] == ["ru"]
        assert "Форум начнётся" in (await owner.next_after(last))["text"]
        look = await asyncio.to_thread(seen, place, done["id"])
        alone = await _beside(place, "approve", done["id"], *look, "--as", str(owner.id), "--emergency")
        assert alone["stage"] == "approved"
        assert (await _beside(place, "show", done["id"]))["emergency"] is True
        assert await bot.stop() == 0


async def _beside(place: Place, *arguments: object) -> dict:
    """A command while the bot and the sandbox run in this loop."""
    return await asyncio.to_thread(run, place, *arguments)
