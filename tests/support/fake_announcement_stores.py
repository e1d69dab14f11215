"""Where announcements, their change requests and what was done to them are kept, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    AuditEntry,
    ChangeRequest,
    ChangeRequestState,
    DeliveryState,
    Epoch,
    Stage,
    TextDraft,
    TextDraftState,
)
from bot.ids import ChatId, Locale
from tests.support.fake_announcement_database import LONG_AGO, FakeDatabase


class FakeTextDrafts:
    """Implements `bot.announcements.ports.TextDrafts`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def wish(self, announcement_id: AnnouncementId, locales: Iterable[Locale]) -> None:
        async with self.database.writing() as tables:
            for locale in locales:
                tables.text_drafts[announcement_id, locale] = TextDraft(announcement_id=announcement_id, locale=locale)

    async def of(self, announcement_ids: Sequence[AnnouncementId]) -> Sequence[TextDraft]:
        stored = (await self.database.reading()).text_drafts.values()
        return [one for one in stored if one.announcement_id in announcement_ids]

    async def waiting(self) -> Sequence[TextDraft]:
        stored = (await self.database.reading()).text_drafts.values()
        return [one for one in stored if one.state is TextDraftState.WAITING]

    async def settle(self, draft: TextDraft) -> bool:
        async with self.database.writing() as tables:
            known = tables.text_drafts.get((draft.announcement_id, draft.locale))
            if known is None or known.state is not TextDraftState.WAITING:
                return False
            tables.text_drafts[draft.announcement_id, draft.locale] = draft
            return True

    async def drop(self, announcement_id: AnnouncementId, locale: Locale) -> None:
        async with self.database.writing() as tables:
            tables.text_drafts.pop((announcement_id, locale), None)


class FakeAnnouncementStore:
    """Implements `bot.announcements.ports.AnnouncementStore`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def create(self, announcement: Announcement, *, request_key: str) -> AnnouncementId:
        async with self.database.writing() as tables:
            if request_key not in tables.request_keys:
                tables.request_keys[request_key] = announcement.announcement_id
                tables.announcements[announcement.announcement_id] = announcement
            return tables.request_keys[request_key]

    async def find(self, announcement_id: AnnouncementId) -> Announcement | None:
        return (await self.database.reading()).announcements.get(announcement_id)

    async def save(self, announcement: Announcement) -> bool:
        async with self.database.writing() as tables:
            stored = tables.announcements.get(announcement.announcement_id)
            if stored is None or stored.version != announcement.version - 1:
                return False
            tables.announcements[announcement.announcement_id] = announcement
            return True

    async def recent(self, *, stages: frozenset[Stage] = frozenset(), limit: int = 50) -> Sequence[Announcement]:
        stored = (await self.database.reading()).announcements.values()
        fitting = [announcement for announcement in stored if not stages or announcement.stage in stages]
        fitting.sort(key=lambda announcement: announcement.created_at, reverse=True)
        return [_without_bytes(announcement) for announcement in fitting[:limit]]

    async def due(self, *, now: datetime, limit: int) -> Sequence[Announcement]:
        waiting = [
            (announcement.next_due_at, announcement)
            for announcement in (await self.database.reading()).announcements.values()
            if announcement.stage is Stage.APPROVED and announcement.next_due_at is not None
        ]
        waiting.sort(key=lambda pair: pair[0])
        return [announcement for due_at, announcement in waiting if due_at <= now][:limit]

    async def keep_file_id(self, announcement_id: AnnouncementId, file_id: str) -> None:
        async with self.database.writing() as tables:
            announcement = tables.announcements[announcement_id]
            attachment = announcement.content.attachment
            assert attachment is not None
            content = replace(announcement.content, attachment=replace(attachment, file_id=file_id))
            tables.announcements[announcement_id] = replace(announcement, content=content)

    async def delivered_to(self, chat_id: ChatId, *, since: datetime, limit: int) -> Sequence[Announcement]:
        tables = await self.database.reading()
        got: set[AnnouncementId] = set()
        latest: dict[AnnouncementId, datetime] = {}
        for occurrence in tables.occurrences.values():
            announcement_id = occurrence.announcement_id
            latest[announcement_id] = max(occurrence.due_at, latest.get(announcement_id, LONG_AGO))
            row = tables.deliveries[occurrence.occurrence_id].get(chat_id)
            if row and row.state in (DeliveryState.SENT, DeliveryState.UNKNOWN) and occurrence.due_at >= since:
                got.add(announcement_id)
        newest = sorted(got, key=lambda announcement_id: latest[announcement_id], reverse=True)
        found = [tables.announcements[announcement_id] for announcement_id in newest]
        return [_without_bytes(one) for one in found if one.stage is not Stage.WITHDRAWN][:limit]


class FakeRequests:
    """Implements `bot.announcements.ports.Requests`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def open(self, request: ChangeRequest) -> None:
        async with self.database.writing() as tables:
            tables.requests[request.request_id] = request

    async def find(self, request_id: str) -> ChangeRequest | None:
        return (await self.database.reading()).requests.get(request_id)

    async def waiting(self, announcement_id: AnnouncementId) -> Sequence[ChangeRequest]:
        tables = await self.database.reading()
        found = [
            one
            for one in tables.requests.values()
            if one.state is ChangeRequestState.OPEN
            and tables.occurrences[one.occurrence_id].announcement_id == announcement_id
        ]
        return sorted(found, key=lambda one: (one.asked_at, one.request_id))

    async def decide(self, request: ChangeRequest) -> bool:
        async with self.database.writing() as tables:
            if tables.requests[request.request_id].state is not ChangeRequestState.OPEN:
                return False
            tables.requests[request.request_id] = request
            return True


