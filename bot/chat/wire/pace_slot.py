"""A place in the budget for one message, and what came of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bot.chat.wire.rate_window import LONG_AGO, RateWindow
from bot.ids import ChatId

if TYPE_CHECKING:
    from bot.chat.wire.pace import Pace
    from bot.chat.wire.pace_terms import Priority


class PaceSlot:
    """A place in the budget for one message.

    Say what came of it: `answered`, `refused` or `not_sent`; without a word (the answer was lost) the place is held
    for as long as the message may still count. One of `Pace.turns` is for a chat that is yet to `seat`, and used by
    `begin` or given back.
    """

    __slots__ = (
        "_has_begun",
        "_is_settled",
        "_pace",
        "began_at",
        "chat_id",
        "chat_served_at",
        "is_charged",
        "patience_s",
        "places",
        "priority",
        "step_s",
    )

    def __init__(self, pace: Pace, chat_id: ChatId | None, priority: Priority, patience_s: float) -> None:
        self._pace = pace
        self._is_settled = False
        self._has_begun = False
        self.chat_id = chat_id
        self.priority = priority
        self.patience_s = patience_s
        self.began_at = LONG_AGO
        self.chat_served_at = LONG_AGO
        """When the chat was sent something before this."""
        self.is_charged = False
        self.step_s = 0.0
        """How much later the next announcement goes for its sake."""
        self.places: tuple[tuple[RateWindow, float], ...] = ()

    async def __aenter__(self) -> Self:
        await self._pace.enter(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_settled = True

    def seat(self, chat_id: ChatId) -> float:
        """Give it to a chat; returns 0, or the seconds that the chat must wait: then the turn is free for another."""
        return self._pace.seat(self, chat_id)

    def begin(self) -> None:
        """The call begins."""
        self._has_begun = True
        self._pace.begin(self)

    def give_back(self) -> None:
        """Nobody needs it, if no call has begun."""
        if not self._has_begun and self._settles():
            self._pace.give_back(self)

    def answered(self) -> None:
        """Telegram has answered."""
        if self._settles():
            self._pace.answered(self)

    def not_sent(self) -> None:
        """No byte has left: the place is free again."""
        if self._settles():
            self._pace.settle(self, until=None)

    def refused(self, retry_after_s: float) -> bool:
        """Telegram answered 429: nothing goes to the chat for so long; True when nothing goes to anybody.

        All are paused when the chat's own rate can't be the reason (it got nothing within the last second, a group
        within the last minute), or when several chats report it within a few seconds.
        """
        return self._pace.refused(self, retry_after_s) if self._settles() else False

    def _settles(self) -> bool:
        first, self._is_settled = not self._is_settled, True
        return first


@dataclass(frozen=True, slots=True)
class PaceWaiter:
    """Somebody who waits for a turn."""

    turn: PaceSlot
    granted: asyncio.Future[None]
    patient_until: float

    def refuse(self, error: Exception) -> None:
        """The wait is longer than they are willing to."""
        if not self.granted.done():
            self.granted.set_exception(error)
