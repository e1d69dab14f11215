"""Telegrams in a process of their own, so that a bench measures its client alone.

    python -m tests.bench.servers little|sandbox|flood

Prints its address and serves until its input ends: `little` answers every call with the same message, `sandbox` is the
whole sandbox, `flood` the sandbox with its flood control on.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.sandbox.engine import SandboxLimits
from bot.sandbox.server import serve_sandbox
from tests.support.sandbox_keys import KEYS
from tests.support.whole_requests import cut_request
from tests.support.workshop import other_cores

CALLS_REMEMBERED = 100_000
_ANSWER = json.dumps(
    {
        "ok": True,
        "result": {
            "message_id": 4711,
            "from": {"id": 7000001, "is_bot": True, "first_name": "SCODA Bot", "username": "scoda_sandbox_bot"},
            "chat": {"id": 5000000000000001, "type": "private", "first_name": "Wei", "language_code": "zh"},
            "date": 1795608000,
            "text": "The forum opens on 15 June at 9:30 in hall 3. " * 8,
            "entities": [{"offset": 0, "length": 9, "type": "bold"}],
            "reply_markup": {"inline_keyboard": [[{"text": "Unsubscribe", "callback_data": "u:abcd1234:*"}]]},
        },
    }
).encode()
_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(_ANSWER),
    _ANSWER,
)


class LittleServer(asyncio.Protocol):
    """As little as a server can do: finds the end of each request and gives the one answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := cut_request(self._received)) is not None:
            self._received = request[2]
            self._transport.write(_RESPONSE)


async def serve_little(ready) -> None:
    server = await asyncio.get_running_loop().create_server(LittleServer, "127.0.0.1", 0)
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def main(kind: str) -> None:
    def ready(port: int) -> None:
        print(f"http://127.0.0.1:{port}", flush=True)

    if kind == "little":
        serving = asyncio.create_task(serve_little(ready))
    else:
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
