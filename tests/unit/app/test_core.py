"""How the parts are put together: what a start does, what it leaves alone, and what ends with it."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.adapters.index.index_store import FileIndexStore
from bot.app import core as app
from bot.app.core import open_core
from bot.app.sandbox import sandbox_process, sandbox_ready, with_keys
from bot.errors import AlreadyRunningError, DatabaseError, KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import IndexVersionContent, Progress, SyncStage
from bot.settings import KnowledgeSettings, ModelSettings, Settings, StoreSettings
from tests.support.little_knowledge import TRAINS_IN_2025, write_document
from tests.support.processes import BotProcess, Place, free_port, running_bot
from tests.support.sandbox_keys import KEYS, SANDBOX_TOKEN, person_client
from tests.support.visitors import LIMIT_S, Town, open_town, until

QUESTION = "How many freight trains ran in 2025?"


def settings_of(place: Place) -> Settings:
    return Settings(knowledge=KnowledgeSettings(folder=place.knowledge), store=StoreSettings(data=place.data))


async def test_a_folder_that_was_not_touched_is_not_read_again(place: Place):
    async with open_core(settings_of(place)) as core:
        first = await core.make_answerable()
        assert first is not None
        assert await core.make_answerable() is None
        version = core.index.current().knowledge.version
    async with open_core(settings_of(place)) as core:
        assert await core.make_answerable() is None
        assert core.index.current().knowledge.version == version
        (place.knowledge / "en/venue/pearl.md").touch()
        assert (await core.make_answerable()).published is None, "the same text is no new version"


async def test_an_open_question_that_a_new_section_answers_is_named_after_it_is_read(place: Place):
    async with open_core(settings_of(place)) as core:
        first = await core.sync(tells_warnings=True)
        assert await core.overtaken_gaps() == []
    lots = (
        "## Car parks at the hall {#lots}\n\nYou can park your car in the car park at the hall, which has 300 places.\n"
    )
    write_document(place.knowledge, "en/venue/lots.md", "Car parks at the hall", lots)
    async with open_core(settings_of(place)) as core:
        second = await core.sync(tells_warnings=True)
        named = await core.overtaken_gaps()

    told = "en/open/parking.md:1: open/parking.md#parking is asked for what venue/lots.md#lots says"
    assert told in [str(warning) for warning in second.warnings]
    assert told not in [str(warning) for warning in first.warnings]
    assert [str(one) for one in named] == [told]


async def test_a_folder_with_a_broken_file_is_looked_at_again_at_the_next_start(place: Place):
    (place.knowledge / "en/venue/pearl.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    for _ in range(2):
        async with open_core(settings_of(place)) as core:
            report = await core.make_answerable()
            assert [fault.path for fault in report.faults] == ["en/venue/pearl.md"]


async def test_progress_is_told_stage_by_stage(place: Place):
    write_document(place.knowledge, "en/venue/cafe.md", "The café", "## Hours {#hours}\n\nIt opens at 8:15.\n")
    seen: list[Progress] = []
    async with open_core(settings_of(place)) as core:
        await core.sync(progress=seen.append)
        await core.write_store(progress=seen.append)
    assert list(dict.fromkeys(one.stage for one in seen)) == [
        SyncStage.READ,
        SyncStage.EMBED,
        SyncStage.BUILD,
        SyncStage.STORE,
    ]
    assert [one.share for one in seen] == sorted(one.share for one in seen)
    assert seen[-1].share == 1.0


async def test_a_generation_that_is_damaged_as_soon_as_it_is_built_is_said_and_built_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    built = FileIndexStore.build

    async def damaged(shelf: FileIndexStore, content: IndexVersionContent, **arguments: Any) -> None:
        await built(shelf, content, **arguments)
        (shelf.folder_of(content.number) / "means.npz").write_bytes(b"nonsense")

    (place.knowledge / "ru/venue/pearl.md").unlink()
    async with open_core(settings_of(place)) as core, asyncio.timeout(LIMIT_S):
        built_before = (await core.ingestion.status()).published
        monkeypatch.setattr(FileIndexStore, "build", damaged)
        with pytest.raises(KnowledgeError, match="missing or damaged"):
            await core.sync()
        monkeypatch.undo()
        await core.sync()
        assert core.index.current().knowledge.version > built_before.number


async def test_beside_a_running_process_it_reads_and_does_not_write(place: Place):
    async with open_core(settings_of(place)) as core:
        await core.make_answerable()
        with pytest.raises(AlreadyRunningError, match=str(place.data)):
            async with open_core(settings_of(place)):
                pass
        async with open_core(settings_of(place), may_read_only=True) as reader:
            assert not reader.can_write
            assert await reader.make_answerable() is None
            assert reader.index.current().knowledge.version == core.index.current().knowledge.version
            with pytest.raises(DatabaseError):
                await reader.database.migrate()


async def test_the_language_of_a_file_outside_the_language_folders_is_told_from_its_text():
    identify = app.identify_locale()
    assert identify("В 2025 году демонстрационная зона отправила и приняла рекордное число поездов.") is Locale.RU


async def test_a_synchronisation_that_fails_in_an_unforeseen_way_does_not_end_the_watch(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    outcomes: list[Exception | None] = [OSError("no space left on device"), None]

    async def sync(self: app.Core, **arguments: object):
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return await ingest(self)

    async def ingest(core: app.Core):
        return await core.ingestion.sync(now=app.utc_now())

    monkeypatch.setattr(app.Core, "sync", sync)
    settings = settings_of(place).model_copy(
        update={"knowledge": KnowledgeSettings(folder=place.knowledge, settle_s=0.01, rescan_s=0.05)}
    )
    (place.knowledge / "en/venue/pearl.md").touch()
    async with open_core(settings) as core:
        with capture_logs() as logs:
            reading = asyncio.create_task(app._keep_read(core, None))
            await until(lambda: not outcomes, "a second synchronisation")
            assert not reading.done()
            reading.cancel()
            await asyncio.wait({reading})
    [failed] = [log for log in logs if log["event"] == "knowledge_sync_failed"]
    assert "no space left" in failed["reason"]


async def test_a_store_that_cannot_be_written_is_said_and_does_not_end_the_watch(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    tried: list[int] = []

    async def write_store(self: app.Core, **arguments: object):
        tried.append(1)
        raise OSError("no space left on device")

    monkeypatch.setattr(app.Core, "write_store", write_store)
    async with open_core(settings_of(place)) as core:
        await core.make_answerable()
        version = core.index.current().knowledge.version
        with capture_logs() as logs:
            reading = asyncio.create_task(app._keep_read(core, None))
            await until(lambda: tried, "the writing of the store")
            await until(lambda: [log for log in logs if log["event"] == "vector_store_not_written"], "a word of it")
            assert not reading.done()
            reading.cancel()
            await asyncio.wait({reading})
        assert core.index.current().knowledge.version == version


# ── the whole program ──


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


async def test_a_signal_in_the_middle_of_a_synchronisation_ends_in_order(place: Place, town: Town):
    async with running_bot(place, town.base_url) as bot:
        for number in range(10):
            body = "\n".join(f"## Hall {part} {{#h{part}}}\n\nHall {number} {part} is red.\n" for part in range(20))
            write_document(place.knowledge, f"en/venue/hall{number}.md", f"Hall {number}", body)
        await until(lambda: list((place.data / "index").glob(".build-*")), "the building of a new index")
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log()
    assert TRAINS_IN_2025 in place.scoda("ask", QUESTION).stdout


async def test_X13_the_sandbox_learns_its_keys_and_none_of_our_other_secrets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCODA_MODEL_API_KEY", "a-key-of-ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    settings = with_keys(Settings(sandbox={"port": free_port()}, model=ModelSettings()))
    lines: list[str] = []
    async with sandbox_process(settings, exposes=False) as process:
        await sandbox_ready(process, settings, lines.append)
        if environment := _environment_of(process.pid):
            assert settings.sandbox.control_token in environment
            assert "a-key-of-ours" not in environment
            assert "AWS_" not in environment
        async with httpx.AsyncClient(trust_env=False) as client:
            address = f"http://127.0.0.1:{settings.sandbox.port}/bot{settings.sandbox.token}/getMe"
            assert (await client.get(address)).json()["ok"]
    assert lines[1:] == [f"Bot token: {settings.sandbox.token}", f"X-Sandbox-Token: {settings.sandbox.control_token}"]


def test_X13_the_keys_of_two_runs_are_not_the_same():
    one, other = with_keys(Settings()).sandbox, with_keys(Settings()).sandbox
    assert one.token != other.token
    assert one.control_token != other.control_token
    assert one.token.startswith("7000001:"), "the state is that of one bot"


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


def _environment_of(pid: int) -> str:
    """Of a process, where the system tells."""
    told = Path(f"/proc/{pid}/environ")
    return told.read_text(encoding="utf-8") if told.exists() else ""


async def _answers(bot: BotProcess) -> bool:
    ready = await bot.get("/readyz")
    return ready is not None and ready.json()["components"]["knowledge"] == "ok"


async def _is_gone(client: httpx.AsyncClient) -> bool:
    try:
        await client.get("/")
    except httpx.TransportError:
        return True
    return False