class FakeLease:
    """Implements `bot.announcements.ports.Lease`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def take(self, holder: str, *, now: datetime, lasts_s: float) -> Epoch | None:
        async with self.database.writing() as tables:
            if tables.lease_holder and tables.lease_until > now:
                return None
            tables.epoch = Epoch(tables.epoch + 1)
            tables.lease_holder, tables.lease_until = holder, now + timedelta(seconds=lasts_s)
            return tables.epoch

    async def renew(self, epoch: Epoch, *, now: datetime, lasts_s: float) -> bool:
        async with self.database.writing() as tables:
            if tables.epoch != epoch or not tables.lease_holder:
                return False
            tables.lease_until = now + timedelta(seconds=lasts_s)
            return True

    async def release(self, epoch: Epoch) -> None:
        async with self.database.writing() as tables:
            if tables.epoch == epoch:
                tables.lease_holder = ""


class FakeRestoreGuard:
    """Implements `bot.announcements.ports.RestoreGuard`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.disk = (database or FakeDatabase()).disk
        self.waits_for_word = False

    async def was_restored(self) -> bool:
        return self.disk.mark < self.disk.outside_mark

    async def needs_word(self) -> bool:
        return self.waits_for_word

    async def mark(self) -> None:
        self.disk.mark = self.disk.outside_mark = self.disk.outside_mark + 1

    async def join(self) -> None:
        pass

    async def accept(self) -> None:
        self.disk.mark, self.waits_for_word = self.disk.outside_mark, False


class FakeAuditLog:
    """Implements `bot.announcements.ports.AuditLog`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def note(self, entry: AuditEntry) -> None:
        async with self.database.writing() as tables:
            tables.audit.append(entry)

    async def count(self, action: str, *, day: date) -> None:
        async with self.database.writing() as tables:
            counted = [one for one in tables.audit if (one.action, one.subject) == (action, day.isoformat())]
            first = AuditEntry(
                at=datetime.combine(day, time(), UTC), actor=None, action=action, subject=day.isoformat(), detail="0"
            )
            before = counted[0] if counted else first
            tables.audit[:] = [one for one in tables.audit if one not in counted]
            tables.audit.append(replace(before, detail=str(int(before.detail) + 1)))

    async def entries(self, *, subject: str = "", limit: int = 100) -> Sequence[AuditEntry]:
        newest = reversed((await self.database.reading()).audit)
        return [entry for entry in newest if not subject or entry.subject == subject][:limit]


def _without_bytes(announcement: Announcement) -> Announcement:
    attachment = announcement.content.attachment
    if attachment is None:
        return announcement
    return replace(announcement, content=replace(announcement.content, attachment=replace(attachment, content=b"")))
