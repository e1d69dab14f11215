"""What a change of the documents says: which facts came, went and changed, and which translations fell behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from bot.ids import Locale, SectionKey
from bot.ingestion.chunking import sentences_of
from bot.ingestion.model import Document, Section
from bot.ingestion.translations import content_hash, translations

_ALIKE = 0.6
"""How much of two sentences must agree, 0 to 1, for one to be the other changed: the usual bound of `difflib`."""


class ChangeKind(StrEnum):
    """What became of a section."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Rewording:
    """A sentence that says something else now."""

    was: str
    now: str


@dataclass(frozen=True, slots=True)
class SectionChange:
    """One section in one language: its sentences that came, went and changed, in reading order.

    `also` names what else of it changed: heading, questions, source, dates.
    """

    kind: ChangeKind
    locale: Locale
    key: SectionKey
    heading: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reworded: tuple[Rewording, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnowledgeDiff:
    """All changes, by language, file and section; `stale` are the translations that a change leaves behind."""

    sections: tuple[SectionChange, ...]
    stale: tuple[str, ...] = ()


_Sections = dict[tuple[Locale, SectionKey], Section]


def diff_of(
    before: Sequence[Document], after: Sequence[Document], record: Mapping[str, str] | None = None
) -> KnowledgeDiff:
    """What `after` says otherwise than `before`. `record` is that of the translations."""
    was, now = _parted(before, after)
    order = list(Locale)
    names = sorted(was.keys() | now.keys(), key=lambda name: (order.index(name[0]), str(name[1])))
    changes = (_change(name, was.get(name), now.get(name)) for name in names)
    return KnowledgeDiff(
        sections=tuple(change for change in changes if change is not None),
        stale=tuple(_left_behind(before, after, record or {})),
    )


def summary_of(before: Sequence[Document], after: Sequence[Document]) -> str:
    """The change in one line; empty where no section changed."""
    was, now = _parted(before, after)
    counted: dict[ChangeKind, Counter[Locale]] = {kind: Counter() for kind in ChangeKind}
    for name in was.keys() | now.keys():
        if (kind := _kind(was.get(name), now.get(name))) is not None:
            counted[kind][name[0]] += 1
    parts = [
        f"{of_kind.total()} {'section' if of_kind.total() == 1 else 'sections'} {kind} ({' '.join(sorted(of_kind))})"
        for kind, of_kind in counted.items()
        if of_kind
    ]
    return ", ".join(parts)


def _kind(was: Section | None, now: Section | None) -> ChangeKind | None:
    if was is None:
        return ChangeKind.ADDED
    if now is None:
        return ChangeKind.REMOVED
    return None if replace(was, line=now.line) == now else ChangeKind.CHANGED


def _parted(before: Sequence[Document], after: Sequence[Document]) -> tuple[_Sections, _Sections]:
    """The sections of the documents that differ."""
    hashes = {document.file: document.content_hash for document in before}
    same = {document.file for document in after if document.content_hash == hashes.get(document.file)}
    return (
        _sections(document for document in before if document.file not in same),
        _sections(document for document in after if document.file not in same),
    )


def _sections(documents: Iterable[Document]) -> _Sections:
    return {
        (document.locale, document.key_of(section)): section for document in documents for section in document.sections
    }


def _change(name: tuple[Locale, SectionKey], was: Section | None, now: Section | None) -> SectionChange | None:
    locale, key = name
    if was is None or now is None:
        there = now or was
        assert there is not None
        sentences = tuple(sentences_of(there, locale))
        if was is None:
            return SectionChange(ChangeKind.ADDED, locale, key, there.heading, added=sentences)
        return SectionChange(ChangeKind.REMOVED, locale, key, there.heading, removed=sentences)
    also = tuple(_also(was, now))
    if was.text == now.text and not also:
        return None
    added, removed, reworded = _compared(sentences_of(was, locale), sentences_of(now, locale))
    if not (added or removed or reworded or also):
        also = ("layout",)
    return SectionChange(ChangeKind.CHANGED, locale, key, now.heading, added, removed, reworded, also)


def _also(was: Section, now: Section) -> Iterator[str]:
    if was.heading != now.heading:
        yield "heading"
    if was.questions != now.questions:
        yield "questions"
    if was.source != now.source:
        yield "source"
    if (was.as_of, was.valid_from, was.valid_until) != (now.as_of, now.valid_from, now.valid_until):
        yield "dates"


def _compared(was: Sequence[str], now: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Rewording, ...]]:
    """What came, what went, and of what went and came in its place what is the same sentence, changed."""
    gone = list((Counter(was) - Counter(now)).elements())
    came = list((Counter(now) - Counter(was)).elements())
    reworded = []
    for sentence in list(gone):
        ratio, nearest = max(((_likeness(sentence, other), other) for other in came), default=(0.0, ""))
        if ratio >= _ALIKE:
            reworded.append(Rewording(sentence, nearest))
            gone.remove(sentence)
            came.remove(nearest)
    return tuple(came), tuple(gone), tuple(reworded)


def _likeness(was: str, now: str) -> float:
    """The ratio of two sentences; 0 where a quick look shows that they are not alike."""
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


def _left_behind(before: Sequence[Document], after: Sequence[Document], record: Mapping[str, str]) -> Iterator[str]:
    """Copies that stay as they were while the document that they translate changed."""
    old = {document.file: content_hash(document) for document in before}
    for translation in translations(after):
        source, copy = translation.source, translation.copy
        source_now = content_hash(source)
        has_changed = old.get(source.file, source_now) != source_now
        if has_changed and old.get(copy.file) == content_hash(copy) and record.get(copy.file) != source_now:
            yield copy.file
