"""One more copy, on purpose, for those of whom nobody knows whether they got theirs.

It is a firing of its own, with rows of its own: what the first has counted stays as it is, and its slot is unique, so
nobody is sent a third copy. A copy that was a second one already gets none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from bot.announcements.model import (
    REPEAT,
    Delivery,
    DeliveryState,
    Epoch,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
)
from bot.announcements.ports import Outbox

_UNKNOWN = frozenset({DeliveryState.UNKNOWN})
_BATCH = 1_000
"""Rows in one statement, as many as the planner plans at once."""


async def in_doubt(outbox: Outbox, occurrence_id: OccurrenceId) -> AsyncIterator[Delivery]:
    """The copies that one more may follow, in order of chat id."""
    async for row in outbox.rows(occurrence_id, states=_UNKNOWN):
        if not row.may_repeat:
            yield row


async def plan_repeat(outbox: Outbox, occurrence: Occurrence, *, now: datetime) -> None:
    """Plan one more copy for each that is in doubt, within the transaction that is open."""
    repeat = replace(
        occurrence,
        occurrence_id=occurrence.repeat_id,
        slot=occurrence.slot + REPEAT,
        state=OccurrenceState.RUNNING,
        created_at=now,
        snapshot=0,  # nobody else is in its audience, should it be planned further after a pause
        planned_through=None,
        audience=0,
        finished_at=None,
        pause_reason="",
    )
    if not await outbox.open_occurrence(repeat):
        return
    batch: list[Delivery] = []
    async for row in in_doubt(outbox, occurrence.occurrence_id):
        batch.append(_once_more(row, repeat, now))
        if len(batch) == _BATCH:
            await _plan(outbox, batch)
            batch = []
    if batch:
        await _plan(outbox, batch)


async def _plan(outbox: Outbox, batch: list[Delivery]) -> None:
    await outbox.plan(batch, occurrence_id=batch[-1].occurrence_id, through=batch[-1].chat_id)


def _once_more(row: Delivery, repeat: Occurrence, now: datetime) -> Delivery:
    return replace(
        row,
        occurrence_id=repeat.occurrence_id,
        state=DeliveryState.PLANNED,
        not_before=now,
        due_at=now,
        attempt=0,
        epoch=Epoch(0),
        message_id=None,
        may_repeat=True,
        crashes=0,
        reason="",
        changed_at=now,
    )
