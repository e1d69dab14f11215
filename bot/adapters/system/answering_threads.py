"""Threads for the work that an answer takes, and for nothing else: reading knowledge and files never holds it up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from bot.operations.processor_time import Charge, payer

_WORKERS = 2
"""They make more answers than the 30 messages a second that Telegram takes, and leave the event loop its turn."""
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Payment:
    """One of those for whom work is done at once: who pays, if anybody, and by what weight."""

    payer: Charge | None
    weight: float = 1.0


class AnsweringThreads:
    """A few threads; the time of the processor that they take is charged to the visitor who is answered."""

    def __init__(self, workers: int = _WORKERS) -> None:
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers, "answering")
        self._under_way: set[Future[Any]] = set()

    @property
    def idle(self) -> int:
        """Threads with nothing to do."""
        return max(self._workers - len(self._under_way), 0)

    async def run(self, function: Callable[..., _Result], *arguments: object) -> _Result:
        """What `asyncio.to_thread` does, in these threads. Work that nobody waits for any more is not begun.

        What was begun goes on to its end, and is charged for.
        """
        return await self.run_for([Payment(payer())], function, *arguments)

    async def run_for(self, shares: Sequence[Payment], function: Callable[..., _Result], *arguments: object) -> _Result:
        """The same for several visitors, who pay for it by weight; the work itself may add to the shares."""
        work = partial(copy_context().run, function, *arguments)
        tell = partial(_tell, asyncio.get_running_loop(), shares)
        begun: Future[_Result] = self._threads.submit(_charged, work, tell)
        self._under_way.add(begun)
        begun.add_done_callback(self._under_way.discard)
        return await asyncio.wrap_future(begun)

    def close(self) -> None:
        """Begin nothing more; what was begun is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _charged(work: Callable[[], _Result], tell: Callable[[float], None]) -> _Result:
    began = time.thread_time()
    try:
        return work()
    finally:
        tell(time.thread_time() - began)


def _tell(loop: asyncio.AbstractEventLoop, shares: Sequence[Payment], seconds: float) -> None:
    if all(share.payer is None for share in shares):
        return
    with suppress(RuntimeError):  # the loop is closed: nobody asks any more
        loop.call_soon_threadsafe(_charge, shares, seconds)


def _charge(shares: Sequence[Payment], seconds: float) -> None:
    whole = sum(share.weight for share in shares)
    for share in shares:
        if share.payer is not None:
            share.payer(seconds * share.weight / whole)
