"""Both sides of a conversation for the tests of the chat page: a person's phone and a bot."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import Any, Self

import httpx
from playwright.sync_api import BrowserContext, Locator, Page

from bot.sandbox.keys import Keys
from tests.support.sandbox_keys import CONTROL, KEYS, SANDBOX_TOKEN, sandbox_server


@contextmanager
def running_sandbox(port: int = 0, keys: Keys = KEYS) -> Iterator[str]:
    """A sandbox on this port, or a free one, in a thread of its own because the tests block; gives its address."""
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        async with sandbox_server(port=port, keys=keys) as server:
            over = asyncio.Event()
            started.set_result((server.base_url, asyncio.get_running_loop(), over))
            await over.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

    thread = Thread(target=run, name="page-sandbox")
    thread.start()
    base_url, loop, over = started.result(timeout=20)
    try:
        yield base_url
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(timeout=20)


class BotSide:
    """A bot that does nothing by itself: the test calls the Bot API for it."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(base_url=f"{base_url}/bot{SANDBOX_TOKEN}/", timeout=20.0, trust_env=False)
        self._offset = 0
        self._unread: list[dict[str, Any]] = []
        self.call("deleteWebhook", drop_pending_updates=True)

    def call(self, method: str, **params: Any) -> Any:
        """The method's result.

        Raises:
            AssertionError: Telegram said no.
        """
        answer = self.try_call(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    def try_call(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole answer of the method, good or bad."""
        return self._http.post(method, json=params).json()

    def hears(self, kind: str, **facts: object) -> dict[str, Any]:
        """The content of the next update of this kind with these fields (`sender`: the id in `from`).

        Updates before it are passed over.
        """
        for _ in range(10):
            for update in self._received():
                content = update.get(kind)
                if (
                    content is not None
                    and facts.items() <= {**_scalars(content), "sender": content["from"]["id"]}.items()
                ):
                    return content
        raise AssertionError(f"no {kind} with {facts} came")

    def _received(self) -> Iterator[dict[str, Any]]:
        if not self._unread:
            self._unread = self.call("getUpdates", offset=self._offset, timeout=2)
        while self._unread:
            update = self._unread.pop(0)
            self._offset = update["update_id"] + 1
            yield update

    def says(self, chat_id: int, text: str, **params: Any) -> dict[str, Any]:
        """A message from the bot."""
        return self.call("sendMessage", chat_id=chat_id, text=text, **params)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()


def _scalars(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if not isinstance(value, dict | list)}


class Phone:
    """One persona's column of the page, by what a person sees in it."""

    def __init__(self, page: Page, persona_id: int) -> None:
        self.page = page
        self.id = persona_id
        self.column = page.get_by_test_id(f"column-{persona_id}")
        self.composer = self.column.get_by_test_id(f"composer-{persona_id}")
        self.bubbles = self.column.get_by_test_id("bubble")

    def sends(self, text: str) -> None:
        """Types a text and presses the send button."""
        self.composer.fill(text)
        self.column.get_by_test_id(f"send-{self.id}").click()

    def bubble(self, text: str) -> Locator:
        """The bubble that contains the text."""
        return self.bubbles.filter(has_text=text)

    def button(self, text: str) -> Locator:
        """The inline button with the label."""
        return self.column.get_by_test_id("inline-button").filter(has_text=text)

    def chooses(self, item: str) -> None:
        """Picks an entry of the ⋯ menu by its test id."""
        self.column.get_by_test_id(f"more-{self.id}").click()
        self.page.get_by_test_id("popup-menu").get_by_test_id(item).click()


class Sandbox:
    """The running server, from the person's side."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.http = httpx.Client(base_url=base_url, headers=CONTROL, timeout=20.0, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.http.close()

    def persona(self, name: str, language_code: str) -> int:
        """A new persona who has pressed Start; gives the id."""
        persona_id = self.stranger(name, language_code)
        self.http.post(f"/sandbox/personas/{persona_id}/start", json={}).raise_for_status()
        return persona_id

    def stranger(self, name: str, language_code: str) -> int:
        """A new persona who has never written to the bot; gives the id."""
        answer = self.http.post("/sandbox/personas", json={"first_name": name, "language_code": language_code})
        return answer.raise_for_status().json()["id"]


def open_phones(context: BrowserContext, *persona_ids: int) -> list[Phone]:
    """The chat page with these personas side by side, once it is connected."""
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto("/?open=" + ",".join(map(str, persona_ids)))
    page.locator('[data-testid="connection"][data-state="live"]').wait_for(state="attached")
    assert failures == []
    return [Phone(page, persona_id) for persona_id in persona_ids]
