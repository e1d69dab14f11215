"""Drafts of a real folder: empty ones without a model, and what is drafted after a change with one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from bot.app.core import open_core
from bot.app.drafting import DraftsOfChanges, make_drafts
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.attacking import FreeLedger
from tests.support.drafting_material import PLAIN, PeopleModel

if TYPE_CHECKING:
    from bot.app.writer import Writer

TEXT = "# Hall\n\n## Hours {#hours}\n\nThe hall opens at 9:00.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "knowledge"
    (folder / "en" / "notes").mkdir(parents=True)
    (folder / "en" / "notes" / "hall.md").write_text(TEXT, encoding="utf-8")
    return Settings(knowledge=KnowledgeSettings(folder=folder), store=StoreSettings(data=tmp_path / "data"))


async def test_without_a_model_empty_drafts_show_the_original(settings: Settings) -> None:
    async with open_core(settings) as core:
        made = await make_drafts(core, ["notes/hall.md"], [Locale.EN, Locale.RU])
        again = await make_drafts(core, ["."], [Locale.EN, Locale.RU])
    assert made.files == ("drafts/en/notes/hall.md", "drafts/ru/notes/hall.md")
    assert again.files == ()
    russian = (settings.knowledge.folder / "drafts/ru/notes/hall.md").read_text(encoding="utf-8")
    assert "<!-- en: The hall opens at 9:00. -->" in russian


async def test_a_name_that_means_no_document_is_refused(settings: Settings) -> None:
    async with open_core(settings) as core:
        with pytest.raises(KnowledgeError, match="is no document"):
            await make_drafts(core, ["logistics"], list(Locale))


@dataclass(frozen=True, slots=True)
class PeopleAtWork:
    """As much of a `Writer` as drafting needs."""

    model: PeopleModel
    ledger: FreeLedger


@pytest.mark.nightly
async def test_what_is_new_is_drafted_by_itself_and_what_stood_there_before_is_not(settings: Settings) -> None:
    folder = settings.knowledge.folder
    wished = settings.model_copy(update={"knowledge": settings.knowledge.model_copy(update={"drafts": True})})
    async with open_core(wished) as opened:
        core = replace(opened, writer=cast("Writer", PeopleAtWork(PeopleModel(), FreeLedger())))
        await core.sync()
        drafts = DraftsOfChanges(core)
        drafts.begin()
        await drafts.draft()
        assert not (folder / "drafts").exists()
        (folder / "ru" / "lastweek").mkdir(parents=True)
        shutil.copy(PLAIN / "knowledge/ru/lastweek/exhibits-customs.md", folder / "ru" / "lastweek")
        await core.sync()
        await drafts.draft()
        await drafts.draft()
    assert len(list(folder.glob("drafts/*/lastweek/*.md"))) == len(Locale)
    assert not list(folder.glob("drafts/*/notes/*.md"))
    assert "戈尔杰耶夫" in (folder / "drafts/zh/lastweek/exhibits-customs.md").read_text(encoding="utf-8")
