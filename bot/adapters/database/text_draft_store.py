"""Machine drafts of announcements' texts, a row a language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, RowMapping, and_, delete, select, update

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import announcement_drafts as drafts
from bot.announcements.model import AnnouncementId, TextDraft, TextDraftState
from bot.ids import Locale


class SqlTextDrafts:
    """Implements `bot.announcements.text_draft_ports.TextDrafts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wish(self, announcement_id: AnnouncementId, locales: Iterable[Locale]) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            for locale in locales:
                row = _row(TextDraft(announcement_id=announcement_id, locale=locale))
                insert = self._database.insert(drafts).values(row)
                await connection.execute(
                    insert.on_conflict_do_update(index_elements=["announcement_id", "locale"], set_=row)
                )

    async def of(self, announcement_ids: Sequence[AnnouncementId]) -> Sequence[TextDraft]:
        """See the port."""
        return await self._all(drafts.c.announcement_id.in_(announcement_ids))

    async def waiting(self) -> Sequence[TextDraft]:
        """See the port."""
        return await self._all(drafts.c.state == TextDraftState.WAITING.value)

    async def settle(self, draft: TextDraft) -> bool:
        """See the port."""
        is_it = and_(_names(draft.announcement_id, draft.locale), drafts.c.state == TextDraftState.WAITING.value)
        async with self._database.writing() as connection:
            return bool((await connection.execute(update(drafts).where(is_it).values(_row(draft)))).rowcount)

    async def drop(self, announcement_id: AnnouncementId, locale: Locale) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(delete(drafts).where(_names(announcement_id, locale)))

    async def _all(self, wanted: ColumnElement[bool]) -> Sequence[TextDraft]:
        async with self._database.reading() as connection:
            return [_draft(row) for row in (await connection.execute(select(drafts).where(wanted))).mappings()]


def _names(announcement_id: AnnouncementId, locale: Locale) -> ColumnElement[bool]:
    return and_(drafts.c.announcement_id == announcement_id, drafts.c.locale == locale.value)


def _row(draft: TextDraft) -> dict[str, object]:
    return {
        "announcement_id": draft.announcement_id,
        "locale": draft.locale.value,
        "state": draft.state.value,
        "text": draft.text,
        "labels": json.dumps(dict(draft.labels), ensure_ascii=False),
        "made_from": draft.made_from,
        "reason": draft.reason,
    }


def _draft(row: RowMapping) -> TextDraft:
    return TextDraft(
        announcement_id=AnnouncementId(row["announcement_id"]),
        locale=Locale(row["locale"]),
        state=TextDraftState(row["state"]),
        text=row["text"],
        labels=json.loads(row["labels"]),
        made_from=row["made_from"],
        reason=row["reason"],
    )
