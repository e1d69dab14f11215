"""python-telegram-bot's transport contract: ours and the stock one give the same answers and refusals.

Where they differ on purpose, ours says more: whether a request can have arrived.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import telegram
from telegram import InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, HTTPXRequest

from bot.announcements.model import SendOutcome
from bot.chat.wire.failures import judge
from bot.chat.wire.transport import AiohttpRequest, Encoded, LostAnswerError, NotSentError, post
from bot.sandbox.attachments import small_png
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town, open_town, until

TIMEOUT_S = 0.5


def ours(base_url: str, connections: int = 10) -> BaseRequest:
    return AiohttpRequest(
        base_url=base_url, connect_timeout_s=TIMEOUT_S, read_timeout_s=TIMEOUT_S, connections=connections
    )


def stock(base_url: str, connections: int = 10) -> BaseRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        read_timeout=TIMEOUT_S,
        connect_timeout=TIMEOUT_S,
        httpx_kwargs={"trust_env": False},
    )


Make = Callable[..., BaseRequest]


@pytest.fixture(params=[ours, stock], ids=["ours", "stock"])
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    return request.param


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as town:
        yield town


@contextlib.asynccontextmanager
async def bot_with(make: Make, base_url: str, **more: int) -> AsyncIterator[telegram.Bot]:
    request = make(base_url, **more)
    bot = telegram.Bot(SANDBOX_TOKEN, base_url=f"{base_url}/bot", request=request)
    async with request:
        yield bot


async def reader_of(town: Town) -> int:
    return (await town.visitors(1))[0].id


async def test_a_text_goes_out_and_comes_back_as_it_was(make, town):
    chat_id = await reader_of(town)
    async with bot_with(make, town.base_url) as bot:
        sent = await bot.send_message(chat_id, "Привет, 你好, سلام 😀 & <b>", disable_notification=True)
    assert sent.text == "Привет, 你好, سلام 😀 & <b>"


async def test_a_file_is_uploaded_and_can_be_sent_again_by_its_id(make, town):
    chat_id = await reader_of(town)
    async with bot_with(make, town.base_url) as bot:
        first = await bot.send_photo(chat_id, InputFile(small_png(), filename="зал.png"), caption="Hall 3")
        again = await bot.send_photo(chat_id, first.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == first.photo[-1].file_unique_id
    assert first.caption == "Hall 3"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "429", "retry_after": 7}, RetryAfter),
        ({"kind": "403"}, Forbidden),
        ({"kind": "400"}, BadRequest),
        ({"kind": "401"}, InvalidToken),
        ({"kind": "500"}, NetworkError),
        ({"kind": "502"}, NetworkError),
        ({"kind": "reset_before"}, NetworkError),
        ({"kind": "reset_after"}, NetworkError),
        ({"kind": "half"}, NetworkError),
        ({"kind": "hang"}, TimedOut),
        ({"kind": "not_json"}, TelegramError),
        ({"kind": "ok_false"}, KeyError),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("way", ["by the library", "the short way"])
async def test_each_fault_raises_the_same(make, town, fault, error, way, caplog):
    caplog.set_level(logging.CRITICAL, logger="telegram.request.BaseRequest")
    chat_id = await reader_of(town)
    await town.act("faults", method="sendMessage", **fault)
    async with bot_with(make, town.base_url) as bot:
        with pytest.raises(error) as caught:
            await send(bot, chat_id, way)
    assert SANDBOX_TOKEN not in repr(caught.value) + repr(caught.value.__cause__)


async def send(bot: telegram.Bot, chat_id: int, way: str) -> object:
    if way == "by the library":
        return await bot.send_message(chat_id, "x")
    return await post(
        bot.request, f"{bot.base_url}/sendMessage", Encoded(json.dumps({"chat_id": chat_id, "text": "x"}).encode())
    )


async def test_a_group_that_moved_gives_its_new_id(make, town):
    member = await reader_of(town)
    group = await town.act("groups", title="Delegation", type="group", members=[member])
    moved = await town.act(f"groups/{group['id']}/migrate")
    async with bot_with(make, town.base_url) as bot:
        with pytest.raises(ChatMigrated) as caught:
            await bot.send_message(group["id"], "x")
    assert caught.value.new_chat_id == moved["id"]


async def test_the_short_way_sends_the_same_as_the_library(make, town):
    chat_id = await reader_of(town)
    body = {"chat_id": chat_id, "text": "<b>Hall</b> 3", "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}  # fmt: skip
    async with bot_with(make, town.base_url) as bot:
        result = await post(bot.request, f"{bot.base_url}/sendMessage", Encoded(json.dumps(body).encode()))
    assert result["text"] == "Hall 3"
    assert result["entities"] == [{"type": "bold", "offset": 0, "length": 4}]
    assert result["link_preview_options"] == {"is_disabled": True}


async def test_ours_tells_what_can_not_have_arrived_from_what_may_have(town):
    chat_id = await reader_of(town)
    async with bot_with(ours, town.base_url) as bot:
        for kind in ("hang", "reset_before", "reset_after", "half"):
            await town.act("faults", method="sendMessage", kind=kind)
            with pytest.raises(NetworkError) as caught:
                await bot.send_message(chat_id, "x")
            assert isinstance(caught.value.__cause__, LostAnswerError)
            assert judge(caught.value).outcome is SendOutcome.DOUBT
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with bot_with(ours, f"http://127.0.0.1:{port}") as bot:
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(chat_id, "x")
    assert isinstance(caught.value.__cause__, NotSentError)


async def test_waiting_for_a_free_connection_is_not_sending(town):
    chat_id = await reader_of(town)
    async with bot_with(ours, town.base_url, connections=1) as bot:
        await town.act("faults", method="getMe", kind="hang")
        hanging = asyncio.create_task(bot.get_me(read_timeout=5))
        await until(lambda: town.calls("getMe"), "the first call")
        with pytest.raises(TimedOut) as caught:
            await bot.send_message(chat_id, "x")
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
    assert isinstance(caught.value.__cause__, NotSentError)


async def test_a_transport_that_is_closed_sends_nothing():
    bot = telegram.Bot(SANDBOX_TOKEN, base_url="http://127.0.0.1:9/bot", request=ours("http://127.0.0.1:9"))
    with pytest.raises(NetworkError) as caught:
        await bot.send_message(1, "x")
    assert judge(caught.value).outcome is SendOutcome.NOT_SENT


@pytest.mark.parametrize("code", [400, 403])
def test_a_refusal_that_is_no_json_is_a_proxy_s_and_proves_nothing(code):
    error = (BadRequest if code == 400 else Forbidden)("Forbidden (403). Parsing the server response failed")
    error.__cause__ = TelegramError("no JSON")
    assert judge(error).outcome is SendOutcome.DOUBT


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ("Bad Request: message is too long", "too_long"),
        ("Bad Request: message can't be deleted for everyone", "too_old"),
        ("Bad Request: not enough rights to send text messages to the chat", "no_rights"),
        ("Bad Request: BUTTON_DATA_INVALID", "button_refused"),
        ("Bad Request: Mr. Smith was here", "refused"),
    ],
)
def test_reasons_are_constants_that_bear_no_text_of_telegram_s(description, reason):
    assert judge(BadRequest(description)).reason == reason
