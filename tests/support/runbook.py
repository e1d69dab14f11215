"""`config/RUNBOOK.md` as a test reads it, and a shell that runs its commands as they stand."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.log_search import require_clean
from tests.support.nursery import Birth, born

RUNBOOK = Path(__file__).parents[2] / "config" / "RUNBOOK.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND_S = 120
"""Ends only a test that fails: the machine may be busy."""
_SCODA = """\
#!{python} -IS
import json, os, socket, sys
place = f"/proc/{{os.getpid()}}/fd/"
order = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ), "streams": place}}
with socket.socket(socket.AF_UNIX) as nursery:
    nursery.connect({address!r})
    nursery.sendall(json.dumps(order).encode() + b"\\n")
    sys.exit(int(nursery.recv(16)))
"""
"""What the shell finds as `scoda`: it hands its streams to a process that has imported the program already."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One of the runbook. `blocks` are its commands, those of the first block first."""

    title: str
    text: str
    blocks: tuple[tuple[str, ...], ...]

    @property
    def commands(self) -> tuple[str, ...]:
        """All of them in their order."""
        return tuple(command for block in self.blocks for command in block)


def chapters() -> dict[str, Chapter]:
    """All of them by their title."""
    parts = RUNBOOK.read_text(encoding="utf-8").split("\n## ")[1:]
    return {chapter.title: chapter for chapter in map(_chapter, parts)}


def _chapter(part: str) -> Chapter:
    title, _, text = part.partition("\n")
    return Chapter(title, text, tuple(tuple(block.splitlines()) for block in _BLOCK.findall(text)))


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands as an operator's bash does, in `folder`."""

    folder: Path
    scripts: Path

    async def run(self, command: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run it to its end; no variable may be missing, and no key or visitor's word may be told."""
        done = await asyncio.to_thread(self._run, command, variables)
        require_clean(done.stderr, command)
        return done

    def _run(self, command: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which("bash") or "bash", "-o", "nounset", "-c", command],
            cwd=self.folder,
            env={**variables, "PATH": f"{self.scripts}:{variables['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_S,
            check=False,
        )


@contextmanager
def operators_shell(folder: Path) -> Iterator[Shell]:
    """A shell in this folder, which finds `scoda`."""
    scripts, address = folder / "bin", f"\0scoda-runbook-{secrets.token_hex(8)}"
    scripts.mkdir()
    script = scripts / "scoda"
    script.write_text(_SCODA.format(python=sys.executable, address=address), encoding="utf-8")
    script.chmod(0o755)
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(address)
        listener.listen()
        serving = threading.Thread(target=_serve, args=[listener], daemon=True)
        serving.start()
        try:
            yield Shell(folder, scripts)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join()


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("r", encoding="utf-8") as lines:
            connection.sendall(str(_lived(json.loads(lines.readline()))).encode())


def _lived(order: dict[str, object]) -> int:
    """The exit code of the process that was ordered."""
    out, err, given = (Path(f"{order['streams']}{number}") for number in (1, 2, 0))
    birth = Birth(list(order["arguments"]), Path(str(order["folder"])), dict(order["environment"]), out, err, given)  # type: ignore[call-overload]
    assert birth.can_be_forked, "a variable of Python's own was changed"
    process = born(birth)
    process.join(_COMMAND_S)
    if process.exitcode is None:
        process.kill()
        return 124
    return process.exitcode
