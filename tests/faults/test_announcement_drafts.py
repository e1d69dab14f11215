"""Row L23 of tests/faults/README.md: a bot that is killed while it drafts an announcement loses and doubles nothing."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from bot.chat.text import announcement_draft_texts as drafts
from bot.chat.text import texts
from bot.ids import Locale
from tests.support.announcement_drafting import reply_to
from tests.support.apps import App
from tests.support.model_server import KEY, MODEL, Manner, ModelServer, open_model_server
from tests.support.processes import Place, running_bot
from tests.support.visitors import Town, Visitor, buttons, until

RU = App.t(Locale.RU)
TEXT = "Форум переносится в зал 7."
KAZAKH = "Форум 7-залға ауыстырылды."


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with open_model_server() as server:
        yield server


def _reply(messages) -> str:
    rules, data = (one["content"] for one in messages)
    if "into Kazakh" in rules:
        return json.dumps({"lines": [KAZAKH], "labels": []})
    return reply_to([rules, data])


async def _drafted(place: Place) -> list[dict]:
    [made] = json.loads((await asyncio.to_thread(place.scoda, "announce", "list", "--json")).stdout)
    return json.loads((await asyncio.to_thread(place.scoda, "announce", "show", made["id"], "--json")).stdout)["drafts"]


async def _composed(owner: Visitor) -> dict:
    await owner.ask("/announce")
    topics = await owner.ask("Зал")
    languages = await owner.tap_for_change(topics, texts.topic(RU, "forum"))
    await owner.tap_for_message(languages, Locale.RU.endonym)
    return await owner.ask(TEXT)


@pytest.mark.nightly
async def test_L25_a_bot_killed_while_it_drafts_an_announcement_drafts_the_rest_at_its_next_start(
    place: Place, town: Town, server: ModelServer
):
    owner = await town.visitor("Olga", "ru")
    settings = {
        "organisers_owners": f"[{owner.id}]",
        "model_provider": "openai",
        "model_base_url": server.base_url,
        "model_model": MODEL,
        "model_api_key": KEY,
    }
    server.reply = _reply
    async with running_bot(place, town.base_url, **settings) as bot:
        page = await _composed(owner)
        server.manner, server.seen = Manner.HANGS, asyncio.Event()
        await owner.tap_for_change(page, drafts.button_draft(RU))
        await asyncio.wait_for(server.seen.wait(), 60)
        await bot.kill()
    waiting = await _drafted(place)
    assert len(waiting) == len(Locale) - 1
    assert {one["state"] for one in waiting} == {"waiting"}
    server.manner = Manner.WELL
    before = await owner.last_id()
    async with running_bot(place, town.base_url, **settings) as bot:

        async def ended() -> list[dict]:
            return [one for one in await owner.answers() if one["message_id"] > before and buttons(one)]

        (told,) = await until(ended, "the end of the drafting")
        assert drafts.unread(RU, 1, Locale.KK.endonym) in told["text"]
        found = {one["language"]: one for one in await _drafted(place)}
        assert Counter(one["state"] for one in found.values()) == {"written": 1, "refused": len(Locale) - 2}
        assert found["kk"]["text"] == KAZAKH
        assert len(await ended()) == 1
        assert await bot.stop() == 0
