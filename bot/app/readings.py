"""How the bot stands, read when somebody scrapes: what no event tells."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from bot.adapters.archive.folder import archives_in
from bot.adapters.database.inbox_reading import longest_wait_s
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.database.outbox_reading import read_outbox
from bot.adapters.database.state_owner import StateOwner
from bot.adapters.system.clock import utc_now
from bot.announcements.model import DeliveryState
from bot.announcements.ports import RestoreGuard
from bot.app.backup import folder_of
from bot.app.core import Core
from bot.chat.wire.seeing import HealthCheck, PaceReading
from bot.chat.wire.webhook import is_ready
from bot.chat_state.ports import Inbox
from bot.errors import NothingPublishedError
from bot.observing import Condition

if TYPE_CHECKING:
    from bot.adapters.observing.metrics import Metrics

_log = structlog.get_logger(__name__)

_READ_AGAIN_S = 5.0
"""A page that is asked for more often shows what was read before: Prometheus asks each 15 s, and nobody else shall be
able to keep the database busy. By reasoning."""
_LONGEST_S = 5.0
"""How long all readings may take; then the page shows the old ones. Prometheus waits 10 s. By reasoning."""


class Readings:
    """Makes the page of metrics (`bot.chat.wire.seeing.Scrape`)."""

    def __init__(
        self,
        metrics: Metrics,
        core: Core,
        inbox: Inbox,
        guard: RestoreGuard,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._metrics, self._core, self._inbox, self._guard = metrics, core, inbox, guard
        self._manifest = SqlManifestStore(core.database)
        self._now = now
        self._read_at = float("-inf")
        self._under_way: dict[str, asyncio.Task[None]] = {}
        """The last of each reading: one that hangs holds up none of the others."""
        self._components: set[str] = set()

    async def page(self, health: HealthCheck, pace: Callable[[], PaceReading]) -> bytes:
        """The page; what can't be read at present stays as it was."""
        if time.monotonic() - self._read_at >= _READ_AGAIN_S:
            self._read_at = time.monotonic()
            self._begin(health)
        # Not cut short: a query that is cancelled while it connects leaves its connection open.
        _, late = await asyncio.wait(self._under_way.values(), timeout=_LONGEST_S)
        if late:
            names = [name for name, reading in self._under_way.items() if reading in late]
            _log.warning("metrics_read_in_part", after_s=_LONGEST_S, not_read=names)
        self._show_pace(pace())
        return self._metrics.page()

    def _begin(self, health: HealthCheck) -> None:
        """Read everything again, but what is still being read."""
        readings: dict[str, Callable[[], Awaitable[None]]] = {
            "health": lambda: self._health(health),
            "database": self._database,
            "updates": self._updates,
            "outbox": self._outbox,
            "index": self._index,
            "model": self._model,
            "restore": self._restore,
            "disk": self._disk,
            "backup": self._backup,
        }
        for name, read in readings.items():
            if name not in self._under_way or self._under_way[name].done():
                self._under_way[name] = asyncio.create_task(_as_far_as_possible(read))

    async def _health(self, health: HealthCheck) -> None:
        components = dict(await health())
        for gone in self._components - components.keys():  # what a leader alone does, say: it leads no more
            self._metrics.forget(Condition.COMPONENT_OK, component=gone)
        self._components = set(components)
        self._metrics.show(Condition.READY, is_ready(components))
        for name, state in components.items():
            self._metrics.show(Condition.COMPONENT_OK, state == "ok", component=name)

    async def _database(self) -> None:
        began = time.perf_counter()
        await self._core.database.ping()
        self._metrics.show(Condition.DATABASE_ANSWER, time.perf_counter() - began)

    async def _updates(self) -> None:
        self._metrics.show(Condition.UPDATES_WAITING, await self._inbox.count_pending())
        waits_s = await longest_wait_s(self._core.database, now=self._now())
        self._metrics.show(Condition.UPDATES_OLDEST, waits_s)

    async def _outbox(self) -> None:
        found = await read_outbox(self._core.database, now=self._now())
        for state in DeliveryState:
            self._metrics.show(Condition.DELIVERIES, found.counts.get(state, 0), state=state)
        self._metrics.show(Condition.OVERDUE, found.overdue_s)

    async def _index(self) -> None:
        published = await self._manifest.published()
        if published is not None:
            self._metrics.show(Condition.INDEX_CHUNKS, published.chunks)
            self._metrics.show(Condition.INDEX_PENDING, published.pending)
            if published.published_at is not None:
                self._metrics.show(Condition.INDEX_PUBLISHED, published.published_at.astimezone(UTC).timestamp())
        try:
            retriever = self._core.index.current()
        except NothingPublishedError:
            return
        self._metrics.show(Condition.INDEX_GENERATION, retriever.knowledge.version)
        self._metrics.show(Condition.INDEX_SECTIONS, len(retriever.knowledge.keys()))
        self._metrics.show(Condition.INDEX_BY_STORE, retriever.is_nominated)

    async def _model(self) -> None:
        writer, settings = self._core.writer, self._core.settings.model
        if writer is None:
            return
        today = await writer.ledger.spent_on(self._now())
        self._metrics.show(Condition.MODEL_TOKENS_TODAY, today.prompt_tokens, direction="prompt")
        self._metrics.show(Condition.MODEL_TOKENS_TODAY, today.completion_tokens, direction="completion")
        self._metrics.show(Condition.MODEL_TOKENS_SPENT, today.tokens)
        self._metrics.show(Condition.MODEL_TOKENS_ALLOWED, settings.tokens_per_day)
        self._metrics.show(Condition.MODEL_COST_TODAY, writer.cost_of(today, settings))

    async def _restore(self) -> None:
        self._metrics.show(Condition.RESTORE_PENDING, await self._guard.was_restored())

    async def _disk(self) -> None:
        usage = await asyncio.to_thread(shutil.disk_usage, self._core.settings.store.data)
        self._metrics.show(Condition.DISK_FREE, usage.free)
        self._metrics.show(Condition.DISK_SIZE, usage.total)

    async def _backup(self) -> None:
        """By the folder: another replica, or a command, may have made the last one."""
        owner = await StateOwner(self._core.database).known()
        if owner is not None:
            found = await asyncio.to_thread(
                archives_in, folder_of(self._core.settings), owner.bot_id, until=self._now()
            )
            self._metrics.show(Condition.BACKUP_MADE, found[0].taken_at.timestamp() if found else 0)

    def _show_pace(self, pace: PaceReading) -> None:
        self._metrics.show(Condition.PACE_TAKEN, pace.taken)
        self._metrics.show(Condition.PACE_LIMIT, pace.limit)
        self._metrics.show(Condition.PACE_PAUSE, pace.pause_s)
        for priority, count in (pace.waiting or {}).items():
            self._metrics.show(Condition.PACE_WAITING, count, priority=priority)


async def _as_far_as_possible(read: Callable[[], Awaitable[None]]) -> None:
    try:
        await read()
    except Exception as error:  # noqa: BLE001 - a database that is away: the page is what tells of it
        _log.warning("metric_not_read", error=type(error).__name__)
