"""Every text is embedded once: an embedding model behind the cache in the state database."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Protocol

import numpy as np

from bot.adapters.embeddings import TwoSidedEmbeddings, prepared
from bot.errors import EmbeddingError
from bot.ingestion.model import Vector
from bot.ingestion.ports import Embedded, ProgressCount

_BATCH = 32
_REMEMBERED_QUESTIONS = 512


class VectorCache(Protocol):
    """Vectors under the identity of the model that made them and the hash of the text."""

    async def get_many(self, identity: str, hashes: Iterable[str]) -> Mapping[str, Vector]:
        """Those that are known."""
        ...

    async def put_many(self, identity: str, vectors: Mapping[str, Vector]) -> None:
        """Store vectors; one that is known stays as it is."""
        ...


class _Side(StrEnum):
    """On which side of the comparison a text stands: some models embed the two differently."""

    PASSAGE = "passage"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class _Job:
    text_hash: str
    text: str


class CachedEmbedder:
    """See `bot.ingestion.ports.Embedder`; `question` is for the search."""

    def __init__(self, embeddings: TwoSidedEmbeddings, cache: VectorCache, *, workers: int = 2) -> None:
        self._embeddings = embeddings
        self._cache = cache
        self._workers = workers
        self._questions: OrderedDict[str, Vector] = OrderedDict()

    @property
    def identity(self) -> str:
        """See the port."""
        return self._embeddings.identity

    async def passages(self, texts: Sequence[str], *, progress: ProgressCount | None = None) -> Embedded:
        """See the port."""
        return await self._all(_Side.PASSAGE, texts, progress)

    async def queries(self, texts: Sequence[str], *, progress: ProgressCount | None = None) -> Embedded:
        """See the port."""
        return await self._all(_Side.QUERY, texts, progress)

    async def question(self, text: str) -> Vector:
        """The vector of a visitor's question. The last few hundred stay in memory, and only there."""
        name = prepared(text)
        if name in self._questions:
            self._questions.move_to_end(name)
            return self._questions[name]
        vector = np.asarray(await self._embeddings.aembed_query(text), dtype=np.float32)
        self._questions[name] = vector
        while len(self._questions) > _REMEMBERED_QUESTIONS:
            self._questions.popitem(last=False)
        return vector

    async def _all(self, side: _Side, texts: Sequence[str], progress: ProgressCount | None) -> Embedded:
        if not texts:
            return Embedded(np.zeros((0, 0), dtype=np.float32), 0)
        hashes = [_hash(side, text) for text in texts]
        vectors = dict(await self._cache.get_many(self.identity, set(hashes)))
        missing = {name: text for name, text in zip(hashes, texts, strict=True) if name not in vectors}
        counter = _Counter(progress, done=len(texts) - len(missing), total=len(texts))
        await self._compute(side, [_Job(*item) for item in missing.items()], vectors, counter)
        return Embedded(_matrix([vectors[name] for name in hashes]), len(missing))

    async def _compute(self, side: _Side, jobs: Sequence[_Job], vectors: dict[str, Vector], counter: _Counter) -> None:
        """Embed in batches, some at once; each batch is stored at once, so that a killed build need not repeat it."""
        batches = _batches(jobs)

        async def work() -> None:
            for batch in batches:
                made = await self._embed(side, [job.text for job in batch])
                new = {job.text_hash: vector for job, vector in zip(batch, made, strict=True)}
                await self._cache.put_many(self.identity, new)
                vectors.update(new)
                counter.advance(len(batch))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._workers):
                    group.create_task(work())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _embed(self, side: _Side, texts: list[str]) -> list[Vector]:
        model = self._embeddings
        lists = await (model.aembed_queries(texts) if side is _Side.QUERY else model.aembed_documents(texts))
        return [np.asarray(vector, dtype=np.float32) for vector in lists]


@dataclass(slots=True)
class _Counter:
    report: ProgressCount | None
    done: int
    total: int

    def __post_init__(self) -> None:
        self.advance(0)

    def advance(self, count: int) -> None:
        self.done += count
        if self.report is not None:
            self.report(self.done, self.total)


def _hash(side: _Side, text: str) -> str:
    return hashlib.sha256(f"{side}\0{prepared(text)}".encode()).hexdigest()[:40]


def _batches(jobs: Sequence[_Job]) -> Iterator[list[_Job]]:
    iterator = iter(jobs)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _matrix(vectors: Sequence[Vector]) -> Vector:
    if len({vector.shape for vector in vectors}) > 1:
        raise EmbeddingError(
            "the embedding model gave vectors of different lengths for different texts: it was changed under its old "
            "name; give the setting [embedding] model another name or clear the data folder"
        )
    return np.stack(vectors)
