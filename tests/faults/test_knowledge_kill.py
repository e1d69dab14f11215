"""Row F10 of tests/faults/README.md: a synchronisation that is killed at whatever moment leaves a whole version answering."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.published import PublishedIndex
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.ids import Locale
from tests.faults import sync_process
from tests.faults.sync_process import Moments
from tests.support.brute_force_index import sections_found
from tests.support.knowledge_parts import THREADS, LetterEmbeddings, section_text, write_file
from tests.support.nursery import forked

KILLS = 8
FILES = 12
ROOT = Path(__file__).parents[2]


def _write_version(folder: Path, version: int) -> None:
    """Every file of the folder says its version, so that a mixture would be seen."""
    for number in range(FILES):
        texts = (section_text(f"s{part}", f"Hall {number} part {part} is of version {version}.") for part in range(4))
        write_file(folder, f"en/area/hall{number}.md", "\n".join(texts))


def _start(folder: Path, data: Path, *, each_s: float = 0.0) -> subprocess.Popen[str]:
    """Start a synchronisation; returns once it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.sync_process", str(folder), str(data), str(each_s)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def _kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    with process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)


async def _answering_version(data: Path) -> tuple[int, set[str]]:
    """The version in use as a visitor meets it: its number and the versions that its sections speak of.

    There is nobody to restore it: it must stand there as it is.
    """
    async with open_database(data / "state.db") as database:
        embedder = CachedEmbedder(LetterEmbeddings(), SqlEmbeddingCache(database))
        manifest = SqlManifestStore(database)
        async with PublishedIndex(manifest, FileIndexStore(data / "index"), embedder, THREADS) as index:
            search = index.current()
            found = await sections_found(search, "hall part version", Locale.EN, top_k=FILES * 10)
            assert len(found) == FILES * 4
            copies = [search.knowledge.copies(one.key)[0] for one in found]
            return search.knowledge.version, {copy.text.rpartition(" ")[2] for copy in copies}


@pytest.mark.nightly
def test_F10_a_kill_at_any_moment_leaves_one_whole_generation_answering(tmp_path: Path) -> None:
    folder, data = tmp_path / "knowledge", tmp_path / "data"
    data.mkdir(mode=0o700)
    _write_version(folder, 0)
    asyncio.run(sync_process.sync(folder, data))
    _write_version(folder, 1)
    process = _start(folder, data)
    started = time.monotonic()
    _kill_after(process, 120)
    whole_s = time.monotonic() - started
    number, versions = asyncio.run(_answering_version(data))
    assert versions == {"1."}

    killed = 0
    for kill in range(KILLS):
        expected = {f"{kill + 1}.", f"{kill + 2}."}
        _write_version(folder, kill + 2)
        process = _start(folder, data)
        started = time.monotonic()
        _kill_after(process, whole_s * (kill + 0.5) / KILLS)
        was_killed = process.returncode == -signal.SIGKILL
        killed += was_killed
        whole_s = whole_s if was_killed else min(whole_s, time.monotonic() - started)
        now_number, now_versions = asyncio.run(_answering_version(data))
        assert len(now_versions) == 1, f"kill {kill}: a mixture of {now_versions}"
        assert now_number >= number
        assert now_versions <= expected | versions
        number, versions = now_number, now_versions
    assert killed >= KILLS // 2

    asyncio.run(sync_process.sync(folder, data))
    assert asyncio.run(_answering_version(data))[1] == {f"{KILLS + 1}."}
    left = {path.name for path in (data / "index").iterdir()}
    assert len([name for name in left if name.startswith("gen-")]) == 2
    assert not [name for name in left if name.startswith(".build")]


# ── a staged build, killed at chosen moments ──

STAGED_KILLS = 64
STAGED_FILES = 4
PARTS = 4


