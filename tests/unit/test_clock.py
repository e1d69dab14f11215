"""The clock: what it runs, and how it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from bot.adapters.clock import Clock

HOUR = timedelta(hours=1)


async def test_a_job_runs_at_once_and_one_that_fails_does_not_stop_the_others():
    ran = asyncio.Event()

    async def breaks(_now):
        raise ValueError

    async def works(_now):
        ran.set()

    with capture_logs() as logs:
        async with Clock() as clock:
            clock.every(HOUR, "breaks", breaks)
            clock.every(HOUR, "works", works)
            await ran.wait()
    assert [(line["job"], line["error"]) for line in logs if line["event"] == "job_failed"] == [
        ("breaks", "ValueError")
    ]


async def test_closing_waits_until_a_job_has_let_go_of_what_it_used():
    begun, steps = asyncio.Event(), []

    async def long_one(_now):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("cut short")
            for _ in range(5):  # closing a connection takes a few turns of the loop
                await asyncio.sleep(0)
            steps.append("let go")

    async with Clock() as clock:
        clock.every(HOUR, "long_one", long_one)
        await begun.wait()
    assert steps == ["cut short", "let go"]
