"""What the care of visitors needs from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from bot.ids import ChatId, Locale, VisitorId
from bot.visitors.model import PersonalRows, Retention, Subscription, Visitor


class VisitorStore(Protocol):
    """Keeps visitors. Writes join the transaction that is open around them, if there is one."""

    async def find(self, visitor_id: VisitorId) -> Visitor | None:
        """The visitor, or None when nothing is stored."""
        ...

    async def seen(self, visitor_id: VisitorId, *, app_locale: Locale | None, now: datetime) -> None:
        """Note that the visitor wrote now: makes them at first, makes them reachable again."""
        ...

    async def choose(self, visitor_id: VisitorId, locale: Locale, *, now: datetime) -> None:
        """Store the language the visitor picked."""
        ...

    async def unreachable(self, visitor_id: VisitorId) -> None:
        """The visitor blocked the bot."""
        ...

    def export(self, visitor_id: VisitorId) -> AsyncIterator[PersonalRows]:
        """Every row about the visitor, table by table and some at a time; a table without any is given once, empty.

        Buttons and updates that wait are only counted: they hold what the bot wrote, or what is told this minute.
        """
        ...

    async def forget(self, visitor_id: VisitorId, *, now: datetime) -> int:
        """Delete every row about the visitor but their roles, and leave a tombstone outside the database.

        Returns how many rows went. A restored backup does not bring the visitor back. Running it twice changes nothing
        more.
        """
        ...

    async def sweep(self, terms: Retention, *, now: datetime) -> int:
        """Delete what is older than its term, or leave nobody named in it; returns how many rows that concerned."""
        ...


class SubscriptionStore(Protocol):
    """Keeps what each chat agreed to receive. Writes join the open transaction."""

    async def find(self, chat_id: ChatId) -> Subscription | None:
        """The subscription, or None when the chat was never asked."""
        ...

    async def save(self, subscription: Subscription) -> None:
        """Store it in place of what was there."""
        ...

    async def end(self, chat_id: ChatId) -> None:
        """They blocked the bot or removed it: nothing is agreed any more, and they are asked anew when they return."""
        ...
