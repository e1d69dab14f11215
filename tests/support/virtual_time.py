"""An event loop whose clock jumps to the next timer instead of waiting: hours pass in a moment, always alike."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

_T = TypeVar("_T")


class StuckError(Exception):
    """Every task waits for something that will never happen."""


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise StuckError("nothing is scheduled and every task waits")
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Reads the time from its own jumps."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def loop_time() -> float:
    """Seconds on the clock of the running loop."""
    return asyncio.get_running_loop().time()


class VirtualClock:
    """Wall clock and stopwatch over a virtual loop. `offset` makes the wall clock jump, the stopwatch never does."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self.offset = timedelta()

    def now(self) -> datetime:
        return self.start + self.offset + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return loop_time()


def run_virtually(main: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end in a loop of its own."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        _cancel_rest(loop)
        loop.close()


def _cancel_rest(loop: VirtualLoop) -> None:
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
