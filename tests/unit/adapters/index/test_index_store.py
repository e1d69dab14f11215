from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bot.adapters.index.index_store
from bot.adapters.index.chroma import StoredChunks, StorePlace, check_store, open_store, write_store
from bot.adapters.index.index_store import FileIndexStore
from bot.adapters.index.learned_sections import DISCRIMINANT, LearnedSections
from bot.adapters.index.learning import Lesson, learn
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.system.child import ChildCrashedError, in_child
from bot.errors import IndexVersionError, KnowledgeError
from bot.ids import Locale
from bot.ingestion.discriminant import Discriminant
from bot.ingestion.model import PublishingConsent
from bot.ingestion.service import Ingestion
from tests.support.knowledge_parts import (
    NOW,
    GivenReading,
    LetterEmbeddings,
    MemoryManifest,
    MemoryVectorCache,
    document,
    section,
)


def double(number: int) -> int:
    return 2 * number


def fail(reason: str) -> None:
    raise IndexVersionError(reason)


def crash(signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)


def wait_for_ever(pipe: str) -> None:
    Path(pipe).write_text(str(os.getpid()), encoding="utf-8")
    threading.Event().wait()


async def test_a_child_process_gives_its_result_back() -> None:
    assert await in_child(double, 21) == 42


async def test_an_error_in_a_child_process_comes_back() -> None:
    with pytest.raises(IndexVersionError, match="a chunk is missing"):
        await in_child(fail, "a chunk is missing")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
async def test_a_crash_of_the_child_is_an_error_and_nothing_more(number: int) -> None:
    with pytest.raises(ChildCrashedError, match="crash"):
        await in_child(crash, number)


async def test_a_cancelled_child_is_killed(tmp_path: Path) -> None:
    pipe = tmp_path / "pid"
    os.mkfifo(pipe)
    task = asyncio.create_task(in_child(wait_for_ever, str(pipe)))
    process_id = int(await asyncio.to_thread(pipe.read_text, encoding="utf-8"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


async def test_only_one_builds_at_a_time_and_the_other_says_why_it_gave_up(tmp_path: Path) -> None:
    async with FileIndexStore(tmp_path / "index").exclusive():
        other = FileIndexStore(tmp_path / "index", lock_timeout_s=0.0)
        with pytest.raises(KnowledgeError, match="another process has been building"):
            async with other.exclusive():
                pass
    async with other.exclusive():
        pass


def test_old_generations_and_crashed_builds_are_removed_and_a_running_build_is_not(tmp_path: Path) -> None:
    for name in ("gen-3", "gen-4", "gen-5", ".build-2", ".build-4", ".build-6", "gen-7"):
        (tmp_path / name).mkdir()

    asyncio.run(FileIndexStore(tmp_path).prune([5, 4]))

    assert {path.name for path in tmp_path.iterdir()} == {"gen-4", "gen-5", ".build-6", "gen-7"}


VECTORS = np.eye(8, dtype=np.float32)
NAMES = [f"c{row}" for row in range(8)]
LABELS = [{"key": f"k{row}", "locale": "en", "kind": "passage"} for row in range(8)]
CHUNKS = StoredChunks(NAMES, VECTORS, LABELS)


def told_nobody(share: float) -> None:
    """For stores whose progress nobody watches."""


def test_a_store_that_lacks_a_chunk_fails_its_check(tmp_path: Path) -> None:
    place = StorePlace("chunks", folder=tmp_path / "chroma")
    write_store(place, StoredChunks(NAMES[:7], VECTORS[:7], LABELS[:7]), tell=told_nobody)
    with pytest.raises(IndexVersionError, match="holds 7 chunks instead of 8"):
        check_store(place, CHUNKS)


def test_a_store_that_does_not_find_its_own_vectors_fails_its_check(tmp_path: Path) -> None:
    place = StorePlace("chunks", folder=tmp_path / "chroma")
    write_store(place, CHUNKS, tell=told_nobody)
    with pytest.raises(IndexVersionError, match="does not find a passage of en/k0 by its own vector"):
        check_store(place, replace(CHUNKS, vectors=-VECTORS))


def test_the_same_text_many_times_is_no_fault(tmp_path: Path) -> None:
    place = StorePlace("chunks", folder=tmp_path / "chroma")
    same = np.repeat(VECTORS[:1], 8, axis=0)
    write_store(place, replace(CHUNKS, vectors=same), tell=told_nobody)


def test_similarity_is_the_cosine(tmp_path: Path) -> None:
    place = StorePlace("chunks", folder=tmp_path / "chroma")
    write_store(place, CHUNKS, tell=told_nobody)
    store = open_store(place)

    first, second, *_ = store.nearest(np.array([0.6, 0.8, 0, 0, 0, 0, 0, 0], dtype=np.float32), top_k=3)
    store.close()
    store.close()

    assert (first.chunk_id, second.chunk_id) == ("c1", "c0")
    assert (first.score, second.score) == pytest.approx((0.8, 0.6), abs=1e-5)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "ftp://example.org", "nonsense"])
