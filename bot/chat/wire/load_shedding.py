"""When too much waits, new questions get a short text at once instead of an answer much later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.chat.wire.envelope import IncomingUpdate, UpdateKind
from bot.chat.wire.lanes import Lane, QueuedUpdate
from bot.chat.wire.triage import Triage

_SHED_AT_ONCE = 4
"""Lanes in which the short texts go out: they leave most of `chats_at_once` to the answers. Chosen, not measured."""
_SHED_AT_MOST = 500
"""Updates whose short text is on its way; with more, nothing is taken in until some are told. Half of what may be
loaded, by reasoning."""


class LoadShedding:
    """Knows the questions that are told «too busy» and when to take in nothing more."""

    def __init__(self, triage: Triage, *, waiting_updates: int) -> None:
        self._triage = triage
        self._waiting_updates = waiting_updates
        self._shed: set[int] = set()
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def wait_for_room(self) -> None:
        """Wait while too many are yet to be told."""
        await self._has_room.wait()

    def shed(
        self, updates: Sequence[IncomingUpdate], received_at: datetime, *, waiting: int
    ) -> Iterator[tuple[QueuedUpdate, Lane]]:
        """The questions among new updates that are not to be answered, and their lanes; none while few wait."""
        if waiting <= self._waiting_updates:
            return
        for update in updates:
            if update.envelope.kind is UpdateKind.QUESTION:
                self._shed.add(update.update_id)
                treatment = self._triage.shed(update.envelope, received_at)
                yield QueuedUpdate(update, 0, treatment), ("busy", update.update_id % _SHED_AT_ONCE)
        if len(self._shed) >= _SHED_AT_MOST:
            self._has_room.clear()

    def finish(self, update_id: int) -> None:
        """It was told."""
        self._shed.discard(update_id)
        if len(self._shed) < _SHED_AT_MOST:
            self._has_room.set()
