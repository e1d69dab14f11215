"""Bots on a real Chroma server: several on one, and what they do when it is away."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.chroma_server import ChromaServer, Counter, chroma_server, counting
from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.on_chroma import HOURS, asks_server, on, publish_ferry, told, vectors
from tests.support.processes import BotProcess, Place, running_bot
from tests.support.replicas import Fleet, fleet
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town, until

QUESTION = "How many freight trains ran in 2025?"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaServer]:
    with chroma_server(tmp_path / "chroma") as some:
        yield some


@pytest.fixture
async def replicas(postgresql_url: str, place: Place, tmp_path: Path, town: Town) -> AsyncIterator[Fleet]:
    async with fleet(postgresql_url, place.knowledge, tmp_path, town) as some:
        yield some


async def newest(server: ChromaServer) -> int:
    """The number of the newest whole version on the server."""
    names = await asyncio.to_thread(server.collections)
    return max((int(name.split("-")[1]) for name in names if "-draft-" not in name), default=0)


@pytest.mark.nightly
async def test_O03_a_bot_whose_chroma_server_is_killed_answers_on_and_asks_it_again(
    place: Place, town: Town, server: ChromaServer
):
    visitor = await town.visitor("John", "en")
    async with counting(server) as counter, running_bot(place, town.base_url, **on(counter)) as bot:
        await asks_server(bot)
        assert TRAINS_IN_2025 in (await visitor.ask(QUESTION))["text"]
        asked = len(counter.asked)
        assert asked > 1, "the server was asked"
        await asyncio.to_thread(server.end, signal.SIGKILL)
        publish_ferry(place, "07:15")
        await told(visitor, "07:15")
        assert "every row is compared" in await vectors(bot)
        await asyncio.to_thread(server.start)
        await asks_server(bot)
        counter.asked.clear()
        assert "07:15" in (await visitor.ask(f"{HOURS} Tell me."))["text"]
        assert len(set(counter.asked)) == 1
        assert await bot.stop() == 0


@pytest.mark.nightly
async def test_O03_a_bot_that_starts_without_its_chroma_server_answers_and_asks_it_when_it_is_there(
    place: Place, town: Town, server: ChromaServer
):
    server.end()
    visitor = await town.visitor("John", "en")
    async with running_bot(place, town.base_url, **on(server)) as bot:
        assert TRAINS_IN_2025 in (await visitor.ask(QUESTION))["text"]
        assert "no answer" in await vectors(bot)
        await asyncio.to_thread(server.start)
        await asks_server(bot)
        assert await newest(server) > 0
        assert await bot.stop() == 0


@asynccontextmanager
async def _watched(
    replicas: Fleet, server: ChromaServer, shared: Path | None
) -> AsyncIterator[tuple[BotProcess, Counter]]:
    """A web replica whose questions to the server are counted."""
    async with counting(server) as counter:
        yield await replicas.start("web", data=shared, **on(counter)), counter


@pytest.mark.nightly
@pytest.mark.parametrize(
    "is_shared",
    [
        pytest.param(True, id="one data folder"),
        pytest.param(False, id="a data folder each", marks=pytest.mark.nightly),
    ],
)
async def test_a_web_replica_asks_the_server_for_what_the_sender_has_published(
    replicas: Fleet, town: Town, server: ChromaServer, tmp_path: Path, is_shared: bool
):
    shared = tmp_path / "shared" if is_shared else None
    visitor = await town.visitor("John", "en")
    async with _watched(replicas, server, shared) as (web, counter):
        sender = await replicas.start("sender", data=shared, **on(server))
        await replicas.are_ready()
        for time in ("06:40", "07:15"):
            publish_ferry(replicas, time)
            await told(visitor, time)
            await asks_server(web)
            counter.asked.clear()
            assert time in (await visitor.ask(f"{HOURS} I wrote to you before {time}."))["text"]
            ids = await asyncio.to_thread(server.names_by_id)
            assert {ids[one] for one in counter.asked} == {max(ids.values(), key=lambda name: int(name.split("-")[1]))}
        await until(lambda: _are_two(server), "the published version and the one before, alone")
        assert len({frozenset(_versions(bot)) for bot in (web, sender)}) == 1
        assert len(_versions(web)) == 2
        assert [await bot.stop() for bot in (web, sender)] == [0, 0]


async def _are_two(server: ChromaServer) -> bool:
    return len(await asyncio.to_thread(server.collections)) == 2


def _versions(bot: BotProcess) -> set[str]:
    return {folder.name for folder in (bot.place.data / "index").glob("gen-*")}


@pytest.mark.nightly
async def test_a_web_replica_asks_the_server_for_what_a_command_has_published(
    replicas: Fleet, town: Town, server: ChromaServer, tmp_path: Path
):
    visitor = await town.visitor("John", "en")
    home = Place(tmp_path, replicas.knowledge, tmp_path / "command")
    given = on(server) | {"store_database_url": replicas.database_url, "telegram_token": SANDBOX_TOKEN}
    async with _watched(replicas, server, None) as (web, counter):
        await web.is_up()
        publish_ferry(replicas, "07:15")
        made = await asyncio.to_thread(home.scoda, "knowledge", "sync", **given)
        assert made.returncode == 0, made.stderr
        await asks_server(web)
        counter.asked.clear()
        assert "07:15" in (await visitor.ask(HOURS))["text"]
        assert counter.asked
        assert await web.stop() == 0
