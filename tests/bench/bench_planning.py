"""Planning an announcement for a million recipients: time for each hundred thousand, and memory.

    python -m tests.bench.bench_planning [--quick] [--recipients N]

The planner over its real stores and a SQLite file in a temporary folder, with every commit on the disk. A tenth of the
subscribers wants other topics; every language, several time zones and quiet hours occur. Afterwards some rounds of the
dispatcher's own questions over the full table: claim, settle, orphans, standing.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path

import structlog

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.lease_store import SqlLease
from bot.adapters.database.outbox_store import SqlOutbox
from bot.adapters.database.restore_guard import FileRestoreGuard
from bot.adapters.database.subscription_store import SqlSubscribers
from bot.adapters.database.tables import subscription_topics, subscriptions
from bot.announcements.model import (
    Audience,
    Content,
    DeliveryState,
    OccurrenceState,
)
from bot.announcements.planner import Planner, PlannerParts, PlanningRules
from bot.announcements.restore_watch import RestoreWatch
from bot.ids import Locale, NewsTopic
from tests.support.fake_announcement_sender import NotifiedOrganisers
from tests.support.stored_announcements import approved
from tests.support.workshop import described, print_table

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
SHARE = 100_000
BATCH = PlanningRules().batch
ZONES = ("", "Asia/Almaty", "Europe/Minsk", "Asia/Kolkata", "Asia/Tehran")
MEMORY_MB = 300
STEADY = 1.5
"""The last three hundred thousands may take at most this times the first three, medians of each."""
ROUNDS = 50
IN_FLIGHT = 30


async def subscribe(database: Database, count: int) -> None:
    """So many subscriptions; the chats' ids lie apart, as Telegram's do."""
    for first in range(0, count, 10_000):
        numbers = range(first, min(first + 10_000, count))
        async with database.writing() as connection:
            await connection.execute(subscriptions.insert(), [_subscription(number) for number in numbers])
            await connection.execute(subscription_topics.insert(), [topic for n in numbers for topic in _topics(n)])


def _chat(number: int) -> int:
    return 10_000 + number * 6_967


def _subscription(number: int) -> dict[str, object]:
    sleeps = number % 3 == 0
    return {
        "chat_id": _chat(number),
        "agreed_at": NOW - timedelta(days=30),
        "locale": tuple(Locale)[number % len(Locale)],
        "zone": ZONES[number % len(ZONES)],
        "country": "",
        "quiet_from": wall_time(22) if sleeps else None,
        "quiet_until": wall_time(8) if sleeps else None,
    }


def _topics(number: int) -> Iterable[dict[str, object]]:
    wanted = (NewsTopic.EXPO,) if number % 10 == 0 else (NewsTopic.EXPO, NewsTopic.FORUM)
    return [{"chat_id": _chat(number), "topic": topic.value} for topic in wanted]


async def approve(database: Database) -> None:
    content = Content(
        source=Locale.EN, texts={locale: f"The forum moves to hall 3 ({locale}). " * 8 for locale in Locale}
    )
    announcement = approved("forum", content, due_at=NOW)
    await SqlAnnouncementStore(database).create(announcement, request_key="forum")


def planner_over(database: Database, folder: Path) -> Planner:
    """One batch a wake, so that each can be timed."""
    outbox, told = SqlOutbox(database), NotifiedOrganisers()
    parts = PlannerParts(
        announcements=SqlAnnouncementStore(database),
        subscribers=SqlSubscribers(database),
        outbox=outbox,
        watch=RestoreWatch(FileRestoreGuard(database, folder), outbox, told),
        notify=told,
        transaction=database.transaction,
    )
    return Planner(parts, PlanningRules(batches_a_wake=1))


async def plan(database: Database, folder: Path) -> tuple[list[float], list[float]]:
    """Plan it all; seconds for each hundred thousand, and for each batch."""
    planner = planner_over(database, folder)
    shares, batches = [], []
    began = time.perf_counter()
    while True:
        batch_began = time.perf_counter()
        if not await planner.wake(NOW):
            break
        batches.append(time.perf_counter() - batch_began)
        if len(batches) % (SHARE // BATCH) == 0:
            shares.append(time.perf_counter() - began)
            began = time.perf_counter()
    return shares, batches


async def ask_as_the_dispatcher(database: Database) -> list[tuple[str, list[float]]]:
    """Some rounds of what the dispatcher asks for while it sends; milliseconds of each."""
    outbox, subscribers = SqlOutbox(database), SqlSubscribers(database)
    [occurrence] = await outbox.occurrences(states=frozenset({OccurrenceState.RUNNING}))
    epoch = await SqlLease(database).take("bench", now=NOW, lasts_s=3600.0)
    assert epoch is not None
    claims, settles, sweeps, standings = [], [], [], []
    for number in range(ROUNDS):
        began = time.perf_counter()
        async with database.transaction():
            rows = await outbox.claim(occurrence.occurrence_id, epoch=epoch, now=NOW, limit=IN_FLIGHT)
            chats = [row.chat_id for row in rows]
            wanted = await subscribers.still_wanted(chats, Audience(), topic=NewsTopic.FORUM)
        claims.append(1000 * (time.perf_counter() - began))
        assert len(rows) == len(wanted) == IN_FLIGHT
        began = time.perf_counter()
        async with database.transaction():
            await outbox.settle([replace(row, state=DeliveryState.SENT, message_id=1) for row in rows], epoch=epoch)
        settles.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        assert not await outbox.orphans(live=epoch, limit=200)
        sweeps.append(1000 * (time.perf_counter() - began))
        if number % 10 == 0:
            began = time.perf_counter()
            await outbox.standing(occurrence.occurrence_id)
            standings.append(1000 * (time.perf_counter() - began))
    return [
        (f"claim {IN_FLIGHT}", claims),
        (f"settle {IN_FLIGHT}", settles),
        ("orphans", sweeps),
        ("standing", standings),
    ]


def peak_mb() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main(recipients: int, folder: Path) -> bool:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    async with open_database(folder / "state.sqlite3") as database:
        await database.migrate()
        await subscribe(database, recipients * 10 // 9 + 1)
        await approve(database)
        before = peak_mb()
        began = time.perf_counter()
        shares, batches = await plan(database, folder)
        took_s, peak = time.perf_counter() - began, peak_mb()
        [occurrence] = await SqlOutbox(database).occurrences()
        asked = await ask_as_the_dispatcher(database)
    rows = [
        (f"{(number + 1) * SHARE:,}", f"{share:.2f}", f"{share / shares[0]:.2f}") for number, share in enumerate(shares)
    ]
    print_table(("planned", "seconds", ": the first"), rows)
    print(
        f"\n{occurrence.audience:,} recipients in {took_s:.0f} s; a batch of {BATCH:,}: {described([1000 * s for s in batches])}"
    )
    print(f"Memory: {peak:.0f} MB at the most, {before:.0f} MB before (wanted: less than {MEMORY_MB})")
    for name, times in asked:
        print(f"  {name}: {described(times)}")
    growth = statistics.median(shares[-3:]) / statistics.median(shares[:3])
    print(f"Last three : first three = {growth:.2f} (wanted: at most {STEADY})")
    return peak < MEMORY_MB and growth <= STEADY and occurrence.audience >= recipients


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="200,000 recipients")
    parser.add_argument("--recipients", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scoda-bench-") as temporary:
        outcome = asyncio.run(main(200_000 if given.quick else given.recipients, Path(temporary)))
    sys.exit(0 if outcome else 1)
