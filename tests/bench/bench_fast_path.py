"""Paid broadcast: how many messages one core sends, beside python-telegram-bot as it comes and aiogram.

    python -m tests.bench.bench_fast_path [--quick]

All send the same announcement with its buttons to as many chats, as many in flight, against the same server in another
process, and take turns round by round. Ours is the whole way of a copy: courier, pace, sender, transport. A message per
CPU second is what the client's process can do when nothing else holds it up.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiogram
import telegram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import InlineKeyboardButton as AiogramButton
from aiogram.types import InlineKeyboardMarkup as AiogramMarkup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.request import HTTPXRequest

from bot.announcements.model import AnnouncementId, OutgoingMessage, SendOutcome
from bot.chat.application import build_application
from bot.chat.options import ChatOptions
from bot.chat.wire.announcement_sender import TelegramAnnouncementSender
from bot.chat.wire.pace import Pace
from bot.chat.wire.pace_terms import Rates
from bot.chat.wire.rendered_messages import ReaderWords
from bot.chat.wire.sender import Sender
from bot.chat.wire.transport import AiohttpRequest
from bot.i18n.translator import Catalogs
from bot.ids import ChatId, Locale, NewsTopic
from tests.bench.servers import server
from tests.support.sandbox_keys import SANDBOX_TOKEN, person_client
from tests.support.workshop import one_core, print_table

TEXT = (
    "<b>The forum moves to hall 3.</b> It opens on 15 June at 9:30; registration is from 8:00 at the north gate. "
    'The <a href="https://example.org/programme">programme</a> stays as it was. ' * 4
)
LINK = ("Programme", "https://example.org/programme")
STOPS = (("No more about forums", "u:abcd1234:forum"), ("Unsubscribe", "u:abcd1234:*"))
IN_FLIGHT = 32
LOCALES = Path(__file__).resolve().parents[2] / "locales"
WORDS = ReaderWords(lambda t: "You may have this already.", lambda t, topic: STOPS[0][0], lambda t: STOPS[1][0])

Send = Callable[[int], Awaitable[object]]


@dataclass
class Contender:
    """One library and what was measured of it."""

    name: str
    send: Send
    per_s: list[float] = field(default_factory=list)
    per_cpu_s: list[float] = field(default_factory=list)


@asynccontextmanager
async def stock(base_url: str) -> AsyncIterator[Send]:
    markup = InlineKeyboardMarkup(
        [[InlineKeyboardButton(LINK[0], url=LINK[1])]]
        + [[InlineKeyboardButton(label, callback_data=data)] for label, data in STOPS]
    )
    request = HTTPXRequest(connection_pool_size=IN_FLIGHT, pool_timeout=30.0)
    bot = telegram.Bot(SANDBOX_TOKEN, base_url=f"{base_url}/bot", request=request)

    async def send(chat_id: int) -> None:
        sent = await bot.send_message(chat_id, TEXT, parse_mode="HTML", reply_markup=markup, allow_paid_broadcast=True)
        assert sent.message_id

    async with request:
        yield send


@asynccontextmanager
async def with_aiogram(base_url: str) -> AsyncIterator[Send]:
    markup = AiogramMarkup(
        inline_keyboard=[
            [AiogramButton(text=LINK[0], url=LINK[1])],
            *([AiogramButton(text=label, callback_data=data)] for label, data in STOPS),
        ]
    )
    session = AiohttpSession(api=TelegramAPIServer.from_base(base_url))
    async with aiogram.Bot(SANDBOX_TOKEN, session=session) as bot:

        async def send(chat_id: int) -> None:
            sent = await bot.send_message(
                chat_id, TEXT, parse_mode="HTML", reply_markup=markup, allow_paid_broadcast=True
            )
            assert sent.message_id

        yield send


@asynccontextmanager
async def ours(base_url: str, **rates: int) -> AsyncIterator[Send]:
    transport = AiohttpRequest(base_url=base_url, connect_timeout_s=5.0, read_timeout_s=20.0, connections=IN_FLIGHT)
    application = build_application(ChatOptions(token=SANDBOX_TOKEN, base_url=base_url), transport, transport)
    await transport.initialize()
    pace = Pace(Rates(paid_messages=10**9, **rates))
    announcement_sender = TelegramAnnouncementSender(
        Sender(application.bot, deadline_s=20.0, pace=pace), Catalogs(LOCALES), WORDS
    )

    async def send(chat_id: int) -> None:
        receipt = await announcement_sender.deliver(_parcel(chat_id))
        assert receipt.outcome is SendOutcome.SENT, receipt

    try:
        yield send
    finally:
        await transport.shutdown()


def _parcel(chat_id: int) -> OutgoingMessage:
    return OutgoingMessage(
        chat_id=ChatId(chat_id),
        locale=Locale.EN,
        zone="Asia/Shanghai",
        text=TEXT,
        moments={},
        attachment=None,
        buttons=(LINK,),
        topic=NewsTopic.FORUM,
        announcement_id=AnnouncementId("abcd1234"),
        is_paid=True,
    )


async def broadcast(send: Send, chats: list[int]) -> tuple[float, float]:
    """Send to all of them, so many in flight; seconds, and seconds of this process's CPU."""
    waiting = iter(chats)

    async def work() -> None:
        for chat_id in waiting:
            await send(chat_id)

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - began, time.process_time() - cpu


