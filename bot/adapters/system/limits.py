"""Binds a child process that reads what strangers wrote: memory, time, and that it opens nothing but the program."""

from __future__ import annotations

import mimetypes
import os
import resource
import sys
import zoneinfo
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = Path(__file__).parents[3]
"""Where the package stands."""
_FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "pty.",
    "ftplib.",
)
_WRITES = os.O_WRONLY | os.O_RDWR
_SECOND_CHANCE_S = 2
"""Seconds of processor time between the signal that ends a process and the one that nothing withstands."""


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What a process may use: `memory` in bytes of its address space, `cpu_s` in seconds of a processor."""

    memory: int
    cpu_s: int


def bind_this_process(limits: ProcessLimits) -> None:
    """Limit this process for the rest of its life; what a system lacks is passed over.

    It then starts no other process, connects to nothing, writes no file, and reads those of the program alone.
    """
    _limit(resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + _SECOND_CHANCE_S)
    _limit(resource.RLIMIT_CORE, 0, 0)
    _limit(resource.RLIMIT_NPROC, 0, 0)
    _limit(resource.RLIMIT_AS, limits.memory, limits.memory)
    readable = tuple(
        map(os.path.realpath, (sys.prefix, sys.base_prefix, _PROGRAM, *zoneinfo.TZPATH, *mimetypes.knownfiles))
    )
    within = tuple(os.path.join(place, "") for place in readable)  # noqa: PTH118 - asked at every opening of a file

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, str | bytes) and (_is_for_writing(mode, flags) or not _may_read(path)):
                raise PermissionError(f"a bound process may not open {path!r}")
        elif event.startswith(_FORBIDDEN):
            raise PermissionError(f"a bound process may not call {event}")

    def _may_read(path: str | bytes) -> bool:
        place = os.path.realpath(os.fsdecode(path))
        return place in readable or place.startswith(within)

    sys.addaudithook(refuse)


def _limit(what: int, soft: int, hard: int) -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (soft, hard))


def _is_for_writing(mode: object, flags: object) -> bool:
    letters = mode if isinstance(mode, str) else ""
    return not set(letters).isdisjoint("wax+") or (isinstance(flags, int) and bool(flags & _WRITES))
