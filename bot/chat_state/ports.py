"""What keeps the inbox, the buttons and the open dialogues."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from bot.chat_state.model import Button, Dialogue, Stored, StoredUpdate
from bot.ids import VisitorId

Effect = Callable[[], Awaitable[object]]
"""A write that a handler asks for; it runs in the transaction that marks the update as done."""


class Inbox(Protocol):
    """The durable inbox: what is in it is never lost and handled once.

    Where several replicas share it, the updates of a chat are one replica's at a time.
    """

    @property
    def is_shared(self) -> bool:
        """Whether others store and handle updates, too."""
        ...

    async def store(self, updates: Sequence[StoredUpdate], *, takes: bool = True) -> Stored:
        """Store and commit; an update_id that is known already is left out.

        A shared inbox gives to this process what `takes` says it has room for, as far as no one else handles the chat;
        one that is not gives it all that is new.
        """
        ...

    async def pending(self, *, after: int, limit: int) -> Sequence[StoredUpdate]:
        """Updates not yet handled with an update_id above `after`, in order of update_id.

        Of a shared inbox, whatever `after` says: those that nobody handles; from now on this process does.
        """
        ...

    async def attempted(self, update_id: int) -> int | None:
        """Count one more attempt, before it begins, in a transaction of its own; returns the count.

        None: it is another replica's by now.
        """
        ...

    async def hold(self, *update_ids: int) -> None:
        """Begin a transaction that will say that they are done.

        Raises:
            ClaimLostError: they are another replica's by now.
        """
        ...

    async def done(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        """Mark as handled and wipe the payloads; joins the open transaction.

        Returns what is this process's to handle next of the same chats, as far as the inbox is shared: another replica
        may have stored it.
        """
        ...

    async def failed(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        """Give up on updates that failed too often; otherwise as `done`."""
        ...

    async def count_pending(self) -> int:
        """How many wait for this process."""
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
