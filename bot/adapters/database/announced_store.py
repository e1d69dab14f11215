"""What has been announced and still holds, with the corrections that came after."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import Database
from bot.adapters.database.tables import announcements, corrections, occurrences
from bot.announcements.model import (
    Announced,
    AnnouncementId,
    CorrectionKind,
    OccurrenceId,
    OccurrenceState,
    Stage,
)
from bot.ids import Locale

WITHOUT_END = timedelta(days=30)
"""An announcement that was given no validity counts as news for so long."""
_TOLD = (OccurrenceState.RUNNING, OccurrenceState.PAUSED, OccurrenceState.FINISHED)
_TAKEN_BACK = (Stage.WITHDRAWN, Stage.STOPPED)


@dataclass(frozen=True, slots=True)
class _Firing:
    occurrence_id: OccurrenceId
    announcement_id: AnnouncementId
    due_at: datetime
    valid_until: datetime


class SqlAnnounced:
    """Reads what holds now."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._announcements = SqlAnnouncementStore(database)

    async def fingerprint(self, now: datetime) -> str:
        """Changes whenever something begins or ceases to hold, or is corrected."""
        firings = await self._firings(now)
        edits = await self._edits([firing.occurrence_id for firing in firings])
        return "\n".join(
            f"{firing.occurrence_id} {' '.join(edit for edit, _ in edits.get(firing.occurrence_id, ()))}"
            for firing in firings
        )

    async def holding(self, now: datetime) -> Sequence[Announced]:
        """Each announcement that holds, in order of its id."""
        firings = await self._firings(now)
        edits = await self._edits([firing.occurrence_id for firing in firings])
        found = []
        for firing in firings:
            announcement = await self._announcements.find(firing.announcement_id)
            if announcement is None:
                continue
            texts = dict(announcement.content.texts)
            for _, edited in edits.get(firing.occurrence_id, ()):
                texts.update(edited)
            found.append(Announced(announcement, firing.due_at, firing.valid_until, texts))
        return found

    async def _firings(self, now: datetime) -> Sequence[_Firing]:
        query = (
            select(
                occurrences.c.occurrence_id,
                occurrences.c.announcement_id,
                occurrences.c.due_at,
                occurrences.c.valid_until,
            )
            .join(announcements, announcements.c.announcement_id == occurrences.c.announcement_id)
            .where(
                occurrences.c.state.in_([state.value for state in _TOLD]),
                announcements.c.stage.not_in([stage.value for stage in _TAKEN_BACK]),
                (occurrences.c.valid_until > now)
                | (occurrences.c.valid_until.is_(None) & (occurrences.c.due_at > now - WITHOUT_END)),
            )
            .order_by(occurrences.c.due_at)
        )
        latest: dict[AnnouncementId, _Firing] = {}
        async with self._database.reading() as connection:
            for occurrence_id, announcement_id, due_at, valid_until in await connection.execute(query):
                latest[announcement_id] = _Firing(
                    occurrence_id, announcement_id, due_at, valid_until or due_at + WITHOUT_END
                )
        return [latest[announcement_id] for announcement_id in sorted(latest)]

    async def _edits(
        self, occurrence_ids: Sequence[OccurrenceId]
    ) -> Mapping[OccurrenceId, Sequence[tuple[str, Mapping[Locale, str]]]]:
        """The edits of each, oldest first."""
        query = (
            select(corrections.c.occurrence_id, corrections.c.correction_id, corrections.c.texts)
            .where(corrections.c.occurrence_id.in_(occurrence_ids), corrections.c.kind == CorrectionKind.EDIT.value)
            .order_by(corrections.c.asked_at, corrections.c.correction_id)
        )
        edits: dict[OccurrenceId, list[tuple[str, Mapping[Locale, str]]]] = {}
        async with self._database.reading() as connection:
            for occurrence_id, correction_id, texts in await connection.execute(query):
                edited = {Locale(locale): text for locale, text in json.loads(texts).items()}
                edits.setdefault(occurrence_id, []).append((correction_id, edited))
        return edits
