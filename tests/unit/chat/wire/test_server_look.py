"""What a Bot API server says of a bot: asked of the sandbox, and of servers that are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.system.clock import utc_now
from bot.chat.wire.server_look import ask_server
from bot.errors import TelegramError
from tests.support.certificates import answering
from tests.support.processes import free_port
from tests.support.sandbox_keys import SANDBOX_TOKEN

LIMIT_S = 30.0
NOON = datetime(2031, 3, 1, 12, tzinfo=UTC)


def _answer(body: bytes, *headers: bytes):
    def send(connection) -> None:
        connection.recv(65536)
        length = b"Content-Length: %d" % len(body)
        connection.sendall(b"\r\n".join([b"HTTP/1.1 200 OK", length, *headers, b"Connection: close", b"", body]))

    return send


async def _ask(base_url: str, token: str = SANDBOX_TOKEN, method: str = "getMe", now=utc_now):
    return await ask_server(base_url, token, method, timeout_s=LIMIT_S, now=now)


async def test_the_sandbox_tells_who_the_bot_is_and_the_time(town):
    answer = await _ask(town.base_url)
    assert (answer.status, answer.refuses_token, answer.result["is_bot"]) == (200, False, True)
    assert answer.ahead_s is not None
    assert abs(answer.ahead_s) < 60


async def test_a_wrong_token_is_told_from_a_right_one(town):
    answer = await _ask(town.base_url, "7000009:AAbbCCddEEff")
    assert answer.refuses_token
    assert answer.description


@pytest.mark.parametrize("ahead_s", [-3600.0, 0.0, 7200.0])
async def test_the_clock_is_compared_with_the_servers_date(ahead_s):
    date = b"Date: Sat, 01 Mar 2031 12:00:00 GMT"
    with answering(_answer(b'{"ok":true,"result":{}}', date)) as port:
        answer = await _ask(f"http://127.0.0.1:{port}", now=lambda: NOON + timedelta(seconds=ahead_s + 0.5))
    assert answer.ahead_s == ahead_s


@pytest.mark.parametrize("date", [b"Date: noon", b"X: y"])
async def test_a_server_without_a_date_tells_no_time(date):
    with answering(_answer(b"<html>", date)) as port:
        answer = await _ask(f"http://127.0.0.1:{port}")
    assert (answer.ahead_s, answer.result, answer.description) == (None, {}, "the answer is no JSON")


async def test_a_server_that_is_away_is_named_without_the_token():
    with pytest.raises(TelegramError) as refusal:
        await _ask(f"http://127.0.0.1:{free_port()}")
    assert "127.0.0.1 can't be reached" in str(refusal.value)
    assert SANDBOX_TOKEN not in str(refusal.value)
