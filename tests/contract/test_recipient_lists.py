"""Announcements that go to exactly the people on a list, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.outbox_store import SqlOutbox
from bot.adapters.database.subscription_store import SqlSubscribers, SqlSubscriptionStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.announcements.model import (
    AnnouncementId,
    Audience,
    Content,
    ListedRecipient,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Stage,
    ToldFact,
)
from bot.ids import ChatId, DocumentPath, Locale, NewsTopic, SectionKey, VisitorId
from bot.visitors.model import Retention, Subscription
from bot.visitors.subscriptions import agreed, declined, without
from tests.support.fakes import FakeTombstones, exported
from tests.support.stored_announcements import approved

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
TOLD, LATER = NOW - timedelta(days=1), NOW + timedelta(hours=1)
AIDA, BORIS, CHEN, DINA = (ChatId(7_000_000_011 + number) for number in range(4))
FIRST, OTHER = AnnouncementId("first"), AnnouncementId("other")
FACT = ToldFact(SectionKey(DocumentPath("venue/pearl.md"), "size"), ("a1", "b2"), people=4, list_of=FIRST)
LISTED = Audience(told=FACT)
TERMS = Retention(questions_days=30, deliveries_days=180)


@pytest.fixture
def subscribers(database):
    return SqlSubscribers(database)


@pytest.fixture
def subscriptions(database):
    return SqlSubscriptionStore(database)


@pytest.fixture
def visitors(database):
    return SqlVisitorStore(database, FakeTombstones())


async def announce(database, subscribers, *people, name=FIRST, stage=Stage.APPROVED, created_at=NOW):
    content = Content(source=Locale.EN, texts={Locale.EN: "It is 170 m."})
    made = replace(approved(name, content, due_at=NOW), audience=LISTED, stage=stage, created_at=created_at)
    await SqlAnnouncementStore(database).create(made, request_key=name)
    await subscribers.keep_list(name, [ListedRecipient(chat_id, Locale.RU, TOLD) for chat_id in people])


async def ids(subscribers, audience=LISTED, *, after=None, limit=9):
    found = await subscribers.page(audience, topic=NewsTopic.SERVICE, snapshot=0, after=after, limit=limit)
    return [one.chat_id for one in found]


async def test_exactly_those_on_the_list_get_it_in_its_language_agreed_or_not(
    database, subscribers, subscriptions, visitors
):
    await announce(database, subscribers, AIDA, BORIS, CHEN)
    await announce(database, subscribers, DINA, name=OTHER)
    await visitors.choose(VisitorId(AIDA), Locale.KK, now=NOW)
    await subscriptions.save(declined(Subscription(chat_id=BORIS, zone="Asia/Almaty"), now=NOW))
    await subscriptions.save(agreed(Subscription(chat_id=ChatId(9)), now=NOW, locale=Locale.EN))

    found = await subscribers.page(LISTED, topic=NewsTopic.SERVICE, snapshot=0, after=None, limit=9)
    assert [(one.chat_id, one.locale, one.zone) for one in found] == [
        (AIDA, Locale.RU, "Asia/Shanghai"),
        (BORIS, Locale.RU, "Asia/Almaty"),
        (CHEN, Locale.RU, "Asia/Shanghai"),
    ]
    assert await ids(subscribers, after=AIDA, limit=1) == [BORIS]
    assert await ids(subscribers, replace(LISTED, without=frozenset({CHEN}))) == [AIDA, BORIS]
    assert await subscribers.count(LISTED, topic=NewsTopic.SERVICE) == {Locale.RU: 3}
    wanted = await subscribers.still_wanted([AIDA, CHEN, DINA], LISTED, topic=NewsTopic.SERVICE)
    assert wanted == {AIDA, CHEN}
    kept = await SqlAnnouncementStore(database).find(FIRST)
    assert kept is not None
    assert kept.audience == LISTED


async def test_who_blocked_the_bot_or_stopped_since_is_left_out(database, subscribers, subscriptions, visitors):
    await announce(database, subscribers, AIDA, BORIS, CHEN, DINA)
    await visitors.seen(VisitorId(AIDA), app_locale=None, now=NOW)
    await visitors.unreachable(VisitorId(AIDA))
    await subscriptions.save(without(Subscription(chat_id=BORIS), None, now=NOW))
    before = TOLD - timedelta(days=1)
    await subscriptions.save(without(Subscription(chat_id=CHEN), None, now=before))
    assert await ids(subscribers) == [CHEN, DINA], "who stopped before asked again, and was told wrong after"
    await subscriptions.save(agreed(await subscriptions.find(BORIS), now=LATER, locale=Locale.RU))
    assert await ids(subscribers) == [BORIS, CHEN, DINA]


async def test_a_name_stands_once_on_a_list(database, subscribers):
    await announce(database, subscribers, AIDA)
    await subscribers.keep_list(FIRST, [ListedRecipient(AIDA, Locale.ZH, NOW)])
    assert await subscribers.count(LISTED, topic=NewsTopic.SERVICE) == {Locale.RU: 1}


async def test_who_is_forgotten_is_on_no_list_and_an_export_has_what_stands_there(database, subscribers, visitors):
    await announce(database, subscribers, AIDA, BORIS)
    rows = (await exported(visitors.export(VisitorId(AIDA))))["announcement_recipients"]
    assert [(row["announcement_id"], row["locale"]) for row in rows] == [(FIRST, "ru")]
    await visitors.forget(VisitorId(AIDA), now=NOW)
    assert await ids(subscribers) == [BORIS]


async def test_a_list_goes_with_the_copies_or_with_the_questions_when_nobody_approves(database, subscribers, visitors):
    await announce(database, subscribers, AIDA, stage=Stage.FINISHED)
    await announce(database, subscribers, BORIS, name=OTHER, stage=Stage.SUBMITTED)
    other = Audience(told=replace(FACT, list_of=OTHER))
    ended = NOW + timedelta(days=5)
    occurrence = Occurrence(
        occurrence_id=OccurrenceId("first.1"),
        announcement_id=FIRST,
        slot="1",
        due_at=NOW,
        valid_until=None,
        state=OccurrenceState.FINISHED,
        created_at=NOW,
        finished_at=ended,
    )
    await SqlOutbox(database).open_occurrence(occurrence)
    await visitors.sweep(TERMS, now=NOW + timedelta(days=29))
    assert (await ids(subscribers), await ids(subscribers, other)) == ([AIDA], [BORIS])
    await visitors.sweep(TERMS, now=NOW + timedelta(days=31))
    assert (await ids(subscribers), await ids(subscribers, other)) == ([AIDA], [])
    await visitors.sweep(TERMS, now=ended + timedelta(days=179))
    assert await ids(subscribers) == [AIDA]
    await visitors.sweep(TERMS, now=ended + timedelta(days=181))
    assert await ids(subscribers) == []
