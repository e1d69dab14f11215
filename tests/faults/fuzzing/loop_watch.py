"""How long single steps keep the event loop busy."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BLOCKED_S = 0.05


@dataclass(slots=True)
class LoopWatch:
    """The step that took the most of the processor since `begin`, and what it was."""

    longest_s: float = 0.0
    step: str = ""

    def begin(self) -> None:
        """Forget what was."""
        self.longest_s, self.step = 0.0, ""


@contextmanager
def watched_loop() -> Iterator[LoopWatch]:
    """Take the processor time of the loop's own thread step by step: other processes of the machine count for nothing.

    The garbage collector is kept from what was made before, as a program that has run for a while does not free that.
    """
    watch = LoopWatch()
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        taken_s = time.thread_time() - begun
        if taken_s > watch.longest_s:
            watch.longest_s, watch.step = taken_s, repr(handle)

    gc.collect()
    gc.freeze()
    asyncio.Handle._run = timed  # type: ignore[method-assign]
    try:
        yield watch
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]
        gc.unfreeze()
