"""What ingestion needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bot.ids import Locale
from bot.ingestion.model import Document, FolderReading, IndexVersion, IndexVersionContent, Means, PartNames, Vector

ReportShare = Callable[[float], None]
"""Called with the share, 0 to 1, of a piece of work that is done."""


class Side(StrEnum):
    """On which side of the comparison a text stands: some models embed the two differently."""

    PASSAGE = "passage"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Known:
    """The vectors, one a row, of the texts that were embedded before, and which those are; the other rows are zero."""

    vectors: Vector
    is_known: npt.NDArray[np.bool_]


class KnowledgeReader(Protocol):
    """Reads the knowledge folder."""

    async def read(self, *, unsettled: Collection[str] = (), known: Iterable[Document] = ()) -> FolderReading:
        """All documents and all that is wrong; files named in `unsettled` are reported instead of read.

        What is in `known` already is not taken apart again, and gives no warnings.

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

    async def known(self, side: Side, texts: Sequence[str]) -> Known:
        """What is known of these texts without embedding any."""
        ...

    async def embed(self, side: Side, texts: Sequence[str]) -> Vector:
        """The vectors of these texts, one a row, behind the work for visitors; each is kept as soon as it is made."""
        ...


class Manifest(Protocol):
    """The truth about versions: which is published and which documents it holds."""

    async def begin(self, embedding_identity: str) -> int:
        """Start a version; its number is higher than any before."""
        ...

    async def write_documents(self, number: int, documents: Sequence[Document]) -> None:
        """Store the documents of a version that was begun."""
        ...

    async def publish(self, content: IndexVersionContent, *, now: datetime) -> IndexVersion:
        """Make it the one in use, in one transaction: this is the moment of the switch."""
        ...

    async def published(self) -> IndexVersion | None:
        """The version in use."""
        ...

    async def documents(self, number: int) -> Sequence[Document]:
        """The documents of a version, in the order of their files."""
        ...

    async def means(self, number: int) -> Means | None:
        """The means of a version that was published."""
        ...

    async def discard(self, number: int) -> None:
        """Forget a version that was never published."""
        ...

    async def tidy(self) -> tuple[int, ...]:
        """Forget all but the published version and the one before it; returns the numbers kept."""
        ...


class IndexStore(Protocol):
    """Where built versions stand: files that are derived from the manifest and can be made again from it."""

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """Hold the right to build; waits while another process holds it.

        Raises:
            KnowledgeError: the other did not finish in time.
        """
        ...

    async def parts(self, version: IndexVersion) -> Mapping[Locale, PartNames]:
        """What the version holds in each language, as far as it stands whole: a new one may take it over."""
        ...

    async def build(self, content: IndexVersionContent, *, report: ReportShare | None = None) -> None:
        """Complete the version beside those that exist and check it; it then waits to be published.

        Raises:
            IndexVersionError: a check failed; nothing was left behind.
        """
        ...

    async def holds(self, version: IndexVersion) -> bool:
        """Whether the version stands there whole and undamaged."""
        ...

    async def store(self, version: IndexVersion, *, report: ReportShare | None = None) -> bool:
        """Write the version's vector store beside it and check it; False when it stands there already.

        Raises:
            IndexVersionError: a check failed; the version answers without it.
        """
        ...

    async def prune(self, keep: Collection[int]) -> None:
        """Remove what is older than the newest number of `keep` and not in it."""
        ...
