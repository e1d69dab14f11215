"""Who was told which section, by the turns that are kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, tuple_

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import shown_sections, turns
from bot.answering.model import Outcome
from bot.correcting.model import Telling
from bot.ids import Locale, SectionKey, VisitorId

_IDS_AT_ONCE = 500
"""Values a statement: SQLite may be built to take no more than 999."""


class SqlTellingStore:
    """Implements `bot.correcting.ports.TellingStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tellings(self, key: SectionKey, *, since: datetime) -> Sequence[Telling]:
        """See the port. Small talk, offers and refusals tell nothing, whatever they cite."""
        answered = select(turns.c.visitor_id, turns.c.locale, turns.c.asked_at, turns.c.generation).where(
            turns.c.asked_at >= since,
            turns.c.outcome == Outcome.ANSWERED.value,
            turns.c["keys"].contains(json.dumps(str(key)), autoescape=True),
        )
        shown = (
            select(turns.c.visitor_id, turns.c.locale, shown_sections.c.shown_at)
            .join(turns, turns.c.turn_id == shown_sections.c.turn_id)
            .where(shown_sections.c.section == str(key), shown_sections.c.shown_at >= since)
        )
        async with self._database.reading() as connection:
            found = [
                Telling(VisitorId(visitor_id), Locale(locale), asked_at, generation or 0)
                for visitor_id, locale, asked_at, generation in await connection.execute(answered)
            ]
            found += [
                Telling(VisitorId(visitor_id), Locale(locale), shown_at)
                for visitor_id, locale, shown_at in await connection.execute(shown)
            ]
        return found

    async def languages(self, people: Collection[VisitorId]) -> Mapping[VisitorId, Locale]:
        """See the port."""
        ids, found = list(people), {}
        for start in range(0, len(ids), _IDS_AT_ONCE):
            theirs = turns.c.visitor_id.in_(ids[start : start + _IDS_AT_ONCE])
            latest = select(turns.c.visitor_id, func.max(turns.c.asked_at)).where(theirs).group_by(turns.c.visitor_id)
            query = select(turns.c.visitor_id, turns.c.locale).where(
                theirs, tuple_(turns.c.visitor_id, turns.c.asked_at).in_(latest)
            )
            async with self._database.reading() as connection:
                for visitor_id, locale in await connection.execute(query.order_by(turns.c.turn_id)):
                    found[VisitorId(visitor_id)] = Locale(locale)
        return found
