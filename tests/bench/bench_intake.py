"""Updates a second that one core takes into the inbox by webhook, each committed before its 200.

    python -m tests.bench.bench_intake [--quick]

`scoda run` has one core to itself, on SQLite as `all` and on PostgreSQL as `--role web` (as `all` where it handles); who
posts, and PostgreSQL, have the others. The baseline is a server on aiohttp that reads the JSON, answers 200 and stores
nothing. Each is told by what the clock says and by the processor's time: other programs on the machine lower the first
alone, and so does a PostgreSQL that has no core to itself.

«Stored»: nothing is handled meanwhile, since the one place for that waits for an answer of Telegram. «Handled»: what the
bot only looks at and ignores (talk in a group) is opened and marked as done at the same time. «Asked»: private questions,
which the bot answers meanwhile, or tells that it is busy once 5,000 wait.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from bot.adapters.database.engines import url_of
from tests.bench.bench_throughput import cpu_s, has_read_all
from tests.bench.crowd_server import Connection, Crowd
from tests.bench.post_office import PATH, SECRET, message, post, update
from tests.support.little_knowledge import write_little_knowledge
from tests.support.postgresql import fresh_database, postgresql_server
from tests.support.processes import BotProcess, Place, free_port, running_bot
from tests.support.visitors import until
from tests.support.workshop import other_cores, p95, parser_of, print_table

UPDATES, QUICK = 20_000, 4_000
CONNECTIONS = (40, 100)
"""What Telegram opens unasked, and the most that it opens."""
WANTED = 2_000
WARM_UP = 1_500
"""More than a process keeps loaded: what comes then is in the inbox alone."""
_NUMBERS = count(1)
_TALK = "Has anybody seen the timetable of the shuttle buses from the main station to hall 3? Mine is from last year."
_QUESTION = "How many freight trains ran in 2025?"


@dataclass(frozen=True, slots=True)
class Rate:
    """What one case gave."""

    name: str
    connections: int
    per_s: float
    cpu_us: float
    p95_ms: float

    @property
    def of_a_core(self) -> float:
        """Updates that a core would take in a second if it did nothing else."""
        return 1e6 / self.cpu_us


class HangingTelegram(Connection):
    """Answers everything at once, but messages to one chat never."""

    def _answer(self, method: str, body: bytes) -> None:
        if method != "sendmessage" or b'"chat_id":%d,' % NEVER_ANSWERED not in body:
            super()._answer(method, body)


NEVER_ANSWERED = 4_999


def talk(number: int) -> bytes:
    """A message in a group that is not for the bot."""
    chat = {"id": -1_000_000_000_000 - number % 997, "title": "Visitors of the expo", "type": "supergroup"}
    return update(number, chat, 60_000 + number % 5_003, _TALK)


def question(number: int) -> bytes:
    """A question of a visitor of its own."""
    return message(number, _QUESTION)


def some(make, how_many: int) -> list[bytes]:
    """So many updates, with numbers that were not there before."""
    return [make(next(_NUMBERS)) for _ in range(how_many)]


async def rate_of(name: str, process_id: int, port: int, bodies: Sequence[bytes], *, connections: int) -> Rate:
    """Post these and see what it costs the process."""
    before = cpu_s(process_id)
    posting, took_s = await post(port, bodies, connections=connections)
    spent_s = cpu_s(process_id) - before
    assert posting.refused == 0, f"{posting.refused} updates were refused"
    return Rate(name, connections, posting.taken / took_s, spent_s / posting.taken * 1e6, p95(posting.waits_s) * 1000)


def pin(process_id: int, core: int) -> None:
    """All threads of a process onto one core."""
    for task in Path(f"/proc/{process_id}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


@contextmanager
def baseline() -> Iterator[tuple[int, int]]:
    """The server that stores nothing: its process and its port."""
    line = [sys.executable, "-m", "tests.bench.post_office"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        pin(process.pid, CORE)
        yield process.pid, int(process.stdout.readline())
        process.stdin.close()


def place_in(home: Path) -> Place:
    """A new place with a little knowledge."""
    place = Place(home, home / "knowledge", home / "data")
    place.knowledge.mkdir(parents=True)
    write_little_knowledge(place.knowledge)
    return place


@asynccontextmanager
async def hook(
    home: Path, telegram: str, database_url: str, *, role: str = "all", **settings: object
) -> AsyncIterator[tuple[BotProcess, int]]:
    """A bot on a core of its own that takes updates at this port."""
    place, port = place_in(home), free_port()
    given: dict[str, object] = {
        "store_database_url": database_url,
        "telegram_mode": "webhook",
        "telegram_webhook_url": f"http://127.0.0.1:{port}{PATH}",
        "telegram_webhook_secret": SECRET,
        "telegram_webhook_port": port,
        "telegram_request_timeout_s": 600,
        "limits_answer_deadline_s": 600,
        "delivery_messages_per_s": 1000,
    }
    async with running_bot(place, telegram, "--role", role, **given | settings) as bot:
        assert bot.process.pid is not None
        if role == "all":  # a web replica reads nothing in by itself, and so handles nothing here
            await until(lambda: has_read_all(bot), "all knowledge to be read")
        pin(bot.process.pid, CORE)
        yield bot, port


async def stored(home: Path, database_url: str) -> int:
    """Rows of the inbox."""
    engine = create_async_engine(url_of(database_url or home / "data" / "state.sqlite3"))
    try:
        async with engine.connect() as connection:
            return int(await connection.scalar(sqlalchemy.text("SELECT count(*) FROM inbox")) or 0)
    finally:
        await engine.dispose()


async def idle_case(engine: str, home: Path, telegram: str, url: str, updates: int) -> list[Rate]:
    """Nothing is handled."""
    role = "web" if url else "all"
    async with hook(home, telegram, url, role=role, limits_chats_at_once=1) as (bot, port):
        assert bot.process.pid is not None
        stuck = update(next(_NUMBERS), {"id": NEVER_ANSWERED, "type": "private"}, NEVER_ANSWERED, "/start")
        await post(port, [stuck], connections=1)
        await post(port, some(talk, WARM_UP), connections=40)
        name = f"{engine}, stored"
        rates = [
            await rate_of(name, bot.process.pid, port, some(talk, updates), connections=connections)
            for connections in CONNECTIONS
        ]
        rows = await stored(home, url)
        assert rows == 1 + WARM_UP + updates * len(CONNECTIONS), f"{rows} rows in the inbox"
    return rates


async def busy_cases(engine: str, home: Path, telegram: str, url: str, updates: int) -> list[Rate]:
    """What comes is handled."""
    rates = []
    async with hook(home, telegram, url) as (bot, port):
        assert bot.process.pid is not None
        for name, make in (("handled", talk), ("asked", question)):
            bodies = some(make, updates // 2)
            rates.append(await rate_of(f"{engine}, {name}", bot.process.pid, port, bodies, connections=40))
    return rates


@asynccontextmanager
async def telegram() -> AsyncIterator[str]:
    """A quick Telegram in this process."""
    crowd = Crowd()
    server = await asyncio.get_running_loop().create_server(lambda: HangingTelegram(crowd), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def main(updates: int, home: Path) -> int:
    rates = []
    with baseline() as (process_id, port), postgresql_server() as server:
        for connections in CONNECTIONS:
            bodies = some(talk, updates)
            rates.append(await rate_of("aiohttp, nothing stored", process_id, port, bodies, connections=connections))
        async with telegram() as address:
            for engine in ("SQLite", "PostgreSQL"):
                for case in (idle_case, busy_cases):
                    async with fresh_database(server.url) as url:
                        given = url if engine == "PostgreSQL" else ""
                        rates += await case(engine, home / f"{engine}-{case.__name__}", address, given, updates)
    show(rates)
    return 0


def show(rates: Sequence[Rate]) -> None:
    best = max(rate.of_a_core for rate in rates[: len(CONNECTIONS)])
    rows = [
        (rate.name, rate.connections, f"{rate.per_s:,.0f}", f"{rate.p95_ms:.0f}", f"{rate.cpu_us:,.0f}",
         f"{rate.of_a_core:,.0f}", f"{rate.of_a_core / best:.2f}")
        for rate in rates
    ]  # fmt: skip
    headings = ("", "connections", "updates/s", "p95 ms", "µs of a core", "a core's own/s", ": aiohttp")
    print_table(headings, rows)
    print(f"(wanted: {WANTED:,} a second)")


if __name__ == "__main__":
    given = parser_of(__doc__).parse_args()
    CORE = max(os.sched_getaffinity(0))
    other_cores()
    with tempfile.TemporaryDirectory(prefix="scoda-intake-") as folder:
        sys.exit(asyncio.run(main(QUICK if given.quick else UPDATES, Path(folder))))
