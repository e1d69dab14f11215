"""One round a day: whoever answers for facts hears which of them end soon, and which have ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.announcements.model import Role
from bot.ids import VisitorId
from bot.ingestion.validity import Expiry
from bot.reminding.model import Phase, Reminder
from bot.reminding.ports import Expiring, ReminderStore, Roles, Tell

_log = structlog.get_logger(__name__)

REMINDED_ROLES = frozenset({Role.OWNER, Role.EDITOR})
"""Who can renew a fact."""
TOLD_AFTER = timedelta(days=30)
"""For so long after its end a fact is told of; chosen: whoever becomes an editor then does not hear of all the past."""
_FROM_HOUR = 9
"""Of the day in `_ZONE`: nobody is woken. By reasoning."""
_ZONE = ZoneInfo("Asia/Shanghai")
"""By its days the bot tells what holds."""


class Reminders:
    """Tells each person once before and once after each end; `owners` are the ids that words stand for."""

    def __init__(
        self, expiring: Expiring, roles: Roles, store: ReminderStore, tell: Tell, *, owners: Mapping[str, int]
    ) -> None:
        self._expiring = expiring
        self._roles = roles
        self._store = store
        self._tell = tell
        self._owners = owners
        self._done_on: date | None = None

    async def remind(self, now: datetime) -> None:
        """Make the day's round if it is time for it; a second call on the same day tells nobody anything."""
        local = now.astimezone(_ZONE)
        if local.hour < _FROM_HOUR or self._done_on == local.date():
            return
        people = {one.visitor_id for one in await self._roles.all() if one.role in REMINDED_ROLES}
        found = _reminders(await self._expiring(local.date()), local.date()) if people else []
        reached = [await self._told(person, theirs, now) for person, theirs in self._by_person(found, people).items()]
        if all(reached):
            self._done_on = local.date()

    async def _told(self, person: VisitorId, reminders: Sequence[Reminder], now: datetime) -> bool:
        """False when it should be tried again today."""
        last = await self._store.last_told(person)
        if last is not None and last.astimezone(_ZONE).date() >= now.astimezone(_ZONE).date():
            return True
        fresh = await self._store.note(person, reminders, now=now)
        if not fresh:
            return True
        if not await self._tell(person, fresh, now):
            await self._store.take_back(person, fresh)
            return False
        _log.info("reminded_of_ends", sections=len(fresh))
        return True

    def _by_person(
        self, reminders: Iterable[Reminder], people: set[VisitorId]
    ) -> Mapping[VisitorId, Sequence[Reminder]]:
        theirs: dict[VisitorId, list[Reminder]] = defaultdict(list)
        for reminder in reminders:
            for person in sorted(self._answering_for(reminder.expiry.owner, people)):
                theirs[person].append(reminder)
        return theirs

    def _answering_for(self, owner: str, people: set[VisitorId]) -> set[VisitorId]:
        """The one person who is meant, if they have the role for it; else all who have."""
        named = self._owners.get(owner) or (int(owner) if owner.isascii() and owner.isdecimal() else 0)
        return {VisitorId(named)} & people or people


def _reminders(expiries: Iterable[Expiry], today: date) -> list[Reminder]:
    return [
        Reminder(expiry, Phase.BEFORE if today <= expiry.ends_on else Phase.AFTER)
        for expiry in expiries
        if expiry.ends_on >= today - TOLD_AFTER
    ]
