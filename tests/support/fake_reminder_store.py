"""Who was reminded of what, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bot.ids import DocumentPath, Locale, SectionKey, VisitorId
from bot.ingestion.validity import Expiry
from bot.reminding.model import Phase, Reminder

_Name = tuple[VisitorId, SectionKey, date, Phase]


class FakeReminderStore:
    """Implements `bot.reminding.ports.ReminderStore`."""

    def __init__(self) -> None:
        self._told: dict[_Name, datetime] = {}

    async def last_told(self, person: VisitorId) -> datetime | None:
        return max((at for name, at in self._told.items() if name[0] == person), default=None)

    async def note(self, person: VisitorId, reminders: Sequence[Reminder], *, now: datetime) -> Sequence[Reminder]:
        fresh = [one for one in reminders if _name(person, one) not in self._told]
        self._told.update({_name(person, one): now for one in fresh})
        return fresh

    async def take_back(self, person: VisitorId, reminders: Sequence[Reminder]) -> None:
        for one in reminders:
            self._told.pop(_name(person, one), None)


def _name(person: VisitorId, reminder: Reminder) -> _Name:
    return person, reminder.expiry.key, reminder.expiry.ends_on, reminder.phase


def expiry(section_id: str, ends_on: date, owner: str = "") -> Expiry:
    """A fact of the hall that ends that day in two languages."""
    files = ("en/venue/hall.md", "ru/venue/hall.md")
    key = SectionKey(DocumentPath("venue/hall.md"), section_id)
    return Expiry(key, ends_on, owner, files, {Locale.EN: section_id.title(), Locale.RU: f"{section_id} по-русски"})
