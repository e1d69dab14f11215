"""Rows O01, O02, O08, D32 and D33 of tests/faults/README.md with the whole program, on both databases.

Whatever is under way, a signal ends the process within eight seconds by the clock on the wall: that is the promise, so
it is measured. What it leaves behind is looked at by the next start.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.app.state import STATE_FILE
from bot.sandbox.faults import FaultKind, FaultOrder
from tests.support.ending_bots import IN_FLIGHT, State, copies_of, ends_in_time, have_answers
from tests.support.little_knowledge import write_document
from tests.support.model_server import KEY, MODEL, Manner, open_model_server
from tests.support.office_files import docx, paragraph
from tests.support.postgresql import fresh_database, postgresql_server
from tests.support.processes import BotProcess, Place, environment, free_port, running_bot
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town, until

QUESTION = "How many freight trains ran in 2025?"
AT_ONCE_S = 30.0
"""After the second signal. An idle machine takes below a second; what the signal cuts short would wait NEVER_S."""
NEVER_S = 300.0
PATIENT = {"telegram_request_timeout_s": NEVER_S, "limits_answer_deadline_s": NEVER_S}
SECRET = "a-secret-for-this-test"
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)])
async def state(request: pytest.FixtureRequest, place: Place) -> AsyncIterator[State]:
    """An empty state of each kind, with the knowledge built."""
    if request.param == "sqlite":
        yield State(place, str(place.data / STATE_FILE), {})
        return
    async with fresh_database(request.getfixturevalue("postgresql_url")) as url:
        there = on_server(place, url)
        chosen = {**there.settings, "telegram_token": SANDBOX_TOKEN}
        made = await asyncio.to_thread(there.place.scoda, "knowledge", "sync", **chosen)
        assert made.returncode == 0, made.stderr
        yield there


def on_server(place: Place, url: str) -> State:
    beside = Place(place.home, place.knowledge, place.home / "beside")
    return State(beside, url, {"store_database_url": url})


def everything_hangs(town: Town) -> None:
    town.server.sandbox.faults.order(FaultOrder(FaultKind.HANG, count=100_000, effect=False))


async def knows(bot: BotProcess) -> bool:
    ready = await bot.get("/readyz")
    return ready is not None and ready.json()["components"].get("knowledge") == "ok"


# ── the promise ──


async def test_O01_a_signal_during_100_questions_and_a_broadcast_loses_none_and_leaves_none_in_doubt(
    state: State, town: Town
):
    chats = await state.announce(town, 400)
    visitors = await town.visitors(100)
    async with state.bot(town, delivery_messages_per_s=40) as bot:
        for visitor in visitors:
            await visitor.write(QUESTION)
        await until(lambda: sum(copies_of(town, chats).values()) > 20, "the first copies")
        await until(lambda: not town.unfetched, "all questions to be taken in")
        await ends_in_time(bot)
        assert not bot.events("end_cut_short")
    sent = copies_of(town, chats)
    assert 0 < sum(sent.values()) < len(chats)
    assert await state.deliveries() == {"sent": sum(sent.values()), "planned": len(chats) - sum(sent.values())}

    async with state.bot(town) as bot:
        await until(lambda: set(copies_of(town, chats).values()) == {1}, "a copy for everybody")
        await until(lambda: have_answers(visitors, 1), "an answer for everybody")
        await ends_in_time(bot)
    assert {len(await visitor.answers()) for visitor in visitors} == {1}
    assert set(copies_of(town, chats).values()) == {1}
    assert await state.deliveries() == {"sent": len(chats)}


@pytest.mark.nightly
async def test_O01_a_telegram_that_hangs_every_call_leaves_in_doubt_only_what_was_in_flight(state: State, town: Town):
    chats = await state.announce(town, 400)
    visitors = await town.visitors(20)
    async with state.bot(town, delivery_messages_per_s=40, **PATIENT) as bot:
        await until(lambda: sum(copies_of(town, chats).values()) > 20, "the first copies")
        for visitor in visitors:
            await visitor.write(QUESTION)
        await until(lambda: not town.unfetched, "all questions to be taken in")
        everything_hangs(town)
        calls = len(town.calls("sendMessage"))
        await until(lambda: len(town.calls("sendMessage")) > calls + IN_FLIGHT, "calls that hang")
        await ends_in_time(bot)
    town.server.sandbox.faults.clear()
    left = await state.deliveries()
    assert left["sending"] + left["in_doubt"] + left["unknown"] <= IN_FLIGHT
    assert left["planned"]

    async with state.bot(town) as bot:
        await until(lambda: have_answers(visitors, 1), "an answer for everybody")
        await until(state.has_sent_all, "all other copies")
        await ends_in_time(bot)
    assert max(copies_of(town, chats).values()) == 1
    done = await state.deliveries()
    assert done["unknown"] <= IN_FLIGHT
    assert done["sent"] + done["unknown"] == len(chats)


@pytest.mark.nightly
async def test_O01_a_webhook_is_told_to_come_again_from_the_signal_on(state: State, town: Town):
    port = free_port()
    webhook = {
        "telegram_mode": "webhook",
        "telegram_webhook_url": f"http://127.0.0.1:{port}/hook",
        "telegram_webhook_secret": SECRET,
        "telegram_webhook_port": port,
    }
    [asking, late] = await town.visitors(2)
    async with state.bot(town, **webhook, **PATIENT) as bot:
        await until(lambda: knows(bot), "the knowledge")
        await until(lambda: any(call["status"] == 200 for call in town.calls("setWebhook")), "the webhook")
        everything_hangs(town)
        await asking.write(QUESTION)
        await until(lambda: town.calls("sendMessage"), "a question that is being answered")
        bot.signal(signal.SIGTERM)
        await until(lambda: bot.events("stopping"), "the signal to be heard")
        assert (await bot.get("/livez")).status_code == 200
        ready = await bot.get("/readyz")
        assert (ready.status_code, ready.json()["components"]) == (503, {"intake": "stopping"})
        assert await _post(port) == 503
        assert await bot.ended() == 0
    town.server.sandbox.faults.clear()
    await late.write(QUESTION)
    async with state.bot(town, **webhook) as bot:
        await until(lambda: have_answers([asking, late], 1), "an answer for both")
        await ends_in_time(bot)


async def _post(port: int) -> int:
    update = {"update_id": 987654321, "message": {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}}
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        return (await client.post(f"http://127.0.0.1:{port}/hook", json=update, headers=headers)).status_code


async def test_O02_a_second_signal_ends_it_at_once_and_nothing_is_lost(state: State, town: Town):
    chats = await state.announce(town, 400)
    visitors = await town.visitors(20)
    async with state.bot(town, limits_shutdown_s=NEVER_S, **PATIENT) as bot:
        await until(lambda: sum(copies_of(town, chats).values()) > 20, "the first copies")
        everything_hangs(town)
        for visitor in visitors:
            await visitor.write(QUESTION)
        calls = len(town.calls("sendMessage"))
        await until(lambda: len(town.calls("sendMessage")) > calls, "calls that hang")
        bot.signal(signal.SIGTERM)
        await until(lambda: bot.events("stopping"), "the first signal to be heard")
        began = time.monotonic()
        bot.signal(signal.SIGTERM)
        assert await bot.ended() == 128 + signal.SIGTERM
        assert time.monotonic() - began < AT_ONCE_S
    town.server.sandbox.faults.clear()
    async with state.bot(town) as bot:
        await until(lambda: have_answers(visitors, 1), "an answer for everybody")
        await until(state.has_sent_all, "all other copies")
        await ends_in_time(bot)
    assert max(copies_of(town, chats).values()) == 1


# ── whatever is under way ──


@pytest.mark.nightly
async def test_O01_a_knowledge_that_is_being_built_does_not_hold_up_the_end(state: State, town: Town):
    async with state.bot(town) as bot:
        await until(lambda: knows(bot), "the knowledge")
        for number in range(20):
            body = "\n".join(f"## Hall {part} {{#h{part}}}\n\nHall {number} {part} is red.\n" for part in range(20))
            write_document(state.place.knowledge, f"en/venue/hall{number}.md", f"Hall {number}", body)
        await until(lambda: list((state.place.data / "index").glob(".build-*")), "the building of a new index")
        await ends_in_time(bot)
        assert not bot.events("end_cut_short")


@pytest.mark.nightly
async def test_O01_office_files_that_are_being_converted_do_not_hold_up_the_end(place: Place, town: Town):
    hours = "The hall is open from nine in the morning until six in the evening, every day of the week."
    async with running_bot(place, town.base_url) as bot:
        for number in range(8):
            rows = (paragraph(f"{hours} {row}") for row in range(4000))
            (place.knowledge / f"en/venue/guide{number}.docx").write_bytes(docx(paragraph("Guide", "Title"), *rows))
        process = psutil.Process(bot.process.pid)
        await until(lambda: any("spawn_main" in " ".join(one.cmdline()) for one in process.children()), "a converter")
        await ends_in_time(bot)
        assert not bot.events("end_cut_short")


@pytest.mark.nightly
async def test_O01_a_model_that_hangs_does_not_hold_up_the_end(place: Place, town: Town):
    john = await town.visitor("John", "en")
    async with open_model_server() as server:
        model = {"model_provider": "openai", "model_base_url": server.base_url, "model_model": MODEL}
        async with running_bot(place, town.base_url, **model, model_api_key=KEY, model_timeout_s=60) as bot:
            await until(lambda: knows(bot), "the knowledge")
            server.manner = Manner.HANGS
            asked = len(server.requests)
            await john.write(QUESTION)
            await until(lambda: len(server.requests) > asked, "a request that hangs")
            await ends_in_time(bot)
            assert not bot.events("end_cut_short")
    async with running_bot(place, town.base_url) as bot:
        await until(lambda: have_answers([john], 1), "the answer")
        await ends_in_time(bot)


@pytest.mark.nightly
async def test_O01_an_upload_that_hangs_does_not_hold_up_the_end(place: Place, town: Town):
    state = State(place, str(place.data / STATE_FILE), {})
    chats = await state.announce(town, 5, upload=b"%PDF-1.7\n" + bytes(2_000_000))
    everything_hangs_from = FaultOrder(FaultKind.HANG, method="sendDocument", count=100, effect=False)
    town.server.sandbox.faults.order(everything_hangs_from)
    async with state.bot(town, **PATIENT) as bot:
        await until(lambda: town.calls("sendDocument"), "an upload that hangs")
        await ends_in_time(bot)
        assert not bot.events("end_cut_short")
    left = await state.deliveries()
    assert left["planned"] >= len(chats) - 1


@pytest.mark.nightly
async def test_O01_a_sqlite_that_somebody_holds_does_not_hold_up_the_end(place: Place, town: Town):
    state = State(place, str(place.data / STATE_FILE), {})
    chats = await state.announce(town, 400)
    visitors = await town.visitors(10)
    async with state.bot(town) as bot:
        await until(lambda: sum(copies_of(town, chats).values()) > 20, "the first copies")
        with closing(sqlite3.connect(place.data / STATE_FILE, isolation_level=None, timeout=30)) as held:
            held.execute("BEGIN IMMEDIATE")
            for visitor in visitors:
                await visitor.write(QUESTION)
            await ends_in_time(bot)
            held.execute("ROLLBACK")
    async with state.bot(town) as bot:
        await until(lambda: have_answers(visitors, 1), "an answer for everybody")
        await until(state.has_sent_all, "all other copies")
        await ends_in_time(bot)
    assert max(copies_of(town, chats).values()) == 1


@pytest.mark.nightly
async def test_O01_a_postgresql_that_hangs_does_not_hold_up_the_end(place: Place, town: Town):
    with postgresql_server() as server:
        state = on_server(place, server.url)
        chats = await state.announce(town, 400)
        async with state.bot(town) as bot:
            await until(lambda: sum(copies_of(town, chats).values()) > 20, "the first copies")
            server.hang()
            try:
                await ends_in_time(bot)
            finally:
                server.go_on()
        async with state.bot(town) as bot:
            await until(state.has_sent_all, "all other copies")
            await ends_in_time(bot)
        assert max(copies_of(town, chats).values()) == 1


@pytest.mark.nightly
async def test_O01_a_signal_while_it_starts_ends_it_in_order(place: Place, town: Town):
    bot = await BotProcess.begin(place, town.base_url, telegram_base_url="", telegram_token="")
    try:
        await until((place.data / "sandbox" / STATE_FILE).exists, "the state to be opened")
        await ends_in_time(bot)
    finally:
        await bot.close()


# ── the disk and the server of the database ──


@pytest.mark.nightly
async def test_D32_a_disk_that_is_full_stops_the_sending_and_it_goes_on_by_itself(place: Place, town: Town):
    """SQLite can't write a byte more; the log of the process can't either, which must not matter (O08)."""
    state = State(place, str(place.data / STATE_FILE), {})
    chats = await state.announce(town, 300)
    async with state.bot(town, delivery_messages_per_s=60) as bot:
        await until(lambda: sum(copies_of(town, chats).values()) > 20, "the first copies")
        process = psutil.Process(bot.process.pid)
        process.rlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
        await until(lambda: _announcements(bot, "database_failed"), "the trouble to be seen")
        sent = sum(copies_of(town, chats).values())
        assert (await bot.get("/livez")).status_code == 200
        await asyncio.to_thread(_nothing_more, lambda: sum(copies_of(town, chats).values()), sent)
        process.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await until(lambda: set(copies_of(town, chats).values()) == {1}, "a copy for everybody")
        await until(lambda: _announcements(bot, "ok"), "the recovery")
        await ends_in_time(bot)
    assert await state.deliveries() == {"sent": len(chats)}


@pytest.mark.nightly
async def test_D32_a_postgresql_whose_disk_is_full_stops_the_sending_and_it_goes_on_by_itself(
    place: Place, town: Town, postgresql_url: str
):
    async with fresh_database(postgresql_url) as url:
        state = on_server(place, url)
        chats = await state.announce(town, 900)
        async with state.bot(town, delivery_messages_per_s=60) as bot:
            await until(lambda: sum(copies_of(town, chats).values()) > 20, "the first copies")
            async with _full_disk(url):
                await until(lambda: _announcements(bot, "database_failed"), "the trouble to be seen")
                sent = sum(copies_of(town, chats).values())
                await asyncio.to_thread(_nothing_more, lambda: sum(copies_of(town, chats).values()), sent)
            await until(lambda: set(copies_of(town, chats).values()) == {1}, "a copy for everybody")
            await ends_in_time(bot)
        assert await state.deliveries() == {"sent": len(chats)}


@asynccontextmanager
async def _full_disk(url: str) -> AsyncIterator[None]:
    """Every write to the deliveries fails as PostgreSQL says it of a disk that is full."""
    full = """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"""
    trigger = "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON deliveries EXECUTE FUNCTION full_disk()"
    engine = create_async_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        async with engine.begin() as connection:
            await connection.execute(text(full))
            await connection.execute(text(trigger))
        yield
        async with engine.begin() as connection:
            await connection.execute(text("DROP TRIGGER full_disk ON deliveries"))
    finally:
        await engine.dispose()


def _nothing_more(count: Callable[[], int], before: int) -> None:
    """Nothing is sent for as long as some sixty copies would have taken, but what was in flight."""
    time.sleep(1.0)
    assert count() <= before + IN_FLIGHT


async def _announcements(bot: BotProcess, state: str) -> bool:
    ready = await bot.get("/readyz")
    return ready is not None and ready.json()["components"].get("announcements") == state


@pytest.mark.nightly
async def test_D33_a_postgresql_that_restarts_during_the_sending_costs_no_copy_and_no_crash(place: Place, town: Town):
    with postgresql_server() as server:
        state = on_server(place, server.url)
        chats = await state.announce(town, 300)
        async with state.bot(town, delivery_messages_per_s=60) as bot:
            await until(lambda: sum(copies_of(town, chats).values()) > 20, "the first copies")
            await asyncio.to_thread(server.restart)
            await until(state.has_sent_all, "all other copies")
            await ends_in_time(bot)
        assert max(copies_of(town, chats).values()) == 1
        left = await state.deliveries()
        assert left["unknown"] <= IN_FLIGHT
        assert left["sent"] + left["unknown"] == len(chats)


@pytest.mark.nightly
async def test_D33_a_sqlite_that_is_busy_during_the_sending_costs_no_copy(place: Place, town: Town):
    state = State(place, str(place.data / STATE_FILE), {})
    chats = await state.announce(town, 300)
    async with state.bot(town, delivery_messages_per_s=60) as bot:
        await until(lambda: sum(copies_of(town, chats).values()) > 20, "the first copies")
        with closing(sqlite3.connect(place.data / STATE_FILE, isolation_level=None, timeout=30)) as held:
            held.execute("BEGIN IMMEDIATE")
            sent = sum(copies_of(town, chats).values())
            await asyncio.to_thread(_nothing_more, lambda: sum(copies_of(town, chats).values()), sent)
            held.execute("ROLLBACK")
        await until(lambda: set(copies_of(town, chats).values()) == {1}, "a copy for everybody")
        await ends_in_time(bot)
    assert await state.deliveries() == {"sent": len(chats)}


# ── a log that can't be written ──


@pytest.mark.nightly
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
async def test_O08_a_bot_whose_log_goes_nowhere_answers_sends_and_ends(place: Place, town: Town):
    """Standard error is a full device from the start: not a line of the log can be written."""
    state = State(place, str(place.data / STATE_FILE), {})
    chats = await state.announce(town, 30)
    [visitor] = await town.visitors(1)
    await visitor.write(QUESTION)
    settings = environment(
        {"telegram_base_url": town.base_url, "telegram_token": SANDBOX_TOKEN, "health_port": free_port()}
    )
    command = place.command("run")
    full = os.open("/dev/full", os.O_WRONLY)
    bot = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=settings, stdout=full, stderr=full)
    os.close(full)
    try:
        await until(lambda: have_answers([visitor], 1), "an answer")
        await until(state.has_sent_all, "a copy for everybody")
        assert set(copies_of(town, chats).values()) == {1}
        bot.terminate()
        assert await bot.wait() == 0
    finally:
        if bot.returncode is None:
            bot.kill()
            await bot.wait()
