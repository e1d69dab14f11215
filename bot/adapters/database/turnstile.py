"""Who writes next: one at a time, and some need not wait behind a crowd."""

from __future__ import annotations

import asyncio
from collections import deque


class Turnstile:
    """A lock with two queues that are served alternately while both have somebody: the prompt and the others."""

    def __init__(self) -> None:
        self._is_taken = False
        self._was_prompt = False
        self._waiting: dict[bool, deque[asyncio.Future[None]]] = {True: deque(), False: deque()}

    async def acquire(self, *, is_prompt: bool) -> None:
        """Wait for the turn."""
        if not self._is_taken:
            self._is_taken, self._was_prompt = True, is_prompt
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[is_prompt].append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # it had just been let in
                self.release()
            raise

    def release(self) -> None:
        """Let the next one in."""
        self._is_taken = False
        for is_prompt in (not self._was_prompt, self._was_prompt):
            queue = self._waiting[is_prompt]
            while queue:
                waiter = queue.popleft()
                if not waiter.done():
                    self._is_taken, self._was_prompt = True, is_prompt
                    waiter.set_result(None)
                    return
