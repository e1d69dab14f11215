"""Who agreed to announcements: as visitors see it, and as the planner does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, RowMapping, Select, String, and_, cast, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import (
    announcement_recipients,
    organisers,
    subscription_topics,
    subscriptions,
    visitors,
)
from bot.announcements.model import AnnouncementId, Audience, ListedRecipient, Recipient
from bot.ids import ChatId, Locale, NewsTopic
from bot.visitors.model import Subscription

_DEFAULT_ZONE = "Asia/Shanghai"
"""For who never picked a zone: the events are there."""
_LANGUAGE = func.coalesce(visitors.c.chosen, subscriptions.c.locale, visitors.c.app_locale, Locale.EN.value)
"""The language picked by the person, by the group, else the app's."""
_IS_REACHABLE = func.coalesce(visitors.c.is_reachable, True)
"""Groups and channels are no visitors."""
_WITH_VISITOR = subscriptions.outerjoin(visitors, visitors.c.visitor_id == subscriptions.c.chat_id)
_LISTED_CHAT = announcement_recipients.c.chat_id
_IDS_AT_ONCE = 500
"""Values a statement: SQLite may be built to take no more than 999."""


class SqlSubscriptionStore:
    """Implements `bot.visitors.ports.SubscriptionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, chat_id: ChatId) -> Subscription | None:
        """See the port."""
        async with self._database.reading() as connection:
            return await _find(connection, chat_id)

    async def save(self, subscription: Subscription) -> None:
        """See the port. Who agrees anew comes behind every snapshot that was taken before."""
        chat_id = subscription.chat_id
        async with self._database.writing() as connection:
            known = await _find(connection, chat_id)
            agrees_anew = subscription.agreed_at is not None and (known is None or known.agreed_at is None)
            if known is not None and agrees_anew:
                await connection.execute(delete(subscriptions).where(subscriptions.c.chat_id == chat_id))
            if known is None or agrees_anew:
                await connection.execute(subscriptions.insert().values(chat_id=chat_id, **_row(subscription)))
            else:
                await connection.execute(
                    update(subscriptions).where(subscriptions.c.chat_id == chat_id).values(_row(subscription))
                )
            await _set_topics(connection, subscription)

    async def end(self, chat_id: ChatId) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await _end(connection, chat_id)


class SqlSubscribers:
    """Implements `bot.announcements.ports.Subscribers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def snapshot(self) -> int:
        """See the port."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.max(subscriptions.c.seq))) or 0

    async def page(
        self, audience: Audience, *, topic: NewsTopic, snapshot: int, after: ChatId | None, limit: int
    ) -> Sequence[Recipient]:
        """See the port. A list has its bound in itself: who is not on it is not in the audience."""
        if audience.told is not None:
            query, chat_id = listed(audience), announcement_recipients.c.chat_id
        else:
            query, chat_id = _chosen(audience, topic).where(subscriptions.c.seq <= snapshot), subscriptions.c.chat_id
        query = query.order_by(chat_id).limit(limit)
        if after is not None:
            query = query.where(chat_id > after)
        async with self._database.reading() as connection:
            return [_recipient(row) for row in (await connection.execute(query)).mappings()]

    async def count(self, audience: Audience, *, topic: NewsTopic) -> Mapping[Locale, int]:
        """See the port."""
        chosen = (_chosen(audience, topic) if audience.told is None else listed(audience)).subquery()
        query = select(chosen.c.language, func.count()).group_by(chosen.c.language)
        async with self._database.reading() as connection:
            return {Locale(language): number for language, number in await connection.execute(query)}

    async def still_wanted(
        self, chat_ids: Sequence[ChatId], audience: Audience, *, topic: NewsTopic
    ) -> frozenset[ChatId]:
        """See the port."""
        agreeing = select(subscriptions.c.chat_id).select_from(_WITH_VISITOR).where(_agrees(topic))
        query = agreeing if audience.told is None else listed(audience).with_only_columns(_LISTED_CHAT)
        column = subscriptions.c.chat_id if audience.told is None else _LISTED_CHAT
        wanted: set[ChatId] = set()
        async with self._database.reading() as connection:
            for start in range(0, len(chat_ids), _IDS_AT_ONCE):
                ids = chat_ids[start : start + _IDS_AT_ONCE]
                found = await connection.scalars(query.where(column.in_(ids)))
                wanted.update(ChatId(chat_id) for chat_id in found)
        return frozenset(wanted)

    async def keep_list(self, announcement_id: AnnouncementId, people: Sequence[ListedRecipient]) -> None:
        """See the port."""
        if not people:
            return
        adding = self._database.insert(announcement_recipients).on_conflict_do_nothing()
        rows = [
            {"announcement_id": announcement_id, "chat_id": one.chat_id, "locale": one.locale, "told_at": one.told_at}
            for one in people
        ]
        async with self._database.writing() as connection:
            await connection.execute(adding, rows)

    async def mark_gone(self, chat_id: ChatId) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(visitors).where(visitors.c.visitor_id == chat_id).values(is_reachable=False)
            )
            await _end(connection, chat_id)

    async def migrate(self, old: ChatId, new: ChatId) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            moving = await _find(connection, old)
            if moving is None:
                return
            if await _find(connection, new) is None:
                await connection.execute(subscriptions.insert().values(chat_id=new, **_row(moving)))
                await _set_topics(connection, replace(moving, chat_id=new))
            await connection.execute(delete(subscriptions).where(subscriptions.c.chat_id == old))


def listed(audience: Audience) -> Select[tuple[object, ...]]:
    """Those on a list who may be written to, as the planner wants them; each in the language that the list has."""
    assert audience.told is not None
    names = announcement_recipients.c
    people = announcement_recipients.outerjoin(subscriptions, subscriptions.c.chat_id == names.chat_id)
    stopped_since = and_(subscriptions.c.stopped_at.is_not(None), subscriptions.c.stopped_at >= names.told_at)
    return (
        select(
            names.chat_id,
            names.locale.label("language"),
            func.coalesce(subscriptions.c.zone, "").label("zone"),
            subscriptions.c.quiet_from,
            subscriptions.c.quiet_until,
        )
        .select_from(people.outerjoin(visitors, visitors.c.visitor_id == names.chat_id))
        .where(
            names.announcement_id == audience.told.list_of,
            names.chat_id.not_in(audience.without),
            _IS_REACHABLE,
            ~func.coalesce(stopped_since, False),
        )
    )


def _agrees(topic: NewsTopic) -> ColumnElement[bool]:
    wants = exists().where(
        subscription_topics.c.chat_id == subscriptions.c.chat_id, subscription_topics.c.topic == topic.value
    )
    return and_(subscriptions.c.agreed_at.is_not(None), _IS_REACHABLE, wants)


def _chosen(audience: Audience, topic: NewsTopic) -> Select[tuple[object, ...]]:
    query = (
        select(
            subscriptions.c.chat_id,
            cast(_LANGUAGE, String).label("language"),
            subscriptions.c.zone,
            subscriptions.c.quiet_from,
            subscriptions.c.quiet_until,
        )
        .select_from(_WITH_VISITOR)
        .where(subscriptions.c.chat_id.not_in(audience.without))
    )
    fits = [_agrees(topic), *_filters(audience)]
    return query.where(or_(and_(*fits), and_(subscriptions.c.chat_id.in_(audience.chats), _agrees(topic))))


def _filters(audience: Audience) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if audience.locales:
        filters.append(_LANGUAGE.in_([locale.value for locale in audience.locales]))
    if audience.countries:
        filters.append(subscriptions.c.country.in_(audience.countries))
    if audience.topics:
        filters.append(
            exists().where(
                subscription_topics.c.chat_id == subscriptions.c.chat_id,
                subscription_topics.c.topic.in_([topic.value for topic in audience.topics]),
            )
        )
    if audience.roles:
        filters.append(
            exists().where(
                organisers.c.visitor_id == subscriptions.c.chat_id,
                organisers.c.role.in_([role.value for role in audience.roles]),
            )
        )
    return filters


async def _find(connection: AsyncConnection, chat_id: ChatId) -> Subscription | None:
    row = (await connection.execute(select(subscriptions).where(subscriptions.c.chat_id == chat_id))).mappings().first()
    if row is None:
        return None
    topics = select(subscription_topics.c.topic).where(subscription_topics.c.chat_id == chat_id)
    return Subscription(
        chat_id=chat_id,
        agreed_at=row["agreed_at"],
        asked_at=row["asked_at"],
        topics=frozenset(map(NewsTopic, await connection.scalars(topics))),
        locale=row["locale"] and Locale(row["locale"]),
        zone=row["zone"],
        country=row["country"],
        quiet_from=row["quiet_from"],
        quiet_until=row["quiet_until"],
        stopped_at=row["stopped_at"],
    )


async def _set_topics(connection: AsyncConnection, subscription: Subscription) -> None:
    chat_id = subscription.chat_id
    await connection.execute(delete(subscription_topics).where(subscription_topics.c.chat_id == chat_id))
    if subscription.topics:
        rows = [{"chat_id": chat_id, "topic": topic.value} for topic in sorted(subscription.topics)]
        await connection.execute(subscription_topics.insert(), rows)


async def _end(connection: AsyncConnection, chat_id: ChatId) -> None:
    """What is kept is their zone and quiet hours: they are asked anew when they return."""
    await connection.execute(
        update(subscriptions).where(subscriptions.c.chat_id == chat_id).values(agreed_at=None, asked_at=None)
    )
    await connection.execute(delete(subscription_topics).where(subscription_topics.c.chat_id == chat_id))


def _row(subscription: Subscription) -> dict[str, object]:
    return {
        "agreed_at": subscription.agreed_at,
        "asked_at": subscription.asked_at,
        "locale": subscription.locale,
        "zone": subscription.zone,
        "country": subscription.country,
        "quiet_from": subscription.quiet_from,
        "quiet_until": subscription.quiet_until,
        "stopped_at": subscription.stopped_at,
    }


def _recipient(row: RowMapping) -> Recipient:
    return Recipient(
        chat_id=ChatId(row["chat_id"]),
        locale=Locale(row["language"]),
        zone=row["zone"] or _DEFAULT_ZONE,
        quiet_from=row["quiet_from"],
        quiet_until=row["quiet_until"],
    )
