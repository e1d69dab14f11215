"""Planner and dispatcher in a simulated world: a clock that runs as fast as it can, a database that loses what was not
committed, a Telegram that loses answers, and processes that are killed and frozen at any moment.

    python -m tests.faults.simulation [--seeds N] [--from N] [--seed N]

Every seed is a story of its own and always the same one. A seed that breaks a promise is printed; `--seed` tells it
again, with its log.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.announcements import calling
from bot.announcements.content import ApprovedBodies, message_of
from bot.announcements.crash_points import CrashPoint
from bot.announcements.drafting import set_text
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Delivery,
    DeliveryState,
    OccurrenceId,
    OccurrenceState,
    OutgoingMessage,
    Policy,
    QuietHours,
    Receipt,
    Schedule,
    SendOutcome,
    Terms,
    Timing,
)
from bot.announcements.planner import PlanningRules
from bot.announcements.ports import Leave
from bot.announcements.schedule import moments, next_moment, zone_of
from bot.announcements.session import DeliveryRules
from bot.errors import DatabaseError
from bot.ids import ChatId, Locale, NewsTopic
from tests.support.announcement_rig import AUTHOR, OWNER, AnnouncementRig
from tests.support.fake_announcement_database import FakeDatabase, FakeDisk, Tables
from tests.support.fake_announcement_sender import FakeAnnouncementSender, FakeSendSlot
from tests.support.virtual_time import VirtualClock, run_virtually

STARTS = (
    (datetime(2026, 11, 3, 9, 30, tzinfo=UTC), "Asia/Shanghai"),
    (datetime(2026, 10, 25, 0, 10, tzinfo=UTC), "Europe/Berlin"),  # 02:00–03:00 comes twice
    (datetime(2027, 3, 28, 0, 40, tzinfo=UTC), "Europe/Berlin"),  # 02:00–03:00 is left out
    (datetime(2026, 12, 31, 15, 50, tzinfo=UTC), "Asia/Shanghai"),
)
TROUBLE_S = 1800
"""The troubled part of a story; then the world is calm and everything must come to its end."""
CALM_S = 3 * 3600
_SPOKEN = (Locale.EN, Locale.RU, Locale.FA)


class Killed(BaseException):
    """kill -9: nothing of the process runs on."""


class BrokenPromiseError(Exception):
    """What must never happen has happened."""


def promise(holds: bool, what: str) -> None:
    if not holds:
        raise BrokenPromiseError(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedParcel(OutgoingMessage):
    """A message that knows its row, so that the witness can tell copies of different occurrences apart."""

    row: Delivery


def _witnessed(bodies: ApprovedBodies, row: Delivery) -> OutgoingMessage | None:
    outgoing = message_of(bodies, row)
    if outgoing is None:
        return None
    return WitnessedParcel(**{one.name: getattr(outgoing, one.name) for one in fields(OutgoingMessage)}, row=row)


@dataclass
class Telegram:
    """What really arrived, and the troubles on the way."""

    rng: random.Random
    is_calm: bool = False
    copies: dict[tuple[OccurrenceId, ChatId], list[WitnessedParcel]] = field(default_factory=lambda: defaultdict(list))
    attempts: set[tuple[OccurrenceId, ChatId, int]] = field(default_factory=set)
    blocked: set[ChatId] = field(default_factory=set)
    moved: dict[ChatId, ChatId] = field(default_factory=dict)
    storm_until: float = 0.0
    outage_until: float = 0.0
    token_bad_until: float = 0.0
    lost_answers: int = 0
    messages: int = 0

    def act(self, outgoing: WitnessedParcel, now: float) -> Receipt:
        """Take or refuse a request that has arrived."""
        if now < self.token_bad_until:
            return Receipt(outcome=SendOutcome.NOTHING_GOES, reason="unauthorized")
        if now < self.storm_until:
            is_for_all = self.rng.random() < 0.7
            return Receipt(
                outcome=SendOutcome.NOT_SENT, pause_s=self.rng.uniform(1, 5), pauses_all=is_for_all, reason="429"
            )
        if outgoing.chat_id in self.blocked:
            return Receipt(outcome=SendOutcome.GONE, reason="blocked")
        if outgoing.chat_id in self.moved:
            return Receipt(outcome=SendOutcome.MIGRATED, new_chat_id=self.moved[outgoing.chat_id])
        row = outgoing.row
        self.messages += 1
        self.copies[row.occurrence_id, row.chat_id].append(outgoing)
        self.attempts.add((row.occurrence_id, row.chat_id, row.attempt))
        return Receipt(outcome=SendOutcome.SENT, message_id=self.messages)

    def loses(self) -> bool:
        """Whether an answer is lost on its way back."""
        is_lost = not self.is_calm and self.rng.random() < 0.05
        self.lost_answers += is_lost
        return is_lost


class SimulatedCourier(FakeAnnouncementSender):
    """One process's way to Telegram. What is out of the process arrives even if the process dies."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    async def turns(self, *, limit: int, is_paid: bool) -> Leave:
        """As the pace gives them: some at once or some later, rarely none for a while; some chats must wait."""
        rng = self._process.world.rng
        await asyncio.sleep(rng.choice((0.0, rng.uniform(0, 0.1))))
        await self._process.go_on()
        if rng.random() < 0.01:
            return Leave(pause_s=rng.uniform(4, 20))
        busy = {ChatId(chat): rng.uniform(0.1, 3) for chat in range(1, 90) if rng.random() < 0.02}
        return Leave([FakeSendSlot(self, busy) for _ in range(rng.randint(1, limit))])

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        assert isinstance(outgoing, WitnessedParcel)
        world = self._process.world
        rng, telegram = world.rng, world.telegram
        await self._process.go_on()
        await asyncio.sleep(rng.uniform(0, 0.1))
        await self._process.go_on()
        if asyncio.get_running_loop().time() < telegram.outage_until:
            return Receipt(outcome=SendOutcome.NOT_SENT, reason="connection_refused")
        arriving = asyncio.get_running_loop().create_task(self._arrive(outgoing))
        world.network.add(arriving)
        receipt = await asyncio.shield(arriving)
        await asyncio.sleep(rng.uniform(0, 0.1))
        await self._process.go_on()
        if telegram.loses():
            return Receipt(outcome=SendOutcome.DOUBT, reason="answer_lost")
        return receipt

    async def _arrive(self, outgoing: WitnessedParcel) -> Receipt:
        world = self._process.world
        await asyncio.sleep(world.rng.uniform(0, 0.1))
        if not world.telegram.is_calm and world.rng.random() < 0.01:
            world.telegram.lost_answers += 1
            return Receipt(outcome=SendOutcome.DOUBT, reason="bad_gateway")  # it never reached Telegram; we can't know
        return world.telegram.act(outgoing, asyncio.get_running_loop().time())


