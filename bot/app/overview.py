"""How every section stands: the folder, its drafts, the record of translations and what visitors asked, joined."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.adapters.announcements.knowledge import ANNOUNCED_FOLDER
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.app.core import Core
from bot.ingestion.model import FolderReading
from bot.ingestion.overview import SectionStatus, section_statuses, worst_first
from bot.ingestion.translations import stale_translations


async def sections_of(
    core: Core, now: datetime, *, sure: Mapping[str, tuple[int, int]] | None = None
) -> list[SectionStatus]:
    """The ones that need a person first; what was announced is nobody's to translate or to ask of."""
    since = now - timedelta(days=core.settings.privacy.keep_questions_days)
    told = await SqlTurnStore(core.database).told_since(since)
    reading = await core.ingestion.looked_at()
    ledger = TranslationLedger(core.settings.knowledge.folder)

    def statuses(reading: FolderReading) -> list[SectionStatus]:
        documents = [one for one in reading.documents if not one.path.startswith(f"{ANNOUNCED_FOLDER}/")]
        stale = {one.copy.file for one in stale_translations(documents, ledger.read()[0])}
        found = section_statuses(documents, reading.drafts, stale=stale, told=told, sure=sure)
        return worst_first(found, today=now.date())

    return await asyncio.to_thread(statuses, reading)
