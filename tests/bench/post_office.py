"""Updates posted as Telegram posts them: over connections that stay open, one at a time on each.

    python -m tests.bench.post_office

That is what the posting is measured against: a server on aiohttp that reads the JSON and answers 200. It prints its
port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

PATH = "/hook"
SECRET = "the-secret-of-this-webhook"
_HEAD = (
    f"POST {PATH} HTTP/1.1\r\nHost: bot.example.org\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
    "Content-Type: application/json\r\nConnection: keep-alive\r\nAccept-Encoding: gzip, deflate\r\n"
)
"""What Telegram sends with each."""
_TAKEN = b"HTTP/1.1 200"


def update(number: int, chat: Mapping[str, object], visitor: int, text: str) -> bytes:
    """A message as Telegram brings it."""
    name = {"is_bot": False, "first_name": "Guest", "username": f"guest_{visitor}", "language_code": "en"}
    sent = {"message_id": number, "from": {"id": visitor, **name}, "chat": chat, "date": int(time.time()), "text": text}
    return json.dumps({"update_id": number, "message": sent}, separators=(",", ":")).encode()


def message(number: int, text: str) -> bytes:
    """What a visitor writes in their own chat, each number by another one."""
    visitor = 100_000 + number
    return update(number, {"id": visitor, "first_name": "Guest", "type": "private"}, visitor, text)


@dataclass
class Posting:
    """Updates on their way, and what became of them."""

    bodies: Iterator[bytes]
    taken: int = 0
    refused: int = 0
    waits_s: list[float] = field(default_factory=list)

    def next_request(self) -> bytes | None:
        """One more as it goes over the wire; None when there is none."""
        body = next(self.bodies, None)
        return None if body is None else f"{_HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body


class _Carrier(asyncio.Protocol):
    """One connection: the next update follows the answer to the one before."""

    def __init__(self, posting: Posting) -> None:
        self._posting = posting
        self._received = b""
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._post()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        _, has_length, after = head.lower().partition(b"content-length:")
        if len(rest) < (int(after.partition(b"\r\n")[0]) if has_length else 0):
            return
        self._posting.waits_s.append(time.perf_counter() - self._since)
        if head.startswith(_TAKEN):
            self._posting.taken += 1
        else:
            self._posting.refused += 1
        self._received = b""
        self._post()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(exc or ConnectionError("the server ended a connection that it should keep"))

    def _post(self) -> None:
        request = self._posting.next_request()
        if request is None:
            if not self.over.done():
                self.over.set_result(None)
            self._transport.close()
            return
        self._since = time.perf_counter()
        self._transport.write(request)


async def post(port: int, bodies: Sequence[bytes], *, connections: int) -> tuple[Posting, float]:
    """Post them all; what became of them, and the seconds it took."""
    posting, loop = Posting(iter(bodies)), asyncio.get_running_loop()
    began = time.perf_counter()
    opened = [await loop.create_connection(lambda: _Carrier(posting), "127.0.0.1", port) for _ in range(connections)]
    await asyncio.gather(*(carrier.over for _, carrier in opened))
    return posting, time.perf_counter() - began


async def _take(request: web.Request) -> web.Response:
    await request.json()
    return web.Response()


async def main() -> None:
    application = web.Application()
    application.router.add_post(PATH, _take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
