"""What every command shares: what a start reads again, and what it leaves alone."""

from __future__ import annotations

import asyncio
import errno
import shutil
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.index.index_store import FileIndexStore
from bot.app.core import open_core
from bot.app.proposing import answered_of
from bot.errors import AlreadyRunningError, DatabaseError, KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import IndexVersionContent, Progress, SyncStage
from bot.proposals.model import FolderCheck
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.knowledge_parts import document, section
from tests.support.little_knowledge import write_document
from tests.support.processes import Place
from tests.support.visitors import LIMIT_S


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


async def test_O05_a_database_from_before_a_change_is_brought_up_to_date_at_the_start(place: Place):
    """The folder and the stamp of its reading stay where a backup is put in place."""
    state, backup = place.data / "state.sqlite3", place.data / "backup.sqlite3"
    async with open_core(settings_of(place)) as core:
        await core.make_answerable()
    shutil.copy(state, backup)
    write_document(place.knowledge, "en/venue/cafe.md", "The café", "## Hours {#hours}\n\nIt opens at 8:15.\n")
    async with open_core(settings_of(place)) as core:
        await core.make_answerable()
        newest = core.index.current().knowledge.keys()
    shutil.copy(backup, state)
    async with open_core(settings_of(place)) as core:
        assert (await core.make_answerable()).published is not None
        assert core.index.current().knowledge.keys() == newest
        assert await core.make_answerable() is None


@pytest.mark.nightly
async def test_O06_a_database_that_was_begun_anew_is_filled_though_no_file_was_touched(place: Place):
    async with open_core(settings_of(place)) as core:
        await core.make_answerable()
    for file in place.data.glob("state.sqlite3*"):
        file.unlink()
    async with open_core(settings_of(place)) as core:
        assert (await core.make_answerable()).published is not None
        assert core.index.is_open


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

    told = (
        "en/open/parking.md:1: open/parking.md#parking is asked for what venue/lots.md#lots seems to say; "
        "if it does, run: scoda knowledge answered open/parking.md#parking venue/lots.md#lots"
    )
    assert told in [str(warning) for warning in second.warnings]
    assert told not in [str(warning) for warning in first.warnings]
    assert [str(one) for one in named] == [told]


async def test_the_open_question_that_a_proposal_answers_is_named_in_the_reader_s_language(place: Place):
    text = "You can park your car in the car park at the hall, which has 300 places."
    lots = document("venue/lots.md", Locale.EN, section("lots", text))
    async with open_core(settings_of(place)) as core:
        await core.make_answerable()
        (named,) = await answered_of(core, FolderCheck(after=(lots,)), Locale.RU)
        assert await answered_of(core, FolderCheck(before=(lots,), after=(lots,)), Locale.RU) == []
    assert (named.file, named.section_id, named.heading) == ("en/open/parking.md", "parking", "Парковка у зала")
    assert str(named.by) == "venue/lots.md#lots"


async def test_a_folder_with_a_broken_file_is_looked_at_again_at_the_next_start(place: Place):
    (place.knowledge / "en/venue/pearl.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    for _ in range(2):
        async with open_core(settings_of(place)) as core:
            report = await core.make_answerable()
            assert [fault.path for fault in report.faults] == ["en/venue/pearl.md"]


@pytest.mark.nightly
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

    async def damaged(index_store: FileIndexStore, content: IndexVersionContent, **arguments: Any) -> None:
        await built(index_store, content, **arguments)
        (index_store.folder_of(content.number) / "means.npz").write_bytes(b"nonsense")

    (place.knowledge / "ru/venue/pearl.md").unlink()
    async with open_core(settings_of(place)) as core, asyncio.timeout(LIMIT_S):
        built_before = (await core.ingestion.status()).published
        monkeypatch.setattr(FileIndexStore, "build", damaged)
        with pytest.raises(KnowledgeError, match="are damaged"):
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


async def test_what_can_t_be_warmed_on_a_full_disk_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full() -> None:
        raise OSError(errno.EFBIG, "File too large")

    async with open_core(Settings(store=StoreSettings(data=tmp_path / "data"))) as core:
        monkeypatch.setattr(core.identifier, "warm", full)
        with capture_logs() as logs:
            await core.warm()
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["not_warmed"]
