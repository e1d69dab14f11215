"""How the outbox stands as a whole, for whoever watches over the bot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import deliveries, occurrences
from bot.announcements.model import OPEN_STATES, DeliveryState, OccurrenceState

_FIRINGS, _NEXT = 20, 200
"""Occurrences, those due first, and copies of each, those tried next, among which the latest is looked for: the index
gives them at once, and of a million copies not each need be read. What fails is tried again within a minute, so the
longest overdue is soon among the next. By reasoning."""


@dataclass(frozen=True, slots=True)
class OutboxReading:
    """The copies of announcements that are not over, by state, and how late the latest one is that waits."""

    counts: Mapping[DeliveryState, int]
    overdue_s: float


async def read_outbox(database: Database, *, now: datetime) -> OutboxReading:
    """Count what is open. The index of deliveries answers it: a table of a million rows is not gone through."""
    ours = deliveries.c.occurrence_id == occurrences.c.occurrence_id
    counting = (
        select(deliveries.c.state, func.count())
        .join(occurrences, ours)
        .where(occurrences.c.state.in_([state.value for state in OPEN_STATES]))
        .group_by(deliveries.c.state)
    )
    running = (
        select(occurrences.c.occurrence_id)
        .where(occurrences.c.state == OccurrenceState.RUNNING.value)
        .order_by(occurrences.c.due_at)
        .limit(_FIRINGS)
    )
    async with database.reading() as connection:
        found = {DeliveryState(state): count for state, count in await connection.execute(counting)}
        overdue_s = 0.0
        for occurrence_id in (await connection.scalars(running)).all():
            due_at = await connection.scalar(_first_due(occurrence_id))
            if due_at is not None:
                overdue_s = max(overdue_s, (now - due_at).total_seconds())
    return OutboxReading(found, overdue_s)


def _first_due(occurrence_id: str) -> Select[datetime | None]:
    """When the first of the copies that are tried next was due; a later try has not moved that."""
    following = (
        select(func.coalesce(deliveries.c.due_at, deliveries.c.not_before).label("due_at"))
        .where(deliveries.c.occurrence_id == occurrence_id, deliveries.c.state == DeliveryState.PLANNED.value)
        .order_by(deliveries.c.not_before)
        .limit(_NEXT)
        .subquery()
    )
    return select(func.min(following.c.due_at))