class Process:
    """A process with planner and dispatcher over the shared disk; it may be killed or frozen at any of its steps."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.is_dead = False
        self._frozen_until = 0.0
        database = FakeDatabase(world.disk)
        database.gate = self._before
        database.after_commit = self._after_commit
        self.rig = AnnouncementRig(
            database=database,
            announcement_sender=SimulatedCourier(self),
            clock=world.clock,
            rules=world.rules,
            planning=PlanningRules(batch=world.rng.choice((3, 10, 1000)), batches_a_wake=2),
            probe=self._probe,
            holder=name,
        )
        self._tasks = [asyncio.create_task(self._plan()), asyncio.create_task(self.rig.dispatcher.run())]

    async def go_on(self) -> None:
        """Pass only while alive and awake."""
        if not self.is_dead and (left := self._frozen_until - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(left + self.world.rng.uniform(0, 0.5))  # what was in its midst goes on in any order
        if self.is_dead:
            raise Killed

    def freeze(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT later."""
        self._frozen_until = asyncio.get_running_loop().time() + seconds

    def kill(self) -> None:
        """kill -9."""
        self.is_dead = True
        for task in self._tasks:
            task.cancel()

    async def buried(self) -> None:
        """Until nothing of it runs any more."""
        await asyncio.wait(self._tasks)
        for task in self._tasks:
            if not task.cancelled() and (error := task.exception()) is not None and not _is_death(error):
                raise error

    async def leave(self) -> None:
        """End in order."""
        self._tasks[0].cancel()
        self.rig.dispatcher.leave()
        await self.buried()

    async def _plan(self) -> None:
        while True:
            try:
                while await self.rig.planner.wake(self.world.clock.now()):
                    pass
            except DatabaseError:
                pass  # as the clock does: it is logged and runs again
            await asyncio.sleep(10 if self.world.is_calm else 1)

    async def _before(self) -> None:
        rng = self.world.rng
        await asyncio.sleep(rng.uniform(0, 0.004))
        await self.go_on()
        if self.world.is_calm:
            return
        if rng.random() < self.world.death_rate:
            self._die()
        if asyncio.get_running_loop().time() < self.world.sulking_until or rng.random() < 0.001:
            raise DatabaseError("database is locked")

    async def _after_commit(self) -> None:
        rng = self.world.rng
        await self.go_on()
        if not self.world.is_calm and rng.random() < self.world.death_rate:
            self._die()
        if not self.world.is_calm and rng.random() < 0.001:
            raise DatabaseError("the connection was lost in the commit")

    async def _probe(self, _point: CrashPoint) -> None:
        await self.go_on()
        if not self.world.is_calm and self.world.rng.random() < self.world.death_rate:
            self._die()

    def _die(self) -> None:
        self.kill()
        raise Killed


