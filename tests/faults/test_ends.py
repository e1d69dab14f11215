"""The life of a fact: told, told with its end, and told no longer; whoever answers for it hears of that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.announcements.model import Organiser, Role
from bot.answering.model import Answer, Question
from bot.answering.pipeline import ExtractiveAnswerer
from bot.chat.text.answers import answer_text
from bot.chat.text.rendering import plain
from bot.i18n.translator import Catalogs
from bot.ids import Locale, VisitorId
from bot.ingestion.validity import Expiry, expiring
from bot.reminding.model import Reminder
from bot.reminding.reminders import Reminders
from tests.support.answering_parts import BOLD, English
from tests.support.fake_reminder_store import FakeReminderStore
from tests.support.knowledge_parts import section_text, write_file
from tests.support.knowledge_rig import KnowledgeRig

EDITOR = VisitorId(7_000_000_001)
DAYS = 14
LAST = date(2026, 4, 30)
TOLD = "The Pearl centre opens at 9:00 on working days."
HEDGE = "Holds until April 30, 2026."
_T = Catalogs().translator(Locale.EN)


class Editor:
    """The only one with a role."""

    async def all(self) -> Sequence[Organiser]:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return [Organiser(visitor_id=EDITOR, role=Role.EDITOR, granted_by=None, granted_at=at)]


class Life:
    """The knowledge from day to day, over real files and a real index."""

    def __init__(self, rig: KnowledgeRig) -> None:
        self.rig = rig
        self.heard: list[tuple[date, str]] = []
        self.reminders = Reminders(self._expiring, Editor(), FakeReminderStore(), self._tell, owners={})

    async def _expiring(self, today: date) -> Sequence[Expiry]:
        return expiring(await self.rig.ingestion.documents(), today=today, days=DAYS)

    async def _tell(self, person: VisitorId, reminders: Sequence[Reminder], now: datetime) -> bool:
        assert person == EDITOR
        self.heard += [(now.date(), one.phase.value) for one in reminders]
        return True

    async def answer(self, day: date) -> Answer:
        async with self.rig.index() as index:
            answerer = ExtractiveAnswerer(index, English(), BOLD)
            return await answerer.answer(Question("the Pearl centre opens on working days at which hour", day))

    async def told(self, day: date) -> str:
        """What a visitor reads on that day, once the day's round was made and the folder looked at."""
        now = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
        await self.rig.ingestion.sync(now=now)
        for hours in range(4):
            await self.reminders.remind(now + timedelta(hours=hours))
        return plain(answer_text(await self.answer(day), _T, near=day + timedelta(days=DAYS)))


async def test_F51_a_fact_is_hedged_near_its_end_and_silent_after_it_and_its_owner_hears_once_each(tmp_path: Path):
    life = Life(KnowledgeRig(tmp_path / "knowledge", tmp_path / "data"))
    text = section_text("hours", TOLD, "When does the Pearl centre open?").replace("}", f" valid_until={LAST}}}")
    write_file(life.rig.folder, "en/area/pearl.md", text)

    for ahead in (40, 15):
        told = await life.told(LAST - timedelta(days=ahead))
        assert TOLD in told
        assert HEDGE not in told
        assert "Valid until: April 30, 2026" in told
    for ahead in (14, 5, 0):
        told = await life.told(LAST - timedelta(days=ahead))
        assert TOLD in told
        assert told.count("2026") == 2, "its source's date, and its end once"
        assert HEDGE in told
    for after in (1, 2, 20):
        assert "9:00" not in await life.told(LAST + timedelta(days=after))
    assert life.heard == [(LAST - timedelta(days=14), "before"), (LAST + timedelta(days=1), "after")]


async def test_F52_what_has_ended_is_not_told_from_a_copy_whose_end_was_forgotten(tmp_path: Path):
    life = Life(KnowledgeRig(tmp_path / "knowledge", tmp_path / "data"))
    text = section_text("hours", TOLD, "When does the Pearl centre open?")
    write_file(life.rig.folder, "en/area/pearl.md", text)
    ended = section_text("hours", "Центр «Жемчужина» открывается в 9:00.").replace("}", f" valid_until={LAST}}}")
    write_file(life.rig.folder, "ru/area/pearl.md", ended)

    assert TOLD in await life.told(LAST)
    assert "9:00" not in await life.told(LAST + timedelta(days=1))
