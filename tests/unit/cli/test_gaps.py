"""`scoda gaps` as scripts meet it: on an idle database, and beside a running bot."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.adapters.database.audit_store import SqlAuditLog
from bot.adapters.database.connection import open_database
from bot.app.state import STATE_FILE
from bot.ids import Locale
from tests.support.gap_rig import NOW, GapRig
from tests.support.processes import Place, running_bot
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town, until


def run(place: Place, *arguments: str) -> Any:
    """A command that works, with its JSON."""
    done = place.scoda("gaps", *arguments, "--json", telegram_token=SANDBOX_TOKEN)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
async def idle(tmp_path) -> Place:
    """A state with a gap of two questions, and nobody who holds it."""
    place = Place(tmp_path, tmp_path / "knowledge", tmp_path / "data")
    place.data.mkdir()
    place.knowledge.mkdir()
    async with open_database(place.data / STATE_FILE) as database:
        await database.migrate()
        rig = GapRig(database)
        await rig.lose("1", "dog inside?")
        await rig.lose("2", "dog внутрь?", locale=Locale.RU)
        await rig.keeper.turn(NOW)
    return place


async def test_a_gap_is_listed_shown_taken_drafted_and_closed(idle):
    [line] = run(idle, "list")
    assert {
        name: line[name] for name in ("state", "asked", "languages", "lost_by", "nearest", "assignee", "example")
    } == {
        "state": "open",
        "asked": 2,
        "languages": ["en", "ru"],
        "lost_by": "low_confidence",
        "nearest": "venue/hall.md#dogs",
        "assignee": None,
        "example": "dog inside?",
    }
    run(idle, "assign", line["id"], "11")
    shown = run(idle, "show", line["id"])
    assert shown["assignee"] == 11
    assert [(one["language"], one["nearest_in"]) for one in shown["questions"]] == [
        ("ru", ["en", "ru"]),
        ("en", ["en", "ru"]),
    ]
    assert run(idle, "assign", line["id"])["gap"] == line["id"]
    assert run(idle, "show", line["id"])["assignee"] is None
    made = run(idle, "draft", line["id"], "--locale", "kk")
    assert made["files"] == [f"drafts/kk/venue/dog-inside-{line['id']}.md"]
    assert len(run(idle, "draft", line["id"])["files"]) == 2
    again = idle.scoda("gaps", "draft", line["id"], "--locale", "kk", telegram_token=SANDBOX_TOKEN)
    assert again.returncode == 1
    assert "is there already" in again.stderr.replace("\n", " ")
    run(idle, "close", line["id"])
    assert run(idle, "list") == []
    assert [one["id"] for one in run(idle, "list", "--state", "closed")] == [line["id"]]
    async with open_database(idle.data / STATE_FILE) as database:
        noted = [(one.action, one.actor) for one in await SqlAuditLog(database).entries(subject=line["id"])]
    assert noted == [("gap_closed", None), ("gap_left", None), ("gap_assigned", None)]


async def test_a_gap_that_is_not_there_is_an_error_that_says_so(idle):
    for command in ("show", "assign", "close", "draft"):
        done = idle.scoda("gaps", command, "nothing", telegram_token=SANDBOX_TOKEN)
        assert done.returncode == 1
        assert "there is no gap nothing" in done.stderr.replace("\n", " ")


@pytest.mark.nightly
async def test_beside_a_running_bot_it_is_looked_at_and_the_bot_carries_the_orders_out(place: Place, town: Town):
    async with running_bot(place, town.base_url):
        visitor = await town.visitor("Ann", "en")
        await visitor.ask("Can I bring my dog into the exhibition hall?")

        async def listed():
            return await asyncio.to_thread(run, place, "list")

        [line] = await until(listed, "a gap")
        assert line["example"] == "Can I bring my dog into the exhibition hall?"
        assert (await asyncio.to_thread(run, place, "assign", line["id"], "11"))["gap"] == line["id"]
        assert (await asyncio.to_thread(run, place, "show", line["id"]))["assignee"] == 11
        await asyncio.to_thread(run, place, "close", line["id"])
        assert await listed() == []
