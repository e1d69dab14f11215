"""The whole chat against the sandbox, in both modes, and its transport against sockets that misbehave."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from structlog.testing import capture_logs
from telegram import Bot
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.announcements.model import SendOutcome
from bot.answering.model import Outcome, TurnRecord
from bot.chat.application import ChatParts, build_chat
from bot.chat.menu import publish_menu
from bot.chat.options import ChatOptions
from bot.chat.text.rendering import Html
from bot.chat.text.texts import COMMANDS
from bot.chat.wire.failures import judge
from bot.chat.wire.intake import IntakeLimits
from bot.chat.wire.transport import AiohttpRequest
from bot.chat_state.model import InboxState
from bot.i18n.translator import Catalogs
from bot.ids import ChatId, Locale, VisitorId
from tests.support.chat_rig import LOCALES, NOW, FakeAnswerer, until
from tests.support.fakes import FakeButtonStore, FakeInbox, FakeState, FakeTurnStore, FakeVisitorStore
from tests.support.sandbox_keys import SANDBOX_TOKEN, person_client, sandbox_server

ANNA = 5_000_000_000_000_002


def parts(state: FakeState) -> ChatParts:
    async def health():
        return {"database": "ok", "inbox": "ok"}

    return ChatParts(
        answerer=FakeAnswerer(),
        visitors=FakeVisitorStore(state),
        inbox=FakeInbox(state),
        buttons=FakeButtonStore(state),
        turns=FakeTurnStore(state),
        transaction=state.transaction,
        health=health,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


async def test_R04_a_visitor_s_day_goes_on_over_a_start_of_the_bot():
    state = FakeState()
    for number in range(2):
        told = TurnRecord(str(number), ChatId(ANNA), VisitorId(ANNA), NOW, "?", Locale.EN, Outcome.EMPTY, 0.0, (), 1.0)
        await FakeTurnStore(state).record(told)
    async with sandbox_server() as server, person_client(server.base_url) as person:
        options = ChatOptions(
            token=SANDBOX_TOKEN, base_url=server.base_url, poll_timeout_s=1, limits=IntakeLimits(questions_per_day=2)
        )
        async with build_chat(options, replace(parts(state), now=lambda: NOW)) as chat:
            running = asyncio.create_task(chat.run())
            await asyncio.wait_for(chat.started.wait(), 10)
            await person.post(f"/sandbox/personas/{ANNA}/send", json={"text": "one more"})
            await until(lambda: [row for row in state.inbox.values() if row.state is InboxState.DONE])
            chat.stop()
            await asyncio.wait_for(running, 10)
    assert len(state.turns) == 2


@pytest.mark.parametrize("mode", ["polling", pytest.param("webhook", marks=pytest.mark.nightly)])
async def test_a_question_is_answered_in_either_mode_and_the_end_is_orderly(mode):
    state, port = FakeState(), free_port()
    async with sandbox_server() as server, person_client(server.base_url) as person:
        options = ChatOptions(
            token=SANDBOX_TOKEN,
            base_url=server.base_url,
            mode=mode,
            webhook_url=f"http://127.0.0.1:{port}/hook",
            webhook_secret="secret",
            webhook_port=port,
            health_port=0,
            poll_timeout_s=1,
        )
        async with build_chat(options, parts(state)) as chat:
            running = asyncio.create_task(chat.run())
            await asyncio.wait_for(chat.started.wait(), 10)
            for number in range(5):
                response = await person.post(f"/sandbox/personas/{ANNA}/send", json={"text": f"question {number}"})
                assert response.status_code == 200
            await until(lambda: len(state.turns) == 5)
            assert (await person.get(f"http://127.0.0.1:{chat.health_port}/readyz")).json()["status"] == "ok"
            chat.stop()
            chat.stop()
            await asyncio.wait_for(running, 10)
    assert [turn.question for turn in state.turns.values()] == [f"question {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("before", "took_ms", "is_answered"),
    [(19, 3.0, True), (20, 3.0, False), (2, 4000.0, False), (2, 4000.0, True)],
    ids=["room for one", "questions of a minute", "processor time of a minute", "a minute later"],
)
async def test_R04_a_restart_gives_nobody_more_than_a_minute_holds(request, before, took_ms, is_answered):
    state = FakeState()
    age = timedelta(minutes=2) if "later" in request.node.name else timedelta(seconds=10)
    for number in range(before):
        turn = TurnRecord(
            f"t{number}", ChatId(ANNA), VisitorId(ANNA), NOW - age, "q", Locale.EN, Outcome.ANSWERED, 0.9, (), took_ms
        )
        state.turns[turn.turn_id] = turn
    async with sandbox_server() as server, person_client(server.base_url) as person:
        await person.post(f"/sandbox/personas/{ANNA}/send", json={"text": "question"})
        options = ChatOptions(token=SANDBOX_TOKEN, base_url=server.base_url, poll_timeout_s=1, cpu_s_per_minute=6.0)
        async with build_chat(options, replace(parts(state), now=lambda: NOW)) as chat:
            running = asyncio.create_task(chat.run())
            await until(lambda: [row for row in state.inbox.values() if row.handled_at])
            chat.stop()
            await asyncio.wait_for(running, 10)
    assert (len(state.turns) == before + 1) is is_answered


async def test_a_replica_that_knows_nothing_yet_stores_updates_and_answers_none_of_them():
    state, known = FakeState(), asyncio.Event()
    async with sandbox_server() as server, person_client(server.base_url) as person:
        await person.post(f"/sandbox/personas/{ANNA}/send", json={"text": "question"})
        options = ChatOptions(token=SANDBOX_TOKEN, base_url=server.base_url, poll_timeout_s=1, is_replica=True)
        async with build_chat(options, replace(parts(state), knows_answers=known.is_set)) as chat:
            chat.leads.set()
            running = asyncio.create_task(chat.run())
            await until(lambda: state.inbox)
            assert not state.turns
            known.set()
            await until(lambda: state.turns)
            chat.stop()
            await asyncio.wait_for(running, 10)
    assert [turn.question for turn in state.turns.values()] == ["question"]


async def test_the_long_poll_has_a_transport_of_its_own(monkeypatch):
    made = []

    class NotingTransport(AiohttpRequest):
        def __init__(self, **options):
            super().__init__(**options)
            self.methods = set()
            made.append(self)

        async def do_request(self, url, *arguments, **more):
            self.methods.add(url.rpartition("/")[2])
            return await super().do_request(url, *arguments, **more)

    monkeypatch.setattr("bot.chat.application.AiohttpRequest", NotingTransport)
    async with sandbox_server() as server:
        options = ChatOptions(token=SANDBOX_TOKEN, base_url=server.base_url, poll_timeout_s=1)
        async with build_chat(options, parts(FakeState())) as chat:
            running = asyncio.create_task(chat.run())
            await asyncio.wait_for(chat.started.wait(), 10)
            await until(lambda: any("getupdates" in map(str.lower, transport.methods) for transport in made))
            chat.stop()
            await asyncio.wait_for(running, 10)
    general, updates = made
    assert updates.methods == {"getUpdates"}
    assert {"getMe", "deleteWebhook"} <= general.methods
    assert "getUpdates" not in general.methods


async def test_a_copy_of_the_data_reaches_the_person_as_a_file():
    state = FakeState()
    async with sandbox_server() as server, person_client(server.base_url) as person:
        options = ChatOptions(token=SANDBOX_TOKEN, base_url=server.base_url, poll_timeout_s=1)
        async with build_chat(options, parts(state)) as chat:
            running = asyncio.create_task(chat.run())
            await asyncio.wait_for(chat.started.wait(), 10)
            await person.post(f"/sandbox/personas/{ANNA}/send", json={"text": "/mydata"})
            await until(lambda: [row for row in state.inbox.values() if row.handled_at])
            messages = (await person.get(f"/sandbox/chats/{ANNA}/messages?bot=7000001")).json()["messages"]
            chat.stop()
            await asyncio.wait_for(running, 10)
    assert messages[-1]["document"]["file_name"] == "my-data.json"
    assert messages[-1]["document"]["mime_type"] == "application/json"


async def test_commands_and_descriptions_are_set_once_in_every_language():
    async with sandbox_server() as server:
        transport = AiohttpRequest(base_url=server.base_url, connect_timeout_s=5, read_timeout_s=5, connections=4)
        bot = Bot(SANDBOX_TOKEN, base_url=f"{server.base_url}/bot", request=transport)
        async with bot:
            assert await publish_menu(bot, Catalogs(LOCALES)) > 12
            assert await publish_menu(bot, Catalogs(LOCALES)) == 0
            commands = await bot.get_my_commands(language_code="ru")
            assert commands[0].command == "start"
            assert len(commands) == len(COMMANDS)


@asynccontextmanager
async def raw_server(answer: bytes | None):
    """A server that reads a request and answers with these bytes; None closes the connection, empty is silence."""
    waiting = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if answer == b"":
            await waiting.wait()
        elif answer:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        waiting.set()
        server.close()


async def _failure(base_url: str) -> TelegramError:
    transport = AiohttpRequest(base_url=base_url, connect_timeout_s=0.5, read_timeout_s=0.1, connections=1)
    await transport.initialize()
    try:
        with pytest.raises(TelegramError) as caught:
            await transport.post(f"{base_url}/botTOKEN/getMe")
    finally:
        await transport.shutdown()
    assert "TOKEN" not in repr(caught.value) + repr(caught.value.__cause__)
    return caught.value


async def test_a_refused_connection_is_certainly_not_sent():
    error = await _failure(f"http://127.0.0.1:{free_port()}")
    assert isinstance(error, NetworkError)
    assert judge(error).outcome is SendOutcome.NOT_SENT


async def test_a_closed_connection_and_silence_are_in_doubt():
    async with raw_server(None) as base_url:
        assert judge(await _failure(base_url)).outcome is SendOutcome.DOUBT
    async with raw_server(b"") as base_url:
        error = await _failure(base_url)
        assert isinstance(error, TimedOut)
        assert judge(error).outcome is SendOutcome.DOUBT
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as base_url:
        assert judge(await _failure(base_url)).outcome is SendOutcome.DOUBT


async def test_a_telegram_that_is_down_at_the_start_is_waited_for():
    state, port = FakeState(), free_port()
    options = ChatOptions(token=SANDBOX_TOKEN, base_url=f"http://127.0.0.1:{port}", poll_timeout_s=1)
    with capture_logs() as logs:
        async with build_chat(options, parts(state)) as chat:
            running = asyncio.create_task(chat.run())
            await until(lambda: logs)
            async with sandbox_server(port=port):
                await asyncio.wait_for(chat.started.wait(), 10)
                chat.stop()
                await asyncio.wait_for(running, 10)
    assert logs[0]["event"] == "telegram_unreachable"


async def test_behind_a_webhook_the_state_of_telegram_is_what_the_last_calls_have_met():
    """There is no long poll that would notice."""
    hook = {"mode": "webhook", "webhook_url": f"http://127.0.0.1:{free_port()}/hook", "webhook_secret": "secret"}
    port = free_port()
    options = ChatOptions(
        token=SANDBOX_TOKEN, base_url=f"http://127.0.0.1:{port}", **hook, webhook_port=0, health_port=0
    )
    async with httpx.AsyncClient() as client, build_chat(options, parts(FakeState())) as chat:

        async def telegram() -> str:
            ready = await client.get(f"http://127.0.0.1:{chat.health_port}/readyz")
            assert ready.status_code == 200, "updates are taken all the same"
            return ready.json()["components"]["telegram"]

        async with sandbox_server(port=port):
            running = asyncio.create_task(chat.run())
            await asyncio.wait_for(chat.started.wait(), 10)
            assert await telegram() == "ok"
        for _ in range(3):
            assert await chat.sender.draft(ChatId(ANNA), 1, Html("hi")) is not None
        assert await telegram() == "not reached"
        async with sandbox_server(port=port):
            await chat.sender.draft(ChatId(ANNA), 1, Html("hi"))
            assert await telegram() == "ok"
            chat.stop()
            await asyncio.wait_for(running, 10)
