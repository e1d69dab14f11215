"""The outbox and the corrections of what was sent, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.announcements.model import (
    AnnouncementId,
    Correction,
    CorrectionKind,
    CorrectionState,
    Delivery,
    DeliveryState,
    Epoch,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Standing,
)
from bot.ids import ChatId
from tests.support.fake_announcement_database import FakeDatabase, Tables


class FakeOutbox:
    """Implements `bot.announcements.ports.Outbox`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def open_occurrence(self, occurrence: Occurrence) -> bool:
        async with self.database.writing() as tables:
            if any(
                (known.announcement_id, known.slot) == (occurrence.announcement_id, occurrence.slot)
                for known in tables.occurrences.values()
            ):
                return False
            tables.occurrences[occurrence.occurrence_id] = occurrence
            tables.deliveries[occurrence.occurrence_id] = {}
            return True

    async def find(self, occurrence_id: OccurrenceId) -> Occurrence | None:
        return (await self.database.reading()).occurrences.get(occurrence_id)

    async def occurrences(
        self, *, states: frozenset[OccurrenceState] = frozenset(), of: AnnouncementId | None = None, limit: int = 100
    ) -> Sequence[Occurrence]:
        fitting = [
            occurrence
            for occurrence in (await self.database.reading()).occurrences.values()
            if (not states or occurrence.state in states) and (of is None or occurrence.announcement_id == of)
        ]
        return sorted(fitting, key=lambda occurrence: (occurrence.due_at, occurrence.occurrence_id))[:limit]

    async def set_state(
        self, occurrence_id: OccurrenceId, state: OccurrenceState, *, now: datetime, reason: str = ""
    ) -> None:
        async with self.database.writing() as tables:
            occurrence = tables.occurrences[occurrence_id]
            if not occurrence.state.has_ended:
                tables.occurrences[occurrence_id] = replace(
                    occurrence, state=state, pause_reason=reason, finished_at=now if state.has_ended else None
                )

    async def plan(self, deliveries: Sequence[Delivery], *, occurrence_id: OccurrenceId, through: ChatId | None) -> int:
        async with self.database.writing() as tables:
            rows = tables.deliveries[occurrence_id]
            known = len(rows)
            for row in deliveries:
                rows.setdefault(row.chat_id, row)
            occurrence = tables.occurrences[occurrence_id]
            tables.occurrences[occurrence_id] = replace(
                occurrence, planned_through=through, audience=occurrence.audience + len(rows) - known
            )
            return len(rows) - known

    async def claim(
        self, occurrence_id: OccurrenceId, *, epoch: Epoch, now: datetime, limit: int
    ) -> Sequence[Delivery]:
        async with self.database.writing() as tables:
            occurrence = tables.occurrences.get(occurrence_id)
            if tables.epoch != epoch or occurrence is None or occurrence.state is not OccurrenceState.RUNNING:
                return []
            rows = tables.deliveries[occurrence_id]
            ready = [row for row in rows.values() if row.state is DeliveryState.PLANNED and row.not_before <= now]
            ready.sort(key=lambda row: (row.not_before, row.chat_id))
            claimed = [
                replace(row, state=DeliveryState.SENDING, attempt=row.attempt + 1, epoch=epoch, changed_at=now)
                for row in ready[:limit]
            ]
            rows.update({row.chat_id: row for row in claimed})
            return sorted(claimed, key=lambda row: row.chat_id)

    async def settle(self, results: Sequence[Delivery], *, epoch: Epoch) -> int:
        async with self.database.writing() as tables:
            return sum(
                _replace_row(
                    tables,
                    row,
                    lambda stored, row: (
                        stored.state is DeliveryState.SENDING
                        and (stored.attempt, stored.epoch) == (row.attempt, row.epoch)
                        and row.epoch == epoch == tables.epoch
                    ),
                )
                for row in results
            )

    async def orphans(self, *, live: Epoch, limit: int) -> Sequence[Delivery]:
        tables = await self.database.reading()
        found = [
            row
            for rows in tables.deliveries.values()
            for row in rows.values()
            if row.state is DeliveryState.IN_DOUBT or (row.state is DeliveryState.SENDING and row.epoch < live)
        ]
        return sorted(found, key=lambda row: (row.occurrence_id, row.chat_id))[:limit]

    async def resolve(self, deliveries: Sequence[Delivery]) -> int:
        async with self.database.writing() as tables:
            return sum(
                _replace_row(
                    tables,
                    row,
                    lambda stored, row: (
                        (stored.attempt, stored.epoch) == (row.attempt, row.epoch)
                        and (
                            stored.state is DeliveryState.IN_DOUBT
                            or (stored.state is DeliveryState.SENDING and stored.epoch < tables.epoch)
                        )
                    ),
                )
                for row in deliveries
            )

    async def rename(self, occurrence_id: OccurrenceId, old: ChatId, new: ChatId) -> bool:
        async with self.database.writing() as tables:
            rows = tables.deliveries[occurrence_id]
            row = rows.get(old)
            if row is None:
                return True
            if new in rows:
                rows[old] = replace(row, state=DeliveryState.SKIPPED, reason="migrated_to_a_known_chat")
                return False
            del rows[old]
            rows[new] = replace(row, chat_id=new)
            return True

    async def end_remaining(
        self, occurrence_id: OccurrenceId, state: DeliveryState, *, now: datetime, reason: str
    ) -> int:
        async with self.database.writing() as tables:
            rows = tables.deliveries[occurrence_id]
            left = [row for row in rows.values() if row.state is DeliveryState.PLANNED]
            for row in left:
                rows[row.chat_id] = replace(row, state=state, reason=reason, changed_at=now)
            return len(left)

    async def standing(self, occurrence_id: OccurrenceId) -> Standing:
        tables = await self.database.reading()
        rows = tables.deliveries[occurrence_id].values()
        return Standing(
            tables.occurrences[occurrence_id],
            Counter(row.state for row in rows),
            Counter((row.locale, row.state) for row in rows),
        )

    async def next_moment(self, *, after: datetime) -> datetime | None:
        tables = await self.database.reading()
        return min(
            (
                row.not_before
                for occurrence in tables.occurrences.values()
                if occurrence.state is OccurrenceState.RUNNING
                for row in tables.deliveries[occurrence.occurrence_id].values()
                if row.state is DeliveryState.PLANNED and row.not_before > after
            ),
            default=None,
        )

    async def rows(
        self, occurrence_id: OccurrenceId, *, states: frozenset[DeliveryState] = frozenset()
    ) -> AsyncIterator[Delivery]:
        rows = (await self.database.reading()).deliveries.get(occurrence_id, {})
        for chat_id in sorted(rows):
            if not states or rows[chat_id].state in states:
                yield rows[chat_id]


