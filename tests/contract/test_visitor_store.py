from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.answering.model import Feedback, Outcome, TurnRecord
from bot.chat_state.model import Button, ButtonAction, StoredUpdate
from bot.errors import DatabaseError
from bot.ids import ChatId, DocumentPath, Locale, SectionKey, VisitorId
from bot.visitors.model import Retention, Visitor
from tests.support.fakes import FakeVisitorStore, exported

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
AIDA = VisitorId(7_000_000_001)
OTHER = VisitorId(7_000_000_002)
GROUP = ChatId(-1_001_234_567_890)


def turn(turn_id, *, visitor_id=AIDA, chat_id=None, asked_at=NOW, question="Where is the park?"):
    return TurnRecord(
        turn_id=turn_id,
        chat_id=ChatId(chat_id or visitor_id),
        visitor_id=visitor_id,
        asked_at=asked_at,
        question=question,
        locale=Locale.KK,
        outcome=Outcome.ANSWERED,
        score=0.75,
        keys=(SectionKey(DocumentPath("area/park.md"), "where"),),
        took_ms=12.5,
    )


def button(token, *, chat_id=AIDA, visitor_id=AIDA, expires_at=LATER, single_use=False):
    return Button(token, ChatId(chat_id), visitor_id, ButtonAction.MORE, "area/park.md#where", expires_at, single_use)


def update(update_id, *, lane=AIDA):
    return StoredUpdate(update_id, lane, '{"text": "hello"}', NOW, 0)


async def fill(stores):
    """One row of each kind about Aida, in her own chat and in a group, and as much about somebody else."""
    for number, visitor_id in enumerate((AIDA, OTHER)):
        await stores.visitors.seen(visitor_id, app_locale=Locale.RU, now=NOW)
        await stores.inbox.store([update(10 + number, lane=visitor_id)])
        await stores.buttons.issue([button(f"own-{number}", chat_id=visitor_id, visitor_id=None)])
        await stores.buttons.issue([button(f"group-{number}", chat_id=GROUP, visitor_id=visitor_id)])
        await stores.turns.record(turn(f"own-{number}", visitor_id=visitor_id))
        await stores.turns.record(turn(f"group-{number}", visitor_id=visitor_id, chat_id=GROUP))
        await stores.turns.rate(f"own-{number}", visitor_id, Feedback.HELPFUL, now=NOW)


async def test_a_stranger_is_not_found(stores):
    assert await stores.visitors.find(AIDA) is None


async def test_a_visitor_is_made_when_first_seen(stores):
    await stores.visitors.seen(AIDA, app_locale=Locale.KK, now=NOW)
    assert await stores.visitors.find(AIDA) == Visitor(AIDA, NOW, NOW, None, Locale.KK, is_reachable=True)


async def test_a_visitor_who_comes_again_keeps_the_first_moment_and_the_choice(stores):
    await stores.visitors.seen(AIDA, app_locale=Locale.RU, now=NOW)
    await stores.visitors.choose(AIDA, Locale.KK, now=NOW)
    await stores.visitors.seen(AIDA, app_locale=Locale.EN, now=LATER)
    assert await stores.visitors.find(AIDA) == Visitor(AIDA, NOW, LATER, Locale.KK, Locale.EN, is_reachable=True)


async def test_an_app_that_reports_no_language_leaves_the_known_one(stores):
    await stores.visitors.seen(AIDA, app_locale=Locale.FA, now=NOW)
    await stores.visitors.seen(AIDA, app_locale=None, now=LATER)
    visitor = await stores.visitors.find(AIDA)
    assert visitor.app_locale is Locale.FA


async def test_choosing_a_language_makes_a_visitor_who_was_not_known(stores):
    await stores.visitors.choose(AIDA, Locale.UR, now=NOW)
    assert await stores.visitors.find(AIDA) == Visitor(AIDA, NOW, NOW, Locale.UR)


async def test_a_blocked_visitor_is_unreachable_until_they_come_back(stores):
    await stores.visitors.seen(AIDA, app_locale=None, now=NOW)
    await stores.visitors.unreachable(AIDA)
    assert not (await stores.visitors.find(AIDA)).is_reachable
    await stores.visitors.seen(AIDA, app_locale=None, now=LATER)
    assert (await stores.visitors.find(AIDA)).is_reachable


async def test_a_stranger_who_blocks_the_bot_leaves_no_row(stores):
    await stores.visitors.unreachable(AIDA)
    assert await stores.visitors.find(AIDA) is None


