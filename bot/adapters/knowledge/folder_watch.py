"""Notices changes in the knowledge folder and waits until they are complete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import structlog
from watchfiles import awatch

from bot.adapters.knowledge.reader import Snapshot, Walk, signature_of, walk_folder
from bot.errors import KnowledgeError, ScodaError

_log = structlog.get_logger(__name__)

OnSettled = Callable[[frozenset[str], str], Awaitable[object]]
"""Called with the files that are still being written, and with the signature of the folder as it was seen last."""


class FolderWatch:
    """Calls back once a changed folder has come to rest.

    The system's own notices make it quick; a look every `rescan_s` makes it sure (network folders give no notices). A
    file that keeps changing for longer than `patience_s` does not hold up the others: it is named to the callback.
    `on_look` is shown every look at once, settled or not.
    """

    def __init__(
        self,
        folder: Path,
        on_settled: OnSettled,
        *,
        settle_s: float = 2.0,
        rescan_s: float = 20.0,
        patience_s: float = 30.0,
        on_look: Callable[[Walk], None] | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._folder = folder
        self._on_settled = on_settled
        self._settle_s = settle_s
        self._rescan_s = rescan_s
        self._patience_s = patience_s
        self._on_look = on_look
        self._pause = pause
        self._synced: Snapshot | None = None
        self._told: set[str] = set()

    async def run(self) -> None:
        """Watch until cancelled. The first look always calls back."""
        async with aclosing(self._occasions()) as occasions:
            async for _ in occasions:
                await self.look()

    async def look(self) -> bool:
        """Call back if the folder is not as it was at the last call; returns whether that was done.

        A folder that can't be read just now (being moved, unmounted) is left for the next look.
        """
        snapshot = await self._snapshot()
        if snapshot is None or snapshot == self._synced:
            return False
        snapshot, unsettled = await self._settled(snapshot)
        if snapshot is None:
            return False
        try:
            await self._on_settled(unsettled, signature_of(snapshot))
        except ScodaError as error:
            self._tell_once("knowledge_sync_failed", str(error))
            return False
        except Exception as error:  # noqa: BLE001 - a full disk, say: the watch must outlive it
            _log.error("knowledge_sync_failed", reason=f"{type(error).__name__}: {error}")
            return False
        self._told.clear()
        self._synced = {name: signature for name, signature in snapshot.items() if name not in unsettled}
        return True

    async def _settled(self, snapshot: Snapshot) -> tuple[Snapshot | None, frozenset[str]]:
        """Wait until two looks are alike; returns the last one, and what still changed when patience ended."""
        waited_s = 0.0
        current: Snapshot | None = snapshot
        while current is not None:
            await self._pause(self._settle_s)
            waited_s += self._settle_s
            before, current = current, await self._snapshot()
            if current is None or current == before:
                break
            if waited_s >= self._patience_s:
                return current, frozenset(name for name in current if before.get(name) != current[name])
        return current, frozenset()

    async def _snapshot(self) -> Snapshot | None:
        try:
            walk = await asyncio.to_thread(walk_folder, self._folder)
        except (KnowledgeError, OSError) as error:
            self._tell_once("knowledge_folder_missing", str(error))
            return None
        if self._on_look is not None:
            self._on_look(walk)
        return walk.snapshot

    def _tell_once(self, event: str, reason: str) -> None:
        """Log it, unless it was logged since the last success: a folder may be away for days."""
        if f"{event} {reason}" not in self._told:
            self._told.add(f"{event} {reason}")
            _log.warning(event, folder=str(self._folder), reason=reason)

    async def _occasions(self) -> AsyncGenerator[None]:
        """Once now, then at every notice and at least every `rescan_s`."""
        while True:
            try:
                async with aclosing(self._notices()) as notices:
                    async for _ in notices:
                        yield None
            except (OSError, RuntimeError) as error:  # the folder is gone, or the system has no watches left
                self._tell_once("knowledge_watch_interrupted", str(error))
                yield None
                await self._pause(self._rescan_s)

    async def _notices(self) -> AsyncGenerator[None]:
        """Once now; ends when another folder stands in the place of the one that is watched.

        What changes while somebody looks is noticed, too: the system is asked before.
        """
        watched = self._folder.stat().st_ino
        changes = awatch(self._folder, rust_timeout=int(self._rescan_s * 1000), yield_on_timeout=True)
        async with aclosing(changes) as batches:
            while True:
                coming = asyncio.ensure_future(anext(batches))
                try:
                    await asyncio.sleep(0)  # it begins
                    yield None
                    await coming
                finally:
                    coming.cancel()
                    await asyncio.wait({coming})
                if self._folder.stat().st_ino != watched:
                    return
