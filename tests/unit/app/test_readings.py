"""The page of metrics: read seldom, whole as far as possible, and never late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.archive.folder import name_of
from bot.adapters.database.budget_store import Spending
from bot.adapters.database.connection import open_database
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.state_owner import Owner, StateOwner
from bot.adapters.observing.metrics import Metrics
from bot.app import readings as module
from bot.app.readings import Readings
from bot.app.seeing import all_words
from bot.app.writer import Writer
from bot.chat.wire.seeing import PaceReading
from bot.chat_state.model import StoredUpdate
from bot.errors import DatabaseError, NothingPublishedError
from bot.settings import ModelSettings, Settings, StoreSettings
from tests.support.fakes import FakeInbox, FakeState
from tests.support.visitors import until

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


class NoIndex:
    def current(self) -> Any:
        raise NothingPublishedError("nothing yet")


class Guard:
    is_restored = False

    async def was_restored(self) -> bool:
        return self.is_restored


class Ledger:
    async def spent_on(self, now: datetime) -> Spending:
        return Spending(1_700_000, 1_000_000, 500_000)


class Rig:
    """Readings over an empty database, and a health that counts how often it is asked."""

    def __init__(self, core: Any) -> None:
        self.core, self.guard, self.asked = core, Guard(), 0
        self.health_is: dict[str, str] = {"database": "ok", "inbox": "ok", "knowledge": "indexing 40%"}
        self.metrics = Metrics(all_words())
        self.readings = Readings(self.metrics, core, FakeInbox(FakeState()), self.guard, now=lambda: NOW)  # type: ignore[arg-type]

    async def health(self) -> dict[str, str]:
        self.asked += 1
        return self.health_is

    async def page(self, pace: PaceReading | None = None) -> list[str]:
        text = (await self.readings.page(self.health, lambda: pace or PaceReading())).decode()
        return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    model = ModelSettings(price_per_million_in=2.0, price_per_million_out=4.0, tokens_per_day=2_000_000)
    settings = Settings(store=StoreSettings(data=tmp_path), model=model)
    async with open_database(tmp_path / "state.sqlite3") as database:
        await database.migrate()
        yield Rig(SimpleNamespace(database=database, settings=settings, writer=None, index=NoIndex()))


async def test_the_page_tells_how_everything_stands(rig: Rig):
    rig.guard.is_restored = True
    page = await rig.page(PaceReading(7, 30, {"reply": 2, "announcement": 90}, 1.5))
    for line in (
        "scoda_ready 1.0",
        'scoda_component_ok{component="knowledge"} 0.0',
        'scoda_component_ok{component="inbox"} 1.0',
        "scoda_updates_waiting 0.0",
        "scoda_updates_oldest_seconds 0.0",
        'scoda_deliveries{state="planned"} 0.0',
        "scoda_restore_pending 1.0",
        "scoda_pace_messages 7.0",
        'scoda_pace_waiting{priority="announcement"} 90.0',
        "scoda_pace_pause_seconds 1.5",
    ):
        assert line in page


async def test_how_long_the_oldest_update_waits_is_told(rig: Rig):
    received_at = NOW - timedelta(seconds=90)
    await SqlInbox(rig.core.database).store([StoredUpdate(1, 7, "{}", received_at, 0)])
    assert "scoda_updates_oldest_seconds 90.0" in await rig.page()


async def test_what_the_model_has_cost_is_told_where_there_is_one(rig: Rig):
    rig.core.writer = SimpleNamespace(ledger=Ledger(), cost_of=Writer.cost_of)
    page = await rig.page()
    assert 'scoda_model_tokens_today{direction="prompt"} 1e+06' in page
    assert "scoda_model_budget_spent_tokens 1.7e+06" in page
    assert "scoda_model_budget_tokens 2e+06" in page
    assert "scoda_model_cost_today 4.0" in page


async def test_the_last_backup_is_told_whoever_made_it(rig: Rig):
    assert "scoda_backup_timestamp_seconds 0.0" in await rig.page()
    await StateOwner(rig.core.database).settle(Owner(7, 0))
    folder = rig.core.settings.store.data / "backups"
    folder.mkdir()
    for at in (NOW - timedelta(days=1), NOW):
        (folder / name_of(7, at, is_sealed=False)).touch()
    (folder / name_of(8, NOW + timedelta(days=1), is_sealed=False)).touch()  # another bot's
    (folder / name_of(7, NOW + timedelta(days=900), is_sealed=False)).touch()  # the clock was wrong
    rig.readings = Rig(rig.core).readings
    page = await rig.page()
    told = next(line for line in page if line.startswith("scoda_backup_timestamp_seconds"))
    assert float(told.split()[1]) == NOW.timestamp()


async def test_a_reading_that_hangs_holds_up_none_of_the_others(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    hanging = asyncio.Event()

    async def hang(*_arguments: object, **_named: object) -> None:
        await hanging.wait()

    monkeypatch.setattr(module, "read_outbox", hang)
    monkeypatch.setattr(module, "_LONGEST_S", 0.0)
    monkeypatch.setattr(module, "_READ_AGAIN_S", 0.0)

    async def tells(line: str) -> bool:
        return line in await rig.page()

    with capture_logs() as logs:
        await until(lambda: tells("scoda_ready 1.0"), "the first reading")
        rig.health_is = {"database": "DatabaseError"}
        await until(lambda: tells("scoda_ready 0.0"), "another reading")
    assert "outbox" in logs[-1]["not_read"]
    hanging.set()


async def test_a_part_that_is_gone_is_told_no_more(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_READ_AGAIN_S", 0.0)
    rig.health_is = {"database": "ok", "announcements": "database_failed"}
    assert 'scoda_component_ok{component="announcements"} 0.0' in await rig.page()
    rig.health_is = {"database": "ok"}
    assert not any("announcements" in line for line in await rig.page() if line.startswith("scoda_component_ok"))


async def test_whoever_asks_again_and_again_costs_no_query_and_still_sees_the_pace(rig: Rig):
    await rig.page()
    for taken in (3, 4):
        assert f"scoda_pace_messages {taken}.0" in await rig.page(PaceReading(taken, 30))
    assert rig.asked == 1


async def test_with_a_database_that_is_away_the_rest_is_told_and_that_it_is_not_ready(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    async def away(*_arguments: object, **_named: object) -> None:
        raise DatabaseError("the database failed with a visitor's words")

    monkeypatch.setattr(module, "read_outbox", away)
    monkeypatch.setattr(rig.core.database, "ping", away)
    rig.health_is = {"database": "DatabaseError", "inbox": "ok"}
    with capture_logs() as logs:
        page = await rig.page()
    assert "scoda_ready 0.0" in page
    assert "scoda_updates_waiting 0.0" in page
    assert [line for line in logs if line["event"] == "metric_not_read"] == [
        {"event": "metric_not_read", "error": "DatabaseError", "log_level": "warning"}
    ] * 2


async def test_a_part_that_does_not_answer_holds_the_page_up_for_a_while_only(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_LONGEST_S", 0.01)

    async def silent() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    with capture_logs() as logs:
        for _ in range(2):
            assert b"scoda_pace_messages 0.0" in await rig.readings.page(silent, PaceReading)
    assert [line["event"] for line in logs] == ["metrics_read_in_part"] * 2
