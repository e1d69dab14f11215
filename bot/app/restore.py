"""Restores: all is checked before anything is touched, one moment decides between old and new, and nothing is sent."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog

from bot.adapters.announcements.command_spool import CommandSpool
from bot.adapters.archive.archive import parts_of, table_of, verified
from bot.adapters.archive.manifest import ArchivedPart, ArchiveManifest
from bot.adapters.database.connection import open_database
from bot.adapters.database.locks import folder_lock, private_folder
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.replacing import finish_replacing, replace_database
from bot.adapters.database.restoring import SavedState, rebuild
from bot.adapters.database.state_owner import SANDBOX
from bot.adapters.database.table_rows import RowsPiece
from bot.adapters.database.tombstones import FILE_NAME as FORGOTTEN
from bot.adapters.database.tombstones import KEY_FILE_NAME as FORGOTTEN_KEY
from bot.adapters.database.tombstones import Tombstones
from bot.app.backup import FILES, passphrase_of
from bot.app.state import STATE_FILE, WORKSHOP, data_folder_for, to_run
from bot.errors import BackupError
from bot.operations.durable import replace_file
from bot.operations.log_ids import FILE_NAME as LOG_IDS_KEY
from bot.settings import Settings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore has done."""

    manifest: ArchiveManifest
    data: Path
    """The data folder."""
    aside: Path | None
    """The state that was there, where it was a file."""
    forgotten: int
    """People who were forgotten since the backup, and again now."""
    held: Mapping[str, int]
    """What would have been sent, by kind."""


def read_archive(settings: Settings, archive: Path) -> ArchiveManifest:
    """Read and check the whole archive; blocks.

    Raises:
        BackupError: it can't be used: damaged, encrypted otherwise, of a newer program, or without a file it needs.
    """
    manifest = verified(archive, passphrase_of(settings))
    if manifest.schema not in REVISIONS:
        raise BackupError(
            f"{archive} was written by version {manifest.program} (schema {manifest.schema}, known up to "
            f"{REVISIONS[-1]}): restore it with that version"
        )
    listed = {FILES + FORGOTTEN, FILES + FORGOTTEN_KEY}
    found = listed & {part.name for part in manifest.parts}
    if found and found != listed:
        raise BackupError(
            f"{archive} holds {min(found)} without {min(listed - found)}, so who asked to be forgotten would come "
            "back: take another backup"
        )
    return manifest


def settings_for(settings: Settings, manifest: ArchiveManifest) -> Settings:
    """The settings with the folder that the archive's bot keeps its state in."""
    if not manifest.bot:
        return to_run(settings)
    return data_folder_for(settings, of_sandbox=manifest.server == SANDBOX)


async def restore(
    settings: Settings, archive: Path, manifest: ArchiveManifest, *, replaces: bool = False, now: datetime
) -> Restored:
    """Put the archive's state in place of what is there; `settings` are those `settings_for` it.

    A file that is there is kept aside. A database server must be empty unless `replaces` is set; then its rows go, in
    the transaction in which the new ones come. A kill at any moment leaves the old state or the new one.

    Raises:
        AlreadyRunningError: a bot runs on this state.
        BackupError: the archive is no longer what was checked.
        DatabaseError: the database is not empty, or can't be written.
    """
    data, address = settings.store.data, settings.store.database_url.get_secret_value()
    parts = partial(parts_of, archive, passphrase_of(settings), manifest)
    private_folder(data)
    aside = None
    if address:
        async with open_database(address) as database:
            await database.require_alone()
            await _restore_files(parts(), data)
            forgotten, held = await rebuild(
                database, _saved(parts(), manifest), Tombstones(data), drops=replaces, now=now
            )
    else:
        with folder_lock(data):
            finish_replacing(data / STATE_FILE)
            workshop = data / WORKSHOP
            shutil.rmtree(workshop, ignore_errors=True)
            try:
                await _restore_files(parts(), data)
                async with open_database(workshop / STATE_FILE) as database:
                    forgotten, held = await rebuild(
                        database, _saved(parts(), manifest), Tombstones(data), drops=False, now=now
                    )
                aside = _put_in_place(workshop / STATE_FILE, data / STATE_FILE, now)
            finally:
                shutil.rmtree(workshop, ignore_errors=True)
    _log.info("state_restored", rows=manifest.rows, taken_at=manifest.taken_at.isoformat(), forgotten=forgotten, **held)
    return Restored(manifest=manifest, data=data, aside=aside, forgotten=forgotten, held=held)


def _put_in_place(fresh: Path, state: Path, now: datetime) -> Path | None:
    if fresh.with_name(f"{fresh.name}-wal").exists():  # the last connection writes it back and removes it
        raise BackupError(f"{fresh} was not closed in good order: restore again")
    try:
        return replace_database(fresh, state, stamp=f"{now.astimezone(UTC):%Y%m%dT%H%M%S}")
    except OSError as error:
        raise BackupError(
            f"{state} can't be replaced ({error.strerror or error}): mend that and restore again"
        ) from error


async def _restore_files(parts: Iterator[tuple[ArchivedPart, bytes]], data: Path) -> None:
    """Files of the data folder. What stands there stays; who asked to be forgotten is taken together from both."""
    files = await asyncio.to_thread(_files_in, parts)
    for name in (LOG_IDS_KEY,):
        if name in files and not (data / name).exists():
            await asyncio.to_thread(replace_file, data / name, files[name])
    if FORGOTTEN in files and FORGOTTEN_KEY in files:
        await Tombstones(data).merge(files[FORGOTTEN_KEY], files[FORGOTTEN])


def _files_in(parts: Iterator[tuple[ArchivedPart, bytes]]) -> dict[str, bytes]:
    return {part.name.removeprefix(FILES): content for part, content in parts if part.name.startswith(FILES)}


def _saved(parts: Iterator[tuple[ArchivedPart, bytes]], manifest: ArchiveManifest) -> SavedState:
    pieces = (RowsPiece(name, content, part.rows) for part, content in parts if (name := table_of(part)))
    return SavedState(
        schema=manifest.schema,
        columns={name: table.columns for name, table in manifest.tables.items()},
        rows={name: table.rows for name, table in manifest.tables.items()},
        counters=manifest.counters,
        pieces=pieces,
    )


def word_spool_of(data: Path) -> CommandSpool:
    """Where the word that a restored state may send again reaches a running bot."""
    return CommandSpool(data / "restore", look_with="scoda restore --confirm")
