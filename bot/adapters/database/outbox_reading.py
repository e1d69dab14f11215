"""How the outbox stands as a whole, for whoever watches over the bot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import deliveries, occurrences
from bot.announcements.model import OPEN_STATES, DeliveryState, OccurrenceState


@dataclass(frozen=True, slots=True)
class OutboxReading:
    """The copies of announcements that are not over, by state, and how late the latest one is that may go and waits."""

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
    earliest = (
        select(func.min(deliveries.c.not_before))
        .join(occurrences, ours)
        .where(occurrences.c.state == OccurrenceState.RUNNING.value, deliveries.c.state == DeliveryState.PLANNED.value)
    )
    async with database.reading() as connection:
        found = {DeliveryState(state): count for state, count in await connection.execute(counting)}
        due = await connection.scalar(earliest)
    late_s = (now - due).total_seconds() if due is not None else 0.0
    return OutboxReading(found, max(late_s, 0.0))