class FakeCorrections:
    """Implements `bot.announcements.ports.Corrections`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def open(self, correction: Correction) -> None:
        async with self.database.writing() as tables:
            tables.corrections[correction.correction_id] = correction
            for row in tables.deliveries[correction.occurrence_id].values():
                if row.state is DeliveryState.SENT:
                    tables.correction_rows[correction.correction_id, row.chat_id] = CorrectionState.PLANNED

    async def next(self, *, limit: int) -> Sequence[tuple[Correction, Delivery]]:
        tables = await self.database.reading()
        waiting = [key for key, state in tables.correction_rows.items() if state is CorrectionState.PLANNED]
        waiting.sort(key=lambda key: (tables.corrections[key[0]].asked_at, key))
        found = []
        for correction_id, chat_id in waiting[:limit]:
            correction = tables.corrections[correction_id]
            found.append((correction, tables.deliveries[correction.occurrence_id][chat_id]))
        return found

    async def settle(self, correction_id: str, chat_id: ChatId, state: CorrectionState) -> None:
        async with self.database.writing() as tables:
            tables.correction_rows[correction_id, chat_id] = state

    async def find(self, correction_id: str) -> Correction | None:
        tables = await self.database.reading()
        correction = tables.corrections.get(correction_id)
        if correction is None:
            return None
        counts = Counter(state for (known, _), state in tables.correction_rows.items() if known == correction_id)
        return replace(correction, counts=counts)

    async def edits(self, occurrence_id: OccurrenceId) -> Sequence[Correction]:
        stored = (await self.database.reading()).corrections.values()
        edits = [one for one in stored if one.occurrence_id == occurrence_id and one.kind is CorrectionKind.EDIT]
        return sorted(edits, key=lambda one: (one.asked_at, one.correction_id))


def _replace_row(tables: Tables, row: Delivery, may: Callable[[Delivery, Delivery], bool]) -> bool:
    rows = tables.deliveries.get(row.occurrence_id, {})
    stored = rows.get(row.chat_id)
    if stored is None or not may(stored, row):
        return False
    rows[row.chat_id] = row
    return True
