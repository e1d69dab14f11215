"""The composition root's second half: announcements, from the stores to the tasks that plan and send.

The wiring (`joined`, `planner_of`, `dispatcher_of`, `announcement_context_of`) knows the stores by their ports: tests
give it stores in memory and a clock of their own. `announcing` gives it what a running bot has.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.adapters.announcements.command_spool import CommandSpool
from bot.adapters.announcements.files import read_single, read_standing
from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.audit_store import SqlAuditLog
from bot.adapters.database.connection import Database
from bot.adapters.database.correction_store import SqlCorrections
from bot.adapters.database.dialogue_store import SqlDialogueStore
from bot.adapters.database.organiser_store import SqlOrganiserStore
from bot.adapters.database.request_store import SqlRequests
from bot.adapters.database.restore_guard import FileRestoreGuard
from bot.adapters.database.subscription_store import SqlSubscribers, SqlSubscriptionStore
from bot.adapters.database.text_draft_store import SqlTextDrafts
from bot.adapters.system.clock import Clock, stopwatch, utc_now
from bot.announcements.actions import AnnouncementPorts, new_announcement_id
from bot.announcements.change_requests import ChangeRequests
from bot.announcements.commands import AnnouncementCommands, CommandParts
from bot.announcements.corrections import Corrector, CorrectorParts
from bot.announcements.crash_points import Probe, no_probe
from bot.announcements.dispatcher import DeliveryDispatcher
from bot.announcements.lifecycle import Lifecycle
from bot.announcements.notifier import Notifier
from bot.announcements.organisers import Organisers
from bot.announcements.planner import Planner, PlannerParts, PlanningRules
from bot.announcements.ports import (
    AnnouncementSender,
    AnnouncementStore,
    AuditLog,
    Composer,
    Corrections,
    Lease,
    OrganiserStore,
    Outbox,
    Requests,
    RestoreGuard,
    Subscribers,
)
from bot.announcements.restore_watch import RestoreWatch
from bot.announcements.session import DeliveryRules, DispatcherParts
from bot.announcements.standing import StandingAnnouncements, StandingParts, refuse_wrong
from bot.announcements.text_draft_ports import TextDrafts
from bot.announcements.text_drafting import TextDrafting
from bot.announcements.workflow import ApprovalWorkflow
from bot.app.observed import ObservedLease, ObservedOutbox
from bot.chat.announcement_context import AnnouncementContext
from bot.chat.organisers.reports import OccurrenceReports
from bot.chat.wire.composer import HtmlComposer
from bot.chat_state.ports import DialogueStore
from bot.ids import VisitorId
from bot.observing import NOBODY, Observer
from bot.settings import DeliverySettings, Settings
from bot.transaction import Transaction
from bot.visitors.ports import SubscriptionStore

_log = structlog.get_logger(__name__)

_TICK = timedelta(seconds=1)
"""How often it is looked for what is due and ordered: announcements are scheduled by the minute. By reasoning."""
_STAR_PRICE = 0.1
"""Of one message of the paid broadcast, in Telegram Stars (https://core.telegram.org/bots/api#sendmessage)."""
_AFTER_A_CRASH_S = 5.0
"""Before a dispatcher that broke is started again: time for a database to come back. By reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementStores:
    """Where announcements, and who may do what with them, are kept; all of them share the transactions."""

    announcements: AnnouncementStore
    subscribers: Subscribers
    subscriptions: SubscriptionStore
    outbox: Outbox
    corrections: Corrections
    requests: Requests
    organisers: OrganiserStore
    audit: AuditLog
    dialogues: DialogueStore
    lease: Lease
    guard: RestoreGuard
    text_drafts: TextDrafts
    transaction: Transaction
    prompt_transaction: Transaction
    """For planning and sending, which may not stand in line for long."""


def sql_stores(database: Database, data: Path, observer: Observer = NOBODY) -> AnnouncementStores:
    """The stores of a running bot; the guard against restores has its mark in the data folder."""
    return AnnouncementStores(
        announcements=SqlAnnouncementStore(database),
        subscribers=SqlSubscribers(database),
        subscriptions=SqlSubscriptionStore(database),
        outbox=ObservedOutbox(database, observer),
        corrections=SqlCorrections(database),
        requests=SqlRequests(database),
        organisers=SqlOrganiserStore(database),
        audit=SqlAuditLog(database),
        dialogues=SqlDialogueStore(database),
        lease=ObservedLease(database, observer, is_elected=True),
        guard=FileRestoreGuard(database, data),
        text_drafts=SqlTextDrafts(database),
        transaction=database.transaction,
        prompt_transaction=database.prompt_transaction,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAndIds:
    """What differs from run to run: the time, and the ids that are drawn."""

    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = stopwatch
    new_announcement_id: Callable[[], str] = new_announcement_id
    new_request_id: Callable[[], str] = new_announcement_id
    new_correction_id: Callable[[], str] = lambda: secrets.token_hex(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcing:
    """Stores and services over them; nothing here runs by itself."""

    stores: AnnouncementStores
    clock_and_ids: ClockAndIds
    composer: Composer
    notifier: Notifier
    watch: RestoreWatch
    workflow: ApprovalWorkflow
    lifecycle: Lifecycle
    change_requests: ChangeRequests
    organisers: Organisers
    text_drafting: TextDrafting
    states: dict[str, Callable[[], str]] = field(default_factory=dict)
    """What the health route says of the parts that run: `ok`, or what is wrong."""

    def commands(
        self, announcement_sender: AnnouncementSender | None, *, has_model: bool = False
    ) -> AnnouncementCommands:
        """Carries out what `scoda announce` orders."""
        return AnnouncementCommands(
            CommandParts(
                workflow=self.workflow,
                lifecycle=self.lifecycle,
                change_requests=self.change_requests,
                organisers=self.organisers,
                text_drafting=self.text_drafting,
                audit=self.stores.audit,
                read_single=read_single,
                announcement_sender=announcement_sender,
                now=self.clock_and_ids.now,
                has_model=has_model,
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
            announcements=self.stores.announcements,
            outbox=self.stores.outbox,
            audit=self.stores.audit,
            transaction=self.stores.transaction,
        )
        await StandingAnnouncements(parts, file).settle(standing, now=now)
        await self.watch.mark(now=now)


def announcing(database: Database, data: Path, observer: Observer = NOBODY) -> Announcing:
    """Join stores and services over one database."""
    return joined(sql_stores(database, data, observer))


def joined(
    stores: AnnouncementStores, *, composer: Composer | None = None, clock_and_ids: ClockAndIds | None = None
) -> Announcing:
    """Join services over these stores. Without a composer HTML for Telegram is written."""
    notifier, composer, clock_and_ids = Notifier(), composer or HtmlComposer(), clock_and_ids or ClockAndIds()
    ports = AnnouncementPorts(
        announcements=stores.announcements,
        subscribers=stores.subscribers,
        outbox=stores.outbox,
        corrections=stores.corrections,
        requests=stores.requests,
        organisers=stores.organisers,
        audit=stores.audit,
        guard=stores.guard,
        composer=composer,
        notify=notifier,
        text_drafts=stores.text_drafts,
        transaction=stores.transaction,
        new_id=clock_and_ids.new_announcement_id,
    )
    return Announcing(
        stores=stores,
        clock_and_ids=clock_and_ids,
        composer=composer,
        notifier=notifier,
        watch=RestoreWatch(stores.guard, stores.outbox, notifier),
        workflow=ApprovalWorkflow(ports),
        lifecycle=Lifecycle(ports, new_correction_id=clock_and_ids.new_correction_id),
        change_requests=ChangeRequests(
            ports, new_request_id=clock_and_ids.new_request_id, new_correction_id=clock_and_ids.new_correction_id
        ),
        organisers=Organisers(stores.organisers, stores.audit, stores.transaction),
        text_drafting=TextDrafting(ports),
    )


def announcement_context_of(parts: Announcing, settings: Settings, *, has_model: bool = False) -> AnnouncementContext:
    """What the chat's handlers work with."""
    return AnnouncementContext(
        workflow=parts.workflow,
        lifecycle=parts.lifecycle,
        change_requests=parts.change_requests,
        organisers=parts.organisers,
        announcements=parts.stores.announcements,
        outbox=parts.stores.outbox,
        corrections=parts.stores.corrections,
        audit=parts.stores.audit,
        reports=OccurrenceReports(parts.stores.outbox),
        subscriptions=parts.stores.subscriptions,
        dialogues=parts.stores.dialogues,
        notifier=parts.notifier,
        text_drafting=parts.text_drafting,
        has_model=has_model,
        asks_for_consent=settings.announcements.ask_visitors,
        typed_confirmation_above=settings.announcements.typed_confirmation_above,
        star_price=_STAR_PRICE if settings.delivery.paid_messages else 0.0,
    )


def planning_rules(delivery: DeliverySettings) -> PlanningRules:
    """The planner's rules by the settings."""
    return PlanningRules(tolerance=timedelta(minutes=delivery.late_after_minutes))


def delivery_rules(delivery: DeliverySettings) -> DeliveryRules:
    """The dispatcher's rules by the settings."""
    return DeliveryRules(
        in_flight=delivery.in_flight,
        lease_s=delivery.lease_s,
        longest_pause_s=delivery.longest_pause_s,
        alike_limit=delivery.alike_limit,
    )


def planner_of(parts: Announcing, rules: PlanningRules, *, probe: Probe = no_probe) -> Planner:
    """What makes deliveries of announcements that are due."""
    return Planner(
        PlannerParts(
            announcements=parts.stores.announcements,
            subscribers=parts.stores.subscribers,
            outbox=parts.stores.outbox,
            watch=parts.watch,
            notify=parts.notifier,
            transaction=parts.stores.prompt_transaction,
            monotonic=parts.clock_and_ids.monotonic,
        ),
        rules,
        probe=probe,
    )


def dispatcher_of(
    parts: Announcing,
    announcement_sender: AnnouncementSender,
    rules: DeliveryRules,
    *,
    holder: str = "",
    probe: Probe = no_probe,
) -> DeliveryDispatcher:
    """What sends the deliveries. `holder` is whose the lease is: by default this process of this machine."""
    corrector = Corrector(
        CorrectorParts(
            announcements=parts.stores.announcements,
            outbox=parts.stores.outbox,
            corrections=parts.stores.corrections,
            announcement_sender=announcement_sender,
            notify=parts.notifier,
        )
    )
    return DeliveryDispatcher(
        DispatcherParts(
            announcements=parts.stores.announcements,
            subscribers=parts.stores.subscribers,
            outbox=parts.stores.outbox,
            lease=parts.stores.lease,
            announcement_sender=announcement_sender,
            corrector=corrector,
            watch=parts.watch,
            notify=parts.notifier,
            transaction=parts.stores.prompt_transaction,
            clock=parts.clock_and_ids.now,
            monotonic=parts.clock_and_ids.monotonic,
        ),
        rules,
        holder=holder or f"{socket.gethostname()} {os.getpid()}",
        probe=probe,
    )


class Broadcasting:
    """Planner, dispatcher and the orders of `scoda announce`, at work until `leave`."""

    def __init__(self, parts: Announcing, announcement_sender: AnnouncementSender, settings: Settings) -> None:
        self._planner = planner_of(parts, planning_rules(settings.delivery))
        self._dispatcher = dispatcher_of(parts, announcement_sender, delivery_rules(settings.delivery))
        self._commands = parts.commands(announcement_sender, has_model=settings.model.provider != "none")
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

    async def finish(self, running: asyncio.Task[None], within_s: float) -> None:
        """Leave, and wait at most `within_s` until what is in flight is stored; calls cut short are in doubt."""
        self.leave()
        if self._has_begun:
            _, late = await asyncio.wait({running}, timeout=within_s)
            if late:
                _log.error("dispatcher_cut_short")
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
