"""Vectors by embedding model and text, so that no text is embedded twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from bot.adapters.database.connection import Database
from bot.adapters.database.knowledge_tables import embeddings

CachedVector = NDArray[np.float32]

_BATCH = 900
"""Values a statement: SQLite may be built to take no more than 999."""

_Item = TypeVar("_Item")


class SqlEmbeddingCache:
    """Keeps float32 vectors under the identity of the model that made them and the hash of the text."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_many(self, identity: str, hashes: Iterable[str]) -> dict[str, CachedVector]:
        """The vectors that are known, by hash; they can't be written to."""
        found: dict[str, CachedVector] = {}
        async with self._database.reading() as connection:
            for batch in _batches(hashes):
                query = select(embeddings.c.text_hash, embeddings.c.vector).where(
                    embeddings.c.identity == identity, embeddings.c.text_hash.in_(batch)
                )
                for text_hash, vector in await connection.execute(query):
                    found[text_hash] = np.frombuffer(vector, dtype="<f4")
        return found

    async def put_many(self, identity: str, vectors: Mapping[str, CachedVector]) -> None:
        """Store vectors by hash; one that is known stays as it is.

        Each batch is a transaction of its own, if none is open, so that other writers get their turn.
        """
        insert = self._database.insert(embeddings).on_conflict_do_nothing()
        for batch in _batches(vectors.items()):
            rows = [
                {"identity": identity, "text_hash": text_hash, "vector": np.asarray(vector, dtype="<f4").tobytes()}
                for text_hash, vector in batch
            ]
            async with self._database.writing() as connection:
                await connection.execute(insert, rows)


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
