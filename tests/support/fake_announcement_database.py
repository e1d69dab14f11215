"""Announcements in memory, with the promises of a real database: transactions that commit whole or not at all, one writer
at a time, readers that see only what is committed. The simulation kills processes on top of it.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    AuditEntry,
    ChangeRequest,
    Correction,
    CorrectionState,
    Delivery,
    Epoch,
    Invitation,
    ListedRecipient,
    Occurrence,
    OccurrenceId,
    Organiser,
    Role,
    TextDraft,
)
from bot.ids import ChatId, Locale, VisitorId
from bot.proposals.model import Proposal, ProposalId
from bot.visitors.model import Subscription

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


NO_EPOCH = Epoch(0)


@dataclass
class Tables:
    """Everything that is stored. Rows are immutable values, so a copy of the dicts is a copy of all."""

    announcements: dict[AnnouncementId, Announcement] = field(default_factory=dict)
    request_keys: dict[str, AnnouncementId] = field(default_factory=dict)
    subscriptions: dict[ChatId, Subscription] = field(default_factory=dict)
    joined: dict[ChatId, int] = field(default_factory=dict)
    joins: int = 0
    recipients: dict[tuple[AnnouncementId, ChatId], ListedRecipient] = field(default_factory=dict)
    gone: set[ChatId] = field(default_factory=set)
    occurrences: dict[OccurrenceId, Occurrence] = field(default_factory=dict)
    deliveries: dict[OccurrenceId, dict[ChatId, Delivery]] = field(default_factory=dict)
    corrections: dict[str, Correction] = field(default_factory=dict)
    correction_rows: dict[tuple[str, ChatId], CorrectionState] = field(default_factory=dict)
    requests: dict[str, ChangeRequest] = field(default_factory=dict)
    text_drafts: dict[tuple[AnnouncementId, Locale], TextDraft] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    organisers: dict[tuple[VisitorId, Role], Organiser] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    proposals: dict[ProposalId, Proposal] = field(default_factory=dict)
    proposal_news: dict[ProposalId, str] = field(default_factory=dict)
    epoch: Epoch = NO_EPOCH
    lease_holder: str = ""
    lease_until: datetime = LONG_AGO

    def copied(self) -> Tables:
        """The same rows, to be changed apart."""
        own = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, dict | list | set):
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
