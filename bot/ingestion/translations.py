"""The copies of a document in other languages, and of which state of their source each is known to be a translation."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.errors import Fault, KnowledgeError
from bot.ids import DocumentPath, Locale
from bot.ingestion.model import Document, FolderReading

_HASH_DIGITS = 12
"""Hexadecimal digits: 48 bits, and short enough for a line of the record."""


def content_hash(document: Document) -> str:
    """A short hash of what a translator must follow: title, ids, headings and text, in order.

    Questions, sources and dates are left out: questions are each language's own, the others are compared as they stand.
    """
    parts = [document.title]
    for section in document.sections:
        parts.extend((section.section_id, section.heading, section.text))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_HASH_DIGITS]


@dataclass(frozen=True, slots=True)
class TranslationRecord:
    """A copy and the reference that it follows."""

    copy: Document
    source: Document


def translations(documents: Iterable[Document]) -> list[TranslationRecord]:
    """Every copy that is not itself the reference, in order of path and language."""
    return [TranslationRecord(copy, copies[0]) for copies in copies_of(documents) for copy in copies[1:]]


def stale_translations(documents: Iterable[Document], translated_from: Mapping[str, str]) -> list[TranslationRecord]:
    """Translations whose source has changed since they were recorded; one without a record is not called stale."""
    return [
        translation
        for translation in translations(documents)
        if translated_from.get(translation.copy.file, content_hash(translation.source))
        != content_hash(translation.source)
    ]


def brought_along(
    documents: Iterable[Document], record: Mapping[str, str], before: Mapping[DocumentPath, str]
) -> dict[str, str]:
    """The entries by which translations of what a source was `before` follow what it is now."""
    return {
        one.copy.file: content_hash(one.source)
        for one in translations(documents)
        if record.get(one.copy.file, "") == before.get(one.copy.path) != content_hash(one.source)
    }


def record_edited(
    reading: FolderReading, record: Mapping[str, str], names: Iterable[str]
) -> tuple[list[str], dict[str, str]]:
    """Keep translations fresh after an edit of their sources that changed no fact; what was stale before stays so.

    Names are those of sources (`en/logistics/trains.md`) or documents (`logistics/trains.md`), or of folders of either.
    Returns the translations that were brought along, and the whole record.

    Raises:
        KnowledgeError: a name means no source, or its translations follow several of its states: some were stale
            before the edit, and nothing tells which.
    """
    known = translations(reading.documents)
    before: dict[DocumentPath, str] = {}
    for name in names:
        meant = [one for one in known if _is_meant(one.source, name)]
        if not meant:
            raise KnowledgeError(
                f"{name} is no source of a translation in this folder: name a file like en/logistics/trains.md "
                "(`scoda knowledge check` tells whether it can be read)"
            )
        for one in meant:
            followed = record.get(one.copy.file, content_hash(one.source))
            if followed == content_hash(one.source):
                continue
            if before.setdefault(one.copy.path, followed) != followed:
                raise KnowledgeError(
                    f"the translations of {one.source.file} follow several of its states, so some were out of date "
                    "before this edit: see which follow it now, then run: scoda knowledge translated FILE..."
                )
    entries = brought_along(reading.documents, record, before)
    return sorted(entries), {**record, **entries}


def record_translated(
    reading: FolderReading, record: Mapping[str, str], names: Iterable[str]
) -> tuple[list[TranslationRecord], dict[str, str]]:
    """The translations that `names` mean, and the record in which they follow the present text of their source.

    A name is that of a file (`ru/logistics/trains.md`), of a document in all languages (`logistics/trains.md`), of a
    folder of either, or `.`. Entries of files that are no longer there are dropped.

    Raises:
        KnowledgeError: a name means no translation.
    """
    known = translations(reading.documents)
    chosen: dict[str, TranslationRecord] = {}
    for name in names:
        meant = [translation for translation in known if _is_meant(translation.copy, name)]
        if not meant:
            raise KnowledgeError(
                f"{name} is no translation in this folder: name a file like ru/logistics/trains.md, or "
                "logistics/trains.md for all its translations (`scoda knowledge check` tells whether it can be read)"
            )
        chosen.update((translation.copy.file, translation) for translation in meant)
    present = {translation.copy.file for translation in known} | reading.broken
    kept = {file: digits for file, digits in record.items() if file in present}
    return list(chosen.values()), kept | {
        file: content_hash(translation.source) for file, translation in chosen.items()
    }


def _is_meant(copy: Document, name: str) -> bool:
    return name == "." or any(whole == name or whole.startswith(name + "/") for whole in (copy.file, copy.path))


def unshared_sections(documents: Iterable[Document]) -> Iterator[Fault]:
    """The sections that a translation lacks, or has beyond its reference."""
    for copies in copies_of(documents):
        for copy in copies[1:]:
            yield from sections_apart(copies[0], copy)


def sections_apart(reference: Document, copy: Document) -> Iterator[Fault]:
    """The sections that only one of the two has."""
    wanted = {section.section_id for section in reference.sections}
    lines = {section.section_id: section.line for section in copy.sections}
    if missing := [section.section_id for section in reference.sections if section.section_id not in lines]:
        yield Fault(copy.file, 1, f"lacks what {reference.locale} has: {', '.join(missing)}")
    for name, line in lines.items():
        if name not in wanted:
            yield Fault(copy.file, line, f"the section {name} is missing in {reference.locale}")


def copies_of(documents: Iterable[Document]) -> list[list[Document]]:
    """The copies of each document, the reference first."""
    by_path: dict[DocumentPath, list[Document]] = defaultdict(list)
    for document in documents:
        by_path[document.path].append(document)
    order = list(Locale)
    return [sorted(by_path[path], key=lambda copy: order.index(copy.locale)) for path in sorted(by_path)]
