"""Announcements in memory, with the promises of the real stores: transactions that commit whole or not at all, one
writer at a time, readers that see only what is committed. The contract tests run against both; the simulation kills
processes on top of them.
"""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.announcements.events import OrganiserEvent
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Attachment,
    Audience,
    AuditEntry,
    ChangeRequest,
    ChangeRequestState,
    Correction,
    CorrectionKind,
    CorrectionState,
    Delivery,
    DeliveryState,
    Epoch,
    Invitation,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Organiser,
    OutgoingMessage,
    Receipt,
    Recipient,
    Role,
    SendOutcome,
    Stage,
    Standing,
)
from bot.announcements.ports import Leave
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from bot.visitors.model import Subscription

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
NO_EPOCH = Epoch(0)
DONE = Receipt(fate=SendOutcome.SENT)


@dataclass
class Tables:
    """Everything that is stored. Rows are immutable values, so a copy of the dicts is a copy of all."""

    announcements: dict[AnnouncementId, Announcement] = field(default_factory=dict)
    request_keys: dict[str, AnnouncementId] = field(default_factory=dict)
    subscriptions: dict[ChatId, Subscription] = field(default_factory=dict)
    joined: dict[ChatId, int] = field(default_factory=dict)
    joins: int = 0
    occurrences: dict[OccurrenceId, Occurrence] = field(default_factory=dict)
    deliveries: dict[OccurrenceId, dict[ChatId, Delivery]] = field(default_factory=dict)
    corrections: dict[str, Correction] = field(default_factory=dict)
    correction_rows: dict[tuple[str, ChatId], CorrectionState] = field(default_factory=dict)
    requests: dict[str, ChangeRequest] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    organisers: dict[tuple[VisitorId, Role], Organiser] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    epoch: Epoch = NO_EPOCH
    lease_holder: str = ""
    lease_until: datetime = LONG_AGO

    def copied(self) -> Tables:
        """The same rows, to be changed apart."""
        own = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, dict | list):
                setattr(own, name, value.copy())
        own.deliveries = {occurrence_id: rows.copy() for occurrence_id, rows in self.deliveries.items()}
        return own


@dataclass
class FakeDisk:
    """What outlives a process: the committed rows and the turn to write."""

    tables: Tables = field(default_factory=Tables)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    mark: int = 0
    """How far the database has come, as noted in it."""
    outside_mark: int = 0
    """The same, noted outside: it doesn't go back with a restore."""


async def _pass() -> None:
    """The gate that is always open."""


class FakeDatabase:
    """One process's view of a disk.

    `gate` is awaited before each read or write and before each commit: a test raises there what a database may raise,
    or yields to other tasks. `after_commit` is awaited when a commit is durable but not yet reported.
    """

    def __init__(self, disk: FakeDisk | None = None) -> None:
        self.disk = disk or FakeDisk()
        self.gate: Callable[[], Awaitable[None]] = _pass
        self.after_commit: Callable[[], Awaitable[None]] = _pass
        self.transactions = 0
        self._open: dict[asyncio.Task[object] | None, Tables] = {}

    @property
    def tables(self) -> Tables:
        """The rows as the running task sees them: those of its open transaction, else the committed ones."""
        return self._open.get(asyncio.current_task(), self.disk.tables) if self._open else self.disk.tables

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All writes inside take effect, or none; inside another one it joins that."""
        task = asyncio.current_task()
        if task in self._open:
            yield
            return
        async with self.disk.turn:
            self._open[task] = self.disk.tables.copied()
            try:
                yield
                await self.gate()
                self.disk.tables = self._open[task]
                self.transactions += 1
            finally:
                del self._open[task]
        await self.after_commit()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Tables]:
        """Rows to change: those of the open transaction, or of one that commits at the end."""
        await self.gate()
        async with self.transaction():
            yield self.tables

    async def reading(self) -> Tables:
        """Rows to look at."""
        await self.gate()
        return self.tables


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


class FakeSubscriptionStore:
    """Implements `bot.visitors.ports.SubscriptionStore`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def find(self, chat_id: ChatId) -> Subscription | None:
        return (await self.database.reading()).subscriptions.get(chat_id)

    async def save(self, subscription: Subscription) -> None:
        async with self.database.writing() as tables:
            _subscribe(tables, subscription)

    async def end(self, chat_id: ChatId) -> None:
        async with self.database.writing() as tables:
            _unsubscribe(tables, chat_id)


