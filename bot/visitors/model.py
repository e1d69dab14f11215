"""Who visits, and what is kept about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from bot.ids import ChatId, Locale, NewsTopic, VisitorId

PlainValue = str | int | float | bool | None
"""A value as JSON knows it."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who wrote to the bot. No name is kept.

    `chosen` is the language they picked, `app_locale` the one their app reported last. `is_reachable` is False from
    the moment they block the bot until they come back.
    """

    visitor_id: VisitorId
    first_seen_at: datetime
    last_seen_at: datetime
    chosen: Locale | None = None
    app_locale: Locale | None = None
    is_reachable: bool = True

    @property
    def preferred(self) -> Locale | None:
        """The language to expect of the visitor: the one they picked, else the one of their app."""
        return self.chosen or self.app_locale


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a chat agreed to receive. No announcement is sent without `agreed_at`.

    `chat_id` is a visitor's private chat (their id) or a group or channel, whose `locale` is then the one to write in.
    `zone` is an IANA name and `country` the ISO 3166 code that goes with it; both are empty until the visitor picks a
    zone. Between `quiet_from` and `quiet_until`, wall time in the zone, announcements wait.
    """

    chat_id: ChatId
    agreed_at: datetime | None = None
    topics: frozenset[NewsTopic] = frozenset()
    locale: Locale | None = None
    zone: str = ""
    country: str = ""
    quiet_from: time | None = None
    quiet_until: time | None = None
    asked_at: datetime | None = None
    """When they were last asked whether they want announcements; None: ask."""
    stopped_at: datetime | None = None
    """When they said last that they want no more messages at all, not even that an earlier answer was wrong."""


@dataclass(frozen=True, slots=True)
class PersonalRows:
    """Rows of one table about a visitor, times in ISO 8601 UTC; what is only counted has one row with the count."""

    table: str
    rows: tuple[Mapping[str, PlainValue], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days what names a person is kept."""

    questions_days: int = 30
    """Questions, opinions, and what was used up."""
    visitors_days: int = 365
    """Visitors who have not written since, unless they receive announcements or are organisers."""
    deliveries_days: int = 180
    """Who was sent an announcement that has ended; its sums are kept."""
    audit_days: int = 730
    """What organisers did."""
    tombstones_days: int = 365
    """That somebody was forgotten: a backup that is older may bring them back."""
