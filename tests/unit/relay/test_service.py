from __future__ import annotations

import pytest

from bot.adapters.database.connection import open_database
from bot.answering.model import Loss, LostBy
from bot.errors import GapError
from bot.ids import Locale
from bot.relay.model import RelayedKind, StaffPhrase
from tests.support.gap_rig import HALL, lost_turn
from tests.support.relay_rig import AIDA, BORIS, NOW, QUESTION, Interpreter, RelayRig


@pytest.fixture
async def rig(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        yield RelayRig(database, interpreter=Interpreter())


async def test_a_visitor_has_one_conversation_and_a_second_question_goes_into_it(rig):
    relay = await rig.ask()
    assert await rig.desk.open_of(AIDA) == relay
    assert await rig.desk.open_of(BORIS) is None
    await rig.desk.ask(relay, ["және мысық?"], turn_id="t2", now=NOW)
    messages = await rig.store.messages(relay.relay_id)
    assert [(one.text, one.turn_id) for one in messages] == [(QUESTION, "t1"), ("және мысық?", "t2")]


async def test_an_end_is_told_to_the_staff_once(rig):
    relay = await rig.ask()
    for _ in range(2):
        await rig.desk.end(relay, now=NOW)
    assert await rig.states(relay) == [("question", "waiting"), ("end_for_staff", "waiting")]
    assert await rig.desk.open_of(AIDA) is None
    assert (await rig.ask()).relay_id != relay.relay_id


async def answered(rig, *parts, question=QUESTION):
    loss = Loss(LostBy.LOW_CONFIDENCE, HALL)
    await rig.turns.record(lost_turn("t1", question, visitor_id=AIDA, locale=Locale.KK, loss=loss))
    relay = await rig.ask(question=question)
    await rig.answer(relay, *parts)
    await rig.turn()
    return max(one.entry for one in await rig.store.messages(relay.relay_id) if one.kind is RelayedKind.ANSWER)


async def test_a_good_answer_becomes_a_draft_in_its_language_and_the_visitor_s(rig):
    entry = await answered(rig, "Нельзя:", "# только  поводырям.")
    made = await rig.desk.draft(entry, now=NOW)
    russian, kazakh = rig.drafts.files.values()
    name = f"00000001-{entry}"
    assert [str(path) for path in made] == [f"drafts/{one}/venue/{name}.md" for one in ("ru", "kk")]
    assert f"{{#{name}}}\n\nНельзя:\n\nтолько поводырям.\n\n? (kk → ru) {QUESTION}\n" in russian
    assert f"{{#{name}}}\n\n(ru → kk) Нельзя:\n\n(ru → kk) только поводырям.\n\n? {QUESTION}\n" in kazakh
    assert "publisher:\n" in russian, "nobody publishes it by oversight"
    with pytest.raises(GapError, match="there already"):
        await rig.desk.draft(entry, now=NOW)


async def test_a_draft_names_nobody_s_telephone(rig):
    entry = await answered(rig, "Нет.", question="Итпен бола ма? Менің нөмірім +7 701 123 45 67")
    await rig.desk.draft(entry, now=NOW)
    assert all("701" not in content for content in rig.drafts.files.values())


async def test_without_a_translation_the_visitor_s_language_gets_its_question_and_no_text(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        rig = RelayRig(database)
        await rig.desk.draft(await answered(rig, "Нет, нельзя."), now=NOW)
    russian, kazakh = rig.drafts.files.values()
    assert "Нет, нельзя." in russian
    assert "\n? " not in russian
    assert kazakh.endswith(f"}}\n\n? {QUESTION}\n")


async def test_what_is_no_answer_or_is_gone_makes_no_draft(rig):
    entry = await answered(rig, "Нет.")
    for other in (entry - 1, entry + 50):
        with pytest.raises(GapError, match="no longer kept"):
            await rig.desk.draft(other, now=NOW)
    assert await rig.desk.is_kept(entry)
    assert not await rig.desk.is_kept(entry + 50)


async def test_a_phrase_before_an_answer_is_no_part_of_its_draft(rig):
    relay = await rig.ask()
    await rig.desk.answer(relay, ["Анықтап жатырмыз."], reply_to=5, phrase=StaffPhrase.LOOKING, now=NOW)
    await rig.answer(relay, "Нет.")
    await rig.turn()
    entry = max(one.entry for one in await rig.store.messages(relay.relay_id) if one.text == "Нет.")
    await rig.desk.draft(entry, now=NOW)
    assert all("Анықтап" not in content for content in rig.drafts.files.values())
