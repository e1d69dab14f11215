"""Questions that wait are embedded together: one call for up to `MOST` texts takes a quarter less than one for each.

Nobody waits for company: as long as a thread is idle, texts are spread over all that are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass, field

from bot.adapters.models.embeddings import TwoSidedEmbeddings
from bot.adapters.system.answering_threads import AnsweringThreads, Payment
from bot.operations.processor_time import payer

MOST = 8
"""Texts a call. Measured on questions of 30 tokens, processor time of a text: alone 14.4 ms, four at once 12.4, eight
and sixteen 10.6."""
_OVERHEAD_LETTERS = 10
"""What a text costs beside its letters, in letters: its prefix and borders. By reasoning."""


@dataclass(slots=True)
class _Waiting:
    text: str
    share: Payment
    vector: asyncio.Future[Sequence[float]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class QuestionBatches:
    """Embeds in the threads of answers; each visitor is charged for their own share."""

    def __init__(self, embeddings: TwoSidedEmbeddings, threads: AnsweringThreads, *, most: int = MOST) -> None:
        self._embeddings = embeddings
        self._threads = threads
        self._most = most
        self._waiting: deque[_Waiting] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._busy = 0
        """Threads that embed."""

    async def vector(self, text: str) -> Sequence[float]:
        """The vector of a question.

        Raises:
            EmbeddingError: the model could not embed it; others that waited with it get theirs.
        """
        one = _Waiting(text, Payment(payer(), len(text) + _OVERHEAD_LETTERS))
        self._waiting.append(one)
        if len(self._running) < self._threads.workers:
            # In a context of its own: it works for many. It begins when all who are awake now have asked.
            runner = asyncio.get_running_loop().create_task(self._run(), context=Context())
            self._running.add(runner)
            runner.add_done_callback(self._running.discard)
        return await one.vector

    async def _run(self) -> None:
        while batch := self._next_batch():
            self._busy += 1
            try:
                texts = [one.text for one in batch]
                made = await self._threads.run_for([one.share for one in batch], self._embedded, texts)
            except BaseException as error:
                for one in batch:
                    _end(one, error if isinstance(error, Exception) else asyncio.CancelledError())
                raise
            finally:
                self._busy -= 1
            for one, vector in zip(batch, made, strict=True):
                _end(one, vector)

    def _next_batch(self) -> list[_Waiting]:
        """Of what somebody still waits for the part of one idle thread."""
        self._waiting = deque(one for one in self._waiting if not one.vector.done())
        idle = self._threads.workers - self._busy
        count = min(self._most, -(-len(self._waiting) // idle))
        return [self._waiting.popleft() for _ in range(count)]

    def _embedded(self, texts: list[str]) -> Sequence[Sequence[float] | Exception]:
        """All at once; where that fails, each by itself, so that a text that can't be embedded harms no other."""
        if len(texts) > 1:
            try:
                return self._embeddings.embed_queries(texts)
            except Exception:  # noqa: BLE001 - who it is about is told below
                return [self._one(text) for text in texts]
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Sequence[float] | Exception:
        try:
            return self._embeddings.embed_queries([text])[0]
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            return error


def _end(one: _Waiting, made: Sequence[float] | BaseException) -> None:
    if one.vector.done():
        return
    if isinstance(made, asyncio.CancelledError):
        one.vector.cancel()
    elif isinstance(made, BaseException):
        one.vector.set_exception(made)
    else:
        one.vector.set_result(made)
