"""Work that is cheaper for several at once: what waits when a thread begins is done in one call.

Nobody waits for company: as long as a thread is idle, what comes is spread over all that are.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.adapters.system.answering_threads import AnsweringThreads, Payment
from bot.operations.processor_time import payer

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[_Item, _Result]):
    item: _Item
    share: Payment
    result: asyncio.Future[_Result]


class GatheredWork(Generic[_Item, _Result]):
    """Does `work` in the threads of answers for up to `most` items a call; each visitor is charged for their share."""

    def __init__(
        self, threads: AnsweringThreads, work: Callable[[list[_Item]], Sequence[_Result]], *, most: int
    ) -> None:
        self._threads = threads
        self._work = work
        self._most = most
        self._waiting: deque[_Waiting[_Item, _Result]] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._taking = threading.Lock()
        self._unbegun = 0
        """Calls that have not chosen yet what they work for: they do so when their thread begins."""

    async def result(self, item: _Item, *, weight: float = 1.0) -> _Result:
        """What comes of one item.

        Raises:
            Exception: the work failed for it; others that waited with it get theirs.
        """
        one: _Waiting[_Item, _Result] = _Waiting(
            item, Payment(payer(), weight), asyncio.get_running_loop().create_future()
        )
        self._waiting.append(one)
        if self._unbegun == 0 or self._threads.idle > self._unbegun:
            self._call()
        return await one.result

    def _call(self) -> None:
        # In a context of its own: it works for many. It begins when all who are awake now have asked.
        with self._taking:
            self._unbegun += 1
        call = asyncio.get_running_loop().create_task(self._called(), context=Context())
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _called(self) -> None:
        batch: list[_Waiting[_Item, _Result]] = []
        shares: list[Payment] = []

        def work() -> Sequence[_Result | Exception]:
            with self._taking:
                batch.extend(self._taken())
            shares.extend(one.share for one in batch)
            return self._done([one.item for one in batch])

        try:
            made = await self._threads.run_for(shares, work)
        except BaseException:  # the threads are closed
            if not shares:
                self._unbegun -= 1
            while self._waiting:
                batch.append(self._waiting.popleft())
            for one in batch:
                one.result.cancel()
            raise
        for one, result in zip(batch, made, strict=True):
            _end(one.result, result)
        if self._waiting and self._unbegun == 0:
            self._call()

    def _taken(self) -> list[_Waiting[_Item, _Result]]:
        """Of what somebody still waits for the part of one call."""
        taken: list[_Waiting[_Item, _Result]] = []
        count = min(self._most, -(-len(self._waiting) // self._unbegun))
        self._unbegun -= 1
        while self._waiting and len(taken) < count:
            one = self._waiting.popleft()
            if not one.result.done():
                taken.append(one)
        return taken

    def _done(self, items: list[_Item]) -> Sequence[_Result | Exception]:
        """All at once; where that fails, each by itself, so that one that can't be worked on harms no other."""
        if len(items) > 1:
            try:
                return self._work(items)
            except Exception:  # noqa: BLE001 - whose fault it is is found below
                return [self._alone(item) for item in items]
        return [self._alone(item) for item in items]

    def _alone(self, item: _Item) -> _Result | Exception:
        try:
            return self._work([item])[0]
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            return error


def _end(waiting: asyncio.Future[_Result], made: _Result | Exception) -> None:
    if waiting.done():
        return
    if isinstance(made, Exception):
        waiting.set_exception(made)
    else:
        waiting.set_result(made)