def test_a_server_that_can_t_be_reached_is_named(url: str) -> None:
    with pytest.raises(KnowledgeError, match=r"nonsense|127|ftp"):
        open_store(StorePlace("chunks", url=url))


# ── what was learned from the questions ──

TEA = [f"What does tea number {number} cost?" for number in range(600)]
SILK = [f"Who sells silk of kind {number}?" for number in range(600)]
GOODS = document(
    "market/goods.md", Locale.EN, section("tea", "Tea is sold.", *TEA), section("silk", "So is silk.", *SILK)
)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a version with so many questions that it is learned from them."""
    index_store = FileIndexStore(tmp_path_factory.mktemp("store") / "index")
    ingestion = Ingestion(
        reader=GivenReading(GOODS),
        embedder=CachedEmbedder(LetterEmbeddings(), MemoryVectorCache()),
        manifest=MemoryManifest(),
        index_store=index_store,
    )
    asyncio.run(ingestion.sync(now=NOW))
    return index_store.folder_of(1)


def _learned_after(version: Path, *before: Path, identity: str = "letters") -> LearnedSections:
    """What is learned for the version where this comes with the knowledge."""
    building = before[0].parent / "building"
    shutil.copytree(version, building, ignore=shutil.ignore_patterns(DISCRIMINANT))
    learn(building, Lesson([Locale.EN], identity, before), {})
    return LearnedSections.load(building / DISCRIMINANT)


def _flip(file: Path) -> None:
    written = bytearray(file.read_bytes())
    written[len(written) // 2] ^= 1
    file.write_bytes(written)


def _with_fewer_names(file: Path) -> None:
    replace(LearnedSections.load(file), names=["market/goods.md#tea"]).save(file)


def _of_other_dimensions(file: Path) -> None:
    learned = LearnedSections.load(file)
    narrow = Discriminant(learned.discriminant.weights[:, :48], learned.discriminant.constants)
    replace(learned, discriminant=narrow, ids=learned.ids[:-5]).save(file)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped": _flip,
    "cut short": lambda file: file.write_bytes(file.read_bytes()[:-200]),
    "empty": lambda file: file.write_bytes(b""),
    "a text": lambda file: file.write_bytes(b"version https://git-lfs.github.com/spec/v1"),
    "of fewer names": _with_fewer_names,
    "of other dimensions": _of_other_dimensions,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_comes_damaged_with_the_knowledge_is_learned_anew(version: Path, tmp_path: Path, damage: str) -> None:
    shipped = tmp_path / "vectors"
    shipped.mkdir()
    shutil.copyfile(version / DISCRIMINANT, shipped / DISCRIMINANT)
    DAMAGES[damage](shipped / DISCRIMINANT)

    learned = _learned_after(version, shipped)

    known = LearnedSections.load(version / DISCRIMINANT)
    assert (learned.space, learned.names) == (known.space, known.names)
    assert np.array_equal(learned.ids, known.ids)
    assert np.allclose(learned.discriminant.weights, known.discriminant.weights, atol=0.01)


def test_what_was_learned_from_just_these_questions_is_the_same_file(version: Path, tmp_path: Path) -> None:
    shipped = tmp_path / "vectors"
    shipped.mkdir()
    shutil.copyfile(version / DISCRIMINANT, shipped / DISCRIMINANT)
    _learned_after(version, shipped)
    assert (tmp_path / "building" / DISCRIMINANT).samefile(shipped / DISCRIMINANT)


def test_it_starts_from_what_shares_the_most_questions_whichever_folder_comes_first(
    version: Path, tmp_path: Path
) -> None:
    """After many small changes what comes with the knowledge is nearer than the version before."""
    drifted, shipped = tmp_path / "drifted", tmp_path / "vectors"
    for folder in (drifted, shipped):
        folder.mkdir()
    known = LearnedSections.load(version / DISCRIMINANT)
    known.save(shipped / DISCRIMINANT)
    replace(known, ids=known.ids[1:]).save(drifted / DISCRIMINANT)

    _learned_after(version, drifted, shipped)

    assert (tmp_path / "building" / DISCRIMINANT).samefile(shipped / DISCRIMINANT)


def test_what_another_embedding_learned_is_not_used(version: Path, tmp_path: Path) -> None:
    shipped = tmp_path / "vectors"
    shipped.mkdir()
    shutil.copyfile(version / DISCRIMINANT, shipped / DISCRIMINANT)
    assert _learned_after(version, shipped, identity="another").space.startswith("another:")


def test_to_learn_all_from_nothing_is_left_undone_where_it_may_not_take_long(version: Path, tmp_path: Path) -> None:
    building, near, far = tmp_path / "building", tmp_path / "near", tmp_path / "far"
    shutil.copytree(version, building, ignore=shutil.ignore_patterns(DISCRIMINANT))
    known = LearnedSections.load(version / DISCRIMINANT)
    for folder, kept in ((near, known.ids[5:]), (far, known.ids[len(known.ids) // 2 :])):
        folder.mkdir()
        replace(known, ids=kept).save(folder / DISCRIMINANT)

    assert not learn(building, Lesson([Locale.EN], "letters", []), {}, may_take_long=False)
    assert not learn(building, Lesson([Locale.EN], "letters", [far]), {}, may_take_long=False)
    assert not (building / DISCRIMINANT).exists()
    assert learn(building, Lesson([Locale.EN], "letters", [far, near]), {}, may_take_long=False)
    assert np.array_equal(LearnedSections.load(building / DISCRIMINANT).ids, known.ids)


async def test_a_child_process_does_no_more_than_what_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread writes so few sections; they have questions enough that all is learned from nothing."""
    asked: list[int] = []

    async def noted(function: Callable[..., object], building: Path, parts: list[object], *more: object) -> object:
        asked.append(len(parts))
        return await asyncio.to_thread(function, building, parts, *more)

    monkeypatch.setattr(bot.adapters.index.index_store, "in_child", noted)
    index_store, manifest = FileIndexStore(tmp_path / "index"), MemoryManifest()
    few = document("market/few.md", Locale.EN, section("rice", "Rice is sold."))
    for number, goods in enumerate((GOODS, replace(GOODS, content_hash="other"), few)):
        ingestion = Ingestion(
            reader=GivenReading(goods),
            embedder=CachedEmbedder(LetterEmbeddings(), MemoryVectorCache()),
            manifest=manifest,
            index_store=index_store,
        )
        await ingestion.sync(now=NOW, consent=PublishingConsent.ANYTHING)
        assert (index_store.folder_of(number + 1) / DISCRIMINANT).exists() == (goods.path == GOODS.path)
    assert asked == [0], "the first version alone was learned from nothing, and its texts were written by then"