class Workshop:
    """A knowledge folder in two languages, a data folder, and what was embedded for it by all processes together."""

    def __init__(self, folder: Path) -> None:
        self.knowledge = folder / "knowledge"
        self.data = folder / "data"
        self.log = folder / "embedded.log"
        self.counted = folder / "moments.txt"
        self.data.mkdir(mode=0o700)
        self.version = -1

    def write_next_version(self) -> None:
        """In the first language all files change; in the second one does."""
        self.version += 1
        self._write("en", range(STAGED_FILES))
        self._write("ru", range(STAGED_FILES) if self.version == 0 else [self.version % STAGED_FILES])

    def _write(self, language: str, numbers: Iterable[int]) -> None:
        for number in numbers:
            texts = (
                section_text(
                    f"s{part}",
                    f"Hall {number} part {part} {language} is of version {self.version}.",
                    f"What is hall {number} part {part} {language} of version {self.version}?",
                )
                for part in range(PARTS)
            )
            write_file(self.knowledge, f"{language}/area/hall{number}.md", "\n".join(texts))

    def run(self, moments: Moments) -> bool:
        """Synchronise in a process of its own; returns whether it was killed."""
        arguments = (self.knowledge, self.data, self.log, moments, self.counted)
        process = forked(sync_process.sync_in_steps, *arguments)
        process.join(60)
        assert process.exitcode in {0, -signal.SIGKILL}
        return process.exitcode != 0

    def made_again(self) -> list[str]:
        """The vectors that were made although they had been stored."""
        stored: set[str] = set()
        again: list[str] = []
        for line in self.log.read_text(encoding="ascii").splitlines():
            what, _, name = line.partition(" ")
            if what == "stored":
                stored.add(name)
            elif name in stored:
                again.append(name)
        assert stored
        return again

    async def answering(self) -> Answering | None:
        """What a visitor meets, with nobody there to restore anything; None when nothing was ever published."""
        async with open_database(self.data / "state.db") as database:
            await database.migrate()
            embedder = CachedEmbedder(LetterEmbeddings(), SqlEmbeddingCache(database))
            manifest = SqlManifestStore(database)
            published = await manifest.published()
            if published is None:
                return None
            index_store = FileIndexStore(self.data / "index")
            async with PublishedIndex(manifest, index_store, embedder, THREADS, nominated_from=0) as index:
                search = index.current()
                found = {one.key for one in await sections_found(search, "hall part version", Locale.EN, top_k=500)}
                keys = search.knowledge.keys()
                copies = [copy for key in keys for copy in search.knowledge.copies(key)]
                english = [copy.text for copy in copies if copy.locale is Locale.EN]
                return Answering(
                    number=search.knowledge.version,
                    pending=published.pending,
                    sections=len(copies),
                    found=len(found),
                    versions={int(text.rstrip(".").rpartition(" ")[2]) for text in english},
                )


@dataclass(frozen=True, slots=True)
class Answering:
    number: int
    pending: int
    sections: int
    found: int
    versions: set[int]


def _moments_to_kill_at(seen: Sequence[str]) -> Iterator[Moments]:
    """The first and the last moment of every name, and others in between, at once or some milliseconds later."""
    counts = Counter(seen)
    chance = random.Random(7)
    for name, count in counts.items():
        yield Moments(kill_at=name, times=1)
        if count > 1:
            yield Moments(kill_at=name, times=count)
    while True:
        name = chance.choice(seen)
        yield Moments(kill_at=name, times=chance.randint(1, counts[name]), later_s=chance.choice([0, 0.002, 0.02]))


@pytest.mark.nightly
def test_F10_a_staged_build_that_is_killed_again_and_again_answers_whole_and_embeds_nothing_twice(
    tmp_path: Path,
) -> None:
    shop = Workshop(tmp_path)
    shop.write_next_version()
    assert not shop.run(Moments())
    shop.write_next_version()
    assert not shop.run(Moments())
    seen = shop.counted.read_text(encoding="utf-8").splitlines()
    assert {"before publish", "after publish", "after take_over", "before finish_store", "after rename"} <= set(seen)
    assert seen.count("after publish") >= 3, "it is built in steps"

    before = asyncio.run(shop.answering())
    assert before is not None
    killed: Counter[str] = Counter()
    partial = 0
    for attempt, moments in enumerate(_moments_to_kill_at(seen)):
        if killed.total() >= STAGED_KILLS:
            break
        if attempt % 3 != 2:  # otherwise the next process goes on where this one was killed
            shop.write_next_version()
        if shop.run(moments):
            killed[moments.kill_at] += 1
        now = asyncio.run(shop.answering())
        where = f"{moments.kill_at}, {moments.times}. time, attempt {attempt}"
        assert now is not None, where
        assert len(now.versions) == 1, f"{where}: a mixture of {now.versions}"
        assert now.versions <= {shop.version} | before.versions, where
        assert now.number >= before.number, where
        assert now.sections == 2 * STAGED_FILES * PARTS, where
        assert now.found == STAGED_FILES * PARTS or (now.pending and now.found), where
        partial += now.pending > 0
        before = now
    assert len(killed) >= 30, "at many different moments"
    assert partial >= 5, "also between two steps"
    assert shop.made_again() == []

    assert not shop.run(Moments())
    last = asyncio.run(shop.answering())
    assert last is not None
    assert (last.versions, last.pending, last.found) == ({shop.version}, 0, STAGED_FILES * PARTS)
    assert shop.made_again() == []
    left = sorted(path.name for path in (shop.data / "index").iterdir() if not path.name.endswith("lock"))
    assert [name.partition("-")[0] for name in left] == ["gen", "gen", "store"]
    assert f"store-{last.number}" in left


@pytest.mark.nightly
@pytest.mark.parametrize("signal_number", [signal.SIGINT])
def test_ctrl_c_ends_a_synchronisation_quickly_and_leaves_no_process(tmp_path: Path, signal_number: int) -> None:
    folder, data = tmp_path / "knowledge", tmp_path / "data"
    data.mkdir(mode=0o700)
    _write_version(folder, 0)
    process = _start(folder, data, each_s=0.1)  # some seconds in all: the signal meets it at work
    with process:
        process.send_signal(signal_number)
        process.communicate(timeout=60)

    assert process.returncode in {-signal.SIGINT, 130, 1}
    assert not list((data / "index").glob("gen-*"))
