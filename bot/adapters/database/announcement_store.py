"""Announcements in all their languages; the schedule's next moment stands in a column of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.connection import Database
from bot.adapters.database.tables import announcement_files, announcements, deliveries, occurrences
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Attachment,
    AttachmentKind,
    DeliveryState,
    Stage,
)
from bot.ids import ChatId

BODY = TypeAdapter(Announcement)
"""Announcements as they stand in `announcements.body`."""
_FILE_COLUMNS = (announcement_files.c.kind, announcement_files.c.filename, announcement_files.c.file_id)


class SqlAnnouncementStore:
    """Implements `bot.announcements.ports.AnnouncementStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, announcement: Announcement, *, request_key: str) -> AnnouncementId:
        """See the port."""
        async with self._database.writing() as connection:
            insert = self._database.insert(announcements).values(request_key=request_key, **_row(announcement))
            made = await connection.scalar(
                insert.on_conflict_do_nothing(index_elements=[announcements.c.request_key]).returning(
                    announcements.c.announcement_id
                )
            )
            if made is None:
                query = select(announcements.c.announcement_id).where(announcements.c.request_key == request_key)
                return AnnouncementId(str(await connection.scalar(query)))
            await self._keep_file(connection, announcement)
        return announcement.announcement_id

    async def find(self, announcement_id: AnnouncementId) -> Announcement | None:
        """See the port."""
        query = _select(announcement_files.c.content).where(announcements.c.announcement_id == announcement_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _announcement(row)

    async def save(self, announcement: Announcement) -> bool:
        """See the port."""
        saving = (
            update(announcements)
            .where(
                announcements.c.announcement_id == announcement.announcement_id,
                announcements.c.version == announcement.version - 1,
            )
            .values(_row(announcement))
        )
        async with self._database.writing() as connection:
            if not (await connection.execute(saving)).rowcount:
                return False
            await self._keep_file(connection, announcement)
        return True

    async def recent(self, *, stages: frozenset[Stage] = frozenset(), limit: int = 50) -> Sequence[Announcement]:
        """See the port."""
        query = _select().order_by(announcements.c.created_at.desc(), announcements.c.announcement_id).limit(limit)
        if stages:
            query = query.where(announcements.c.stage.in_([stage.value for stage in stages]))
        return await self._all(query)

    async def due(self, *, now: datetime, limit: int) -> Sequence[Announcement]:
        """See the port."""
        query = (
            _select()
            .where(announcements.c.stage == Stage.APPROVED.value, announcements.c.next_due_at <= now)
            .order_by(announcements.c.next_due_at, announcements.c.announcement_id)
            .limit(limit)
        )
        return await self._all(query)

    async def keep_file_id(self, announcement_id: AnnouncementId, file_id: str) -> None:
        """See the port."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(announcement_files)
                .where(announcement_files.c.announcement_id == announcement_id)
                .values(file_id=file_id)
            )

    async def delivered_to(self, chat_id: ChatId, *, since: datetime, limit: int) -> Sequence[Announcement]:
        """See the port."""
        got = (
            select(occurrences.c.announcement_id)
            .join(deliveries, deliveries.c.occurrence_id == occurrences.c.occurrence_id)
            .where(
                deliveries.c.chat_id == chat_id,
                deliveries.c.state.in_([DeliveryState.SENT.value, DeliveryState.UNKNOWN.value]),
                occurrences.c.due_at >= since,
            )
        )
        latest = (
            select(occurrences.c.due_at)
            .where(occurrences.c.announcement_id == announcements.c.announcement_id)
            .order_by(occurrences.c.due_at.desc())
            .limit(1)
            .scalar_subquery()
        )
        return await self._all(
            _select()
            .where(announcements.c.announcement_id.in_(got), announcements.c.stage != Stage.WITHDRAWN.value)
            .order_by(latest.desc())
            .limit(limit)
        )

    async def _all(self, query: Select[tuple[object, ...]]) -> Sequence[Announcement]:
        async with self._database.reading() as connection:
            return [_announcement(row) for row in (await connection.execute(query)).mappings()]

    async def _keep_file(self, connection: AsyncConnection, announcement: Announcement) -> None:
        """Content that was read without its bytes (a list) leaves the stored bytes alone."""
        mine = announcement_files.c.announcement_id == announcement.announcement_id
        attachment = announcement.content.attachment
        if attachment is None:
            await connection.execute(announcement_files.delete().where(mine))
            return
        values = {"kind": attachment.kind.value, "filename": attachment.filename, "file_id": attachment.file_id}
        if attachment.content:
            values["content"] = attachment.content  # type: ignore[assignment]  # bytes among texts
        known = await connection.scalar(select(announcement_files.c.announcement_id).where(mine))
        if known is None:
            row = {"announcement_id": announcement.announcement_id, "content": b"", **values}
            await connection.execute(announcement_files.insert().values(row))
        else:
            await connection.execute(update(announcement_files).where(mine).values(values))


def _select(*more: object) -> Select[tuple[object, ...]]:
    files = announcements.outerjoin(
        announcement_files, announcement_files.c.announcement_id == announcements.c.announcement_id
    )
    return select(announcements.c.body, *_FILE_COLUMNS, *more).select_from(files)


def _row(announcement: Announcement) -> dict[str, object]:
    bare = replace(announcement, content=replace(announcement.content, attachment=None))
    return {
        "announcement_id": announcement.announcement_id,
        "stage": announcement.stage.value,
        "version": announcement.version,
        "next_due_at": announcement.next_due_at,
        "created_at": announcement.created_at,
        "body": BODY.dump_json(bare).decode(),
    }


def _announcement(row: RowMapping) -> Announcement:
    announcement = BODY.validate_json(row["body"])
    if row["kind"] is None:
        return announcement
    attachment = Attachment(
        AttachmentKind(row["kind"]), row["filename"], content=row.get("content", b""), file_id=row["file_id"]
    )
    return replace(announcement, content=replace(announcement.content, attachment=attachment))
