"""Rows P02, P03 and H01 to H04 of the fault table: visitors and staff write to each other."""

from __future__ import annotations

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.tombstones import Tombstones
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.relay.model import Posted, RelayedKind, RelayedState
from tests.support.fakes import exported
from tests.support.relay_rig import AIDA, BORIS, NOW, QUESTION, Interpreter, RelayRig

TO_STAFF = (RelayedKind.QUESTION, RelayedKind.WORDS)


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


async def killed(*_arguments, **_more):
    raise Killed


@pytest.fixture
def opened(tmp_path):
    """Opens the same file anew, as a start does."""
    return lambda: open_database(tmp_path / "state.db")


async def start_again(database):
    """A new process: it begins, and has its turns."""
    rig = RelayRig(database)
    await rig.courier.begin(now=NOW)
    for minutes in range(3):
        await rig.turn(minutes=minutes)
    return rig


async def die_while(rig, step, monkeypatch):
    """Have a turn die at this step."""
    if step == "call":
        rig.calls.results = [Killed()]
    else:
        monkeypatch.setattr(rig.store, step, killed)
    with pytest.raises(Killed):
        await rig.turn()


@pytest.mark.parametrize("step", ["waiting", "claim"])
@pytest.mark.parametrize("side", ["visitor", "staff"])
async def test_H01_a_kill_before_the_intent_is_stored_loses_nothing_and_doubles_nothing(
    opened, monkeypatch, step, side
):
    async with opened() as database:
        await database.migrate()
        rig = RelayRig(database)
        relay = await rig.ask()
        if side == "staff":
            await rig.turn()
            await rig.answer(relay, "Нет, нельзя.")
        before = len(rig.calls.sent)
        await die_while(rig, step, monkeypatch)
        assert len(rig.calls.sent) == before
    async with opened() as database:
        rig = await start_again(database)
        wanted = [QUESTION] if side == "visitor" else ["Нет, нельзя.", ""]
        assert [one.text for one in rig.calls.sent] == wanted
        assert {state for _kind, state in await rig.states(relay)} == {"sent"}


@pytest.mark.parametrize("step", ["call", "settle"])
async def test_H02_a_kill_after_the_intent_never_sends_a_visitor_s_words_twice_and_tells_them(
    opened, monkeypatch, step
):
    async with opened() as database:
        await database.migrate()
        rig = RelayRig(database)
        relay = await rig.ask()
        await die_while(rig, step, monkeypatch)
        assert rig.calls.texts(*TO_STAFF) == [QUESTION]
    async with opened() as database:
        rig = await start_again(database)
        assert rig.calls.texts(*TO_STAFF) == []
        assert await rig.states(relay) == [("question", "in_doubt"), ("doubt", "sent")]
        [about] = rig.calls.about
        assert about.text == QUESTION
        assert (await start_again(database)).calls.sent == [], "told once"


@pytest.mark.parametrize("step", ["call", "settle"])
async def test_H02_a_kill_after_the_intent_never_sends_an_answer_twice_and_tells_the_group(opened, monkeypatch, step):
    async with opened() as database:
        await database.migrate()
        rig = RelayRig(database)
        relay = await rig.ask()
        await rig.turn()
        await rig.answer(relay, "Нет, нельзя.")
        await die_while(rig, step, monkeypatch)
    async with opened() as database:
        rig = await start_again(database)
        assert rig.calls.texts(RelayedKind.ANSWER) == []
        [receipt], [about] = rig.calls.sent, rig.calls.about
        assert (receipt.kind, receipt.reply_to) == (RelayedKind.RECEIPT, 77)
        assert (about.text, about.state) == ("Нет, нельзя.", RelayedState.IN_DOUBT)


async def test_H02_a_kill_while_it_is_translated_sends_it_once_after_the_start(opened):
    class DyingInterpreter(Interpreter):
        translated = killed

    async with opened() as database:
        await database.migrate()
        rig = RelayRig(database, interpreter=DyingInterpreter())
        await rig.ask()
        with pytest.raises(Killed):
            await rig.turn()
        assert rig.calls.sent == []
    async with opened() as database:
        assert (await start_again(database)).calls.texts(*TO_STAFF) == [QUESTION]


async def test_H02_a_lost_answer_of_telegram_s_is_a_doubt_and_the_next_message_goes_on(opened):
    async with opened() as database:
        await database.migrate()
        rig = RelayRig(database)
        relay = await rig.ask()
        await rig.desk.write(relay, ["және мысық?"], now=NOW)
        rig.calls.results = [Posted.IN_DOUBT]
        await rig.turn()
        await rig.turn(minutes=1)
        assert rig.calls.texts(*TO_STAFF) == [QUESTION, "және мысық?"]
        assert (await rig.states(relay))[0] == ("question", "in_doubt")
        assert [one.kind for one in rig.calls.sent].count(RelayedKind.DOUBT) == 1


async def test_H03_while_the_group_takes_nothing_all_waits_in_order_and_the_others_go_on(opened):
    async with opened() as database:
        await database.migrate()
        rig = RelayRig(database)
        relay = await rig.ask()
        await rig.desk.write(relay, ["және мысық?"], now=NOW)
        rig.calls.results = [Posted.NOT_SENT]
        await rig.turn()
        assert rig.calls.texts(*TO_STAFF) == [QUESTION], "what comes after it does not overtake it"
        await rig.answer(relay, "Нет.")
        await rig.turn(minutes=0.1)
        assert rig.calls.texts(RelayedKind.ANSWER) == ["Нет."], "the visitor's chat takes messages"
        assert rig.calls.texts(*TO_STAFF) == [QUESTION], "the group has its rest"
        await rig.turn(minutes=1)
        assert rig.calls.texts(*TO_STAFF) == [QUESTION, QUESTION, "және мысық?"]
        assert ("receipt", "sent") in await rig.states(relay)


async def test_H04_an_answer_to_who_blocked_the_bot_is_told_in_the_group_and_ends_it(opened):
    async with opened() as database:
        await database.migrate()
        rig = RelayRig(database)
        relay = await rig.ask()
        await rig.turn()
        await rig.answer(relay, "Нет.")
        rig.calls.results = [Posted.GONE]
        await rig.turn()
        await rig.turn(minutes=1)
        assert await rig.desk.open_of(AIDA) is None
        assert rig.calls.sent[-1].kind is RelayedKind.RECEIPT
        assert rig.calls.about[-1].state is RelayedState.GONE


async def test_P02_P03_a_conversation_is_exported_and_nothing_of_it_outlives_its_visitor(opened, tmp_path):
    async with opened() as database:
        await database.migrate()
        rig, visitors = RelayRig(database), SqlVisitorStore(database, Tombstones(tmp_path))
        relay = await rig.ask(question="паровоз?")
        await rig.ask(BORIS, "автобус?")
        tables = await exported(visitors.export(AIDA))
        assert [row["text"] for row in tables["relayed_messages"]] == ["паровоз?"]
        await visitors.forget(AIDA, now=NOW)
        await rig.turn()
        assert rig.calls.texts(*TO_STAFF) == ["автобус?"]
        await rig.answer(relay, "паровоз!")
        await rig.turn()
        assert rig.calls.texts(RelayedKind.ANSWER) == []
        assert not any((await exported(visitors.export(AIDA))).values())
    for file in tmp_path.iterdir():
        assert "паровоз".encode() not in file.read_bytes()
