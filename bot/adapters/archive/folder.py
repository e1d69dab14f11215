"""The folder of archives: their names, how one comes to stand there whole, and how older ones go."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bot.adapters.system.file_lock import file_lock
from bot.errors import AlreadyRunningError, BackupError
from bot.operations.durable import sync_to_disk

PLAIN, SEALED = ".tar.gz", ".tar.gz.sealed"
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"scoda-(\d{1,20})-(\d{8}T\d{6}Z)\.tar\.gz(?:\.sealed)?")
_LOCK = ".scoda-backup.lock"
_UNFINISHED = ".scoda-backup.part"
"""One at a time, under the lock: one that is found without it held was left by a process that was killed."""


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """An archive by its name."""

    file: Path
    bot: int
    taken_at: datetime


def name_of(bot: int, taken_at: datetime, *, is_sealed: bool) -> str:
    """The name of a bot's archive of that moment."""
    return f"scoda-{bot}-{taken_at.astimezone(UTC):{_STAMP}}{SEALED if is_sealed else PLAIN}"


def archives_in(folder: Path, bot: int, *, until: datetime | None = None) -> list[StoredArchive]:
    """This bot's archives, newest first; whatever else is in the folder is none of ours.

    With `until` none that is dated later: a clock that was wrong once must not make it the newest for years.

    Raises:
        BackupError: the folder can't be looked into.
    """
    found = []
    for file in _files_in(folder):
        named = _NAME.fullmatch(file.name)
        if named is None or int(named[1]) != bot or not file.is_file() or file.is_symlink():
            continue
        with suppress(ValueError):  # no such day
            taken_at = datetime.strptime(named[2], _STAMP).replace(tzinfo=UTC)
            if until is None or taken_at <= until:
                found.append(StoredArchive(file, bot, taken_at))
    return sorted(found, key=lambda one: one.taken_at, reverse=True)


def _files_in(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BackupError(f"{folder} can't be a folder of backups ({error.strerror}): choose another") from error


def drop_older(folder: Path, bot: int, *, keep: int, now: datetime, written: Path | None = None) -> list[Path]:
    """Remove this bot's archives but for the newest `keep`; returns those that went.

    What is dated later than `now` neither goes nor counts, and what was just `written` stays in any case.
    """
    gone = [one.file for one in archives_in(folder, bot, until=now)[keep:] if one.file != written]
    for file in gone:
        file.unlink(missing_ok=True)
    return gone


def remove_unfinished(folder: Path) -> None:
    """Remove what a process that was killed left of an archive, which may be unencrypted; one being written stays.

    Where that can't be done the next backup there tells it.
    """
    unfinished = folder / _UNFINISHED
    with suppress(OSError):
        if unfinished.exists():
            with file_lock(folder / _LOCK) as is_ours:
                if is_ours:
                    unfinished.unlink(missing_ok=True)


@contextmanager
def place_for(target: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """An unfinished file beside `target`, for this user alone; renamed to it when the block ends well, else removed.

    Raises:
        AlreadyRunningError: another backup is being written there.
        BackupError: the file can't be made or written, or `target` is there already.
    """
    unfinished = target.with_name(_UNFINISHED)
    try:
        with file_lock(target.with_name(_LOCK)) as is_ours:
            if not is_ours:
                raise AlreadyRunningError(f"another backup is being written in {target.parent}: wait for its end")
            if target.exists():
                raise BackupError(f"{target} is there already: name another file, or remove it")
            unfinished.unlink(missing_ok=True)
            try:
                with os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
                    yield opened, unfinished
                unfinished.rename(target)
                sync_to_disk(target.parent)
            finally:
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(
            f"the backup {target} can't be written ({error.strerror or error}): make room, or choose another folder"
        ) from error