def _is_death(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_death(inner) for inner in error.exceptions)
    return isinstance(error, Killed | asyncio.CancelledError)


class WatchedDisk(FakeDisk):
    """A disk on which every commit is looked at."""

    def __init__(self, look: Callable[[Tables, Tables], None]) -> None:
        self._look: Callable[[Tables, Tables], None] | None = None
        super().__init__()
        self._look = look

    @property
    def tables(self) -> Tables:
        return self._tables

    @tables.setter
    def tables(self, new: Tables) -> None:
        if self._look is not None:
            self._look(self._tables, new)
        self._tables = new

    def restore(self, tables: Tables, mark: int) -> None:
        """Put a backup in place of everything; what is noted outside stays."""
        self._tables, self.mark = tables, mark


MAY_FOLLOW = {
    DeliveryState.PLANNED: {
        DeliveryState.SENDING,
        DeliveryState.CANCELLED,
        DeliveryState.EXPIRED,
        DeliveryState.SKIPPED,
    },
    DeliveryState.SENDING: {
        DeliveryState.SENT,
        DeliveryState.FAILED,
        DeliveryState.IN_DOUBT,
        DeliveryState.UNKNOWN,
        DeliveryState.PLANNED,
        DeliveryState.CANCELLED,
        DeliveryState.SKIPPED,
    },
    DeliveryState.IN_DOUBT: {DeliveryState.UNKNOWN, DeliveryState.PLANNED},
}


