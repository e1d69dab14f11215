"""Versions of one section, for tests of what was wrong in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.correcting.model import Telling, WrongCopy, WrongFact
from bot.ids import DocumentPath, Locale, SectionKey, VisitorId
from bot.ingestion.model import NO_NOTE, Document, Section, VersionRecord

PATH = DocumentPath("venue/pearl.md")
KEY = SectionKey(PATH, "size")
NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


def document(locale: Locale, text: str) -> Document:
    """A copy of the file in a language, with the section and another one that never changes."""
    sections = (Section("size", "Size of the Pearl", text), Section("place", "Place", "It stands in Jiaozhou."))
    return Document(PATH, locale, "The Pearl", "venue", sections, content_hash=f"{locale} {text}")


def record(number: int, *, is_published: bool = False, was_published: bool = True) -> VersionRecord:
    """A kept version, published so many hours after NOW as its number says."""
    at = NOW + timedelta(hours=number)
    return VersionRecord(number, at, 1, NO_NOTE, is_published, was_published, has_files=True)


def wrong_in_english(*versions: int, kept: int = 4) -> WrongFact:
    """The English copy was wrong in these versions; the Russian one never, and there is no other."""
    copy = WrongCopy(Locale.EN, versions, ("It is 160 m long.",), ("It is 170 m long.",), "Size of the Pearl")
    return WrongFact(
        key=KEY,
        copies=(copy,),
        kept=tuple((number, NOW + timedelta(hours=number)) for number in range(2, kept + 1)),
        locales={number: frozenset({Locale.EN, Locale.RU}) for number in range(2, kept + 1)},
    )


def telling(person: int, version: int = 0, *, locale: Locale = Locale.EN, hours: float = 0.0) -> Telling:
    """The section was told to a person so many hours after NOW."""
    return Telling(VisitorId(person), locale, NOW + timedelta(hours=hours), version)
