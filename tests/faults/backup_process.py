"""A process that backs a state up, or restores one, with real files and databases: made to be killed."""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

import bot.adapters.archive.folder
import bot.adapters.database.replacing
import bot.adapters.database.restored_rows
import bot.adapters.database.restoring
import bot.adapters.database.schema
import bot.app.backup
import bot.app.restore
from bot.adapters.archive.archive import ArchiveWriter
from bot.adapters.database.connection import open_database
from bot.adapters.database.tombstones import Tombstones
from bot.app.backup import take_backup
from bot.app.restore import read_archive, restore
from bot.settings import Settings, StoreSettings
from tests.faults.sync_process import Moments, watched

_WATCHED: tuple[tuple[Any, str], ...] = (
    (ArchiveWriter, "add"),
    (ArchiveWriter, "finish"),
    (bot.app.backup, "verified"),
    (bot.app.backup, "drop_older"),
    (bot.adapters.archive.folder, "sync_to_disk"),
    (bot.adapters.database.restoring, "write_rows"),
    (bot.adapters.database.restoring, "count_rows"),
    (bot.adapters.database.restoring, "set_counters"),
    (bot.adapters.database.restoring, "_forget_again"),
    (bot.adapters.database.schema, "upgrade"),
    (bot.adapters.database.restored_rows, "hold"),
    (bot.adapters.database.replacing, "sync_to_disk"),
    (bot.app.restore, "replace_file"),
    (bot.app.restore, "replace_database"),
    (Tombstones, "_merge"),
    (Path, "rename"),
    (Path, "unlink"),
    (shutil, "rmtree"),
)


def settings_of(data: Path, address: str) -> Settings:
    return Settings(store=StoreSettings(data=data, database_url=SecretStr(address)))


def back_up(data: Path, address: str, to: Path, now: datetime, moments: Moments, counted: Path) -> None:
    """Save the state in `data`, or at the address, and keep the newest two."""
    with watched(moments, _WATCHED):
        asyncio.run(_back_up(settings_of(data, address), to, now))
    counted.write_text("\n".join(moments.seen.elements()), encoding="utf-8")


def bring_back(data: Path, address: str, archive: Path, now: datetime, moments: Moments, counted: Path) -> None:
    """Put the archive in place of the state."""
    settings = settings_of(data, address)
    with watched(moments, _WATCHED):
        manifest = read_archive(settings, archive)
        asyncio.run(restore(settings, archive, manifest, replaces=True, now=now))
    counted.write_text("\n".join(moments.seen.elements()), encoding="utf-8")


async def _back_up(settings: Settings, to: Path, now: datetime) -> None:
    target = settings.store.database_url.get_secret_value() or settings.store.data / "state.sqlite3"
    async with open_database(target, lock=False) as database:
        await take_backup(settings, database, to=to, keep=2, now=now)
