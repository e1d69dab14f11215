from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.child import ChildCrashedError, in_child
from bot.adapters.chroma import StoredChunk, StorePlace, check_store, open_store, write_store
from bot.adapters.shelf import GenerationShelf
from bot.errors import GenerationError, KnowledgeError


def double(number: int) -> int:
    return 2 * number


def fail(reason: str) -> None:
    raise GenerationError(reason)


def crash(signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)


def wait_for_ever(pipe: str) -> None:
    Path(pipe).write_text(str(os.getpid()), encoding="utf-8")
    threading.Event().wait()


async def test_a_child_process_gives_its_result_back() -> None:
    assert await in_child(double, 21) == 42


async def test_an_error_in_a_child_process_comes_back() -> None:
    with pytest.raises(GenerationError, match="a chunk is missing"):
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
    async with GenerationShelf(tmp_path / "index").exclusive():
        other = GenerationShelf(tmp_path / "index", lock_timeout_s=0.0)
        with pytest.raises(KnowledgeError, match="another process has been building"):
            async with other.exclusive():
                pass
    async with other.exclusive():
        pass


def test_old_generations_and_crashed_builds_are_removed_and_a_running_build_is_not(tmp_path: Path) -> None:
    for name in ("gen-3", "gen-4", "gen-5", ".build-2", ".build-4", ".build-6", "gen-7"):
        (tmp_path / name).mkdir()

    asyncio.run(GenerationShelf(tmp_path).prune([5, 4]))

    assert {path.name for path in tmp_path.iterdir()} == {"gen-4", "gen-5", ".build-6", "gen-7"}


VECTORS = np.eye(8, dtype=np.float32)
CHUNKS = [StoredChunk(f"c{row}", "text", f"k{row}", "en", "passage", 0) for row in range(8)]


def test_a_store_that_lacks_a_chunk_fails_its_check(tmp_path: Path) -> None:
    place = StorePlace("chunks", folder=tmp_path / "chroma")
    write_store(place, CHUNKS[:7], VECTORS[:7])
    with pytest.raises(GenerationError, match="holds 7 chunks instead of 8"):
        check_store(place, CHUNKS, VECTORS)


def test_a_store_that_does_not_find_its_own_vectors_fails_its_check(tmp_path: Path) -> None:
    place = StorePlace("chunks", folder=tmp_path / "chroma")
    write_store(place, CHUNKS, VECTORS)
    with pytest.raises(GenerationError, match="does not find passage 0 of en/k0 by its own vector"):
        check_store(place, CHUNKS, -VECTORS)


def test_the_same_text_many_times_is_no_fault(tmp_path: Path) -> None:
    place = StorePlace("chunks", folder=tmp_path / "chroma")
    same = np.repeat(VECTORS[:1], 8, axis=0)
    write_store(place, CHUNKS, same)


def test_similarity_is_the_cosine(tmp_path: Path) -> None:
    place = StorePlace("chunks", folder=tmp_path / "chroma")
    write_store(place, CHUNKS, VECTORS)
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
