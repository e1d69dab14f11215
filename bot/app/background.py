"""What goes on beside the chat: the knowledge is kept read, outdated rows are deleted, the cost is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.adapters.knowledge.folder_watch import FolderWatch
from bot.adapters.system.clock import Clock
from bot.app.core import Core
from bot.app.drafting import DraftsOfChanges
from bot.app.gaps import GapOrders, gap_desk_of, gap_spool_of
from bot.app.office_folder import OfficeFolder
from bot.app.versions import KnowledgeOrders
from bot.app.visitors import retention_of, visitor_store_of
from bot.backoff import Backoff
from bot.gaps.keeper import GapKeeper
from bot.ingestion.model import SyncReport
from bot.ingestion.progress import ProgressCallback
from bot.relay.courier import RelayCourier
from bot.reminding.reminders import Reminders
from bot.settings import Settings

_log = structlog.get_logger(__name__)

_SWEEP_EVERY = timedelta(hours=1)
"""Terms are counted in days: an hour more is nothing. The cost of the model is logged as often."""
_ORDERS_EVERY = timedelta(seconds=1)
"""How soon an order of `scoda knowledge` is taken up; chosen: it costs a look at an empty folder."""
_LOOK_AGAIN = Backoff(first_s=15.0, longest_s=120.0)
"""How soon a vector store is written again that a server has lost, or that could not be: by reasoning."""
_REMIND_EVERY = timedelta(minutes=15)
"""How soon who could not be reached is tried again; there is one round a day (chosen)."""
_FOLLOW_EVERY = timedelta(seconds=5)
"""How soon what is announced can be asked for, or no longer; chosen: it costs one short query."""
_GAPS_EVERY = timedelta(seconds=10)
"""How soon staff see what was lost and visitors hear of an answer; chosen: short queries where nothing is new."""
_STORE_EVERY = timedelta(seconds=1)
"""How soon a vector store that is there again is asked again; chosen: where one is asked it costs nothing."""
_RELAY_EVERY = timedelta(seconds=1)
"""How soon what people write to each other goes on; chosen: short queries where nobody writes."""
_ORDERS_EVERY = timedelta(seconds=1)
"""Somebody waits at a terminal; by reasoning: it costs a look into a folder."""


async def keep_read(core: Core, progress: ProgressCallback | None, office: OfficeFolder | None = None) -> None:
    """Read the knowledge in, behind the chat, and from then on whatever changes of it; `office` sees office files."""
    drafts = DraftsOfChanges(core)

    async def settled(unsettled: frozenset[str], signature: str) -> None:
        if unsettled or not await core.is_current(signature):
            _log_report(await core.sync(unsettled=unsettled))
            drafts.follow()

    async def begin() -> None:
        try:
            report = await core.make_answerable(progress=progress)
        except Exception as error:  # noqa: BLE001 - a full disk, say: the watch tries again
            _log.error("knowledge_sync_failed", reason=f"{type(error).__name__}: {error}")
            return
        if report is not None:
            _log_report(report)
        core.has_published.set()  # its store may have been left out when its writer ended

    knowledge = core.settings.knowledge
    watch = FolderWatch(
        knowledge.folder,
        settled,
        settle_s=knowledge.settle_s,
        rescan_s=knowledge.rescan_s,
        on_look=office.notice if office is not None else None,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(core.warm())
        group.create_task(_keep_stored(core, progress))
        await begin()
        group.create_task(drafts.keep_drafting())
        group.create_task(watch.run())
        if office is not None:
            group.create_task(office.run())


async def _keep_stored(core: Core, progress: ProgressCallback | None) -> None:
    """Write the vector store of each version, one at a time: answers do not wait for it."""
    told, failures, look_again_s = "", 0, None
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(core.has_published.wait(), look_again_s)
        core.has_published.clear()
        reason = ""
        try:
            await core.write_store(progress=progress)
        except Exception as error:  # noqa: BLE001 - a full disk, say: answers go on without a store
            reason = f"{type(error).__name__}: {error}"
            if reason != told:
                _log.error("vector_store_not_written", reason=reason)
        told, failures = reason, failures + 1 if reason else 0
        is_looked_at = failures or core.settings.store.chroma_url
        look_again_s = _LOOK_AGAIN.pause_s(max(failures - 1, 0)) if is_looked_at else None


def schedule(clock: Clock, core: Core, settings: Settings, keeper: GapKeeper, *, given: asyncio.Event) -> None:
    """Give the clock what is done over and over: sweep, follow the announcements, look after gaps, log the cost.

    Gaps, whose visitors hear of answers, wait until the word that the state may send is `given`.
    """
    visitors, terms = visitor_store_of(core), retention_of(settings)

    async def sweep(now: datetime) -> None:
        if removed := await visitors.sweep(terms, now=now):
            _log.info("outdated_rows_deleted", rows=removed)

    async def look_for_store(_now: datetime) -> None:
        await core.index.look_for_store()

    async def look_after_gaps(now: datetime) -> None:
        await given.wait()
        await keeper.turn(now)

    clock.every(_SWEEP_EVERY, "sweep", sweep)
    clock.every(_FOLLOW_EVERY, "follow_announcements", AnnouncementFollower(core).follow, finishes=False)
    clock.every(_STORE_EVERY, "vector_store", look_for_store, finishes=False)
    clock.every(_GAPS_EVERY, "gaps", look_after_gaps)
    clock.every(_ORDERS_EVERY, "gap_orders", _gap_orders(core))
    orders = KnowledgeOrders(core)
    orders.recover()
    clock.every(_ORDERS_EVERY, "knowledge_orders", orders.serve, finishes=False)
    if core.writer is not None:
        clock.every(_SWEEP_EVERY, "model_use", partial(core.writer.log_use, settings))


def _gap_orders(core: Core) -> Callable[[datetime], Awaitable[None]]:
    spool = gap_spool_of(core.settings.store.data)
    orders = GapOrders(gap_desk_of(core.database, core.settings))
    spool.recover()

    async def serve(_now: datetime) -> None:
        await spool.serve(orders.execute)

    return serve


def schedule_reminders(clock: Clock, reminders: Reminders, started: asyncio.Event) -> None:
    """Remind whoever answers for facts that end, once the chat has started."""

    async def remind(now: datetime) -> None:
        await started.wait()
        await reminders.remind(now)

    clock.every(_REMIND_EVERY, "reminders", remind)


def schedule_relay(clock: Clock, courier: RelayCourier, started: asyncio.Event) -> None:
    """Carry what visitors and staff write to each other, once the chat has started."""

    async def carry(now: datetime) -> None:
        await started.wait()
        await courier.turn(now)

    clock.every(_RELAY_EVERY, "relay", carry)


class AnnouncementFollower:
    """Reads in again whenever what is announced has changed."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._read = ""

    async def follow(self, now: datetime) -> None:
        """Synchronise if anything changed; while that goes on already, at the next call."""
        announced = await self._core.announced.fingerprint(now)
        if announced != self._read and not self._core.ingestion.is_busy:
            _log_report(await self._core.sync())
            self._read = announced


def _log_report(report: SyncReport) -> None:
    for fault in report.faults:
        _log.warning("knowledge_file_broken", file=fault.path, line=fault.line, reason=fault.reason)
    if report.published is not None:
        _log.info(
            "knowledge_published",
            generation=report.published.number,
            documents=report.documents,
            chunks=report.chunks,
            embedded=report.embedded,
            took_s=round(report.took_s, 2),
        )
