"""What waits for one bot: a queue that long polling and webhooks take from."""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.limits import UPDATES_KEPT_S
from bot.sandbox.wire import ApiError, Json

_SENT_ON_REQUEST_ONLY = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds left out unless asked for: `allowed_updates` of https://core.telegram.org/bots/api#getupdates."""
OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
"""Telegram's words to a poll that a newer one ends."""
WEBHOOK_SET = "Conflict: terminated by setWebhook request"
"""Telegram's words to a poll that a webhook ends."""


@dataclass(slots=True)
class PendingUpdate:
    """One update in the queue. `lane` is the chat (or person) whose updates keep their order."""

    update: Json
    lane: int
    received_at: float
    is_replay: bool = False


class UpdateQueue:
    """Updates in order of arrival, for 24 hours."""

    def __init__(self, first_id: int, clock: Callable[[], float]) -> None:
        self._ids = itertools.count(first_id)
        self._clock = clock
        self._places = itertools.count()
        self._waiting: OrderedDict[int, PendingUpdate] = OrderedDict()
        self._poll: asyncio.Future[None] | None = None
        self.allowed: frozenset[str] = frozenset()
        self.on_arrival: Callable[[int, PendingUpdate], None] | None = None

    def __len__(self) -> int:
        self._drop_old()
        return len(self._waiting)

    def add(self, kind: str, payload: Json, *, lane: int, update_id: int | None = None) -> int | None:
        """Queues an update and returns its id, or None if the bot does not want this kind.

        With an `update_id` it is a replay: it is delivered once even if that number was confirmed before.
        """
        if (self.allowed and kind not in self.allowed) or (not self.allowed and kind in _SENT_ON_REQUEST_ONLY):
            return None
        number = next(self._ids) if update_id is None else update_id
        waiting = PendingUpdate({"update_id": number, kind: payload}, lane, self._clock(), update_id is not None)
        place = next(self._places)
        self._waiting[place] = waiting
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        if self.on_arrival is not None:
            self.on_arrival(place, waiting)
        return number

    def clear(self) -> None:
        """Forgets everything that waits."""
        self._waiting.clear()

    def held(self) -> list[tuple[int, PendingUpdate]]:
        """Everything that waits, with its place in the queue."""
        self._drop_old()
        return list(self._waiting.items())

    def has(self, place: int) -> bool:
        """Whether the update at this place still waits."""
        return place in self._waiting

    def done(self, place: int) -> None:
        """Takes out one update that a webhook has received."""
        self._waiting.pop(place, None)

    async def poll(self, offset: int, limit: int, timeout_s: float) -> list[Json]:
        """The updates from `offset` on, waiting for the first one; earlier ones are confirmed and gone.

        Raises:
            ApiError: 409 when another poll or a webhook takes over.
        """
        self.end_poll(OTHER_POLLER)
        self._confirm(offset)
        if not self._waiting and timeout_s > 0:
            await self._wait(timeout_s)
        taken = list(itertools.islice(self._waiting.values(), limit))
        for waiting in taken:
            waiting.is_replay = False
        return [waiting.update for waiting in taken]

    def end_poll(self, reason: str | None) -> None:
        """Ends the poll that waits now: with 409 and the reason, or without a reason as if its time were over."""
        poll, self._poll = self._poll, None
        if poll is None or poll.done():
            return
        if reason is None:
            poll.set_result(None)
        else:
            poll.set_exception(ApiError(409, reason))

    async def _wait(self, timeout_s: float) -> None:
        poll = self._poll = asyncio.get_running_loop().create_future()
        timer = asyncio.get_running_loop().call_later(timeout_s, _finish, poll)
        try:
            await poll
        finally:
            timer.cancel()
            if self._poll is poll:
                self._poll = None

    def _confirm(self, offset: int) -> None:
        self._drop_old()
        if offset < 0:
            for _ in range(len(self._waiting) + offset):
                self._waiting.popitem(last=False)
            return
        while self._waiting:
            first = next(iter(self._waiting.values()))
            if first.update["update_id"] >= offset or first.is_replay:
                return
            self._waiting.popitem(last=False)

    def _drop_old(self) -> None:
        oldest = self._clock() - UPDATES_KEPT_S
        while self._waiting and next(iter(self._waiting.values())).received_at < oldest:
            self._waiting.popitem(last=False)


def _finish(poll: asyncio.Future[None]) -> None:
    if not poll.done():
        poll.set_result(None)
