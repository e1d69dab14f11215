"""A server on loopback that speaks the OpenAI chat protocol, well or in every bad way that rows L01 to L10 name."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from aiohttp import web

MODEL = "stub-model"
KEY = "key-of-the-stub-server"
FOREIGN_LINK = "https://evil.example.com/prize"
_PIECE = 12
_TRICKLE_S = 0.005
_LONG = 100_000

Json = dict[str, Any]
Messages = Sequence[dict[str, str]]
Reply = Callable[[Messages], str]


class Manner(Enum):
    """How the server treats a request."""

    WELL = auto()
    HANGS = auto()
    """Takes the request and never answers."""
    TRICKLES = auto()
    """Sends a letter now and then and never ends."""
    TOO_MANY = auto()
    """429."""
    TOO_MANY_WAIT = auto()
    """429 with `Retry-After`: `retry_after` seconds."""
    BROKEN = auto()
    """500."""
    WRONG_KEY = auto()
    """401, with the key in the text, as some servers do."""
    EMPTY = auto()
    REFUSES = auto()
    """The protocol's own refusal."""
    REFUSES_IN_WORDS = auto()
    FILTERED = auto()
    """Cut short by the provider's content filter."""
    LONG = auto()
    """100,000 characters."""
    INVALID_JSON = auto()
    """The body, or a line of the stream, is no JSON."""
    BROKEN_ANSWER = auto()
    """A sound body around an answer that is no JSON."""
    TOOL_CALL = auto()
    ENDLESS = auto()
    """Streams for as long as somebody reads."""
    RESETS = auto()
    """The connection is reset after the first half."""
    WITHOUT_USAGE = auto()
    OBEDIENT = auto()
    """Does what any text in the prompt orders: the worst model that there can be."""
    TAKES_NO_SCHEMA = auto()
    """400, as servers answer that know no `response_format`."""
    CORRUPTING = auto()
    """Every number one too high, and a link of its own."""


