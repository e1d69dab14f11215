"""A real Chroma server between processes that share nothing but it and the manifest."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters.index import chroma, server_stores
from bot.adapters.index.chroma import StorePlace
from bot.adapters.index.published import PublishedIndex
from bot.adapters.system.child import TellShare
from bot.errors import IndexVersionError, KnowledgeError
from bot.ids import Locale
from tests.support.brute_force_index import sections_found
from tests.support.chroma_server import ChromaServer, Counter, chroma_server, counting
from tests.support.knowledge_parts import NOW, section_text, write_file
from tests.support.knowledge_rig import KnowledgeRig


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with chroma_server(tmp_path_factory.mktemp("chroma") / "server") as server:
        yield server


@pytest.fixture
def server(running: ChromaServer) -> ChromaServer:
    """Started again where a test has ended it; empty."""
    if running.process is None:
        running.start()
    chroma.drop_collections(StorePlace("", url=running.url), list(running.collections()))
    return running


@pytest.fixture
async def counter(server: ChromaServer) -> AsyncIterator[Counter]:
    async with counting(server) as some:
        yield some


@pytest.fixture
def writer(server: ChromaServer, tmp_path: Path) -> KnowledgeRig:
    """Who publishes."""
    rig = KnowledgeRig(tmp_path / "knowledge", tmp_path / "writer", chroma_url=server.url)
    tell(rig, 0)
    return rig


def tell(rig: KnowledgeRig, number: int) -> None:
    write_file(rig.folder, "en/area/halls.md", section_text(f"hall-{number}", f"Hall {number} is white."))


def reader_of(writer: KnowledgeRig, data: Path, url: str) -> KnowledgeRig:
    """Another process with a data folder of its own, on the same database."""
    reader = KnowledgeRig(writer.folder, data, chroma_url=url)
    reader.manifest, reader.cache = writer.manifest, writer.cache
    reader.use(writer.embeddings)
    return reader


async def found(index: PublishedIndex) -> set[str]:
    sections = await sections_found(index.current(), "which hall is white", Locale.EN, top_k=5)
    return {one.key.section_id for one in sections}


@pytest.mark.nightly
async def test_what_one_writes_another_one_with_other_folders_asks_for(
    server: ChromaServer, counter: Counter, writer: KnowledgeRig, tmp_path: Path
):
    reader = reader_of(writer, tmp_path / "reader", counter.url)
    await writer.publish()
    async with reader.index(asks_store=True) as index:
        assert await found(index) == {"hall-0"}
        tell(writer, 1)
        await writer.ingestion.sync(now=NOW)
        await index.refresh()
        assert (index.lacks_store, await found(index)) == (True, {"hall-1"})
        counter.asked.clear()
        await writer.ingestion.store()
        await index.take_store()
        assert (index.lacks_store, await found(index)) == (False, {"hall-1"})
    assert {server.names_by_id()[one].split("-")[1] for one in counter.asked} == {"2"}
    assert len(counter.asked) == 2, "once to warm it, once for the question"
    assert list((tmp_path / "reader" / "index").glob("store-*")) == []


@pytest.mark.nightly
async def test_versions_that_nobody_needs_leave_the_server_and_the_folders_of_followers(
    server: ChromaServer, writer: KnowledgeRig, tmp_path: Path
):
    reader = reader_of(writer, tmp_path / "reader", server.url)
    async with reader.index(asks_store=True) as index:
        for number in range(5):
            tell(writer, number)
            await writer.publish()
            await index.refresh()
            assert await found(index) == {f"hall-{number}"}
    assert sorted(name.split("-")[1] for name in server.collections()) == ["4", "5"]
    for data in ("reader", "writer"):
        assert {folder.name for folder in (tmp_path / data / "index").glob("gen-*")} == {"gen-4", "gen-5"}


@pytest.mark.nightly
async def test_who_still_reads_a_version_whose_collection_is_gone_compares_exactly(
    server: ChromaServer, writer: KnowledgeRig
):
    await writer.publish()
    async with writer.index(asks_store=True) as index:
        assert not index.lacks_store
        for number in (1, 2):
            tell(writer, number)
            await writer.publish()
        with capture_logs() as logs:
            assert await found(index) == {"hall-0"}
        assert [log["event"] for log in logs] == ["vector_store_failed"]
        await index.refresh()
        assert (index.lacks_store, await found(index)) == (False, {"hall-2"})


async def test_the_one_before_is_read_to_the_end(server: ChromaServer, counter: Counter, writer: KnowledgeRig):
    reader = reader_of(writer, writer.index_store.folder_of(1).parents[1], counter.url)
    await writer.publish()
    async with reader.index(asks_store=True) as index:
        tell(writer, 1)
        await writer.publish()
        counter.asked.clear()
        assert await found(index) == {"hall-0"}
        assert not index.lacks_store
    assert len(counter.asked) == 1


def _write_and_die(folder: Path, place: StorePlace, tell: TellShare) -> None:
    """What the child process does, killed before the collection has its name."""
    server_stores._write_named(folder, place, lambda share: os.kill(os.getpid(), signal.SIGKILL))


def _write_all_and_die(folder: Path, place: StorePlace, tell: TellShare) -> None:
    chroma.rename = lambda place, name: os.kill(os.getpid(), signal.SIGKILL)
    server_stores._write_named(folder, place, tell)


@pytest.mark.nightly
@pytest.mark.parametrize("dying", [_write_and_die, _write_all_and_die])
async def test_F10_what_a_killed_writer_has_left_is_no_store_and_goes(
    server: ChromaServer, writer: KnowledgeRig, monkeypatch: pytest.MonkeyPatch, dying: Callable[..., None]
):
    await writer.ingestion.sync(now=NOW)
    with monkeypatch.context() as fault:
        fault.setattr(server_stores, "_write_named", dying)
        with pytest.raises(IndexVersionError, match="version 1"):
            await writer.ingestion.store()
    [left] = server.collections()
    assert "-draft-" in left
    assert await writer.store() is None
    assert await writer.ingestion.store()
    assert len(server.collections()) == 1
    assert left not in server.collections()


async def test_O03_a_server_that_dies_is_passed_over_and_asked_again_when_it_is_back(
    server: ChromaServer, writer: KnowledgeRig
):
    await writer.publish()
    async with writer.index(asks_store=True) as index:
        server.end(signal.SIGKILL)
        with capture_logs() as logs:
            for _ in range(3):
                assert await found(index) == {"hall-0"}
                await index.take_store()
        assert index.lacks_store
        assert [log["event"] for log in logs] == ["vector_store_failed"] * 2, (
            "at the question, and at the search for it"
        )
        server.start()
        await index.take_store()
        assert (index.lacks_store, await found(index)) == (False, {"hall-0"})


async def test_O03_what_a_server_has_lost_is_written_again(server: ChromaServer, writer: KnowledgeRig):
    await writer.publish()
    server.end()
    shutil.rmtree(server.folder)
    with pytest.raises(KnowledgeError, match="can't be reached"):
        await writer.ingestion.store()
    server.start()
    async with writer.index(asks_store=True) as index:
        assert index.lacks_store
        assert await writer.ingestion.store()
        await index.take_store()
        assert not index.lacks_store


def test_O03_a_server_that_hangs_holds_an_answer_up_for_a_limited_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chroma, "_READER_TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = StorePlace("any", url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(KnowledgeError, match="can't be reached"):
            chroma.is_there(place)
