"""/gaps: who sees it, the list, one gap, and what its buttons do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.tables import turns
from bot.adapters.knowledge.gap_drafts import GapDraftFiles
from bot.chat.staff.gap_buttons import GapButton, GapVerb
from bot.chat.staff.gaps import HANDLERS
from bot.chat_state.model import Button, ButtonAction
from bot.gaps.model import GapId
from bot.gaps.service import GapDesk
from bot.ids import ChatId, Locale
from tests.support.chat_rig import NOW, person
from tests.support.gap_rig import GapRig
from tests.support.news_rig import AUTHOR, OWNER, STRANGER, NewsRig


@pytest.fixture
async def gaps(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        yield GapRig(database)


@pytest.fixture
async def rig(gaps, tmp_path):
    rig = NewsRig()
    files = GapDraftFiles(tmp_path / "knowledge")
    rig._changes["gaps"] = GapDesk(
        gaps.store,
        gaps.watches,
        files,
        audit=rig.parts.audit,
        transaction=gaps.database.transaction,
        now=lambda: NOW,
    )
    await rig.open()
    await rig.appoint()
    yield rig
    await rig.application.shutdown()


async def lose(gaps, *questions):
    for number, (question, locale) in enumerate(questions):
        at = NOW - timedelta(hours=9 - number)
        await gaps.lose(f"t{number}", question, locale=locale, asked_at=at)
    await gaps.keeper.turn(NOW)


async def test_staff_see_the_worst_first_take_it_draft_it_and_close_it(rig, gaps, tmp_path):
    await lose(gaps, ("pram?", Locale.EN), ("dog inside?", Locale.EN), ("dog <b>внутрь</b>?", Locale.RU))
    assert "most pressing first" in await rig.says(OWNER, "/gaps")
    labels = [button["text"] for button in rig.telegram.keyboard()]
    assert labels == ["2 · dog inside?", "1 · pram?"]
    page = await rig.taps(OWNER, "dog")
    assert "• dog inside?" in page
    assert "&lt;b&gt;внутрь&lt;/b&gt;" in page
    assert "Asked 2 times" in page
    assert "English, Русский" in page
    assert "not sure to answer" in page
    assert "venue/hall.md#dogs" in page
    assert f"Taken by {OWNER}" in await rig.taps(OWNER, "I take it")
    assert "drafts/en/venue/dog-inside-" in await rig.taps(OWNER, "Make a draft")
    written = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.md"))
    assert [file.split("/")[2] for file in written] == ["en", "ru"]
    assert "a draft for it already" in await rig.taps(OWNER, "Make a draft")
    assert "most pressing first" in await rig.taps(OWNER, "Close")
    assert [button["text"] for button in rig.telegram.keyboard()] == ["1 · pram?"]
    await rig.taps(OWNER, "pram")
    assert await rig.taps(OWNER, "Close") == "No question waits for an answer."
    noted = [(one.action, one.actor) for one in rig.parts.database.tables.audit if one.action.startswith("gap_")]
    assert noted == [("gap_taken", OWNER), ("gap_closed", OWNER), ("gap_closed", OWNER)]


async def test_who_is_no_staff_gets_what_an_unknown_command_gets_and_no_page_by_a_press(rig, gaps):
    await lose(gaps, ("dog inside?", Locale.EN))
    unknown = await rig.says(STRANGER, "/nothing")
    assert await rig.says(STRANGER, "/gaps") == unknown
    assert await rig.says(AUTHOR, "/gaps") == unknown
    assert "gaps_denied" in await rig.audited()
    await rig.says(OWNER, "/gaps")
    token = rig.telegram.button_of(OWNER, "dog")
    row = rig.state.buttons[token]
    rig.state.buttons[token] = replace(row, button=replace(row.button, chat_id=ChatId(AUTHOR), visitor_id=None))
    before = len(rig.telegram.to(AUTHOR))
    await rig.press(token, user=person(AUTHOR))
    assert len(rig.telegram.to(AUTHOR)) == before
    assert "gaps_show_denied" in await rig.audited()


async def test_a_gap_that_is_gone_is_said_to_be_so(rig, gaps):
    await lose(gaps, ("dog inside?", Locale.EN))
    await rig.says(OWNER, "/gaps")
    async with gaps.database.writing() as connection:
        await connection.execute(turns.delete())
    await gaps.store.tidy()
    assert await rig.taps(OWNER, "dog") == "It is no longer kept, or was closed."


def test_a_button_says_what_it_does_in_the_same_text_for_ever_and_each_verb_has_its_handler():
    for verb in GapVerb:
        key = GapButton(verb, "" if verb is GapVerb.LIST else GapId("0a1b2c3d")).key("label")
        button = Button("token", ChatId(1), None, key.action, key.argument, NOW, key.single_use)
        assert key.action is ButtonAction.GAP
        assert GapButton.read(button).key("label") == key
    assert GapButton(GapVerb.TAKE, "0a1b2c3d").key("l").argument == "take 0a1b2c3d"
    assert HANDLERS.keys() == set(GapVerb)


async def test_privacy_tells_of_the_wish_where_there_are_wishes(rig):
    told = await rig.says(STRANGER, "/privacy")
    assert "“🔔 Tell me when known”, your wish is stored with that question, for" in told
