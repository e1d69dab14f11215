"""APScheduler as the clock: it wakes jobs and remembers nothing; what is due stands in our own tables."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

_log = structlog.get_logger(__name__)

Job = Callable[[datetime], Awaitable[object]]
"""Called with the present moment."""


def utc_now() -> datetime:
    """The present moment: the only place that reads the clock of the machine."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Seconds that never go back and never leap, and that also count while the machine sleeps (where it can tell)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Clock:
    """Runs jobs again and again while it is open. A job that fails is logged and runs again at its next turn.

    Closing it cuts short what runs and waits until that has let go of what it used.
    """

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._running: set[asyncio.Task[object]] = set()

    async def __aenter__(self) -> Self:
        self._scheduler.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scheduler.shutdown(wait=False)  # cancels the jobs, and can't wait for them
        if self._running:
            await asyncio.wait(self._running)

    def every(self, interval: timedelta, name: str, job: Job) -> None:
        """Run `job` at once and then every `interval`; late turns are joined into one, none is dropped."""

        async def run() -> None:
            task = asyncio.current_task()
            assert task is not None  # APScheduler makes one for each turn
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            try:
                await job(utc_now())
            except asyncio.CancelledError:  # the clock is being closed; APScheduler would tell it as an error
                _log.info("job_cut_short", job=name)
            except Exception as error:  # noqa: BLE001 - the clock must go on
                _log.error("job_failed", job=name, error=type(error).__name__)

        self._scheduler.add_job(
            run,
            IntervalTrigger(seconds=interval.total_seconds(), timezone=UTC),
            id=name,
            next_run_time=utc_now(),
            coalesce=True,
            misfire_grace_time=None,
            max_instances=1,
        )
