"""A crowd that writes at once to a running `scoda run`, while an announcement goes out and somebody floods.

    python -m tests.faults.load [--visitors N] [--knowledge DIR] [--data DIR]

Everybody writes two questions without waiting, twice over: the second time a flooder has sent 200 messages just before.
Then each pair of questions is asked once more by somebody patient, and the crowd must have been told the same, in the
same order, once. Measured are the waiting, what the flooder costs the others, how late the clock's turns begin, how the
announcement fares, and the memory of the bot's process. A broken promise fails it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import open_database
from bot.announcements.model import Content
from bot.chat.text import texts
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.sandbox import person
from bot.sandbox.keys import DEFAULT_BOT_ID
from tests.faults.simulation import BrokenPromiseError, promise
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.stored_announcements import approved, guests, subscribe
from tests.support.visitors import Town, open_town, until
from tests.support.workshop import Workshop, p95

EACH = 2
FLOOD = 200
WARM_UP = 50
PAIRS = 100
RECIPIENTS_A_VISITOR = 5
LEAST_RECIPIENTS = 1500
"""So many that the announcement goes on all the while."""
FLOODER_MOVES_P95 = 4 / 3
MOST_MEMORY = 1.3
ANNOUNCEMENTS_SHARE = 0.5
"""Of what answers leave of the pace, at least so much goes to the announcement."""
CLOCK_LATE_S = 2.0
STATE_FILE = "state.sqlite3"
_NEWS = "The forum moves to hall 7."
_IN_LINE = texts.in_line(Catalogs().translator(Locale.EN))
_READING = re.compile(r"\n\n<i>I am still reading my documents[^<]*</i>")
"""The announcement itself is read in meanwhile."""
_LIMIT_S = 600.0
_LOOK_EVERY_S = 0.1
_PER_S = 30


@dataclass(slots=True)
class Crowd:
    """People who write at once."""

    questions: dict[int, Sequence[str]]
    said_at: dict[int, float] = field(default_factory=dict)

    def waits(self, scene: Scene) -> list[float]:
        """Seconds from each question to its answer."""
        return [at - self.said_at[one] for one in self.questions for at, _ in scene.answers[one]]


@dataclass(slots=True)
class Report:
    """What was measured."""

    visitors: int
    alone_s: list[float]
    beside_flooder_s: list[float]
    flooder_answers: int
    flooder_first: int
    """Answers to the flooder before the last of the others had their first."""
    in_line: int
    late_s: list[float]
    copies: int
    copies_share: float
    rest_mb: float
    peak_mb: float

    @property
    def flooder_moves_p95(self) -> float:
        """By how much the others wait longer."""
        return p95(self.beside_flooder_s) / p95(self.alone_s)

    @property
    def memory_grows(self) -> float:
        """The most under load, to that at rest."""
        return self.peak_mb / self.rest_mb

    def __str__(self) -> str:
        alone, beside = sorted(self.alone_s), sorted(self.beside_flooder_s)
        return (
            f"{self.visitors} visitors with {EACH} questions each at once, all answered once and in order\n"
            f"  waiting: p50 {alone[len(alone) // 2]:.1f} s, p95 {p95(alone):.1f} s; beside a flooder "
            f"{beside[len(beside) // 2]:.1f} s and {p95(beside):.1f} s, {self.flooder_moves_p95:.2f} times\n"
            f"  the flooder got {self.flooder_answers} answers, {self.flooder_first} before everybody had one; "
            f"{self.in_line} were told that they are in line\n"
            f"  the clock: {len(self.late_s)} turns, late by {p95(self.late_s):.2f} s at p95, {max(self.late_s):.2f} s at most\n"
            f"  the announcement: {self.copies} copies meanwhile, {self.copies_share:.2f} of what answers leave\n"
            f"  memory: {self.rest_mb:.0f} MB at rest, {self.peak_mb:.0f} MB at most, {self.memory_grows:.2f} times"
        )


class Scene:
    """The bot, the town, and what the bot has sent so far."""

    def __init__(self, town: Town, bot: BotProcess) -> None:
        self.town = town
        self.bot = bot
        self.answers: dict[int, list[tuple[float, str]]] = defaultdict(list)
        """By chat: when each came, and what it says."""
        self.in_line: Counter[int] = Counter()
        self.copies: dict[int, float] = {}
        self.memory_mb: list[float] = []
        self._seen = 0

    async def watch(self) -> None:
        """Take note, until cancelled, of what is sent and of how much memory the bot has."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    def look(self) -> None:
        """Take note of what was sent since the last look."""
        fresh = [call for call in self.town.server.sandbox.calls.calls if call.number > self._seen and call.status]
        self._seen = max([self._seen, *(call.number for call in fresh)])
        for call in fresh:
            if call.method.lower() == "sendmessage" and call.status == 200:
                self._note(int(call.params["chat_id"]), call.at, str(call.params["text"]))
        self.memory_mb.append(self._memory_mb())

    def _note(self, chat: int, at: float, text: str) -> None:
        if text == _IN_LINE:
            self.in_line[chat] += 1
        elif text.startswith(_NEWS):
            promise(chat not in self.copies, f"a second copy to {chat}")
            self.copies[chat] = at
        else:
            self.answers[chat].append((at, _READING.sub("", text)))

    def _memory_mb(self) -> float:
        status = Path(f"/proc/{self.bot.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    async def has_read_all(self) -> bool:
        """Whether the bot knows all that it will: before, answers say that it goes on reading."""
        health = await self.bot.get("/readyz")
        return health is not None and '"knowledge":"ok"' in health.text.replace(" ", "")

    def people(self, count: int) -> list[int]:
        """People who have written to the bot before."""
        return guests(self.town.server.sandbox.world, count)

    def say(self, visitor: int, text: str) -> None:
        """Write and wait for nothing."""
        sandbox = self.town.server.sandbox
        place = person.place_of(sandbox, visitor, DEFAULT_BOT_ID, None)
        person.say(sandbox, place, text, reply_to=None, entities=None)

    async def write(self, pairs: Sequence[Sequence[str]], visitors: int) -> Crowd:
        """A crowd writes at once; returns when all have their answers."""
        people = self.people(visitors)
        crowd = Crowd({one: pairs[place % len(pairs)] for place, one in enumerate(people)})
        for one, questions in crowd.questions.items():
            crowd.said_at[one] = time.time()
            for question in questions:
                self.say(one, question)
            await asyncio.sleep(0)
        await self.until_answered(crowd)
        return crowd

    async def until_answered(self, crowd: Crowd) -> None:
        """Wait until everybody has as many answers as questions.

        Raises:
            BrokenPromiseError: somebody has not.
        """
        ends_at = time.monotonic() + _LIMIT_S
        while any(len(self.answers[one]) < EACH for one in crowd.questions):
            promise(time.monotonic() < ends_at, f"not everybody has an answer after {_LIMIT_S:.0f} s")
            await asyncio.sleep(_LOOK_EVERY_S)


async def run(place: Place, *, visitors: int) -> Report:
    """The whole story, on these folders.

    Raises:
        BrokenPromiseError: what must never happen has happened.
    """
    pairs = pairs_of(place.knowledge, min(PAIRS, visitors))
    async with open_town() as town:
        await _prepare(place, town, LEAST_RECIPIENTS + visitors * RECIPIENTS_A_VISITOR)
        async with running_bot(place, town.base_url, logs_level="debug") as bot:
            scene = Scene(town, bot)
            watching = asyncio.create_task(scene.watch())
            try:
                return await _tell(scene, pairs, visitors)
            finally:
                watching.cancel()


async def _tell(scene: Scene, pairs: Sequence[Sequence[str]], visitors: int) -> Report:
    await until(scene.has_read_all, "all knowledge to be read")
    await until(lambda: scene.copies and scene.bot.events("knowledge_published"), "the announcement, sent and read in")
    await scene.write(pairs[::-1], WARM_UP)
    scene.memory_mb.clear()
    await asyncio.sleep(1.0)
    rest_mb = max(scene.memory_mb)
    began = time.time()
    alone = await scene.write(pairs, visitors)
    [flooder] = scene.people(1)
    for number in range(FLOOD):
        scene.say(flooder, f"{pairs[number % len(pairs)][0]} {number}")
    beside = await scene.write(pairs, visitors)
    ended, peak_mb = time.time(), max(scene.memory_mb)
    turns = scene.bot.events("job_begun")
    copies = sum(began <= at <= ended for at in scene.copies.values())
    answers = sum(began <= at <= ended for told in scene.answers.values() for at, _ in told)
    promise("maximum number of running instances" not in scene.bot.log(), "the clock skipped a turn")
    await _compare(scene, pairs, [*alone.questions.items(), *beside.questions.items()])
    firsts = max(scene.answers[one][0][0] for one in beside.questions)
    return Report(
        visitors=visitors,
        alone_s=alone.waits(scene),
        beside_flooder_s=beside.waits(scene),
        flooder_answers=len(scene.answers[flooder]),
        flooder_first=sum(at < firsts for at, _ in scene.answers[flooder]),
        in_line=len(scene.in_line),
        late_s=[line["late_s"] for line in turns if line["job"] == "announcements_due"],
        copies=copies,
        copies_share=_share(copies, answers + sum(scene.in_line.values()), _PER_S * (ended - began)),
        rest_mb=rest_mb,
        peak_mb=peak_mb,
    )


async def _compare(scene: Scene, pairs: Sequence[Sequence[str]], asked: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Everybody was told what somebody patient is told, in this order and once."""
    expected: dict[Sequence[str], list[str]] = {}
    for pair in pairs:
        [reader] = scene.people(1)
        for number, question in enumerate(pair, start=1):
            scene.say(reader, question)
            ends_at = time.monotonic() + _LIMIT_S
            while len(scene.answers[reader]) < number:
                promise(time.monotonic() < ends_at, "somebody patient has no answer")
                await asyncio.sleep(_LOOK_EVERY_S)
        expected[pair] = [text for _, text in scene.answers[reader]]
    for one, pair in asked:
        told = [text for _, text in scene.answers[one]]
        promise(told == expected[pair], f"{one} was told {told} and not {expected[pair]}")
    promise(max(scene.in_line.values(), default=0) <= 1, "somebody was told twice that they are in line")


def _share(copies: int, replies: int, budget: float) -> float:
    """Of what replies have left of the budget; 1 where that is next to nothing."""
    left = budget - replies
    return copies / left if left > budget / 5 else 1.0


def pairs_of(knowledge: Path, count: int) -> list[tuple[str, ...]]:
    """Questions that the knowledge files answer, drawn by lot and taken together."""
    files = sorted(knowledge.glob("en/**/*.md"))
    known = list(_questions(files))
    random.Random(1).shuffle(known)
    return [tuple(known[place * EACH : (place + 1) * EACH]) for place in range(min(count, len(known) // EACH))]


def _questions(files: Sequence[Path]) -> Iterator[str]:
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("? "):
                yield line[2:].strip()


async def _prepare(place: Place, town: Town, recipients: int) -> None:
    """An approved announcement that is due, with its recipients."""
    content = Content(source=Locale.EN, texts={Locale.EN: _NEWS})
    async with open_database(place.data / STATE_FILE) as database:
        await database.migrate()
        await subscribe(database, guests(town.server.sandbox.world, recipients))
        announcement = approved("load", content, due_at=datetime.now(UTC))
        await SqlAnnouncementStore(database).create(announcement, request_key="load")


@asynccontextmanager
async def own_place(knowledge: Path, data: Path) -> AsyncIterator[Place]:
    """A copy of a data folder whose index is built, to work on."""
    with Workshop(knowledge, data).copied() as workshop, tempfile.TemporaryDirectory(prefix="scoda-load-") as home:
        yield Place(Path(home), workshop.knowledge, workshop.data)


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=1000)
    root = Path(__file__).parents[2]
    parser.add_argument("--knowledge", type=Path, default=root / "knowledge")
    parser.add_argument("--data", type=Path, default=root / "data")
    given = parser.parse_args()
    try:
        async with own_place(given.knowledge.resolve(), given.data.resolve()) as place:
            report = await run(place, visitors=given.visitors)
            print(report)
            promise(report.flooder_moves_p95 <= FLOODER_MOVES_P95, "the flooder makes the others wait")
            promise(report.memory_grows < MOST_MEMORY, "too much memory")
            promise(p95(report.late_s) <= CLOCK_LATE_S, "the clock is late")
            promise(report.copies_share >= ANNOUNCEMENTS_SHARE, "the announcement does not keep its pace")
    except (BrokenPromiseError, AssertionError) as error:
        print(f"BROKEN: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
