"""The program as its own process: `scoda run` against a sandbox of the test, and its other commands."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Self

import httpx

from bot.sandbox.gate import TOKEN_HEADER
from tests.support.log_search import know_keys, require_clean
from tests.support.nursery import Birth, born
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import LIMIT_S, until

_SCODA = (sys.executable, "-m", "bot")
_KILLED = -signal.SIGKILL

_TOLD_ON_PURPOSE = ("Bot token: ", f"{TOKEN_HEADER}: ")
"""How lines begin that tell the person at the terminal the keys of their own sandbox."""
_COMMAND_S = 300.0
"""Two workers may index the real knowledge at once, on a machine that does other things beside."""


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """This process's environment with these settings alone (`telegram_token` is SCODA_TELEGRAM_TOKEN).

    The program runs unmeasured: its start takes four times as long under coverage.
    """
    know_keys(settings)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCODA_", "COVERAGE_"))}
    return kept | {f"SCODA_{name.upper()}": str(value) for name, value in settings.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """The folders that the program works on. It runs in `home`, where there is no settings file."""

    home: Path
    knowledge: Path
    data: Path

    def command(self, *arguments: str) -> list[str]:
        """The command line of `scoda` for these folders."""
        return [*_SCODA, "--knowledge", str(self.knowledge), "--data", str(self.data), *arguments]

    def scoda(self, *arguments: str, given: str = "", **settings: object) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with `given` on its standard input."""
        line, variables = self.command(*arguments), environment(settings)
        with tempfile.TemporaryDirectory(prefix="scoda-command-") as name:
            stdin, out, err = (Path(name) / stream for stream in ("stdin", "stdout", "stderr"))
            stdin.write_text(given, encoding="utf-8")
            birth = Birth(line[len(_SCODA) :], self.home, variables, out, err, given=stdin)
            if birth.can_be_forked:
                code = _to_its_end(born(birth), line)
                told, log = (file.read_text("utf-8") for file in (out, err))
                require_clean(log, " ".join(line))
                return subprocess.CompletedProcess(line, code, told, log)
        return subprocess.run(
            line,
            cwd=self.home,
            env=variables,
            input=given,
            capture_output=True,
            text=True,
            timeout=_COMMAND_S,
            check=False,
        )

    def python(self, code: str) -> str:
        """Run Python with these folders set; returns what it prints."""
        chosen = environment({"knowledge_folder": self.knowledge, "store_data": self.data})
        root = str(Path(__file__).parents[2])
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.home,
            env=chosen | {"PYTHONPATH": root},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=True,
        ).stdout.strip()


def _to_its_end(process: ForkServerProcess, line: Sequence[str]) -> int:
    process.join(_COMMAND_S)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"{' '.join(line)} took more than {_COMMAND_S:.0f} s")
    return process.exitcode


@dataclass(slots=True)
class BotProcess:
    """A running `scoda run`. Its standard error, one JSON object a line, is in `log_file`."""

    place: Place
    settings: dict[str, object]
    log_file: Path
    health: str
    process: ForkServerProcess
    begun_at: int
    _client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=LIMIT_S, trust_env=False))

    @classmethod
    async def begin(cls, place: Place, base_url: str, *options: str, **settings: object) -> Self:
        """Start it, with these options of `run`, and wait for nothing.

        Unless the settings say otherwise it polls the sandbox at `base_url`, asks nobody about announcements, and lets
        visitors ask more than people can: tests ask until a change is live.
        """
        port = free_port()
        chosen: dict[str, object] = {
            "telegram_base_url": base_url,
            "telegram_token": SANDBOX_TOKEN,
            "health_port": port,
            "logs_format": "json",
            "knowledge_settle_s": 0.2,
            "announcements_ask_visitors": False,
            "limits_questions_per_minute": 1000,
        } | settings
        log_file = place.home / "bot.log"
        log_file.touch()
        begun_at = log_file.stat().st_size
        line = place.command("run", *options)[len(_SCODA) :]
        process = await asyncio.to_thread(born, Birth(line, place.home, environment(chosen), log_file, log_file))
        health = f"http://127.0.0.1:{port}"
        return cls(place, chosen, log_file, health, process, begun_at)

    async def is_up(self) -> None:
        """Wait until it knows its own name and may be spoken to."""
        await until(lambda: self.events("telegram_connected") or self._must_run(), "the bot's start")

    async def get(self, path: str) -> httpx.Response | None:
        """One of the health routes; None while nobody listens."""
        try:
            return await self._client.get(self.health + path)
        except httpx.TransportError:
            return None

    def log(self) -> str:
        """What this run has written so far."""
        return self.log_file.read_bytes()[self.begun_at :].decode()

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """The lines of its log, or those of one event."""
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{") and line.endswith("}")]
        return [line for line in lines if not name or line["event"] == name]

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        await until(lambda: self.process.exitcode is not None, "the bot's end")
        assert self.process.exitcode is not None
        return self.process.exitcode

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        assert await self.ended() == _KILLED

    async def stop(self) -> int:
        """End it in good order."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def close(self) -> None:
        """Leave nothing behind, neither a process nor a key or a visitor's words in its log."""
        if self.process.exitcode is None:
            self.process.kill()
            await self.ended()
        await self._client.aclose()
        lines = [line for line in self.log().splitlines() if not line.startswith(_TOLD_ON_PURPOSE)]
        require_clean("\n".join(lines), "the bot")

    def _must_run(self) -> bool:
        assert self.process.exitcode is None, f"the bot ended with {self.process.exitcode}: {self.log()}"
        return False


@asynccontextmanager
async def running_bot(place: Place, base_url: str, *options: str, **settings: object) -> AsyncIterator[BotProcess]:
    """A bot that is up, killed at the end if it still runs."""
    bot = await BotProcess.begin(place, base_url, *options, **settings)
    try:
        await bot.is_up()
        yield bot
    finally:
        await bot.close()
