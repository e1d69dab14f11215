"""What keeps drafts of announcements' texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from bot.announcements.model import AnnouncementId, TextDraft
from bot.ids import Locale


class TextDrafts(Protocol):
    """Keeps what a model drafts, one a language, until a person has read it."""

    async def wish(self, announcement_id: AnnouncementId, locales: Iterable[Locale]) -> None:
        """Have these WAITING, whatever there was of them."""

    async def of(self, announcement_ids: Sequence[AnnouncementId]) -> Sequence[TextDraft]:
        """All of these announcements, in no order."""

    async def waiting(self) -> Sequence[TextDraft]:
        """Those that the model has to write, of any announcement."""

    async def settle(self, draft: TextDraft) -> bool:
        """Store what became of one that is WAITING; False when nobody wants it any more."""

    async def drop(self, announcement_id: AnnouncementId, locale: Locale) -> None:
        """Forget it."""
