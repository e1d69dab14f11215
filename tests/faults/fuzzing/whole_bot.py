"""The whole bot over a Telegram that is only pretended, to be given updates as fast as it can take them."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random

import pytest
from telegram.request import BaseRequest, RequestData

from bot.adapters.system.clock import utc_now
from bot.app.announcing import announcing
from bot.app.chat import chat_options, chat_parts
from bot.app.core import open_core
from bot.chat import application
from bot.chat.application import Chat, build_chat
from bot.chat.wire.envelope import read_update
from bot.chat.wire.pace_terms import Rates
from bot.settings import KnowledgeSettings, LimitSettings, OrganiserSettings, Settings, StoreSettings, TelegramSettings
from tests.faults.fuzzing.updates import OWNER
from tests.support.little_knowledge import write_little_knowledge

_REFUSALS = (
    (400, "Bad Request: message is not modified"),
    (400, "Bad Request: chat not found"),
    (400, "Bad Request: can't parse entities"),
    (403, "Forbidden: bot was blocked by the user"),
    (500, "Internal Server Error"),
)
_PATIENCE_S = 300.0
_MANY = 10**9
_BUTTONS_KEPT = 2000


class PretendedTelegram(BaseRequest):
    """Says yes to nearly everything, and remembers the buttons that it was given."""

    def __init__(self, random: Random) -> None:
        self.buttons: deque[str] = deque(maxlen=_BUTTONS_KEPT)
        self._random = random
        self._message_ids = count(1)

    @property
    def read_timeout(self) -> float:
        return 1.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **timeouts: object
    ) -> tuple[int, bytes]:
        name = url.rsplit("/", 1)[1]
        if name == "getUpdates":
            await asyncio.Event().wait()
        parameters = request_data.json_parameters if request_data else {}
        self._remember(parameters.get("reply_markup", "{}"))
        if name != "getMe" and self._random.random() < 0.03:
            code, told = self._random.choice(_REFUSALS)
            return code, json.dumps({"ok": False, "error_code": code, "description": told}).encode()
        return 200, json.dumps({"ok": True, "result": self._result(name, parameters)}).encode()

    def _remember(self, markup: str) -> None:
        rows = json.loads(markup).get("inline_keyboard", [])
        self.buttons += [button["callback_data"] for row in rows for button in row if "callback_data" in button]

    def _result(self, name: str, parameters: dict[str, str]) -> object:
        if name == "getMe":
            return {"id": 7000001, "is_bot": True, "first_name": "SCODA", "username": "scoda_test_bot"}
        if name == "getMyCommands":
            return []
        if name in ("getMyDescription", "getMyShortDescription"):
            return {"description": "", "short_description": ""}
        if name.startswith(("send", "edit")) and name != "sendChatAction":
            chat = {"id": int(parameters["chat_id"]), "type": "private"}
            return {"message_id": next(self._message_ids), "date": 1, "chat": chat, "text": "…"}
        return True


@dataclass(frozen=True, slots=True)
class WholeBot:
    """The bot at work, and what it offered to press."""

    chat: Chat
    telegram: PretendedTelegram
    running: asyncio.Task[None]

    async def take(self, updates: Iterable[dict[str, object]]) -> None:
        """Give it updates and wait until all of them are handled.

        Raises:
            TimeoutError: something waits for ever.
        """
        await self.chat.intake.accept([read_update(raw) for raw in updates])
        async with asyncio.timeout(_PATIENCE_S):
            while self.chat.intake.waiting:
                await asyncio.sleep(0.001)
                if self.running.done():  # the bot has ended: its error is the finding
                    await self.running


@asynccontextmanager
async def open_bot(place: Path, random: Random) -> AsyncIterator[WholeBot]:
    """The bot with a little knowledge, an owner, announcements, and limits that let every update through."""
    write_little_knowledge(place / "knowledge")
    settings = Settings(
        telegram=TelegramSettings(token="7000001:pretended", base_url="http://127.0.0.1:9"),
        knowledge=KnowledgeSettings(folder=place / "knowledge"),
        store=StoreSettings(data=place / "data"),
        organisers=OrganiserSettings(owners=[OWNER]),
        limits=LimitSettings(questions_per_minute=_MANY, cpu_s_per_minute=_MANY),
        health={"port": 0},
    )
    telegram = PretendedTelegram(random)
    unlimited = Rates(overall_per_s=_MANY, chat_per_s=_MANY, group_per_min=_MANY)  # the chats are a handful
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(application, "_transport", lambda options, connections: telegram)
        async with open_core(settings) as core:
            await core.make_answerable()
            await core.warm()
            parts = announcing(core.database, settings.store.data)
            await parts.begin(settings, now=utc_now())
            options = replace(chat_options(settings), rates=unlimited)
            async with build_chat(options, chat_parts(core, parts)) as chat:
                running = asyncio.create_task(chat.run())
                await chat.started.wait()
                yield WholeBot(chat, telegram, running)
                chat.stop()
                await running
