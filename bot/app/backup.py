"""Backups: what is saved, with which secret, and when the bot does it by itself."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

import structlog

from bot.adapters.archive.archive import TABLES, ArchiveWriter, sha256_of, verified, writing
from bot.adapters.archive.folder import PLAIN, SEALED, archives_in, drop_older, name_of, place_for, remove_unfinished
from bot.adapters.archive.manifest import ArchivedTable, ArchiveManifest
from bot.adapters.database.connection import Database
from bot.adapters.database.locks import private_folder
from bot.adapters.database.migrations import REVISIONS
from bot.adapters.database.state_owner import Owner, StateOwner
from bot.adapters.database.table_rows import columns_of, counters, rows_of, tables_in_order
from bot.adapters.database.tombstones import FILE_NAME as FORGOTTEN
from bot.adapters.database.tombstones import KEY_FILE_NAME as FORGOTTEN_KEY
from bot.adapters.index.folders import to_its_end
from bot.adapters.system.clock import Clock
from bot.errors import BackupError, DatabaseError, ScodaError, SettingsError
from bot.operations.log_ids import FILE_NAME as LOG_IDS_KEY
from bot.settings import SHORTEST_PASSPHRASE, Settings
from bot.settings.secret_files import secret_in

_log = structlog.get_logger(__name__)

FILES = "files/"
"""Parts of an archive that are files of the data folder."""
_LOOK_EVERY = timedelta(minutes=1)
"""How soon it is noticed that a backup is due; chosen: it costs a look at the names of a folder."""
_AGAIN_AFTER = timedelta(minutes=15)
"""After a failure; chosen: a full disk is emptied by people, and the log is read by them."""
DoesItHere = Callable[[], Awaitable[bool]]
"""Whether this process is the one that makes the backups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBackup:
    """An archive that was written, read again and found whole."""

    file: Path
    manifest: ArchiveManifest
    size: int
    sha256: str
    is_sealed: bool
    removed: tuple[Path, ...]
    """Older ones."""


def folder_of(settings: Settings) -> Path:
    """Where the archives of this state are kept."""
    return Path(settings.backup.folder) if settings.backup.folder else settings.store.data / "backups"


def passphrase_of(settings: Settings) -> str:
    """What archives are encrypted with; empty where nothing is set.

    Raises:
        BackupError: the key file can't be read, others can read it, or it holds too little.
    """
    if not settings.backup.key_file:
        return settings.backup.passphrase.get_secret_value()
    file = Path(settings.backup.key_file)
    try:
        secret = secret_in(file, "[backup] key_file")
    except SettingsError as error:
        raise BackupError(str(error)) from error
    if len(secret) < SHORTEST_PASSPHRASE:
        raise BackupError(
            f"[backup] key_file {file} holds fewer than {SHORTEST_PASSPHRASE} characters: write more into it"
        )
    return secret


async def take_backup(
    settings: Settings, database: Database, *, to: Path | None = None, keep: int | None = None, now: datetime
) -> TakenBackup:
    """Write an archive of the state as it is at this moment, check it, and remove this bot's older ones but `keep`.

    `to` is a folder, or a file where its name ends as an archive's; without it the settings say where.

    Raises:
        AlreadyRunningError: another backup is being written there.
        BackupError: it can't be written, or was not what was written when it was read again.
        DatabaseError: the state can't be read.
    """
    passphrase = await asyncio.to_thread(passphrase_of, settings)
    owner = await StateOwner(database).known() or Owner(0, 0)
    target = to or folder_of(settings)
    if not target.name.endswith((PLAIN, SEALED)):
        target /= name_of(owner.bot_id, now, is_sealed=bool(passphrase))
    try:
        private_folder(target.parent)
    except DatabaseError as error:
        raise BackupError(f"{target.parent} can't be a folder of backups: choose another") from error
    with place_for(target) as (opened, unfinished):
        async with _written(opened, passphrase) as archive:
            manifest = await _save(settings, database, archive, owner, now=now)
        read = await asyncio.to_thread(verified, unfinished, passphrase)
        if read != manifest:
            raise BackupError(f"{unfinished} is not what was written: the disk may be failing, choose another folder")
    removed = drop_older(target.parent, owner.bot_id, keep=keep, now=now, written=target) if keep is not None else []
    return TakenBackup(
        file=target,
        manifest=manifest,
        size=target.stat().st_size,
        sha256=await asyncio.to_thread(sha256_of, target),
        is_sealed=bool(passphrase),
        removed=tuple(removed),
    )


