"""A process that plans and sends announcements, and answers visitors if it is told to: made to be killed.

Database, stores, planner, dispatcher, courier and transport are the program's own, joined as `app_announcements` joins
them. Only the knowledge is missing, so that a start takes no time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.adapters.database.button_store import SqlButtonStore
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.adapters.system.clock import utc_now
from bot.announcements.crash_points import CrashPoint
from bot.announcements.planner import Planner
from bot.announcements.ports import AnnouncementSender
from bot.answering.model import Answer, Outcome, Question
from bot.app.announcing import announcing, delivery_rules, dispatcher_of, planner_of, planning_rules
from bot.chat.application import Chat, ChatParts, build_application, build_chat
from bot.chat.options import ChatOptions
from bot.chat.text import texts
from bot.chat.wire.announcement_sender import TelegramAnnouncementSender
from bot.chat.wire.intake import IntakeLimits
from bot.chat.wire.pace import Pace
from bot.chat.wire.pace_terms import Rates
from bot.chat.wire.rendered_messages import ReaderWords
from bot.chat.wire.sender import Sender
from bot.chat.wire.transport import AiohttpRequest
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.settings import DeliverySettings
from tests.support.chat_rig import CITATION, LOCALES, FakeAnswerer
from tests.support.fakes import FakeTombstones
from tests.support.sandbox_keys import SANDBOX_TOKEN

STATE_FILE = "state.sqlite3"
CHATS_AT_ONCE = 16
_PLAN_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a process is to do, and where it is to die."""

    folder: Path
    """Where the database is, and what a process holds while it runs."""
    marks: Path
    """Where it is noted how far the database is."""
    base_url: str
    in_flight: int
    lease_s: float
    per_s: int
    answers_visitors: bool = False
    dies_at: CrashPoint | None = None
    after: int = 1
    """How often the crash point is reached before."""
    signal: signal.Signals = signal.SIGKILL


def main(orders: Orders) -> None:
    """The process's whole life; its log is in its folder."""
    log = os.open(orders.folder / "sender.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    asyncio.run(work(orders))


async def work(orders: Orders) -> None:
    """Plan and send until SIGTERM."""
    probe = _Reaper(orders)
    delivery = DeliverySettings.model_construct(in_flight=orders.in_flight, lease_s=orders.lease_s)
    async with (
        open_database(orders.folder / STATE_FILE) as database,
        _answering(orders, database) if orders.answers_visitors else _sending(orders) as (announcement_sender, run),
    ):
        parts = announcing(database, orders.marks)
        planner = planner_of(parts, planning_rules(delivery), probe=probe)
        dispatcher = dispatcher_of(parts, announcement_sender, delivery_rules(delivery), probe=probe)
        running = asyncio.create_task(run())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, dispatcher.leave)
        planning = asyncio.create_task(_plan(planner, dispatcher.wake))
        await dispatcher.run()
        for task in (planning, running):
            task.cancel()
        await asyncio.gather(planning, running, return_exceptions=True)


class _Reaper:
    """Is a `Probe`."""

    def __init__(self, orders: Orders) -> None:
        self._point, self._left, self._signal = orders.dies_at, orders.after, orders.signal

    def __call__(self, point: CrashPoint) -> None:
        if point is self._point:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), self._signal)


async def _plan(planner: Planner, wake: Callable[[], None]) -> None:
    while True:
        while await planner.wake(utc_now()):
            wake()
        wake()
        await asyncio.sleep(_PLAN_EVERY_S)


@asynccontextmanager
async def _sending(orders: Orders) -> AsyncIterator[tuple[AnnouncementSender, Callable[[], Awaitable[None]]]]:
    transport = AiohttpRequest(
        base_url=orders.base_url, connect_timeout_s=2.0, read_timeout_s=2.0, connections=orders.in_flight + 8
    )
    application = build_application(ChatOptions(token=SANDBOX_TOKEN, base_url=orders.base_url), transport, transport)
    sender = Sender(application.bot, deadline_s=5.0, pace=Pace(_rates(orders)))
    words = ReaderWords(texts.announcement_may_repeat, texts.button_stop_topic, texts.button_stop_all)

    async def run() -> None:
        await asyncio.Event().wait()

    await transport.initialize()
    yield TelegramAnnouncementSender(sender, Catalogs(LOCALES), words), run
    await transport.shutdown()


@asynccontextmanager
async def _answering(
    orders: Orders, database: Database
) -> AsyncIterator[tuple[AnnouncementSender, Callable[[], Awaitable[None]]]]:
    options = ChatOptions(
        token=SANDBOX_TOKEN,
        base_url=orders.base_url,
        poll_timeout_s=1,
        request_timeout_s=5.0,
        limits=IntakeLimits(questions_per_minute=100_000, questions_per_day=100_000, chats_at_once=CHATS_AT_ONCE),
        rates=_rates(orders),
        copies_in_flight=orders.in_flight,
    )

    async def health() -> dict[str, str]:
        return {}

    parts = ChatParts(
        answerer=FakeAnswerer(_repeating),
        visitors=SqlVisitorStore(database, FakeTombstones()),
        inbox=SqlInbox(database),
        buttons=SqlButtonStore(database),
        turns=SqlTurnStore(database),
        transaction=database.transaction,
        health=health,
    )
    async with build_chat(options, parts) as chat:
        yield chat.announcement_sender, _run_of(chat)


def _run_of(chat: Chat) -> Callable[[], Awaitable[None]]:
    return chat.run


def _repeating(question: Question) -> Answer:
    return Answer(Outcome.ANSWERED, Locale.EN, Locale.EN, (f"You asked: {question.text}",), citations=(CITATION,))


def _rates(orders: Orders) -> Rates:
    return Rates(overall_per_s=orders.per_s, chat_per_s=100)
