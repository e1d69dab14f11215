"""Who visits, and what is kept about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.vocabulary import Locale, VisitorId

Plain = str | int | float | bool | None
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


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Everything stored about one visitor: table name → rows, times in ISO 8601 UTC."""

    tables: Mapping[str, tuple[Mapping[str, Plain], ...]]
