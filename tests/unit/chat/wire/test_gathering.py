from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.chat.wire.envelope import IncomingUpdate, read_update
from bot.chat.wire.gathering import Gathering


class Store:
    """Stores when it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go = asyncio.Event()
        self.fails = False

    async def accept(self, updates: Sequence[IncomingUpdate]) -> int:
        self.batches.append([update.update_id for update in updates])
        await self.may_go.wait()
        if self.fails:
            raise OSError("disk full")
        return len(updates)


def update(number: int) -> IncomingUpdate:
    return read_update({"update_id": number})


async def calls_begun(gathering: Gathering, count: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(gathering.accept([update(number)])) for number in range(count)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_what_comes_while_a_commit_is_under_way_shares_the_next_in_the_order_in_which_it_came():
    store = Store()
    gathering = Gathering(store.accept)
    first = await calls_begun(gathering, 1)
    others = await calls_begun(gathering, 5)
    assert store.batches == [[0]]
    store.may_go.set()
    await asyncio.gather(*first, *others)
    assert store.batches == [[0], [0, 1, 2, 3, 4]]


async def test_no_commit_holds_more_than_a_hundred():
    store = Store()
    store.may_go.set()
    gathering = Gathering(store.accept)
    await asyncio.gather(*(gathering.accept([update(number)]) for number in range(250)))
    assert max(map(len, store.batches)) <= 100
    assert sum(map(len, store.batches)) == 250


async def test_who_waits_is_told_when_nothing_could_be_stored_and_the_next_is_tried():
    store = Store()
    store.fails = True
    store.may_go.set()
    gathering = Gathering(store.accept)
    for task in await calls_begun(gathering, 3):
        with pytest.raises(OSError, match="disk full"):
            await task
    store.fails = False
    assert await gathering.accept([update(9)]) == 1


async def test_one_who_goes_away_takes_nobody_along():
    store = Store()
    gathering = Gathering(store.accept)
    gone, *others = await calls_begun(gathering, 3)
    gone.cancel()
    store.may_go.set()
    assert await asyncio.gather(*others) == [3, 3]
