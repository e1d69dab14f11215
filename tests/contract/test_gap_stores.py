"""Gaps and wishes, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bot.adapters.database.gap_store import SqlGapStore, SqlWatchStore
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.answering.model import Feedback, Loss, LostBy, Outcome
from bot.gaps.model import GapId, GapState, WatchState
from bot.ids import ChatId, Locale
from bot.visitors.model import Retention
from tests.support.fakes import FakeTombstones, exported
from tests.support.gap_rig import AIDA, BORIS, HALL, NOW, OPEN, lost_turn, trace

ONE, TWO = GapId("11111111"), GapId("22222222")
ALL = frozenset(GapState)
LATER = NOW + timedelta(minutes=11)


@pytest.fixture
def store(database):
    return SqlGapStore(database)


@pytest.fixture
def turns(database):
    return SqlTurnStore(database)


@pytest.fixture
def watches(database):
    return SqlWatchStore(database)


async def place(store, **places):
    traces = {turn_id: trace(number) for number, turn_id in enumerate(places)}
    await store.place(places, traces, identity="e5", version=1, now=NOW)


async def fresh(store, *, at=LATER):
    return [one.turn_id for one in await store.fresh(offered_before=at - timedelta(minutes=10), limit=9)]


async def test_a_turn_is_lost_by_its_step_and_what_was_helped_after_all_is_not(store, turns):
    offered = Loss(LostBy.OFFERED, HALL, (Locale.EN,))
    await turns.record(lost_turn("refused", "a", asked_at=NOW + timedelta(seconds=1)))
    await turns.record(lost_turn("offered", "b", loss=offered, outcome=Outcome.OFFERED, offered=(HALL, OPEN)))
    await turns.record(lost_turn("answered", "c", loss=None, outcome=Outcome.ANSWERED, keys=(HALL,)))
    await turns.record(lost_turn("talk", "d", loss=None, outcome=Outcome.GREETING))
    assert await fresh(store, at=NOW + timedelta(minutes=1)) == ["refused"], "an offer has its time"
    assert await fresh(store) == ["offered", "refused"]

    await turns.tap("offered", ChatId(BORIS), HALL)
    assert await fresh(store) == ["offered", "refused"], "nobody taps in another chat"
    await turns.tap("offered", ChatId(AIDA), OPEN)
    await turns.rate("answered", AIDA, Feedback.UNHELPFUL, now=NOW)
    await turns.rate("refused", AIDA, Feedback.UNHELPFUL, now=NOW)
    assert await fresh(store) == ["answered", "refused"]
    found = {one.turn_id: one for one in await store.fresh(offered_before=LATER, limit=9)}
    assert found["answered"].loss.by is LostBy.THUMBS_DOWN
    assert found["answered"].told == (HALL,)
    assert found["refused"].loss == Loss(LostBy.LOW_CONFIDENCE, HALL, (Locale.EN, Locale.RU))
    await turns.rate("answered", AIDA, Feedback.HELPFUL, now=NOW)
    assert await fresh(store) == ["refused"]
    kept = await turns.answered(ChatId(AIDA), AIDA, turn_id="offered")
    assert kept is not None
    assert (kept.loss, kept.offered, kept.tapped) == (offered, (HALL, OPEN), OPEN)


async def test_a_turn_of_which_nothing_offered_was_meant_is_lost_at_once(store, turns):
    offered = Loss(LostBy.OFFERED, HALL, (Locale.EN,))
    soon = NOW + timedelta(minutes=1)
    for turn_id in ("offered", "tapped"):
        await turns.record(lost_turn(turn_id, "b", loss=offered, outcome=Outcome.OFFERED, offered=(HALL, OPEN)))
    await turns.record(lost_turn("answered", "c", loss=None, outcome=Outcome.ANSWERED, keys=(HALL,)))
    await turns.tap("tapped", ChatId(AIDA), OPEN)
    await turns.reject_offers("offered", ChatId(BORIS))
    assert await fresh(store, at=soon) == [], "nobody speaks for another chat"
    for turn_id in ("offered", "tapped", "answered"):
        await turns.reject_offers(turn_id, ChatId(AIDA))
    assert await fresh(store, at=soon) == ["offered", "tapped"]
    await place(store, offered=GapId("g1"), tapped=GapId("g1"))
    await store.tidy()
    gap = await store.find(GapId("g1"))
    assert gap is not None
    assert len(gap.questions) == 2
    kept = await turns.answered(ChatId(AIDA), AIDA, turn_id="offered")
    assert kept is not None
    assert (kept.loss, kept.offered, kept.tapped) == (offered, (HALL, OPEN), None)


async def test_placed_questions_are_read_back_as_they_were(store, turns):
    for number, turn_id in enumerate(("b", "a", "c")):
        await turns.record(lost_turn(turn_id, turn_id.upper(), asked_at=NOW + timedelta(seconds=number)))
    await place(store, b=ONE, a=TWO, gone=ONE)
    assert await fresh(store) == ["c"]
    first, second = await store.traced("e5", limit=9)
    assert (first.turn_id, first.gap_id, second.turn_id, second.gap_id) == ("b", ONE, "a", TWO)
    assert np.allclose(first.trace.vector, trace(0).vector)
    assert (first.trace.near, first.trace.crowd) == (trace(0).near, 0.5)
    assert [one.turn_id for one in await store.traced("e5", limit=1)] == ["a"], "the newest"
    assert await store.traced("another", limit=9) == []

    await store.place({"a": ONE}, {}, identity="e5", version=2, now=NOW)
    assert await store.tidy() == 1, "the gap that nothing is left in"
    [gap] = await store.gaps(states=ALL)
    assert (gap.gap_id, gap.asked_again, [one.question for one in gap.questions]) == (ONE, 1, ["B", "A"])


async def test_what_staff_do_with_a_gap_is_kept(store, turns):
    await turns.record(lost_turn("a", "A"))
    await place(store, a=ONE)
    assert await store.assign(ONE, AIDA)
    assert await store.assign(ONE, BORIS)
    await store.note_drafted(ONE)
    await store.note_asked(ONE, 7)
    assert await store.move(ONE, GapState.ANSWERED, by=HALL, now=NOW)
    gap = await store.find(ONE)
    assert gap is not None
    assert (gap.state, gap.answered_by, gap.assignee, gap.is_drafted, gap.asked_again) == (
        GapState.ANSWERED, HALL, BORIS, True, 7,
    )  # fmt: skip
    assert await store.assign(ONE, None)
    assert (await store.find(ONE)).assignee is None
    assert await store.gaps(states=frozenset({GapState.OPEN})) == []
    assert [one.gap_id for one in await store.gaps(states=ALL, asked_before=8)] == [ONE]
    assert await store.gaps(states=ALL, asked_before=7) == []
    assert not await store.assign(TWO, AIDA)
    assert not await store.move(TWO, GapState.CLOSED, now=NOW)
    assert await store.find(TWO) is None


async def test_tapped_and_helped_questions_leave_their_gap(store, turns):
    loss = Loss(LostBy.OFFERED, HALL)
    await turns.record(lost_turn("a", "A", loss=loss))
    await place(store, a=ONE)
    assert await store.tidy() == 0
    await turns.tap("a", ChatId(AIDA), HALL)
    assert await store.gaps(states=ALL) == [], "it is not shown from then on"
    assert await store.tidy() == 2


async def test_a_wish_waits_for_a_newer_version_and_is_claimed_once(store, turns, watches):
    await turns.record(lost_turn("a", "A"))
    await turns.record(lost_turn("b", "B", visitor_id=BORIS))
    for _ in range(2):
        await watches.wish("a", AIDA, now=NOW)
    await watches.wish("b", AIDA, now=NOW)  # not hers
    await watches.wish("gone", AIDA, now=NOW)
    assert await watches.waiting(before=1, limit=9) == [], "it was asked of version 1 already"
    [watch] = await watches.waiting(before=2, limit=9)
    assert (watch.turn_id, watch.question, watch.locale, watch.gap_id, watch.is_reachable) == (
        "a", "A", Locale.EN, None, True,
    )  # fmt: skip
    await watches.note_asked(watch, 2)
    assert await watches.waiting(before=2, limit=9) == []
    assert await watches.claim(watch, now=NOW)
    assert not await watches.claim(watch, now=NOW)
    assert await watches.waiting(before=9, limit=9) == []
    await watches.settle(watch, WatchState.WAITING, now=NOW)
    assert await watches.claim(watch, now=NOW)
    assert await watches.doubt_interrupted(now=NOW) == 1
    assert await watches.waiting(before=9, limit=9) == []
    assert not await watches.claim(watch, now=NOW)


async def test_two_wishes_in_one_gap_are_one_message(store, turns, watches):
    for turn_id in ("a", "b", "c"):
        await turns.record(lost_turn(turn_id, turn_id))
        await watches.wish(turn_id, AIDA, now=NOW)
    await place(store, a=ONE, b=ONE, c=TWO)
    first, *_ = await watches.waiting(before=9, limit=9)
    assert await watches.claim(first, now=NOW)
    assert [one.turn_id for one in await watches.waiting(before=9, limit=9)] == ["c"]
    await watches.settle(first, WatchState.TOLD, now=NOW)
    assert [one.turn_id for one in await watches.waiting(before=9, limit=9)] == ["c"]
    assert await watches.doubt_interrupted(now=NOW) == 0


async def test_P02_P03_P04_gaps_and_wishes_are_exported_forgotten_and_end_with_their_questions(
    database, store, turns, watches
):
    visitors = SqlVisitorStore(database, FakeTombstones())
    await turns.record(lost_turn("a", "A"))
    await turns.record(lost_turn("b", "B", visitor_id=BORIS))
    await place(store, a=ONE, b=ONE)
    await watches.wish("a", AIDA, now=NOW)
    await store.assign(ONE, AIDA)
    tables = await exported(visitors.export(AIDA))
    assert [row["turn_id"] for row in tables["gap_watches"]] == ["a"]
    assert [row["gap_id"] for row in tables["gap_assignees"]] == [ONE]
    assert tables["turns"][0]["lost_by"] == "low_confidence"

    assert await visitors.forget(AIDA, now=NOW) == 3
    await store.tidy()
    [gap] = await store.gaps(states=ALL)
    assert [one.question for one in gap.questions] == ["B"]
    assert gap.assignee is None
    assert await watches.waiting(before=9, limit=9) == []

    await watches.wish("b", BORIS, now=NOW)
    term = Retention(questions_days=30)
    await visitors.sweep(term, now=NOW + timedelta(days=30))
    assert len(await watches.waiting(before=9, limit=9)) == 1
    await visitors.sweep(term, now=NOW + timedelta(days=30, seconds=1))
    assert await watches.waiting(before=9, limit=9) == []
    assert await store.traced("e5", limit=9) == []
    await store.tidy()
    assert await store.gaps(states=ALL) == []


async def test_who_blocked_the_bot_is_known_as_such(database, turns, watches):
    visitors = SqlVisitorStore(database, FakeTombstones())
    await visitors.seen(AIDA, app_locale=Locale.EN, now=NOW)
    await visitors.unreachable(AIDA)
    await turns.record(replace(lost_turn("a", "A"), locale=Locale.KK))
    await watches.wish("a", AIDA, now=NOW)
    [watch] = await watches.waiting(before=9, limit=9)
    assert (watch.is_reachable, watch.locale) == (False, Locale.KK)
