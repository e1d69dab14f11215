"""What reminding needs from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.announcements.model import Organiser
from bot.ids import VisitorId
from bot.ingestion.validity import Expiry
from bot.reminding.model import Reminder

Expiring = Callable[[date], Awaitable[Sequence[Expiry]]]
"""What ends soon or has ended, seen from this day."""
Tell = Callable[[VisitorId, Sequence[Reminder], datetime], Awaitable[bool]]
"""Writes to a person; False when surely nothing was sent and it may be tried again."""


class Roles(Protocol):
    """Who has which role."""

    async def all(self) -> Sequence[Organiser]:
        """Everybody with a role."""
        ...


class ReminderStore(Protocol):
    """Who was told of which end."""

    async def last_told(self, person: VisitorId) -> datetime | None:
        """When the person was reminded last."""
        ...

    async def note(self, person: VisitorId, reminders: Sequence[Reminder], *, now: datetime) -> Sequence[Reminder]:
        """Store in one transaction that they are told; returns those that they had not been told before."""
        ...

    async def take_back(self, person: VisitorId, reminders: Sequence[Reminder]) -> None:
        """They were not told after all."""
        ...
