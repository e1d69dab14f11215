"""A fact of the knowledge that was wrong, who was told it, and what quotes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.announcements.model import Announcement
from bot.ids import Locale, SectionKey, VisitorId
from bot.ingestion.diffing import Rewording

_MARK_LENGTH = 16
"""Hex digits of SHA-256 by which a wrong sentence is known again: nobody's, and few enough to store many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which wrong fact is meant: what its section said and says no more.

    `since` and `until` are versions of the knowledge or days in Qingdao, both counted in. With `words` only sentences
    that hold them are meant. With `with_announcements` who was told it by an announcement was told it, too.
    """

    key: SectionKey
    since: int | date | None = None
    until: int | date | None = None
    words: str = ""
    with_announcements: bool = False


@dataclass(frozen=True, slots=True)
class WrongCopy:
    """What the section said in one language, in these versions, and what it says now in its place, in reading order."""

    locale: Locale
    versions: tuple[int, ...]
    was: tuple[str, ...]
    now: tuple[str, ...]
    heading: str
    reworded: tuple[Rewording, ...] = ()
    """Of these sentences those of which it is known which one stands in their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongFact:
    """A section's wrong sentences in every language.

    `kept` are the versions that were published and are kept, the oldest first, with their moment; `locales` has for
    each the languages in which the section stood there. `still_wrong` are copies that hold a figure of what was wrong
    as they did then, by the versions in which the others were wrong.
    """

    key: SectionKey
    copies: tuple[WrongCopy, ...]
    kept: tuple[tuple[int, datetime], ...]
    locales: Mapping[int, frozenset[Locale]]
    still_wrong: Mapping[Locale, frozenset[int]] = field(default_factory=dict)

    @property
    def marks(self) -> tuple[str, ...]:
        """What the wrong sentences are known again by."""
        said = {f"{self.key}\0{copy.locale}\0{sentence}" for copy in self.copies for sentence in copy.was}
        return tuple(sorted(hashlib.sha256(one.encode()).hexdigest()[:_MARK_LENGTH] for one in said))

    @property
    def latest(self) -> tuple[WrongCopy, ...]:
        """In each language what it said last of what was wrong."""
        return tuple({copy.locale: copy for copy in sorted(self.copies, key=lambda copy: copy.versions[-1])}.values())

    def was_told(self, locale: Locale, version: int) -> bool:
        """Whether somebody who was answered in this language from this version was told it.

        Where the section had no copy in it, any other may have been told.
        """
        wrong = {copy.locale for copy in self.copies if version in copy.versions}
        wrong |= {one for one, versions in self.still_wrong.items() if version in versions}
        return locale in wrong if locale in self.locales.get(version, ()) else bool(wrong)


@dataclass(frozen=True, slots=True)
class Telling:
    """The section was told to a person. `version` is 0 where it is not known."""

    visitor_id: VisitorId
    locale: Locale
    told_at: datetime
    version: int = 0


@dataclass(frozen=True, slots=True)
class ToldPeople:
    """Who was told a wrong fact: each person with the last time; `by_day` counts a person on every day they were.

    `not_kept` of them were told from versions that are kept no more: taken for what the oldest kept one says.
    """

    people: Mapping[VisitorId, Telling]
    by_day: Mapping[date, int]
    not_kept: int = 0
    by_announcements: int = 0
    """How many of them by an announcement alone."""


@dataclass(frozen=True, slots=True)
class QuotingAnnouncement:
    """An announcement that says what was wrong: which words of it do, in each language, and how many got it."""

    announcement: Announcement
    words: Mapping[Locale, tuple[str, ...]]
    got: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFact:
    """All that is found out about a wrong fact. `earlier` are the corrections of it, the newest first."""

    wanted: Wanted
    fact: WrongFact
    told: ToldPeople
    quoting: tuple[QuotingAnnouncement, ...]
    earlier: tuple[Announcement, ...]


@dataclass(frozen=True, slots=True)
class MadeCorrection:
    """The announcement that puts a fact right; `is_new` is False where there was one already."""

    announcement: Announcement
    is_new: bool
