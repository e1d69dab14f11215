"""One firing of an announcement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.announcements.model.announcement import AnnouncementId
from bot.ids import ChatId

OccurrenceId = NewType("OccurrenceId", str)
"""One firing of an announcement: `<announcement>.<slot>`, so the same slot can't fire twice."""

REPEAT = "+again"
"""Ends the slot of a firing that repeats another for those in doubt."""


class OccurrenceState(StrEnum):
    """Where one firing stands."""

    PLANNING = "planning"
    """Its deliveries are being written, batch by batch."""
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    MISSED = "missed"
    """Its time passed while nobody was there and it was not to be sent late, or its validity ended before."""
    AWAITING_CONFIRMATION = "awaiting_word"
    """The database was restored from a backup: it may have been sent already; an organiser must say so."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be sent."""
        return self in (OccurrenceState.STOPPED, OccurrenceState.FINISHED, OccurrenceState.MISSED)


OPEN_STATES = frozenset(state for state in OccurrenceState if not state.has_ended)
"""Those in which something may still be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One firing of an announcement.

    `slot` is what makes it unique among the firings of its announcement (the local date and time it stands for).
    `planned_through` is the last chat that was planned, `snapshot` the bound of the audience: who subscribed after
    it is not in it. `audience` is the number of recipients, once all are planned.
    """

    occurrence_id: OccurrenceId
    announcement_id: AnnouncementId
    slot: str
    due_at: datetime
    valid_until: datetime | None
    state: OccurrenceState
    created_at: datetime
    snapshot: int = 0
    planned_through: ChatId | None = None
    audience: int = 0
    finished_at: datetime | None = None
    pause_reason: str = ""

    @property
    def is_repeat(self) -> bool:
        """Whether it sends once more what another firing has left in doubt."""
        return self.slot.endswith(REPEAT)

    @property
    def repeat_id(self) -> OccurrenceId:
        """Of the firing that sends this one's doubtful copies once more: as its slot is unique, only once."""
        return OccurrenceId(self.occurrence_id + REPEAT)
