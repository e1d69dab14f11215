"""A million subscribers, 5,000 questions a minute, 3 to 30 replicas: what saturates first, by what is measured here.

    python -m tests.bench.capacity [--quick] [--data DIR] [--knowledge DIR]

First it measures the whole bot on a real PostgreSQL: golden questions, the same ones asked by others, an announcement; of
each the processor's time of the bot and of PostgreSQL, transactions and bytes of the write-ahead log, and how many commits
a second PostgreSQL makes durable at most. Then it reckons (`tests.support.planning`) and simulates ten minutes
(`tests.support.queues`). A replica has one core, as quick as one of this machine; PostgreSQL has `DATABASE_CORES`.

Processor's time is what it is whoever else works on the machine, give or take a third; commits a second are fewer then.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from random import Random

import psutil
import psycopg
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import make_url

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import open_database
from bot.announcements.model import Content
from bot.answering.model import Question
from bot.app.core import open_core
from bot.app.moving import copy_state
from bot.ids import Locale
from bot.operations.logs import configure_logs
from tests.bench.bench_throughput import cpu_s, has_read_all
from tests.bench.crowd_server import Connection, Crowd
from tests.bench.post_office import PATH, SECRET, message, post
from tests.support.planning import FREE, PACES, POOL, Cost, Costs, Load, Machines, Pace, Plan
from tests.support.postgresql import OwnServer, fresh_database, postgresql_server
from tests.support.processes import BotProcess, Place, free_port, running_bot
from tests.support.queues import Station, drawn, exactly, exponential, poisson, times_through
from tests.support.stored_announcements import approved, subscribe
from tests.support.visitors import until
from tests.support.workshop import Workshop, golden, p95, parser_of, print_table, spread

QUESTIONS, QUICK = 600, 120
COPIES, QUICK_COPIES = 5_000, 2_000
REPLICAS = (3, 5, 10, 20, 30)
DATABASE_CORES = 4
WARM_UP = 60
COMMITTERS, COMMITS_EACH = 16, 400
SIMULATED_S = 600.0
LOOK_S, LOOKS = 3.0, 30
QUIET = 0.12
"""Of a core: who uses no more has done what follows an answer or an announcement, too."""
REST_S = 12.0
SEED = 15
_NEWS = "The forum opens tomorrow at 9:30 in hall 3. " * 8
_NUMBERS = count(10_000)
_TODAY = date(2026, 11, 29)


@dataclass(frozen=True, slots=True)
class Spent:
    """What so many of something used, from one reading to the next, and the seconds between."""

    used: Cost
    count: float
    took_s: float

    def of_one(self, rest: Cost) -> Cost:
        """Without what is used at rest, which is told by the second."""
        each = (
            (whole - self.took_s * idle) / self.count
            for whole, idle in zip(astuple(self.used), astuple(rest), strict=True)
        )
        return Cost(*(max(one, 0.0) for one in each))


class Rig:
    """A whole bot on a PostgreSQL of its own, and who looks at both."""

    def __init__(self, bot: BotProcess, server: OwnServer, url: str, crowd: Crowd) -> None:
        self.bot, self.server, self.crowd, self.url = bot, server, crowd, url

    async def read(self) -> Cost:
        """All that was used so far."""
        page = await self.bot.get("/metrics")
        assert page is not None
        with psycopg.connect(_libpq(self.url), autocommit=True) as connection:
            row = connection.execute(
                "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, "
                "pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"
            ).fetchone()
        assert row is not None
        bot_s, server_s = cpu_s(self.bot.process.pid), _server_cpu_s(self.server)
        return Cost(bot_s, server_s, float(row[0]), float(row[1]), _statements(page.text))

    def connections(self) -> int:
        with psycopg.connect(_libpq(self.url), autocommit=True) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        assert row is not None
        return int(row[0])

    async def spent(self, work: Callable[[], Awaitable[object]], count: float) -> Spent:
        """What the work uses, of which there is so much."""
        before, began = await self.read(), time.monotonic()
        await work()
        await self.calm()
        used = (now - then for now, then in zip(astuple(await self.read()), astuple(before), strict=True))
        return Spent(Cost(*used), count, time.monotonic() - began)

    async def calm(self) -> None:
        """Wait until it does no more than a bot of which nothing is asked."""
        for _ in range(LOOKS):
            before = cpu_s(self.bot.process.pid)
            await asyncio.sleep(LOOK_S)
            if cpu_s(self.bot.process.pid) - before < QUIET * LOOK_S:
                return
        print(f"(it did not come to rest within {LOOKS * LOOK_S:.0f} s)")

    async def ask(self, texts: Sequence[str], port: int) -> None:
        """Each by a visitor who was not there before; until all are answered."""
        wanted = self.crowd.counts["answers"] + len(texts)
        bodies = [message(next(_NUMBERS), text) for text in texts]
        await post(port, bodies, connections=40)
        await until(lambda: self.crowd.counts["answers"] >= wanted, "all answers")

    async def announce(self, recipients: int) -> None:
        """One announcement; until all copies are there."""
        wanted = self.crowd.counts["answers"] + recipients
        async with open_database(self.url, shares=True) as database:
            content = Content(source=Locale.EN, texts={Locale.EN: _NEWS})
            await SqlAnnouncementStore(database).create(
                approved(f"news{wanted}", content, due_at=datetime.now(UTC)), request_key=f"news{wanted}"
            )
        await until(lambda: self.crowd.counts["answers"] >= wanted, "all copies")


def _statements(page: str) -> float:
    """The bot's own count, in its page of metrics."""
    return next(
        one.value
        for family in text_string_to_metric_families(page)
        for one in family.samples
        if one.name == "scoda_database_statement_seconds_count"
    )


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _server_cpu_s(server: OwnServer) -> float:
    """All that PostgreSQL's processes have used, those that have ended as well."""
    postmaster = psutil.Process(server.process_id)
    spent = postmaster.cpu_times()
    total = spent.user + spent.system + spent.children_user + spent.children_system
    for process in postmaster.children(recursive=True):
        times = process.cpu_times()
        total += times.user + times.system
    return total


