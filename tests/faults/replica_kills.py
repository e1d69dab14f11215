"""Three replicas that are killed again and again while visitors ask and an announcement goes out: all of it is real.

    python -m tests.faults.replica_kills [--kills N] [--updates N] [--recipients N] [--seed N]

Every update must be handled once, in the order of its chat, and every recipient get one copy, but those whose copy was in
flight when its sender died. A new sender must be there within seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import open_database
from bot.adapters.database.tables import deliveries, inbox, turns
from bot.announcements.model import Content, DeliveryState
from bot.chat.wire.intake import IntakeLimits
from bot.chat_state.model import InboxState
from bot.ids import Locale
from bot.sandbox import person
from bot.sandbox.engine import SandboxLimits
from bot.sandbox.keys import DEFAULT_BOT_ID
from tests.faults.simulation import promise
from tests.support.little_knowledge import write_little_knowledge
from tests.support.postgresql import postgresql_address
from tests.support.replicas import Fleet, fleet
from tests.support.stored_announcements import approved, guests, subscribe
from tests.support.visitors import Town, open_town, until

REPLICAS = 3
EACH = 4
"""Questions of one visitor, one right after the other: their order is what is looked at."""
NEW_SENDER_S = 5.0
_NEWS = "The forum opens at nine."
_IN_LINE = "Many people are asking at the moment."
"""How the word begins that a question waits; its answer follows."""
_IN_FLIGHT = 10
_BETWEEN_KILLS_S = (0.5, 3.0)
_LIMITS = SandboxLimits(calls=1_000_000)
"""Every answer is compared: a call that the sandbox forgot would be an answer that nobody gave."""


@dataclass(slots=True)
class Account:
    """What was counted."""

    kills: int = 0
    updates: int = 0
    repeated: int = 0
    copies: int = 0
    in_doubt: int = 0
    new_sender_s: list[float] = field(default_factory=list)
    ends_s: list[float] = field(default_factory=list)
    """How long those took that were asked to end."""

    def __str__(self) -> str:
        slowest = max(self.new_sender_s, default=0.0)
        return (
            f"{self.kills} kills, {self.updates} updates handled once and in order, {self.repeated} answers sent again, "
            f"{self.copies} copies, "
            f"{self.in_doubt} in doubt; {len(self.new_sender_s)} new senders, the slowest after {slowest:.1f} s"
        )


class Scene:
    """Replicas, visitors and an announcement."""

    def __init__(self, replicas: Fleet, town: Town, seed: int) -> None:
        self.replicas = replicas
        self.town = town
        self.chance = random.Random(seed)
        self.account = Account()

    async def open(self, recipients: int) -> list[int]:
        """Start the replicas, and have an announcement approved that is due; returns who gets it."""
        for _ in range(REPLICAS):
            await self.replicas.start(delivery_in_flight=_IN_FLIGHT)
        await self.replicas.are_ready()
        people = guests(self.town.server.sandbox.world, recipients)
        async with open_database(self.replicas.database_url, shares=True) as database:
            await subscribe(database, people)
            news = approved("news", Content(source=Locale.EN, texts={Locale.EN: _NEWS}), due_at=datetime.now(UTC))
            await SqlAnnouncementStore(database).create(news, request_key="news")
        return people

    async def ask(self, count: int) -> dict[int, int]:
        """Visitors ask; returns how many questions of whom."""
        sandbox = self.town.server.sandbox
        asked: dict[int, int] = {}
        for visitor in guests(sandbox.world, count // EACH):
            place = person.place_of(sandbox, visitor, DEFAULT_BOT_ID, None)
            for number in range(EACH):
                person.say(sandbox, place, f"Which hall has the number {number}?", reply_to=None, entities=None)
            asked[visitor] = EACH
            await asyncio.sleep(self.chance.uniform(0, 0.2))
        return asked

    async def kill(self, kills: int) -> None:
        """One after the other, whoever it is; each is replaced."""
        for _ in range(kills):
            await asyncio.sleep(self.chance.uniform(*_BETWEEN_KILLS_S))
            leader = self.replicas.leader()
            victim = self.chance.choice(self.replicas.living)
            await self.replicas.kill(victim)
            killed_at = time.monotonic()
            self.account.kills += 1
            if victim is leader:
                await until(self.replicas.leader, "a new sender")
                self.account.new_sender_s.append(time.monotonic() - killed_at)
            bot = await self.replicas.start(delivery_in_flight=_IN_FLIGHT)
            await bot.is_up()

    async def roll(self) -> None:
        """A new one comes, and then an old one is asked to end, until all are new."""
        for bot in list(self.replicas.living):
            newcomer = await self.replicas.start(delivery_in_flight=_IN_FLIGHT)
            await self.replicas.are_ready([newcomer])
            begun_at = time.monotonic()
            promise(await bot.stop() == 0, "one that was asked to end said that something was wrong")
            self.account.ends_s.append(time.monotonic() - begun_at)
            self.replicas.forget_ended()

    async def settle(self, asked: dict[int, int], people: list[int]) -> None:
        """Wait until nothing is left to do, and compare."""
        async with open_database(self.replicas.database_url, shares=True) as database:

            async def count(table, *where) -> int:
                async with database.reading() as connection:
                    return await connection.scalar(select(func.count()).select_from(table).where(*where)) or 0

            async def is_done() -> bool:
                waiting = await count(inbox, inbox.c.state == InboxState.PENDING)
                taken_in = await count(inbox) >= sum(asked.values())
                final = deliveries.c.state.not_in(
                    (DeliveryState.PLANNED, DeliveryState.SENDING, DeliveryState.IN_DOUBT)
                )
                return taken_in and not waiting and await count(deliveries, final) == len(people)

            await until(is_done, "the end of all that was begun")
            promise(await count(inbox) == sum(asked.values()), "an update was stored twice")
            promise(await count(inbox, inbox.c.state == InboxState.FAILED) == 0, "an update was given up")
            async with database.reading() as connection:
                query = select(turns.c.visitor_id, turns.c.question).order_by(turns.c.asked_at)
                rows = (await connection.execute(query)).all()
            self._compare_answers(asked, [(row.visitor_id, row.question) for row in rows])
            unknown = await count(deliveries, deliveries.c.state == DeliveryState.UNKNOWN)
        self._count_copies(people, unknown)

    def _compare_answers(self, asked: dict[int, int], kept: list[tuple[int, str]]) -> None:
        told = Counter(visitor for visitor, _ in kept)
        twice, never = (told - Counter(asked)).total(), (Counter(asked) - told).total()
        promise(not twice, f"the effects of {twice} answers were stored twice")
        promise(not never, f"the effects of {never} answers were not stored")
        answers = Counter(
            int(call["params"]["chat_id"])
            for call in self.town.calls("sendMessage")
            if call["status"] == HTTPStatus.OK and not _text(call).startswith((_NEWS, _IN_LINE))
        )
        for visitor, count in asked.items():
            order = [question for person_id, question in kept if person_id == visitor]
            promise(order == sorted(order), f"the questions of {visitor} were handled out of order")
            promise(answers[visitor] >= count, f"{visitor} has no answer to a question")
        self.account.updates = sum(asked.values())
        self.account.repeated = sum(answers.values()) - self.account.updates
        bound = self.account.kills * IntakeLimits().chats_at_once
        promise(self.account.repeated <= bound, f"{self.account.repeated} answers were sent again, at most {bound}")

    def _count_copies(self, people: list[int], unknown: int) -> None:
        copies = Counter(
            int(call["params"]["chat_id"])
            for call in self.town.calls("sendMessage")
            if call["status"] == HTTPStatus.OK and _text(call).startswith(_NEWS)
        )
        promise(max(copies.values(), default=0) <= 1, "somebody got a second copy")
        promise(len(people) - unknown <= len(copies) <= len(people), "somebody got no copy, and nobody says so")
        promise(unknown <= _IN_FLIGHT * max(self.account.kills, 1), "more are in doubt than can have been in flight")
        self.account.copies, self.account.in_doubt = len(copies), unknown


def _text(call: Mapping[str, Any]) -> str:
    return str(call["params"]["text"])


async def renew(server_url: str, home: Path, *, updates: int, recipients: int, seed: int) -> Account:
    """All replicas are replaced one by one, in good order, while as much goes on; returns what was counted.

    Raises:
        BrokenPromiseError: something was lost, doubled, out of order or in doubt.
    """
    write_little_knowledge(home / "knowledge")
    async with open_town(_LIMITS) as town, fleet(server_url, home / "knowledge", home, town) as replicas:
        scene = Scene(replicas, town, seed)
        people = await scene.open(recipients)
        asking = asyncio.create_task(scene.ask(updates))
        await scene.roll()
        await scene.settle(await asking, people)
        promise(scene.account.in_doubt == 0, f"{scene.account.in_doubt} copies are in doubt")
        return scene.account


async def tell(server_url: str, home: Path, *, kills: int, updates: int, recipients: int, seed: int) -> Account:
    """The whole story; returns what was counted.

    Raises:
        BrokenPromiseError: something was lost, doubled or out of order.
    """
    write_little_knowledge(home / "knowledge")
    async with open_town(_LIMITS) as town, fleet(server_url, home / "knowledge", home, town) as replicas:
        scene = Scene(replicas, town, seed)
        people = await scene.open(recipients)
        asking = asyncio.create_task(scene.ask(updates))
        await scene.kill(kills)
        await scene.settle(await asking, people)
        return scene.account


async def _main(arguments: argparse.Namespace) -> None:
    with postgresql_address() as url, tempfile.TemporaryDirectory() as folder:
        print(await tell(url, Path(folder), **vars(arguments)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--recipients", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(asyncio.run(_main(parser.parse_args())))
