"""Three bots on one PostgreSQL database: what one of them takes in, any of them finishes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.replica_kills import renew, tell
from tests.support.chroma_server import chroma_server
from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.on_chroma import asks_server, on, publish_ferry, told
from tests.support.processes import Place
from tests.support.replicas import Fleet, fleet
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import Town, until

QUESTION = "How many freight trains ran in 2025?"


@pytest.fixture
async def replicas(postgresql_url: str, place: Place, tmp_path: Path, town: Town) -> AsyncIterator[Fleet]:
    async with fleet(postgresql_url, place.knowledge, tmp_path, town) as some:
        yield some


@pytest.mark.nightly
async def test_three_answer_one_leads_and_another_goes_on_when_it_is_killed(
    replicas: Fleet, town: Town, tmp_path: Path
):
    visitors = await town.visitors(6)
    with chroma_server(tmp_path / "chroma") as server:
        for _ in range(3):
            await replicas.start(**on(server))
        await replicas.are_ready()
        leader = await until(replicas.leader, "a leader")
        for visitor in visitors:
            assert TRAINS_IN_2025 in (await visitor.ask(QUESTION))["text"]
        await leader.kill()
        await until(replicas.leader, "a new leader")
        for visitor in visitors:
            assert TRAINS_IN_2025 in (await visitor.ask(QUESTION))["text"]
        publish_ferry(replicas, "07:15")
        await told(visitors[0], "07:15")
        left = [bot for bot in replicas.bots if bot is not leader]
        for bot in left:
            await asks_server(bot)
            assert bot.process.exitcode is None
        codes = await asyncio.gather(*(bot.stop() for bot in left))
    assert codes == [0, 0]


@pytest.mark.nightly
async def test_D24_kills_among_replicas_lose_nothing_double_nothing_and_keep_the_order(
    postgresql_url: str, tmp_path: Path
):
    account = await tell(postgresql_url, tmp_path, kills=4, updates=80, recipients=60, seed=1)
    assert account.kills == 4
    assert (account.updates, account.copies + account.in_doubt >= 60) == (80, True)


@pytest.mark.nightly
async def test_O01_replicas_that_are_renewed_one_by_one_under_load_lose_and_double_nothing(
    postgresql_url: str, tmp_path: Path
):
    account = await renew(postgresql_url, tmp_path, updates=120, recipients=60, seed=1)
    assert (account.updates, account.repeated, account.copies, account.in_doubt) == (120, 0, 60, 0)
    assert max(account.ends_s) < 8, "seconds until it has ended"


async def test_a_second_process_beside_sqlite_is_refused_and_told_of_postgresql(place: Place):
    refused = await asyncio.to_thread(place.scoda, "run", "--role", "web", telegram_token=SANDBOX_TOKEN)
    assert refused.returncode == 1
    assert "SCODA_STORE_DATABASE_URL" in refused.stderr
