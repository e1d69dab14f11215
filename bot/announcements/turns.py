"""The dispatcher's turns: asked for while other things go on, used at once or given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bot.announcements.ports import AnnouncementSender, SendSlot


class Turns:
    """Turns by kind, paid and free, each asked for by one task in the group. `wake` is called when some have come."""

    def __init__(
        self, announcement_sender: AnnouncementSender, group: asyncio.TaskGroup, wake: Callable[[], None]
    ) -> None:
        self._announcement_sender = announcement_sender
        self._group = group
        self._wake = wake
        self._ready: dict[bool, list[SendSlot]] = {False: [], True: []}
        self._asking: dict[bool, asyncio.Task[None]] = {}
        self._pause_s = 0.0

    @property
    def are_ready(self) -> bool:
        """Whether some have come."""
        return any(self._ready.values())

    def take(self, *, is_paid: bool, limit: int, sharers: int) -> Sequence[SendSlot]:
        """One sharer's part of those that have come, at most `limit`."""
        ready = self._ready[is_paid]
        share = min(limit, -(-len(ready) // sharers))
        taken, self._ready[is_paid] = ready[:share], ready[share:]
        return taken

    def ask(self, *, is_paid: bool, limit: int) -> None:
        """Have them come, unless they were asked for or have come already."""
        if is_paid not in self._asking and not self._ready[is_paid]:
            self._asking[is_paid] = self._group.create_task(self._ask(is_paid=is_paid, limit=limit))

    def take_pause(self) -> float:
        """Seconds for which nothing goes to anybody, as an answer has told; 0 for none, or when it was told before."""
        pause_s, self._pause_s = self._pause_s, 0.0
        return pause_s

    def give_back(self) -> None:
        """Keep none: a turn is lost for all while somebody holds it."""
        for is_paid, ready in self._ready.items():
            give_back(ready)
            self._ready[is_paid] = []

    def close(self) -> None:
        """Ask no longer."""
        for task in self._asking.values():
            task.cancel()
        self.give_back()

    async def _ask(self, *, is_paid: bool, limit: int) -> None:
        try:
            leave = await self._announcement_sender.turns(limit=limit, is_paid=is_paid)
        finally:
            del self._asking[is_paid]
        self._ready[is_paid] += leave.turns
        self._pause_s = max(self._pause_s, leave.pause_s)
        self._wake()


def give_back(turns: Sequence[SendSlot]) -> None:
    """Nobody needs them."""
    for turn in turns:
        turn.give_back()
