"""A fresh clone: the bot may be spoken to at once, and knows what its files say a little later."""

from __future__ import annotations

import shutil

import pytest

from tests.support.processes import Place, running_bot
from tests.support.visitors import Town, until

QUESTION = "How many freight trains did SCODA handle in 2025?"


@pytest.mark.nightly
async def test_a_newcomer_is_answered_at_once_and_rightly_soon(place: Place, town: Town) -> None:
    shutil.rmtree(place.data)
    async with running_bot(place, town.base_url) as bot:
        visitor = await town.visitor("Ann", "en")
        first = await visitor.ask(QUESTION)
        ready = await bot.get("/readyz")

        async def right() -> bool:
            return "1,225" in (await visitor.ask(QUESTION))["text"]

        await until(right, "a right answer")
        await until(lambda: bot.events("knowledge_published"), "the publication")

        assert "still reading my documents" in first["text"] or "1,225" in first["text"]
        assert ready is not None
        assert ready.status_code == 200

        async def is_whole() -> bool:
            now = await bot.get("/readyz")
            return now is not None and now.json()["components"]["knowledge"] == "ok"

        await until(is_whole, "whole knowledge")
    assert [path.name for path in (place.data / "index").iterdir() if path.name.startswith(".build")] == []


@pytest.mark.nightly
async def test_a_second_start_answers_from_what_is_there_and_reads_nothing(place: Place, town: Town) -> None:
    async with running_bot(place, town.base_url) as bot:
        visitor = await town.visitor("Ann", "en")
        assert "1,225" in (await visitor.ask(QUESTION))["text"]
        assert not bot.events("knowledge_published")
