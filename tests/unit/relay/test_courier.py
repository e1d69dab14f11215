from __future__ import annotations

from datetime import timedelta

import pytest

from bot.adapters.database.connection import open_database
from bot.ids import Locale
from bot.relay.model import Posted, RelayedKind, RelayedState, StaffPhrase
from tests.support.relay_rig import AIDA, BORIS, NOW, QUESTION, RULES, Interpreter, RelayRig

TO_STAFF = (RelayedKind.QUESTION, RelayedKind.WORDS)


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        yield database


@pytest.fixture
def interpreter():
    return Interpreter()


@pytest.fixture
def rig(database, interpreter):
    return RelayRig(database, interpreter=interpreter)


async def test_both_sides_get_the_original_and_a_translation_and_the_visitor_s_is_on_the_visitor_s_budget(
    rig, interpreter
):
    relay = await rig.ask()
    await rig.turn()
    await rig.answer(relay, "不可以。")
    await rig.turn(minutes=1)
    question, answer = rig.calls.sent
    assert (question.text, question.translation, question.written_in) == (QUESTION, f"(kk → ru) {QUESTION}", Locale.KK)
    assert (answer.text, answer.translation, answer.written_in) == ("不可以。", "(zh → kk) 不可以。", Locale.ZH)
    assert interpreter.paid_by == [AIDA, None]
    await rig.turn(minutes=2)
    assert rig.calls.sent[-1].kind is RelayedKind.RECEIPT
    [told_of] = [one for one in rig.calls.about if one is not None]
    assert (told_of.text, told_of.state) == ("不可以。", RelayedState.SENT)
    await rig.turn(minutes=3)
    assert len(rig.calls.sent) == 3, "a receipt has no receipt"


async def test_what_the_other_side_can_read_is_not_translated(rig, interpreter):
    relay = await rig.ask(question="Можно с собакой? Ещё с кошкой?")
    await rig.answer(relay, "Жоқ, болмайды: әрине.")
    await rig.turn()
    assert [one.translation for one in rig.calls.sent] == ["", ""]
    assert interpreter.paid_by == []


async def test_without_a_model_the_originals_go_alone_with_their_language(database):
    rig = RelayRig(database)
    relay = await rig.ask()
    await rig.answer(relay, "不可以。")
    await rig.turn()
    sent = {one.kind: one for one in rig.calls.sent}
    assert sent[RelayedKind.QUESTION].translation == sent[RelayedKind.ANSWER].translation == ""
    assert sent[RelayedKind.ANSWER].written_in is Locale.ZH


async def test_a_phrase_needs_no_model(rig, interpreter):
    relay = await rig.ask(question="1")
    await rig.turn()
    paid = len(interpreter.paid_by)
    await rig.desk.answer(relay, ["…"], reply_to=5, phrase=StaffPhrase.LOOKING, now=NOW)
    await rig.turn()
    assert rig.calls.sent[-1].phrase is StaffPhrase.LOOKING
    assert len(interpreter.paid_by) == paid


async def test_a_translation_is_paid_once_however_often_it_is_tried(rig, interpreter):
    await rig.ask()
    rig.calls.results = [Posted.NOT_SENT]
    await rig.turn()
    await rig.turn(minutes=1)
    assert len(interpreter.paid_by) == 1
    assert [one.translation for one in rig.calls.sent] == [f"(kk → ru) {QUESTION}"] * 2


async def test_a_long_answer_goes_in_parts_with_one_receipt_and_another_for_a_part_that_did_not_arrive(rig):
    relay = await rig.ask()
    await rig.turn()
    await rig.answer(relay, "один", "два", "три")
    rig.calls.results = [Posted.SENT, Posted.REFUSED, Posted.SENT]
    await rig.turn()
    await rig.turn(minutes=1)
    assert rig.calls.texts(RelayedKind.ANSWER) == ["один", "два", "три"]
    receipts = [about for one, about in zip(rig.calls.sent, rig.calls.about, strict=True) if one.kind is RelayedKind.RECEIPT]  # fmt: skip
    assert [(about.text, about.state.value) for about in receipts] == [("два", "refused"), ("три", "sent")]


async def test_who_writes_no_more_is_let_go_and_both_sides_are_told_once(rig):
    relay = await rig.ask()
    await rig.turn()
    hours = RULES.waits / timedelta(hours=1)
    await rig.turn(minutes=60 * hours - 1)
    assert await rig.desk.open_of(AIDA) == relay
    for minutes in (60 * hours, 60 * hours + 1):
        await rig.turn(minutes=minutes)
    assert await rig.desk.open_of(AIDA) is None
    assert {one.kind for one in rig.calls.sent[1:]} == {RelayedKind.END_FOR_VISITOR, RelayedKind.END_FOR_STAFF}
    assert len(rig.calls.sent) == 3


async def test_one_conversation_that_fails_does_not_hold_up_the_others(rig):
    await rig.ask()
    await rig.ask(BORIS, "екінші?", turn_id="t2")
    rig.calls.results = [ValueError("broken")]
    with pytest.raises(ValueError, match="broken"):
        await rig.turn()
    assert rig.calls.texts(*TO_STAFF) == [QUESTION, "екінші?"]
    await rig.turn(minutes=1)
    assert [one.kind for one in rig.calls.sent[2:]] == [RelayedKind.DOUBT], "the first is in doubt, and not sent again"
