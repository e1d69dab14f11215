"""The clock: what it runs, and how it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.adapters.system.clock import Clock

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


async def test_R09_turns_that_come_while_a_job_runs_are_joined_into_one_and_none_is_dropped(caplog):
    """APScheduler skips the turn of a job that still runs («maximum number of running instances reached»)."""
    begun, may_end = asyncio.Semaphore(0), asyncio.Event()

    async def slow(_now):
        begun.release()
        await may_end.wait()

    async def quick(_now):
        ticks.release()

    ticks = asyncio.Semaphore(0)
    async with Clock() as clock:
        clock.every(timedelta(milliseconds=10), "slow", slow)
        clock.every(timedelta(milliseconds=10), "quick", quick)
        await begun.acquire()
        for _ in range(5):
            await ticks.acquire()
        assert begun.locked(), "it runs beside itself"
        may_end.set()
        await begun.acquire()
    assert "maximum number" not in caplog.text


async def test_R09_a_job_that_begins_late_says_by_how_much(monkeypatch):
    now, begun = [0.0], asyncio.Semaphore(0)
    monkeypatch.setattr("bot.adapters.system.clock.stopwatch", lambda: now[0])

    async def job(_now):
        now[0] += 5.0
        begun.release()

    with capture_logs() as logs:
        async with Clock() as clock:
            clock.every(timedelta(milliseconds=1), "job", job)
            await begun.acquire()
            await begun.acquire()
    late = [(line["log_level"], line["late_s"]) for line in logs if line["event"] == "job_begun"]
    assert late[0] == ("debug", 0.0)
    assert late[1] == ("warning", pytest.approx(5.0, abs=0.01))
