"""What keeps the inbox, the buttons and the open dialogues."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from bot.chat_state.model import Button, Dialogue, StoredUpdate
from bot.ids import VisitorId

Effect = Callable[[], Awaitable[object]]
"""A write that a handler asks for; it runs in the transaction that marks the update as done."""


class Inbox(Protocol):
    """The durable inbox: what is in it is never lost and handled once."""

    async def store(self, updates: Sequence[StoredUpdate]) -> int:
        """Store and commit; an update_id that is known already is left out. Returns how many were new."""
        ...

    async def pending(self, *, after: int, limit: int) -> Sequence[StoredUpdate]:
        """Updates not yet handled with an update_id above `after`, in order of update_id."""
        ...

    async def attempted(self, update_id: int) -> int:
        """Count one more attempt, before it begins, in a transaction of its own; returns the count."""
        ...

    async def done(self, *update_ids: int, now: datetime) -> None:
        """Mark as handled and wipe the payloads; joins the open transaction."""
        ...

    async def failed(self, *update_ids: int, now: datetime) -> None:
        """Give up on updates that failed too often and wipe the payloads; joins the open transaction."""
        ...

    async def count_pending(self) -> int:
        """How many wait."""
        ...


class ButtonStore(Protocol):
    """Buttons by token."""

    async def issue(self, buttons: Sequence[Button]) -> None:
        """Store new buttons; joins the open transaction."""
        ...

    async def find(self, token: str, *, now: datetime) -> Button | None:
        """The button, or None when it is unknown, used up or expired."""
        ...

    async def use(self, token: str, *, now: datetime) -> bool:
        """Use up a single-use button; False when somebody was first. Joins the open transaction."""
        ...


class DialogueStore(Protocol):
    """One open conversation a person. Writes join the open transaction."""

    async def find(self, visitor_id: VisitorId) -> Dialogue | None:
        """What they were asked last, or None."""
        ...

    async def save(self, dialogue: Dialogue) -> None:
        """Store it in place of the one before."""
        ...

    async def clear(self, visitor_id: VisitorId) -> None:
        """End it; running it twice changes nothing."""
        ...
