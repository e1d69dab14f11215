"""When an occurrence ends, and with its last one the announcement."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.announcements.model import AnnouncementId, DeliveryState, Occurrence, OccurrenceState, Stage
from bot.announcements.ports import AnnouncementStore, Outbox

_GOING = (Stage.APPROVED, Stage.PAUSED)
OPEN = frozenset(state for state in OccurrenceState if not state.has_ended)


async def stop_occurrence(outbox: Outbox, occurrence: Occurrence, *, now: datetime, reason: str) -> None:
    """End it at once: what was not sent is cancelled, what is in flight will still be noted."""
    await outbox.set_state(occurrence.occurrence_id, OccurrenceState.STOPPED, now=now, reason=reason)
    await outbox.end_remaining(occurrence.occurrence_id, DeliveryState.CANCELLED, now=now, reason=reason)


async def finish_if_done(announcements: AnnouncementStore, outbox: Outbox, announcement_id: AnnouncementId) -> bool:
    """Close an announcement of which nothing more will be due and every occurrence has ended. Twice does no harm."""
    announcement = await announcements.find(announcement_id)
    if announcement is None or announcement.stage not in _GOING or announcement.next_due_at is not None:
        return False
    if await outbox.occurrences(states=OPEN, of=announcement_id, limit=1):
        return False
    return await announcements.save(replace(announcement, stage=Stage.FINISHED, version=announcement.version + 1))
