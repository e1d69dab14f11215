"""Updates that come one by one are stored together: what comes while a commit is under way shares the next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from bot.chat.wire.envelope import Accept, IncomingUpdate

_AT_ONCE = 100
"""Updates a commit, as many as a poll brings; by reasoning."""


class Gathering:
    """Before `accept`, with its contract: a call returns once its updates are stored, and raises if they are not."""

    def __init__(self, accept: Accept) -> None:
        self._accept = accept
        self._waiting: deque[tuple[Sequence[IncomingUpdate], asyncio.Future[int]]] = deque()
        self._storing: asyncio.Task[None] | None = None

    async def accept(self, updates: Sequence[IncomingUpdate]) -> int:
        """Store them with whatever else comes; returns how many were new of all that were stored together."""
        stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((updates, stored))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        return await stored

    async def _store_all(self) -> None:
        try:
            while self._waiting:
                await self._store_some()
        finally:
            self._storing = None
            while self._waiting:  # cut short at the end of the process
                self._waiting.popleft()[1].cancel()

    async def _store_some(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))]
        calls = [stored for _, stored in batch]
        try:
            new = await self._accept([update for updates, _ in batch for update in updates])
        except asyncio.CancelledError:
            for stored in calls:
                stored.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it is raised where each waits
            _settle(calls, error=error)
        else:
            _settle(calls, new=new)


def _settle(calls: Sequence[asyncio.Future[int]], *, new: int = 0, error: Exception | None = None) -> None:
    for stored in calls:
        if stored.done():  # whoever waited has gone
            continue
        if error is None:
            stored.set_result(new)
        else:
            stored.set_exception(error)
