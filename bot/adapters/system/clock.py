"""APScheduler as the clock: it wakes jobs and remembers nothing; what is due stands in our own tables."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import structlog
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

_log = structlog.get_logger(__name__)

_LATE_S = 2.0
"""From then on somebody should know: announcements are planned by these turns."""
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
        # Rings at once: the end could cancel a task for that before it began, which is logged as an error.
        self._scheduler = AsyncIOScheduler(timezone=UTC, executors={"default": DebugExecutor()})
        self._running: dict[asyncio.Task[None], _Turns] = {}

    async def __aenter__(self) -> Self:
        self._scheduler.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scheduler.shutdown(wait=False)
        for task in self._running:
            if not task.cancelling():  # a task that is cancelled again does not close what it had open
                task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def leave(self) -> None:
        """Begin no job any more, and cut short those that need not finish; safe to call twice."""
        for task, turns in self._running.items():
            turns.end()
            if not turns.finishes:
                task.cancel()

    async def finish(self, within_s: float) -> None:
        """Leave, and wait at most `within_s` until the jobs that were begun are done."""
        self.leave()
        if self._running:
            await asyncio.wait(self._running, timeout=within_s)

    def every(self, interval: timedelta, name: str, job: Job, *, finishes: bool = True) -> None:
        """Run `job` at once and then every `interval`; turns that come while it runs are joined into one, none is lost.

        The scheduler only rings: it would drop the turn of a job that still runs. One that `finishes` has time for
        that when the clock is left.
        """
        turns = _Turns(name, interval.total_seconds(), finishes=finishes)
        self._running[asyncio.create_task(_take(turns, job))] = turns
        self._scheduler.add_job(
            turns.ring,
            IntervalTrigger(seconds=interval.total_seconds(), timezone=UTC),
            id=name,
            next_run_time=utc_now(),
            coalesce=True,
            misfire_grace_time=None,
        )


class _Turns:
    """When a job has its turns, and how late it is for them."""

    def __init__(self, name: str, interval_s: float, *, finishes: bool) -> None:
        self.name = name
        self.finishes = finishes
        self._are_over = False
        self._interval_s = interval_s
        self._rung = asyncio.Event()
        self._next_at = stopwatch()

    def ring(self) -> None:
        """A turn has come."""
        self._rung.set()

    def end(self) -> None:
        """No further turn comes."""
        self._are_over = True
        self._rung.set()

    async def next(self) -> float | None:
        """Wait for the next turn; returns how many seconds late it begins, counted from the first that was missed.

        None: there is none any more.
        """
        await self._rung.wait()
        if self._are_over:
            return None
        self._rung.clear()
        late_s = max(stopwatch() - self._next_at, 0.0)
        self._next_at += self._interval_s * (1 + late_s // self._interval_s)
        return late_s


async def _take(turns: _Turns, job: Job) -> None:
    while (late_s := await turns.next()) is not None:
        _log.log(logging.WARNING if late_s > _LATE_S else logging.DEBUG, "job_begun", job=turns.name, late_s=late_s)
        try:
            await job(utc_now())
        except asyncio.CancelledError:  # the clock is being closed
            _log.info("job_cut_short", job=turns.name)
            raise
        except Exception as error:  # noqa: BLE001 - the clock must go on
            _log.error("job_failed", job=turns.name, error=type(error).__name__)
