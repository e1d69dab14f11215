"""Something that goes on for a spell, again and again: one waits for its beginning, or for its end."""

from __future__ import annotations

import asyncio


class Spell:
    """Going on or not, as was said last."""

    def __init__(self, *, is_on: bool = False) -> None:
        self._on, self._off = asyncio.Event(), asyncio.Event()
        (self._on if is_on else self._off).set()

    def set(self) -> None:
        """It begins; twice changes nothing."""
        self._off.clear()
        self._on.set()

    def clear(self) -> None:
        """It ends; twice changes nothing."""
        self._on.clear()
        self._off.set()

    async def begun(self) -> None:
        """Wait until it goes on."""
        await self._on.wait()

    async def ended(self) -> None:
        """Wait until it does not."""
        await self._off.wait()
