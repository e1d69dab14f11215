"""Versions of one section, for tests of what was wrong in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.app.correcting import worded
from bot.correcting.model import Telling, WrongCopy, WrongFact
from bot.correcting.service import CorrectionDesk, DeskParts
from bot.ids import DocumentPath, Locale, SectionKey, VisitorId
from bot.ingestion.model import NO_NOTE, Document, Section, VersionRecord
from tests.support.announcement_rig import AnnouncementRig

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


@dataclass
class ListedVersions:
    """Implements `bot.correcting.ports.FormerVersions`: the texts of the section in each version, the last published."""

    texts: list[dict[Locale, str]]

    async def history(self) -> Sequence[VersionRecord]:
        last = len(self.texts)
        return [record(number, is_published=number == last) for number in range(last, 0, -1)]

    async def copies_of(self, path: DocumentPath) -> Mapping[int, Sequence[Document]]:
        assert path == PATH
        return {
            number: [document(locale, text) for locale, text in texts.items()]
            for number, texts in enumerate(self.texts, 1)
        }


@dataclass
class ListedTellings:
    """Implements `bot.correcting.ports.TellingStore`: what is in the list, and who chats in which language since."""

    told: list[Telling] = field(default_factory=list)
    chat_in: dict[VisitorId, Locale] = field(default_factory=dict)

    async def tellings(self, key: SectionKey, *, since: datetime) -> Sequence[Telling]:
        return [one for one in self.told if key == KEY and one.told_at >= since]

    async def languages(self, people: Collection[VisitorId]) -> Mapping[VisitorId, Locale]:
        return {person: locale for person, locale in self.chat_in.items() if person in people}


WAS = {Locale.EN: "It is 160 m long.", Locale.RU: "Длина 160 м."}
IS = {Locale.EN: "It is 170 m long.", Locale.RU: "Длина 170 м."}


def desk_over(rig: AnnouncementRig, versions: ListedVersions, tellings: ListedTellings) -> CorrectionDesk:
    """A desk over the announcements of a rig."""
    parts = DeskParts(
        versions=versions,
        tellings=tellings,
        announcements=rig.parts.announcements,
        outbox=rig.parts.outbox,
        edits=rig.parts.corrections,
        composer=rig.parts.composer,
        workflow=rig.workflow,
        word=worded,
        keeps=timedelta(days=30),
    )
    return CorrectionDesk(parts)
