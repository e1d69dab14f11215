"""How long a section holds, by what all its copies say, and which of them end soon or have ended.

A fact stays true for no longer by being translated. So an end that a copy lacks is taken for forgotten: the earliest
end of the other copies counts. A copy that names its own end holds no longer than the leading copy does, the first in
the order of the languages that names one. If the leading copy is renewed it is told at once, to the readers of the
others, too, until theirs are; if its end is brought forward, no translation goes on telling what is over. For starts
it is the later date that counts. Wherever dates differ, `scoda knowledge check` names them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from bot.ids import Locale, SectionKey
from bot.ingestion.model import Document, Readership, Section
from bot.ingestion.translations import copies_of


@dataclass(frozen=True, slots=True)
class Expiry:
    """A section that ends, or has ended, with this day: it is told on that day for the last time."""

    key: SectionKey
    ends_on: date
    owner: str
    """Who answers for it, as the file says; empty where none does."""
    files: tuple[str, ...]
    """The copies that end that day, in the order of the languages."""
    headings: Mapping[Locale, str]

    def heading(self, locale: Locale) -> tuple[Locale, str]:
        """In this language, else in the first there is, with the language."""
        return next((one for one in self.headings.items() if one[0] is locale), next(iter(self.headings.items())))


def with_shared_validity(documents: Iterable[Document]) -> tuple[Document, ...]:
    """The documents in their order, each section with the validity that its copies leave it."""
    told = tuple(documents)
    spans = _spans(told)
    return tuple(_within(document, spans) if spans else document for document in told)


def expiring(documents: Iterable[Document], *, today: date, days: int) -> list[Expiry]:
    """What visitors are told that ends within so many days, or has ended: by date, then by name."""
    told = [document for document in documents if document.audience is Readership.PUBLIC and document.reply is None]
    last = today + timedelta(days=days)
    found: dict[tuple[date, SectionKey], list[tuple[Document, Section]]] = defaultdict(list)
    for copies in copies_of(with_shared_validity(told)):
        for document in copies:
            for section in document.sections:
                if section.valid_until is not None and section.valid_until <= last:
                    found[section.valid_until, document.key_of(section)].append((document, section))
    return [_expiry(key, ends_on, found[ends_on, key]) for ends_on, key in sorted(found, key=_by_day_and_name)]


def _by_day_and_name(place: tuple[date, SectionKey]) -> tuple[date, str]:
    return place[0], str(place[1])


def _expiry(key: SectionKey, ends_on: date, copies: Sequence[tuple[Document, Section]]) -> Expiry:
    owners = (section.owner or document.owner for document, section in copies)
    return Expiry(
        key=key,
        ends_on=ends_on,
        owner=next(filter(None, owners), ""),
        files=tuple(document.file for document, _ in copies),
        headings={document.locale: section.heading or document.title for document, section in copies},
    )


@dataclass(slots=True)
class _Span:
    """The dates that the copies of one section name, the leading copy's first."""

    starts: list[date] = field(default_factory=list)
    ends: list[date] = field(default_factory=list)


def _spans(documents: Iterable[Document]) -> dict[SectionKey, _Span]:
    spans: dict[SectionKey, _Span] = defaultdict(_Span)
    for copies in copies_of(document for document in documents if document.audience is Readership.PUBLIC):
        for document in copies:
            for section in document.sections:
                if section.valid_from is not None:
                    spans[document.key_of(section)].starts.append(section.valid_from)
                if section.valid_until is not None:
                    spans[document.key_of(section)].ends.append(section.valid_until)
    return dict(spans)


def _within(document: Document, spans: Mapping[SectionKey, _Span]) -> Document:
    sections = tuple(_narrowed(section, spans.get(document.key_of(section))) for section in document.sections)
    return document if sections == document.sections else replace(document, sections=sections)


def _narrowed(section: Section, span: _Span | None) -> Section:
    if span is None:
        return section
    start, end = section.valid_from, section.valid_until
    if span.starts:
        start = max(span.starts) if start is None else max(start, span.starts[0])
    if span.ends:
        end = min(span.ends) if end is None else min(end, span.ends[0])
    if (start, end) == (section.valid_from, section.valid_until):
        return section
    return replace(section, valid_from=start, valid_until=end)
