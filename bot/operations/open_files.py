"""How many files and connections the process may have open at once."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ENOUGH = 4096
"""Some 150 to Telegram, 256 each at the webhook and the health routes, and the index."""


_PROCESSES = Path("/proc")
"""Where Linux shows what each process has open; other systems have no such place."""


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """How many files and connections a process has open, and how many it may."""

    count: int
    limit: int


def allow_many_open_files() -> None:
    """Raise the soft limit, often 256 or 1,024, as far as is needed and the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def open_files_of_holder(file: Path, processes: Path = _PROCESSES) -> OpenFiles | None:
    """Of the process that has this file open; None where there is none, or where this user can't see it."""
    name = str(file.resolve())
    for process in processes.glob("[0-9]*"):
        with suppress(OSError, StopIteration, ValueError):  # gone meanwhile, or another user's
            opened = list(_opened_by(process))
            if name in opened:
                return OpenFiles(len(opened), _limit_of(process))
    return None


def _opened_by(process: Path) -> Iterator[str]:
    for one in (process / "fd").iterdir():
        try:
            yield str(one.readlink())
        except FileNotFoundError:  # closed meanwhile
            continue


def _limit_of(process: Path) -> int:
    """The soft limit, as in `Max open files            1024                 4096                 files`."""
    lines = (process / "limits").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("Max open files")).split()[3])
