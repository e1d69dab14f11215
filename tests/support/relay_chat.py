"""The handlers with a group of the staff: a desk over a real store, and a courier that posts to the fake Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.adapters.database.connection import open_database
from bot.adapters.database.relay_store import SqlRelayStore
from bot.answering.model import Answer, Loss, LostBy, Outcome
from bot.chat.staff.relay_post import RelayPost
from bot.ids import ChatId, Locale
from bot.relay.courier import CourierParts, RelayCourier
from bot.relay.hours import StaffHours
from bot.relay.model import RelayRules
from bot.relay.ports import Translating
from bot.relay.service import RelayDesk
from tests.support.chat_rig import BOT_ID, KEY, NOW, Rig, message, person
from tests.support.fakes import FakeTurnStore
from tests.support.relay_rig import Drafts, FirstLetters

GROUP = -1009
STAFF = person(77, "ru", "Ivan")
REFUSED = Answer(Outcome.UNKNOWN, Locale.EN, Locale.EN, loss=Loss(LostBy.LOW_CONFIDENCE, KEY, (Locale.EN,)))
_CHAT = {"id": GROUP, "type": "supergroup", "title": "Staff"}
_RULES = RelayRules(
    group=ChatId(GROUP),
    locale=Locale.EN,
    hours=StaffHours.read("Mon-Fri 09:00-18:00", ZoneInfo("Asia/Shanghai")),
    waits=timedelta(hours=48),
)


class RelayChat(Rig):
    """`carry` has the courier take its turns; `group` and `private` are what Telegram was asked to send there."""

    drafts: Drafts
    courier: RelayCourier
    store: SqlRelayStore

    def group(self) -> list[dict]:
        """The messages to the group, oldest first."""
        return [one for one in self.telegram.sent() if int(one["chat_id"]) == GROUP]

    def private(self) -> list[dict]:
        """The messages to visitors, oldest first."""
        return [one for one in self.telegram.sent() if int(one["chat_id"]) != GROUP]

    async def carry(self, *, turns: int = 2) -> None:
        """Carry what waits, and what comes of that."""
        for _ in range(turns):
            await self.courier.turn(self.now)
            self.now += timedelta(seconds=11)

    async def reply(self, text: str | None, to: dict, *, user: dict | None = STAFF, **fields: object) -> None:
        """Somebody in the group replies to one of the bot's messages there."""
        bot = {"id": BOT_ID, "is_bot": True, "first_name": "SCODA"}
        answered = {"message_id": 3, "date": int(NOW.timestamp()), "chat": _CHAT, "from": bot, "text": to["text"]}
        values: dict[str, Any] = {"chat": _CHAT, "reply_to_message": answered, "message_id": 8} | fields
        await self.handle(message(text, user=user, at=self.now, **values))

    async def ask_a_person(self, question: str = "dog <inside>?") -> None:
        """A visitor asks in vain, and says yes; the question reaches the group."""
        self.answerer.answer_to = lambda _question: REFUSED
        await self.write(question)
        await self.press(self.telegram.button("Ask a person"))
        await self.press(self.telegram.button("Pass it on"))
        await self.carry()


@asynccontextmanager
async def relay_chat(folder: Path, interpreter: Translating | None = None) -> AsyncIterator[RelayChat]:
    """The rig, ready."""
    rig, numbers = RelayChat(), count(1)
    async with open_database(folder / "state.db") as database:
        await database.migrate()
        rig.store, rig.drafts = SqlRelayStore(database), Drafts()
        turns = FakeTurnStore(rig.state)
        rig._changes["relay"] = RelayDesk(_RULES, rig.store, turns, rig.drafts, new_id=lambda: f"{next(numbers):08x}")
        await rig.open()
        parts = CourierParts(
            store=rig.store,
            post=RelayPost(rig.dispatcher._app, now=lambda: rig.now),
            identifier=FirstLetters(),
            interpreter=interpreter,
            transaction=database.transaction,
        )
        rig.courier = RelayCourier(_RULES, parts)
        yield rig
        await rig.application.shutdown()
