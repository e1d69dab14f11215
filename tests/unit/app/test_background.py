"""What goes on beside the chat outlives what fails in it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot.adapters.system.clock import Clock, Job, utc_now
from bot.app.background import keep_read, schedule, schedule_relay, schedule_reminders
from bot.app.core import Core, open_core
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.processes import Place
from tests.support.visitors import until


def settings_of(place: Place) -> Settings:
    return Settings(knowledge=KnowledgeSettings(folder=place.knowledge), store=StoreSettings(data=place.data))


async def test_a_synchronisation_that_fails_in_an_unforeseen_way_does_not_end_the_watch(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    outcomes: list[Exception | None] = [OSError("no space left on device"), None]

    async def sync(self: Core, **arguments: object):
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return await ingest(self)

    async def ingest(core: Core):
        return await core.ingestion.sync(now=utc_now())

    monkeypatch.setattr(Core, "sync", sync)
    settings = settings_of(place).model_copy(
        update={"knowledge": KnowledgeSettings(folder=place.knowledge, settle_s=0.01, rescan_s=0.05)}
    )
    (place.knowledge / "en/venue/pearl.md").touch()
    async with open_core(settings) as core:
        with capture_logs() as logs:
            reading = asyncio.create_task(keep_read(core, None))
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

    async def write_store(self: Core, **arguments: object):
        tried.append(1)
        raise OSError("no space left on device")

    monkeypatch.setattr(Core, "write_store", write_store)
    async with open_core(settings_of(place)) as core:
        await core.make_answerable()
        version = core.index.current().knowledge.version
        with capture_logs() as logs:
            reading = asyncio.create_task(keep_read(core, None))
            await until(lambda: tried, "the writing of the store")
            await until(lambda: [log for log in logs if log["event"] == "vector_store_not_written"], "a word of it")
            assert not reading.done()
            reading.cancel()
            await asyncio.wait({reading})
        assert core.index.current().knowledge.version == version


class _Jobs:
    """Stands for the clock: keeps the jobs, and runs one when a test says so."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}

    def every(self, interval: timedelta, name: str, job: Job, *, finishes: bool = True) -> None:
        self.jobs[name] = job


class _Turns:
    """Stands for whoever sends by itself: counts its turns."""

    def __init__(self) -> None:
        self.count = 0

    async def turn(self, now: datetime) -> None:
        self.count += 1

    remind = turn


async def test_D31_gaps_reminders_and_the_relay_wait_for_the_word_after_a_restore(place: Place):
    clock, word, work = _Jobs(), asyncio.Event(), _Turns()
    sends: Any = work
    async with open_core(settings_of(place)) as core:
        schedule(cast("Clock", clock), core, core.settings, sends, given=word)
        schedule_reminders(cast("Clock", clock), sends, word)
        schedule_relay(cast("Clock", clock), sends, word)
        waiting = [asyncio.ensure_future(clock.jobs[name](utc_now())) for name in ("gaps", "reminders", "relay")]
        for _ in range(5):
            await asyncio.sleep(0)
        assert work.count == 0
        word.set()
        await asyncio.gather(*waiting)
    assert work.count == 3
