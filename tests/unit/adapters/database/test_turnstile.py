"""The turn to write: one at a time, and the prompt do not wait behind a crowd."""

from __future__ import annotations

import asyncio

from bot.adapters.database.turnstile import Turnstile


async def entering(turnstile, entered, name, *, is_prompt=False):
    await turnstile.acquire(is_prompt=is_prompt)
    entered.append(name)
    await asyncio.sleep(0)
    turnstile.release()


async def test_R08_the_prompt_have_every_second_turn_beside_a_crowd():
    turnstile, entered = Turnstile(), []
    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(entering(turnstile, entered, f"visitor {number}"))
        for number in range(2):
            group.create_task(entering(turnstile, entered, f"copy {number}", is_prompt=True))
    assert entered == ["visitor 0", "copy 0", "visitor 1", "copy 1", "visitor 2", "visitor 3"]


async def test_whoever_stops_waiting_holds_up_nobody():
    turnstile, entered = Turnstile(), []
    await turnstile.acquire(is_prompt=False)
    leaving = [asyncio.create_task(entering(turnstile, entered, "gone")) for _ in range(2)]
    staying = asyncio.create_task(entering(turnstile, entered, "here"))
    await asyncio.sleep(0)
    leaving[0].cancel()
    turnstile.release()
    leaving[1].cancel()  # as it was being let in
    await staying
    assert entered == ["here"]
    await turnstile.acquire(is_prompt=True)