class World:
    """One story."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        start, self.zone = self.rng.choice(STARTS)
        self.clock = VirtualClock(start)
        self.telegram = Telegram(self.rng)
        self.disk = WatchedDisk(self._look)
        self.network: set[asyncio.Task[Receipt]] = set()
        self.rules = DeliveryRules(in_flight=self.rng.choice((1, 2, 5, 10)), poll_s=2.0)
        self.death_rate = self.rng.choice((0.0, 0.001, 0.005, 0.02))
        self.is_calm = False
        self.freezes_for = 0.0
        self.sulking_until = 0.0
        self.policies: dict[AnnouncementId, Policy] = {}
        self.expected: dict[OccurrenceId, set[ChatId]] = {}
        self.was_restored = False
        self.deaths = 0
        self.doubted: set[tuple[OccurrenceId, ChatId, int]] = set()
        self.processes: list[Process] = []
        self.commits = 0
        self.editions: dict[tuple[OccurrenceId, Locale], str] = {}

    # The story

    async def live(self) -> None:
        """Trouble, then calm; then the books are compared with what the witness saw."""
        self.workflow = AnnouncementRig(database=FakeDatabase(self.disk), clock=self.clock, holder="desk")
        await self._settle_in()
        twins = 2 if self.rng.random() < 0.5 else 1
        keepers = [asyncio.create_task(self._keep_alive(f"process {number}")) for number in range(twins)]
        troubles = asyncio.create_task(self._trouble())
        done, _ = await asyncio.wait([troubles, *keepers], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        await self._calm_down()
        self.stop_keeping = True
        for keeper in keepers:
            keeper.cancel()
        await asyncio.wait(keepers)
        for process in self.processes:
            process.kill()
            await process.buried()
        await self._come_to_an_end()
        self._compare_books()

    async def _settle_in(self) -> None:
        rng, workflow = self.rng, self.workflow
        await workflow.appoint()
        people = rng.randint(3, 90)
        for locale in _SPOKEN:
            chats = [chat_id for chat_id in range(1, people + 1) if chat_id % len(_SPOKEN) == _SPOKEN.index(locale)]
            await workflow.parts.subscribe(chats, locale=locale)
        groups = [ChatId(-number) for number in range(1, rng.randint(1, 4))]
        await workflow.parts.subscribe(groups)
        sleepers = rng.sample(range(1, people + 1), k=people // 4)
        now = self.clock.now()
        for chat_id in sleepers:
            quiet = {"quiet_from": now.time(), "quiet_until": (now + timedelta(minutes=20)).time(), "zone": "UTC"}
            await workflow.parts.subscribe([chat_id], locale=rng.choice(_SPOKEN), **quiet)
        self.telegram.blocked = {ChatId(chat_id) for chat_id in range(1, people + 1) if rng.random() < 0.05}
        for group in groups:
            if rng.random() < 0.5:
                self.telegram.moved[group] = ChatId(group - 1_000)
                if rng.random() < 0.3:
                    await workflow.parts.subscribe([group - 1_000])
        for _ in range(rng.randint(1, 3)):
            await self._announce()

    async def _announce(self) -> None:
        rng = self.rng
        kind = rng.choice(tuple(Timing))
        local = (self.clock.now() + timedelta(minutes=rng.randint(1, 20))).astimezone(zone_of(self.zone))
        schedule = Schedule(
            timing=kind,
            zone=self.zone,
            at=local.replace(tzinfo=None) if kind is Timing.ONCE else None,
            cron=rng.choice(("*/10 * * * *", "5,35 * * * *", "30 2 * * *", "*/15 1-3 * * *"))
            if kind is Timing.RECURRING
            else "",
        )
        if next_moment(schedule, after=self.clock.now()) is None:
            return  # wall time that comes twice stands for the first of the two, which is over
        terms = Terms(
            policy=rng.choice(tuple(Policy)),
            quiet_hours=rng.choice(tuple(QuietHours)),
            valid_for=rng.choice((None, None, timedelta(minutes=15), timedelta(hours=2))),
        )
        made = await self.workflow.approved(schedule=schedule, terms=terms, topic=rng.choice(tuple(NewsTopic)))
        self.policies[made.announcement_id] = terms.policy

    async def _keep_alive(self, name: str) -> None:
        """systemd: start it again when it has died."""
        number = 0
        while True:
            number += 1
            process = Process(self, f"{name}.{number}")
            self.processes.append(process)
            await process.buried()
            self.processes.remove(process)
            self.deaths += 1
            await asyncio.sleep(self.rng.uniform(0.1, 30))

    async def _trouble(self) -> None:
        rng, loop = self.rng, asyncio.get_running_loop()
        while loop.time() < TROUBLE_S:
            await asyncio.sleep(rng.expovariate(1 / 60))
            await rng.choice(self._evils())()

    def _evils(self) -> tuple[Callable[[], object], ...]:
        return (
            self._kill,
            self._freeze,
            self._storm,
            self._outage,
            self._sulk,
            self._revoke_token,
            self._jump,
            self._steer,
            self._steer,
            self._people,
            self._people,
            self._announce_more,
            self._try_to_edit,
            self._restore,
        )

    async def _kill(self) -> None:
        if self.processes:
            self.rng.choice(self.processes).kill()

    async def _freeze(self) -> None:
        """Whoever sends, at the next moment at which something is in flight."""
        self.freezes_for = self.rng.uniform(5, 60)

    def _freeze_soon(self, holder: str) -> None:
        for process in self.processes:
            if process.name == holder:
                asyncio.get_running_loop().call_later(self.rng.uniform(0, 0.2), process.freeze, self.freezes_for)
                self.freezes_for = 0.0

    async def _storm(self) -> None:
        self.telegram.storm_until = asyncio.get_running_loop().time() + self.rng.uniform(1, 20)

    async def _outage(self) -> None:
        self.telegram.outage_until = asyncio.get_running_loop().time() + self.rng.uniform(1, 60)

    async def _sulk(self) -> None:
        self.sulking_until = asyncio.get_running_loop().time() + self.rng.choice((2, 10, 45))

    async def _revoke_token(self) -> None:
        if self.rng.random() < 0.3:
            self.telegram.token_bad_until = asyncio.get_running_loop().time() + self.rng.uniform(1, 20)
            await asyncio.sleep(25)
            for process in list(self.processes):  # with the right token it is started again
                await process.leave()

    async def _jump(self) -> None:
        if self.rng.random() < 0.3:
            leap = self.rng.choice((timedelta(hours=-1), timedelta(hours=1), timedelta(minutes=-5)))
            if not self.was_restored or leap > timedelta(0):  # both at once is more than is promised: see _restore
                self.clock.offset += leap

    async def _steer(self) -> None:
        announcement_id = self.rng.choice(list(self.disk.tables.announcements))
        lifecycle, now = self.workflow.lifecycle, self.clock.now()
        action = self.rng.choice((lifecycle.pause, lifecycle.resume, lifecycle.resume, lifecycle.resume))
        if self.rng.random() < 0.15:
            action = self.rng.choice((lifecycle.stop, lifecycle.withdraw))
        await action(announcement_id, actor=OWNER, now=now)

    async def _people(self) -> None:
        parts = self.workflow.parts
        chat_id = ChatId(self.rng.randint(1, 100))
        if self.rng.random() < 0.5:
            await parts.subscriptions.end(chat_id)
            for chats in self.expected.values():
                chats.discard(chat_id)
        else:
            await parts.subscribe([chat_id], locale=self.rng.choice(_SPOKEN))

    async def _announce_more(self) -> None:
        if len(self.policies) < 4:
            await self._announce()

    async def _try_to_edit(self) -> None:
        """What is approved can't be edited, whatever the version."""
        found = self.rng.choice(list(self.disk.tables.announcements.values()))
        decision = await self.workflow.workflow.edit(
            found.announcement_id,
            set_text(Locale.EN, "Changed"),
            actor=AUTHOR,
            version=found.version,
            now=self.clock.now(),
        )
        promise(not decision.is_done, "an approved announcement was edited")

    async def _restore(self) -> None:
        """Every process dies and a backup from a while ago takes the place of the database.

        The clock was not set back since: what was sent would not be due yet, and nobody would be asked for a word.
        """
        if self.was_restored or self.rng.random() > 0.3:
            return
        async with self.disk.turn:
            backup, mark, offset = self.disk.tables.copied(), self.disk.mark, self.clock.offset
        await asyncio.sleep(self.rng.uniform(2, 120))
        async with self.disk.turn:
            for process in self.processes:
                process.kill()
            if self.disk.outside_mark > mark and self.clock.offset >= offset:
                self.disk.restore(backup, mark)
                self.was_restored = True

    async def _calm_down(self) -> None:
        self.is_calm = self.telegram.is_calm = True
        self.freezes_for = 0.0
        await asyncio.sleep(61)  # whatever began ends

    async def _come_to_an_end(self) -> None:
        """One healthy process, organisers who give their word, resume what is paused and end what recurs."""
        process = Process(self, "last")
        loop, lifecycle = asyncio.get_running_loop(), self.workflow.lifecycle
        end = loop.time() + CALM_S
        while loop.time() < end:
            await asyncio.sleep(60)
            now = self.clock.now()
            for occurrence in list(self.disk.tables.occurrences.values()):
                if occurrence.state is OccurrenceState.AWAITING_CONFIRMATION:
                    await lifecycle.confirm(occurrence.occurrence_id, send=False, actor=OWNER, now=now)
            for announcement in list(self.disk.tables.announcements.values()):
                if loop.time() > TROUBLE_S + 4800 and announcement.next_due_at is not None:
                    await self._let_end(announcement)
                await lifecycle.resume(announcement.announcement_id, actor=OWNER, now=now)
            if all(one.next_due_at is None for one in self.disk.tables.announcements.values()) and all(
                occurrence.state.has_ended for occurrence in self.disk.tables.occurrences.values()
            ):
                break
        for task in process._tasks:
            promise(not task.done(), f"the healthy process died: {task}")
        await process.leave()

    async def _let_end(self, announcement: Announcement) -> None:
        async with self.workflow.parts.database.writing() as tables:
            found = tables.announcements[announcement.announcement_id]
            tables.announcements[announcement.announcement_id] = replace(
                found, next_due_at=None, version=found.version + 1
            )

    # The promises

    def _look(self, old: Tables, new: Tables) -> None:
        """Every commit keeps the invariants."""
        self.commits += 1
        promise(new.epoch >= old.epoch, "the epoch went back")
        for occurrence_id, occurrence in new.occurrences.items():
            rows, before = new.deliveries[occurrence_id], old.deliveries.get(occurrence_id, {})
            if occurrence_id not in old.occurrences:
                self._note_audience(new, occurrence_id)
            promise(
                len(rows) == occurrence.audience, f"{occurrence_id}: {len(rows)} rows, {occurrence.audience} in all"
            )
            known = old.occurrences.get(occurrence_id)
            if known is not None and known.state.has_ended:
                promise(occurrence.state is known.state, f"{occurrence_id} came back from its end")
            if rows is not before and rows != before:
                self._look_at_rows(rows, before, new)
            if occurrence.state is OccurrenceState.FINISHED:
                promise(all(row.state.is_final for row in rows.values()), f"{occurrence_id} finished too early")
        slots = Counter((one.announcement_id, one.due_at) for one in new.occurrences.values())
        promise(max(slots.values(), default=0) <= 1, "one moment fired twice")

    def _look_at_rows(self, rows: dict[ChatId, Delivery], before: dict[ChatId, Delivery], new: Tables) -> None:
        sending = Counter(row.epoch for row in rows.values() if row.state is DeliveryState.SENDING)
        promise(max(sending.values(), default=0) <= self.rules.in_flight, "more than W copies in flight")
        if self.freezes_for and sending:
            self._freeze_soon(new.lease_holder)
        for chat_id, row in rows.items():
            was = before.get(chat_id)
            if row == was:
                continue
            promise(row.state is not DeliveryState.SENT or row.message_id is not None, f"SENT without an id: {row}")
            if row.body_hash:
                edition = self.editions.setdefault((row.occurrence_id, row.locale), row.body_hash)
                promise(edition == row.body_hash, f"another body: {row}")
            if was is not None and was.state is not row.state:
                self._look_at_change(was, row, new)

    def _look_at_change(self, was: Delivery, row: Delivery, new: Tables) -> None:
        promise(row.state in MAY_FOLLOW.get(was.state, ()), f"{was.state} → {row.state}: {row}")
        if row.state is DeliveryState.SENDING:
            promise(row.epoch == new.epoch, f"a dead epoch claimed {row}")
        if row.state in (DeliveryState.IN_DOUBT, DeliveryState.UNKNOWN) or (row.may_repeat and not was.may_repeat):
            self.doubted.add((row.occurrence_id, row.chat_id, row.attempt))
        elif was.state is DeliveryState.SENDING and row.state is not DeliveryState.SENT:
            arrived = (row.occurrence_id, row.chat_id, row.attempt) in self.telegram.attempts
            promise(not arrived, f"{row.state} without proof, a copy has arrived: {row}")

    def _note_audience(self, tables: Tables, occurrence_id: OccurrenceId) -> None:
        topic = tables.announcements[tables.occurrences[occurrence_id].announcement_id].topic
        self.expected[occurrence_id] = {
            chat_id
            for chat_id, one in tables.subscriptions.items()
            if one.agreed_at is not None
            and topic in one.topics
            and chat_id > 0
            and chat_id not in self.telegram.blocked
        }

    def _compare_books(self) -> None:
        """The tables against what the witness saw."""
        tables = self.disk.tables
        for occurrence in tables.occurrences.values():
            rows = tables.deliveries[occurrence.occurrence_id]
            promise(
                occurrence.state.has_ended, f"never ended: {occurrence} {Counter(row.state for row in rows.values())}"
            )
            policy = self.policies[occurrence.announcement_id]
            for row in rows.values():
                self._compare(row, policy)
            if occurrence.state is OccurrenceState.FINISHED and not self.was_restored:
                lost = self.expected[occurrence.occurrence_id] - set(rows)
                promise(not lost, f"{occurrence.occurrence_id} lost {sorted(lost)}")
        for (occurrence_id, chat_id), copies in self.telegram.copies.items():
            if not self.was_restored:  # a backup may lack rows, and whole occurrences
                promise(chat_id in tables.deliveries[occurrence_id], f"a copy without a row: {copies[0].row}")
        epochs = int(tables.epoch) + self.was_restored * 1_000
        bound = self.rules.in_flight * epochs + self.telegram.lost_answers
        promise(len(self.doubted) <= bound, f"{len(self.doubted)} in doubt, at most {bound}")
        self._compare_slots(tables)

    def _compare(self, row: Delivery, policy: Policy) -> None:
        copies = self.telegram.copies.get((row.occurrence_id, row.chat_id), [])
        promise(row.state.is_final, f"never settled: {row}")
        repeated = row.may_repeat or self.was_restored  # a backup may not know of the second copy
        most = 2 if policy is Policy.AT_LEAST_ONCE and repeated else 1
        promise(len(copies) <= most, f"{len(copies)} copies: {row}")
        if len(copies) == 2:  # the first may come last: its sender stood still with the request in its hand
            is_marked = any(copy.may_repeat and copy.is_silent for copy in copies)
            promise(is_marked, f"an unexplained second copy: {row}")
        if row.state is DeliveryState.SENT:
            promise(bool(copies), f"SENT and never arrived: {row}")
        elif row.state is not DeliveryState.UNKNOWN and not row.may_repeat and not self.was_restored:
            promise(not copies, f"{row.state} and yet it arrived: {row}")

    def _compare_slots(self, tables: Tables) -> None:
        """Between the first and the last firing of a recurring announcement none is left out."""
        fired: dict[AnnouncementId, list[datetime]] = defaultdict(list)
        for occurrence in tables.occurrences.values():
            fired[occurrence.announcement_id].append(occurrence.due_at)
        for announcement_id, dues in fired.items():
            schedule = tables.announcements[announcement_id].schedule
            if schedule.timing is not Timing.RECURRING or len(dues) > 50:
                continue
            due = []
            for moment in moments(schedule, after=min(dues) - timedelta(seconds=1)):
                if moment.utc > max(dues):
                    break
                due.append(moment.utc)
            promise(sorted(dues) == due, f"{announcement_id}: fired {sorted(dues)}, due {due}")