async def _save(
    settings: Settings, database: Database, archive: ArchiveWriter, owner: Owner, *, now: datetime
) -> ArchiveManifest:
    tables = {}
    async with database.snapshot() as connection:
        for table in tables_in_order():
            rows = number = 0
            async for piece in rows_of(connection, table):
                number += 1
                rows += piece.rows
                name = f"{TABLES}{table.name}/{number:06}.jsonl"
                await to_its_end(archive.add, name, piece.lines, rows=piece.rows)
            tables[table.name] = ArchivedTable(columns_of(table), rows)
        counted = await counters(connection)
    # After the rows: who is forgotten meanwhile is in the list, and is forgotten again by a restore.
    for name, content in (await asyncio.to_thread(_files_of, settings.store.data)).items():
        await to_its_end(archive.add, FILES + name, content)
    manifest = ArchiveManifest(
        program=importlib.metadata.version("scoda-bot"),
        schema=REVISIONS[-1],
        engine="postgresql" if settings.store.database_url.get_secret_value() else "sqlite",
        taken_at=now,
        bot=owner.bot_id,
        server=owner.server,
        tables=tables,
        counters=counted,
        besides=_besides(settings),
    )
    return await to_its_end(archive.finish, manifest)


def _files_of(data: Path) -> dict[str, bytes]:
    """What goes along of the data folder. The list before its key, which is made first: never one without the other.

    Raises:
        BackupError: the key is gone.
    """
    listed = (FORGOTTEN, FORGOTTEN_KEY) if (data / FORGOTTEN).is_file() else ()
    logged = (LOG_IDS_KEY,) if (data / LOG_IDS_KEY).is_file() else ()
    try:
        return {name: (data / name).read_bytes() for name in (*logged, *listed)}
    except FileNotFoundError as error:
        raise BackupError(
            f"{error.filename} is gone, and without it a restore forgets nobody again who asked for it: put its copy "
            "back"
        ) from error


@asynccontextmanager
async def _written(file: BinaryIO, passphrase: str) -> AsyncIterator[ArchiveWriter]:
    """`writing`, begun and ended in a thread: a key is made first, and the disk waited for at last.

    Meanwhile the event loop renews a leader's lease, whatever the disk does.
    """
    archive = writing(file, passphrase)
    try:
        yield await to_its_end(archive.__enter__)
    except BaseException as error:
        await to_its_end(archive.__exit__, type(error), error, error.__traceback__)
        raise
    else:
        await to_its_end(archive.__exit__, None, None, None)


def _besides(settings: Settings) -> tuple[str, ...]:
    """Folders and files of the operator, which no archive holds."""
    named = (settings.knowledge.folder, settings.knowledge.gate, settings.announcements.file, Path("config/bot.toml"))
    return tuple(str(one.resolve()) for one in named if one.exists())


class BackupKeeper:
    """Writes an archive whenever the newest one is too old; what goes wrong is told, and tried again later."""

    def __init__(self, settings: Settings, database: Database, *, does_it_here: DoesItHere) -> None:
        self._settings = settings
        self._database = database
        self._does_it_here = does_it_here
        self._failed_at: datetime | None = None
        self.state = "ok"
        """For `/readyz`: `ok`, or why there is no new backup."""

    async def turn(self, now: datetime) -> None:
        """Write one if it is due."""
        if self._failed_at is not None and now < self._failed_at + _AGAIN_AFTER:
            return
        settings = self._settings
        try:
            if not await self._does_it_here() or not await self._is_due(now):
                return
            taken = await take_backup(settings, self._database, keep=settings.backup.keep, now=now)
        except (ScodaError, OSError) as error:
            self._failed_at, self.state = now, f"failed: {type(error).__name__}"
            _log.warning("backup_failed", reason=str(error), again_after_s=_AGAIN_AFTER.total_seconds())
            return
        self._failed_at, self.state = None, "ok"
        _log.info(
            "backup_taken",
            file=str(taken.file),
            rows=taken.manifest.rows,
            bytes=taken.size,
            sha256=taken.sha256,
            is_sealed=taken.is_sealed,
            removed=len(taken.removed),
        )

    async def _is_due(self, now: datetime) -> bool:
        owner = await StateOwner(self._database).known()
        if owner is None:  # nothing has happened yet
            return False
        found = await asyncio.to_thread(archives_in, folder_of(self._settings), owner.bot_id, until=now)
        return not found or now - found[0].taken_at >= timedelta(hours=self._settings.backup.every_hours)


async def always() -> bool:
    """Of a bot that is one process."""
    return True


def schedule_backups(
    clock: Clock, settings: Settings, database: Database, *, does_it_here: DoesItHere = always
) -> Callable[[], str] | None:
    """Look each minute whether one is due; returns what `/readyz` says of it, None where the bot makes none.

    What a killed process left of an archive goes at once.

    Raises:
        BackupError: the key file is not as it must be: said at the start, rather than at night.
    """
    remove_unfinished(folder_of(settings))
    if not settings.backup.every_hours:
        return None
    passphrase_of(settings)
    keeper = BackupKeeper(settings, database, does_it_here=does_it_here)
    clock.every(_LOOK_EVERY, "backup", keeper.turn)
    return partial(getattr, keeper, "state")
