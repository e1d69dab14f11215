"""What staff do with gaps, and what visitors wish to be told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from bot.announcements.model import AuditEntry
from bot.announcements.ports import AuditLog
from bot.errors import GapError
from bot.gaps.drafting import draft_name, draft_of
from bot.gaps.model import Gap, GapId, GapState
from bot.gaps.ports import DraftFiles, GapStore, WatchStore
from bot.ids import Locale, VisitorId
from bot.transaction import Transaction

_log = structlog.get_logger(__name__)

WORTH_A_LOOK = frozenset({GapState.OPEN, GapState.ANSWERED})

_NO_ANSWERS: Mapping[Locale, str] = {}


class GapDesk:
    """Lists gaps, worst first, and does what is wanted of one."""

    def __init__(
        self,
        store: GapStore,
        watches: WatchStore,
        files: DraftFiles,
        *,
        audit: AuditLog,
        transaction: Transaction,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._watches = watches
        self._files = files
        self._audit = audit
        self._transaction = transaction
        self._now = now

    async def worst_first(self, states: frozenset[GapState] = WORTH_A_LOOK) -> Sequence[Gap]:
        """The gaps at these states: open ones first, by their weight now."""
        gaps, now = await self._store.gaps(states=states), self._now()
        return sorted(gaps, key=lambda gap: (gap.state is not GapState.OPEN, -gap.weight(now), gap.gap_id))

    async def find(self, gap_id: GapId) -> Gap:
        """A gap by its id.

        Raises:
            GapError: there is none, or its questions are no longer kept.
        """
        found = await self._store.find(gap_id)
        if found is None:
            raise _not_there(gap_id)
        return found

    async def close(self, gap_id: GapId, *, actor: VisitorId | None) -> None:
        """Let it be: it is not listed any more, and what is asked like it joins it silently.

        `actor` is who is named for it in the audit log; None from the command line.

        Raises:
            GapError: there is none.
        """
        async with self._transaction():
            if not await self._store.move(gap_id, GapState.CLOSED, now=self._now()):
                raise _not_there(gap_id)
            await self._note("gap_closed", gap_id, actor)

    async def assign(self, gap_id: GapId, person: VisitorId | None, *, actor: VisitorId | None) -> None:
        """Make it somebody's, or nobody's; `actor` as above.

        Raises:
            GapError: there is none.
        """
        is_own = person is not None and person == actor
        async with self._transaction():
            if not await self._store.assign(gap_id, person):
                raise _not_there(gap_id)
            await self._note("gap_taken" if is_own else "gap_assigned" if person else "gap_left", gap_id, actor)

    async def draft(self, gap_id: GapId, locales: Sequence[Locale] = ()) -> list[Path]:
        """Begin a file in each of these languages, else in those that asked; returns the new files.

        Raises:
            GapError: there is no such gap, or a file of that name.
        """
        gap = await self.find(gap_id)
        made = await write_drafts(gap, self._files, locales, now=self._now())
        await self._store.note_drafted(gap_id)
        return made

    async def _note(self, action: str, gap_id: GapId, actor: VisitorId | None) -> None:
        await self._audit.note(AuditEntry(at=self._now(), actor=actor, action=action, subject=gap_id))

    async def wish(self, turn_id: str, visitor_id: VisitorId, *, now: datetime) -> None:
        """Have a visitor told once their question has an answer; joins the open transaction."""
        await self._watches.wish(turn_id, visitor_id, now=now)


async def write_drafts(
    gap: Gap,
    files: DraftFiles,
    locales: Sequence[Locale],
    *,
    answers: Mapping[Locale, str] = _NO_ANSWERS,
    now: datetime,
) -> list[Path]:
    """The files of `GapDesk.draft`, with the answers that there are; those before one that can't be written stay.

    Raises:
        GapError: there is a file of that name, or it can't be written.
    """
    name = draft_name(gap)
    made = []
    for locale in dict.fromkeys(locales or gap.locales):
        content = draft_of(gap, locale, now.date(), answer=answers.get(locale, ""))
        made.append(await files.write(locale, gap.topic or "general", name, content))
    _log.info("gap_drafted", gap_id=gap.gap_id, files=len(made))
    return made


def _not_there(gap_id: GapId) -> GapError:
    return GapError(f"there is no gap {gap_id}: list them anew, its questions may be too old to be kept")
