"""Corrections of what was delivered: which copies are to change, and which have changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, func, insert, literal, select, tuple_, update

from bot.adapters.database.connection import Database
from bot.adapters.database.outbox_store import delivery_of
from bot.adapters.database.tables import corrected_copies, corrections, deliveries
from bot.announcements.model import (
    Correction,
    CorrectionKind,
    CorrectionState,
    Delivery,
    DeliveryState,
    OccurrenceId,
)
from bot.ids import ChatId, Locale, VisitorId


class SqlCorrections:
    """Implements `bot.announcements.ports.Corrections`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, correction: Correction) -> None:
        """See the port."""
        sent = select(
            literal(correction.correction_id), deliveries.c.chat_id, literal(CorrectionState.PLANNED.value)
        ).where(
            deliveries.c.occurrence_id == correction.occurrence_id,
            deliveries.c.state == DeliveryState.SENT.value,
            deliveries.c.message_id.is_not(None),
        )
        async with self._database.writing() as connection:
            await connection.execute(
                corrections.insert().values(
                    correction_id=correction.correction_id,
                    occurrence_id=correction.occurrence_id,
                    kind=correction.kind.value,
                    texts=json.dumps(dict(correction.texts), ensure_ascii=False),
                    asked_by=correction.asked_by,
                    asked_at=correction.asked_at,
                )
            )
            await connection.execute(insert(corrected_copies).from_select(["correction_id", "chat_id", "state"], sent))

    async def next(self, *, limit: int) -> Sequence[tuple[Correction, Delivery]]:
        """See the port."""
        waiting = (
            select(corrections, corrected_copies.c.chat_id)
            .join(corrected_copies, corrected_copies.c.correction_id == corrections.c.correction_id)
            .where(corrected_copies.c.state == CorrectionState.PLANNED.value)
            .order_by(corrections.c.asked_at, corrections.c.correction_id, corrected_copies.c.chat_id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(waiting)).mappings().all()
            keys = [(row["occurrence_id"], row["chat_id"]) for row in found]
            query = select(deliveries).where(tuple_(deliveries.c.occurrence_id, deliveries.c.chat_id).in_(keys))
            copies = {
                (row["occurrence_id"], row["chat_id"]): delivery_of(row)
                for row in (await connection.execute(query)).mappings()
            }
        return [
            (_correction(row, {}), copies[row["occurrence_id"], row["chat_id"]])
            for row in found
            if (row["occurrence_id"], row["chat_id"]) in copies
        ]

    async def settle(self, correction_id: str, chat_id: ChatId, state: CorrectionState) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(corrected_copies)
                .where(corrected_copies.c.correction_id == correction_id, corrected_copies.c.chat_id == chat_id)
                .values(state=state.value)
            )

    async def find(self, correction_id: str) -> Correction | None:
        """See the port."""
        counting = (
            select(corrected_copies.c.state, func.count())
            .where(corrected_copies.c.correction_id == correction_id)
            .group_by(corrected_copies.c.state)
        )
        async with self._database.reading() as connection:
            query = select(corrections).where(corrections.c.correction_id == correction_id)
            row = (await connection.execute(query)).mappings().first()
            counts = {CorrectionState(state): number for state, number in await connection.execute(counting)}
        return None if row is None else _correction(row, counts)

    async def edits(self, occurrence_id: OccurrenceId) -> Sequence[Correction]:
        """See the port."""
        query = (
            select(corrections)
            .where(corrections.c.occurrence_id == occurrence_id, corrections.c.kind == CorrectionKind.EDIT.value)
            .order_by(corrections.c.asked_at, corrections.c.correction_id)
        )
        async with self._database.reading() as connection:
            return [_correction(row, {}) for row in (await connection.execute(query)).mappings()]


def _correction(row: RowMapping, counts: Mapping[CorrectionState, int]) -> Correction:
    return Correction(
        correction_id=row["correction_id"],
        occurrence_id=OccurrenceId(row["occurrence_id"]),
        kind=CorrectionKind(row["kind"]),
        texts={Locale(locale): text for locale, text in json.loads(row["texts"]).items()},
        asked_by=VisitorId(row["asked_by"]),
        asked_at=row["asked_at"],
        counts=counts,
    )
