"""After a restore nothing is sent by itself before a person's word: who waits for it, and how it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.adapters.database.connection import Database
from bot.adapters.database.restore_guard import FileRestoreGuard
from bot.adapters.system.clock import Clock, utc_now
from bot.app.core import Core
from bot.app.restore import word_spool_of
from bot.errors import BackupError

_log = structlog.get_logger(__name__)

_LOOK_EVERY = timedelta(seconds=1)
"""Somebody waits at a terminal; by reasoning: it costs a look into a folder."""


class RestoreWord:
    """Whether this state may send. `given` is set where it was never restored, or once somebody has said so."""

    def __init__(self, database: Database, data: Path) -> None:
        self._guard = FileRestoreGuard(database, data)
        self._spool = word_spool_of(data)
        self.given = asyncio.Event()
        self.may_send = asyncio.Event()
        """Set once the chat has started, too."""

    @property
    def state(self) -> str:
        """For `/readyz`."""
        return "ok" if self.given.is_set() else "restored: waits for `scoda restore --confirm`"

    async def begin(self) -> None:
        """Before anything could be sent: a database that somebody has put in place is found out, and held."""
        await self._guard.hold(now=utc_now())
        await self._look()
        if not self.given.is_set():
            _log.error("restore_waits_for_a_word", what_to_do="scoda restore --confirm")

    def schedule(self, clock: Clock) -> None:
        """Look each second whether it was given."""
        self._spool.recover()
        clock.every(_LOOK_EVERY, "restore_word", self._turn)

    async def follow(self, started: asyncio.Event) -> None:
        """Set `may_send` when both are there."""
        await started.wait()
        await self.given.wait()
        self.may_send.set()

    async def _turn(self, _now: datetime) -> None:
        await self._spool.serve(self._execute)
        await self._look()

    async def _execute(self, order: Mapping[str, object]) -> dict[str, object]:
        if order.get("order") != "confirm_restore":
            raise BackupError(f"unknown order {order.get('order')!r}")
        return {"ok": True, "waited": await confirm(self._guard)}

    async def _look(self) -> None:
        if not self.given.is_set() and not await self._guard.was_restored():
            self.given.set()


async def restore_word_of(core: Core) -> RestoreWord:
    """Of an open state; before anything could be sent."""
    word = RestoreWord(core.database, core.settings.store.data)
    await word.begin()
    return word


async def confirm(guard: FileRestoreGuard) -> bool:
    """The word: what waited goes on; announcements that wait are still decided one by one. False: nothing waited."""
    if not await guard.was_restored():
        return False
    await guard.accept()
    _log.info("restore_confirmed")
    return True
