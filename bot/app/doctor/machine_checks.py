"""The machine: rights, space, open files, the clock, time zones, and the packages that are installed."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.adapters.database.locks import LOCK_FILE
from bot.adapters.index.folders import numbered
from bot.adapters.system.clock import stopwatch, utc_now
from bot.operations.examining import Diagnoses, Diagnosis, error, fine, warning
from bot.operations.open_files import ENOUGH, OpenFiles, open_files_of_holder
from bot.operations.pinned_packages import mismatches

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MEGABYTE = 2**20
_LEAST_FREE = 200 * _MEGABYTE
"""Bytes beside the index: by reasoning, room for the database's log, a small backup and the day's questions."""
_GENERATIONS = 2
"""A new version is written beside the one in use."""
_IN_THE_FUTURE = timedelta(minutes=5)
"""A file may be so much younger than now: by reasoning, more than machines that share a disk differ by."""
_JUMP_S = 0.5
"""By so much the clock may leave the stopwatch while the doctor works: by reasoning, more than it is ever slewed."""
_FEW_FILES = 256
"""With fewer the web servers and the index alone use them up, as `open_files.py` counts them."""
_NEARLY_ALL = 0.8
"""Share of the files that may be open: by reasoning, what is left is used up by the next crowd."""
_MORE_FILES = f"raise it to {ENOUGH}: LimitNOFILE in systemd, --ulimit nofile in a container, limits.conf elsewhere"
_NAMED = 5
"""Packages that are named: by reasoning, enough to see what kind of difference it is."""
Holder = Callable[[Path], OpenFiles | None]
"""Tells of the process that has a file open."""
FreeSpace = Callable[[Path], int]
"""The bytes that this user may still write on the disk of a folder."""


def free_space(folder: Path) -> int:
    """Implements `FreeSpace` with the file system."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def look_at_rights(data: Path) -> Diagnoses:
    """Whether the data folder can be written, and by this user alone; keys can be read by nobody else."""
    if not data.exists():
        return [fine("there is no data folder yet: `scoda run` makes it, for its user alone", str(data))]
    mode = stat.S_IMODE(data.stat().st_mode)
    found = list(_ownership(data, mode))
    found += [
        error("others on this machine may read or change a secret key", where=str(key), advice=f"run `chmod 600 {key}`")
        for key in sorted(data.glob("*.key"))
        if stat.S_IMODE(key.stat().st_mode) & _OTHERS
    ]
    return found or [fine(f"only its user can enter it (mode {mode:04o})", str(data))]


def _ownership(data: Path, mode: int) -> Iterator[Diagnosis]:
    if not data.is_dir():
        yield error("it is no folder", where=str(data), advice="choose another folder with --data")
        return
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield error(
            "this user can't read and write the data folder",
            where=str(data),
            advice="run the doctor as the user that runs the bot, or give that user the folder with chown",
        )
    owner = data.stat().st_uid
    if owner != os.geteuid():
        yield warning(
            f"the data folder belongs to user {owner}, and this is user {os.geteuid()}",
            where=str(data),
            advice="run the doctor as the user that runs the bot: rights are looked at for whoever runs it",
        )
    if mode & _OTHERS:
        yield warning(
            f"others on this machine can enter the data folder (mode {mode:04o}); it holds visitors' ids and questions",
            where=str(data),
            advice=f"run `chmod -R go= {data}`",
        )


def look_at_disk(data: Path, free_of: FreeSpace = free_space) -> Diagnoses:
    """Whether another version of the index, and some more, still fits on the disk."""
    folder = next((one for one in (data, *data.absolute().parents) if one.is_dir()), Path("/"))
    free, index = free_of(folder), _size_of_a_version(data / "index")
    wanted = _GENERATIONS * index + _LEAST_FREE
    told = f"{_in_mb(free)} are free; a version of the index takes {_in_mb(index)}"
    if free < index + _LEAST_FREE / _GENERATIONS:
        return [
            error(
                f"{told}: the next version does not fit, and the database may soon not be writable",
                where=str(data),
                advice=f"free at least {_in_mb(wanted - free)}, or move the data folder to a larger disk with --data",
            )
        ]
    if free < wanted:
        return [
            warning(
                f"{told}: two of them and what the database needs take {_in_mb(wanted)}",
                where=str(data),
                advice=f"free at least {_in_mb(wanted - free)}",
            )
        ]
    return [fine(told, str(data))]


