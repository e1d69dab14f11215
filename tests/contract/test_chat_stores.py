from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.answering.model import Feedback, Outcome, Turn, TurnRecord
from bot.chat_state.model import Button, ButtonAction, StoredUpdate
from bot.errors import DatabaseError
from bot.ids import ChatId, DocumentPath, Locale, SectionKey, VisitorId
from tests.support.fakes import exported

NOW = datetime(2026, 11, 3, 9, 30, 0, 123456, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)
AIDA = VisitorId(7_000_000_001)
OTHER = VisitorId(7_000_000_002)
CHAT = ChatId(AIDA)
KEY = SectionKey(DocumentPath("area/park.md"), "where")


def update(update_id, payload="{}"):
    return StoredUpdate(update_id, AIDA, payload, NOW, 0)


def button(token, *, single_use=False):
    return Button(token, CHAT, AIDA, ButtonAction.SOURCE, "area/park.md#where", SOON, single_use)


def turn(turn_id, *, asked_at=NOW, chat_id=CHAT, visitor_id=AIDA, question="?"):
    return TurnRecord(
        turn_id, chat_id, visitor_id, asked_at, question, Locale.UZ, Outcome.CLARIFY, 0.5, (KEY, KEY), 1.0
    )


async def test_stored_updates_come_back_as_they_were_in_order(stores):
    updates = [update(3, '{"text": "\\u0000 Сәлем"}'), update(1), update(2)]
    assert (await stores.inbox.store(updates)).new == 3
    assert await stores.inbox.pending(after=0, limit=10) == [updates[1], updates[2], updates[0]]
    assert await stores.inbox.pending(after=1, limit=1) == [updates[2]]


async def test_an_update_that_is_known_is_left_out(stores):
    await stores.inbox.store([update(1, "first")])
    assert (await stores.inbox.store([update(1, "second"), update(2), update(2)])).new == 1
    assert [waiting.payload for waiting in await stores.inbox.pending(after=0, limit=9)] == ["first", "{}"]
    assert (await stores.inbox.store([])).new == 0


async def test_I06_an_update_that_is_replayed_after_it_was_handled_is_left_out(stores):
    await stores.inbox.store([update(1)])
    await stores.inbox.done(1, now=NOW)
    assert (await stores.inbox.store([update(1)])).new == 0
    assert await stores.inbox.count_pending() == 0


async def test_many_updates_are_stored_at_once(stores):
    assert (await stores.inbox.store([update(number) for number in range(1, 1001)])).new == 1000
    assert await stores.inbox.count_pending() == 1000


async def test_attempts_are_counted(stores):
    await stores.inbox.store([update(1)])
    assert await stores.inbox.attempted(1) == 1
    assert await stores.inbox.attempted(1) == 2
    assert [waiting.attempts for waiting in await stores.inbox.pending(after=0, limit=9)] == [2]


async def test_an_attempt_at_an_unknown_update_is_refused(stores):
    with pytest.raises(DatabaseError, match="update 5 is not in the inbox"):
        await stores.inbox.attempted(5)


async def test_an_attempt_inside_a_transaction_is_refused(stores):
    await stores.inbox.store([update(1)])
    async with stores.transaction():
        with pytest.raises(DatabaseError, match="transaction of its own"):
            await stores.inbox.attempted(1)


async def test_handled_and_failed_updates_wait_no_more(stores):
    await stores.inbox.store([update(1), update(2), update(3)])
    await stores.inbox.done(1, now=NOW)
    await stores.inbox.failed(2, now=NOW)
    await stores.inbox.done(2, now=NOW)
    assert [waiting.update_id for waiting in await stores.inbox.pending(after=0, limit=9)] == [3]
    assert await stores.inbox.count_pending() == 1


async def test_a_button_is_found_until_it_expires(stores):
    await stores.buttons.issue([])
    await stores.buttons.issue([button("a"), button("b", single_use=True)])
    assert await stores.buttons.find("a", now=NOW) == button("a")
    assert await stores.buttons.find("b", now=NOW) == button("b", single_use=True)
    assert await stores.buttons.find("c", now=NOW) is None
    assert await stores.buttons.find("a", now=SOON) is None


