"""What is announced as documents: each of its own, whatever the others say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.adapters.announcements.knowledge import KnowledgeWithAnnouncements
from bot.adapters.database.announced_store import Announced
from bot.adapters.database.connection import open_database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.announcements.model import Announcement, AnnouncementId, Audience, Content, Schedule, Stage, Terms, Timing
from bot.ids import Locale, NewsTopic
from bot.ingestion.model import FolderReading
from tests.support.announcement_rig import AUTHOR, START
from tests.support.knowledge_parts import GivenReading

TEXT = "EXPO 2026"
"""Reads the same in every language."""


async def _holding() -> Sequence[Announced]:
    texts = {Locale.EN: TEXT, Locale.UZ: TEXT}
    announcement = Announcement(
        announcement_id=AnnouncementId("forum123"),
        label="Forum",
        topic=NewsTopic.FORUM,
        content=Content(source=Locale.EN, texts=texts),
        audience=Audience(),
        schedule=Schedule(timing=Timing.NOW),
        terms=Terms(),
        stage=Stage.APPROVED,
        author=AUTHOR,
        created_at=START,
    )
    return [Announced(announcement, START, START + timedelta(days=1), texts)]


def _plain(text: str, locale: Locale, zone: ZoneInfo, moments: Mapping[str, datetime]) -> str:
    return text


async def _read() -> FolderReading:
    return await KnowledgeWithAnnouncements(GivenReading(), _holding, _plain).read()


async def test_the_same_words_in_two_languages_come_back_as_two_documents(tmp_path: Path) -> None:
    documents = (await _read()).documents
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        manifest = SqlManifestStore(database)
        number = await manifest.begin("e5")
        await manifest.write_documents(number, documents)

        assert await manifest.documents(number) == list(documents)
    assert {document.locale for document in documents} == {Locale.EN, Locale.UZ}
