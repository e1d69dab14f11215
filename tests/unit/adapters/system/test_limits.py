from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.system.child import ChildCrashedError, in_child
from bot.adapters.system.limits import ProcessLimits, bind_this_process

LIMITS = ProcessLimits(memory=2**29, cpu_s=1)


def bound(function: Callable[..., object], *arguments: object) -> str:
    """What a bound process comes to: the error's name, or the result."""
    bind_this_process(LIMITS)
    try:
        return str(function(*arguments))
    except (OSError, MemoryError) as error:
        return type(error).__name__


def read(path: str) -> str:
    return f"{len(Path(path).read_bytes())} bytes"


def write(path: str) -> None:
    Path(path).write_text("x", encoding="utf-8")


def open_for_both(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def start() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def connect() -> None:
    socket.create_connection(("127.0.0.1", 9))


def fill() -> int:
    return len(bytearray(2**30))


def import_one() -> str:
    import colorsys  # noqa: PLC0415 - that it can be imported late is what is asked

    return colorsys.__name__


def spin() -> None:
    while True:
        pass


async def test_a_bound_process_reads_the_program_alone(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("key", encoding="utf-8")
    assert await in_child(bound, read, str(secret)) == "PermissionError"
    assert await in_child(bound, read, "/etc/passwd") == "PermissionError"
    assert (await in_child(bound, read, os.__file__)).endswith(" bytes")
    assert await in_child(bound, import_one) == "colorsys"


async def test_a_bound_process_is_not_led_out_by_a_link(tmp_path: Path):
    place = Path(__file__).with_name(f".link-{tmp_path.name}")
    place.symlink_to("/etc/passwd")
    try:
        assert await in_child(bound, read, str(place)) == "PermissionError"
    finally:
        place.unlink()


async def test_a_bound_process_writes_starts_and_calls_nothing(tmp_path: Path):
    for function, arguments in ((write, (str(tmp_path / "x"),)), (open_for_both, (str(tmp_path / "x"),)), (start, ())):
        assert await in_child(bound, function, *arguments) == "PermissionError"
    assert await in_child(bound, connect) == "PermissionError"
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing else runs


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits addresses")
async def test_a_bound_process_has_so_much_memory_and_no_more():
    assert await in_child(bound, fill) == "MemoryError"


async def test_a_bound_process_that_works_too_long_is_ended_and_how_is_told():
    with pytest.raises(ChildCrashedError) as crash:
        await in_child(bound, spin)
    assert crash.value.exit_code in {-24, -9}
