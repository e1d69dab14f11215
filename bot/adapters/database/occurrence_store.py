"""Occurrences: each firing of an announcement, and how far its planning has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import occurrences
from bot.announcements.model import AnnouncementId, Occurrence, OccurrenceId, OccurrenceState
from bot.ids import ChatId

_ENDED = tuple(state.value for state in OccurrenceState if state.has_ended)


class SqlOccurrences:
    """The half of `bot.announcements.ports.Outbox` that concerns whole occurrences."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_occurrence(self, occurrence: Occurrence) -> bool:
        """See the port."""
        adding = self._database.insert(occurrences).values(_occurrence_row(occurrence)).on_conflict_do_nothing()
        async with self._database.writing() as connection:
            return (await connection.scalar(adding.returning(occurrences.c.occurrence_id))) is not None

    async def find(self, occurrence_id: OccurrenceId) -> Occurrence | None:
        """See the port."""
        query = select(occurrences).where(occurrences.c.occurrence_id == occurrence_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else occurrence_of(row)

    async def occurrences(
        self, *, states: frozenset[OccurrenceState] = frozenset(), of: AnnouncementId | None = None, limit: int = 100
    ) -> Sequence[Occurrence]:
        """See the port."""
        query = select(occurrences).order_by(occurrences.c.due_at, occurrences.c.occurrence_id).limit(limit)
        if states:
            query = query.where(occurrences.c.state.in_([state.value for state in states]))
        if of is not None:
            query = query.where(occurrences.c.announcement_id == of)
        async with self._database.reading() as connection:
            return [occurrence_of(row) for row in (await connection.execute(query)).mappings()]

    async def set_state(
        self, occurrence_id: OccurrenceId, state: OccurrenceState, *, now: datetime, reason: str = ""
    ) -> None:
        """See the port."""
        moving = (
            update(occurrences)
            .where(occurrences.c.occurrence_id == occurrence_id, occurrences.c.state.not_in(_ENDED))
            .values(state=state.value, pause_reason=reason, finished_at=now if state.has_ended else None)
        )
        async with self._database.writing() as connection:
            await connection.execute(moving)


def _occurrence_row(occurrence: Occurrence) -> dict[str, object]:
    return {
        "occurrence_id": occurrence.occurrence_id,
        "announcement_id": occurrence.announcement_id,
        "slot": occurrence.slot,
        "due_at": occurrence.due_at,
        "valid_until": occurrence.valid_until,
        "state": occurrence.state.value,
        "created_at": occurrence.created_at,
        "snapshot": occurrence.snapshot,
        "planned_through": occurrence.planned_through,
        "audience": occurrence.audience,
        "finished_at": occurrence.finished_at,
        "pause_reason": occurrence.pause_reason,
    }


def occurrence_of(row: RowMapping) -> Occurrence:
    """The occurrence of a row."""
    through = row["planned_through"]
    return Occurrence(
        occurrence_id=OccurrenceId(row["occurrence_id"]),
        announcement_id=AnnouncementId(row["announcement_id"]),
        slot=row["slot"],
        due_at=row["due_at"],
        valid_until=row["valid_until"],
        state=OccurrenceState(row["state"]),
        created_at=row["created_at"],
        snapshot=row["snapshot"],
        planned_through=None if through is None else ChatId(through),
        audience=row["audience"],
        finished_at=row["finished_at"],
        pause_reason=row["pause_reason"],
    )
