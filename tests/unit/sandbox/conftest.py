"""A sandbox on a free port with a clock that tests move by hand, and short words for both of its sides."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.sandbox.engine import SandboxLimits
from bot.sandbox.keys import DEFAULT_BOT_ID
from bot.sandbox.server import SandboxServer
from tests.support.sandbox_keys import SANDBOX_TOKEN, person_client, sandbox_server

NOON = 1_795_608_000.0


class HandClock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Telegram:
    """Both sides of one running sandbox: `call` is the bot's, `act` and `see` are the person's."""

    wei, anna, john = range(5_000_000_000_000_001, 5_000_000_000_000_004)
    bot_id, token = DEFAULT_BOT_ID, SANDBOX_TOKEN

    def __init__(self, server: SandboxServer, client: httpx.AsyncClient, clock: HandClock) -> None:
        self.server, self.client, self.clock = server, client, clock
        self.sandbox = server.sandbox
        self.base_url = server.base_url

    async def raw(self, method: str, token: str | None = None, **params: object) -> httpx.Response:
        return await self._post(f"/bot{token or self.token}/{method}", params)

    async def _post(self, address: str, body: dict) -> httpx.Response:
        content = json.dumps(body)  # in ASCII, so that even half a surrogate pair gets out
        return await self.client.post(address, content=content, headers={"Content-Type": "application/json"})

    async def call(self, method: str, **params: object):
        body = (await self.raw(method, **params)).json()
        assert body["ok"], body
        return body["result"]

    async def refused(self, method: str, **params: object) -> str:
        response = await self.raw(method, **params)
        body = response.json()
        assert body["ok"] is False
        assert response.status_code == body["error_code"]
        return body["description"]

    async def act(self, path: str, **body: object):
        response = await self._post(f"/sandbox/{path}", body)
        assert response.status_code == 200, response.text
        return response.json()

    async def see(self, path: str):
        response = await self.client.get(f"/sandbox/{path}")
        assert response.status_code == 200, response.text
        return response.json()

    async def start(self, *personas: int) -> None:
        """Lets personas write to the bot, and takes the updates away."""
        for persona in personas or (self.wei,):
            await self.act(f"personas/{persona}/start")
        await self.call("getUpdates", offset=-1)
        self.sandbox.world.bots[self.bot_id].updates.clear()

    async def say(self, text: str, persona: int | None = None, **more: object) -> dict:
        return (await self.act(f"personas/{persona or self.wei}/send", text=text, **more))["message"]

    async def messages(self, chat_id: int) -> list[dict]:
        return (await self.see(f"chats/{chat_id}/messages"))["messages"]

    @property
    def updates(self):
        return self.sandbox.world.bots[self.bot_id].updates

    @staticmethod
    async def until(condition: Callable[[], object]) -> None:
        """Lets the server work until something is true; the limit only ends a failing test."""
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110  # what is awaited is any state inside the server
                await asyncio.sleep(0)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def telegram(clock: HandClock) -> AsyncIterator[Telegram]:
    limits = SandboxLimits(messages_per_chat=50, calls=200, webhook_retry_s=(0.0,))
    async with (
        sandbox_server(clock=clock, limits=limits) as server,
        person_client(server.base_url) as client,
    ):
        yield Telegram(server, client, clock)
