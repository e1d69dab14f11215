"""The whole program: what a start does, and what ends with it."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.app.run import run_bot
from bot.settings import Settings
from tests.support.little_knowledge import TRAINS_IN_2025, write_document
from tests.support.processes import BotProcess, Place, free_port, running_bot
from tests.support.sandbox_keys import KEYS, SANDBOX_TOKEN, person_client
from tests.support.visitors import Town, open_town, until

QUESTION = "How many freight trains ran in 2025?"


@asynccontextmanager
async def bot_with_sandbox(place: Place, **settings: object) -> AsyncIterator[tuple[BotProcess, httpx.AsyncClient]]:
    """`scoda run` without a token, which brings its own Telegram; and a client for that."""
    port = free_port()
    bot = await BotProcess.begin(
        place,
        "",
        telegram_base_url="",
        telegram_token="",
        sandbox_port=port,
        sandbox_control_token=KEYS.control,
        telegram_poll_timeout_s=1,
        **settings,
    )
    try:
        await bot.is_up()
        async with person_client(f"http://127.0.0.1:{port}") as client:
            yield bot, client
    finally:
        await bot.close()


@pytest.mark.nightly
async def test_without_a_token_it_brings_a_telegram_of_its_own_and_takes_it_away_again(place: Place):
    async with bot_with_sandbox(place) as (bot, client):
        assert f"Chat page: {client.base_url}" in bot.log()
        assert (await client.get("/")).headers["content-type"].startswith("text/html")
        await until(lambda: _answers(bot), "the index in the sandbox's own folder")
        persona = (await client.get("/sandbox/state")).json()["personas"][0]["id"]
        await client.post(f"/sandbox/personas/{persona}/send", json={"text": QUESTION})

        async def answered() -> bool:
            return TRAINS_IN_2025 in (await client.get(f"/sandbox/chats/{persona}/messages")).text

        await until(answered, "an answer on the chat page")
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log()
        with pytest.raises(httpx.ConnectError):
            await client.get("/")


@pytest.mark.parametrize("numbers", [[signal.SIGKILL], [signal.SIGTERM, signal.SIGTERM]])
async def test_the_sandbox_goes_with_a_bot_that_is_killed(place: Place, numbers: Sequence[signal.Signals]):
    async with bot_with_sandbox(place) as (bot, client):
        for number in numbers:
            bot.signal(number)
        await bot.ended()
        await until(lambda: _is_gone(client), "the end of the sandbox")


@pytest.mark.nightly
async def test_a_signal_in_the_middle_of_a_synchronisation_ends_in_order(place: Place, town: Town):
    async with running_bot(place, town.base_url) as bot:
        for number in range(10):
            body = "\n".join(f"## Hall {part} {{#h{part}}}\n\nHall {number} {part} is red.\n" for part in range(20))
            write_document(place.knowledge, f"en/venue/hall{number}.md", f"Hall {number}", body)
        await until(lambda: list((place.data / "index").glob(".build-*")), "the building of a new index")
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log()
    assert TRAINS_IN_2025 in place.scoda("ask", QUESTION).stdout


@pytest.mark.nightly
async def test_B09_what_the_sandbox_grants_never_reaches_a_bot_with_a_token(place: Place, town: Town):
    before = (place.data / "state.sqlite3").read_bytes()
    async with bot_with_sandbox(place, organisers_owners="[123456789]") as (bot, _):
        assert await bot.stop() == 0
    assert (place.data / "state.sqlite3").read_bytes() == before
    with sqlite3.connect(place.data / "sandbox" / "state.sqlite3") as connection:
        assert connection.execute("SELECT visitor_id FROM organisers").fetchall() == [(123456789,)]
    connection.close()
    listed = place.scoda("announce", "list", "--organisers", "--json")
    assert [one["id"] for one in json.loads(listed.stdout)] == [123456789], "the bot that ran last"
    assert f"State: {place.data / 'sandbox'}" in listed.stderr
    async with running_bot(place, town.base_url) as bot:
        assert await bot.stop() == 0
    listed = place.scoda("announce", "list", "--organisers", "--json")
    assert json.loads(listed.stdout) == []
    assert f"State: {place.data}," in listed.stderr


@pytest.mark.nightly
async def test_B10_a_state_of_another_server_stops_the_start_until_it_is_adopted(place: Place, town: Town):
    async with running_bot(place, town.base_url) as bot:
        assert await bot.stop() == 0
    async with open_town() as other:
        refused = await asyncio.to_thread(
            place.scoda,
            "run",
            telegram_token=SANDBOX_TOKEN,
            telegram_base_url=other.base_url,
            organisers_owners="[123456789]",
        )
        assert refused.returncode == 1
        assert "belongs to bot 7000001 of the server" in refused.stderr
        assert "scoda run --adopt-state" in refused.stderr
        assert not other.calls(), "it is refused before it connects"
        assert json.loads(place.scoda("announce", "list", "--organisers", "--json").stdout) == []
        async with running_bot(place, other.base_url, "--adopt-state") as bot:
            assert bot.events("state_adopted")
            assert await bot.stop() == 0
        async with running_bot(place, other.base_url) as bot:
            assert await bot.stop() == 0


async def _answers(bot: BotProcess) -> bool:
    ready = await bot.get("/readyz")
    return ready is not None and ready.json()["components"]["knowledge"] == "ok"


async def _is_gone(client: httpx.AsyncClient) -> bool:
    try:
        await client.get("/")
    except httpx.TransportError:
        return True
    return False


async def test_R05_a_start_raises_the_number_of_open_files_before_it_opens_any(monkeypatch: pytest.MonkeyPatch):
    class RaisedError(Exception):
        pass

    def raise_limit() -> None:
        raise RaisedError

    monkeypatch.setattr("bot.app.run.allow_many_open_files", raise_limit)
    with pytest.raises(RaisedError):
        await run_bot(Settings(), say=lambda _: None)