def _size_of_a_version(index: Path) -> int:
    """Bytes of the largest version with its vector store; files with a second name elsewhere count as a whole."""
    sizes: dict[int, int] = {}
    if index.is_dir():
        for kind in ("gen", "store"):
            for folder, number in numbered(index, kind):
                files = [file for file in folder.rglob("*") if file.is_file()]
                sizes[number] = sizes.get(number, 0) + sum(file.stat().st_size for file in files)
    return max(sizes.values(), default=0)


def _in_mb(size: float) -> str:
    return f"{size / _MEGABYTE:,.0f} MB"


def look_at_open_files(data: Path | None = None, *, holder: Holder = open_files_of_holder) -> Diagnoses:
    """How many files and connections a bot that this user starts may open, and how many one that runs has open."""
    used = None if data is None else holder(data / LOCK_FILE)
    if used is not None:
        return [_use(used)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= ENOUGH:
        return [fine(f"a bot may open {'any number of' if hard == resource.RLIM_INFINITY else hard} files")]
    told = f"a bot may open {hard} files and connections at once (soft limit {soft})"
    if hard < _FEW_FILES:
        return [error(f"{told}: too few to serve and to answer", where="RLIMIT_NOFILE", advice=_MORE_FILES)]
    return [warning(f"{told}: {ENOUGH} are enough for any crowd", where="RLIMIT_NOFILE", advice=_MORE_FILES)]


def _use(used: OpenFiles) -> Diagnosis:
    told = f"the running bot has {used.count} of {used.limit} files and connections open"
    if used.count < _NEARLY_ALL * used.limit:
        return fine(told)
    return error(told, where="RLIMIT_NOFILE", advice=f"{_MORE_FILES}; start the bot again, and see whether they grow")


class ClockWatch:
    """Sees whether the clock leaps while the doctor works, and whether it stands before what was written already."""

    def __init__(
        self, data: Path, *, now: Callable[[], datetime] = utc_now, stopwatch_s: Callable[[], float] = stopwatch
    ) -> None:
        self._data = data
        self._now = now
        self._stopwatch_s = stopwatch_s
        self._began = now(), stopwatch_s()

    def look(self) -> Diagnoses:
        """To be called last."""
        now, ran_s = self._now(), self._stopwatch_s() - self._began[1]
        leapt_s = (now - self._began[0]).total_seconds() - ran_s
        found = []
        if abs(leapt_s) > _JUMP_S:
            found.append(
                warning(
                    f"the clock leapt by {leapt_s:+.1f} s within {ran_s:.1f} s",
                    where="system clock",
                    advice="let one time service alone keep it (chronyc tracking, timedatectl), slewing, not stepping",
                )
            )
        youngest = max((_written_at(file) for file in self._files()), default=0.0)
        ahead_s = youngest - now.timestamp()
        if ahead_s > _IN_THE_FUTURE.total_seconds():
            found.append(
                error(
                    f"the clock stands {ahead_s:.0f} s before what was written last in the data folder: it went back",
                    where="system clock",
                    advice="set the clock (timedatectl set-ntp true) before the bot sends: announcements go by it",
                )
            )
        return found or [fine(f"no leap, and it is {now:%Y-%m-%d %H:%M:%S} UTC")]

    def _files(self) -> list[Path]:
        return [file for file in self._data.iterdir() if file.is_file()] if self._data.is_dir() else []


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # gone meanwhile
        return 0.0


def look_at_zones(zones: Collection[str]) -> Diagnoses:
    """Whether this machine knows the time of every zone in use."""
    unknown = sorted(zone for zone in zones if not _is_known(zone))
    if unknown:
        return [
            error(
                f"the time in {', '.join(unknown)} is not known here: what is due there is not sent",
                where="time zone data",
                advice="install the system's tzdata package, or pip install tzdata, and start the bot again",
            )
        ]
    return [fine(f"known for all {len(zones)} zones in use")]


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo.no_cache(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def look_at_versions(locks: Mapping[Path, str], installed: Mapping[str, str]) -> Diagnoses:
    """The program and what it stands on; packages that are those of none of the lock files, by the nearest of them."""
    parts = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    parts |= {name: installed.get(name, "missing") for name in ("scoda-bot", "chromadb", "python-telegram-bot")}
    told = fine(", ".join(f"{name} {version}" for name, version in parts.items()))
    found = [(mismatches(text, installed), file) for file, text in locks.items()]
    differing, file = min(found, key=lambda one: len(one[0]), default=([], Path()))
    if not differing:
        return [told]
    more = f" and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
    return [
        told,
        warning(
            f"{'; '.join(differing[:_NAMED])}{more}: this program was not tested with these",
            where=str(file),
            advice=f"run: pip install --require-hashes -r {file}",
        ),
    ]