def commits_per_s(url: str) -> float:
    """Commits of one small row that the server makes durable in a second, by many connections and no client's time."""
    loop = f"DO $$ BEGIN FOR n IN 1..{COMMITS_EACH} LOOP INSERT INTO committed VALUES (n); COMMIT; END LOOP; END $$"

    def commit(_: int) -> None:
        with psycopg.connect(_libpq(url), autocommit=True) as connection:
            connection.execute(loop)

    with psycopg.connect(_libpq(url), autocommit=True) as connection:
        connection.execute("CREATE TABLE committed (n integer)")
    with ThreadPoolExecutor(COMMITTERS) as threads:
        began = time.perf_counter()
        list(threads.map(commit, range(COMMITTERS)))
        return COMMITTERS * COMMITS_EACH / (time.perf_counter() - began)


async def answer_times(workshop: Workshop, texts: Sequence[str]) -> list[float]:
    """How the questions differ: seconds of the processor that answering each takes, nothing else."""
    found = []
    async with open_core(workshop.settings, may_read_only=True) as core:
        await core.make_answerable()
        await core.warm()
        for text in texts:
            began = time.process_time()
            await core.extractive.answer(Question(text, _TODAY))
            found.append(time.process_time() - began)
    return found


@asynccontextmanager
async def rig(workshop: Workshop, home: Path) -> AsyncIterator[tuple[Rig, int]]:
    """The bot with all of the knowledge, taking updates at a port."""
    crowd, port = Crowd(), free_port()
    with postgresql_server() as server:
        async with fresh_database(server.url) as url:
            await copy_state(workshop.settings, str(workshop.data / "state.sqlite3"), url)
            telegram = await asyncio.get_running_loop().create_server(lambda: Connection(crowd), "127.0.0.1", 0)
            settings = {
                "store_database_url": url,
                "telegram_mode": "webhook",
                "telegram_webhook_url": f"http://127.0.0.1:{port}{PATH}",
                "telegram_webhook_secret": SECRET,
                "telegram_webhook_port": port,
                "delivery_messages_per_s": 1000,
                "delivery_in_flight": 100,
            }
            place = Place(home, workshop.knowledge, workshop.data)
            address = f"http://127.0.0.1:{telegram.sockets[0].getsockname()[1]}"
            async with running_bot(place, address, **settings) as bot:
                await until(lambda: has_read_all(bot), "all knowledge to be read")
                yield Rig(bot, server, url, crowd), port
            telegram.close()


