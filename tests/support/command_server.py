"""Commands of the program without the seconds that its libraries take to import: a process that has done so forks for each.

A command has its own process, environment, folder and standard streams, as one that a shell starts.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_ROOT = Path(__file__).parents[2]
_START = "from tests.support.command_server import serve; serve()"


_READ_AT_THE_START = ("PYTHON", "LD_", "OMP_", "OPENBLAS_")
"""How variables begin that count when a process starts, and not after a fork."""


class CommandServer:
    """Runs one command at a time; where `run` returns None, start a process of its own.

    That is while another one runs, and where a variable is set that counts when a process starts.
    """

    def __init__(self) -> None:
        self._variables = _read_at_the_start(os.environ)
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = os.getpid()

    def run(
        self, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], given: str, timeout_s: float
    ) -> subprocess.CompletedProcess[str] | None:
        """The end of the command `arguments`, which `folder` is the working directory of.

        Raises:
            TimeoutError: it took longer; the command and the server were killed.
        """
        is_alike = os.getpid() == self._owner and _read_at_the_start(environment) == self._variables
        if not is_alike or not self._turn.acquire(blocking=False):
            return None
        try:
            with tempfile.TemporaryDirectory(prefix="scoda-command-") as name:
                streams = [Path(name) / stream for stream in ("stdin", "stdout", "stderr")]
                streams[0].write_text(given, encoding="utf-8")
                asked = {"arguments": arguments, "folder": str(folder), "environment": dict(environment)}
                code = self._ask(asked | {"streams": list(map(str, streams))}, timeout_s)
                told = [stream.read_text(encoding="utf-8") for stream in streams[1:]]
            return subprocess.CompletedProcess(list(arguments), code, *told)
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the server, and a command that it may run."""
        process, self._process = self._process, None
        if process is not None and os.getpid() == self._owner:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def _ask(self, request: Mapping[str, object], timeout_s: float) -> int:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START],
                cwd=_ROOT,
                text=True,
                start_new_session=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        wire, answer = self._process.stdin, self._process.stdout
        assert wire is not None
        assert answer is not None
        print(json.dumps(request), file=wire, flush=True)
        if not select.select([answer], [], [], timeout_s)[0]:
            self.close()
            raise TimeoutError(f"{request['arguments']} took more than {timeout_s:.0f} s")
        return int(answer.readline())


def _read_at_the_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(_READ_AT_THE_START)}


SERVER = CommandServer()
atexit.register(SERVER.close)


def serve() -> None:
    """Answer each line of standard input with a command's exit code."""
    for name in [name for name in os.environ if name.startswith(("SCODA_", "COVERAGE_"))]:
        del os.environ[name]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before anything is imported that reads them
        os.environ.setdefault(name, "1")
    from bot.adapters.system.memory import keep_memory_together  # noqa: PLC0415 - as above
    from bot.cli import main  # noqa: PLC0415 - as above

    keep_memory_together()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(request)
            os._exit(_ended(main.run))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(request: Mapping[str, object]) -> None:
    """Take the streams, folder, environment and arguments of the command."""
    modes = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number, (name, mode) in enumerate(zip(_texts(request["streams"]), modes, strict=True)):
        os.dup2(os.open(name, mode, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = (_stream(number, "r" if number == 0 else "w") for number in range(3))
    os.chdir(str(request["folder"]))
    os.environ.clear()
    os.environ.update(dict(request["environment"]))  # type: ignore[call-overload]
    sys.argv = ["scoda", *_texts(request["arguments"])]
    os.umask(0o077)


def _stream(number: int, mode: str) -> IO[str]:
    return open(number, mode, encoding="utf-8", closefd=False)


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(one) for one in value]


def _ended(run: object) -> int:
    """Run the command; its exit code."""
    assert callable(run)
    try:
        run()
        code: object = 0
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code if isinstance(code, int) else 0 if code is None else 1
