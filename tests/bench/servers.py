"""Telegrams in a process of their own, so that a bench measures its client alone.

    python -m tests.bench.servers sandbox|flood

Prints its address and serves until its input ends: `sandbox` is the whole sandbox, `flood` the sandbox with its flood
control on.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.sandbox.engine import SandboxLimits
from bot.sandbox.server import serve_sandbox
from tests.support.sandbox_keys import KEYS
from tests.support.workshop import other_cores

CALLS_REMEMBERED = 100_000


async def main(kind: str) -> None:
    def ready(port: int) -> None:
        print(f"http://127.0.0.1:{port}", flush=True)

    limits = SandboxLimits(messages_per_chat=20, calls=CALLS_REMEMBERED)
    serving = asyncio.create_task(
        serve_sandbox("127.0.0.1", 0, keys=KEYS, ready=ready, flood=kind == "flood", limits=limits)
    )
    input_ends = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait({serving, input_ends}, return_when=asyncio.FIRST_COMPLETED)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


@contextmanager
def server(kind: str) -> Iterator[str]:
    """Such a process; gives its address."""
    line = [sys.executable, "-m", "tests.bench.servers", kind]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(20)


if __name__ == "__main__":
    other_cores()
    asyncio.run(main(sys.argv[1]))
