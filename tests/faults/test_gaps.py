"""Rows P02, P03, P09 and T12 of the fault table, as far as they are about gaps."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.tombstones import Tombstones
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.app.state import STATE_FILE
from bot.gaps.model import GapId
from tests.support.fakes import exported
from tests.support.formulas import FORMULAS, is_harmless
from tests.support.gap_rig import AIDA, HALL, NOW, GapRig, trace
from tests.support.processes import Place
from tests.support.sandbox_keys import SANDBOX_TOKEN


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


@pytest.fixture
def opened(tmp_path):
    """Opens the same file anew, as a start does."""
    return lambda: open_database(tmp_path / "state.db")


async def wait_for_an_answer(rig):
    await rig.lose("1", "dog inside?")
    await rig.watches.wish("1", AIDA, now=NOW)
    await rig.turn()
    rig.answers.answered, rig.answers.version = {"dog inside?": HALL}, 2


async def start_again(database, sent):
    """A new process: it begins, and has its turns with the answer at hand."""
    rig = GapRig(database)
    rig.answers.answered, rig.answers.version = {"dog inside?": HALL}, 2
    await rig.keeper.begin(now=NOW)
    for minutes in range(3):
        await rig.turn(minutes=minutes)
    rig.answers.version = 3
    await rig.turn(minutes=4)
    return sent + len(rig.messages.sent)


async def test_P09_a_kill_between_intent_and_result_of_the_news_never_sends_twice(opened):
    async with opened() as database:
        await database.migrate()
        rig = GapRig(database)
        await wait_for_an_answer(rig)
        rig.messages.results = [Killed()]
        with pytest.raises(Killed):
            await rig.turn()
        assert len(rig.messages.sent) == 1
    async with opened() as database:
        assert await start_again(database, sent=1) == 1


async def test_P09_a_kill_after_the_call_and_before_its_result_is_stored_never_sends_twice(opened, monkeypatch):
    async with opened() as database:
        await database.migrate()
        rig = GapRig(database)
        await wait_for_an_answer(rig)

        async def killed(*_arguments, **_more):
            raise Killed

        monkeypatch.setattr(rig.watches, "settle", killed)
        with pytest.raises(Killed):
            await rig.turn()
        assert len(rig.messages.sent) == 1
    async with opened() as database:
        assert await start_again(database, sent=1) == 1


async def test_P09_a_kill_before_the_intent_is_stored_loses_no_news(opened, monkeypatch):
    async with opened() as database:
        await database.migrate()
        rig = GapRig(database)
        await wait_for_an_answer(rig)

        async def killed(*_arguments, **_more):
            raise Killed

        monkeypatch.setattr(rig.watches, "claim", killed)
        with pytest.raises(Killed):
            await rig.turn()
        assert rig.messages.sent == []
    async with opened() as database:
        assert await start_again(database, sent=0) == 1


async def test_P02_P03_a_wish_is_exported_and_nothing_of_it_outlives_its_visitor(opened, tmp_path):
    async with opened() as database:
        await database.migrate()
        rig, visitors = GapRig(database), SqlVisitorStore(database, Tombstones(tmp_path))
        await rig.lose("1", "паровоз inside?")
        await rig.watches.wish("1", AIDA, now=NOW)
        await rig.turn()
        tables = await exported(visitors.export(AIDA))
        assert [row["state"] for row in tables["gap_watches"]] == ["waiting"]
        await visitors.forget(AIDA, now=NOW)
        await rig.turn()
        rig.answers.answered, rig.answers.version = {"паровоз inside?": HALL}, 2
        await rig.turn()
        assert rig.messages.sent == []
        assert not any((await exported(visitors.export(AIDA))).values())
    for file in tmp_path.iterdir():
        assert "паровоз".encode() not in file.read_bytes()


async def test_T12_what_visitors_ask_is_no_formula_in_the_table_of_gaps(tmp_path):
    place = Place(tmp_path, tmp_path / "knowledge", tmp_path / "data")
    place.data.mkdir()
    async with open_database(place.data / STATE_FILE) as database:
        await database.migrate()
        rig = GapRig(database)
        for number, text in enumerate(FORMULAS):
            await rig.lose(f"t{number:02}", text)
        places = {f"t{number:02}": GapId(f"{number:08}") for number in range(len(FORMULAS))}
        traces = dict.fromkeys(places, trace(0))
        await rig.store.place(places, traces, identity="e5", version=1, now=NOW)
    for command in (("list",), ("show", "00000000")):
        done = place.scoda("gaps", *command, "--csv", telegram_token=SANDBOX_TOKEN)
        assert done.returncode == 0, done.stderr
        head, *rows = csv.reader(StringIO(done.stdout, newline=""))
        assert rows
        assert {len(row) for row in rows} == {len(head)}
        assert all(is_harmless(cell) for row in rows for cell in row)
