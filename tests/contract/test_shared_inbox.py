"""The inbox that several replicas share, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.adapters.database import engines
from bot.adapters.database.connection import Database, open_database
from bot.adapters.database.election import ServerElection
from bot.adapters.database.inbox_reading import longest_wait_s
from bot.adapters.database.replica_store import Replica, Report, SqlReplicas
from bot.adapters.database.shared_inbox import SharedInbox
from bot.adapters.database.tables import inbox as rows
from bot.adapters.database.tables import replicas
from bot.chat_state.model import StoredUpdate
from bot.errors import ClaimLostError, DatabaseAwayError, DatabaseError

NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
LONG_S = 3600.0
WAIT_S = 30.0


@dataclass
class Two:
    """Two replicas on one database, by name."""

    database: Database
    roll: SqlReplicas
    other: SqlReplicas
    a: SharedInbox
    b: SharedInbox
    now: float = 0.0
    """Seconds of the replicas' own clocks."""

    async def dies(self, name: str) -> None:
        await beat(self.roll, name, lasts_s=-1.0)


async def beat(roll: SqlReplicas, name: str, *, lasts_s: float = LONG_S) -> None:
    await roll.beat(
        Replica(name, "all", NOW), Report(), lasts_s=lasts_s, share=lambda reports: dict.fromkeys(reports, 0)
    )


@pytest.fixture
async def two(postgresql_url: str) -> AsyncIterator[Two]:
    async with open_database(postgresql_url, shares=True) as database:
        await database.migrate()
        async with database.writing() as connection:
            await connection.execute(rows.delete())
            await connection.execute(replicas.delete())
        inboxes = SharedInbox(database, "a"), SharedInbox(database, "b")
        roll, other = (SqlReplicas(database, clock=lambda: both.now) for _ in range(2))
        both = Two(database, roll, other, *inboxes)
        await roll.be_present("a")
        await other.be_present("b")
        for name in "ab":
            await beat(roll, name)
        yield both
        await roll.be_absent()
        await other.be_absent()


def update(update_id: int, lane: int = 7) -> StoredUpdate:
    return StoredUpdate(update_id, lane, "{}", NOW, 0)


async def finish(two: Two, inbox: SharedInbox, *update_ids: int) -> list[int]:
    """Say that they are done; returns the ids of what comes next."""
    async with two.database.transaction():
        await inbox.hold(*update_ids)
        came = await inbox.done(*update_ids, now=NOW)
    return [one.update_id for one in came]


async def test_who_stores_an_update_handles_it_and_a_chat_goes_on_where_it_is(two: Two):
    assert (await two.a.store([update(1), update(2, lane=8)])).mine == {1, 2}
    stored = await two.b.store([update(3)])
    assert (stored.new, stored.mine) == (1, frozenset())
    assert await finish(two, two.a, 1) == [3], "the other one stored it meanwhile"
    assert await finish(two, two.a, 3) == []
    assert (await two.b.store([update(4)])).mine == {4}, "the chat is nobody's once nothing of it waits"


async def test_texts_of_any_code_points_and_moments_of_any_zone_come_back_as_they_were(two: Two):
    odd = StoredUpdate(1, 7, '{"a": "\\u0000 \x00\ud800\x1a, {\\"}"}', NOW.astimezone(timezone(timedelta(hours=8))), 1)
    await two.a.store([odd, odd])
    [found] = await two.a.pending(after=0, limit=9)
    assert (found.payload, found.received_at, found.attempts) == (odd.payload, NOW, 1)


async def test_an_attempt_that_began_with_the_storing_counts_where_the_update_is_handled_alone(two: Two):
    """Replica b has begun nothing: it finds out by storing that the chat is replica a's."""
    await two.a.store([update(1)])
    begun = replace(update(2), attempts=1)
    assert (await two.b.store([begun])).mine == frozenset()
    assert [one.attempts for one in await two.a.pending(after=1, limit=9)] == [0]


