"""A Bot API server for a crowd, as quick as Python can be: it hands out questions and takes the answers' times.

    python -m tests.bench.crowd_server

Prints its address. Reads lines of JSON: a list of questions is asked at once by as many new visitors, and answered, when
each has an answer or `LIMIT_S` is over, by {"waits_s", "words_s", "span_s", "answers", "notes", "calls", "cpu_s"}: the
seconds until each first answer, until each first message of any kind, until the last answer, how many answers and lines of
company («you are in line») came, all other calls, and the processor time that this server took. Ends with its standard
input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count

from bot.chat.text import texts
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.whole_requests import cut_request

LIMIT_S = 300.0
_AT_ONCE = 100
"""Updates a call, as Telegram has it."""
_FIRST_VISITOR = 50_000
_FIRST_UPDATE = 1_000
_EMPTY_AFTER_S = 1.0
_BOT = {"id": int(SANDBOX_TOKEN.partition(":")[0]), "is_bot": True, "first_name": "SCODA", "username": "scoda_bot"}
_RESULTS: dict[str, object] = {
    "getme": _BOT,
    "getwebhookinfo": {"url": ""},
    "getmycommands": [],
    "getmydescription": {"description": ""},
    "getmyshortdescription": {"short_description": ""},
}
"""Of methods that do not return True."""
_IN_LINE = json.dumps(texts.in_line(Catalogs().translator(Locale.EN)), ensure_ascii=False)[1:-1].encode()


class Crowd:
    """Who has asked what, and who was answered when."""

    def __init__(self) -> None:
        self._visitors, self._updates = count(_FIRST_VISITOR), count(_FIRST_UPDATE)
        self._messages = count(1)
        self.waiting: list[dict[str, object]] = []
        """Updates that the bot has not confirmed."""
        self.came = asyncio.Event()
        self.answered = asyncio.Event()
        self._asked_at = 0.0
        self._first: dict[int, float] = {}
        self._first_word: dict[int, float] = {}
        self._wanted = 0
        self.counts: Counter[str] = Counter()

    async def ask(self, questions: Sequence[str]) -> dict[str, object]:
        """Ask at once, and wait for the answers; what became of it."""
        self._first, self._first_word, self.counts = {}, {}, Counter()
        visitors = {next(self._visitors): question for question in questions}
        self.answered.clear()
        self._wanted = len(visitors)
        cpu_s, self._asked_at = time.process_time(), time.perf_counter()
        self.waiting += [self._update(*one) for one in visitors.items()]
        self.came.set()
        try:
            async with asyncio.timeout(LIMIT_S):
                await self.answered.wait()
        except TimeoutError:
            pass
        waits = sorted(self._first.values())
        return {
            "waits_s": waits,
            "words_s": sorted(self._first_word.values()),
            "span_s": waits[-1] if waits else LIMIT_S,
            "answers": self.counts["answers"],
            "notes": self.counts["notes"],
            "calls": self.counts["calls"] - self.counts["notes"] - self.counts["answers"],
            "cpu_s": time.process_time() - cpu_s,
        }

    def sent(self, body: bytes) -> dict[str, object]:
        """The bot wrote to somebody."""
        chat = int(body[body.index(b":") + 1 : body.index(b",")])  # it begins with {"chat_id":
        after_s = time.perf_counter() - self._asked_at
        self._first_word.setdefault(chat, after_s)
        if _IN_LINE in body:
            self.counts["notes"] += 1
        else:
            self.counts["answers"] += 1
            self._first.setdefault(chat, after_s)
            if len(self._first) == self._wanted:
                self.answered.set()
        return {"message_id": next(self._messages), "date": int(time.time()), "chat": {"id": chat, "type": "private"}}

    async def updates(self, offset: int) -> list[dict[str, object]]:
        """What is not confirmed, waiting a little for it."""
        self.waiting = [one for one in self.waiting if int(str(one["update_id"])) >= offset]
        if not self.waiting:
            self.came.clear()
            try:
                async with asyncio.timeout(_EMPTY_AFTER_S):
                    await self.came.wait()
            except TimeoutError:
                pass
        return self.waiting[:_AT_ONCE]

    def _update(self, visitor: int, text: str) -> dict[str, object]:
        chat = {"id": visitor, "type": "private", "first_name": "Guest"}
        sender = {"id": visitor, "is_bot": False, "first_name": "Guest", "language_code": "en"}
        number = next(self._updates)
        message = {"message_id": number, "date": int(time.time()), "chat": chat, "from": sender, "text": text}
        return {"update_id": number, "message": message}


class Connection(asyncio.Protocol):
    """Finds the end of each request and answers it."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._received = b""
        self._polls: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := cut_request(self._received)) is not None:
            head, body, self._received = request
            self._answer(head.partition(b" http/")[0].rpartition(b"/")[2].decode(), body)

    def _answer(self, method: str, body: bytes) -> None:
        self._crowd.counts["calls"] += 1
        if method == "getupdates":
            poll = asyncio.get_running_loop().create_task(self._poll(int(json.loads(body).get("offset", 0))))
            self._polls.add(poll)
            poll.add_done_callback(self._polls.discard)
        elif method == "sendmessage":
            self._write(self._crowd.sent(body))
        else:
            self._write(_RESULTS.get(method, True))

    async def _poll(self, offset: int) -> None:
        self._write(await self._crowd.updates(offset))

    def _write(self, result: object) -> None:
        body = json.dumps({"ok": True, "result": result}).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)


async def main() -> None:
    crowd = Crowd()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(crowd), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await crowd.ask(json.loads(line))), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
