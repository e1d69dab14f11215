"""What waits when a thread begins is done in one call; see also `test_question_batches`."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.gathered_work import GatheredWork


class Doubling:
    """Doubles numbers; calls wait until they may go on."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.may_go_on = threading.Event()

    def __call__(self, items: list[int]) -> list[int]:
        self.calls.append(items)
        assert self.may_go_on.wait(20)
        return [2 * item for item in items]


@pytest.fixture
def threads():
    threads = AnsweringThreads(workers=1)
    yield threads
    threads.close()


async def test_a_call_takes_what_came_while_its_thread_was_at_other_work(threads):
    may_end, doubling = threading.Event(), Doubling()
    doubling.may_go_on.set()
    work = GatheredWork(threads, doubling, most=8)
    other = asyncio.create_task(threads.run(may_end.wait))
    await asyncio.sleep(0)
    tasks = []
    for number in (1, 2, 3):
        tasks.append(asyncio.create_task(work.result(number)))
        await asyncio.sleep(0)
    may_end.set()
    assert [await task for task in tasks] == [2, 4, 6]
    assert await other
    assert doubling.calls == [[1, 2, 3]]


async def test_what_is_left_over_is_done_next(threads):
    doubling = Doubling()
    doubling.may_go_on.set()
    work = GatheredWork(threads, doubling, most=2)
    assert await asyncio.gather(*map(work.result, range(5))) == [0, 2, 4, 6, 8]
    assert doubling.calls == [[0, 1], [2, 3], [4]]


async def test_threads_that_are_closed_let_nobody_wait_however_many_ask(threads):
    work = GatheredWork(threads, Doubling(), most=2)
    threads.close()
    for _ in range(3):
        with pytest.raises((RuntimeError, asyncio.CancelledError)):
            await asyncio.wait_for(work.result(1), 20)
