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
from bot.ingestion.model import (
    NO_NOTE,
    Document,
    FolderReading,
    Held,
    IndexVersion,
    IndexVersionContent,
    KeptFile,
    Means,
    PartNames,
    PublishingWord,
    Vector,
    VersionNote,
    VersionRecord,
)

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

    async def write_files(self, number: int, names: Mapping[str, str], files: Iterable[KeptFile]) -> None:
        """Store of which files, name → digest, a version was made; `files` holds those that may not be known yet."""
        ...

    async def publish(
        self, content: IndexVersionContent, *, now: datetime, note: VersionNote = NO_NOTE
    ) -> IndexVersion:
        """Make it the one in use, in one transaction: this is the moment of the switch."""
        ...

    async def keep(self, number: int, *, fingerprint: str, documents: int, now: datetime, note: VersionNote) -> None:
        """Let a version that was begun stand in the history though it was never published."""
        ...

    async def published(self) -> IndexVersion | None:
        """The version in use."""
        ...

    async def documents(self, number: int) -> Sequence[Document]:
        """The documents of a version, in the order of their files."""
        ...

    async def file_names(self, number: int) -> Mapping[str, str]:
        """Of which files a version was made: name → digest; empty where that is not known."""
        ...

    async def files(self, digests: Collection[str]) -> Sequence[KeptFile]:
        """Files by their digests, as far as they are kept."""
        ...

    async def history(self) -> Sequence[VersionRecord]:
        """What is kept, the newest first, without the steps between two versions."""
        ...

    async def means(self, number: int) -> Means | None:
        """The means of a version that was published."""
        ...

    async def discard(self, number: int) -> None:
        """Forget a version that was never published."""
        ...

    async def tidy(self) -> tuple[int, ...]:
        """Forget what is too old; returns the published version and the one before it, whose built files stay."""
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

    async def discard(self, number: int) -> None:
        """Remove a version that was built and will not be published."""
        ...


class Examiner(Protocol):
    """Asks a version that is built, and not published yet, what it must go on answering."""

    @property
    def has_questions(self) -> bool:
        """Whether there is anything to ask."""
        ...

    async def objections(self, version: IndexVersion) -> Sequence[str]:
        """What the published version answers rightly and this one does not, a sentence each."""
        ...


class FolderRestorer(Protocol):
    """Writes the folder as a kept version had it: journaled, so that one that was cut short is completed later."""

    async def begin(self, wanted: Sequence[KeptFile], word: PublishingWord) -> int:
        """Note what is to be done, so that it will be, whatever happens; returns how many files that touches.

        Raises:
            KnowledgeError: what would be replaced can't be read, so it could not be brought back.
        """
        ...

    async def complete(self) -> PublishingWord | None:
        """Do what is noted, and return the word that goes with it, until `finish`. None where nothing is noted.

        Raises:
            KnowledgeError: a file can't be written.
        """
        ...

    async def finish(self) -> None:
        """What was restored is published: nothing is noted any more."""
        ...


class PublicationNotices(Protocol):
    """Tells the staff what became of a change of the folder."""

    async def held(self, held: Held) -> None:
        """A change waits for a person's word; told once for each change."""
        ...
