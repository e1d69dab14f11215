"""Row F10: a synchronisation that is killed at whatever moment leaves a whole generation answering."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.adapters.cached_embedder import CachedEmbedder
from bot.adapters.database.embedding_cache import SqlEmbeddingCache
from bot.adapters.database.engine import open_database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.index import PublishedIndex
from bot.adapters.manifest import DocumentManifest
from bot.adapters.shelf import GenerationShelf
from bot.vocabulary import Locale
from tests.faults import sync_process
from tests.knowledge_parts import LetterEmbeddings, section_text, write_file

KILLS = 20
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
    """The generation in use as a visitor meets it: its number and the versions that its sections speak of.

    There is nobody to restore it: it must stand there as it is.
    """
    async with open_database(data / "state.db") as database:
        embedder = CachedEmbedder(LetterEmbeddings(), SqlEmbeddingCache(database))
        manifest = DocumentManifest(SqlManifestStore(database))
        async with PublishedIndex(manifest, GenerationShelf(data / "index"), embedder) as index:
            search = index.current()
            matches = await search.matches("hall part version", Locale.EN, top_k=FILES * 10)
            assert len(matches) == FILES * 4
            copies = [search.knowledge.copies(match.key)[0] for match in matches]
            return search.knowledge.generation, {copy.text.rpartition(" ")[2] for copy in copies}


def test_F10_a_kill_at_any_moment_leaves_one_whole_generation_answering(tmp_path: Path) -> None:
    folder, data = tmp_path / "knowledge", tmp_path / "data"
    data.mkdir()
    _write_version(folder, 0)
    asyncio.run(sync_process.sync(folder, data))
    _write_version(folder, 1)
    started = time.monotonic()
    _kill_after(_start(folder, data), 120)
    whole_s = time.monotonic() - started
    number, versions = asyncio.run(_answering_version(data))
    assert versions == {"1."}

    killed = 0
    for kill in range(KILLS):
        expected = {f"{kill + 1}.", f"{kill + 2}."}
        _write_version(folder, kill + 2)
        process = _start(folder, data)
        _kill_after(process, whole_s * (kill + 0.5) / KILLS)
        killed += process.returncode == -signal.SIGKILL
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


@pytest.mark.parametrize("signal_number", [signal.SIGINT])
def test_ctrl_c_ends_a_synchronisation_quickly_and_leaves_no_process(tmp_path: Path, signal_number: int) -> None:
    folder, data = tmp_path / "knowledge", tmp_path / "data"
    data.mkdir()
    _write_version(folder, 0)
    process = _start(folder, data, each_s=0.1)  # some seconds in all: the signal meets it at work
    with process:
        process.send_signal(signal_number)
        process.communicate(timeout=60)

    assert process.returncode in {-signal.SIGINT, 130, 1}
    assert not list((data / "index").glob("gen-*"))