@dataclass(slots=True)
class ModelServer:
    """`script` is used up first, a manner a request; then `manner` holds. `reply` makes the good answers."""

    reply: Reply = lambda messages: composed("The hall is open.")
    manner: Manner = Manner.WELL
    script: deque[Manner] = field(default_factory=deque)
    retry_after: float = 0.0
    requests: list[Json] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    port: int = 0
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by each request that came in."""
    gate: asyncio.Event | None = None
    """When given, a good stream stops after its first half until this is set."""
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def base_url(self) -> str:
        """For the setting of that name."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat/completions."""
        body = await request.json()
        self.requests.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        self.seen.set()
        manner = self.script.popleft() if self.script else self.manner
        if manner is Manner.HANGS:
            await self._closing.wait()
        if manner in _REFUSED_OUTRIGHT:
            return self._refused(manner)
        if body.get("stream"):
            return await self._stream(request, body, manner)
        if manner is Manner.INVALID_JSON:
            return web.Response(text='{"choices": [', content_type="application/json")
        return web.json_response(_whole(self._message(body, manner), _usage(body, manner)))

    async def models(self, request: web.Request) -> web.Response:
        """GET /v1/models."""
        if self.manner in _REFUSED_OUTRIGHT:
            return self._refused(self.manner)
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def close(self) -> None:
        """Let go of whoever still waits."""
        self._closing.set()

    def _refused(self, manner: Manner) -> web.Response:
        status, text = _REFUSED_OUTRIGHT[manner]
        headers = {"Retry-After": str(self.retry_after)} if manner is Manner.TOO_MANY_WAIT else {}
        return web.json_response({"error": {"message": text, "type": "stub"}}, status=status, headers=headers)

    def _message(self, body: Json, manner: Manner) -> Json:
        messages = body["messages"]
        if manner is Manner.TOOL_CALL:
            call = {"name": "send_message", "arguments": '{"text": "hello"}'}
            return {"content": None, "tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": call}]}
        if manner is Manner.REFUSES:
            return {"content": None, "refusal": "I will not."}
        texts: dict[Manner, Reply] = {
            Manner.EMPTY: lambda _: "",
            Manner.REFUSES_IN_WORDS: lambda _: "I'm sorry, but I can't help with that.",
            Manner.LONG: lambda _: "x" * _LONG,
            Manner.BROKEN_ANSWER: lambda _: '{"sentences": [{"text": "The hall is',
            Manner.OBEDIENT: obedient,
            Manner.CORRUPTING: lambda _: corrupted(self.reply(messages)),
        }
        return {"content": texts.get(manner, self.reply)(messages)}

    async def _stream(self, request: web.Request, body: Json, manner: Manner) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with suppress(ConnectionError):  # the reader has had enough
            await self._pieces(request, response, body, manner)
        return response

    async def _pieces(self, request: web.Request, response: web.StreamResponse, body: Json, manner: Manner) -> None:
        if manner in (Manner.TRICKLES, Manner.ENDLESS):
            await self._never_end(response, pause_s=_TRICKLE_S if manner is Manner.TRICKLES else 0.0)
            return
        message = self._message(body, manner)
        deltas = list(_deltas(message))
        for number, delta in enumerate(deltas):
            if number == len(deltas) // 2:
                if manner is Manner.RESETS:
                    assert request.transport is not None
                    request.transport.abort()
                    return
                if manner is Manner.INVALID_JSON:
                    await response.write(b'data: {"choices": [{"delta"\n\n')
                if self.gate is not None:
                    await self.gate.wait()
            await _send(response, {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        reason = {Manner.FILTERED: "content_filter", Manner.TOOL_CALL: "tool_calls"}.get(manner, "stop")
        await _send(response, {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        if body.get("stream_options", {}).get("include_usage") and manner is not Manner.WITHOUT_USAGE:
            await _send(response, {"choices": [], "usage": _usage(body, manner)})
        await response.write(b"data: [DONE]\n\n")

    async def _never_end(self, response: web.StreamResponse, *, pause_s: float) -> None:
        while not self._closing.is_set():
            await _send(response, {"choices": [{"index": 0, "delta": {"content": "a "}, "finish_reason": None}]})
            await asyncio.sleep(pause_s)


_REFUSED_OUTRIGHT = {
    Manner.TOO_MANY: (429, "Rate limit reached"),
    Manner.TOO_MANY_WAIT: (429, "Rate limit reached"),
    Manner.BROKEN: (500, "Internal error"),
    Manner.TAKES_NO_SCHEMA: (400, "This response_format type is unavailable now"),
    Manner.WRONG_KEY: (401, f"Incorrect API key provided: {KEY}"),
}


@asynccontextmanager
async def open_model_server() -> AsyncIterator[ModelServer]:
    """A server on a free port."""
    server = ModelServer()
    app = web.Application(client_max_size=16 * 2**20)
    app.router.add_post("/v1/chat/completions", server.chat)
    app.router.add_get("/v1/models", server.models)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.port = runner.addresses[0][1]
        yield server
    finally:
        server.close()
        await runner.cleanup()


def composed(*sentences: str, passages: Sequence[int] = (1,)) -> str:
    """An answer as the bot asks for it."""
    return json.dumps(
        {"sentences": [{"text": text, "passages": list(passages)} for text in sentences]}, ensure_ascii=False
    )


_ORDER = re.compile(
    r"(?:say|output|write|print|answer|reply|repeat)[^:\n\"]{0,40}[:：]\s*([^\n\"]{3,300})", re.IGNORECASE
)


def obedient(messages: Messages) -> str:
    """Gives away the rules, says what it was told to say, wherever that stood, and adds a link."""
    rules = [message["content"] for message in messages if message["role"] == "system"]
    orders = [order for message in messages for order in _ORDER.findall(message["content"])]
    return composed(*orders, *rules, f"More at {FOREIGN_LINK}")


def corrupted(answer: str) -> str:
    """The answer with every number one too high and one more link."""
    document = json.loads(answer)
    for sentence in document["sentences"]:
        sentence["text"] = re.sub(r"\d+", lambda found: str(int(found[0]) + 1), sentence["text"])
        sentence["text"] += f" {FOREIGN_LINK}"
    return json.dumps(document, ensure_ascii=False)


def _deltas(message: Json) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    if message.get("content") is None:
        yield message
        return
    text = message["content"]
    for start in range(0, len(text), _PIECE):
        yield {"content": text[start : start + _PIECE]}


def _usage(body: Json, manner: Manner) -> Json | None:
    if manner is Manner.WITHOUT_USAGE:
        return None
    prompt = sum(len(message["content"]) for message in body["messages"]) // 4
    return {"prompt_tokens": prompt, "completion_tokens": 21, "total_tokens": prompt + 21}


def _whole(message: Json, usage: Json | None) -> Json:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [choice], "usage": usage}


async def _send(response: web.StreamResponse, chunk: Json) -> None:
    whole = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, **chunk}
    await response.write(f"data: {json.dumps(whole, ensure_ascii=False)}\n\n".encode())
