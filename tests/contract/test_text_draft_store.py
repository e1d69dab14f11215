"""The store of machine drafts keeps what its port promises: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Audience,
    Content,
    Schedule,
    Stage,
    Terms,
    TextDraft,
    TextDraftState,
    Timing,
)
from bot.ids import Locale, NewsTopic, VisitorId

ONE, OTHER = AnnouncementId("abc"), AnnouncementId("other")
KK = TextDraft(
    announcement_id=ONE,
    locale=Locale.KK,
    state=TextDraftState.WRITTEN,
    text="<b>Форум</b> {start}",
    labels={"Карта": "Картасы"},
    made_from="hash",
)


@pytest.fixture
async def store(stores):
    for name in (ONE, OTHER):
        await stores.announcements.create(
            Announcement(
                announcement_id=name,
                label="Forum moved",
                topic=NewsTopic.FORUM,
                content=Content(source=Locale.RU, texts={Locale.RU: "Форум"}),
                audience=Audience(),
                schedule=Schedule(timing=Timing.NOW),
                terms=Terms(),
                stage=Stage.DRAFT,
                author=VisitorId(1),
                created_at=datetime(2026, 11, 28, tzinfo=UTC),
            ),
            request_key=name,
        )
    return stores.text_drafts


async def test_what_is_wished_for_waits_until_it_is_settled(store):
    await store.wish(ONE, [Locale.KK, Locale.ZH])
    assert {(one.announcement_id, one.locale) for one in await store.waiting()} == {(ONE, Locale.KK), (ONE, Locale.ZH)}
    assert await store.settle(KK)
    assert [one.locale for one in await store.waiting()] == [Locale.ZH]
    assert {one.locale: one for one in await store.of([ONE])}[Locale.KK] == KK
    assert await store.of([OTHER]) == []
    assert await store.of([]) == []


async def test_what_nobody_wants_any_more_is_not_stored(store):
    assert not await store.settle(KK)
    await store.wish(ONE, [Locale.KK])
    await store.drop(ONE, Locale.KK)
    assert not await store.settle(KK)
    assert await store.of([ONE]) == []


async def test_a_draft_is_stored_once_and_another_wish_takes_its_place(store):
    await store.wish(ONE, [Locale.KK])
    refused = replace(KK, state=TextDraftState.REFUSED, text="", labels={}, reason="FIGURES")
    assert await store.settle(refused)
    assert not await store.settle(KK)
    assert await store.of([ONE, OTHER]) == [refused]
    await store.wish(ONE, [Locale.KK])
    assert await store.of([ONE]) == [TextDraft(announcement_id=ONE, locale=Locale.KK)]


async def test_of_two_announcements_each_has_its_own(store):
    await store.wish(ONE, [Locale.KK])
    await store.wish(OTHER, [Locale.KK])
    await store.drop(ONE, Locale.KK)
    await store.drop(ONE, Locale.KK)
    assert [one.announcement_id for one in await store.of([ONE, OTHER])] == [OTHER]
