"""What becomes of the rows about a person who is forgotten, and whom a restored database brought back."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, CursorResult, Delete, Table, Update, case, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.announcement_store import BODY
from bot.adapters.database.inbox_store import wiped
from bot.adapters.database.knowledge_tables import proposals
from bot.adapters.database.tables import (
    announcements,
    audit_log,
    concerns,
    deliveries,
    inbox,
    invitations,
    organisers,
    person_columns,
    tables_about_people,
    visitors,
)
from bot.adapters.database.tombstones import Tombstones
from bot.announcements.model import Audience, DeliveryState
from bot.ids import ChatId, VisitorId

NOBODY = -(2**60)
"""Chats below it are nobody's: no chat of Telegram has such an id."""
IS_DENIAL = audit_log.c.action.like("%\\_denied", escape="\\")


async def forget(connection: AsyncConnection, visitor_id: VisitorId, *, now: datetime) -> int:
    """Delete the rows, or leave nothing of the person in them; returns how many there were."""
    gone = 0
    for table in tables_about_people():
        if table is not organisers:
            gone += await count(connection, _forgetting(table, visitor_id, now))
    gone += await count(connection, delete(audit_log).where(audit_log.c.actor == visitor_id, IS_DENIAL))
    of_theirs = or_(invitations.c.created_by == visitor_id, invitations.c.used_by == visitor_id)
    gone += await count(connection, delete(invitations).where(of_theirs))
    named = announcements.c.body.contains(str(visitor_id))
    return gone + await change_audiences(connection, partial(_without, ChatId(visitor_id)), named)


async def people_in(connection: AsyncConnection) -> dict[int, datetime | None]:
    """Everybody of whom the database holds a row, with the moment of their first visit where it is known."""
    found: dict[int, datetime | None] = {}
    for table in tables_about_people():
        for column in person_columns(table):
            ids = await connection.scalars(select(column).where(column > 0).distinct())
            found.update(dict.fromkeys(ids))
    for body in await connection.scalars(select(announcements.c.body)):
        audience = BODY.validate_json(body).audience
        found.update(dict.fromkeys(chat for chat in audience.chats | audience.without if chat > 0))
    from_visitors = await connection.execute(select(visitors.c.visitor_id, visitors.c.first_seen_at))
    found.update((row.visitor_id, row.first_seen_at) for row in from_visitors)
    return found


async def people_returned(connection: AsyncConnection, tombstones: Tombstones) -> list[VisitorId]:
    """Those who were forgotten and are here all the same; who has written again since is not one of them."""
    first_seen = await people_in(connection)
    forgotten = await tombstones.moments(first_seen)
    return [
        VisitorId(person)
        for person, forgotten_at in forgotten.items()
        if (seen := first_seen[person]) is None or seen < forgotten_at
    ]


async def change_audiences(
    connection: AsyncConnection, change: Callable[[Audience], Audience], which: ColumnElement[bool]
) -> int:
    """Change to whom some announcements go besides, or in no case; returns how many that were.

    Their version stays: nobody has anything to approve anew.
    """
    changed = 0
    query = select(announcements.c.announcement_id, announcements.c.body).where(which)
    for announcement_id, body in (await connection.execute(query)).all():
        announcement = BODY.validate_json(body)
        audience = change(announcement.audience)
        if audience != announcement.audience:
            fresh = BODY.dump_json(replace(announcement, audience=audience)).decode()
            whose = announcements.c.announcement_id == announcement_id
            changed += await count(connection, update(announcements).where(whose).values(body=fresh))
    return changed


def nobody() -> int:
    """A random id that no chat has: a copy keeps its place in the report's sums under it."""
    return -(2**62) + randomness.randbits(60)


async def count(connection: AsyncConnection, statement: Delete | Update) -> int:
    """Execute it; returns how many rows it concerned."""
    result: CursorResult[tuple[()]] = await connection.execute(statement)
    return result.rowcount


def _forgetting(table: Table, visitor_id: VisitorId, now: datetime) -> Delete | Update:
    if table is inbox:
        return update(inbox).where(concerns(inbox, visitor_id)).values(wiped(now))
    if table is deliveries:
        return update(deliveries).where(concerns(deliveries, visitor_id)).values(_nobodys(now))
    if table is proposals:  # what becomes of the knowledge does not hang on who proposed it
        return update(proposals).where(concerns(proposals, visitor_id)).values(visitor_id=nobody())
    return delete(table).where(concerns(table, visitor_id))


def _nobodys(now: datetime) -> dict[str, object]:
    """What is planned for them is not sent."""
    waits = deliveries.c.state == DeliveryState.PLANNED.value
    return {
        "chat_id": nobody(),
        "state": case((waits, DeliveryState.SKIPPED.value), else_=deliveries.c.state),
        "reason": case((waits, "forgotten"), else_=deliveries.c.reason),
        "changed_at": now,
    }


def _without(chat_id: ChatId, audience: Audience) -> Audience:
    return replace(audience, chats=audience.chats - {chat_id}, without=audience.without - {chat_id})
