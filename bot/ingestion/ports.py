"""What ingestion needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.ingestion.model import Document, Generation, GenerationContent, Means, Reading, Vector

ProgressCount = Callable[[int, int], None]
"""Called with done and total."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors in the order of the texts, one a row; `computed` of them were not in the cache."""

    vectors: Vector
    computed: int


class KnowledgeReader(Protocol):
    """Reads the knowledge folder."""

    async def read(self, *, unsettled: Collection[str] = ()) -> Reading:
        """All documents and all that is wrong; files named in `unsettled` are reported instead of read.

        Raises:
            KnowledgeError: there is no such folder.
        """
        ...


class Embedder(Protocol):
    """Turns texts into vectors, each text once: what was embedded before comes from a cache."""

    @property
    def identity(self) -> str:
        """Names model and treatment of text: vectors of different identities are never compared."""
        ...

    async def passages(self, texts: Sequence[str], *, progress: ProgressCount | None = None) -> Embedded:
        """Vectors of texts that are to be found."""
        ...

    async def queries(self, texts: Sequence[str], *, progress: ProgressCount | None = None) -> Embedded:
        """Vectors of questions."""
        ...


class Manifest(Protocol):
    """The truth about generations: which is published and which documents it holds."""

    async def begin(self, embedding_identity: str) -> int:
        """Start a generation; its number is higher than any before."""
        ...

    async def write_documents(self, number: int, documents: Sequence[Document]) -> None:
        """Store the documents of a generation that was begun."""
        ...

    async def publish(self, content: GenerationContent, *, now: datetime) -> Generation:
        """Make it the one in use, in one transaction: this is the moment of the switch."""
        ...

    async def published(self) -> Generation | None:
        """The generation in use."""
        ...

    async def documents(self, number: int) -> Sequence[Document]:
        """The documents of a generation, in the order of their files."""
        ...

    async def means(self, number: int) -> Means | None:
        """The means of a generation that was published."""
        ...

    async def discard(self, number: int) -> None:
        """Forget a generation that was never published."""
        ...

    async def tidy(self) -> tuple[int, ...]:
        """Forget all but the published generation and the one before it; returns the numbers kept."""
        ...


class Shelf(Protocol):
    """Where built generations stand: files that are derived from the manifest and can be made again from it."""

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """Hold the right to build; waits while another process holds it.

        Raises:
            KnowledgeError: the other did not finish in time.
        """
        ...

    async def build(self, content: GenerationContent) -> None:
        """Complete the generation beside those that exist and check it; it then waits to be published.

        Raises:
            GenerationError: a check failed; nothing was left behind.
        """
        ...

    async def holds(self, generation: Generation) -> bool:
        """Whether the generation stands there whole and undamaged."""
        ...

    async def prune(self, keep: Collection[int]) -> None:
        """Remove what is older than the newest number of `keep` and not in it."""
        ...
