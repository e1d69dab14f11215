"""The care of visitors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from bot.ids import Locale, VisitorId
from bot.visitors.model import PersonalRows, Retention, Visitor
from bot.visitors.ports import VisitorStore


class VisitorService:
    """Knows visitors, shows them what is kept about them, and forgets them."""

    def __init__(self, store: VisitorStore, *, retention: Retention) -> None:
        self._store = store
        self._retention = retention

    async def greet(self, visitor_id: VisitorId, *, app_locale: Locale | None, now: datetime) -> Visitor:
        """Note that the visitor wrote now, for the first time or again."""
        await self._store.seen(visitor_id, app_locale=app_locale, now=now)
        visitor = await self._store.find(visitor_id)
        assert visitor is not None
        return visitor

    async def choose(self, visitor_id: VisitorId, locale: Locale, *, now: datetime) -> None:
        """Keep the language the visitor picked."""
        await self._store.choose(visitor_id, locale, now=now)

    async def preferred_locale(self, visitor_id: VisitorId) -> Locale | None:
        """The language picked, else the app's; None when neither is known."""
        visitor = await self._store.find(visitor_id)
        return None if visitor is None else visitor.preferred

    async def unreachable(self, visitor_id: VisitorId) -> None:
        """The visitor blocked the bot: nothing is sent to them until they come back."""
        await self._store.unreachable(visitor_id)

    def my_data(self, visitor_id: VisitorId) -> AsyncIterator[PersonalRows]:
        """Everything stored about the visitor, some rows at a time."""
        return self._store.export(visitor_id)

    async def delete_me(self, visitor_id: VisitorId, *, now: datetime) -> int:
        """Forget the visitor; returns how many rows went. Running it twice changes nothing more."""
        return await self._store.forget(visitor_id, now=now)

    async def sweep(self, *, now: datetime) -> int:
        """Delete what is older than its term, or leave nobody named in it; returns how many rows that concerned."""
        return await self._store.sweep(self._retention, now=now)
