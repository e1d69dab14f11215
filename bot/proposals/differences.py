"""What a change means, sentence by sentence: added, removed, changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from bot.ingestion.model import Document, Section
from bot.writing.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class LineChange:
    """A sentence, heading, question or date that changes. `before` is empty for what is new, `after` for what goes."""

    before: str
    after: str


def readable_lines(document: Document) -> list[str]:
    """All that a document says, in reading order; whoever has read these lines has read it whole."""
    return [document.title, *_terms(document), *(line for one in document.sections for line in _of(one, document))]


def changes_between(before: Document | None, after: Document | None) -> list[LineChange]:
    """The lines that differ, in reading order; a line that stays where it was is not told."""
    old = readable_lines(before) if before else []
    new = readable_lines(after) if after else []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    found: list[LineChange] = []
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag != "equal":
            found.extend(_paired(old[old_from:old_to], new[new_from:new_to]))
    return found


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[LineChange]:
    """Lines that stand in one place, each beside the one that takes its place."""
    for before, after in zip_longest(old, new, fillvalue=""):
        yield LineChange(before, after)


def _terms(document: Document) -> Iterator[str]:
    """What is said of the document as a whole and changes how it is told."""
    yield f"audience: {document.audience.value}"
    if not document.answerable:
        yield "answerable: false"
    if document.reply is not None:
        yield f"reply: {document.reply}"
    if document.is_pin:
        yield f"tells: {document.tells}" if document.tells else "pinned: true"
    if document.owner:
        yield f"owner: {document.owner}"


def _of(section: Section, document: Document) -> Iterator[str]:
    yield f"## {section.heading} {{#{section.section_id}}}"
    if section.source is not None:
        source = section.source
        yield " · ".join(filter(None, (source.publisher, source.title, source.url, str(source.date or ""))))
    for name in ("as_of", "valid_from", "valid_until"):
        if (day := getattr(section, name)) is not None:
            yield f"{name}: {day}"
    if section.owner:
        yield f"owner: {section.owner}"
    if section.offers:
        yield f"offers: {', '.join(section.offers)}"
    if section.answered_by is not None:
        yield f"answered_by: {section.answered_by}"
    yield from split_sentences(section.text, document.locale)
    yield from (f"? {question}" for question in section.questions)
    if document.is_pin:
        yield from (f"! {question}" for question in section.near_misses)