async def test_an_update_that_is_known_is_nobodys_again(two: Two):
    await two.a.store([update(1)])
    again = await two.b.store([update(1), update(1)])
    assert (again.new, again.mine) == (0, frozenset())
    assert await two.b.count_pending() == 0
    assert await two.a.count_pending() == 1


async def test_how_long_the_oldest_waits_is_the_same_for_all_whoever_has_it(two: Two):
    await two.a.store([replace(update(1), received_at=NOW - timedelta(seconds=90))])
    await two.b.store([update(2, lane=8)])
    assert await longest_wait_s(two.database, now=NOW) == 90.0
    await finish(two, two.a, 1)
    assert await longest_wait_s(two.database, now=NOW) == 0.0


async def test_what_there_is_no_room_for_goes_to_the_next_with_what_comes_after_it(two: Two):
    assert not (await two.a.store([update(1)], takes=False)).mine
    assert not (await two.a.store([update(2)])).mine, "in a chat the first goes first"
    assert [one.update_id for one in await two.b.pending(after=99, limit=10)] == [1, 2]
    assert await two.a.pending(after=99, limit=10) == []


async def test_a_dead_replicas_updates_are_taken_over_once_and_it_can_finish_none(two: Two):
    await two.a.store([update(1), update(2), update(3, lane=8)])
    assert await two.b.pending(after=99, limit=10) == []
    await two.dies("a")
    assert [one.update_id for one in await two.b.pending(after=99, limit=10)] == [1, 2, 3]
    assert await two.a.attempted(1) is None
    with pytest.raises(ClaimLostError) as error:
        await finish(two, two.a, 1)
    assert error.value.lost == {1}
    assert await two.b.attempted(1) == 1
    assert await finish(two, two.b, 1) == [2]


async def test_a_replica_that_counts_as_dead_takes_nothing(two: Two):
    await two.dies("a")
    assert not (await two.a.store([update(1)])).mine
    assert [one.update_id for one in await two.b.pending(after=99, limit=10)] == [1]


async def test_what_was_stored_though_nothing_was_heard_of_it_is_given_once_more(two: Two):
    await two.a.store([update(5)])
    assert [one.update_id for one in await two.a.pending(after=4, limit=10)] == [5]
    assert await two.a.pending(after=5, limit=10) == []


async def test_while_an_update_is_finished_nobody_takes_it_over(two: Two):
    await two.a.store([update(1)])
    async with two.database.transaction():
        await two.a.hold(1)
        await asyncio.create_task(two.dies("a"))  # outside the transaction
        taking = asyncio.create_task(two.b.pending(after=99, limit=10))
        done, _ = await asyncio.wait({taking}, timeout=0.3)
        assert not done
        await two.a.done(1, now=NOW)
    assert await taking == []


async def test_one_whose_connection_is_gone_is_dead_at_the_others_next_word(two: Two):
    await two.a.store([update(1)])
    await two.roll.be_absent()
    two.now += LONG_S
    await beat(two.other, "b")
    assert [replica.name for replica in await two.roll.living()] == ["b"]
    assert [one.update_id for one in await two.b.pending(after=99, limit=10)] == [1]


async def test_after_the_server_cut_all_off_the_first_to_come_back_takes_nobody_for_dead(two: Two):
    await two.a.store([update(1)])
    for roll in (two.roll, two.other):
        await roll.be_absent()
    two.now += LONG_S
    await two.other.be_present("b")
    await beat(two.other, "b")
    assert [replica.name for replica in await two.roll.living()] == ["a", "b"]
    assert await two.b.pending(after=99, limit=10) == []


async def test_a_replica_that_counts_as_dead_takes_over_nothing(two: Two):
    await two.a.store([update(1)])
    for name in "ab":
        await two.dies(name)
    assert await two.b.pending(after=99, limit=10) == []
    await beat(two.other, "b")
    assert [one.update_id for one in await two.b.pending(after=99, limit=10)] == [1]


