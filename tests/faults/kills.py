"""Announcements whose process is killed again and again: database, HTTP, processes and signals are real.

    python -m tests.faults.kills [--kills N] [--recipients N] [--seed N]
    python -m tests.faults.kills --paced [--kills N] [--seed N]
    python -m tests.faults.kills --updates N --kills N [--seed N]

A story is one announcement. Its sender is killed at random moments and at the crash points by name, answers are lost,
and 429 and 502 come in bursts; then the books are compared with what the sandbox has. Stories with even seeds go at most
once, the others at least once. With `--updates` visitors ask all the while. `--seed N --kills 1` tells story N again.
With `--paced` copies go at Telegram's free rate, nothing else goes wrong, and it is counted how many each kill leaves in
doubt: only what may have left, not what waited for its turn.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import open_database
from bot.announcements.crash_points import CrashPoint
from bot.announcements.model import (
    AnnouncementId,
    Content,
    DeliveryState,
    OccurrenceState,
    Policy,
    Terms,
)
from bot.chat.wire.handling import ATTEMPTS
from bot.chat_state.model import InboxState
from bot.ids import Locale
from bot.sandbox import person
from bot.sandbox.engine import SandboxLimits
from bot.sandbox.faults import FaultKind, FaultOrder
from bot.sandbox.keys import DEFAULT_BOT_ID
from bot.sandbox.server import SandboxServer
from tests.faults import sender_process
from tests.faults.sender_process import CHATS_AT_ONCE, STATE_FILE, Orders
from tests.faults.simulation import BrokenPromiseError, promise
from tests.support.nursery import forked
from tests.support.sandbox_keys import sandbox_server
from tests.support.stored_announcements import approved, guests, subscribe

IN_PROCESS = (
    CrashPoint.CP0,
    CrashPoint.CP1,
    CrashPoint.CP2,
    CrashPoint.CP3,
    CrashPoint.CP7,
    CrashPoint.CP8,
    CrashPoint.CP9,
)
"""Where the process kills itself; at the others it is killed, or stopped, from outside."""
_HANGS = {CrashPoint.CP5: False, CrashPoint.CP6: True}
_LOST = (
    *[FaultKind.RESET_AFTER] * 5,
    *[FaultKind.HALF] * 2,
    FaultKind.RESET_BEFORE,
    FaultKind.NOT_JSON,
    FaultKind.RESULT_TRUE,
    FaultKind.OK_FALSE,
)
"""What becomes of an answer that is lost; most often the copy has arrived."""
_LOST_ONE_IN = 20
_STORM = 10
_FREE_RATE = 30
_KILLS_A_PACED_STORY = 10
IN_DOUBT_A_KILL = 4.0
"""At the free rate, to a server on the same machine, at most so many on average."""
_AT_A_TIME = 2
"""Stories: most of the time is waiting for leases."""
_MARK = "You may have"
_APOLOGY = "Please send your question again"
_LIMIT_S = 400.0
_LOOK_EVERY_S = 0.01
_MIGRATING = asyncio.Lock()
"""Alembic keeps what it works on in its modules: one at a time in a process."""


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ends: at a crash point when it is reached for the `after`th time, or after `after_s`.

    The time counts from its start, or from its first copy.
    """

    point: CrashPoint | None = None
    after: int = 1
    after_s: float = 0.0
    from_first_copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is to happen to one announcement. `seed` names it."""

    seed: int
    policy: Policy
    deaths: Sequence[Death]
    lost: Sequence[tuple[FaultKind, int]] = ()
    """Kind, and how many good calls come before."""
    storms: Sequence[int] = ()
    bursts: Sequence[tuple[int, bool]] = ()
    """How many good calls come before, and whether the calls of the burst have an effect all the same."""


@dataclass(slots=True)
class Books:
    """What was counted; books can be added up."""

    kills: int = 0
    by_point: Counter[str] = field(default_factory=Counter)
    recipients: int = 0
    copies: int = 0
    sent: int = 0
    repeated: int = 0
    unknown: int = 0
    lost_answers: int = 0
    most_sending: int = 0
    in_doubt: int = 0
    """Left behind by the kills, all together."""

    def add(self, other: Books) -> None:
        """Count another story too."""
        for name in ("kills", "recipients", "copies", "sent", "repeated", "unknown", "lost_answers", "in_doubt"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.by_point += other.by_point
        self.most_sending = max(self.most_sending, other.most_sending)

    def __str__(self) -> str:
        points = ", ".join(f"{name} {number}" for name, number in sorted(self.by_point.items()))
        return (
            f"{self.kills} kills ({points}); {self.recipients:,} recipients, {self.copies:,} copies: {self.sent:,} sent, "
            f"{self.unknown} unknown, {self.repeated} repeated silently and marked; {self.lost_answers} answers lost, "
            f"at most {self.most_sending} in flight at a kill; 0 lost, 0 unexplained copies"
        )


def story_of(seed: int, *, recipients: int, kills: int = 10, lease_s: float = 1.0) -> Story:
    """The plan of a seed."""
    rng = random.Random(seed)
    first = rng.choice((Death(CrashPoint.CP0), Death(CrashPoint.CP0, after=2), Death(CrashPoint.CP1), None))
    deaths = [first] if first else []
    while len(deaths) < kills:
        deaths.append(_death(rng, lease_s))
    return Story(
        seed=seed,
        policy=tuple(Policy)[seed % 2],
        deaths=deaths,
        lost=[(rng.choice(_LOST), rng.randrange(recipients)) for _ in range(recipients // _LOST_ONE_IN)],
        storms=[rng.randrange(recipients) for _ in range(2)],
        bursts=[(rng.randrange(recipients), rng.random() < 0.5) for _ in range(2)],
    )


def _death(rng: random.Random, lease_s: float) -> Death:
    if rng.random() < 0.6:
        return Death(after_s=rng.uniform(0.0, lease_s + 1.5))
    point = rng.choice([point for point in CrashPoint if point not in (CrashPoint.CP0, CrashPoint.CP1)])
    return Death(point, after=rng.randint(1, 15))


class Sender:
    """A running process."""

    def __init__(self, orders: Orders) -> None:
        self._process = forked(sender_process.main, orders)
        self.pid = self._process.pid or 0

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""
        return not self._process.is_alive()

    @property
    def is_stopped(self) -> bool:
        """Whether it stands still (SIGSTOP)."""
        state = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        return state.split()[0] == "T"

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if not self.has_ended:
            os.kill(self.pid, number)

    async def ended(self) -> int:
        """How it ended, once it has."""
        await until(lambda: self.has_ended, "the end of a process")
        code = self._process.exitcode
        return 0 if code is None else code

    async def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        promise(await self.ended() == -signal.SIGKILL, "a process ended by itself")

    async def leave(self) -> None:
        """End it in good order."""
        self.signal(signal.SIGTERM)
        promise(await self.ended() in (0, -signal.SIGTERM), "a process that was to leave failed")


async def until(condition: Callable[[], object], what: str, *, every_s: float = _LOOK_EVERY_S) -> None:
    """Wait until something is true.

    Raises:
        BrokenPromiseError: it did not become true.
    """
    ends_at = time.monotonic() + _LIMIT_S
    while not condition():
        promise(time.monotonic() < ends_at, f"not within {_LIMIT_S:.0f} s: {what}")
        await asyncio.sleep(every_s)


class Ground:
    """A sandbox, a database with subscribers, and processes over it, one after the other."""

    def __init__(self, server: SandboxServer, folder: Path, **rules: Any) -> None:
        self.sandbox = server.sandbox
        self.base_url = server.base_url
        self.folder = folder
        self.rules = {"in_flight": 20, "lease_s": 1.0, "per_s": 500} | rules
        self.recipients: list[int] = []
        self.announced: list[tuple[AnnouncementId, str]] = []
        self.books = Books()
        self._terms_before = 0

    @property
    def in_flight(self) -> int:
        """W."""
        return self.rules["in_flight"]

    # What there is

    def people(self, count: int) -> list[int]:
        """Personas who have written to the bot."""
        return guests(self.sandbox.world, count)

    async def subscribe(self, count: int) -> None:
        """So many recipients."""
        self.recipients = self.people(count)
        async with open_database(self.folder / STATE_FILE) as database:
            async with _MIGRATING:
                await database.migrate()
            await subscribe(database, self.recipients)

    async def announce(self, policy: Policy, due_at: datetime | None = None) -> AnnouncementId:
        """An approved announcement that is due, or will be. No process may run."""
        number = len(self.announced) + 1
        words = f"Story {number} begins."
        content = Content(source=Locale.EN, texts={Locale.EN: words})
        due_at = due_at or datetime.now(UTC)
        announcement = approved(f"story{number}", content, due_at=due_at, terms=Terms(policy=policy))
        async with open_database(self.folder / STATE_FILE) as database:
            await SqlAnnouncementStore(database).create(announcement, request_key=f"story {number}")
        self.announced.append((announcement.announcement_id, words))
        return announcement.announcement_id

    def start(self, **orders: Any) -> Sender:
        """A process that plans and sends."""
        chosen = {"folder": self.folder, "base_url": self.base_url} | self.rules | orders
        return Sender(Orders(marks=self.folder, **chosen))

    def twin(self) -> Path:
        """Another folder over the same database, for a process beside the first."""
        folder = self.folder / "twin"
        folder.mkdir(exist_ok=True)
        link = folder / STATE_FILE
        if not link.is_symlink():
            link.symlink_to(self.folder / STATE_FILE)
        return folder

    def look(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Rows of the database as it is on the disk now."""
        with closing(sqlite3.connect(self.folder / STATE_FILE, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query, values).fetchall()

    def is_writable(self) -> bool:
        """Whether no process holds the database's lock for writing."""
        with closing(sqlite3.connect(self.folder / STATE_FILE, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            return True

    def deliveries(self, announcement_id: AnnouncementId) -> list[sqlite3.Row]:
        """All copies of an announcement."""
        query = "SELECT d.* FROM deliveries d JOIN occurrences o USING (occurrence_id) WHERE o.announcement_id = ?"
        return self.look(query, announcement_id)

    def is_finished(self, announcement_id: AnnouncementId) -> bool:
        """Whether nothing of it is left to do."""
        states = self.look("SELECT state FROM occurrences WHERE announcement_id = ?", announcement_id)
        return [row["state"] for row in states] == [OccurrenceState.FINISHED.value]

    @property
    def sending(self) -> int:
        """How many copies are in flight, as the database has it."""
        [row] = self.look("SELECT count(*) AS n FROM deliveries WHERE state = ?", DeliveryState.SENDING.value)
        return int(row["n"])

    def log(self) -> str:
        """The end of what the processes wrote."""
        file = self.folder / "sender.log"
        return file.read_text(encoding="utf-8")[-3000:] if file.exists() else ""

    # What happens

    async def tell(self, story: Story) -> Books:
        """One announcement from its due moment to its end.

        Raises:
            BrokenPromiseError: what must never happen has happened.
        """
        books, kept = Books(), self.books
        self.books, self._terms_before = books, self._epoch()
        announcement_id = await self.announce(story.policy)
        faults = list(self._troubles(story))
        for fault in faults:
            self.sandbox.faults.order(fault)
        wanted = [fault.count for fault in faults]
        for death in story.deaths:
            await self.strike(announcement_id, death)
            if self.is_finished(announcement_id):
                break
        await self.finish(announcement_id)
        self.sandbox.faults.clear()
        books.lost_answers += sum(
            count - fault.count
            for count, fault in zip(wanted, faults, strict=True)
            if fault.kind is not FaultKind.TOO_MANY
        )
        self.compare(announcement_id, story.policy)
        kept.add(books)
        self.books = kept
        return books

    def _troubles(self, story: Story) -> Iterable[FaultOrder]:
        for kind, skip in story.lost:
            yield FaultOrder(kind, method="sendMessage", skip=skip)
        for skip in story.storms:
            yield FaultOrder(FaultKind.TOO_MANY, method="sendMessage", skip=skip, count=_STORM, retry_after=1)
        for skip, happens in story.bursts:
            yield FaultOrder(FaultKind.BAD_GATEWAY, method="sendMessage", skip=skip, count=_STORM, effect=happens)

    async def strike(self, announcement_id: AnnouncementId, death: Death) -> None:
        """Let a process work until its death, or until there is nothing left to do."""
        if death.point is CrashPoint.CP10:
            await self._stop_beyond_the_lease(announcement_id, death)
        elif death.point is CrashPoint.CP4:
            async with half_way(self.base_url) as (base_url, halves):
                await self._kill_when(lambda: len(halves) >= death.after, announcement_id, death, base_url=base_url)
        elif death.point in _HANGS:
            many = 100_000
            hanging = FaultOrder(FaultKind.HANG, method="sendMessage", count=many, effect=_HANGS[death.point])
            self.sandbox.faults.order(hanging)
            await self._kill_when(lambda: many - hanging.count >= death.after, announcement_id, death)
            hanging.method = "nothing"
        elif death.point is not None:
            sender = self.start(dies_at=death.point, after=death.after)
            await self._dies_or_finishes(sender, announcement_id, death)
        else:
            sender = self.start()
            if death.from_first_copy:
                epoch = self._epoch()
                await until(lambda: self._has_sent_since(epoch) or self.is_finished(announcement_id), "a first copy")
            await asyncio.sleep(death.after_s)
            await sender.kill()
            self._note(death)

    def _epoch(self) -> int:
        """How many terms there were so far."""
        return max((row["epoch"] for row in self.look("SELECT epoch FROM leases")), default=0)

    def _has_sent_since(self, epoch: int) -> bool:
        return bool(self.look("SELECT 1 FROM deliveries WHERE epoch > ? LIMIT 1", epoch))

    async def _kill_when(
        self, condition: Callable[[], bool], announcement_id: AnnouncementId, death: Death, **orders: Any
    ) -> None:
        """Kill it while its calls get no answer. Those it gave up before, on a slow machine, are lost answers."""
        in_doubt = self._in_doubt(announcement_id)
        sender = self.start(**orders)
        await until(lambda: condition() or self.is_finished(announcement_id), f"{death.point}")
        if self.is_finished(announcement_id):
            await sender.leave()
        else:
            await sender.kill()
            self._note(death)
            self.books.lost_answers += self._in_doubt(announcement_id) - in_doubt

    def _in_doubt(self, announcement_id: AnnouncementId) -> int:
        return sum(_doubts(row) for row in self.deliveries(announcement_id))

    async def _dies_or_finishes(self, sender: Sender, announcement_id: AnnouncementId, death: Death) -> None:
        await until(lambda: sender.has_ended or self.is_finished(announcement_id), f"{death.point}")
        if not sender.has_ended and death.point is not CrashPoint.CP9:
            await sender.leave()
        elif await sender.ended() == -signal.SIGKILL:
            self._note(death)

    async def _stop_beyond_the_lease(self, announcement_id: AnnouncementId, death: Death) -> None:
        """A second process takes over while the first stands still; then the first goes on, and must write nothing."""
        first = self.start(dies_at=CrashPoint.CP10, after=death.after, signal=signal.SIGSTOP)
        await until(lambda: first.is_stopped or self.is_finished(announcement_id), "a process to stand still")
        if not first.is_stopped:
            await first.leave()
            return
        while not self.is_writable():  # it stopped in the middle of a transaction
            first.signal(signal.SIGCONT)
            await asyncio.sleep(_LOOK_EVERY_S)
            first.signal(signal.SIGSTOP)
            await until(lambda: first.is_stopped, "a process to stand still")
        [epoch] = [row["epoch"] for row in self.look("SELECT epoch FROM leases")]
        left_behind = self._in_flight_of(epoch)
        promise(len(left_behind) <= self.in_flight, f"{len(left_behind)} in flight")
        second = self.start(folder=self.twin())
        await until(
            lambda: self.look("SELECT 1 FROM leases WHERE epoch > ?", epoch) and not self._in_flight_of(epoch),
            "a second process to take over",
        )
        judged = self._as_judged(left_behind, epoch)
        first.signal(signal.SIGCONT)
        await until(lambda: self.is_finished(announcement_id), "the end of the announcement")
        promise(self._as_judged(left_behind, epoch) == judged, "a process whose lease was over has written")
        await second.leave()
        await first.leave()
        self._note(death, sending=len(left_behind))

    def _in_flight_of(self, epoch: int) -> list[tuple[str, int]]:
        query = "SELECT occurrence_id, chat_id FROM deliveries WHERE state = ? AND epoch <= ?"
        return [(row[0], row[1]) for row in self.look(query, DeliveryState.SENDING.value, epoch)]

    def _as_judged(self, keys: Iterable[tuple[str, int]], epoch: int) -> list[tuple[object, ...]]:
        """Those of the rows that nobody has sent again since `epoch`."""
        query = (
            "SELECT state, message_id, attempt FROM deliveries WHERE occurrence_id = ? AND chat_id = ? AND epoch = ?"
        )
        final = [row for key in keys for row in self.look(query, *key, epoch)]
        return [(*row,) for row in final if DeliveryState(row["state"]).is_final]

    async def finish(self, announcement_id: AnnouncementId) -> None:
        """One healthy process sees it through."""
        sender = self.start()
        await until(
            lambda: self.is_finished(announcement_id) or sender.has_ended, "the end of the announcement", every_s=0.05
        )
        await sender.leave()
        promise(self.is_finished(announcement_id), "the last process ended too early")

    def _note(self, death: Death, sending: int | None = None) -> None:
        """Count a death. What it left behind is looked at before the next process begins."""
        left_behind = self.sending if sending is None else sending
        promise(left_behind <= self.in_flight, f"{left_behind} copies in flight at a kill")
        self.books.kills += 1
        self.books.by_point[death.point.name if death.point else "at random"] += 1
        self.books.most_sending = max(self.books.most_sending, left_behind)
        self.books.in_doubt += left_behind

    # What was promised

    def compare(self, announcement_id: AnnouncementId, policy: Policy) -> None:
        """The database against what the sandbox has."""
        rows, words = self.deliveries(announcement_id), dict(self.announced)[announcement_id]
        [occurrence] = self.look("SELECT * FROM occurrences WHERE announcement_id = ?", announcement_id)
        promise(occurrence["audience"] == len(rows) == len(self.recipients), f"{len(rows)} rows")
        promise({row["chat_id"] for row in rows} == set(self.recipients), "other chats than those who agreed")
        doubts = 0
        for row in rows:
            copies = self.copies(row["chat_id"], words)
            self._compare_row(row, copies, policy)
            state = DeliveryState(row["state"])
            doubts += _doubts(row)
            self.books.copies += len(copies)
            self.books.sent += state is DeliveryState.SENT
            self.books.unknown += state is DeliveryState.UNKNOWN
            self.books.repeated += len(copies) > 1
        self.books.recipients += len(rows)
        ended_hard = max(self.books.kills, self._epoch() - self._terms_before - 1)
        """By a kill, or since a slow machine did not renew the lease in time; the last term ends in good order."""
        bound = self.in_flight * ended_hard + self.books.lost_answers
        promise(doubts <= bound, f"{doubts} doubts, at most {bound}")

    def copies(self, chat_id: int, words: str) -> list[dict[str, Any]]:
        """What of the announcement has arrived in a chat, in order."""
        world = self.sandbox.world
        conversation = world.private(world.bots[DEFAULT_BOT_ID], world.personas[chat_id])
        return [message for message in conversation.messages.values() if words in message.get("text", "")]

    @staticmethod
    def _compare_row(row: sqlite3.Row, copies: Sequence[dict[str, Any]], policy: Policy) -> None:
        state, shown = DeliveryState(row["state"]), dict(row)
        promise(state in (DeliveryState.SENT, DeliveryState.UNKNOWN), f"not settled, or lost: {shown}")
        if state is DeliveryState.SENT:
            ids = [message["message_id"] for message in copies]
            promise(row["message_id"] in ids, f"sent, and the sandbox does not know it: {shown}, {ids}")
        may_repeat = policy is Policy.AT_LEAST_ONCE and row["may_repeat"]
        promise(len(copies) <= 1 + bool(may_repeat), f"{len(copies)} copies: {shown}")
        marked = sum(message["text"].startswith(_MARK) for message in copies)
        promise(len(copies) - marked <= 1, f"a second copy without its mark: {shown}")
        if state is DeliveryState.UNKNOWN and policy is Policy.AT_LEAST_ONCE:
            promise(bool(row["may_repeat"]) or row["crashes"] >= 2, f"given up without a second try: {shown}")


class Asking:
    """Visitors who ask all the while, and what became of it."""

    def __init__(self, ground: Ground, visitors: int) -> None:
        self._ground = ground
        self._visitors = ground.people(visitors)
        self._bot = ground.sandbox.world.bots[DEFAULT_BOT_ID]
        self.asked: dict[int, list[str]] = defaultdict(list)
        self.update_ids: set[int] = set()
        self.failed = self.repeated = 0

    def ask(self, count: int) -> None:
        """So many questions, the visitors taking turns."""
        for _ in range(count):
            number = len(self.update_ids) + 1
            visitor = self._visitors[number % len(self._visitors)]
            place = person.place_of(self._ground.sandbox, visitor, DEFAULT_BOT_ID, None)
            question = f"What about hall number {number}?"
            person.say(self._ground.sandbox, place, question, reply_to=None, entities=None)
            self.asked[visitor].append(question)
            self.update_ids.add(self._bot.updates.held()[-1][1].update["update_id"])

    @property
    def is_settled(self) -> bool:
        """Whether all is fetched and handled."""
        waiting = self._ground.look("SELECT count(*) AS n FROM inbox WHERE state = ?", InboxState.PENDING.value)
        return not len(self._bot.updates) and not waiting[0]["n"]

    def compare(self, kills: int) -> None:
        """Every update is in the inbox, once, and handled; every question was answered.

        Only one whose handling more kills cut short than it has attempts got an apology instead; only a kill between
        an answer and its commit made a second answer.
        """
        rows = self._ground.look("SELECT update_id, state, attempts FROM inbox")
        stored = {row["update_id"] for row in rows}
        promise(stored >= self.update_ids, f"{len(self.update_ids - stored)} updates lost")
        promise(len(stored) == len(rows), "an update was stored twice")
        left = Counter(row["state"] for row in rows if row["state"] != InboxState.DONE.value)
        self.failed = left.pop(InboxState.FAILED.value, 0)
        promise(not left, f"not handled: {left}")
        given_up = [row for row in rows if row["state"] == InboxState.FAILED.value]
        promise(all(row["attempts"] > ATTEMPTS for row in given_up), "given up before its time")
        unanswered = 0
        for visitor, questions in self.asked.items():
            answers = [message["text"] for message in self._answers(visitor)]
            counts = [sum(f"You asked: {question}" in answer for answer in answers) for question in questions]
            unanswered += counts.count(0)
            apologies = sum(_APOLOGY in answer for answer in answers)
            promise(counts.count(0) <= apologies, f"{counts.count(0)} without a word, {apologies} apologies: {visitor}")
            self.repeated += sum(max(0, count - 1) for count in counts)
        promise(unanswered <= self.failed, f"{unanswered} without an answer, {self.failed} given up with an apology")
        bound = kills * CHATS_AT_ONCE
        promise(self.repeated <= bound, f"{self.repeated} answers repeated, at most {bound}")

    def _answers(self, visitor: int) -> list[dict[str, Any]]:
        world = self._ground.sandbox.world
        messages = world.private(self._bot, world.personas[visitor]).messages.values()
        return [message for message in messages if message["from"]["is_bot"]]


async def ask_through_kills(ground: Ground, *, seed: int, updates: int, kills: int, visitors: int = 200) -> Asking:
    """Visitors ask while announcements go out and the process is killed at random moments.

    Raises:
        BrokenPromiseError: an update or a copy was lost, or there is one too many.
    """
    rng, asking, lost = random.Random(seed), Asking(ground, visitors), []
    going: AnnouncementId | None = None
    for kill in range(kills):
        if going is None or ground.is_finished(going):
            going = await ground.announce(tuple(Policy)[len(ground.announced) % 2])
        lost += _lost_answers(ground, rng, 2 * updates // kills)
        share = updates * (kill + 1) // kills - updates * kill // kills
        asking.ask(share // 2)
        sender = ground.start(answers_visitors=True)
        await asyncio.sleep(rng.uniform(0.1, 0.6))
        asking.ask(share - share // 2)
        await asyncio.sleep(rng.uniform(0.0, 2.0))
        await sender.kill()
        ground._note(Death())
    sender = ground.start(answers_visitors=True)
    await until(
        lambda: (asking.is_settled and all(map(ground.is_finished, dict(ground.announced)))) or sender.has_ended,
        "all answered and all announced",
        every_s=0.25,
    )
    await sender.leave()
    ground.sandbox.faults.clear()
    ground.books.lost_answers = sum(1 - fault.count for fault in lost)
    asking.compare(kills)
    for number, (announcement_id, _) in enumerate(ground.announced):
        ground.compare(announcement_id, tuple(Policy)[number % 2])
    return asking


def _lost_answers(ground: Ground, rng: random.Random, calls: int) -> list[FaultOrder]:
    """One answer in twenty of the next calls is lost, to copies and to visitors alike; the message has arrived."""
    faults = [
        FaultOrder(rng.choice((FaultKind.RESET_AFTER, FaultKind.HALF)), method="sendMessage", skip=rng.randrange(calls))
        for _ in range(calls // _LOST_ONE_IN)
    ]
    for fault in faults:
        ground.sandbox.faults.order(fault)
    return faults


def _doubts(row: sqlite3.Row) -> int:
    """How often it was in doubt whether this copy has arrived."""
    return (row["state"] == DeliveryState.UNKNOWN.value) + bool(row["may_repeat"])


@asynccontextmanager
async def half_way(base_url: str) -> AsyncIterator[tuple[str, list[bytes]]]:
    """An address that lets half of each request through to the sandbox, and those halves."""
    host, _, port = base_url.removeprefix("http://").partition(":")
    halves: list[bytes] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, onward = await asyncio.open_connection(host, int(port))
        try:
            request = await reader.read(65_536)
            onward.write(request[: len(request) // 2])
            await onward.drain()
            halves.append(request)
            await reader.read()
        except ConnectionError:
            pass  # it was killed
        finally:
            onward.close()
            writer.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", halves
    finally:
        server.close()


@asynccontextmanager
async def open_ground(folder: Path, *, recipients: int, **rules: Any) -> AsyncIterator[Ground]:
    """A sandbox in this process and a database in the folder, with so many who agreed to announcements."""
    async with sandbox_server(limits=SandboxLimits(messages_per_chat=1_000, calls=1_000)) as server:
        ground = Ground(server, folder, **rules)
        await ground.subscribe(recipients)
        yield ground


async def tell_stories(given: argparse.Namespace) -> int:
    """Stories until there were so many kills, two at a time; prints each. Returns how many broke a promise."""
    total, failed, began = Books(), [], time.perf_counter()
    seeds = count(given.seed)

    async def tell_on() -> None:
        while total.kills < given.kills:
            story = story_of(next(seeds), recipients=given.recipients)
            books = await _told_apart(story, given.recipients)
            if books is None:
                failed.append(story.seed)
                total.kills += len(story.deaths)
            else:
                total.add(books)
                print(f"story {story.seed}, {story.policy}: {books}", flush=True)

    async with asyncio.TaskGroup() as group:
        for _ in range(1 if given.kills == 1 else _AT_A_TIME):
            group.create_task(tell_on())
    told = next(seeds) - given.seed
    print(f"In all {told} stories in {time.perf_counter() - began:.0f} s, {len(failed)} broken {failed}: {total}")
    return len(failed)


async def tell_at_the_free_rate(given: argparse.Namespace) -> int:
    """The form with `--paced`: fails when a kill leaves more in doubt than the promise, on average, or a copy is repeated."""
    total = Books()
    for seed in count(given.seed):
        if total.kills >= given.kills:
            break
        with tempfile.TemporaryDirectory(prefix="scoda-kills-") as folder:
            async with open_ground(Path(folder), recipients=400, in_flight=30, per_s=_FREE_RATE) as ground:
                books = await _told(ground.tell(paced_story(seed)), ground, f"--paced --seed {seed} --kills 1")
        if books is None:
            return 1
        total.add(books)
    mean = total.in_doubt / total.kills
    print(f"At {_FREE_RATE} a second: {mean:.1f} in doubt a kill (wanted: at most {IN_DOUBT_A_KILL}); {total}")
    return int(mean > IN_DOUBT_A_KILL or total.repeated > 0)


def paced_story(seed: int, kills: int = _KILLS_A_PACED_STORY) -> Story:
    """Kills at random moments while copies go, and nothing else that goes wrong."""
    rng = random.Random(seed)
    deaths = [Death(after_s=rng.uniform(0.0, 1.0), from_first_copy=True) for _ in range(kills)]
    return Story(seed=seed, policy=Policy.AT_MOST_ONCE, deaths=deaths)


async def _told_apart(story: Story, recipients: int) -> Books | None:
    """A story on a ground of its own; None when it broke a promise."""
    with tempfile.TemporaryDirectory(prefix="scoda-kills-") as folder:
        async with open_ground(Path(folder), recipients=recipients) as ground:
            books: Books | None = await _told(
                ground.tell(story), ground, f"--seed {story.seed} --recipients {recipients} --kills 1"
            )
            return books


async def ask(given: argparse.Namespace) -> int:
    """The form with visitors."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="scoda-kills-") as folder:
        async with open_ground(Path(folder), recipients=given.recipients, per_s=300) as ground:
            work = ask_through_kills(ground, seed=given.seed, updates=given.updates, kills=given.kills)
            asking = await _told(work, ground, f"--updates {given.updates} --kills {given.kills} --seed {given.seed}")
            if asking is None:
                return 1
            print(
                f"{len(asking.update_ids):,} updates over {ground.books.kills} kills in "
                f"{time.perf_counter() - began:.0f} s: 0 lost, {asking.failed} given up after more kills than attempts, with an apology, "
                f"{asking.repeated} answered twice; {len(ground.announced)} announcements: {ground.books}"
            )
    return 0


async def _told(work: Awaitable[Any], ground: Ground, again: str) -> Any:
    try:
        return await work
    except (BrokenPromiseError, OSError, AssertionError) as error:
        print(f"BROKEN: {error}\n  again: python -m tests.faults.kills {again}\n{ground.log()}", flush=True)
        return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="how many")
    parser.add_argument("--recipients", type=int, default=3_000)
    parser.add_argument("--updates", type=int, default=0, help="so many questions of visitors besides")
    parser.add_argument("--seed", type=int, default=1, help="the first story's")
    parser.add_argument("--paced", action="store_true", help="at the free rate, counting what is left in doubt")
    given = parser.parse_args()
    form = tell_at_the_free_rate if given.paced else ask if given.updates else tell_stories
    return 1 if asyncio.run(form(given)) else 0


if __name__ == "__main__":
    sys.exit(main())
