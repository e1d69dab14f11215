"""What carrying messages between a visitor and the staff needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.answering.model import TurnRecord
from bot.ids import ChatId, Locale, VisitorId
from bot.relay.model import Posted, Relay, RelayedMessage, RelayedState, RelayId


class RelayStore(Protocol):
    """Keeps the conversations and what is carried in them. Writes join the open transaction, if there is one."""

    async def open_of(self, visitor_id: VisitorId) -> Relay | None:
        """The visitor's open conversation; there is one at most."""
        ...

    async def find(self, relay_id: RelayId) -> Relay | None:
        """A conversation by its id."""
        ...

    async def begin(self, relay: Relay) -> None:
        """Keep a new conversation."""
        ...

    async def end(self, relay_id: RelayId, *, now: datetime) -> bool:
        """End it; False when it was ended, or is no longer kept."""
        ...

    async def silent_since(self, moment: datetime, *, limit: int) -> Sequence[Relay]:
        """Open conversations in which nobody has written since then, the longest silent first."""
        ...

    async def add(self, message: RelayedMessage) -> bool:
        """Have a message carried, and note that somebody has written; False when the conversation is no longer kept.

        What the visitor writes opens it again if it ended by itself at that moment.
        """
        ...

    async def waiting(self, *, to_staff: bool, limit: int) -> Sequence[RelayedMessage]:
        """Messages that wait to go to the staff, or else to visitors; oldest first."""
        ...

    async def message(self, entry: int) -> RelayedMessage | None:
        """A message by its number."""
        ...

    async def messages(self, relay_id: RelayId) -> Sequence[RelayedMessage]:
        """All messages of a conversation, oldest first."""
        ...

    async def claim(self, message: RelayedMessage) -> bool:
        """Mark it as being sent, with its language and translation; False when it does not wait any more."""
        ...

    async def settle(self, entry: int, state: RelayedState) -> None:
        """What became of what was claimed."""
        ...

    async def interrupted(self) -> Sequence[RelayedMessage]:
        """What was being sent when its sender died."""
        ...


class Post(Protocol):
    """Sends a message to the group or to the visitor."""

    async def __call__(self, message: RelayedMessage, about: RelayedMessage | None) -> Posted:
        """Send it in one try; `about` is the message that it tells of."""
        ...


class AskedTurns(Protocol):
    """The questions that the bot was asked (bot.answering.ports.TurnStore)."""

    async def answered(self, chat_id: ChatId, visitor_id: VisitorId, *, turn_id: str = "") -> TurnRecord | None:
        """The turn of that id in this chat."""
        ...


class Translating(Protocol):
    """Translates messages, where there is somebody who can."""

    async def translated(self, text: str, *, written_in: Locale, into: Locale, payer: VisitorId | None) -> str:
        """The translation; empty where there is none that may be shown."""
        ...
