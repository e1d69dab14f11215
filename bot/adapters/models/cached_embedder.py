"""Every text is embedded once: an embedding model behind the vectors that are known already."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import Protocol

import numpy as np

from bot.adapters.models.embeddings import TwoSidedEmbeddings, prepared
from bot.adapters.models.question_batches import QuestionBatches
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.adapters.system.child import become_child
from bot.errors import EmbeddingError
from bot.ingestion.model import Vector
from bot.ingestion.ports import Known, Side

_BATCH = 32
"""Texts that are embedded and stored together: what a killed build may lose."""
_MANY = 128
"""Texts from which on processes are worth their start, which loads the model anew: by reasoning."""
_REMEMBERED_QUESTIONS = 512
"""Questions whose vectors stay in memory, 1.5 kB each; by reasoning, the last minutes of a busy day."""
_NICE = 15
"""How far threads that read knowledge stand behind those that answer."""


class VectorCache(Protocol):
    """Vectors under the identity of the model that made them and the hash of the text."""

    async def get_many(self, identity: str, hashes: Iterable[str]) -> Mapping[str, Vector]:
        """Those that are known."""
        ...

    async def put_many(self, identity: str, vectors: Mapping[str, Vector]) -> None:
        """Store vectors; one that is known stays as it is."""
        ...


class ShippedVectors(Protocol):
    """Vectors that come with the knowledge."""

    async def find(self, embeddings: TwoSidedEmbeddings, texts: Mapping[str, tuple[Side, str]]) -> Mapping[str, Vector]:
        """Those that are known of the texts under these hashes, if the embedding makes the same ones."""
        ...


@dataclass(frozen=True, slots=True)
class _Job:
    text_hash: str
    text: str


class UnwrittenCache:
    """Implements `VectorCache` over one that is only read: what is made stays in memory, and goes with the process."""

    def __init__(self, cache: VectorCache) -> None:
        self._cache = cache
        self._made: dict[tuple[str, str], Vector] = {}

    async def get_many(self, identity: str, hashes: Iterable[str]) -> Mapping[str, Vector]:
        """See the protocol."""
        wanted = list(hashes)
        own = {name: self._made[identity, name] for name in wanted if (identity, name) in self._made}
        return {**await self._cache.get_many(identity, [name for name in wanted if name not in own]), **own}

    async def put_many(self, identity: str, vectors: Mapping[str, Vector]) -> None:
        """See the protocol."""
        self._made.update({(identity, name): vector for name, vector in vectors.items()})


class CachedEmbedder:
    """See `bot.ingestion.ports.Embedder`; `question` is for the search.

    `shipped` are looked into first; what is made goes into `cache`. `answering` are the threads that embed questions.
    """

    def __init__(
        self,
        embeddings: TwoSidedEmbeddings,
        cache: VectorCache,
        *,
        workers: int = 2,
        shipped: ShippedVectors | None = None,
        answering: AnsweringThreads | None = None,
    ) -> None:
        self._embeddings = embeddings
        self._cache = cache
        self._workers = workers
        self._shipped = shipped
        self._batches = QuestionBatches(embeddings, answering) if answering is not None else None
        self._threads: ThreadPoolExecutor | None = None
        self._processes: ProcessPoolExecutor | None = None
        self._questions: OrderedDict[str, Vector] = OrderedDict()

    @property
    def identity(self) -> str:
        """See the port."""
        return self._embeddings.identity

    async def known(self, side: Side, texts: Sequence[str]) -> Known:
        """See the port."""
        hashes = [text_hash(side, text) for text in texts]
        found = await self._find(side, dict(zip(hashes, texts, strict=True)))
        vectors = np.zeros((len(texts), _dimension(found.values())), dtype=np.float32)
        is_known = np.array([name in found for name in hashes], dtype=np.bool_)
        for place in np.flatnonzero(is_known).tolist():
            vectors[place] = found[hashes[place]]
        return Known(vectors, is_known)

    async def embed(self, side: Side, texts: Sequence[str]) -> Vector:
        """See the port."""
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        hashes = [text_hash(side, text) for text in texts]
        vectors = dict(await self._find(side, dict(zip(hashes, texts, strict=True))))
        missing = {name: text for name, text in zip(hashes, texts, strict=True) if name not in vectors}
        await self._compute(side, [_Job(*item) for item in missing.items()], vectors)
        _dimension(vectors.values())
        return np.stack([vectors[name] for name in hashes])

    async def question(self, text: str) -> Vector:
        """The vector of a visitor's question. The last few hundred stay in memory, and only there."""
        name = prepared(text)
        if name not in self._questions:
            self._questions[name] = np.asarray(await self._asked(text), dtype=np.float32)
        self._questions.move_to_end(name)
        while len(self._questions) > _REMEMBERED_QUESTIONS:
            self._questions.popitem(last=False)
        return self._questions[name]

    def remembers(self, text: str) -> bool:
        """Whether `question` needs no work for this one."""
        return prepared(text) in self._questions

    def close(self) -> None:
        """Let threads and processes go when they are done with what they have begun."""
        for pool in (self._threads, self._processes):
            if pool is not None:
                pool.shutdown(wait=False, cancel_futures=True)
        self._threads = self._processes = None

    async def _asked(self, text: str) -> Sequence[float]:
        """Computed in the threads of answers; what only waits for a server must not hold these up."""
        if self._batches is None or not self._embeddings.computes:
            return await self._embeddings.aembed_query(text)
        return await self._batches.vector(text)

    async def _find(self, side: Side, texts: Mapping[str, str]) -> Mapping[str, Vector]:
        """By hash what was shipped or is in the cache."""
        found: dict[str, Vector] = {}
        if self._shipped is not None:
            found.update(
                await self._shipped.find(self._embeddings, {name: (side, text) for name, text in texts.items()})
            )
        found.update(await self._cache.get_many(self.identity, texts.keys() - found.keys()))
        return found

    async def _compute(self, side: Side, jobs: Sequence[_Job], vectors: dict[str, Vector]) -> None:
        """Embed in batches, some at once; each batch is stored at once, so that a killed build need not repeat it."""
        batches = _batches(jobs)
        pool = self._pool(len(jobs))

        async def work() -> None:
            for batch in batches:
                made = await self._made(pool, side, [job.text for job in batch])
                new = {job.text_hash: vector for job, vector in zip(batch, made, strict=True)}
                await self._cache.put_many(self.identity, new)
                vectors.update(new)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._workers, -(-len(jobs) // _BATCH))):
                    group.create_task(work())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    def _pool(self, texts: int) -> Executor:
        """Who embeds so many texts: processes of their own where that pays, else threads of low priority.

        Threads share Python's lock with the answers to visitors, which then took four times as long.
        """
        if not self._embeddings.computes or texts < _MANY:
            self._threads = self._threads or ThreadPoolExecutor(self._workers, "embedding", initializer=_give_way)
            return self._threads
        if self._processes is None:
            self._processes = ProcessPoolExecutor(
                self._workers, get_context("spawn"), initializer=_begin_process, initargs=(self._embeddings,)
            )
        return self._processes

    async def _made(self, pool: Executor, side: Side, texts: list[str]) -> Vector:
        loop = asyncio.get_running_loop()
        try:
            if isinstance(pool, ProcessPoolExecutor):
                return await loop.run_in_executor(pool, _embed_in_process, side, texts)
            return await loop.run_in_executor(pool, _embed, self._embeddings, side, texts)
        except BrokenExecutor as error:
            self._processes = None
            raise EmbeddingError(
                f"a process that embeds texts was killed ({error}); it is tried again later"
            ) from error


def _embed(embeddings: TwoSidedEmbeddings, side: Side, texts: list[str]) -> Vector:
    function = embeddings.embed_queries if side is Side.QUERY else embeddings.embed_documents
    return np.asarray(function(texts), dtype=np.float32)


_own: list[TwoSidedEmbeddings] = []
"""In a process that embeds: the model it has loaded."""


def _begin_process(embeddings: TwoSidedEmbeddings) -> None:
    become_child()
    _own.append(embeddings)


def _embed_in_process(side: Side, texts: list[str]) -> Vector:
    return _embed(_own[0], side, texts)


def text_hash(side: Side, text: str) -> str:
    """The name of a text's vector: 40 hexadecimal digits."""
    return hashlib.sha256(f"{side}\0{prepared(text)}".encode()).hexdigest()[:40]


def _give_way() -> None:
    """Lower the priority of this thread; only Linux has one for each."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _batches(jobs: Sequence[_Job]) -> Iterator[list[_Job]]:
    iterator = iter(jobs)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _dimension(vectors: Iterable[Vector]) -> int:
    """The length of these vectors, 0 where there are none.

    Raises:
        EmbeddingError: they are not all of one length.
    """
    lengths = {len(vector) for vector in vectors}
    if len(lengths) > 1:
        raise EmbeddingError(
            "the embedding model gave vectors of different lengths for different texts: it was changed under its old "
            "name; give the setting [embedding] model another name or clear the data folder"
        )
    return lengths.pop() if lengths else 0