@dataclass(frozen=True, slots=True)
class Story:
    """How a seed ended."""

    seed: int
    failure: str
    commits: int
    copies: int
    deaths: int
    doubted: int


def tell(seed: int) -> Story:
    """Live through one seed."""
    real, calling.message_of = calling.message_of, _witnessed
    world = World(seed)
    failure = ""
    try:
        run_virtually(world.live())
    except (BrokenPromiseError, Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - any end but the right one
        failure = _words(error)
    finally:
        calling.message_of = real
    return Story(seed, failure, world.commits, world.telegram.messages, world.deaths, len(world.doubted))


def _words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return " + ".join(_words(inner) for inner in error.exceptions)
    return f"{type(error).__name__}: {error}"


def _quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def tell_all(seeds: Iterable[int]) -> int:
    """Live through many, on every core; prints those that fail. Returns how many did."""
    started = time.perf_counter()
    totals: Counter[str] = Counter()
    with multiprocessing.Pool(os.cpu_count(), initializer=_quiet) as pool:
        for story in pool.imap_unordered(tell, seeds, chunksize=8):
            totals.update(
                seeds=1, commits=story.commits, copies=story.copies, deaths=story.deaths, doubts=story.doubted
            )
            if story.failure:
                totals["failed"] += 1
                print(
                    f"seed {story.seed} failed: {story.failure}\n  again: python -m tests.faults.simulation --seed {story.seed}",
                    flush=True,
                )
    print(
        ", ".join(f"{number:,} {name}" for name, number in totals.items()), f"in {time.perf_counter() - started:.0f} s"
    )
    return totals["failed"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2_000, help="how many")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one, with its log")
    given = parser.parse_args()
    if given.seed is None:
        return 1 if tell_all(range(given.first, given.first + given.seeds)) else 0
    story = tell(given.seed)
    print(story)
    return 1 if story.failure else 0


if __name__ == "__main__":
    sys.exit(main())