async def measured(workshop: Workshop, *, quick: bool) -> Costs:
    """All that the plan needs, in this run."""
    questions, copies = (QUICK, QUICK_COPIES) if quick else (QUESTIONS, COPIES)
    texts = list(dict.fromkeys(case.turns[0] for case in spread(golden(), questions)))
    warm_up, texts = texts[-WARM_UP:], texts[:questions]
    with workshop.copied() as copy, tempfile.TemporaryDirectory(prefix="scoda-capacity-") as home:
        shape = await answer_times(copy, texts[:: max(len(texts) // 100, 1)])
        async with rig(copy, Path(home)) as (some, port):
            await some.ask(warm_up, port)
            await some.calm()
            idle = await some.spent(lambda: asyncio.sleep(REST_S), 1)
            asked = await some.spent(lambda: some.ask(texts, port), len(texts))
            again = await some.spent(lambda: some.ask(texts, port), len(texts))
            async with open_database(some.url, shares=True) as database:
                await subscribe(database, range(5_000_000, 5_000_000 + copies))
            copied = await some.spent(lambda: some.announce(copies), copies)
            print(f"The bot held {some.connections()} connections, of {POOL} at most.")
            limit = commits_per_s(some.server.url)
    mean = statistics.mean(shape)
    rest = replace(idle, count=idle.took_s).of_one(Cost(0.0, 0.0, 0.0))
    print(f"Answering alone, with nothing around it, takes {mean * 1000:.1f} ms of a core for a question.")
    return Costs(
        question=asked.of_one(rest),
        repeated=again.of_one(rest),
        copy=copied.of_one(rest),
        rest=rest,
        shape=[one / mean for one in shape],
        commits_per_s=limit,
    )


def simulated(plan: Plan) -> tuple[float, float] | None:
    """Half and nineteen of twenty wait no longer for their answer, in seconds; None where ever more wait."""
    if not plan.keeps_up:
        return None
    random = Random(SEED)
    load, machines = plan.load, plan.machines
    mean = load.of_one(plan.costs)
    stations = [
        Station(lines=machines.replicas, service=drawn([mean.bot_s * one for one in plan.costs.shape])),
        Station(servers=machines.database_cores, service=exponential(mean.database_s)),
        Station(service=exactly(1 / plan.pace.overall_per_s)),
    ]
    times = times_through(poisson(load.questions_per_s, SIMULATED_S, random), stations, random)
    return statistics.median(times), p95(times)


def show_costs(costs: Costs) -> None:
    rows = [
        (
            name,
            f"{cost.bot_s * 1000:.2f}",
            f"{cost.database_s * 1000:.2f}",
            f"{cost.statements:.1f}",
            f"{cost.commits:.2f}",
            f"{cost.log_bytes:,.0f}",
        )
        for name, cost in (
            ("a question", costs.question),
            ("asked again", costs.repeated),
            ("a copy", costs.copy),
            ("a second at rest", costs.rest),
        )
    ]
    print_table(("measured", "bot's core ms", "PostgreSQL's core ms", "statements", "commits", "bytes of log"), rows)
    print(f"  PostgreSQL makes {costs.commits_per_s:,.0f} commits a second durable, of {COMMITTERS} at once")


def show_plans(costs: Costs, load: Load, pace: Pace) -> None:
    rows = []
    for replicas in REPLICAS:
        plan = Plan(load, Machines(replicas=replicas, database_cores=DATABASE_CORES), pace, costs)
        used = plan.used
        waits = simulated(plan)
        answers = "ever later" if waits is None else f"{waits[0]:.2f} / {waits[1]:.2f}"
        copies, bound = plan.copies_per_s
        shares = [f"{used[name]:.0%}" for name in ("web", "PostgreSQL", "commits", "Telegram")]
        over = plan.connections > plan.machines.most_connections
        connections = f"{plan.connections}{' (!)' if over else ''}"
        rows.append(
            (replicas, *shares, connections, answers, f"{plan.hours:.1f}", f"{copies:,.0f}/s: {bound}", plan.first)
        )
    headings = ("replicas", "web", "PostgreSQL", "commits", "Telegram", "connections", "answer p50/p95 s",
                "announcement h", "held to", "full first")  # fmt: skip
    print_table(headings, rows)


def main(workshop: Workshop, *, quick: bool) -> None:
    costs = asyncio.run(measured(workshop, quick=quick))
    show_costs(costs)
    for load in (Load(), Load(repeated=0.5)):
        for pace in PACES:
            print(
                f"\n{load.subscribers:,} subscribers, {load.questions_per_s * 60:,.0f} questions a minute, "
                f"{load.repeated:.0%} asked before; Telegram takes {pace.name}"
            )
            show_plans(costs, load, pace)
    alone = Plan(Load(questions_per_s=0.0), Machines(replicas=REPLICAS[0]), FREE, costs)
    most = alone.machines.most_connections
    print(f"\n(!): more connections than the {most} that PostgreSQL gives unasked: raise its max_connections")
    print(f"With no question at all the free 30 a second take {alone.hours:.1f} hours for the announcement.")


if __name__ == "__main__":
    configure_logs("warning", as_json=False, secrets=[])
    given = parser_of(__doc__).parse_args()
    main(Workshop.of(given), quick=given.quick)
