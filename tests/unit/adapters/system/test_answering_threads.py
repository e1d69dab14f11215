"""Work in threads of its own, and who pays for its processor time."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import numpy as np
import pytest

from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.system.answering_threads import AnsweringThreads, Payment
from bot.operations import processor_time
from bot.operations.processor_time import metered, payer
from tests.support.knowledge_parts import LetterEmbeddings, MemoryVectorCache

NAME = ContextVar("name", default="")


@pytest.fixture
def threads():
    threads = AnsweringThreads(workers=1)
    yield threads
    threads.close()


@pytest.fixture
def clock(monkeypatch):
    """The processor time of each thread; `work` takes some."""

    class Clock:
        def __init__(self) -> None:
            self.now: dict[int, float] = {}

        def thread_time(self) -> float:
            return self.now.get(threading.get_ident(), 0.0)

        def work(self, seconds: float) -> None:
            self.now[threading.get_ident()] = self.thread_time() + seconds

    clock = Clock()
    monkeypatch.setattr(processor_time.time, "thread_time", clock.thread_time)
    return clock


async def test_work_is_done_in_a_thread_of_that_name_with_the_context_of_the_task(threads):
    NAME.set("visitor")
    name, seen = await threads.run(lambda: (threading.current_thread().name, NAME.get()))
    assert name.startswith("answering")
    assert seen == "visitor"


async def test_an_error_in_a_thread_is_raised_where_it_is_waited_for(threads):
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 1, 0)


async def test_work_that_nobody_waits_for_is_not_begun(threads):
    may_end, done = threading.Event(), []
    first = asyncio.create_task(threads.run(may_end.wait))
    second = asyncio.create_task(threads.run(done.append, "second"))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    may_end.set()
    await first
    await threads.run(done.append, "third")
    assert done == ["third"]


async def test_the_time_in_threads_and_on_the_loop_is_charged(threads, clock):
    charged = []

    async def answer() -> str:
        clock.work(0.5)
        await threads.run(clock.work, 2.0)
        await asyncio.sleep(0)
        clock.work(0.25)
        return "answer"

    assert await metered(answer(), charged.append) == "answer"
    assert sum(charged) == 2.75
    assert payer() is None


async def test_what_others_do_meanwhile_is_not_charged(clock):
    charged, may_go_on = [], asyncio.Event()

    async def other() -> None:
        clock.work(5.0)
        may_go_on.set()

    async def answer() -> None:
        clock.work(1.0)
        await may_go_on.wait()

    await asyncio.gather(metered(answer(), charged.append), other())

    assert sum(charged) == 1.0


async def test_work_that_goes_on_after_the_deadline_is_charged_too(threads, clock):
    charged, begun, may_end = [], asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        may_end.wait()
        clock.work(3.0)

    task = asyncio.create_task(metered(threads.run(work), charged.append))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sum(charged) == 0
    may_end.set()
    await threads.run(int)
    await asyncio.sleep(0)
    assert sum(charged) == 3.0


async def test_work_for_several_is_paid_for_by_weight(threads, clock):
    bills: list[list[float]] = [[], []]
    shares = [Payment(bills[0].append, 1.0), Payment(None, 1.0), Payment(bills[1].append, 2.0)]
    await threads.run_for(shares, clock.work, 8.0)
    await asyncio.sleep(0)
    assert bills == [[2.0], [4.0]]


async def test_a_cancelled_answer_can_clean_up():
    cleaned = []

    async def answer() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await metered(answer(), lambda seconds: None)
    assert cleaned == [True]


async def test_questions_are_embedded_in_the_threads_of_answers(threads):
    names = []

    class Computes(LetterEmbeddings):
        computes = True

        def embed_queries(self, texts: list[str]) -> list[list[float]]:
            names.append(threading.current_thread().name)
            return super().embed_queries(texts)

    first = await CachedEmbedder(Computes(), MemoryVectorCache(), answering=threads).question("Where is it?")
    second = await CachedEmbedder(LetterEmbeddings(), MemoryVectorCache(), answering=threads).question("Where is it?")

    assert np.array_equal(first, second)
    assert [name.startswith("answering") for name in names] == [True]
