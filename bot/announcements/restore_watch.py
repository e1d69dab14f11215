"""After a restore from backup nothing is sent without an organiser's confirmation: it may have been sent already."""

from __future__ import annotations

from datetime import datetime

import structlog

from bot.announcements.events import DatabaseRestored
from bot.announcements.model import OPEN_STATES, OccurrenceState
from bot.announcements.notifier import notify_all
from bot.announcements.ports import Notify, Outbox, RestoreGuard

_log = structlog.get_logger(__name__)

_GOING = OPEN_STATES - {OccurrenceState.AWAITING_CONFIRMATION}
_WAITING = frozenset({OccurrenceState.AWAITING_CONFIRMATION})
_MANY = 10_000
"""Occurrences that are held at once: more than an organisation ever has under way. By reasoning."""


class RestoreWatch:
    """Shared by planner and dispatcher of one process."""

    def __init__(self, guard: RestoreGuard, outbox: Outbox, notify: Notify) -> None:
        self._guard = guard
        self._outbox = outbox
        self._notify = notify
        self._has_looked = False

    async def is_restored(self, *, now: datetime) -> bool:
        """Whether confirmations are still wanted. The first call makes all that was going on wait for one."""
        if not await self._guard.was_restored():
            self._has_looked = True
            return False
        if not self._has_looked:
            held = await self._hold(now)
            self._has_looked = True
            _log.error("database_restore_found", occurrences=held)
            await notify_all(self._notify, DatabaseRestored(occurrences=held))
        return True

    async def settle(self, *, now: datetime) -> None:
        """When all that is due was seen: go on if nothing waits for a confirmation; else note how far we are."""
        if not await self.is_restored(now=now):
            await self._guard.mark()
        elif not (await self._guard.needs_word() or await self._outbox.occurrences(states=_WAITING, limit=1)):
            await self._guard.accept()

    async def mark(self, *, now: datetime) -> None:
        """Note how far the database has come, unless it was restored and nobody has confirmed yet."""
        if not await self.is_restored(now=now):
            await self._guard.mark()

    async def _hold(self, now: datetime) -> int:
        going = await self._outbox.occurrences(states=_GOING, limit=_MANY)
        for occurrence in going:
            await self._outbox.set_state(
                occurrence.occurrence_id, OccurrenceState.AWAITING_CONFIRMATION, now=now, reason="restored"
            )
        return len(going)
