"""Who agreed to announcements, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.announcements.model import AnnouncementId, Audience, ListedRecipient, Recipient
from bot.ids import ChatId, Locale, NewsTopic
from bot.visitors.model import Subscription
from tests.support.fake_announcement_database import FakeDatabase, Tables


class FakeSubscriptionStore:
    """Implements `bot.visitors.ports.SubscriptionStore`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def find(self, chat_id: ChatId) -> Subscription | None:
        return (await self.database.reading()).subscriptions.get(chat_id)

    async def save(self, subscription: Subscription) -> None:
        async with self.database.writing() as tables:
            subscribe(tables, subscription)

    async def end(self, chat_id: ChatId) -> None:
        async with self.database.writing() as tables:
            unsubscribe(tables, chat_id)


class FakeSubscribers:
    """Implements `bot.announcements.ports.Subscribers` over the subscriptions of the same database."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def snapshot(self) -> int:
        return (await self.database.reading()).joins

    async def page(
        self, audience: Audience, *, topic: NewsTopic, snapshot: int, after: ChatId | None, limit: int
    ) -> Sequence[Recipient]:
        tables = await self.database.reading()
        if audience.told is not None:
            names = sorted(chat for chat in _listed(tables, audience) if after is None or chat > after)
            return [_as_listed(tables, audience, chat) for chat in names[:limit]]
        chat_ids = sorted(
            chat_id
            for chat_id, subscription in tables.subscriptions.items()
            if (after is None or chat_id > after)
            and tables.joined.get(chat_id, 0) <= snapshot
            and _is_in(tables, audience, subscription, topic)
        )
        return [_recipient(tables.subscriptions[chat_id]) for chat_id in chat_ids[:limit]]

    async def count(self, audience: Audience, *, topic: NewsTopic) -> Mapping[Locale, int]:
        tables = await self.database.reading()
        if audience.told is not None:
            return Counter(_as_listed(tables, audience, chat).locale for chat in _listed(tables, audience))
        return Counter(
            _recipient(subscription).locale
            for subscription in tables.subscriptions.values()
            if _is_in(tables, audience, subscription, topic)
        )

    async def still_wanted(
        self, chat_ids: Sequence[ChatId], audience: Audience, *, topic: NewsTopic
    ) -> frozenset[ChatId]:
        tables = await self.database.reading()
        subscriptions = tables.subscriptions
        if audience.told is not None:
            return frozenset(chat_ids) & _listed(tables, audience)
        return frozenset(
            chat_id
            for chat_id in chat_ids
            if (found := subscriptions.get(chat_id)) and found.agreed_at and topic in found.topics
        )

    async def keep_list(self, announcement_id: AnnouncementId, people: Sequence[ListedRecipient]) -> None:
        async with self.database.writing() as tables:
            for one in people:
                tables.recipients.setdefault((announcement_id, one.chat_id), one)

    async def mark_gone(self, chat_id: ChatId) -> None:
        async with self.database.writing() as tables:
            tables.gone.add(chat_id)
            unsubscribe(tables, chat_id)

    async def migrate(self, old: ChatId, new: ChatId) -> None:
        async with self.database.writing() as tables:
            moved = tables.subscriptions.pop(old, None)
            joined = tables.joined.pop(old, 0)
            if moved is not None and new not in tables.subscriptions:
                tables.subscriptions[new] = replace(moved, chat_id=new)
                tables.joined[new] = joined


def subscribe(tables: Tables, subscription: Subscription) -> None:
    """Store it; who agrees anew joins behind all others."""
    known = tables.subscriptions.get(subscription.chat_id)
    if subscription.agreed_at is not None and (known is None or known.agreed_at is None):
        tables.joins += 1
        tables.joined[subscription.chat_id] = tables.joins
    tables.subscriptions[subscription.chat_id] = subscription


def unsubscribe(tables: Tables, chat_id: ChatId) -> None:
    """Take the agreement back; what else is known stays."""
    if chat_id in tables.subscriptions:
        tables.subscriptions[chat_id] = replace(
            tables.subscriptions[chat_id], agreed_at=None, asked_at=None, topics=frozenset()
        )


def _listed(tables: Tables, audience: Audience) -> frozenset[ChatId]:
    """Those on the list who are reachable and have not stopped since they were told."""
    assert audience.told is not None
    return frozenset(
        chat_id
        for (list_of, chat_id), one in tables.recipients.items()
        if list_of == audience.told.list_of
        and chat_id not in tables.gone | audience.without
        and not ((found := tables.subscriptions.get(chat_id)) and found.stopped_at and found.stopped_at >= one.told_at)
    )


def _as_listed(tables: Tables, audience: Audience, chat_id: ChatId) -> Recipient:
    assert audience.told is not None
    locale = tables.recipients[audience.told.list_of, chat_id].locale
    return _recipient(replace(tables.subscriptions.get(chat_id, Subscription(chat_id=chat_id)), locale=locale))


def _is_in(tables: Tables, audience: Audience, subscription: Subscription, topic: NewsTopic) -> bool:
    if subscription.agreed_at is None or topic not in subscription.topics:
        return False
    if subscription.chat_id in audience.without:
        return False
    if subscription.chat_id in audience.chats:
        return True
    roles = {role for visitor_id, role in tables.organisers if int(visitor_id) == int(subscription.chat_id)}
    return (
        (not audience.locales or _recipient(subscription).locale in audience.locales)
        and (not audience.topics or bool(audience.topics & subscription.topics))
        and (not audience.countries or subscription.country in audience.countries)
        and (not audience.roles or bool(audience.roles & roles))
    )


def _recipient(subscription: Subscription) -> Recipient:
    return Recipient(
        chat_id=subscription.chat_id,
        locale=subscription.locale or Locale.EN,
        zone=subscription.zone or "Asia/Shanghai",
        quiet_from=subscription.quiet_from,
        quiet_until=subscription.quiet_until,
    )