async def test_a_single_use_button_works_once(stores):
    await stores.buttons.issue([button("a", single_use=True)])
    assert await stores.buttons.use("a", now=NOW)
    assert not await stores.buttons.use("a", now=NOW)
    assert await stores.buttons.find("a", now=NOW) is None


async def test_another_button_works_until_it_expires(stores):
    await stores.buttons.issue([button("a")])
    assert await stores.buttons.use("a", now=NOW)
    assert await stores.buttons.use("a", now=NOW)
    assert not await stores.buttons.use("a", now=SOON)
    assert not await stores.buttons.use("unknown", now=NOW)


async def test_a_token_is_not_given_twice(stores):
    await stores.buttons.issue([button("a")])
    with pytest.raises(DatabaseError):
        await stores.buttons.issue([button("a")])


async def test_recent_turns_are_the_last_ones_of_this_visitor_in_this_chat_oldest_first(stores):
    for number in range(4):
        await stores.turns.record(turn(f"t{number}", asked_at=NOW + timedelta(seconds=number), question=f"q{number}"))
    await stores.turns.record(turn("other", visitor_id=OTHER))
    await stores.turns.record(turn("group", chat_id=ChatId(-5)))
    found = await stores.turns.recent(CHAT, AIDA, since=NOW + timedelta(seconds=1), limit=2)
    assert found == [Turn(f"q{number}", Locale.UZ, Outcome.CLARIFY, (KEY, KEY)) for number in (2, 3)]
    assert len(await stores.turns.recent(CHAT, AIDA, since=NOW + timedelta(seconds=1), limit=9)) == 3


async def test_an_answered_turn_is_found_by_its_id_or_as_the_last_one(stores):
    first, last = turn("t1"), replace(turn("t2", asked_at=SOON), composed=True, knowledge_version=7)
    for record in (first, last, turn("t3", chat_id=ChatId(-5), asked_at=SOON + timedelta(minutes=1))):
        await stores.turns.record(record)
    assert await stores.turns.answered(CHAT, AIDA) == last
    assert await stores.turns.answered(CHAT, AIDA, turn_id="t1") == first
    assert await stores.turns.answered(CHAT, OTHER, turn_id="t1") == first
    assert await stores.turns.answered(CHAT, OTHER) is None
    assert await stores.turns.answered(CHAT, AIDA, turn_id="t3") is None


async def test_what_was_answered_since_a_moment_is_everybody_s_and_oldest_first(stores):
    early, first, last = turn("t1"), turn("t2", asked_at=SOON), turn("t3", visitor_id=OTHER, asked_at=SOON)
    for record in (last, early, first):
        await stores.turns.record(record)
    assert await stores.turns.answered_since(SOON, limit=9) == [first, last]
    assert await stores.turns.answered_since(NOW, limit=2) == [first, last]


async def test_the_last_opinion_on_a_turn_counts(stores):
    await stores.turns.record(turn("t"))
    await stores.turns.rate("t", AIDA, Feedback.HELPFUL, now=NOW)
    await stores.turns.rate("t", AIDA, Feedback.UNHELPFUL, now=SOON)
    await stores.turns.rate("gone", AIDA, Feedback.HELPFUL, now=NOW)
    opinions = (await exported(stores.visitors.export(AIDA)))["feedback"]
    assert [(row["turn_id"], row["opinion"]) for row in opinions] == [("t", "unhelpful")]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters()), min_size=1, max_size=20))
async def test_any_text_survives_the_store(stores, texts):
    turns = [turn(f"t{number:02}", question=text) for number, text in enumerate(texts)]

    for record in turns:
        await stores.turns.record(record)
    found = await stores.turns.recent(CHAT, AIDA, since=NOW, limit=len(texts))
    await stores.visitors.forget(AIDA, now=NOW)
    assert [known.question for known in found] == texts


async def test_R04_how_many_each_has_asked_since_a_moment_is_known(stores):
    asked = ((AIDA, -60), (AIDA, 0), (AIDA, 60), (OTHER, 120), (OTHER + 1, -1))
    for number, (visitor_id, minutes) in enumerate(asked):
        at = NOW + timedelta(minutes=minutes)
        await stores.turns.record(turn(str(number), visitor_id=visitor_id, asked_at=at))
    assert dict(await stores.turns.asked_since(NOW)) == {AIDA: 2, OTHER: 1}
