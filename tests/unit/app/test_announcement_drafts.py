"""What is wished for is drafted behind the chat; a death in the middle loses nothing and doubles nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.announcements.model import Announcement, TextDraftState
from bot.app.announcement_drafts import Draftsman
from bot.chat.wire.composer import HtmlComposer
from bot.drafting.announcing import AnnouncementDrafter
from bot.drafting.asking import ModelAsker
from bot.drafting.model import DraftRefusal
from bot.errors import DatabaseError
from bot.ids import Locale
from tests.support.announcement_drafting import TEXTS, TranslatingModel, content
from tests.support.announcement_rig import AUTHOR, AnnouncementRig
from tests.support.attacking import FreeLedger

NOW = datetime(2026, 11, 28, tzinfo=UTC)
WANTED = (Locale.KK, Locale.ZH)


@pytest.fixture
async def rig() -> AnnouncementRig:
    rig = AnnouncementRig()
    await rig.appoint()
    return rig


async def wished(rig: AnnouncementRig) -> Announcement:
    made = await rig.draft(content=content(), locales=WANTED)
    assert (await rig.joined.text_drafting.wish(made.announcement_id, [], actor=AUTHOR, now=NOW)).is_done
    return made


def draftsman(rig: AnnouncementRig, model: TranslatingModel, told: list | None = None, fails=None) -> Draftsman:
    async def tell(announcement_id: str) -> None:
        if fails:
            raise fails
        if told is not None:
            told.append(announcement_id)

    asker = ModelAsker(model, FreeLedger(), now=lambda: NOW)
    return Draftsman(
        rig.joined.text_drafting, AnnouncementDrafter(asker, ShortMessageIdentifier(), HtmlComposer()), tell
    )


async def drafts(rig: AnnouncementRig, made: Announcement) -> dict:
    return {one.locale: one for one in await rig.parts.text_drafts.of([made.announcement_id])}


async def test_each_language_is_stored_and_told_and_one_that_fails_ends_alone(rig):
    made, told = await wished(rig), []
    model = TranslatingModel(
        lambda written, locale: (
            written.model_copy(update={"lines": written.lines[:1]}) if locale is Locale.KK else written
        )
    )
    await draftsman(rig, model, told).turn()
    found = await drafts(rig, made)
    assert (found[Locale.KK].state, found[Locale.KK].reason) == (
        TextDraftState.REFUSED,
        DraftRefusal.FORMATTING.name,
    )
    assert (found[Locale.ZH].state, found[Locale.ZH].text) == (TextDraftState.WRITTEN, TEXTS[Locale.ZH])
    assert told == [made.announcement_id] * 3
    asked = len(model.prompts)
    await draftsman(rig, model).turn()
    assert len(model.prompts) == asked


async def test_what_a_death_cut_short_is_drafted_at_the_next_start_and_nothing_twice(rig):
    made = await wished(rig)
    dying = TranslatingModel()
    dying.gate = asyncio.Event()
    task = asyncio.create_task(draftsman(rig, dying).turn())
    await dying.is_asked_for(2)
    assert {one.state for one in (await drafts(rig, made)).values()} == {TextDraftState.WAITING}
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    model = TranslatingModel()
    await draftsman(rig, model).turn()
    assert {one.text for one in (await drafts(rig, made)).values()} == {TEXTS[locale] for locale in WANTED}
    assert len(model.prompts) == 3


async def test_a_message_that_does_not_arrive_stops_no_draft(rig):
    made = await wished(rig)
    await draftsman(rig, TranslatingModel(), fails=DatabaseError("gone")).turn()
    assert {one.state for one in (await drafts(rig, made)).values()} == {TextDraftState.WRITTEN}


async def test_it_waits_for_the_chat_and_goes_on_after_an_error(rig, monkeypatch):
    made, started, waits = await wished(rig), asyncio.Event(), []
    working = draftsman(rig, TranslatingModel())
    turns = iter([DatabaseError("gone"), None])
    turn = working.turn

    async def breaking() -> None:
        if error := next(turns):
            raise error
        await turn()

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(working, "turn", breaking)
    task = asyncio.create_task(working.keep_writing(started, pause=pause))
    await asyncio.sleep(0)
    assert not waits
    started.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert waits == [60.0, 1.0, 1.0]
    assert {one.state for one in (await drafts(rig, made)).values()} == {TextDraftState.WRITTEN}
