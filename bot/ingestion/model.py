"""What a knowledge file becomes: document → section → chunk, and a version that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from bot.errors import Fault
from bot.ids import DocumentPath, Locale, ReplyKind, SectionKey

Vector = npt.NDArray[np.float32]
"""One embedding, or a matrix with one a row."""
VECTORS_FOLDER = "vectors"
"""Beside the languages of a knowledge folder: the vectors that come with its files, no knowledge."""
DRAFTS_FOLDER = "drafts"
"""Beside the languages, laid out alike: what waits for a person's yes. Only its questions are used, to help to find."""

Day = date
"""For a field that is itself called `date`."""


class Readership(StrEnum):
    """Who may read a document."""

    PUBLIC = "public"
    STAFF = "staff"


class DocumentUse(StrEnum):
    """What a document of the index is for."""

    TOLD = "told"
    FINDS = "finds"
    """Nobody has approved its translation: its questions lead to the copies in other languages."""
    LEADS = "leads"
    """A pin that tells another section: its questions lead there, and nothing else finds it."""
    NEAR_MISSES = "near_misses"
    """Stands beside a document and holds what is asked close by and not answered there: nothing is told from it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read."""

    publisher: str
    title: str
    url: str
    date: Day | None


@dataclass(frozen=True, slots=True)
class Section:
    """One heading and its text in one language.

    `questions` are questions that the section answers, as visitors would ask them: found like text, and shown as
    suggestions. `drafted_questions` nobody has approved yet: found, and shown to nobody. `near_misses` are asked close
    by and not answered by the section. `answered_by` is the section that answers an open question by now.
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
    drafted_questions: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()
    owner: str = ""
    """Who answers for this section; empty: whoever does for the document."""
    offers: tuple[str, ...] = ()
    """Documents and sections by path, one of which is meant: the section is a question back, with these as buttons."""
    answered_by: SectionKey | None = None


@dataclass(frozen=True, slots=True)
class DraftSection:
    """What a draft holds of a section: its translation, or no text, and questions of both kinds."""

    section_id: str
    heading: str
    text: str
    questions: tuple[str, ...]
    near_misses: tuple[str, ...]
    line: int = 1


@dataclass(frozen=True, slots=True)
class KnowledgeDraft:
    """What waits for a person's yes, for one document in one language.

    `content_hash` names what the file holds.
    """

    path: DocumentPath
    locale: Locale
    title: str
    sections: tuple[DraftSection, ...]
    content_hash: str

    @property
    def file(self) -> str:
        """Its place in the knowledge folder."""
        return f"{DRAFTS_FOLDER}/{self.locale}/{self.path}"


@dataclass(frozen=True, slots=True)
class Document:
    """One knowledge file in one language.

    `answerable` is False for open questions: known to be asked, known to have no sourced answer.
    `reply` makes the questions examples of messages that get a reply of their own, whatever the knowledge holds.
    `is_file` is False for what stands in no file of the folder: what is announced at present.
    """

    path: DocumentPath
    locale: Locale
    title: str
    topic: str
    sections: tuple[Section, ...]
    content_hash: str
    audience: Readership = Readership.PUBLIC
    answerable: bool = True
    reply: ReplyKind | None = None
    owner: str = ""
    is_file: bool = True
    use: DocumentUse = DocumentUse.TOLD
    tells: SectionKey | None = None
    """Of a pin without a text of its own: the section that is told in its place."""
    is_pin: bool = False
    """Whether staff chose it as the answer to its questions: it wins where one of them is asked."""

    @property
    def file(self) -> str:
        """The document's place in a knowledge folder that is laid out by language."""
        return f"{self.locale}/{self.path}"

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

    `chunk_id` is a hash of kind, key, locale and text: the same content has the same id in every version.
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
class KeptFile:
    """A file of the folder as it stands there, byte by byte. `name` is below the folder, `digest` names both."""

    name: str
    digest: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class FolderReading:
    """A reading of the whole folder: what could be read, what could not, and what to look at.

    `signature` changes whenever a file of it is touched. `files` are those whose bytes could be read, and the record of
    translations: enough to write the folder again. `drafts` are no documents: only their questions are used.
    """

    documents: tuple[Document, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    drafts: tuple[KnowledgeDraft, ...] = ()
    broken: frozenset[str] = frozenset()
    """Files and folders (below the knowledge folder, with `/`) that exist but could not be read."""
    signature: str = ""
    files: tuple[KeptFile, ...] = ()

    def is_broken(self, file: str) -> bool:
        """Whether the file, or a folder above it, is there but can't be read.

        In a folder that is not laid out by language the file's name is the path alone.
        """
        path = file.partition("/")[2]
        return any(name == prefix or name.startswith(prefix + "/") for name in (file, path) for prefix in self.broken)


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """One complete state of the index.

    `pending` chunks of its documents are not embedded yet: it answers from the others, and the next one will hold more.
    """

    number: int
    embedding_identity: str
    documents: int
    chunks: int
    fingerprint: str
    published_at: datetime | None
    pending: int = 0


@dataclass(frozen=True, slots=True)
class VersionNote:
    """What is remembered of a version beside its content: what caused it, and in one line what it changed."""

    cause: str = "folder"
    summary: str = ""
    sections: int = 0


NO_NOTE = VersionNote()
"""Of a version that the folder caused, of which nothing more is known."""


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One line of the history. `at` is when it was published; the state before a rollback was only kept then.

    `has_files` says whether the folder can be written again from it.
    """

    number: int
    at: datetime
    documents: int
    note: VersionNote
    is_published: bool
    """Whether it is the one in use."""
    was_published: bool
    has_files: bool


class PublishingConsent(StrEnum):
    """What a person lets be published although it would be held."""

    NONE = "none"
    EMPTY = "empty"
    """A folder without any document."""
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class PublishingWord:
    """A person's word that one state of the folder is published, whatever speaks against it. `digest` names it."""

    cause: str
    digest: str


@dataclass(frozen=True, slots=True)
class Held:
    """A change of the folder that is not published until a person says so. `digest` names the change."""

    digest: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Means:
    """What is done to vectors before they are compared.

    Per language the mean vector of passages and of typical questions is subtracted; then `metric`, a square matrix, is
    multiplied on. Vectors have the embedding's dimension; every language has both means. They were fitted to
    `fitted_on` chunks, of which `drift` were added or removed since.
    """

    passages: Mapping[Locale, Vector]
    queries: Mapping[Locale, Vector]
    metric: Vector
    fitted_on: int = 0
    drift: int = 0


@dataclass(frozen=True, slots=True)
class PartNames:
    """Names what a version holds in one language: equal names, equal files.

    `texts` names what is told and searched by words, `vectors` what is compared: `chunks` of them.
    """

    texts: str
    vectors: str
    chunks: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class LanguagePart:
    """What a version holds in one language.

    `vectors` has one centred, normalised row for each of `chunks`. Chunks and vectors are None where those of the
    version before stay; so are `documents` (the public ones) where nothing at all changed. `left_out` are the
    sections whose validity has passed: they can be read, but are not searched.
    """

    locale: Locale
    names: PartNames
    documents: tuple[Document, ...] | None = None
    chunks: tuple[Chunk, ...] | None = None
    vectors: Vector | None = None
    left_out: frozenset[SectionKey] = frozenset()


@dataclass(frozen=True, slots=True)
class IndexVersionContent:
    """All that a version is made of: a part for each language that has documents, in the order of the languages.

    Parts that are unchanged are those of the version number `before`, which is None where that does not stand whole.
    """

    number: int
    fingerprint: str
    embedding_identity: str
    documents: tuple[Document, ...]
    parts: tuple[LanguagePart, ...]
    means: Means
    chunks: int
    before: int | None = None
    pending: int = 0


class SyncStage(StrEnum):
    """What a synchronisation is busy with."""

    READ = "read"
    EMBED = "embed"
    BUILD = "build"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work has come: what it is busy with, and the share, 0 to 1, of all the work that is done."""

    stage: SyncStage
    share: float


@dataclass(frozen=True, slots=True)
class Status:
    """How the folder and the published version stand to each other.

    Files are named as below the knowledge folder. `kept` are those that are broken now and answer in their last good
    version.
    """

    published: IndexVersion | None
    reading: FolderReading
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Whether the published version holds what stands in the folder."""
        is_whole = self.published is not None and not self.published.pending
        return is_whole and not (self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one synchronisation did.

    `published` is None when nothing had changed. `kept` are broken files that answer in their last good version.
    `signature` is that of the reading. Where the folder's change is `held`, what was published of it stays.
    """

    published: IndexVersion | None
    documents: int
    chunks: int
    embedded: int
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    took_s: float
    kept: tuple[str, ...] = ()
    signature: str = ""
    held: Held | None = None
