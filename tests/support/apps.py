"""The whole bot in the test's own process, put together as `scoda run` does it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.adapters.system.clock import utc_now
from bot.app.announcing import announcing
from bot.app.chat import chat_options, chat_parts
from bot.app.core import Core, open_core
from bot.app.seeing import open_sight
from bot.chat.application import Chat, build_chat
from bot.i18n.translator import Catalogs, Translator
from bot.ids import Locale, VisitorId
from bot.settings import (
    AnnouncementSettings,
    HealthSettings,
    KnowledgeSettings,
    ModelSettings,
    OrganiserSettings,
    RelaySettings,
    Settings,
    StoreSettings,
    TelegramSettings,
)
from bot.visitors.model import Visitor
from tests.support.fakes import FakeTombstones
from tests.support.processes import Place, free_port
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import LIMIT_S, Town, until


@dataclass(frozen=True, slots=True)
class App:
    """A running bot and the town it serves."""

    town: Town
    core: Core
    chat: Chat

    @staticmethod
    def t(locale: Locale) -> Translator:
        """Speaks this language."""
        return _CATALOGS.translator(locale)

    async def is_idle(self) -> None:
        """Wait until every update is handled and committed."""
        await until(lambda: not self.town.unfetched and not self.chat.intake.waiting, "an empty inbox")

    async def stored(self, visitor_id: int) -> Visitor | None:
        """What the bot keeps of somebody, once all that they did is handled."""
        await self.is_idle()
        return await SqlVisitorStore(self.core.database, FakeTombstones()).find(VisitorId(visitor_id))


_CATALOGS = Catalogs()


@asynccontextmanager
async def running_app(
    place: Place,
    town: Town,
    mode: str = "polling",
    *,
    model: ModelSettings | None = None,
    owners: Sequence[int] = (),
    relay: RelaySettings | None = None,
    **telegram: Any,
) -> AsyncIterator[App]:
    """The bot at work in one of the two modes, without a language model if none is given; it must end in good order.

    It does not ask whether announcements are wanted: its tests wait for answers.
    """
    port = free_port()
    values: dict[str, Any] = {
        "token": SANDBOX_TOKEN,
        "base_url": town.base_url,
        "mode": mode,
        "poll_timeout_s": 5,
        "webhook_url": f"http://127.0.0.1:{port}/hook",
        "webhook_secret": "a-secret-for-this-test",
        "webhook_port": port,
    } | telegram
    settings = Settings(
        telegram=TelegramSettings(**values),
        knowledge=KnowledgeSettings(folder=place.knowledge),
        store=StoreSettings(data=place.data),
        model=model or ModelSettings(),
        organisers=OrganiserSettings(owners=list(owners)),
        relay=relay or RelaySettings(),
        announcements=AnnouncementSettings(ask_visitors=False),
        health=HealthSettings(port=0),
    )
    options = chat_options(settings)
    async with open_sight({}) as sight, open_core(settings, sight=sight) as core:
        await core.make_answerable()
        news = announcing(core.database, settings.store.data, sight.observer)
        await news.appoint(settings, now=utc_now())
        async with build_chat(options, chat_parts(core, news)) as chat:
            running = asyncio.create_task(chat.run())
            try:
                async with asyncio.timeout(LIMIT_S):
                    await chat.started.wait()
                yield App(town, core, chat)
            finally:
                chat.stop()
                async with asyncio.timeout(LIMIT_S):
                    await running