async def readers(base_url: str, kind: str, count: int) -> list[int]:
    """Chats that the server knows."""
    if kind == "little":
        return list(range(1, count + 1))
    body = {"first_name": "Guest", "count": count, "started": True}
    async with person_client(base_url, timeout_s=120) as client:
        answer = await client.post("/sandbox/personas", json=body)
    return [persona["id"] for persona in answer.json()["personas"]]


async def bench(kind: str, *, messages: int, rounds: int) -> tuple[float, float]:
    """One table; returns ours : stock and ours : aiogram, by messages per CPU second."""
    with server(kind) as base_url:
        chats = await readers(base_url, kind, messages)
        async with (
            stock(base_url) as by_stock,
            with_aiogram(base_url) as by_aiogram,
            ours(base_url, paid_per_s=100_000, chat_per_s=100_000) as by_ours,
        ):
            contenders = [
                Contender("python-telegram-bot, stock (httpx)", by_stock),
                Contender("aiogram", by_aiogram),
                Contender("ours: courier on aiohttp", by_ours),
            ]
            for contender in contenders:
                await broadcast(contender.send, chats[:200])
            for _ in range(rounds):
                for contender in contenders:
                    took_s, cpu_s = await broadcast(contender.send, chats)
                    contender.per_s.append(messages / took_s)
                    contender.per_cpu_s.append(messages / cpu_s)
        print(f"\nServer: {kind}; {messages} messages a round, {rounds} rounds, {IN_FLIGHT} in flight, medians")
        return report(contenders)


def report(contenders: list[Contender]) -> tuple[float, float]:
    best = contenders[-1]
    rows = [
        (
            one.name,
            f"{statistics.median(one.per_s):,.0f}",
            f"{statistics.median(one.per_cpu_s):,.0f}",
            f"{statistics.median(best.per_s) / statistics.median(one.per_s):.2f}",
            f"{statistics.median(best.per_cpu_s) / statistics.median(one.per_cpu_s):.2f}",
        )
        for one in contenders
    ]
    print_table(("", "messages/s", "per CPU second", "ours : it", "ours : it (CPU)"), rows)
    own = statistics.median(best.per_cpu_s)
    return tuple(own / statistics.median(one.per_cpu_s) for one in contenders[:2])  # type: ignore[return-value]


async def at_the_limit(seconds: int) -> None:
    """With the limit that Telegram names: is it used, and never passed?"""
    with server("little") as base_url:
        async with ours(base_url, paid_per_s=1000) as send:
            took_s, cpu_s = await broadcast(send, list(range(1, 1000 * seconds + 1)))
    print(
        f"\nAt Telegram's limit for paid broadcast (1,000/s): {1000 * seconds / took_s:,.0f} messages/s "
        f"with {100 * cpu_s / took_s:.0f} % of one core"
    )


async def main(*, quick: bool) -> None:
    one_core()
    to_stock, to_aiogram = await bench("little", messages=1500 if quick else 4000, rounds=3 if quick else 7)
    await bench("sandbox", messages=400 if quick else 1500, rounds=2 if quick else 5)
    await at_the_limit(3 if quick else 10)
    print(f"\nours : stock = {to_stock:.2f} (wanted: at least 3), ours : aiogram = {to_aiogram:.2f} (at least 1)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(main(quick=parser.parse_args().quick))
