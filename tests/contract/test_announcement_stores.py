"""The stores behind announcements keep what their ports promise, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.audit_store import SqlAuditLog
from bot.adapters.database.correction_store import SqlCorrections
from bot.adapters.database.dialogue_store import SqlDialogueStore
from bot.adapters.database.lease_store import SqlLease
from bot.adapters.database.organiser_store import SqlOrganiserStore
from bot.adapters.database.outbox_store import SqlOutbox
from bot.adapters.database.request_store import SqlRequests
from bot.adapters.database.subscription_store import SqlSubscribers, SqlSubscriptionStore
from bot.adapters.database.visitor_store import SqlVisitorStore
from bot.announcements.content import edited_texts
from bot.announcements.model import (
    Announcement,
    AnnouncementId,
    Attachment,
    AttachmentKind,
    Audience,
    AuditEntry,
    ChangeRequest,
    ChangeRequestKind,
    ChangeRequestState,
    Content,
    Correction,
    CorrectionKind,
    CorrectionState,
    Delivery,
    DeliveryState,
    Epoch,
    Invitation,
    LinkButton,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Organiser,
    Role,
    Schedule,
    Stage,
    Terms,
    Timing,
)
from bot.announcements.repeating import plan_repeat
from bot.chat_state.model import Dialogue
from bot.ids import ChatId, Locale, NewsTopic, VisitorId
from bot.visitors.model import Retention, Subscription
from tests.support.fakes import FakeTombstones

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
AUTHOR = VisitorId(7_000_000_001)
AIDA, BORIS, CHEN = ChatId(7_000_000_011), ChatId(7_000_000_012), ChatId(7_000_000_013)
GROUP = ChatId(-1_001_234_567_890)
FIRST = OccurrenceId("abc.2026-11-03T17:30")


def announcement(name="abc", *, stage=Stage.DRAFT, attachment=None, version=1, next_due_at=None, created_at=NOW):
    return Announcement(
        announcement_id=AnnouncementId(name),
        label="Forum moved",
        topic=NewsTopic.FORUM,
        content=Content(
            source=Locale.ZH,
            texts={Locale.ZH: "论坛 <b>{start}</b>", Locale.FA: "اجلاس"},
            made_from={Locale.FA: "hash"},
            moments={"start": LATER},
            attachment=attachment,
            buttons=(LinkButton({Locale.ZH: "地图"}, "https://example.org/"),),
        ),
        audience=Audience(locales=frozenset({Locale.ZH, Locale.FA}), chats=frozenset({GROUP})),
        schedule=Schedule(timing=Timing.ONCE, at=datetime(2026, 11, 3, 17, 30)),  # noqa: DTZ001 - wall time in the schedule's zone
        terms=Terms(valid_for=timedelta(days=1), fallback=Locale.EN),
        stage=stage,
        author=AUTHOR,
        created_at=created_at,
        version=version,
        next_due_at=next_due_at,
        body_hashes={Locale.ZH: "1"},
    )


def occurrence(occurrence_id=FIRST, *, slot="2026-11-03T17:30", state=OccurrenceState.RUNNING, due_at=NOW):
    return Occurrence(
        occurrence_id=occurrence_id,
        announcement_id=AnnouncementId("abc"),
        slot=slot,
        due_at=due_at,
        valid_until=LATER,
        state=state,
        created_at=NOW,
        snapshot=9,
    )


def delivery(chat_id, *, locale=Locale.ZH, not_before=NOW, state=DeliveryState.PLANNED):
    return Delivery(
        occurrence_id=FIRST,
        chat_id=chat_id,
        locale=locale,
        zone="Asia/Shanghai",
        state=state,
        body_hash="1",
        not_before=not_before,
        changed_at=NOW,
    )


def subscription(chat_id, *topics, **told):
    return Subscription(chat_id=chat_id, agreed_at=NOW, topics=frozenset(topics or {NewsTopic.FORUM}), **told)


@pytest.fixture
def store(database):
    return SqlAnnouncementStore(database)


@pytest.fixture
def outbox(database):
    return SqlOutbox(database)


@pytest.fixture
def lease(database):
    return SqlLease(database)


@pytest.fixture
async def running(store, outbox, lease):
    """A running occurrence with three planned copies, and the live epoch."""
    await store.create(announcement(stage=Stage.APPROVED), request_key="r")
    await outbox.open_occurrence(occurrence())
    await outbox.plan([delivery(AIDA), delivery(BORIS), delivery(CHEN)], occurrence_id=FIRST, through=CHEN)
    return await lease.take("one", now=NOW, lasts_s=30)


# announcements


async def test_an_announcement_comes_back_as_it_was_stored(store):
    stored = announcement(attachment=Attachment(AttachmentKind.PHOTO, "map.png", content=b"\x89PNG"))
    await store.create(stored, request_key="7/hash")
    assert await store.find(AnnouncementId("abc")) == stored


async def test_the_same_request_makes_one_announcement(store):
    assert await store.create(announcement("one"), request_key="7/hash") == "one"
    assert await store.create(announcement("two"), request_key="7/hash") == "one"
    assert await store.find(AnnouncementId("two")) is None


async def test_who_saves_an_old_version_is_refused(store):
    await store.create(announcement(), request_key="r")
    assert await store.save(announcement(version=2, stage=Stage.SUBMITTED))
    assert not await store.save(announcement(version=2, stage=Stage.STOPPED))
    assert (await store.find(AnnouncementId("abc"))).stage is Stage.SUBMITTED


async def test_saving_what_was_listed_keeps_the_attachments_bytes(store):
    await store.create(
        announcement(attachment=Attachment(AttachmentKind.PHOTO, "a.png", content=b"x")), request_key="r"
    )
    (listed,) = await store.recent()
    assert listed.content.attachment.content == b""
    await store.save(replace(listed, version=2))
    await store.keep_file_id(AnnouncementId("abc"), "file-7")
    found = (await store.find(AnnouncementId("abc"))).content.attachment
    assert (found.content, found.file_id) == (b"x", "file-7")


async def test_only_approved_ones_are_due_earliest_first(store):
    for name, stage, at in (
        ("late", Stage.APPROVED, LATER),
        ("paused", Stage.PAUSED, NOW),
        ("second", Stage.APPROVED, NOW),
        ("first", Stage.APPROVED, NOW - timedelta(minutes=1)),
    ):
        await store.create(announcement(name, stage=stage, next_due_at=at), request_key=name)
    assert [found.announcement_id for found in await store.due(now=NOW, limit=9)] == ["first", "second"]


async def test_recent_ones_come_newest_first_and_by_stage(store):
    for number, stage in enumerate((Stage.DRAFT, Stage.FINISHED, Stage.DRAFT)):
        made = announcement(str(number), stage=stage, created_at=NOW + timedelta(minutes=number))
        await store.create(made, request_key=str(number))
    assert [found.announcement_id for found in await store.recent()] == ["2", "1", "0"]
    assert [found.announcement_id for found in await store.recent(stages=frozenset({Stage.FINISHED}))] == ["1"]


async def test_news_are_what_the_chat_was_sent(store, outbox, running):
    (first, *_) = await outbox.claim(FIRST, epoch=running, now=NOW, limit=1)
    await outbox.settle([replace(first, state=DeliveryState.SENT, message_id=5)], epoch=running)
    assert [found.announcement_id for found in await store.delivered_to(AIDA, since=NOW, limit=5)] == ["abc"]
    assert await store.delivered_to(BORIS, since=NOW, limit=5) == []
    assert await store.delivered_to(AIDA, since=LATER, limit=5) == []


# subscribers


async def test_a_subscription_comes_back_as_it_was_saved(database):
    store = SqlSubscriptionStore(database)
    saved = subscription(
        AIDA,
        NewsTopic.EXPO,
        NewsTopic.FORUM,
        zone="Asia/Almaty",
        country="KZ",
        quiet_from=time(22),
        quiet_until=time(7, 30),
    )
    await store.save(saved)
    assert await store.find(AIDA) == saved
    changed = replace(saved, topics=frozenset({NewsTopic.EXPO}), quiet_from=None, quiet_until=None)
    await store.save(changed)
    assert await store.find(AIDA) == changed


async def test_the_audience_are_those_who_agreed_and_fit(database):
    store, subscribers, visitors = (
        SqlSubscriptionStore(database),
        SqlSubscribers(database),
        SqlVisitorStore(database, FakeTombstones()),
    )
    await visitors.choose(VisitorId(AIDA), Locale.KK, now=NOW)
    await visitors.seen(VisitorId(BORIS), app_locale=Locale.RU, now=NOW)
    await store.save(subscription(AIDA, zone="Asia/Almaty", country="KZ"))
    await store.save(subscription(BORIS))
    await store.save(subscription(CHEN, NewsTopic.EXPO))
    await store.save(subscription(GROUP, locale=Locale.ZH))
    await store.save(Subscription(chat_id=ChatId(5), topics=frozenset({NewsTopic.FORUM})))

    async def ids(audience):
        page = await subscribers.page(audience, topic=NewsTopic.FORUM, snapshot=10**9, after=None, limit=9)
        return [(recipient.chat_id, recipient.locale) for recipient in page]

    assert await ids(Audience()) == [(GROUP, Locale.ZH), (AIDA, Locale.KK), (BORIS, Locale.RU)]
    assert await ids(Audience(locales=frozenset({Locale.RU}))) == [(BORIS, Locale.RU)]
    assert await ids(Audience(countries=frozenset({"KZ"}), chats=frozenset({GROUP}))) == [
        (GROUP, Locale.ZH),
        (AIDA, Locale.KK),
    ]
    assert await ids(Audience(without=frozenset({GROUP, BORIS}))) == [(AIDA, Locale.KK)]
    assert await ids(Audience(topics=frozenset({NewsTopic.LOGISTICS}))) == []
    await SqlOrganiserStore(database).grant(
        Organiser(visitor_id=VisitorId(BORIS), role=Role.AUTHOR, granted_by=None, granted_at=NOW)
    )
    assert await ids(Audience(roles=frozenset({Role.AUTHOR}))) == [(BORIS, Locale.RU)]
    assert await subscribers.count(Audience(), topic=NewsTopic.FORUM) == {Locale.ZH: 1, Locale.KK: 1, Locale.RU: 1}


async def test_pages_follow_each_other_within_the_snapshot(database):
    store, subscribers = SqlSubscriptionStore(database), SqlSubscribers(database)
    for number in range(1, 6):
        await store.save(subscription(ChatId(number)))
    bound = await subscribers.snapshot()
    await store.save(subscription(ChatId(6)))
    await store.save(replace(subscription(ChatId(2)), zone="Asia/Almaty"))
    seen, after = [], None
    while page := await subscribers.page(Audience(), topic=NewsTopic.FORUM, snapshot=bound, after=after, limit=2):
        seen += [recipient.chat_id for recipient in page]
        after = page[-1].chat_id
    assert seen == [1, 2, 3, 4, 5]


async def test_who_agrees_again_comes_behind_the_snapshot(database):
    store, subscribers = SqlSubscriptionStore(database), SqlSubscribers(database)
    await store.save(subscription(AIDA))
    bound = await subscribers.snapshot()
    await store.end(AIDA)
    await store.save(subscription(BORIS))
    await store.save(subscription(AIDA))
    assert await subscribers.page(Audience(), topic=NewsTopic.FORUM, snapshot=bound, after=None, limit=9) == []


async def test_who_left_is_no_longer_wanted_and_is_asked_anew(database):
    store, subscribers, visitors = (
        SqlSubscriptionStore(database),
        SqlSubscribers(database),
        SqlVisitorStore(database, FakeTombstones()),
    )
    for chat_id in (AIDA, BORIS, CHEN):
        await visitors.seen(VisitorId(chat_id), app_locale=None, now=NOW)
        await store.save(replace(subscription(chat_id), asked_at=NOW, zone="Asia/Almaty"))
    await subscribers.mark_gone(AIDA)
    await visitors.unreachable(VisitorId(BORIS))
    assert await subscribers.still_wanted([AIDA, BORIS, CHEN], Audience(), topic=NewsTopic.FORUM) == {CHEN}
    assert await subscribers.still_wanted([CHEN], Audience(), topic=NewsTopic.EXPO) == frozenset()
    left = await store.find(AIDA)
    assert (left.agreed_at, left.asked_at, left.topics, left.zone) == (None, None, frozenset(), "Asia/Almaty")
    assert not (await visitors.find(VisitorId(AIDA))).is_reachable


async def test_a_group_that_moved_takes_its_subscription_along_once(database):
    store, subscribers = SqlSubscriptionStore(database), SqlSubscribers(database)
    new, other = ChatId(-100_5), ChatId(-100_6)
    await store.save(subscription(GROUP, NewsTopic.EXPO))
    await subscribers.migrate(GROUP, new)
    assert (await store.find(GROUP), (await store.find(new)).topics) == (None, {NewsTopic.EXPO})
    await store.save(subscription(other, NewsTopic.FORUM))
    await subscribers.migrate(new, other)
    assert (await store.find(new), (await store.find(other)).topics) == (None, {NewsTopic.FORUM})


# the outbox


async def test_a_slot_fires_once(store, outbox):
    await store.create(announcement(), request_key="r")
    assert await outbox.open_occurrence(occurrence())
    assert not await outbox.open_occurrence(occurrence())
    assert not await outbox.open_occurrence(occurrence(OccurrenceId("abc.other")))
    assert await outbox.find(FIRST) == occurrence()


async def test_planning_twice_adds_nobody_twice(outbox, running):
    again = [delivery(CHEN), delivery(ChatId(99))]
    assert await outbox.plan(again, occurrence_id=FIRST, through=ChatId(99)) == 1
    found = await outbox.find(FIRST)
    assert (found.audience, found.planned_through) == (4, 99)


async def test_what_is_claimed_is_sending_and_claimed_once(outbox, running):
    first = await outbox.claim(FIRST, epoch=running, now=NOW, limit=2)
    assert [(row.chat_id, row.state, row.attempt, row.epoch) for row in first] == [
        (AIDA, DeliveryState.SENDING, 1, running),
        (BORIS, DeliveryState.SENDING, 1, running),
    ]
    assert [row.chat_id for row in await outbox.claim(FIRST, epoch=running, now=NOW, limit=9)] == [CHEN]
    assert await outbox.claim(FIRST, epoch=running, now=NOW, limit=9) == []


async def test_nothing_is_claimed_under_a_dead_epoch_or_while_paused(outbox, lease, running):
    await lease.release(running)
    newer = await lease.take("two", now=NOW, lasts_s=30)
    assert await outbox.claim(FIRST, epoch=running, now=NOW, limit=9) == []
    await outbox.set_state(FIRST, OccurrenceState.PAUSED, now=NOW, reason="asked")
    assert await outbox.claim(FIRST, epoch=newer, now=NOW, limit=9) == []
    await outbox.set_state(FIRST, OccurrenceState.RUNNING, now=NOW)
    assert len(await outbox.claim(FIRST, epoch=newer, now=NOW, limit=9)) == 3


async def test_a_copy_waits_for_its_moment(outbox, running):
    await outbox.plan([delivery(ChatId(3), not_before=LATER)], occurrence_id=FIRST, through=CHEN)
    assert len(await outbox.claim(FIRST, epoch=running, now=NOW, limit=9)) == 3
    assert await outbox.next_moment(after=NOW) == LATER
    assert [row.chat_id for row in await outbox.claim(FIRST, epoch=running, now=LATER, limit=9)] == [3]
    assert await outbox.next_moment(after=NOW) is None


async def test_a_result_is_stored_once_and_only_by_its_sender(outbox, lease, running):
    aida, boris, _ = await outbox.claim(FIRST, epoch=running, now=NOW, limit=9)
    sent = replace(aida, state=DeliveryState.SENT, message_id=41)
    assert await outbox.settle([sent], epoch=running) == 1
    assert await outbox.settle([replace(sent, state=DeliveryState.FAILED)], epoch=running) == 0
    assert await outbox.settle([replace(boris, state=DeliveryState.SENT, message_id=4, attempt=7)], epoch=running) == 0
    await lease.release(running)
    await lease.take("two", now=NOW, lasts_s=30)
    assert await outbox.settle([replace(boris, state=DeliveryState.SENT, message_id=42)], epoch=running) == 0
    standing = await outbox.standing(FIRST)
    assert standing.counts == {DeliveryState.SENT: 1, DeliveryState.SENDING: 2}
    assert standing.adds_up


async def test_the_copies_of_a_dead_sender_are_found_and_resolved(outbox, lease, running):
    await outbox.claim(FIRST, epoch=running, now=NOW, limit=2)
    assert await outbox.orphans(live=running, limit=9) == []
    newer = await lease.take("two", now=LATER, lasts_s=30)
    orphans = await outbox.orphans(live=newer, limit=9)
    assert [row.chat_id for row in orphans] == [AIDA, BORIS]
    resolved = [replace(row, state=DeliveryState.UNKNOWN, reason="sender_died") for row in orphans]
    assert await outbox.resolve(resolved) == 2
    assert await outbox.resolve(resolved) == 0
    assert await outbox.orphans(live=newer, limit=9) == []


async def test_what_remains_is_ended_and_everything_adds_up(outbox, running):
    await outbox.claim(FIRST, epoch=running, now=NOW, limit=1)
    assert await outbox.end_remaining(FIRST, DeliveryState.CANCELLED, now=NOW, reason="stopped") == 2
    await outbox.set_state(FIRST, OccurrenceState.STOPPED, now=LATER, reason="asked")
    await outbox.set_state(FIRST, OccurrenceState.RUNNING, now=LATER)
    found = await outbox.find(FIRST)
    assert (found.state, found.finished_at) == (OccurrenceState.STOPPED, LATER)
    assert (await outbox.standing(FIRST)).adds_up


async def test_a_moved_group_keeps_one_row(outbox, running):
    assert await outbox.rename(FIRST, AIDA, ChatId(77))
    assert not await outbox.rename(FIRST, BORIS, CHEN)
    rows = {row.chat_id: row.state async for row in outbox.rows(FIRST)}
    assert rows == {77: DeliveryState.PLANNED, BORIS: DeliveryState.SKIPPED, CHEN: DeliveryState.PLANNED}


async def test_rows_are_read_page_by_page_and_by_state(outbox, running):
    many = [delivery(ChatId(number)) for number in range(1, 1201)]
    await outbox.plan(many, occurrence_id=FIRST, through=CHEN)
    assert len([row async for row in outbox.rows(FIRST)]) == 1203
    assert [row async for row in outbox.rows(FIRST, states=frozenset({DeliveryState.SENT}))] == []


async def test_running_occurrences_come_earliest_first(store, outbox):
    await store.create(announcement(), request_key="r")
    for minutes, name, state in (
        (5, "b", OccurrenceState.RUNNING),
        (1, "a", OccurrenceState.RUNNING),
        (0, "c", OccurrenceState.MISSED),
    ):
        await outbox.open_occurrence(
            occurrence(OccurrenceId(f"abc.{name}"), slot=name, state=state, due_at=NOW + timedelta(minutes=minutes))
        )
    found = await outbox.occurrences(states=frozenset({OccurrenceState.RUNNING}))
    assert [each.slot for each in found] == ["a", "b"]
    assert len(await outbox.occurrences(of=AnnouncementId("abc"))) == 3
    assert await outbox.occurrences(of=AnnouncementId("xyz")) == []


async def test_a_correction_covers_what_was_sent(database, outbox, running):
    rows = await outbox.claim(FIRST, epoch=running, now=NOW, limit=9)
    sent = [replace(row, state=DeliveryState.SENT, message_id=40 + number) for number, row in enumerate(rows[:2])]
    await outbox.settle(sent, epoch=running)
    store = SqlCorrections(database)
    correction = Correction(
        correction_id="c1",
        occurrence_id=FIRST,
        kind=CorrectionKind.EDIT,
        texts={Locale.ZH: "新"},
        asked_by=AUTHOR,
        asked_at=NOW,
    )
    await store.open(correction)
    found = await store.next(limit=9)
    assert [(each.correction_id, copy.chat_id, copy.message_id) for each, copy in found] == [
        ("c1", AIDA, 40),
        ("c1", BORIS, 41),
    ]
    await store.settle("c1", AIDA, CorrectionState.DONE)
    assert len(await store.next(limit=9)) == 1
    assert await store.find("c1") == replace(correction, counts={CorrectionState.DONE: 1, CorrectionState.PLANNED: 1})


async def test_the_newest_edit_of_each_language_is_what_was_delivered_in_the_end(database, outbox, running):
    store = SqlCorrections(database)
    assert await store.edits(FIRST) == []
    edits = ({Locale.ZH: "二号馆", Locale.FA: "تالار ۲"}, {Locale.ZH: "三号馆"}, {})
    for number, texts in enumerate(edits):
        correction = Correction(
            correction_id=f"c{9 - number}",
            occurrence_id=FIRST,
            kind=CorrectionKind.EDIT if texts else CorrectionKind.DELETE,
            texts=texts,
            asked_by=AUTHOR,
            asked_at=NOW + timedelta(minutes=number),
        )
        await store.open(correction)
    found = await store.edits(FIRST)
    assert [edit.correction_id for edit in found] == ["c9", "c8"]
    assert edited_texts(found) == {Locale.ZH: "三号馆", Locale.FA: "تالار ۲"}
    assert await store.edits(OccurrenceId("abc.another")) == []


async def test_D47_a_repetition_holds_those_in_doubt_and_nobody_who_joins_later(database, outbox, running):
    rows = await outbox.claim(FIRST, epoch=running, now=NOW, limit=9)
    states = [DeliveryState.UNKNOWN, DeliveryState.UNKNOWN, *[DeliveryState.SENT] * len(rows)]
    settled = [
        replace(row, state=state, message_id=7, may_repeat=number == 1)
        for number, (row, state) in enumerate(zip(rows, states, strict=False))
    ]
    await outbox.settle(settled, epoch=running)
    first = await outbox.find(FIRST)
    for _ in range(2):
        async with database.transaction():
            await plan_repeat(outbox, first, now=LATER)
    repeat = await outbox.find(first.repeat_id)
    assert (repeat.state, repeat.audience, repeat.is_repeat) == (OccurrenceState.RUNNING, 1, True)
    [row] = [row async for row in outbox.rows(repeat.occurrence_id)]
    assert (row.chat_id, row.state, row.may_repeat) == (rows[0].chat_id, DeliveryState.PLANNED, True)
    assert (row.attempt, row.message_id, row.body_hash) == (0, None, rows[0].body_hash)
    assert row.not_before == row.due_at == LATER
    page = await SqlSubscribers(database).page(
        Audience(), topic=NewsTopic.FORUM, snapshot=repeat.snapshot, after=None, limit=9
    )
    assert page == []


async def test_A12_a_request_is_decided_once(database, outbox, running):
    store = SqlRequests(database)
    made = ChangeRequest(
        request_id="r1",
        occurrence_id=FIRST,
        kind=ChangeRequestKind.CORRECT,
        texts={Locale.ZH: "三号馆"},
        replaces={Locale.ZH: "二号馆"},
        copies=2,
        asked_by=AUTHOR,
        asked_at=NOW,
    )
    await store.open(made)
    assert await store.find("r1") == made
    assert await store.waiting(AnnouncementId("abc")) == [made]
    assert await store.waiting(AnnouncementId("xyz")) == []
    agreed = replace(made, state=ChangeRequestState.AGREED, decided_by=VisitorId(BORIS), decided_at=NOW)
    assert await store.decide(agreed)
    assert not await store.decide(replace(agreed, state=ChangeRequestState.REFUSED))
    assert await store.find("r1") == agreed
    assert await store.waiting(AnnouncementId("abc")) == []
    assert await store.find("r2") is None


# the lease, organisers, dialogues, audit


async def test_a_lease_has_one_holder_and_growing_epochs(lease):
    first = await lease.take("one", now=NOW, lasts_s=10)
    assert await lease.take("two", now=NOW + timedelta(seconds=9), lasts_s=10) is None
    assert await lease.renew(first, now=NOW + timedelta(seconds=9), lasts_s=10)
    second = await lease.take("two", now=NOW + timedelta(seconds=20), lasts_s=10)
    assert second == first + 1
    assert not await lease.renew(first, now=NOW + timedelta(seconds=21), lasts_s=10)
    await lease.release(second)
    assert await lease.take("one", now=NOW + timedelta(seconds=21), lasts_s=10) == Epoch(second + 1)


async def test_two_who_reach_for_the_lease_at_once_get_one(lease):
    taken = await asyncio.gather(*(lease.take(str(number), now=NOW, lasts_s=10) for number in range(8)))
    assert [epoch for epoch in taken if epoch is not None] == [1]


async def test_a_role_is_granted_once_and_revoked(database):
    store = SqlOrganiserStore(database)
    grant = Organiser(visitor_id=AUTHOR, role=Role.AUTHOR, granted_by=None, granted_at=NOW)
    await store.grant(grant)
    await store.grant(replace(grant, granted_at=LATER))
    assert (await store.all(), await store.roles(AUTHOR)) == ([grant], {Role.AUTHOR})
    assert await store.revoke(AUTHOR, Role.AUTHOR)
    assert not await store.revoke(AUTHOR, Role.AUTHOR)


async def test_an_invitation_works_once_and_not_for_long(database):
    store = SqlOrganiserStore(database)
    invitation = Invitation(token_hash="h", role=Role.APPROVER, created_by=AUTHOR, expires_at=LATER)
    await store.invite(invitation)
    await store.invite(replace(invitation, token_hash="old", expires_at=NOW))
    until = NOW + timedelta(days=2)
    assert await store.decide("h", now=NOW) is None
    assert await store.redeem("old", VisitorId(AIDA), now=NOW, until=until) is None
    opened = replace(invitation, used_by=VisitorId(AIDA), expires_at=until)
    assert await store.redeem("h", VisitorId(AIDA), now=NOW, until=until) == opened
    assert await store.redeem("h", VisitorId(BORIS), now=NOW, until=until) is None
    assert await store.invitation("h") == opened
    assert await store.invitation("none") is None
    assert await store.decide("h", now=until) is None
    assert await store.decide("h", now=NOW) == replace(opened, decided_at=NOW)
    assert await store.decide("h", now=NOW) is None


async def test_a_person_has_one_open_dialogue(database):
    store = SqlDialogueStore(database)
    await store.save(Dialogue(AUTHOR, "announce", '{"step": 1}', NOW))
    await store.save(Dialogue(AUTHOR, "announce", '{"step": 2}', LATER))
    assert await store.find(AUTHOR) == Dialogue(AUTHOR, "announce", '{"step": 2}', LATER)
    await store.clear(AUTHOR)
    assert await store.find(AUTHOR) is None


async def test_the_audit_log_gives_the_newest_first(database):
    log = SqlAuditLog(database)
    for number in range(3):
        entry = AuditEntry(
            at=NOW, actor=AUTHOR, action="announcement_saved", subject=f"a{number % 2}", detail=str(number)
        )
        await log.note(entry)
    assert [entry.detail for entry in await log.entries()] == ["2", "1", "0"]
    assert [entry.detail for entry in await log.entries(subject="a0")] == ["2", "0"]


async def test_P08_what_strangers_try_is_one_count_a_day_and_an_action(database):
    log = SqlAuditLog(database)
    for day, action in ((3, "announce"), (3, "announce"), (3, "organisers"), (4, "announce"), (3, "announce")):
        await log.count(f"{action}_denied", day=NOW.date().replace(day=day))
    assert [(one.at.day, one.actor, one.action, one.subject, one.detail) for one in await log.entries()] == [
        (4, None, "announce_denied", "2026-11-04", "1"),
        (3, None, "organisers_denied", "2026-11-03", "1"),
        (3, None, "announce_denied", "2026-11-03", "3"),
    ]


async def test_P08_whoever_is_forgotten_is_in_no_audience_no_denial_and_no_invitation(database):
    store, log, organisers = SqlAnnouncementStore(database), SqlAuditLog(database), SqlOrganiserStore(database)
    people = frozenset({ChatId(AIDA), ChatId(BORIS)})
    audience = Audience(chats=people | {ChatId(-1001)}, without=people)
    await store.create(replace(announcement("first"), audience=audience), request_key="a")
    await store.create(announcement("second"), request_key="b")
    for action in ("announce_denied", "announcement_saved"):
        await log.note(AuditEntry(at=NOW, actor=VisitorId(AIDA), action=action, subject=""))
    await organisers.invite(
        Invitation(token_hash="h", role=Role.AUTHOR, created_by=VisitorId(AIDA), expires_at=NOW + timedelta(days=2))
    )
    version = (await store.find(AnnouncementId("first"))).version
    await SqlVisitorStore(database, FakeTombstones()).forget(VisitorId(AIDA), now=NOW)
    found = await store.find(AnnouncementId("first"))
    assert found.audience == Audience(
        chats=frozenset({ChatId(BORIS), ChatId(-1001)}), without=frozenset({ChatId(BORIS)})
    )
    assert found.version == version
    assert [one.action for one in await log.entries()] == ["announcement_saved"], "what organisers did stays on record"
    assert await organisers.redeem("h", VisitorId(BORIS), now=NOW, until=NOW) is None


TERMS = Retention()


async def test_P04_copies_are_nobody_s_once_their_term_is_over_and_the_sums_are_kept(database, store, outbox, running):
    claimed = await outbox.claim(FIRST, epoch=running, now=NOW, limit=1)
    await outbox.settle([replace(claimed[0], state=DeliveryState.SENT, message_id=4)], epoch=running)
    await outbox.set_state(FIRST, OccurrenceState.FINISHED, now=NOW)
    before, visitors = (await outbox.standing(FIRST)).counts, SqlVisitorStore(database, FakeTombstones())
    term = timedelta(days=TERMS.deliveries_days)
    assert await visitors.sweep(TERMS, now=NOW + term) == 0
    assert {row.chat_id async for row in outbox.rows(FIRST)} == {AIDA, BORIS, CHEN}
    assert await visitors.sweep(TERMS, now=NOW + term + timedelta(seconds=1)) == 3
    assert (await outbox.standing(FIRST)).counts == before
    assert max([row.chat_id async for row in outbox.rows(FIRST)]) < -(2**60)
    assert await visitors.sweep(TERMS, now=NOW + term + timedelta(seconds=1)) == 0


async def test_P04_copies_of_what_still_goes_out_keep_their_readers(database, outbox, running):
    later = NOW + timedelta(days=TERMS.deliveries_days + 1)
    assert await SqlVisitorStore(database, FakeTombstones()).sweep(TERMS, now=later) == 0
    assert {row.chat_id async for row in outbox.rows(FIRST)} == {AIDA, BORIS, CHEN}


async def test_P04_audiences_of_what_is_over_name_nobody_after_the_term(database, store):
    for stage in (Stage.APPROVED, Stage.FINISHED):
        await store.create(announcement(stage.value, stage=stage), request_key=stage.value)
    later = NOW + timedelta(days=TERMS.deliveries_days, seconds=1)
    assert await SqlVisitorStore(database, FakeTombstones()).sweep(TERMS, now=later) == 1
    assert (await store.find(AnnouncementId("approved"))).audience.chats == {GROUP}
    assert (await store.find(AnnouncementId("finished"))).audience.chats == frozenset()


async def test_P04_visitors_who_stay_away_go_unless_they_subscribed_or_organise(database):
    visitors, subscribed = SqlVisitorStore(database, FakeTombstones()), SqlSubscriptionStore(database)
    declined, newcomer = ChatId(AIDA + 1000), ChatId(AIDA + 2000)
    for person in (AIDA, BORIS, CHEN, declined):
        await visitors.seen(VisitorId(person), app_locale=None, now=NOW)
    await subscribed.save(subscription(BORIS))
    await subscribed.save(Subscription(chat_id=declined, asked_at=NOW))
    role = Organiser(visitor_id=VisitorId(CHEN), role=Role.AUTHOR, granted_by=None, granted_at=NOW)
    await SqlOrganiserStore(database).grant(role)
    term = timedelta(days=TERMS.visitors_days)
    await visitors.seen(VisitorId(newcomer), app_locale=None, now=NOW + term)
    assert await visitors.sweep(TERMS, now=NOW + term) == 0
    assert await visitors.sweep(TERMS, now=NOW + term + timedelta(seconds=1)) == 3
    stayed = [person for person in (AIDA, BORIS, CHEN, declined, newcomer) if await visitors.find(VisitorId(person))]
    assert stayed == [BORIS, CHEN, newcomer]
    assert await subscribed.find(declined) is None
    assert (await subscribed.find(BORIS)).agreed_at == NOW


async def test_P04_what_organisers_did_was_asked_and_was_invited_to_ends_as_well(database):
    log, dialogues = SqlAuditLog(database), SqlDialogueStore(database)
    await log.note(AuditEntry(at=NOW, actor=AUTHOR, action="announcement_saved", subject="abc"))
    await dialogues.save(Dialogue(AUTHOR, "draft", "{}", NOW))
    await SqlOrganiserStore(database).invite(
        Invitation(token_hash="h", role=Role.AUTHOR, created_by=AUTHOR, expires_at=NOW)
    )
    visitors, second = SqlVisitorStore(database, FakeTombstones()), timedelta(seconds=1)
    assert await visitors.sweep(TERMS, now=NOW + timedelta(days=TERMS.questions_days)) == 0
    assert await visitors.sweep(TERMS, now=NOW + timedelta(days=TERMS.questions_days) + second) == 2
    assert await dialogues.find(AUTHOR) is None
    assert await visitors.sweep(TERMS, now=NOW + timedelta(days=TERMS.audit_days)) == 0
    assert await visitors.sweep(TERMS, now=NOW + timedelta(days=TERMS.audit_days) + second) == 1
    assert await log.entries() == []


async def test_forgetting_a_visitor_keeps_the_sums_and_sends_them_nothing(database, outbox, running):
    claimed = await outbox.claim(FIRST, epoch=running, now=NOW, limit=1)
    await outbox.settle([replace(claimed[0], state=DeliveryState.SENT, message_id=4)], epoch=running)
    for visitor in (AIDA, BORIS):
        await SqlVisitorStore(database, FakeTombstones()).forget(VisitorId(visitor), now=NOW)
    standing = await outbox.standing(FIRST)
    assert standing.counts == {DeliveryState.SENT: 1, DeliveryState.SKIPPED: 1, DeliveryState.PLANNED: 1}
    assert standing.adds_up
    assert {row.chat_id async for row in outbox.rows(FIRST)} & {AIDA, BORIS} == set()
