"""The end of a bot: who hears of it, and how much time is left. That it ends whatever hangs: tests/faults/test_ending.py."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from bot.app import ending
from bot.app.ending import Ending


@pytest.fixture(autouse=True)
def handlers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """No timer that would end the process of the tests; what the signals did before holds again after it."""
    timers: list[float] = []
    monkeypatch.setattr(ending, "_in_time", lambda seconds, do: timers.append(seconds))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield timers
    for number, handler in before.items():
        signal.signal(number, handler)


async def test_a_signal_before_the_bot_is_whole_cancels_its_start_quietly():
    steps: list[str] = []

    async def start() -> None:
        chosen = Ending(7.0)
        with chosen.on_signals():
            chosen.also(lambda: steps.append("told"))
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()
        assert chosen.is_asked
        steps.append("ended")

    await asyncio.create_task(start())
    assert steps == ["told", "ended"]


async def test_a_signal_stops_all_that_asked_for_it_and_leaves_time_for_closing(handlers_of_its_own: list[float]):
    told: list[str] = []
    stopped = asyncio.Event()
    chosen = Ending(7.0)
    with chosen.on_signals():
        chosen.begin_with(lambda: told.append("chat"))
        chosen.also(lambda: told.append("clock"))
        chosen.also(stopped.set)
        assert chosen.work_left_s == 0.0
        os.kill(os.getpid(), signal.SIGINT)
        await stopped.wait()
        assert 0.0 < chosen.work_left_s <= 5.25
    assert told == ["chat", "clock"]
    assert handlers_of_its_own == [7.0, 7.2], "it says that the time is over, and is"


async def test_a_cancellation_that_no_signal_asked_for_is_no_end():
    async def start() -> None:
        with Ending(7.0).on_signals():
            await asyncio.Event().wait()

    task = asyncio.create_task(start())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
