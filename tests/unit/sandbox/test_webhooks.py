"""Webhooks, received by a real HTTP server beside the sandbox."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.webhooks import SECRET_HEADER


class Receiver:
    """A bot's own web server: notes what comes, and answers as it is told."""

    def __init__(self) -> None:
        self.bodies: list[dict] = []
        self.secrets: list[str | None] = []
        self.statuses: list[int] = []
        self.replies: list[dict] = []
        self.failing_once: set[str] = set()
        self.held: dict[str, asyncio.Event] = {}
        self.at_once = self.most_at_once = 0
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        self.secrets.append(request.headers.get(SECRET_HEADER))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        text = body["message"]["text"]
        if text in self.held:
            await self.held[text].wait()
        self.at_once -= 1
        if text in self.failing_once:
            self.failing_once.remove(text)
            return web.Response(status=500)
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            return web.Response(status=status)
        return web.json_response(self.replies.pop(0)) if self.replies else web.Response()

    @property
    def texts(self) -> list[str]:
        return [body["message"]["text"] for body in self.bodies]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.handle)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver


async def test_updates_arrive_with_the_secret_and_are_gone_then(telegram, receiver):
    await telegram.say("before")
    await telegram.call("setWebhook", url=receiver.url, secret_token="s3cret-_")
    await telegram.say("after")
    await telegram.until(lambda: receiver.texts == ["before", "after"] and not len(telegram.updates))
    assert receiver.secrets == ["s3cret-_"] * 2
    info = await telegram.call("getWebhookInfo")
    assert (info["url"], info["pending_update_count"], "last_error_message" in info) == (receiver.url, 0, False)


async def test_a_failed_update_comes_again_and_holds_back_its_own_chat_only(telegram, receiver):
    receiver.failing_once = {"first"}
    gate = receiver.held["first"] = asyncio.Event()
    await telegram.call("setWebhook", url=receiver.url)
    await telegram.say("first", telegram.wei)
    await telegram.say("second", telegram.wei)
    await telegram.until(lambda: receiver.texts == ["first"])
    await telegram.say("other chat", telegram.anna)
    await telegram.until(lambda: "other chat" in receiver.texts)
    assert "second" not in receiver.texts
    gate.set()
    await telegram.until(lambda: "second" in receiver.texts)
    assert receiver.texts == ["first", "other chat", "first", "second"]
    info = await telegram.call("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    assert info["last_error_date"] == int(telegram.clock())


async def test_the_same_update_is_repeated_until_it_is_taken(telegram, receiver):
    receiver.statuses = [500, 403, 302]
    await telegram.call("setWebhook", url=receiver.url)
    await telegram.say("again")
    await telegram.until(lambda: len(receiver.bodies) == 4 and not len(telegram.updates))
    assert len({body["update_id"] for body in receiver.bodies}) == 1


@pytest.mark.parametrize("connections", [1, 3])
async def test_no_more_connections_than_allowed(telegram, receiver, connections):
    gate = receiver.held["x"] = asyncio.Event()
    await telegram.call("setWebhook", url=receiver.url, max_connections=connections)
    for persona in range(telegram.wei, telegram.wei + 8):
        await telegram.say("x", persona)
    await telegram.until(lambda: receiver.at_once == connections)
    gate.set()
    await telegram.until(lambda: not len(telegram.updates))
    assert receiver.most_at_once == connections
    assert len(receiver.bodies) == 8


async def test_the_answer_may_be_a_method_call(telegram, receiver):
    receiver.replies = [{"method": "sendMessage", "chat_id": telegram.wei, "text": "from the answer"}]
    await telegram.call("setWebhook", url=receiver.url)
    await telegram.say("hello")
    await telegram.until(lambda: not len(telegram.updates))
    assert (await telegram.messages(telegram.wei))[-1]["text"] == "from the answer"


async def test_a_server_that_is_not_there_is_reported(telegram):
    await telegram.call("setWebhook", url="http://127.0.0.1:9/hook")
    await telegram.say("hello?")
    webhooks, bot = telegram.sandbox.webhooks, telegram.sandbox.world.bots[telegram.bot_id]
    await telegram.until(lambda: "last_error_message" in webhooks.info(bot))
    info = await telegram.call("getWebhookInfo")
    assert (info["last_error_message"], info["pending_update_count"]) == ("Connection refused", 1)
    await telegram.call("deleteWebhook")
    assert [update["message"]["text"] for update in await telegram.call("getUpdates")] == ["hello?"]


async def test_pending_updates_may_be_dropped(telegram):
    await telegram.say("old")
    await telegram.call("setWebhook", url="http://127.0.0.1:9/hook", drop_pending_updates=True)
    assert (await telegram.call("getWebhookInfo"))["pending_update_count"] == 0


async def test_the_answer_says_what_was_done(telegram, receiver):
    async def described(method, **params):
        return (await telegram.raw(method, **params)).json()["description"]

    assert await described("deleteWebhook") == "Webhook is already deleted"
    assert await described("setWebhook", url=receiver.url) == "Webhook was set"
    assert await described("setWebhook", url=receiver.url) == "Webhook is already set"
    assert await described("setWebhook", url="") == "Webhook was deleted"
    assert (await telegram.call("getWebhookInfo"))["url"] == ""


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"url": "http://example.org/hook"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            {"url": "https://example.org:8080/hook"},
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ({"url": "https://example.org:x/hook"}, "bad webhook: Wrong HTTP URL"),
        ({"url": "ftp://127.0.0.1/hook"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": "https://example.org", "secret_token": "a b"}, "secret token contains unallowed characters"),
        ({"url": "https://example.org", "secret_token": "a" * 257}, "secret token is too long"),
    ],
)
async def test_addresses_and_secrets_are_checked(telegram, params, reason):
    assert (await telegram.refused("setWebhook", **params)).startswith(f"Bad Request: {reason}")


async def test_a_bot_may_end_its_webhook_in_an_answer_to_it(telegram, receiver):
    receiver.replies = [{"method": "deleteWebhook"}]
    await telegram.call("setWebhook", url=receiver.url)
    await telegram.say("stop")
    await telegram.until(lambda: not telegram.sandbox.webhooks.url_of(telegram.sandbox.world.bots[telegram.bot_id]))
    await telegram.until(lambda: not len(telegram.updates))
    assert receiver.texts == ["stop"]
