"""Polling for as long as this process leads, when the next one begins before it knows."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from bot.chat.wire import polling
from bot.chat.wire.polling import Poller, poll_during
from bot.chat.wire.spell import Spell
from bot.errors import TakenOverError, TelegramError


class Taken:
    """A poller whose updates another process takes."""

    def __init__(self, error: TelegramError) -> None:
        self.error = error
        self.runs = 0
        self.has_run = asyncio.Event()

    async def run(self) -> None:
        self.runs += 1
        self.has_run.set()
        raise self.error


async def test_who_is_taken_over_by_the_next_leader_goes_on_without_polling() -> None:
    spell, poller = Spell(is_on=True), Taken(TakenOverError("another process takes the updates"))
    running = asyncio.create_task(poll_during(spell, cast("Poller", poller)))
    await poller.has_run.wait()
    spell.clear()
    await asyncio.wait({running}, timeout=0.01)
    assert not running.done()
    assert poller.runs == 1
    running.cancel()
    await asyncio.wait({running})


async def test_who_is_taken_over_while_it_leads_on_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "_SPELL_ENDS_WITHIN_S", 0.0)
    with pytest.raises(TakenOverError):
        await poll_during(Spell(is_on=True), cast("Poller", Taken(TakenOverError("taken"))))


async def test_a_refused_token_ends_at_once() -> None:
    with pytest.raises(TelegramError, match="refused"):
        await poll_during(Spell(is_on=True), cast("Poller", Taken(TelegramError("the token is refused"))))
