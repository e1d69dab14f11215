"""A sender that notes what it is given, and what else of the chat announcements need."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.announcements.events import OrganiserEvent
from bot.announcements.model import (
    Attachment,
    OutgoingMessage,
    Receipt,
    Role,
    SendOutcome,
)
from bot.announcements.ports import Leave
from bot.ids import ChatId, Locale

DONE = Receipt(outcome=SendOutcome.SENT)


@dataclass
class FakeSendSlot:
    """Implements `bot.announcements.ports.SendSlot`; `busy` names chats that must wait, and how long."""

    announcement_sender: FakeAnnouncementSender
    busy: Mapping[ChatId, float] = field(default_factory=dict)
    given_back: int = 0

    def seat(self, chat_id: ChatId) -> float:
        return self.busy.get(chat_id, 0.0)

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        return await self.announcement_sender.deliver(outgoing)

    def give_back(self) -> None:
        self.given_back += 1


@dataclass
class FakeAnnouncementSender:
    """Implements `bot.announcements.ports.AnnouncementSender`: notes what it was given and answers as `answer` says."""

    answer: Callable[[OutgoingMessage], Receipt] | None = None
    sent: list[OutgoingMessage] = field(default_factory=list)
    edits: list[tuple[OutgoingMessage, int]] = field(default_factory=list)
    deletions: list[tuple[ChatId, int]] = field(default_factory=list)
    correction_receipt: Receipt = DONE
    in_flight: int = 0
    most_in_flight: int = 0
    takes_s: float = 0.0
    leave: Callable[[int], Awaitable[Leave]] | None = None
    """Who may send, of so many who ask; None: all, at once."""

    async def turns(self, *, limit: int, is_paid: bool) -> Leave:
        return Leave([FakeSendSlot(self)] * limit) if self.leave is None else await self.leave(limit)

    async def deliver(self, outgoing: OutgoingMessage) -> Receipt:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.takes_s)
        finally:
            self.in_flight -= 1
        self.sent.append(outgoing)
        if self.answer is not None:
            return self.answer(outgoing)
        return Receipt(outcome=SendOutcome.SENT, message_id=len(self.sent))

    async def edit(self, outgoing: OutgoingMessage, message_id: int) -> Receipt:
        self.edits.append((outgoing, message_id))
        return self.correction_receipt

    async def delete(self, chat_id: ChatId, message_id: int) -> Receipt:
        self.deletions.append((chat_id, message_id))
        return self.correction_receipt

    @property
    def chats(self) -> list[ChatId]:
        """Who got something, in the order in which it went."""
        return [outgoing.chat_id for outgoing in self.sent]


class FakeComposer:
    """Implements `bot.announcements.ports.Composer`: a text of more than 4,096 characters is too long."""

    def check(
        self, text: str, *, locale: Locale, moments: Mapping[str, datetime], attachment: Attachment | None
    ) -> str:
        limit = 4096 if attachment is None else 1024
        return f"{len(text)} characters, at most {limit}" if len(text) > limit else ""

    def check_button(self, label: str, url: str) -> str:
        return "" if len(label) <= 64 else "the label is too long"


@dataclass
class NotifiedOrganisers:
    """Is a `bot.announcements.ports.Notify` that notes what organisers were told."""

    told: list[tuple[frozenset[Role], OrganiserEvent]] = field(default_factory=list)

    async def __call__(self, roles: frozenset[Role], event: OrganiserEvent) -> None:
        self.told.append((roles, event))

    @property
    def events(self) -> list[str]:
        """The names of the events, in order."""
        return [event.name for _, event in self.told]
