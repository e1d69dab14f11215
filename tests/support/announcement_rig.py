"""Planner, dispatcher and organisers' commands over fakes and a virtual clock, joined by the program's own wiring."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.announcements.crash_points import Probe, no_probe
from bot.announcements.dispatcher import DeliveryDispatcher
from bot.announcements.drafting import Draft
from bot.announcements.model import (
    Announcement,
    Audience,
    Content,
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceId,
    Organiser,
    Role,
    Schedule,
    Terms,
    Timing,
)
from bot.announcements.planner import PlanningRules
from bot.announcements.session import DeliveryRules
from bot.app.announcing import ClockAndIds, dispatcher_of, joined, planner_of
from bot.ids import Locale, NewsTopic, VisitorId
from tests.support.fake_announcement_database import FakeDatabase, Tables
from tests.support.fake_announcement_sender import FakeAnnouncementSender
from tests.support.fakes_announcements import FakeParts
from tests.support.virtual_time import VirtualClock

START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
AUTHOR = VisitorId(101)
APPROVER = VisitorId(102)
OWNER = VisitorId(103)
STRANGER = VisitorId(999)
TEXTS = {Locale.EN: "The forum starts at ten.", Locale.RU: "Форум начинается в десять."}


class AnnouncementRig:
    """One process. A second one over the same disk is another process."""

    def __init__(
        self,
        *,
        database: FakeDatabase | None = None,
        announcement_sender: FakeAnnouncementSender | None = None,
        clock: VirtualClock | None = None,
        rules: DeliveryRules | None = None,
        planning: PlanningRules | None = None,
        probe: Probe = no_probe,
        holder: str = "one",
    ) -> None:
        self.clock = clock or VirtualClock(START)
        self.parts = parts = FakeParts(database or FakeDatabase(), announcement_sender or FakeAnnouncementSender())
        self.announcement_sender = parts.announcement_sender
        made = count()  # several may be made in one transaction
        clock_and_ids = ClockAndIds(
            now=self.clock.now,
            monotonic=self.clock.monotonic,
            new_announcement_id=lambda: f"made{len(self.tables.announcements):04}",
            new_request_id=lambda: f"request{len(self.tables.requests)}",
            new_correction_id=lambda: f"correction{len(self.tables.corrections):04}.{next(made)}",
        )
        self.joined = joined(parts.stores(), composer=parts.composer, clock_and_ids=clock_and_ids)
        self.joined.notifier.bind(parts.notified)
        self.watch = self.joined.watch
        self.workflow = self.joined.workflow
        self.lifecycle = self.joined.lifecycle
        self.change_requests = self.joined.change_requests
        self.organisers = self.joined.organisers
        self.planner = planner_of(self.joined, planning or PlanningRules(), probe=probe)
        self._rules, self._probe, self._holder = rules or DeliveryRules(), probe, holder
        self.dispatcher = self._new_dispatcher()

    def _new_dispatcher(self) -> DeliveryDispatcher:
        return dispatcher_of(
            self.joined, self.parts.announcement_sender, self._rules, holder=self._holder, probe=self._probe
        )

    @property
    def tables(self) -> Tables:
        return self.parts.database.disk.tables

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def appoint(self) -> None:
        """An author, an approver and an owner."""
        for visitor_id, role in ((AUTHOR, Role.AUTHOR), (APPROVER, Role.APPROVER), (OWNER, Role.OWNER)):
            await self.parts.organisers.grant(
                Organiser(visitor_id=visitor_id, role=role, granted_by=None, granted_at=START)
            )

    async def draft(self, **changes: Any) -> Announcement:
        """A draft of the author's."""
        decision = await self.workflow.create(
            draft(**changes), actor=AUTHOR, request_key=f"key {len(self.tables.announcements)}", now=self.now
        )
        assert decision.announcement is not None
        return decision.announcement

    async def approved(self, **changes: Any) -> Announcement:
        """An announcement that went through submission and approval."""
        await self.appoint()
        made = await self.draft(**changes)
        submitted = await self.workflow.submit(made.announcement_id, actor=AUTHOR, version=made.version, now=self.now)
        assert submitted.announcement is not None, submitted
        decision = await self.workflow.approve(
            made.announcement_id, actor=APPROVER, version=submitted.announcement.version, now=self.now
        )
        assert decision.is_done, decision
        assert decision.announcement is not None
        return decision.announcement

    async def plan(self) -> None:
        """Wake the planner until there is nothing more to plan now."""
        while await self.planner.wake(self.now):
            pass

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[asyncio.Task[None]]:
        """The dispatcher runs inside and leaves in order at the end."""
        running = asyncio.create_task(self.dispatcher.run())
        try:
            yield running
        finally:
            self.dispatcher.leave()
            await running
            self.dispatcher = self._new_dispatcher()  # one that has left does not come back

    async def deliver(self, lasts: timedelta = timedelta(minutes=10)) -> None:
        """Plan what is due and let the dispatcher run for a while."""
        await self.plan()
        async with self.sending():
            await asyncio.sleep(lasts.total_seconds())

    def rows(self, occurrence_id: OccurrenceId | None = None) -> list[Delivery]:
        """All deliveries, by chat."""
        tables = self.tables
        found = [
            row for known, rows in tables.deliveries.items() if occurrence_id in (None, known) for row in rows.values()
        ]
        return sorted(found, key=lambda row: (row.occurrence_id, row.chat_id))

    def states(self) -> dict[int, DeliveryState]:
        """State by chat, of all occurrences together."""
        return {row.chat_id: row.state for row in self.rows()}

    @property
    def occurrence(self) -> Occurrence:
        """The only occurrence."""
        (occurrence,) = self.tables.occurrences.values()
        return occurrence


def draft(
    *,
    texts: dict[Locale, str] | None = None,
    cron: str = "",
    at: datetime | None = None,
    zone: str = "Asia/Shanghai",
    terms: Terms | None = None,
    locales: Iterable[Locale] = (),
    **changes: Any,
) -> Draft:
    """A draft in English and Russian that is due at once."""
    timing = Timing.RECURRING if cron else Timing.ONCE if at else Timing.NOW
    made = Draft(
        label="Forum",
        topic=NewsTopic.FORUM,
        content=Content(source=Locale.EN, texts=texts or TEXTS),
        audience=Audience(locales=frozenset(locales)),
        schedule=Schedule(timing=timing, zone=zone, at=at, cron=cron),
        terms=terms or Terms(),
    )
    return replace(made, **changes)
