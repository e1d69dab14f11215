"""Conversations with the staff, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.database.relay_store import SqlRelayStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.ids import Locale
from bot.relay.model import RelayedKind, RelayedState, RelayId, RelayState, StaffPhrase
from bot.visitors.model import Retention
from tests.support.fakes import FakeTombstones, exported
from tests.support.relay_rig import AIDA, BORIS, NOW, relay_of, relayed, told

LATER = NOW + timedelta(minutes=5)


async def waiting(store):
    """To either side, in the order in which they came."""
    found = [*await store.waiting(to_staff=True, limit=9), *await store.waiting(to_staff=False, limit=9)]
    return sorted(found, key=lambda message: message.entry)


@pytest.fixture
def store(database):
    return SqlRelayStore(database)


async def test_a_conversation_is_found_by_its_id_and_while_it_is_open_by_its_visitor(store):
    relay = relay_of()
    await store.begin(relay)
    assert await store.open_of(AIDA) == await store.find(relay.relay_id) == relay
    assert await store.open_of(BORIS) is None
    assert await store.end(relay.relay_id, now=LATER)
    assert not await store.end(relay.relay_id, now=LATER), "it is ended once"
    assert not await store.end(RelayId("ffffffff"), now=LATER)
    assert await store.open_of(AIDA) is None
    ended = replace(relay, state=RelayState.ENDED, changed_at=LATER)
    assert await store.find(relay.relay_id) == ended


async def test_messages_are_read_back_as_they_were_in_the_order_in_which_they_came(store):
    one, other = relay_of(), relay_of("0000000b", BORIS)
    for relay in (one, other):
        await store.begin(relay)
    first = replace(relayed(one, RelayedKind.QUESTION, "Q"), turn_id="t1")
    second = relayed(other, RelayedKind.WORDS, "W")
    third = replace(relayed(one, RelayedKind.ANSWER, "A"), reply_to=77, phrase=StaffPhrase.LOOKING, about=5)
    for message in (first, second, third):
        assert await store.add(message)
    assert [told(message) for message in await waiting(store)] == [first, second, third]
    assert [message.text for message in await store.waiting(to_staff=True, limit=9)] == ["Q", "W"]
    assert [message.text for message in await store.waiting(to_staff=True, limit=1)] == ["Q"]
    assert [message.text for message in await store.waiting(to_staff=False, limit=9)] == ["A"]
    assert [message.text for message in await store.messages(one.relay_id)] == ["Q", "A"]
    entry = (await store.messages(one.relay_id))[-1].entry
    found = await store.message(entry)
    assert found is not None
    assert told(found) == third
    assert await store.message(entry + 1) is None


async def test_a_message_is_claimed_once_with_its_translation_and_settled(store):
    await store.begin(relay_of())
    await store.add(relayed(relay_of(), RelayedKind.WORDS, "W"))
    [message] = await waiting(store)
    ready = replace(message, written_in=Locale.RU, translation="T")
    assert await store.claim(ready)
    assert not await store.claim(ready)
    assert await waiting(store) == []
    [interrupted] = await store.interrupted()
    assert (interrupted.written_in, interrupted.translation) == (Locale.RU, "T")
    await store.settle(message.entry, RelayedState.WAITING)
    [again] = await waiting(store)
    assert again.translation == "T"
    await store.settle(message.entry, RelayedState.SENT)
    assert await waiting(store) == await store.interrupted() == []


async def test_what_is_written_counts_as_news_and_the_visitor_s_words_open_what_has_just_ended(store):
    relay = relay_of()
    await store.begin(relay)
    await store.add(relayed(relay, RelayedKind.ANSWER, "A", at=LATER))
    changed = await store.find(relay.relay_id)
    assert (changed.changed_at, changed.said_at) == (LATER, NOW)
    await store.add(relayed(relay, RelayedKind.RECEIPT, at=LATER + timedelta(minutes=1)))
    assert (await store.find(relay.relay_id)).changed_at == LATER, "the bot's own words are none"
    assert await store.silent_since(LATER - timedelta(seconds=1), limit=9) == []
    assert [one.relay_id for one in await store.silent_since(LATER, limit=9)] == [relay.relay_id]
    await store.end(relay.relay_id, now=LATER)
    assert await store.silent_since(LATER, limit=9) == []
    await store.add(relayed(relay, RelayedKind.END_FOR_STAFF, at=LATER))
    assert not (await store.find(relay.relay_id)).is_open
    await store.add(relayed(relay, RelayedKind.WORDS, "W", at=LATER))
    changed = await store.find(relay.relay_id)
    assert (changed.state, changed.said_at) == (RelayState.OPEN, LATER)


async def test_nothing_is_added_to_what_is_no_longer_kept(store):
    assert not await store.add(relayed(relay_of(), RelayedKind.ANSWER, "A"))
    assert await waiting(store) == []


async def test_two_who_write_at_once_are_both_kept(store):
    await store.begin(relay_of())
    kinds = (RelayedKind.WORDS, RelayedKind.ANSWER) * 5
    await asyncio.gather(*(store.add(relayed(relay_of(), kind, "W")) for kind in kinds))
    messages = await store.messages(relay_of().relay_id)
    assert len({one.entry for one in messages}) == len(kinds)


async def test_P02_P03_P04_conversations_are_exported_forgotten_and_end_with_the_term_of_questions(database, store):
    visitors = SqlVisitorStore(database, FakeTombstones())
    for relay in (relay_of(), relay_of("0000000b", BORIS)):
        await store.begin(relay)
        await store.add(relayed(relay, RelayedKind.QUESTION, "Q"))
        await store.add(relayed(relay, RelayedKind.ANSWER, "A"))
    tables = await exported(visitors.export(AIDA))
    assert [row["relay_id"] for row in tables["relays"]] == ["0000000a"]
    assert [(row["kind"], row["text"]) for row in tables["relayed_messages"]] == [("question", "Q"), ("answer", "A")]

    assert await visitors.forget(AIDA, now=NOW) == 3
    assert await store.find(RelayId("0000000a")) is None
    assert [one.visitor_id for one in await waiting(store)] == [BORIS, BORIS]

    term = Retention(questions_days=30)
    await visitors.sweep(term, now=NOW + timedelta(days=30))
    assert len(await waiting(store)) == 2
    await visitors.sweep(term, now=NOW + timedelta(days=30, seconds=1))
    assert await waiting(store) == []
    assert await store.find(RelayId("0000000b")) is None
