"""An announcement at Telegram's free rate through the sandbox with its flood control on, without and with visitors.

    python -m tests.bench.bench_announcement [--quick]

The whole way of a copy (courier, pace, sender, transport) in real time. Counted is what arrives at the sandbox, refused or not: the
fullest second, wherever it begins, the share of the limit that is used, and refusals. Visitors ask alone and in groups;
their delay is from the moment the answer is ready until Telegram has it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.announcements.model import AnnouncementId, OutgoingMessage, SendOutcome
from bot.chat.application import build_application
from bot.chat.options import ChatOptions
from bot.chat.text.rendering import Html
from bot.chat.wire.announcement_sender import TelegramAnnouncementSender
from bot.chat.wire.pace import Pace
from bot.chat.wire.pace_terms import Rates
from bot.chat.wire.rendered_messages import ReaderWords
from bot.chat.wire.sender import Sender, SendResult
from bot.chat.wire.transport import AiohttpRequest
from bot.i18n.translator import Catalogs
from bot.ids import ChatId, Locale, NewsTopic
from tests.bench.servers import server
from tests.support.sandbox_keys import SANDBOX_TOKEN, person_client
from tests.support.workshop import described, p95

LOCALES = Path(__file__).resolve().parents[2] / "locales"
TEXT = (
    "<b>The forum moves to hall 3.</b> It opens on 15 June at 9:30; registration is from 8:00 at the north gate. "
    'The <a href="https://example.org/programme">programme</a> stays as it was. ' * 4
)
WORDS = ReaderWords(
    lambda t: "You may have this already.", lambda t, topic: "No more about forums", lambda t: "Unsubscribe"
)
LIMIT_PER_S = 30
IN_FLIGHT = 40
VISITORS = 120
QUESTIONS_PER_S = 3.0
GROUP = 5
SEED = 20261125


@dataclass(frozen=True)
class Bot:
    """The sending side and the sandbox that it sends to."""

    announcement_sender: TelegramAnnouncementSender
    sender: Sender
    town: httpx.AsyncClient

    async def people(self, count: int) -> list[int]:
        body = {"first_name": "Guest", "count": count, "started": True}
        answer = await self.town.post("/sandbox/personas", json=body)
        return [persona["id"] for persona in answer.json()["personas"]]

    async def last_call(self) -> int:
        calls = (await self.town.get("/sandbox/calls")).json()["calls"]
        return calls[-1]["n"] if calls else 0

    async def calls_since(self, number: int) -> list[dict]:
        answer = await self.town.get("/sandbox/calls", params={"method": "sendMessage", "since": number})
        return answer.json()["calls"]


def outgoing(chat_id: int) -> OutgoingMessage:
    return OutgoingMessage(
        chat_id=ChatId(chat_id),
        locale=Locale.EN,
        zone="Asia/Shanghai",
        text=TEXT,
        moments={},
        attachment=None,
        buttons=(),
        topic=NewsTopic.FORUM,
        announcement_id=AnnouncementId("abcd1234"),
    )


async def announce(bot: Bot, chats: Sequence[int]) -> None:
    """One copy each, so many in flight."""
    waiting = iter(chats)

    async def work() -> None:
        for chat_id in waiting:
            receipt = await bot.announcement_sender.deliver(outgoing(chat_id))
            assert receipt.outcome is SendOutcome.SENT, receipt

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


async def ask(bot: Bot, visitors: Sequence[int], announcing: asyncio.Task[None]) -> list[float]:
    """Visitors ask while the announcement runs, alone or in groups, each at most every five seconds; their delays."""
    chance = random.Random(SEED)
    answers: list[asyncio.Task[float]] = []
    place = 0
    while not announcing.done():
        together = GROUP if chance.random() < 0.2 else 1
        for _ in range(together):
            answers.append(asyncio.create_task(answer(bot, visitors[place % len(visitors)])))
            place += 1
        await asyncio.sleep(chance.expovariate(QUESTIONS_PER_S) * together)
    return list(await asyncio.gather(*answers))


async def answer(bot: Bot, visitor: int) -> float:
    ready_at = time.perf_counter()
    assert await bot.sender.message(ChatId(visitor), Html("Hall 3, from nine.")) is SendResult.SENT
    return time.perf_counter() - ready_at


def fullest_second(times: Sequence[float]) -> int:
    """The most calls in any [t, t + 1 s)."""
    return max(bisect_left(times, at + 1.0) - place for place, at in enumerate(times))


def used_share(times: Sequence[float]) -> float:
    """The share of the limit that is used in the whole seconds of the run: never above 1 if the limit is kept."""
    seconds = int(times[-1] - times[0])
    return bisect_left(times, times[0] + seconds) / (LIMIT_PER_S * seconds)


async def run(bot: Bot, recipients: int, *, with_visitors: bool) -> bool:
    """One announcement; prints what was counted and tells whether it is as it should be."""
    chats, visitors = await bot.people(recipients), await bot.people(VISITORS)
    before = await bot.last_call()
    announcing = asyncio.create_task(announce(bot, chats))
    delays = await ask(bot, visitors, announcing) if with_visitors else []
    await announcing
    calls = await bot.calls_since(before)
    times = [call["at"] for call in calls]
    refused = sum(call["status"] != 200 for call in calls)
    most = fullest_second(times)
    used = used_share(times)
    print(
        f"{recipients} recipients{f', {len(delays)} answers to visitors' if with_visitors else ''}: "
        f"{times[-1] - times[0]:.1f} s, {100 * used:.1f} % of the limit used, "
        f"fullest second {most} of {LIMIT_PER_S}, refused {refused}"
    )
    is_well = most <= LIMIT_PER_S and not refused
    if with_visitors:
        in_ms = [1000 * delay for delay in delays]
        print(f"  delay of visitors' answers: {described(in_ms)}, longest {max(in_ms):.0f} ms (wanted: p95 < 500)")
        return is_well and p95(in_ms) < 500
    return is_well and used >= 0.95


async def main(*, quick: bool) -> bool:
    recipients = 300 if quick else 2000
    with server("flood") as base_url:
        transport = AiohttpRequest(
            base_url=base_url, connect_timeout_s=5.0, read_timeout_s=20.0, connections=IN_FLIGHT + 20
        )
        application = build_application(ChatOptions(token=SANDBOX_TOKEN, base_url=base_url), transport, transport)
        sender = Sender(application.bot, deadline_s=20.0, pace=Pace(Rates()))
        await transport.initialize()
        async with person_client(base_url, timeout_s=120) as town:
            bot = Bot(TelegramAnnouncementSender(sender, Catalogs(LOCALES), WORDS), sender, town)
            outcomes = [await run(bot, recipients, with_visitors=busy) for busy in (False, True)]
        await transport.shutdown()
    return all(outcomes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    sys.exit(0 if asyncio.run(main(quick=parser.parse_args().quick)) else 1)
