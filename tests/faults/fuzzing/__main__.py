"""`python -m tests.faults.fuzzing --updates 100000 --seed 7`: the bot has to stand whatever comes; 1 where it did not.

A broken promise is told with the update that broke it, as JSON, and the same seed makes the same updates again.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil

from bot.operations.logs import configure_logs
from tests.faults.fuzzing import odd
from tests.faults.fuzzing.loop_watch import BLOCKED_S, LoopWatch, watched_loop
from tests.faults.fuzzing.updates import UpdateMaker
from tests.faults.fuzzing.whole_bot import WholeBot, open_bot

_BATCH = 50
_WARM = 1000
"""Updates until caches are filled; what is kept from then on is counted."""
_GROWTH = 64 * 2**20
"""Bytes that the process may grow from then on, however many come."""
_PERSON = "41110000"
"""How everybody's id begins."""
_REFUSED_BY_TELEGRAM = frozenset({"call_failed", "formatting_refused"})
_WRONG_ENDINGS = ("_failed", "_given_up", "_not_stored")


@dataclass(slots=True)
class Findings:
    """Broken promises, and what broke them."""

    told: list[str] = field(default_factory=list)

    def note(self, promise: str, *culprits: object) -> None:
        """Keep one; `culprits` are shown with it."""
        self.told.append("\n  ".join([promise, *(str(one)[:3000] for one in culprits)]))


def _wrong_lines(lines: str) -> Iterator[tuple[str, str]]:
    """Log lines that must not be, and why."""
    for line in lines.splitlines():
        if odd.CANARY in line:
            yield "a visitor's words stand in a log", line
        if _PERSON in line:
            yield "somebody's id stands in a log", line
        if "Traceback" in line or "never retrieved" in line or "never awaited" in line:
            yield "an error that nobody caught", line
        if line.startswith("{"):
            event = json.loads(line)
            is_wrong = event["level"] in ("error", "critical") or event["event"].endswith(_WRONG_ENDINGS)
            if is_wrong and event["event"] not in _REFUSED_BY_TELEGRAM:
                yield "an update that could not be handled", line


class Run:
    """Gives updates to a bot, batch by batch, and looks at it after each."""

    def __init__(self, bot: WholeBot, watch: LoopWatch, log: io.StringIO, random: Random) -> None:
        self._bot = bot
        self._watch = watch
        self._log = log
        self._maker = UpdateMaker(random, bot.telegram.buttons)
        self._findings = Findings()

    async def give(self, count: int) -> Findings:
        """See the class. The promises: nothing fails, blocks the loop, grows without bound, or tells a log what is private."""
        process, resting = psutil.Process(), 0
        for first in range(0, count, _BATCH):
            await self._give_batch([self._maker.make(number) for number in range(first, min(first + _BATCH, count))])
            if len(self._findings.told) >= 5:
                break
            if first <= max(_WARM, count // 4):
                resting = process.memory_info().rss
        growth = process.memory_info().rss - resting
        if growth > _GROWTH:
            self._findings.note(f"the process grew by {growth / 2**20:.0f} MB")
        return self._findings

    async def _give_batch(self, batch: list[dict[str, object]]) -> None:
        self._watch.begin()
        await self._bot.take(batch)
        if self._watch.longest_s > BLOCKED_S:
            self._findings.note(f"one step took {self._watch.longest_s * 1000:.0f} ms of the loop", self._watch.step)
        lines = self._log.getvalue()
        self._log.seek(0)
        self._log.truncate()
        for promise, line in _wrong_lines(lines):
            number = json.loads(line).get("update_id") if line.startswith("{") else None
            culprits = [json.dumps(one) for one in batch if one["update_id"] == number]
            self._findings.note(promise, line, *culprits)


async def _fuzz(count: int, seed: int) -> Findings:
    log = io.StringIO()
    with redirect_stderr(log), tempfile.TemporaryDirectory() as place:
        configure_logs("info", as_json=True)
        random = Random(seed)
        async with open_bot(Path(place), random) as bot:
            with watched_loop() as watch:
                return await Run(bot, watch, log, random).give(count)


def main(arguments: list[str]) -> int:
    """Fuzz as the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.fuzzing")
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=None)
    chosen = parser.parse_args(arguments)
    seed = secrets.randbelow(2**32) if chosen.seed is None else chosen.seed
    found = asyncio.run(_fuzz(chosen.updates, seed)).told
    sys.stdout.write("\n".join([*found, f"{chosen.updates:,} updates, seed {seed}: {len(found)} broken promises\n"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
