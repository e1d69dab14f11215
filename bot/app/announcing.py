"""The composition root's second half: announcements, from the stores to the tasks that plan and send."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.adapters.announcements.command_spool import CommandSpool
from bot.adapters.announcements.files import read_single, read_standing
from bot.adapters.clock import Clock, stopwatch, utc_now
from bot.adapters.database.announced_store import SqlAnnounced
from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.audit_store import SqlAuditLog
from bot.adapters.database.connection import Database
from bot.adapters.database.correction_store import SqlCorrections
from bot.adapters.database.dialogue_store import SqlDialogueStore
from bot.adapters.database.lease_store import SqlLease
from bot.adapters.database.organiser_store import SqlOrganiserStore
from bot.adapters.database.outbox_store import SqlOutbox
from bot.adapters.database.request_store import SqlRequests
from bot.adapters.database.restore_guard import FileRestoreGuard
from bot.adapters.database.subscription_store import SqlSubscribers, SqlSubscriptionStore
from bot.announcements.actions import AnnouncementPorts
from bot.announcements.change_requests import ChangeRequests
from bot.announcements.commands import AnnouncementCommands, CommandParts
from bot.announcements.corrections import Corrector, CorrectorParts
from bot.announcements.crash_points import Probe, no_probe
from bot.announcements.dispatcher import DeliveryDispatcher
from bot.announcements.lifecycle import Lifecycle
from bot.announcements.notifier import Notifier
from bot.announcements.organisers import Organisers
from bot.announcements.planner import Planner, PlannerParts, PlanningRules
from bot.announcements.ports import AnnouncementSender, Composer
from bot.announcements.restore_watch import RestoreWatch
from bot.announcements.session import DeliveryRules, DispatcherParts
from bot.announcements.standing import StandingAnnouncements, StandingParts, refuse_wrong
from bot.announcements.workflow import ApprovalWorkflow
from bot.chat.announcement_context import AnnouncementContext
from bot.chat.organisers.reports import OccurrenceReports
from bot.chat.wire.composer import HtmlComposer
from bot.ids import VisitorId
from bot.settings import DeliverySettings, Settings

_log = structlog.get_logger(__name__)

_TICK = timedelta(seconds=1)
"""How often it is looked for what is due and ordered: announcements are scheduled by the minute. By reasoning."""
_STAR_PRICE = 0.1
"""Of one message of the paid broadcast, in Telegram Stars (https://core.telegram.org/bots/api#sendmessage)."""
_AFTER_A_CRASH_S = 5.0
"""Before a dispatcher that broke is started again: time for a database to come back. By reasoning."""
_LEAVING_S = 15.0
"""More than any call to Telegram takes that is in flight, less than what a stop may take in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcing:
    """Stores and services over one database; nothing here runs by itself."""

    announcements: SqlAnnouncementStore
    subscribers: SqlSubscribers
    subscriptions: SqlSubscriptionStore
    outbox: SqlOutbox
    corrections: SqlCorrections
    organiser_store: SqlOrganiserStore
    audit: SqlAuditLog
    dialogues: SqlDialogueStore
    lease: SqlLease
    announced: SqlAnnounced
    composer: Composer
    notifier: Notifier
    guard: FileRestoreGuard
    watch: RestoreWatch
    workflow: ApprovalWorkflow
    lifecycle: Lifecycle
    change_requests: ChangeRequests
    organisers: Organisers
    database: Database
    states: dict[str, Callable[[], str]] = field(default_factory=dict)
    """What the health route says of the parts that run: `ok`, or what is wrong."""

    def commands(self, announcement_sender: AnnouncementSender | None) -> AnnouncementCommands:
        """Carries out what `scoda announce` orders."""
        return AnnouncementCommands(
            CommandParts(
                workflow=self.workflow,
                lifecycle=self.lifecycle,
                change_requests=self.change_requests,
                organisers=self.organisers,
                audit=self.audit,
                read_single=read_single,
                announcement_sender=announcement_sender,
                now=utc_now,
            )
        )

    async def appoint(self, settings: Settings, *, now: datetime) -> None:
        """Make the owners of the settings owners; twice changes nothing."""
        await self.organisers.appoint([VisitorId(owner) for owner in settings.organisers.owners], now=now)

    async def begin(self, settings: Settings, *, now: datetime) -> None:
        """What is done once at each start: the owners, the announcements of the file, and how far the database is.

        Raises:
            SettingsError: the file of announcements is wrong; the message names each line.
        """
        file = settings.announcements.file
        found = read_standing(file)
        standing = found.require_good()
        refuse_wrong(file, standing, self.composer, line_of=found.line_of, now=now)
        await self.appoint(settings, now=now)
        parts = StandingParts(
            announcements=self.announcements,
            outbox=self.outbox,
            audit=self.audit,
            transaction=self.database.transaction,
        )
        await StandingAnnouncements(parts, file).settle(standing, now=now)
        await self.watch.mark(now=now)


def announcing(database: Database, data: Path) -> Announcing:
    """Join stores and services."""
    announcements, outbox, corrections = SqlAnnouncementStore(database), SqlOutbox(database), SqlCorrections(database)
    subscribers, audit, store = SqlSubscribers(database), SqlAuditLog(database), SqlOrganiserStore(database)
    notifier, composer, guard = Notifier(), HtmlComposer(), FileRestoreGuard(database, data)
    parts = AnnouncementPorts(
        announcements=announcements,
        subscribers=subscribers,
        outbox=outbox,
        corrections=corrections,
        requests=SqlRequests(database),
        organisers=store,
        audit=audit,
        guard=guard,
        composer=composer,
        notify=notifier,
        transaction=database.transaction,
    )
    return Announcing(
        announcements=announcements,
        subscribers=subscribers,
        subscriptions=SqlSubscriptionStore(database),
        outbox=outbox,
        corrections=corrections,
        organiser_store=store,
        audit=audit,
        dialogues=SqlDialogueStore(database),
        lease=SqlLease(database),
        announced=SqlAnnounced(database),
        composer=composer,
        notifier=notifier,
        guard=guard,
        watch=RestoreWatch(guard, outbox, notifier),
        workflow=ApprovalWorkflow(parts),
        lifecycle=Lifecycle(parts),
        change_requests=ChangeRequests(parts),
        organisers=Organisers(store, audit, database.transaction),
        database=database,
    )


def announcement_context_of(parts: Announcing, settings: Settings) -> AnnouncementContext:
    """What the chat's handlers work with."""
    return AnnouncementContext(
        workflow=parts.workflow,
        lifecycle=parts.lifecycle,
        change_requests=parts.change_requests,
        organisers=parts.organisers,
        announcements=parts.announcements,
        outbox=parts.outbox,
        corrections=parts.corrections,
        audit=parts.audit,
        reports=OccurrenceReports(parts.outbox),
        subscriptions=parts.subscriptions,
        dialogues=parts.dialogues,
        notifier=parts.notifier,
        asks_for_consent=settings.announcements.ask_visitors,
        typed_confirmation_above=settings.announcements.typed_confirmation_above,
        star_price=_STAR_PRICE if settings.delivery.paid_messages else 0.0,
    )


def planner_of(parts: Announcing, delivery: DeliverySettings, *, probe: Probe = no_probe) -> Planner:
    """The planner by the settings."""
    return Planner(
        PlannerParts(
            announcements=parts.announcements,
            subscribers=parts.subscribers,
            outbox=parts.outbox,
            watch=parts.watch,
            notify=parts.notifier,
            transaction=parts.database.prompt_transaction,
            monotonic=stopwatch,
        ),
        PlanningRules(tolerance=timedelta(minutes=delivery.late_after_minutes)),
        probe=probe,
    )


def dispatcher_of(
    parts: Announcing, announcement_sender: AnnouncementSender, delivery: DeliverySettings, *, probe: Probe = no_probe
) -> DeliveryDispatcher:
    """The dispatcher by the settings."""
    corrector = Corrector(
        CorrectorParts(
            announcements=parts.announcements,
            outbox=parts.outbox,
            corrections=parts.corrections,
            announcement_sender=announcement_sender,
            notify=parts.notifier,
        )
    )
    return DeliveryDispatcher(
        DispatcherParts(
            announcements=parts.announcements,
            subscribers=parts.subscribers,
            outbox=parts.outbox,
            lease=parts.lease,
            announcement_sender=announcement_sender,
            corrector=corrector,
            watch=parts.watch,
            notify=parts.notifier,
            transaction=parts.database.prompt_transaction,
            clock=utc_now,
            monotonic=stopwatch,
        ),
        DeliveryRules(
            in_flight=delivery.in_flight,
            lease_s=delivery.lease_s,
            longest_pause_s=delivery.longest_pause_s,
            alike_limit=delivery.alike_limit,
        ),
        holder=f"{socket.gethostname()} {os.getpid()}",
        probe=probe,
    )


class Broadcasting:
    """Planner, dispatcher and the orders of `scoda announce`, at work until `leave`."""

    def __init__(self, parts: Announcing, announcement_sender: AnnouncementSender, settings: Settings) -> None:
        self._planner = planner_of(parts, settings.delivery)
        self._dispatcher = dispatcher_of(parts, announcement_sender, settings.delivery)
        self._commands = parts.commands(announcement_sender)
        self._spool = CommandSpool(settings.store.data)
        self._is_leaving = False
        self._has_begun = False

    @property
    def state(self) -> str:
        """`ok`, or why nothing goes out."""
        return self._dispatcher.trouble or "ok"

    def schedule(self, clock: Clock) -> None:
        """Look each second for what is due and what was ordered."""
        self._spool.recover()
        clock.every(_TICK, "announcements_due", self._plan)
        clock.every(_TICK, "orders", self._serve)

    async def run(self, started: asyncio.Event) -> None:
        """Send what is planned, from `started` until `leave`. Our own errors must not end the answers to visitors."""
        await started.wait()
        self._has_begun = True
        while not self._is_leaving:
            try:
                await self._dispatcher.run()
            except Exception as error:  # noqa: BLE001 - as said
                _log.error("dispatcher_broke", error=type(error).__name__, detail=str(error)[:200])
                if not self._is_leaving:
                    await asyncio.sleep(_AFTER_A_CRASH_S)

    def leave(self) -> None:
        """Claim nothing more and store what is in flight; safe to call twice."""
        self._is_leaving = True
        self._dispatcher.leave()

    async def finish(self, running: asyncio.Task[None]) -> None:
        """Leave, and wait within a limit until what is in flight is stored."""
        self.leave()
        if self._has_begun:
            _, late = await asyncio.wait({running}, timeout=_LEAVING_S)
            if late:
                _log.error("dispatcher_cut_short", after_s=_LEAVING_S)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def _plan(self, now: datetime) -> None:
        while not self._is_leaving and await self._planner.wake(now):
            self._dispatcher.wake()
        self._dispatcher.wake()

    async def _serve(self, _now: datetime) -> None:
        if not self._is_leaving:
            await self._spool.serve(self._commands.execute)
