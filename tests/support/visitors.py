"""What visitors do and see in the sandbox, in few words, and the waiting for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bot.chat.text import texts
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.sandbox.engine import SandboxLimits
from bot.sandbox.keys import DEFAULT_BOT_ID
from bot.sandbox.server import SandboxServer
from tests.support.log_search import know_text
from tests.support.sandbox_keys import SANDBOX_TOKEN, person_client, sandbox_server

IN_LINE = frozenset(texts.in_line(Catalogs().translator(locale)) for locale in Locale)

LIMIT_S = 120.0
"""Ends only a test that fails: the machine may be busy."""
_LOOK_EVERY_S = 0.02

Json = dict[str, Any]


async def until(condition: Callable[[], object] | Callable[[], Awaitable[object]], what: str = "") -> Any:
    """Wait until something is true; returns it."""
    ends_at = time.monotonic() + LIMIT_S
    while True:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < ends_at, f"not within {LIMIT_S:.0f} s: {what or condition}"
        await asyncio.sleep(_LOOK_EVERY_S)


class Town:
    """A running sandbox seen from the side of the people."""

    def __init__(self, server: SandboxServer, client: httpx.AsyncClient) -> None:
        self.server = server
        self.base_url = server.base_url
        self._client = client

    async def act(self, path: str, **body: object) -> Any:
        """Do something as a person would; what they write may stand in no log."""
        know_text(body.get("text"))
        response = await self._client.post(f"/sandbox/{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    async def see(self, path: str) -> Any:
        """Look at something."""
        response = await self._client.get(f"/sandbox/{path}")
        assert response.status_code == 200, response.text
        return response.json()

    async def visitor(self, name: str, language: str = "", **more: object) -> Visitor:
        """Somebody new with an app in this language."""
        profile = await self.act("personas", first_name=name, language_code=language, **more)
        return Visitor(self, profile["id"])

    async def visitors(self, count: int) -> list[Visitor]:
        """A crowd that has written to the bot before."""
        added = await self.act("personas", first_name="Guest", language_code="en", count=count, started=True)
        return [Visitor(self, profile["id"]) for profile in added["personas"]]

    async def file(self, file_id: str) -> bytes:
        """The content of a file that somebody got."""
        found = (await self._client.get(f"/bot{SANDBOX_TOKEN}/getFile", params={"file_id": file_id})).json()
        response = await self._client.get(f"/file/bot{SANDBOX_TOKEN}/{found['result']['file_path']}")
        assert response.status_code == 200, response.text
        return response.content

    @property
    def unfetched(self) -> int:
        """How many updates the bot has not confirmed yet."""
        return len(self.server.sandbox.world.bots[DEFAULT_BOT_ID].updates)

    def calls(self, method: str = "") -> list[Json]:
        """What the bot has called so far, oldest first."""
        calls = (call.as_json() for call in self.server.sandbox.calls.calls)
        return [call for call in calls if not method or call["method"].lower() == method.lower()]

    def refused_calls(self) -> list[Json]:
        """The calls that the bot got no 200 for, apart from polls that ended with the bot."""
        ended = [call for call in self.calls() if call["status"] not in (200, None)]
        return [call for call in ended if call["method"].lower() != "getupdates"]


class Visitor:
    """One person and their chats."""

    def __init__(self, town: Town, persona_id: int) -> None:
        self.town = town
        self.id = persona_id

    async def start(self, payload: str = "") -> Json:
        """Tap «Start»; returns the bot's answer."""
        return await self._answered("start", payload=payload)

    async def ask(self, text: str) -> Json:
        """Write something in the private chat; returns the bot's answer."""
        return await self._answered("send", text=text)

    async def attach(self, kind: str, **more: object) -> Json:
        """Send something that is no text; returns the bot's answer."""
        return await self._answered("attach", kind=kind, **more)

    async def write(self, text: str, **more: object) -> Json:
        """Write and wait for nothing; returns the message."""
        return (await self.town.act(f"personas/{self.id}/send", text=text, **more))["message"]

    async def tap(self, message: Json, label: str) -> Json:
        """Press the button under `message` whose label contains `label`; returns what the app shows of it."""
        answer = await self.town.act(
            f"personas/{self.id}/press",
            message_id=message["message_id"],
            chat_id=message["chat"]["id"],
            callback_data=button(message, label)["callback_data"],
            wait_s=LIMIT_S,
        )
        assert answer["answered"]
        return answer

    async def tap_for_message(self, message: Json, label: str) -> Json:
        """Press a button whose effect is a new message; returns that."""
        last = await self.last_id()
        await self.tap(message, label)
        return await self.next_after(last)

    async def tap_for_change(self, message: Json, label: str) -> Json:
        """Press a button that changes its own message; returns that as it is then."""
        await self.tap(message, label)

        async def changed() -> Json | None:
            now = next(m for m in await self.messages() if m["message_id"] == message["message_id"])
            return now if now != message else None

        return await until(changed, f"a change after «{label}»")

    async def messages(self) -> list[Json]:
        """The private chat, oldest first."""
        return (await self.town.see(f"chats/{self.id}/messages?bot={DEFAULT_BOT_ID}"))["messages"]

    async def answers(self) -> list[Json]:
        """What the bot wrote in the private chat, but for the line that tells who waits long that they are in line."""
        written = [message for message in await self.messages() if message["from"]["is_bot"]]
        return [message for message in written if message.get("text") not in IN_LINE]

    async def last_id(self) -> int:
        """The number of the last message in the private chat."""
        return max((message["message_id"] for message in await self.messages()), default=0)

    async def next_after(self, message_id: int) -> Json:
        """The bot's first message after this one."""
        return await self._first_after(message_id, lambda _: True, "an answer")

    async def told(self, words: str, *, after: int) -> Json:
        """The bot's first message after that one with these words: notices may come between."""
        return await self._first_after(after, lambda message: words in message.get("text", ""), f"«{words}»")

    async def offered(self, label: str, *, after: int) -> Json:
        """The bot's first message after that one with such a button: notices may come between."""

        def offers(message: Json) -> bool:
            return any(label in key["text"] for key in buttons(message))

        return await self._first_after(after, offers, f"a button «{label}»")

    async def _first_after(self, message_id: int, is_wanted: Callable[[Json], bool], what: str) -> Json:
        async def found() -> Json | None:
            later = (message for message in await self.answers() if message["message_id"] > message_id)
            return next(filter(is_wanted, later), None)

        return await until(found, f"{what} to {self.id} after message {message_id}")

    async def _answered(self, action: str, **body: object) -> Json:
        message = (await self.town.act(f"personas/{self.id}/{action}", **body))["message"]
        return await self.next_after(message["message_id"])


def buttons(message: Json) -> list[Json]:
    """All buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [one for row in rows for one in row]


def button(message: Json, label: str) -> Json:
    """The button whose label contains `label`."""
    found = [one for one in buttons(message) if label in one["text"]]
    assert found, f"no button «{label}» among {[one['text'] for one in buttons(message)]}"
    return found[0]


@asynccontextmanager
async def open_town(limits: SandboxLimits | None = None) -> AsyncIterator[Town]:
    """A sandbox on a free port."""
    async with (
        sandbox_server(limits=limits) as server,
        person_client(server.base_url, timeout_s=LIMIT_S) as client,
    ):
        yield Town(server, client)


async def agreed(town: Town, name: str, language: str, question: str) -> Visitor:
    """A visitor asks something, is asked in turn whether announcements are wanted, and says yes."""
    t = Catalogs().translator(Locale(language))
    visitor = await town.visitor(name, language)
    answer = await visitor.ask(question)
    consent = await visitor.next_after(answer["message_id"])
    assert consent["text"] == texts.consent_question(t)
    assert texts.consent_given(t) in (await visitor.tap_for_change(consent, texts.button_yes(t)))["text"]
    return visitor
