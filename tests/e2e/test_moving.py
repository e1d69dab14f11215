"""A bot whose state moves into another database: it goes on there with what it knew, and the old one is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from bot.app.state import STATE_FILE
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.visitors import Town

QUESTION = "How many freight trains did SCODA handle in 2025?"


@pytest.mark.nightly
async def test_a_moved_bot_goes_on_there_and_is_refused_here_until_somebody_says_otherwise(place: Place, town: Town):
    async with running_bot(place, town.base_url) as bot:
        ann = await town.visitor("Ann", "en")
        assert "1,225" in (await ann.ask(QUESTION))["text"]
        await bot.stop()
    moved = replace(place, data=place.home / "moved")
    shutil.copytree(place.data, moved.data, ignore=shutil.ignore_patterns(f"{STATE_FILE}*"))
    copied = place.scoda("copy-state", str(place.data / STATE_FILE), str(moved.data / STATE_FILE))
    assert copied.returncode == 0, copied.stderr

    refused = await BotProcess.begin(place, town.base_url)
    try:
        assert await refused.ended() == 1
        assert "was moved to another database by `scoda copy-state`" in refused.log()
    finally:
        await refused.close()

    async with running_bot(moved, town.base_url):
        assert "1,225" in (await ann.ask(QUESTION))["text"]
    async with running_bot(place, town.base_url, "--adopt-state") as bot:
        assert bot.events("moved_state_adopted")
        assert "1,225" in (await ann.ask(QUESTION))["text"]
    async with running_bot(place, town.base_url):
        assert "1,225" in (await ann.ask(QUESTION))["text"]
