"""What a knowledge file becomes: document → section → chunk, and a generation that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.errors import Fault
from bot.vocabulary import DocumentPath, Locale, SectionKey


class Audience(StrEnum):
    """Who may read a document."""

    PUBLIC = "public"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read."""

    publisher: str
    title: str
    url: str
    date: date | None


@dataclass(frozen=True, slots=True)
class Section:
    """One heading and its text in one language.

    `questions` are questions that the section answers, as visitors would ask them: they are found like text,
    and shown as suggestions.
    """

    section_id: str
    heading: str
    text: str
    questions: tuple[str, ...] = ()
    source: Source | None = None
    as_of: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    line: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """One knowledge file in one language.

    `answerable` is False for open questions: known to be asked, known to have no sourced answer.
    `decline` names the policy by which questions like these are declined (`politics`, `advice`, `harm`).
    """

    path: DocumentPath
    locale: Locale
    title: str
    topic: str
    sections: tuple[Section, ...]
    content_hash: str
    audience: Audience = Audience.PUBLIC
    answerable: bool = True
    decline: str | None = None
    owner: str = ""

    def key_of(self, section: Section) -> SectionKey:
        """The name that this section shares with its translations."""
        return SectionKey(self.path, section.section_id)


class ChunkKind(StrEnum):
    """What of a section a chunk holds."""

    PASSAGE = "passage"
    QUESTION = "question"
    SENTENCE = "sentence"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a section small enough to embed.

    `chunk_id` is a hash of kind, key, locale and text: the same content has the same id in every generation.
    Passages and questions are searched in the vector store; the vectors of sentences stay in the embedding
    cache and serve to pick the sentences of an answer.
    """

    chunk_id: str
    kind: ChunkKind
    key: SectionKey
    locale: Locale
    ordinal: int
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of the whole folder: what could be read, what could not, and what to look at."""

    documents: tuple[Document, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Generation:
    """One complete state of the index."""

    number: int
    embedding_identity: str
    documents: int
    chunks: int
    fingerprint: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Means:
    """Per language the mean vector of passages and of typical questions; subtracted before vectors are compared.

    Vectors are plain tuples of floats of the embedding's dimension.
    """

    passages: Mapping[Locale, tuple[float, ...]]
    queries: Mapping[Locale, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one synchronisation did.

    `published` is None when nothing had changed.
    """

    published: Generation | None
    documents: int
    chunks: int
    embedded: int
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    took_s: float