async def test_a_replica_that_hangs_with_a_chat_locked_holds_up_nobody_for_long(
    two: Two, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engines, "IDLE_S", 1)
    async with open_database(postgresql_url, shares=True) as hanging:
        inbox = SharedInbox(hanging, "a")
        await inbox.store([update(1)])

        async def hang() -> None:
            async with hanging.transaction():
                await inbox.hold(1)
                async with asyncio.timeout(WAIT_S):
                    await asyncio.create_task(two.b.store([update(2)]))  # outside the transaction
                await inbox.done(1, now=NOW)

        with pytest.raises(DatabaseAwayError, match="idle-in-transaction"):
            await hang()
    assert [one.update_id for one in await two.a.pending(after=0, limit=9)] == [1, 2]


async def test_an_error_of_the_server_tells_nothing_of_what_rows_hold(two: Two):
    await two.a.store([update(1)])
    with pytest.raises(DatabaseError) as refused:
        async with two.database.writing() as connection:
            await connection.execute(rows.insert().values(update_id=1, lane=4_711, payload="secret", received_at=NOW))
    assert "violates not-null constraint" in str(refused.value)
    assert not any(held in str(refused.value) for held in ("4711", "secret"))


async def test_who_leaves_in_good_order_leaves_its_updates_to_the_others_at_once(two: Two):
    await two.a.store([update(1)])
    await two.roll.leave("a")
    assert [replica.name for replica in await two.roll.living()] == ["b"]
    assert [one.update_id for one in await two.b.pending(after=99, limit=10)] == [1]


@pytest.mark.parametrize("rounds", [40])
async def test_two_that_store_and_finish_at_once_lose_nothing_and_keep_the_order(two: Two, rounds: int):
    handled: dict[int, list[int]] = {1: [], 2: [], 3: []}

    async def live(inbox: SharedInbox, parity: int) -> None:
        queue: list[StoredUpdate] = []
        for number in range(rounds):
            new = [update(2 * (3 * number + lane) + parity, lane=lane) for lane in handled]
            stored = await inbox.store(new)
            queue += [one for one in new if one.update_id in stored.mine]
            while queue:
                queue.sort(key=lambda one: one.update_id)
                one = queue.pop(0)
                async with two.database.transaction():
                    await inbox.hold(one.update_id)
                    came = await inbox.done(one.update_id, now=NOW)
                handled[one.lane].append(one.update_id)
                known = {other.update_id for other in queue}
                queue += [other for other in came if other.update_id not in known]

    await asyncio.gather(live(two.a, 0), live(two.b, 1))
    assert await two.a.count_pending() == await two.b.count_pending() == 0
    for ids in handled.values():
        assert len(ids) == len(set(ids)) == 2 * rounds


async def test_one_leads_and_another_follows_at_once_when_it_ends(two: Two):
    first, second = ServerElection(two.database, "a"), ServerElection(two.database, "b")
    await first.won()
    following = asyncio.create_task(second.won())
    done, _ = await asyncio.wait({following}, timeout=1.2)
    assert not done
    await first.resign()
    await asyncio.wait_for(following, 5)
    await second.resign()


async def test_D25_a_leader_of_which_nothing_is_heard_is_cut_off_and_notices_it(two: Two):
    first, second = ServerElection(two.database, "a"), ServerElection(two.database, "b")
    await first.won()
    await two.dies("a")
    await asyncio.wait_for(second.won(), 5)
    await asyncio.wait_for(first.lost(), 5)
    await second.resign()


async def test_who_has_not_told_of_itself_does_not_lead_and_is_not_taken_for_silent(two: Two):
    newcomer, known = ServerElection(two.database, "newcomer"), ServerElection(two.database, "a")
    asking = asyncio.create_task(newcomer.won())
    await asyncio.wait_for(known.won(), 5)
    assert not asking.done()
    asking.cancel()
    await asyncio.wait({asking})
    await newcomer.resign()
    await known.resign()
