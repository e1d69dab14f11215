"""Deliveries: the truth about what was and will be sent, a row for each copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, bindparam, exists, func, select, update

from bot.adapters.database.lease_store import DISPATCHER
from bot.adapters.database.occurrence_store import SqlOccurrences, occurrence_of
from bot.adapters.database.tables import deliveries, leases, occurrences
from bot.announcements.model import Delivery, DeliveryState, Epoch, OccurrenceId, OccurrenceState, Standing
from bot.ids import ChatId, Locale

_ROWS_AT_ONCE = 500
"""Copies that are read before the transaction ends; chosen: some hundred kilobytes."""
_UNSETTLED = (DeliveryState.SENDING.value, DeliveryState.IN_DOUBT.value)


class SqlOutbox(SqlOccurrences):
    """Implements `bot.announcements.ports.Outbox`."""

    async def plan(self, batch: Sequence[Delivery], *, occurrence_id: OccurrenceId, through: ChatId | None) -> int:
        """See the port."""
        adding = self._database.insert(deliveries).on_conflict_do_nothing().returning(deliveries.c.chat_id)
        rows = [_delivery_row(delivery) for delivery in batch]
        async with self._database.writing() as connection:
            new = len((await connection.execute(adding, rows)).all()) if rows else 0
            await connection.execute(
                update(occurrences)
                .where(occurrences.c.occurrence_id == occurrence_id)
                .values(audience=occurrences.c.audience + new, planned_through=through)
            )
        return new

    async def claim(
        self, occurrence_id: OccurrenceId, *, epoch: Epoch, now: datetime, limit: int
    ) -> Sequence[Delivery]:
        """See the port."""
        due = (
            select(deliveries.c.chat_id)
            .where(
                deliveries.c.occurrence_id == occurrence_id,
                deliveries.c.state == DeliveryState.PLANNED.value,
                deliveries.c.not_before <= now,
            )
            .order_by(deliveries.c.not_before)  # as the index has them: a further column would sort all that is due
            .limit(limit)
        )
        running = exists().where(
            occurrences.c.occurrence_id == occurrence_id, occurrences.c.state == OccurrenceState.RUNNING.value
        )
        claiming = (
            update(deliveries)
            .where(
                deliveries.c.occurrence_id == occurrence_id,
                deliveries.c.chat_id.in_(due.scalar_subquery()),
                deliveries.c.state.concat("") == DeliveryState.PLANNED.value,  # by key: SQLite would go through all
                running,
                _is_live(epoch),
            )
            .values(state=DeliveryState.SENDING.value, epoch=epoch, attempt=deliveries.c.attempt + 1, changed_at=now)
            .returning(deliveries)
        )
        async with self._database.writing() as connection:
            claimed = [delivery_of(row) for row in (await connection.execute(claiming)).mappings()]
        return sorted(claimed, key=lambda delivery: delivery.chat_id)

    async def settle(self, results: Sequence[Delivery], *, epoch: Epoch) -> int:
        """See the port."""
        settling = (
            update(deliveries)
            .where(
                *_same_row(),
                deliveries.c.state == DeliveryState.SENDING.value,
                deliveries.c.attempt == bindparam("same_attempt"),
                deliveries.c.epoch == epoch,
                _is_live(epoch),
            )
            .values(_outcome_parameters())
        )
        return await self._update_each(settling, results)

    async def orphans(self, *, live: Epoch, limit: int) -> Sequence[Delivery]:
        """See the port."""
        states = deliveries.c.state
        query = (
            select(deliveries)
            .where(  # occurrence by occurrence, for the index's sake: the table holds everything that was ever sent
                deliveries.c.occurrence_id.in_(select(occurrences.c.occurrence_id)),
                states.in_(_UNSETTLED),
                (states == DeliveryState.IN_DOUBT.value) | (deliveries.c.epoch < live),
            )
            .limit(limit)
        )
        async with self._database.reading() as connection:
            found = [delivery_of(row) for row in (await connection.execute(query)).mappings()]
        return sorted(found, key=lambda row: (row.occurrence_id, row.chat_id))

    async def resolve(self, orphans: Sequence[Delivery]) -> int:
        """See the port."""
        resolving = (
            update(deliveries)
            .where(
                *_same_row(),
                deliveries.c.state.in_(_UNSETTLED),
                deliveries.c.attempt == bindparam("same_attempt"),
                deliveries.c.epoch == bindparam("same_epoch"),
            )
            .values(_outcome_parameters())
        )
        return await self._update_each(resolving, orphans)

    async def rename(self, occurrence_id: OccurrenceId, old: ChatId, new: ChatId) -> bool:
        """See the port."""
        row = (deliveries.c.occurrence_id == occurrence_id) & (deliveries.c.chat_id == old)
        taken = select(deliveries.c.chat_id).where(
            deliveries.c.occurrence_id == occurrence_id, deliveries.c.chat_id == new
        )
        async with self._database.writing() as connection:
            if await connection.scalar(taken) is None:
                await connection.execute(update(deliveries).where(row).values(chat_id=new))
                return True
            values = {"state": DeliveryState.SKIPPED.value, "reason": "migrated_to_a_known_chat"}
            await connection.execute(update(deliveries).where(row).values(values))
            return False

    async def end_remaining(
        self, occurrence_id: OccurrenceId, state: DeliveryState, *, now: datetime, reason: str
    ) -> int:
        """See the port."""
        ending = (
            update(deliveries)
            .where(deliveries.c.occurrence_id == occurrence_id, deliveries.c.state == DeliveryState.PLANNED.value)
            .values(state=state.value, reason=reason, changed_at=now)
        )
        async with self._database.writing() as connection:
            return (await connection.execute(ending)).rowcount

    async def standing(self, occurrence_id: OccurrenceId) -> Standing:
        """See the port.

        Raises:
            KeyError: there is no such occurrence.
        """
        counting = (
            select(deliveries.c.locale, deliveries.c.state, func.count())
            .where(deliveries.c.occurrence_id == occurrence_id)
            .group_by(deliveries.c.locale, deliveries.c.state)
        )
        async with self._database.reading() as connection:
            query = select(occurrences).where(occurrences.c.occurrence_id == occurrence_id)
            row = (await connection.execute(query)).mappings().first()
            counted = (await connection.execute(counting)).all()
        if row is None:
            raise KeyError(occurrence_id)
        by_locale = {(Locale(locale), DeliveryState(state)): number for locale, state, number in counted}
        counts: dict[DeliveryState, int] = {}
        for (_, state), number in by_locale.items():
            counts[state] = counts.get(state, 0) + number
        return Standing(occurrence_of(row), counts, by_locale)

    async def next_moment(self, *, after: datetime) -> datetime | None:
        """See the port."""
        running = select(occurrences.c.occurrence_id).where(occurrences.c.state == OccurrenceState.RUNNING.value)
        query = select(func.min(deliveries.c.not_before)).where(
            deliveries.c.occurrence_id.in_(running),
            deliveries.c.state == DeliveryState.PLANNED.value,
            deliveries.c.not_before > after,
        )
        async with self._database.reading() as connection:
            moment: datetime | None = await connection.scalar(query)
        return moment

    async def rows(
        self, occurrence_id: OccurrenceId, *, states: frozenset[DeliveryState] = frozenset()
    ) -> AsyncIterator[Delivery]:
        """See the port. Read page by page, so that no transaction stays open while somebody looks at the rows."""
        last: int | None = None
        while page := await self._page(occurrence_id, states, last):
            for row in page:
                yield row
            last = page[-1].chat_id

    async def _page(
        self, occurrence_id: OccurrenceId, states: frozenset[DeliveryState], last: int | None
    ) -> Sequence[Delivery]:
        query = (
            select(deliveries)
            .where(deliveries.c.occurrence_id == occurrence_id)
            .order_by(deliveries.c.chat_id)
            .limit(_ROWS_AT_ONCE)
        )
        if states:
            query = query.where(deliveries.c.state.in_([state.value for state in states]))
        if last is not None:
            query = query.where(deliveries.c.chat_id > last)
        async with self._database.reading() as connection:
            return [delivery_of(row) for row in (await connection.execute(query)).mappings()]

    async def _update_each(self, statement: object, rows: Sequence[Delivery]) -> int:
        done = 0
        async with self._database.writing() as connection:
            for row in rows:
                done += (await connection.execute(statement, _parameters(row))).rowcount  # type: ignore[call-overload]
        return done


def _is_live(epoch: Epoch) -> ColumnElement[bool]:
    return exists().where(leases.c.name == DISPATCHER, leases.c.epoch == epoch)


def _same_row() -> tuple[ColumnElement[bool], ...]:
    return (
        deliveries.c.occurrence_id == bindparam("same_occurrence"),
        deliveries.c.chat_id == bindparam("same_chat"),
    )


def _outcome_parameters() -> dict[str, object]:
    names = ("state", "message_id", "may_repeat", "crashes", "reason", "not_before", "changed_at")
    return {name: bindparam(f"new_{name}") for name in names}


def _parameters(delivery: Delivery) -> dict[str, object]:
    return {
        "same_occurrence": delivery.occurrence_id,
        "same_chat": delivery.chat_id,
        "same_attempt": delivery.attempt,
        "same_epoch": delivery.epoch,
        "new_state": delivery.state.value,
        "new_message_id": delivery.message_id,
        "new_may_repeat": delivery.may_repeat,
        "new_crashes": delivery.crashes,
        "new_reason": delivery.reason,
        "new_not_before": delivery.not_before,
        "new_changed_at": delivery.changed_at,
    }


def _delivery_row(delivery: Delivery) -> dict[str, object]:
    return {
        "occurrence_id": delivery.occurrence_id,
        "chat_id": delivery.chat_id,
        "locale": delivery.locale.value,
        "zone": delivery.zone,
        "state": delivery.state.value,
        "body_hash": delivery.body_hash,
        "not_before": delivery.not_before,
        "due_at": delivery.due_at,
        "attempt": delivery.attempt,
        "epoch": delivery.epoch,
        "message_id": delivery.message_id,
        "may_repeat": delivery.may_repeat,
        "crashes": delivery.crashes,
        "reason": delivery.reason,
        "changed_at": delivery.changed_at,
    }


def delivery_of(row: RowMapping) -> Delivery:
    """The copy of a row."""
    return Delivery(
        occurrence_id=OccurrenceId(row["occurrence_id"]),
        chat_id=ChatId(row["chat_id"]),
        locale=Locale(row["locale"]),
        zone=row["zone"],
        state=DeliveryState(row["state"]),
        body_hash=row["body_hash"],
        not_before=row["not_before"],
        due_at=row["due_at"],
        attempt=row["attempt"],
        epoch=Epoch(row["epoch"]),
        message_id=row["message_id"],
        may_repeat=row["may_repeat"],
        crashes=row["crashes"],
        reason=row["reason"],
        changed_at=row["changed_at"],
    )
