"""Rows F41 to F44 of tests/faults/README.md: changes of the folder that wait for a person's word."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

from structlog.testing import capture_logs

from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.system.clock import utc_now
from bot.answering.model import Question
from bot.app.background import keep_read
from bot.app.core import Core, open_core
from bot.app.health import health_of
from bot.app.versions import publish
from bot.ids import Locale
from bot.ingestion.model import FolderReading, PublishingConsent
from bot.ingestion.service import Ingestion
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.knowledge_parts import (
    NOW,
    GivenReading,
    LetterEmbeddings,
    MemoryIndexStore,
    MemoryManifest,
    MemoryVectorCache,
    document,
    section,
)
from tests.support.processes import Place
from tests.support.visitors import until

QUESTION = "How large is the Pearl exhibition hall?"


def settings_of(place: Place, gate: Path = Path("no gate")) -> Settings:
    knowledge = KnowledgeSettings(folder=place.knowledge, settle_s=0.01, rescan_s=0.05, gate=gate)
    return Settings(knowledge=knowledge, store=StoreSettings(data=place.data))


async def told(core: Core) -> str:
    answer = await core.extractive.answer(Question(QUESTION, utc_now().date(), app_locale=Locale.EN))
    return " ".join(answer.sentences)


async def test_F41_a_language_that_vanishes_is_held_told_once_and_taken_up_when_it_comes_back(place: Place) -> None:
    async with open_core(settings_of(place)) as core:
        await core.make_answerable()
        number = core.index.current().knowledge.version
        health = health_of(core, SqlInbox(core.database), {})
        with capture_logs() as logs:
            reading = asyncio.create_task(keep_read(core, None))
            shutil.move(place.knowledge / "ru", place.home / "away")
            await until(core.versions.held.read, "a change that is held")
            held = core.versions.held.read()
            assert held is not None
            assert (await health())["publication"].startswith("held: it would remove 7 of 7 sections in Русский (ru)")
            pearl = place.knowledge / "en/venue/pearl.md"
            pearl.write_text(pearl.read_text(encoding="utf-8").replace("160,000", "170,000"), encoding="utf-8")
            await until(lambda: core.versions.held.read() not in {None, held}, "the next look")
            assert "160,000" in await told(core)
            assert core.index.current().knowledge.version == number

            shutil.move(place.home / "away", place.knowledge / "ru")
            await until(lambda: core.index.current().knowledge.version > number, "the change")
            await until(lambda: core.versions.held.read() is None, "an end of the wait")
            reading.cancel()
            await asyncio.wait({reading})
        assert "170,000" in await told(core)
        assert (await health())["publication"] == "ok"
    assert len([log for log in logs if log["event"] == "knowledge_held"]) == 1
    assert not [log for log in logs if log["event"] == "knowledge_sync_failed"]


async def test_F42_a_change_that_fails_the_gate_is_not_answered_from_until_a_person_says_so(place: Place) -> None:
    gate = place.home / "gate.jsonl"
    gate.write_text(f'{{"question": "{QUESTION}", "section": "venue/pearl.md#size", "says": "160,000"}}\n')
    pearl = place.knowledge / "en/venue/pearl.md"
    pearl.write_text(pearl.read_text(encoding="utf-8").replace("160,000", "170,000"), encoding="utf-8")
    async with open_core(settings_of(place, gate)) as core:
        await core.open_published()
        report = await core.sync()
        assert report.held is not None
        assert report.published is None
        assert "160,000" in await told(core)

        report = await publish(core, PublishingConsent.ANYTHING)
        assert report.held is None
        assert "170,000" in await told(core)
        assert core.versions.held.read() is None


async def test_F43_a_damaged_gate_holds_every_change_and_is_named_by_file_and_line(place: Place) -> None:
    gate = place.home / "gate.jsonl"
    gate.write_text('{"question": "x"}\n{"question"\n')
    (place.knowledge / "en/venue/pearl.md").write_bytes(
        (place.knowledge / "en/venue/pearl.md").read_bytes().replace(b"160,000", b"170,000")
    )
    async with open_core(settings_of(place, gate)) as core:
        report = await core.sync()
        assert report.held is not None
        assert report.held.reasons[0].startswith(f"{gate}:2: this is no JSON")

        gate.write_text('{"question": "x"}\n')
        assert (await core.sync()).held == report.held, "who looks by itself does not examine it again"
        assert (await publish(core, PublishingConsent.NONE)).published is not None


async def test_F44_what_is_announced_follows_its_own_time_while_the_folder_is_held() -> None:
    halls = [document(f"area/hall{number}.md", Locale.EN, section("s", f"Hall {number}.")) for number in range(5)]
    news = replace(document("announcements/a.md", Locale.EN, section("announcement", "Closed.")), is_file=False)
    reader, manifest = GivenReading(*halls, news), MemoryManifest()
    ingestion = Ingestion(
        reader=reader,
        embedder=CachedEmbedder(LetterEmbeddings(), MemoryVectorCache(), workers=1),
        manifest=manifest,
        index_store=MemoryIndexStore(),
    )

    async def published() -> set[str]:
        version = await manifest.published()
        assert version is not None
        return {one.file for one in await manifest.documents(version.number)}

    await ingestion.sync(now=NOW)
    reader.reading = FolderReading(documents=(), faults=(), warnings=())

    report = await ingestion.sync(now=NOW)

    assert report.held is not None
    assert report.published is not None
    assert await published() == {hall.file for hall in halls}
    assert (await ingestion.sync(now=NOW, known_held=report.held)).published is None
