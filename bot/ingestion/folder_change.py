"""What a reading of the folder changes of what is published, whole or without the folder's part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from bot.ingestion.asked_close_by import with_drafts
from bot.ingestion.diffing import summary_of
from bot.ingestion.holding import digest_of, held_for_removal
from bot.ingestion.model import Document, FolderReading, Held, KeptFile, VersionNote


@dataclass(frozen=True, slots=True)
class FolderChange:
    """The documents of a new version, and of which files (name → digest) they are made.

    `last_good` are documents of broken files, as they were published. `digest` names the folder's part.
    """

    before: Sequence[Document]
    documents: tuple[Document, ...]
    last_good: Sequence[Document]
    names_before: Mapping[str, str]
    names: Mapping[str, str]
    files: Sequence[KeptFile]
    digest: str

    @classmethod
    def of(cls, reading: FolderReading, before: Sequence[Document], names_before: Mapping[str, str]) -> Self:
        """What was read, with the last good version of what can't be read now."""
        last_good = last_good_versions(reading, before)
        documents = documents_of(reading, last_good)
        good = {file.name: file.digest for file in reading.files if not reading.is_broken(file.name)}
        broken = {name: digest for name, digest in names_before.items() if reading.is_broken(name)}
        return cls(before, documents, last_good, names_before, good | broken, reading.files, digest_of(documents))

    @property
    def is_new(self) -> bool:
        """Whether the folder's part is another one than what is published."""
        return self.digest != digest_of(self.before)

    def held(self, known: Held | None) -> Held | None:
        """The change, if it must wait for a person's word; `known` is one that was held before."""
        if not self.is_new or not self.before:
            return None
        if known is not None and known.digest == self.digest:
            return known
        return held_for_removal(self.before, self.documents)

    def held_back(self) -> FolderChange:
        """The same without the folder's part: that stays as it is published, and what is announced follows."""
        stay = [document for document in self.before if document.is_file]
        announced = [document for document in self.documents if not document.is_file]
        documents = _ordered(*stay, *announced)
        return replace(
            self, documents=documents, names=self.names_before, files=(), digest=digest_of(documents), last_good=()
        )

    def note(self, cause: str) -> VersionNote:
        """What is remembered of the version that this makes."""
        sections = sum(len(document.sections) for document in self.documents)
        return VersionNote(cause, summary_of(self.before, self.documents), sections)


def last_good_versions(reading: FolderReading, published: Sequence[Document]) -> Sequence[Document]:
    """Of the files that can't be read now the documents that are published."""
    read = {document.file for document in reading.documents}
    return [one for one in published if one.file not in read and one.is_file and reading.is_broken(one.file)]


def documents_of(reading: FolderReading, last_good: Sequence[Document]) -> tuple[Document, ...]:
    """All that is to be published, in the order of the files; drafts lend their questions."""
    return _ordered(*with_drafts(reading.documents, reading.drafts), *last_good)


def _ordered(*documents: Document) -> tuple[Document, ...]:
    return tuple(sorted(documents, key=lambda document: document.file))
