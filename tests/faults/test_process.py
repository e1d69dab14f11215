"""Rows I01 and R02 of tests/faults/README.md with the whole program: kills and crowds, and nobody is left without an answer."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence

import pytest

from bot.chat.text import texts
from bot.ids import Locale
from tests.support.apps import App, running_app
from tests.support.intake_parts import Door, RecordingHandler, updates
from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.processes import Place, free_port, running_bot
from tests.support.visitors import LIMIT_S, Town, Visitor, until

QUESTION = "How many freight trains ran in 2025?"
JOURNEY = "How long does a freight train to Tashkent take?"


async def _all_answered(visitors: Sequence[Visitor]) -> bool:
    for visitor in visitors:
        if not await visitor.answers():
            return False
    return True


@pytest.mark.nightly
async def test_I01_a_kill_with_300_fetched_and_unhandled_updates_loses_none(place: Place, town: Town):
    visitors = await town.visitors(300)
    await town.act("faults", method="sendMessage", kind="hang", effect=False, count=1000)
    for visitor in visitors:
        await visitor.write(QUESTION)
    async with running_bot(place, town.base_url) as bot:
        await until(lambda: not town.unfetched, "all updates to be fetched")
        await bot.kill()
    for visitor in visitors:
        assert await visitor.answers() == []

    town.server.sandbox.faults.clear()
    async with running_bot(place, town.base_url) as bot:
        await until(lambda: _all_answered(visitors), "an answer for everybody")
        assert await bot.stop() == 0
    for visitor in visitors:
        [answer] = await visitor.answers()
        assert TRAINS_IN_2025 in answer["text"]


async def test_I01_kills_in_the_middle_of_the_work_lose_none(place: Place, town: Town):
    visitors = await town.visitors(60)
    for visitor in visitors:
        await visitor.write(QUESTION)
    for kill in range(2):
        async with running_bot(place, town.base_url) as bot:
            sent = len(town.calls("sendMessage"))
            await until(lambda sent=sent: len(town.calls("sendMessage")) > sent, f"the first answer of run {kill}")
            await bot.kill()
    async with running_bot(place, town.base_url) as bot:
        await until(lambda: _all_answered(visitors), "an answer for everybody")
        assert await bot.stop() == 0


async def test_I01_a_kill_after_an_answer_repeats_at_most_that_answer_and_keeps_the_order(place: Place, town: Town):
    """Telegram gives the same updates again after a restart: the inbox knows what of them was handled."""
    [visitor] = await town.visitors(1)
    await visitor.write(QUESTION)
    async with running_bot(place, town.base_url) as bot:
        await until(visitor.answers)
        await bot.kill()
    await visitor.write(JOURNEY)
    async with running_bot(place, town.base_url) as bot:
        await until(lambda: _was_told(visitor, "11 days"))
        assert await bot.stop() == 0
    said = [answer["text"] for answer in await visitor.answers()]
    assert "11 days" in said.pop()
    assert 1 <= len(said) <= 2
    assert all(TRAINS_IN_2025 in text for text in said)


async def test_I01_an_update_that_is_stored_while_a_later_one_is_being_read_is_not_passed_over():
    """Webhooks arrive in any order: 10 is committed after the inbox was read up to 12 and before that is known."""
    handler = RecordingHandler()
    door = Door(handler)
    read_inbox = door.inbox.pending
    is_read, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow_pending(*, after: int, limit: int):
        found = await read_inbox(after=after, limit=limit)
        if found:
            is_read.set()
            await may_go_on.wait()
        return found

    door.inbox.pending = slow_pending
    await door.accept(updates((12, 2)))
    running = asyncio.create_task(door.intake.run())
    async with asyncio.timeout(LIMIT_S):
        await is_read.wait()
    await door.accept(updates((10, 3)))
    may_go_on.set()
    await until(lambda: door.is_empty)

    await door.accept(updates((20, 4)))  # nothing waits in the inbox: these two are taken up at once
    await door.accept(updates((15, 5)))
    await until(lambda: door.is_empty)
    await door.intake.stop(1.0)
    await running
    assert sorted(handler.ids()) == [10, 12, 15, 20]


@pytest.mark.nightly
async def test_R02_50_visitors_at_once_lose_nothing_and_keep_their_order(place: Place, town: Town):
    async with running_app(place, town) as app:
        visitors = await town.visitors(50)
        asked = (QUESTION, JOURNEY, "Where is the Pearl?")
        expected = (TRAINS_IN_2025, "11 days", "Jiaozhou")
        for question in asked:
            for visitor in visitors:
                await visitor.write(question)
        await app.is_idle()
        for visitor in visitors:
            said = [answer["text"] for answer in await visitor.answers()]
            assert len(said) == len(expected)
            assert all(part in text for part, text in zip(expected, said, strict=True)), said
    assert town.refused_calls() == []


@pytest.mark.nightly
async def test_R02_a_flood_is_answered_shortly_and_nobody_is_left_without_a_word(place: Place, town: Town):
    """The first of 400 are answered, the rest told to come back: the queue stays short."""
    visitors = await town.visitors(400)
    for visitor in visitors:
        await visitor.write(QUESTION)
    async with running_bot(place, town.base_url, limits_waiting_updates=120) as bot:
        await until(lambda: _all_answered(visitors), "a word for everybody")
        assert await bot.stop() == 0
    said = [(await visitor.answers())[0]["text"] for visitor in visitors]
    busy = texts.busy(App.t(Locale.EN))
    assert {text == busy or TRAINS_IN_2025 in text for text in said} == {True}
    assert 0 < said.count(busy) < len(said)


@pytest.mark.nightly
async def test_a_bot_in_webhook_mode_that_is_killed_and_comes_back_loses_nothing(place: Place, town: Town):
    port = free_port()
    webhook = {
        "telegram_mode": "webhook",
        "telegram_webhook_url": f"http://127.0.0.1:{port}/hook",
        "telegram_webhook_secret": "a-secret-for-this-test",
        "telegram_webhook_port": port,
    }
    visitors = await town.visitors(20)
    async with running_bot(place, town.base_url, **webhook) as bot:
        for visitor in visitors[:10]:
            await visitor.write(QUESTION)
        await until(lambda: town.calls("sendMessage"), "the first answer")
        bot.signal(signal.SIGKILL)
        await bot.ended()
    for visitor in visitors[10:]:
        await visitor.write(QUESTION)
    async with running_bot(place, town.base_url, **webhook) as bot:
        await until(lambda: _all_answered(visitors), "an answer for everybody")
        assert await bot.stop() == 0


async def _was_told(visitor: Visitor, words: str) -> bool:
    return any(words in answer["text"] for answer in await visitor.answers())
