"""Bots on a state of either kind, with an announcement that goes out, and how they end."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import open_database
from bot.announcements.model import Attachment, AttachmentKind, Content
from bot.ids import Locale
from bot.sandbox.keys import DEFAULT_BOT_ID
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.stored_announcements import approved, guests, subscribe
from tests.support.visitors import Town, Visitor

NEWS = "The forum begins at nine in the Pearl."
IN_FLIGHT = 10
END_S = 8.0
"""Seconds from the signal to the end of the process: the promise."""
_QUICK: dict[str, object] = {"delivery_messages_per_s": 200, "delivery_in_flight": IN_FLIGHT, "delivery_lease_s": 3}


@dataclass(frozen=True, slots=True)
class State:
    """Where a bot keeps its state, and the settings that say so."""

    place: Place
    target: str
    settings: Mapping[str, object]

    async def announce(self, town: Town, recipients: int, *, upload: bytes = b"") -> list[int]:
        """Have an approved announcement that is due; returns who gets it."""
        chats = guests(town.server.sandbox.world, recipients)
        attachment = Attachment(AttachmentKind.DOCUMENT, "plan.pdf", upload) if upload else None
        content = Content(source=Locale.EN, texts={Locale.EN: NEWS}, attachment=attachment)
        async with open_database(self.target) as database:
            await database.migrate()
            await subscribe(database, chats)
            due = approved("news", content, due_at=datetime.now(UTC))
            await SqlAnnouncementStore(database).create(due, request_key="news")
        return chats

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database says, also beside a running bot."""
        async with open_database(self.target, lock=False) as database, database.reading() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    async def deliveries(self) -> Counter[str]:
        """How many copies are in which state."""
        return Counter(state for (state,) in await self.rows("SELECT state FROM deliveries"))

    async def has_sent_all(self) -> bool:
        """Whether no copy waits or is on its way any more."""
        left = await self.deliveries()
        return bool(left) and not left["planned"] + left["sending"] + left["in_doubt"]

    @asynccontextmanager
    async def bot(self, town: Town, **settings: object) -> AsyncIterator[BotProcess]:
        """A bot on this state that is up."""
        async with running_bot(self.place, town.base_url, **{**_QUICK, **self.settings, **settings}) as bot:
            yield bot


async def ends_in_time(bot: BotProcess, *, after_s: float = END_S) -> None:
    """Ask for the end: it comes with 0, and in time."""
    began = time.monotonic()
    bot.signal(signal.SIGTERM)
    assert await bot.ended() == 0, bot.log()
    assert time.monotonic() - began < after_s
    assert "Traceback" not in bot.log(), bot.log()


def copies_of(town: Town, chats: list[int]) -> Counter[int]:
    """How many copies of the announcement have arrived, by chat."""
    world = town.server.sandbox.world
    told: Counter[int] = Counter()
    for chat in chats:
        messages = world.private(world.bots[DEFAULT_BOT_ID], world.personas[chat]).messages.values()
        told[chat] = sum(NEWS in (message.get("text") or message.get("caption") or "") for message in messages)
    return told


async def have_answers(visitors: list[Visitor], count: int) -> bool:
    """Whether each of them has as many answers."""
    for visitor in visitors:
        if len(await visitor.answers()) < count:
            return False
    return True