class FakeSubscribers:
    """Implements `bot.announcements.ports.Subscribers` over the subscriptions of the same database."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def snapshot(self) -> int:
        return (await self.database.reading()).joins

    async def page(
        self, audience: Audience, *, topic: NewsTopic, snapshot: int, after: ChatId | None, limit: int
    ) -> Sequence[Recipient]:
        tables = await self.database.reading()
        chat_ids = sorted(
            chat_id
            for chat_id, subscription in tables.subscriptions.items()
            if (after is None or chat_id > after)
            and tables.joined.get(chat_id, 0) <= snapshot
            and _is_in(tables, audience, subscription, topic)
        )
        return [_recipient(tables.subscriptions[chat_id]) for chat_id in chat_ids[:limit]]

    async def count(self, audience: Audience, *, topic: NewsTopic) -> Mapping[Locale, int]:
        tables = await self.database.reading()
        return Counter(
            _recipient(subscription).locale
            for subscription in tables.subscriptions.values()
            if _is_in(tables, audience, subscription, topic)
        )

    async def still_wanted(self, chat_ids: Sequence[ChatId], *, topic: NewsTopic) -> frozenset[ChatId]:
        subscriptions = (await self.database.reading()).subscriptions
        return frozenset(
            chat_id
            for chat_id in chat_ids
            if (found := subscriptions.get(chat_id)) and found.agreed_at and topic in found.topics
        )

    async def mark_gone(self, chat_id: ChatId) -> None:
        async with self.database.writing() as tables:
            _unsubscribe(tables, chat_id)

    async def migrate(self, old: ChatId, new: ChatId) -> None:
        async with self.database.writing() as tables:
            moved = tables.subscriptions.pop(old, None)
            joined = tables.joined.pop(old, 0)
            if moved is not None and new not in tables.subscriptions:
                tables.subscriptions[new] = replace(moved, chat_id=new)
                tables.joined[new] = joined


class FakeOutbox:
    """Implements `bot.announcements.ports.Outbox`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def open_occurrence(self, occurrence: Occurrence) -> bool:
        async with self.database.writing() as tables:
            if any(
                (known.announcement_id, known.slot) == (occurrence.announcement_id, occurrence.slot)
                for known in tables.occurrences.values()
            ):
                return False
            tables.occurrences[occurrence.occurrence_id] = occurrence
            tables.deliveries[occurrence.occurrence_id] = {}
            return True

    async def find(self, occurrence_id: OccurrenceId) -> Occurrence | None:
        return (await self.database.reading()).occurrences.get(occurrence_id)

    async def occurrences(
        self, *, states: frozenset[OccurrenceState] = frozenset(), of: AnnouncementId | None = None, limit: int = 100
    ) -> Sequence[Occurrence]:
        fitting = [
            occurrence
            for occurrence in (await self.database.reading()).occurrences.values()
            if (not states or occurrence.state in states) and (of is None or occurrence.announcement_id == of)
        ]
        return sorted(fitting, key=lambda occurrence: (occurrence.due_at, occurrence.occurrence_id))[:limit]

    async def set_state(
        self, occurrence_id: OccurrenceId, state: OccurrenceState, *, now: datetime, reason: str = ""
    ) -> None:
        async with self.database.writing() as tables:
            occurrence = tables.occurrences[occurrence_id]
            if not occurrence.state.has_ended:
                tables.occurrences[occurrence_id] = replace(
                    occurrence, state=state, pause_reason=reason, finished_at=now if state.has_ended else None
                )

    async def plan(self, deliveries: Sequence[Delivery], *, occurrence_id: OccurrenceId, through: ChatId | None) -> int:
        async with self.database.writing() as tables:
            rows = tables.deliveries[occurrence_id]
            known = len(rows)
            for row in deliveries:
                rows.setdefault(row.chat_id, row)
            occurrence = tables.occurrences[occurrence_id]
            tables.occurrences[occurrence_id] = replace(
                occurrence, planned_through=through, audience=occurrence.audience + len(rows) - known
            )
            return len(rows) - known

    async def claim(
        self, occurrence_id: OccurrenceId, *, epoch: Epoch, now: datetime, limit: int
    ) -> Sequence[Delivery]:
        async with self.database.writing() as tables:
            occurrence = tables.occurrences.get(occurrence_id)
            if tables.epoch != epoch or occurrence is None or occurrence.state is not OccurrenceState.RUNNING:
                return []
            rows = tables.deliveries[occurrence_id]
            ready = [row for row in rows.values() if row.state is DeliveryState.PLANNED and row.not_before <= now]
            ready.sort(key=lambda row: (row.not_before, row.chat_id))
            claimed = [
                replace(row, state=DeliveryState.SENDING, attempt=row.attempt + 1, epoch=epoch, changed_at=now)
                for row in ready[:limit]
            ]
            rows.update({row.chat_id: row for row in claimed})
            return sorted(claimed, key=lambda row: row.chat_id)

    async def settle(self, results: Sequence[Delivery], *, epoch: Epoch) -> int:
        async with self.database.writing() as tables:
            return sum(
                _replace_row(
                    tables,
                    row,
                    lambda stored, row=row: (
                        stored.state is DeliveryState.SENDING
                        and (stored.attempt, stored.epoch) == (row.attempt, row.epoch)
                        and row.epoch == epoch == tables.epoch
                    ),
                )
                for row in results
            )

    async def orphans(self, *, live: Epoch, limit: int) -> Sequence[Delivery]:
        tables = await self.database.reading()
        found = [
            row
            for rows in tables.deliveries.values()
            for row in rows.values()
            if row.state is DeliveryState.IN_DOUBT or (row.state is DeliveryState.SENDING and row.epoch < live)
        ]
        return sorted(found, key=lambda row: (row.occurrence_id, row.chat_id))[:limit]

    async def resolve(self, deliveries: Sequence[Delivery]) -> int:
        async with self.database.writing() as tables:
            return sum(
                _replace_row(
                    tables,
                    row,
                    lambda stored, row=row: (
                        (stored.attempt, stored.epoch) == (row.attempt, row.epoch)
                        and (
                            stored.state is DeliveryState.IN_DOUBT
                            or (stored.state is DeliveryState.SENDING and stored.epoch < tables.epoch)
                        )
                    ),
                )
                for row in deliveries
            )

    async def rename(self, occurrence_id: OccurrenceId, old: ChatId, new: ChatId) -> bool:
        async with self.database.writing() as tables:
            rows = tables.deliveries[occurrence_id]
            row = rows.get(old)
            if row is None:
                return True
            if new in rows:
                rows[old] = replace(row, state=DeliveryState.SKIPPED, reason="migrated_to_a_known_chat")
                return False
            del rows[old]
            rows[new] = replace(row, chat_id=new)
            return True

    async def end_remaining(
        self, occurrence_id: OccurrenceId, state: DeliveryState, *, now: datetime, reason: str
    ) -> int:
        async with self.database.writing() as tables:
            rows = tables.deliveries[occurrence_id]
            left = [row for row in rows.values() if row.state is DeliveryState.PLANNED]
            for row in left:
                rows[row.chat_id] = replace(row, state=state, reason=reason, changed_at=now)
            return len(left)

    async def standing(self, occurrence_id: OccurrenceId) -> Standing:
        tables = await self.database.reading()
        rows = tables.deliveries[occurrence_id].values()
        return Standing(
            tables.occurrences[occurrence_id],
            Counter(row.state for row in rows),
            Counter((row.locale, row.state) for row in rows),
        )

    async def next_moment(self, *, after: datetime) -> datetime | None:
        tables = await self.database.reading()
        return min(
            (
                row.not_before
                for occurrence in tables.occurrences.values()
                if occurrence.state is OccurrenceState.RUNNING
                for row in tables.deliveries[occurrence.occurrence_id].values()
                if row.state is DeliveryState.PLANNED and row.not_before > after
            ),
            default=None,
        )

    async def rows(
        self, occurrence_id: OccurrenceId, *, states: frozenset[DeliveryState] = frozenset()
    ) -> AsyncIterator[Delivery]:
        rows = (await self.database.reading()).deliveries.get(occurrence_id, {})
        for chat_id in sorted(rows):
            if not states or rows[chat_id].state in states:
                yield rows[chat_id]