async def test_export_holds_all_rows_of_the_visitor_and_none_of_others(stores):
    await fill(stores)
    tables = await exported(stores.visitors.export(AIDA))
    assert {name: len(rows) for name, rows in tables.items() if rows} == {
        "visitors": 1,
        "inbox": 1,
        "buttons": 1,
        "turns": 2,
        "feedback": 1,
    }
    assert (tables["inbox"], tables["buttons"]) == (({"count": 1},), ({"count": 2},)), "only counted"
    assert tables["visitors"][0]["first_seen_at"] == "2026-11-03T09:30:00+00:00"
    assert str(OTHER) not in repr(tables)


async def test_export_of_many_rows_holds_each_once_and_comes_in_pages(stores):
    for number in range(1100):
        await stores.turns.record(turn(f"{number:04d}"))
    pages = [page async for page in stores.visitors.export(AIDA) if page.table == "turns"]
    assert [row["turn_id"] for page in pages for row in page.rows] == [f"{number:04d}" for number in range(1100)]
    assert max(len(page.rows) for page in pages) <= 250 or isinstance(stores.visitors, FakeVisitorStore)


async def test_forgetting_takes_all_rows_of_the_visitor_and_none_of_others(stores):
    await fill(stores)
    others = await exported(stores.visitors.export(OTHER))
    assert await stores.visitors.forget(AIDA, now=LATER) == 7
    assert not any((await exported(stores.visitors.export(AIDA))).values())
    assert await exported(stores.visitors.export(OTHER)) == others
    assert [waiting.lane for waiting in await stores.inbox.pending(after=0, limit=10)] == [OTHER]


async def test_forgetting_twice_changes_nothing_more(stores):
    await fill(stores)
    await stores.visitors.forget(AIDA, now=LATER)
    assert await stores.visitors.forget(AIDA, now=LATER) == 0


async def test_a_forgotten_update_stays_known(stores):
    await fill(stores)
    await stores.visitors.forget(AIDA, now=LATER)
    assert (await stores.inbox.store([update(10)])).new == 0


async def test_retention_takes_old_turns_and_used_up_rows_only(stores):
    old, limit = NOW - timedelta(days=31), NOW - timedelta(days=30)
    await stores.turns.record(turn("old", asked_at=old))
    await stores.turns.record(turn("new", asked_at=limit))
    await stores.turns.rate("old", AIDA, Feedback.UNHELPFUL, now=old)
    await stores.buttons.issue([button("expired", expires_at=old), button("used", single_use=True), button("open")])
    await stores.buttons.use("used", now=old)
    await stores.inbox.store([update(1), update(2), update(3), update(4)])
    await stores.inbox.done(1, now=old)
    await stores.inbox.failed(2, now=old)
    await stores.inbox.done(4, now=old)
    assert await stores.visitors.sweep(Retention(), now=NOW) == 5
    tables = await exported(stores.visitors.export(AIDA))
    assert [row["turn_id"] for row in tables["turns"]] == ["new"]
    assert await stores.buttons.find("open", now=limit) is not None
    assert tables["buttons"] == ({"count": 1},)
    assert [waiting.update_id for waiting in await stores.inbox.pending(after=0, limit=9)] == [3]
    assert tables["inbox"] == ({"count": 1},)
    assert tables["feedback"] == ()
    assert (await stores.inbox.store([update(4)])).new == 0, "the last one stays known"


async def test_a_failed_transaction_takes_back_the_writes_of_all_stores(stores):
    await stores.inbox.store([update(1)])

    async def write_and_fail():
        async with stores.transaction():
            await stores.visitors.seen(AIDA, app_locale=None, now=NOW)
            await stores.turns.record(turn("t"))
            await stores.buttons.issue([button("b")])
            async with stores.transaction():
                await stores.inbox.done(1, now=NOW)
            assert await stores.visitors.find(AIDA) is not None
            await stores.buttons.issue([button("b")])

    with pytest.raises(DatabaseError):
        await write_and_fail()
    assert await stores.visitors.find(AIDA) is None
    assert await stores.buttons.find("b", now=NOW) is None
    assert await stores.inbox.count_pending() == 1


async def test_a_transaction_commits_the_writes_of_all_stores(stores):
    await stores.inbox.store([update(1)])
    async with stores.transaction():
        await stores.turns.record(turn("t"))
        await stores.inbox.done(1, now=NOW)
    assert len(await stores.turns.recent(ChatId(AIDA), AIDA, since=NOW, limit=5)) == 1
    assert await stores.inbox.count_pending() == 0
