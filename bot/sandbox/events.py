"""What happens in the chats, for those who watch: one numbered series, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from bot.sandbox.wire import Json

_HEARTBEAT_S = 15.0
"""Seconds of silence after which a comment is sent, so that no proxy ends the stream.

About 15 are advised: https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes.
"""
_KEPT = 5_000
"""Events that a watcher can catch up on after a break; chosen to bound memory."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event; without an audience it is for everybody. `bot_id` tells private chats with several bots apart."""

    number: int
    name: str
    payload: Json
    audience: frozenset[int] | None
    bot_id: int | None

    def encoded(self) -> str:
        """The event on the wire."""
        payload = self.payload if self.bot_id is None else {**self.payload, "bot": self.bot_id}
        return f"id: {self.number}\nevent: {self.name}\ndata: {json.dumps(payload)}\n\n"


class EventLog:
    """The last events, and the watchers that wait for the next one."""

    def __init__(self, *, heartbeat_s: float = _HEARTBEAT_S) -> None:
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._last = 0
        self._watchers: set[asyncio.Event] = set()
        self._heartbeat_s = heartbeat_s
        self._closed = False

    def publish(
        self,
        name: str,
        payload: Json,
        *,
        audience: Collection[int] | None = None,
        bot_id: int | None = None,
    ) -> None:
        """Adds an event for these personas, or for all."""
        self._last += 1
        chosen = None if audience is None else frozenset(audience)
        self._events.append(Event(self._last, name, payload, chosen, bot_id))
        for watcher in self._watchers:
            watcher.set()

    def close(self) -> None:
        """Ends all streams."""
        self._closed = True
        for watcher in self._watchers:
            watcher.set()

    async def stream(self, personas: frozenset[int], after: int | None) -> AsyncIterator[str]:
        """Events for these personas, or for anybody if none are named; from number `after` on, or from now on.

        A watcher who was away for too long, or comes from an earlier run, first gets the event `reload`.
        """
        watcher = asyncio.Event()
        self._watchers.add(watcher)
        seen = self._last if after is None else after
        try:
            yield ": connected\n\n"
            if self._has_lost(seen):
                seen = self._last
                yield f"id: {seen}\nevent: reload\ndata: {{}}\n\n"
            while not self._closed:
                watcher.clear()
                for event in self._after(seen):
                    seen = event.number
                    if not personas or event.audience is None or personas & event.audience:
                        yield event.encoded()
                if self._last == seen and not await self._woken(watcher):
                    yield ": heartbeat\n\n"
        finally:
            self._watchers.discard(watcher)

    async def _woken(self, watcher: asyncio.Event) -> bool:
        if self._closed:
            return True
        try:
            await asyncio.wait_for(watcher.wait(), self._heartbeat_s)
        except TimeoutError:
            return False
        return True

    def _has_lost(self, seen: int) -> bool:
        return seen > self._last or seen < self._last - len(self._events)

    def _after(self, number: int) -> list[Event]:
        fresh = self._last - number
        if fresh <= 0:
            return []
        if fresh >= len(self._events):
            return list(self._events)
        return [self._events[index] for index in range(-fresh, 0)]
