"""The machine's side of announcements' drafts: what is wished for is written, language by language, and stored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from bot.announcements.content import source_hash
from bot.announcements.model import Announcement, AnnouncementId, Content, TextDraft, TextDraftState
from bot.announcements.text_drafting import TextDrafting
from bot.app.announcing import Announcing
from bot.app.core import Core
from bot.app.drafting import asker_of
from bot.drafting.announcing import AnnouncementDrafter
from bot.drafting.model import DraftRefusal, NameForms
from bot.errors import ScodaError
from bot.ids import Locale

if TYPE_CHECKING:
    from bot.app.writer import Writer

_log = structlog.get_logger(__name__)

_EVERY_S = 1.0
"""How soon what is wished for is begun; chosen: it costs one short query."""
_AFTER_AN_ERROR_S = 60.0
"""Before it is tried again: the model may have been paid for what could not be stored. By reasoning."""
Tell = Callable[[AnnouncementId], Awaitable[None]]
"""Is called whenever the drafts of an announcement have changed."""


async def tell_nobody(_announcement_id: AnnouncementId) -> None:
    """Where nobody looks on."""


class Draftsman:
    """Writes the drafts that wait; one that was cut short still waits, and is written at the next turn."""

    def __init__(self, drafting: TextDrafting, drafter: AnnouncementDrafter, tell: Tell = tell_nobody) -> None:
        self._drafting = drafting
        self._drafter = drafter
        self._tell = tell

    async def keep_writing(
        self, started: asyncio.Event, *, pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        """From `started` until cancelled; what was left by a process that died is written first."""
        await started.wait()
        while True:
            try:
                await self.turn()
            except Exception as error:  # noqa: BLE001 - visitors must be answered all the same
                _log.error("drafting_broke", error=type(error).__name__, detail=str(error)[:200])
                await pause(_AFTER_AN_ERROR_S)
            await pause(_EVERY_S)

    async def turn(self) -> None:
        """Write all that waits, one announcement after the other, its languages side by side."""
        for announcement, locales in (await self._drafting.waiting()).values():
            await self._write(announcement, locales)

    async def _write(self, announcement: Announcement, locales: Sequence[Locale]) -> None:
        content, name = announcement.content, announcement.announcement_id
        await self._told(name)
        names = await self._drafter.names(content)

        async def write(locale: Locale) -> TextDraft:
            draft = await self._draft(name, content, locale, names)
            await self._drafting.settle(draft)
            await self._told(name)
            return draft

        drafts = await asyncio.gather(*(write(locale) for locale in locales))
        refused = [f"{one.locale}: {one.reason}" for one in drafts if one.reason]
        _log.info("announcement_drafted", announcement_id=name, drafts=len(drafts) - len(refused), refused=refused)

    async def _draft(
        self, name: AnnouncementId, content: Content, locale: Locale, names: Sequence[NameForms]
    ) -> TextDraft:
        made_from = source_hash(content)
        found = await self._drafter.draft(content, locale, names)
        if isinstance(found, DraftRefusal):
            return TextDraft(
                announcement_id=name,
                locale=locale,
                state=TextDraftState.REFUSED,
                made_from=made_from,
                reason=found.name,
            )
        return TextDraft(
            announcement_id=name,
            locale=locale,
            state=TextDraftState.WRITTEN,
            text=found.text,
            labels=found.labels,
            made_from=made_from,
        )

    async def _told(self, name: AnnouncementId) -> None:
        try:
            await self._tell(name)
        except ScodaError as error:
            _log.warning("drafting_not_shown", announcement_id=name, error=type(error).__name__)


def draftsman_of(core: Core, parts: Announcing, tell: Tell = tell_nobody) -> Draftsman | None:
    """Who drafts announcements; None where no language model is set."""
    writer: Writer | None = core.writer
    if writer is None:
        return None
    return Draftsman(parts.text_drafting, AnnouncementDrafter(asker_of(writer), core.identifier, parts.composer), tell)
