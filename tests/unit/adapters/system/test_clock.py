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


@pytest.mark.parametrize("turns_of_the_loop", range(5))
async def test_a_clock_that_is_closed_as_a_turn_comes_logs_no_error(turns_of_the_loop: int, caplog):
    async def works(_now):
        pass

    async with Clock() as clock:
        clock.every(HOUR, "works", works)
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


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


async def test_a_clock_that_is_left_lets_jobs_finish_and_cuts_short_those_that_need_not():
    begun, may_end, steps = asyncio.Semaphore(0), asyncio.Event(), []

    async def finishing(_now):
        begun.release()
        await may_end.wait()
        steps.append("finished")

    async def repeated(_now):
        begun.release()
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("cut short")

    async with Clock() as clock:
        clock.every(HOUR, "finishing", finishing)
        clock.every(HOUR, "repeated", repeated, finishes=False)
        for _ in range(2):
            await begun.acquire()
        clock.leave()
        await asyncio.sleep(0)
        assert steps == ["cut short"]
        may_end.set()
        await clock.finish(60.0)
        assert steps == ["cut short", "finished"]


async def test_a_clock_that_is_left_begins_nothing_more_and_waits_no_longer_than_it_may():
    begun = asyncio.Event()

    async def endless(_now):
        assert not begun.is_set(), "a second turn"
        begun.set()
        await asyncio.Event().wait()

    with capture_logs() as logs:
        async with Clock() as clock:
            clock.every(timedelta(milliseconds=1), "endless", endless)
            await begun.wait()
            await clock.finish(0.0)
    assert [line["event"] for line in logs if line["event"] in ("job_failed", "job_cut_short")] == ["job_cut_short"]
