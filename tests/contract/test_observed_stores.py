"""What the outbox and the lease tell whoever looks on, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.adapters.database.announcement_store import SqlAnnouncementStore
from bot.adapters.database.connection import Database
from bot.adapters.database.inbox_reading import longest_wait_s
from bot.adapters.database.inbox_store import SqlInbox
from bot.adapters.database.outbox_reading import OutboxReading, read_outbox
from bot.adapters.database.tables import deliveries
from bot.announcements.model import (
    AnnouncementId,
    Content,
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceId,
    OccurrenceState,
    Receipt,
    SendOutcome,
)
from bot.announcements.policy import after_call
from bot.app.observed import ObservedLease, ObservedOutbox
from bot.chat_state.model import StoredUpdate
from bot.ids import ChatId, Locale
from bot.observing import Condition, Happening, Work
from tests.support.fake_observer import FakeObserver
from tests.support.stored_announcements import approved

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
FIRST, OVER = OccurrenceId("first"), OccurrenceId("over")
CHATS = [ChatId(7_000_000_001 + number) for number in range(5)]


async def planned(database: Database, observer: FakeObserver) -> ObservedOutbox:
    """Five copies that are due now, of one that runs; and some of one that is over."""
    outbox = ObservedOutbox(database, observer)
    content = Content(source=Locale.EN, texts={Locale.EN: "The forum moved."})
    await SqlAnnouncementStore(database).create(approved("forum", content, due_at=NOW), request_key="forum")
    for number, name in enumerate((FIRST, OVER)):
        firing = Occurrence(
            occurrence_id=name,
            announcement_id=AnnouncementId("forum"),
            slot=f"2026-11-0{number + 3}T09:30",
            due_at=NOW,
            valid_until=None,
            state=OccurrenceState.RUNNING,
            created_at=NOW,
        )
        await outbox.open_occurrence(firing)
        await outbox.plan([_copy(name, chat) for chat in CHATS], occurrence_id=name, through=CHATS[-1])
    await outbox.set_state(OVER, OccurrenceState.STOPPED, now=NOW)
    return outbox


def _copy(occurrence_id: OccurrenceId, chat: ChatId) -> Delivery:
    return Delivery(
        occurrence_id=occurrence_id,
        chat_id=chat,
        locale=Locale.EN,
        zone="UTC",
        state=DeliveryState.PLANNED,
        body_hash="1",
        not_before=NOW,
        due_at=NOW,
        changed_at=NOW,
    )


async def test_an_empty_outbox_has_nothing_open_and_nothing_late(database: Database):
    assert await read_outbox(database, now=NOW) == OutboxReading({}, 0.0)


async def test_the_oldest_update_that_waits_is_told_and_none_that_is_done(database: Database):
    inbox = SqlInbox(database)
    assert await longest_wait_s(database, now=NOW) == 0.0
    ages_s = (10, 300, 40)
    await inbox.store(
        [StoredUpdate(number, number, "{}", NOW - timedelta(seconds=age_s), 0) for number, age_s in enumerate(ages_s)]
    )
    assert await longest_wait_s(database, now=NOW) == 300.0
    await inbox.done(1, now=NOW)
    assert await longest_wait_s(database, now=NOW) == 40.0
    assert await longest_wait_s(database, now=NOW - timedelta(hours=1)) == 0.0, "a clock that went back"
    await inbox.done(0, 2, now=NOW)
    assert await longest_wait_s(database, now=NOW) == 0.0


async def test_batches_are_told_with_their_copies_and_what_was_sent_with_its_lateness(database: Database):
    observer = FakeObserver()
    outbox, lease = await planned(database, observer), ObservedLease(database, observer)
    epoch = await lease.take("me", now=NOW, lasts_s=30)
    assert epoch is not None
    assert [facts["copies"] for facts in observer.of(Work.PLANNING)] == [5, 5]
    assert await read_outbox(database, now=NOW + timedelta(seconds=90)) == OutboxReading({DeliveryState.PLANNED: 5}, 90)

    claimed = await outbox.claim(FIRST, epoch=epoch, now=NOW, limit=3)
    assert [facts["copies"] for facts in observer.of(Work.BATCH)] == [3]
    late = NOW + timedelta(seconds=42)
    sent = replace(claimed[0], state=DeliveryState.SENT, message_id=1, changed_at=late)
    refused = replace(claimed[1], state=DeliveryState.FAILED, changed_at=late)
    assert await outbox.settle([sent, refused], epoch=epoch) == 2
    arrived = [(what, value) for what, value, _facts in observer.happenings]
    assert arrived == [(Happening.COPY_ARRIVED, 42.0)]
    found = await read_outbox(database, now=NOW)
    assert found.counts == {
        DeliveryState.PLANNED: 2, DeliveryState.SENDING: 1, DeliveryState.SENT: 1, DeliveryState.FAILED: 1,
    }  # fmt: skip
    assert found.overdue_s == 0.0


async def test_lateness_counts_from_when_a_copy_was_due_first(database: Database):
    observer = FakeObserver()
    outbox, lease = await planned(database, observer), ObservedLease(database, observer)
    epoch = await lease.take("me", now=NOW, lasts_s=7200)
    assert epoch is not None
    tried = await outbox.claim(FIRST, epoch=epoch, now=NOW, limit=5)
    hour = NOW + timedelta(hours=1)
    not_sent = Receipt(outcome=SendOutcome.NOT_SENT)
    later = [after_call(row, not_sent, now=hour - timedelta(seconds=1)) for row in tried]
    assert all(row.not_before > hour - timedelta(seconds=1) for row in later)
    assert await outbox.settle(later, epoch=epoch) == 5
    assert (await read_outbox(database, now=hour)).overdue_s == 3600.0

    [again, *_] = await outbox.claim(FIRST, epoch=epoch, now=hour + timedelta(minutes=1), limit=5)
    sent = after_call(again, Receipt(outcome=SendOutcome.SENT, message_id=1), now=hour)
    assert await outbox.settle([sent], epoch=epoch) == 1
    assert observer.happenings == [(Happening.COPY_ARRIVED, 3600.0, {})]


async def test_of_a_copy_that_an_earlier_version_planned_the_next_try_is_all_that_is_known(database: Database):
    observer = FakeObserver()
    outbox, lease = await planned(database, observer), ObservedLease(database, observer)
    async with database.writing() as connection:
        await connection.execute(deliveries.update().values(due_at=None))
    assert (await read_outbox(database, now=NOW + timedelta(seconds=90))).overdue_s == 90.0
    epoch = await lease.take("me", now=NOW, lasts_s=30)
    assert epoch is not None
    [row] = await outbox.claim(FIRST, epoch=epoch, now=NOW, limit=1)
    sent = replace(row, state=DeliveryState.SENT, message_id=1, changed_at=NOW + timedelta(seconds=7))
    await outbox.settle([sent], epoch=epoch)
    assert observer.happenings == [(Happening.COPY_ARRIVED, 7.0, {})]


async def test_what_could_not_be_settled_is_not_told_as_sent(database: Database):
    observer = FakeObserver()
    outbox, lease = await planned(database, observer), ObservedLease(database, observer)
    epoch = await lease.take("me", now=NOW, lasts_s=30)
    claimed = await outbox.claim(FIRST, epoch=epoch, now=NOW, limit=1)
    await lease.take("another", now=NOW + timedelta(minutes=1), lasts_s=30)
    sent = replace(claimed[0], state=DeliveryState.SENT, message_id=1)
    assert await outbox.settle([sent], epoch=epoch) == 0
    assert observer.happenings == []


async def test_copies_that_stay_in_doubt_are_told_once_though_their_occurrence_is_over(database: Database):
    observer = FakeObserver()
    outbox, lease = await planned(database, observer), ObservedLease(database, observer)
    epoch = await lease.take("me", now=NOW, lasts_s=30)
    assert epoch is not None
    claimed = await outbox.claim(FIRST, epoch=epoch, now=NOW, limit=4)
    await outbox.set_state(FIRST, OccurrenceState.STOPPED, now=NOW)
    unknown = [replace(row, state=DeliveryState.UNKNOWN) for row in claimed[:3]]
    again = replace(claimed[3], state=DeliveryState.PLANNED, may_repeat=True)
    assert await outbox.resolve([*unknown, again]) == 4
    assert await outbox.resolve([*unknown, again]) == 0
    assert observer.happenings == [(Happening.COPIES_IN_DOUBT, 3, {})]


async def test_the_lease_is_told_when_it_is_taken_renewed_lost_and_given_back(database: Database):
    observer = FakeObserver()
    lease = ObservedLease(database, observer)
    first = await lease.take("me", now=NOW, lasts_s=30)
    assert observer.conditions[Condition.LEASE_HELD] == 1
    assert observer.conditions[Condition.LEASE_EXPIRES] == (NOW + timedelta(seconds=30)).timestamp()
    assert await lease.take("another", now=NOW, lasts_s=30) is None
    assert await lease.renew(first, now=NOW + timedelta(seconds=10), lasts_s=30)
    assert observer.conditions[Condition.LEASE_EXPIRES] == (NOW + timedelta(seconds=40)).timestamp()

    other = ObservedLease(database, FakeObserver())
    assert await other.take("another", now=NOW + timedelta(minutes=1), lasts_s=30) == first + 1
    assert not await lease.renew(first, now=NOW + timedelta(minutes=1), lasts_s=30)
    assert observer.conditions[Condition.LEASE_HELD] == 0
    assert [what for what, *_ in observer.happenings] == [Happening.LEASE_LOST]
    assert observer.conditions[Condition.LEASE_EPOCH] == first

    await other.release(first + 1)
    second = await lease.take("me", now=NOW + timedelta(minutes=1), lasts_s=30)
    await lease.release(second)
    assert observer.conditions[Condition.LEASE_HELD] == 0


async def test_each_statement_is_timed(database: Database):
    took: list[float] = []
    database.watch_statements(took.append)
    await database.ping()
    async with database.transaction():
        await read_outbox(database, now=NOW)
    assert len(took) >= 3
    assert all(0 < seconds < 60 for seconds in took)