class FakeCorrections:
    """Implements `bot.announcements.ports.Corrections`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def open(self, correction: Correction) -> None:
        async with self.database.writing() as tables:
            tables.corrections[correction.correction_id] = correction
            for row in tables.deliveries[correction.occurrence_id].values():
                if row.state is DeliveryState.SENT:
                    tables.correction_rows[correction.correction_id, row.chat_id] = CorrectionState.PLANNED

    async def next(self, *, limit: int) -> Sequence[tuple[Correction, Delivery]]:
        tables = await self.database.reading()
        waiting = [key for key, state in tables.correction_rows.items() if state is CorrectionState.PLANNED]
        waiting.sort(key=lambda key: (tables.corrections[key[0]].asked_at, key))
        found = []
        for correction_id, chat_id in waiting[:limit]:
            correction = tables.corrections[correction_id]
            found.append((correction, tables.deliveries[correction.occurrence_id][chat_id]))
        return found

    async def settle(self, correction_id: str, chat_id: ChatId, state: CorrectionState) -> None:
        async with self.database.writing() as tables:
            tables.correction_rows[correction_id, chat_id] = state

    async def find(self, correction_id: str) -> Correction | None:
        tables = await self.database.reading()
        correction = tables.corrections.get(correction_id)
        if correction is None:
            return None
        counts = Counter(state for (known, _), state in tables.correction_rows.items() if known == correction_id)
        return replace(correction, counts=counts)

    async def edits(self, occurrence_id: OccurrenceId) -> Sequence[Correction]:
        stored = (await self.database.reading()).corrections.values()
        edits = [one for one in stored if one.occurrence_id == occurrence_id and one.kind is CorrectionKind.EDIT]
        return sorted(edits, key=lambda one: (one.asked_at, one.correction_id))


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

    async def was_restored(self) -> bool:
        return self.disk.mark < self.disk.outside_mark

    async def mark(self) -> None:
        self.disk.mark = self.disk.outside_mark = self.disk.outside_mark + 1

    async def accept(self) -> None:
        self.disk.mark = self.disk.outside_mark


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


class FakeOrganiserStore:
    """Implements `bot.announcements.ports.OrganiserStore`."""

    def __init__(self, database: FakeDatabase | None = None) -> None:
        self.database = database or FakeDatabase()

    async def roles(self, visitor_id: VisitorId) -> frozenset[Role]:
        return frozenset(role for known, role in (await self.database.reading()).organisers if known == visitor_id)

    async def all(self) -> Sequence[Organiser]:
        return list((await self.database.reading()).organisers.values())

    async def grant(self, organiser: Organiser) -> None:
        async with self.database.writing() as tables:
            tables.organisers.setdefault((organiser.visitor_id, organiser.role), organiser)

    async def revoke(self, visitor_id: VisitorId, role: Role) -> bool:
        async with self.database.writing() as tables:
            return tables.organisers.pop((visitor_id, role), None) is not None

    async def invite(self, invitation: Invitation) -> None:
        async with self.database.writing() as tables:
            tables.invitations[invitation.token_hash] = invitation

    async def redeem(
        self, token_hash: str, visitor_id: VisitorId, *, now: datetime, until: datetime
    ) -> Invitation | None:
        async with self.database.writing() as tables:
            invitation = tables.invitations.get(token_hash)
            if invitation is None or invitation.used_by is not None or invitation.expires_at <= now:
                return None
            tables.invitations[token_hash] = used = replace(invitation, used_by=visitor_id, expires_at=until)
            return used

    async def invitation(self, token_hash: str) -> Invitation | None:
        return (await self.database.reading()).invitations.get(token_hash)

    async def decide(self, token_hash: str, *, now: datetime) -> Invitation | None:
        async with self.database.writing() as tables:
            invitation = tables.invitations.get(token_hash)
            if invitation is None or invitation.used_by is None or invitation.expires_at <= now:
                return None
            if invitation.decided_at is not None:
                return None
            tables.invitations[token_hash] = decided = replace(invitation, decided_at=now)
            return decided


@dataclass
class FakeTurn:
    """Implements `bot.announcements.ports.SendSlot`; `busy` names chats that must wait, and how long."""

    announcement_sender: FakeCourier
    busy: Mapping[ChatId, float] = field(default_factory=dict)
    given_back: int = 0

    def seat(self, chat_id: ChatId) -> float:
        return self.busy.get(chat_id, 0.0)

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        return await self.announcement_sender.deliver(outgoing)

    def give_back(self) -> None:
        self.given_back += 1


@dataclass
class FakeCourier:
    """Implements `bot.announcements.ports.AnnouncementSender`: notes what it was given and answers as `answer` says."""

    answer: Callable[[OutgoingMessage], Receipt] | None = None
    parcels: list[OutgoingMessage] = field(default_factory=list)
    edits: list[tuple[OutgoingMessage, int]] = field(default_factory=list)
    deletions: list[tuple[ChatId, int]] = field(default_factory=list)
    correction_receipt: Receipt = DONE
    in_flight: int = 0
    most_in_flight: int = 0
    takes_s: float = 0.0
    leave: Callable[[int], Awaitable[Leave]] | None = None
    """Who may send, of so many who ask; None: all, at once."""

    async def turns(self, *, limit: int, is_paid: bool) -> Leave:
        return Leave([FakeTurn(self)] * limit) if self.leave is None else await self.leave(limit)

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.takes_s)
        finally:
            self.in_flight -= 1
        self.parcels.append(outgoing)
        if self.answer is not None:
            return self.answer(outgoing)
        return Receipt(fate=SendOutcome.SENT, message_id=len(self.parcels))

    async def edit(self, outgoing: OutgoingMessage, message_id: int) -> Receipt:
        self.edits.append((outgoing, message_id))
        return self.correction_receipt

    async def delete(self, chat_id: ChatId, message_id: int) -> Receipt:
        self.deletions.append((chat_id, message_id))
        return self.correction_receipt

    @property
    def chats(self) -> list[ChatId]:
        """Who got something, in the order in which it went."""
        return [outgoing.chat_id for outgoing in self.parcels]


class FakeComposer:
    """Implements `bot.announcements.ports.Composer`: a text of more than 4,096 characters is too long."""

    def check(
        self, text: str, *, locale: Locale, moments: Mapping[str, datetime], attachment: Attachment | None
    ) -> str:
        limit = 4096 if attachment is None else 1024
        return f"{len(text)} characters, at most {limit}" if len(text) > limit else ""

    def check_button(self, label: str, url: str) -> str:
        return "" if len(label) <= 64 else "the label is too long"


@dataclass
class ToldOrganisers:
    """Is a `bot.announcements.ports.Notify` that notes what organisers were told."""

    told: list[tuple[frozenset[Role], OrganiserEvent]] = field(default_factory=list)

    async def __call__(self, roles: frozenset[Role], event: OrganiserEvent) -> None:
        self.told.append((roles, event))

    @property
    def events(self) -> list[str]:
        """The names of the events, in order."""
        return [event.name for _, event in self.told]


@dataclass
class FakeParts:
    """Every fake over one database."""

    database: FakeDatabase = field(default_factory=FakeDatabase)
    announcement_sender: FakeCourier = field(default_factory=FakeCourier)
    composer: FakeComposer = field(default_factory=FakeComposer)
    tell: ToldOrganisers = field(default_factory=ToldOrganisers)

    def __post_init__(self) -> None:
        self.announcements = FakeAnnouncementStore(self.database)
        self.subscriptions = FakeSubscriptionStore(self.database)
        self.subscribers = FakeSubscribers(self.database)
        self.outbox = FakeOutbox(self.database)
        self.corrections = FakeCorrections(self.database)
        self.requests = FakeRequests(self.database)
        self.lease = FakeLease(self.database)
        self.guard = FakeRestoreGuard(self.database)
        self.audit = FakeAuditLog(self.database)
        self.organisers = FakeOrganiserStore(self.database)

    async def subscribe(self, chat_ids: Iterable[int], *, locale: Locale = Locale.EN, **fields: object) -> None:
        """Let chats agree to every topic."""
        async with self.database.writing() as tables:
            for chat_id in chat_ids:
                agreed = Subscription(
                    chat_id=ChatId(chat_id), agreed_at=LONG_AGO, topics=frozenset(NewsTopic), locale=locale
                )
                _subscribe(tables, replace(agreed, **fields))  # type: ignore[arg-type]  # fields of a Subscription


def _subscribe(tables: Tables, subscription: Subscription) -> None:
    known = tables.subscriptions.get(subscription.chat_id)
    if subscription.agreed_at is not None and (known is None or known.agreed_at is None):
        tables.joins += 1
        tables.joined[subscription.chat_id] = tables.joins
    tables.subscriptions[subscription.chat_id] = subscription


def _unsubscribe(tables: Tables, chat_id: ChatId) -> None:
    if chat_id in tables.subscriptions:
        tables.subscriptions[chat_id] = replace(
            tables.subscriptions[chat_id], agreed_at=None, asked_at=None, topics=frozenset()
        )


def _is_in(tables: Tables, audience: Audience, subscription: Subscription, topic: NewsTopic) -> bool:
    if subscription.agreed_at is None or topic not in subscription.topics:
        return False
    if subscription.chat_id in audience.without:
        return False
    if subscription.chat_id in audience.chats:
        return True
    roles = {role for visitor_id, role in tables.organisers if visitor_id == subscription.chat_id}
    return (
        (not audience.locales or _recipient(subscription).locale in audience.locales)
        and (not audience.topics or bool(audience.topics & subscription.topics))
        and (not audience.countries or subscription.country in audience.countries)
        and (not audience.roles or bool(audience.roles & roles))
    )


def _recipient(subscription: Subscription) -> Recipient:
    return Recipient(
        chat_id=subscription.chat_id,
        locale=subscription.locale or Locale.EN,
        zone=subscription.zone or "Asia/Shanghai",
        quiet_from=subscription.quiet_from,
        quiet_until=subscription.quiet_until,
    )


def _replace_row(tables: Tables, row: Delivery, may: Callable[[Delivery], bool]) -> bool:
    rows = tables.deliveries.get(row.occurrence_id, {})
    stored = rows.get(row.chat_id)
    if stored is None or not may(stored):
        return False
    rows[row.chat_id] = row
    return True


def _without_bytes(announcement: Announcement) -> Announcement:
    attachment = announcement.content.attachment
    if attachment is None:
        return announcement
    return replace(announcement, content=replace(announcement.content, attachment=replace(attachment, content=b"")))
