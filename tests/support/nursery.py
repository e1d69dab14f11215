"""Processes of the program without the seconds that its libraries take to import: they fork from one that has done so.

Each has an environment, folder, arguments and standard streams of its own, as one that a shell starts.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO

_NURSERY = multiprocessing.get_context("forkserver")
_NURSERY.set_forkserver_preload(
    [
        "tests.support.imported_program",
        *(f"tests.faults.{name}_process" for name in ("sender", "sync", "rollback", "backup")),
    ]
)
_ROOT = Path(__file__).parents[2]
_READ_AT_THE_START = ("PYTHON", "LD_", "OMP_", "OPENBLAS_")
"""How variables begin that count when a process starts, and not after a fork."""
_OF_THE_TESTS = ("SCODA_", "COVERAGE_")
"""How variables begin that the first process must not see: the program runs unmeasured, with settings of its own."""


def _read_at_the_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(_READ_AT_THE_START)}


_AT_THE_START = _read_at_the_start(os.environ)


@dataclass(frozen=True, slots=True)
class Birth:
    """What a process begins with. Its output is added to the files `out` and `err`."""

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    out: Path
    err: Path
    given: Path = Path(os.devnull)

    @property
    def can_be_forked(self) -> bool:
        """Whether no variable is another one than for the first that only counts when a process starts."""
        return _read_at_the_start(self.environment) == _AT_THE_START


def born(birth: Birth) -> ForkServerProcess:
    """A process of `scoda` that has just begun."""
    return forked(_live, birth)


def forked(function: Callable[..., object], *arguments: object) -> ForkServerProcess:
    """A process that has just begun to run a function; no other variables are seen in it than in the first."""
    process = _NURSERY.Process(target=function, args=arguments)
    with _for_the_first():
        forkserver.ensure_running()
    process.start()
    return process


def _live(birth: Birth) -> None:
    """Become the process, and run the program."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a process that forks others does without
    added = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, (file, mode) in enumerate(((birth.given, os.O_RDONLY), (birth.out, added), (birth.err, added))):
        os.dup2(os.open(file, mode, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = (_stream(number, "r" if number == 0 else "w") for number in range(3))
    os.chdir(birth.folder)
    os.environ.clear()
    os.environ.update(birth.environment)
    sys.argv = ["scoda", *birth.arguments]
    from bot.__main__ import main  # noqa: PLC0415 - it reads the environment

    try:
        main()
    finally:
        # An interpreter does so before all else at its end, multiprocessing last: it waits for pools that nobody ended.
        threading._shutdown()  # type: ignore[attr-defined]


def _stream(number: int, mode: str) -> IO[str]:
    return open(number, mode, encoding="utf-8", closefd=False)


@contextmanager
def _for_the_first() -> Iterator[None]:
    """The environment of the process that all others fork from: it finds the tests wherever it is started."""
    changed = {name: value for name, value in os.environ.items() if name.startswith((*_OF_THE_TESTS, "PYTHONPATH"))}
    for name in changed:
        del os.environ[name]
    os.environ["PYTHONPATH"] = str(_ROOT)
    try:
        yield
    finally:
        del os.environ["PYTHONPATH"]
        os.environ.update(changed)


@atexit.register
def _leave_nothing_behind() -> None:
    for process in multiprocessing.active_children():
        process.kill()
