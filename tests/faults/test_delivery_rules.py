"""Rows of the fault table (tests/faults/README.md) that need no real process: planner and dispatcher over stores in memory and a virtual clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.announcements import calling
from bot.announcements.actions import CommandOutcome
from bot.announcements.checking import Trouble
from bot.announcements.content import body_hash, hash_by_name
from bot.announcements.crash_points import CrashPoint
from bot.announcements.drafting import set_text
from bot.announcements.events import OccurrencePaused
from bot.announcements.model import (
    Attachment,
    AttachmentKind,
    Content,
    DeliveryState,
    Lateness,
    MissingLanguage,
    OccurrenceState,
    Policy,
    Receipt,
    SendOutcome,
    Stage,
    Terms,
)
from bot.announcements.planner import PlanningRules
from bot.announcements.ports import Leave
from bot.announcements.schedule import Note, preview
from bot.announcements.session import DeliveryRules
from bot.chat.wire.pace import Pace
from bot.chat.wire.pace_slot import PaceSlot
from bot.chat.wire.pace_terms import Priority, Rates
from bot.errors import DatabaseError
from bot.ids import ChatId, Locale, NewsTopic
from tests.support.announcement_rig import APPROVER, AUTHOR, OWNER, START, TEXTS, AnnouncementRig, draft
from tests.support.fake_announcement_database import FakeDatabase
from tests.support.fake_announcement_sender import FakeAnnouncementSender, FakeSendSlot
from tests.support.virtual_time import VirtualClock, run_virtually

SENT, UNKNOWN, PLANNED = DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.PLANNED
W = DeliveryRules().in_flight
SIX_LOCAL = datetime.fromisoformat("2026-11-03T18:00")
"""Wall time in Shanghai, half an hour after the start."""


def answering(receipts):
    """A courier's answers by chat; everybody else gets their copy."""
    seen = []

    def answer(outgoing):
        seen.append(outgoing.chat_id)
        given = receipts.get(outgoing.chat_id)
        if callable(given):
            given = given(seen.count(outgoing.chat_id))
        return given or Receipt(outcome=SendOutcome.SENT, message_id=len(seen))

    return answer


class Killed(BaseException):
    """kill -9: nothing of the process runs on."""


class Killer:
    """A probe that dies at one crash point, once."""

    def __init__(self, point):
        self.point = point

    async def __call__(self, point):
        if point is self.point:
            self.point = None
            raise Killed


async def killed_and_restarted(point, *, policy=Policy.AT_MOST_ONCE, recipients=50):
    """Two processes over one disk: the first dies at `point`, the second goes on after the lease has run out."""
    database, announcement_sender, clock = FakeDatabase(), FakeAnnouncementSender(takes_s=0.01), VirtualClock(START)
    first = AnnouncementRig(
        database=database, announcement_sender=announcement_sender, clock=clock, probe=Killer(point)
    )
    await first.parts.subscribe(range(1, recipients + 1))
    await first.approved(terms=Terms(policy=policy))
    try:
        await first.plan()
        await first.dispatcher.run()
    except* Killed:
        pass
    database.disk.tables = replace(database.disk.tables, lease_holder="dead")  # a killed process gives nothing back
    second = AnnouncementRig(
        database=FakeDatabase(database.disk), announcement_sender=announcement_sender, clock=clock, holder="two"
    )
    await asyncio.sleep(20)
    await second.deliver(timedelta(minutes=2))
    return second, announcement_sender


def test_D01_a_kill_before_the_plan_commits_sends_nothing_and_it_fires_after_the_restart():
    async def main():
        rig = AnnouncementRig(probe=Killer(CrashPoint.CP0))
        await rig.parts.subscribe(range(1, 11))
        await rig.approved()
        with pytest.raises(Killed):
            await rig.plan()
        assert (rig.tables.occurrences, rig.announcement_sender.sent) == ({}, [])
        after = AnnouncementRig(database=FakeDatabase(rig.parts.database.disk), clock=rig.clock)
        await after.deliver()
        assert sorted(after.announcement_sender.chats) == list(range(1, 11))

    run_virtually(main())


def test_D02_a_kill_when_all_is_planned_and_nothing_claimed_still_gives_each_exactly_one():
    async def main():
        rig, announcement_sender = await killed_and_restarted(CrashPoint.CP1)
        assert sorted(announcement_sender.chats) == list(range(1, 51))
        assert set(rig.states().values()) == {SENT}

    run_virtually(main())


@pytest.mark.parametrize("policy", Policy)
def test_D03_a_kill_between_intent_and_first_byte_leaves_doubt_that_the_policy_decides(policy):
    async def main():
        rig, announcement_sender = await killed_and_restarted(CrashPoint.CP3, policy=policy)
        states = rig.states()
        unknown = [chat_id for chat_id, state in states.items() if state is UNKNOWN]
        if policy is Policy.AT_MOST_ONCE:
            assert 0 < len(unknown) <= W
            assert sorted([*announcement_sender.chats, *unknown]) == list(range(1, 51))
        else:
            assert sorted(announcement_sender.chats) == list(range(1, 51))
            assert sum(outgoing.may_repeat and outgoing.is_silent for outgoing in announcement_sender.sent) == W

    run_virtually(main())


@pytest.mark.parametrize("point", [CrashPoint.CP7, CrashPoint.CP8])
@pytest.mark.parametrize("policy", Policy)
def test_D05_a_kill_between_answer_and_commit_leaves_at_most_W_in_doubt(point, policy):
    async def main():
        rig, announcement_sender = await killed_and_restarted(point, policy=policy)
        doubted = [row for row in rig.rows() if row.crashes]
        extra = len(announcement_sender.chats) - len(set(announcement_sender.chats))
        assert 0 < len(doubted) <= W
        assert set(announcement_sender.chats) | {row.chat_id for row in doubted} == set(range(1, 51))
        assert extra == 0 if policy is Policy.AT_MOST_ONCE else extra <= W
        assert (await rig.parts.outbox.standing(rig.occurrence.occurrence_id)).adds_up

    run_virtually(main())


def test_D04_a_repeated_copy_goes_once_silent_and_marked():
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(
                answering({7: Receipt(outcome=SendOutcome.DOUBT, reason="no_answer")})
            )
        )
        await rig.parts.subscribe(range(1, 11))
        await rig.approved(terms=Terms(policy=Policy.AT_LEAST_ONCE))
        await rig.deliver()
        copies = [outgoing for outgoing in rig.announcement_sender.sent if outgoing.chat_id == 7]
        assert [(copy.may_repeat, copy.is_silent) for copy in copies] == [(False, False), (True, True)]
        assert rig.states()[7] is UNKNOWN

    run_virtually(main())


def test_D07_a_lost_answer_is_not_sent_again_and_is_named():
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(
                answering({7: Receipt(outcome=SendOutcome.DOUBT, reason="no_answer")})
            )
        )
        await rig.parts.subscribe(range(1, 11))
        await rig.approved()
        await rig.deliver()
        assert rig.announcement_sender.chats.count(7) == 1
        assert [(row.chat_id, row.reason) for row in rig.rows() if row.state is UNKNOWN] == [(7, "no_answer")]

    run_virtually(main())


def test_D10_a_refused_connection_is_tried_again_with_growing_pauses():
    async def main():
        outage = lambda count: None if count > 2 else Receipt(outcome=SendOutcome.NOT_SENT, reason="refused")  # noqa: E731
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(answering(dict.fromkeys(range(1, 101), outage)))
        )
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.deliver()
        assert set(rig.states().values()) == {SENT}
        assert len(rig.announcement_sender.chats) == 300

    run_virtually(main())


def test_D10_while_telegram_is_out_of_reach_the_audience_is_not_run_through_again_and_again():
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(
                lambda _: Receipt(outcome=SendOutcome.NOT_SENT, reason="refused")
            )
        )
        await rig.parts.subscribe(range(1, 1001))
        await rig.approved()
        await rig.deliver(timedelta(minutes=10))
        assert len(rig.announcement_sender.chats) < 1500

    run_virtually(main())


def test_D15_sent_without_a_message_id_counts_as_doubt():
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(answering({3: Receipt(outcome=SendOutcome.SENT)}))
        )
        await rig.parts.subscribe(range(1, 5))
        await rig.approved()
        await rig.deliver()
        assert rig.states()[3] is UNKNOWN

    run_virtually(main())


def test_D16_a_pause_for_all_holds_everybody_and_loses_nobody():
    async def main():
        sent_at = []
        clock = VirtualClock(START)

        def answer(outgoing):
            sent_at.append(clock.monotonic())
            if len(sent_at) == 35:
                return Receipt(outcome=SendOutcome.NOT_SENT, pause_s=3, pauses_all=True, reason="retry_after")
            return Receipt(outcome=SendOutcome.SENT, message_id=len(sent_at))

        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(answer, takes_s=0.1), clock=clock)
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.deliver()
        gap = max(later - earlier for earlier, later in pairwise(sent_at))
        assert gap >= 2.8
        assert set(rig.states().values()) == {SENT}
        assert len(sent_at) == 101

    run_virtually(main())


def test_D18_a_pause_of_a_day_pauses_the_occurrence_and_tells():
    async def main():
        refusal = Receipt(outcome=SendOutcome.NOT_SENT, pause_s=86_400, pauses_all=True, reason="retry_after")
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(lambda _: refusal))
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.deliver(timedelta(hours=2))
        assert rig.occurrence.state is OccurrenceState.PAUSED
        assert rig.occurrence.pause_reason == "flood_wait"
        assert rig.parts.notified.events.count("occurrence_paused") == 1
        assert len(rig.announcement_sender.chats) <= W

    run_virtually(main())


def test_D18_a_pause_for_all_is_told_of_each_occurrence_with_its_own_announcement():
    async def main():
        refusal = Receipt(outcome=SendOutcome.NOT_SENT, pause_s=86_400, pauses_all=True, reason="retry_after")
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(lambda _: refusal))
        await rig.parts.subscribe(range(1, 101))
        made = {(await rig.approved(label=label)).announcement_id: label for label in ("one", "other")}
        await rig.deliver(timedelta(hours=2))
        paused = [event for _, event in rig.parts.notified.told if isinstance(event, OccurrencePaused)]
        assert {event.announcement_id: event.label for event in paused} == made
        assert all(event.occurrence_id.startswith(event.announcement_id) for event in paused)

    run_virtually(main())


def test_D19_who_blocked_the_bot_is_not_written_to_by_later_announcements():
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(
                answering({2: Receipt(outcome=SendOutcome.GONE, reason="blocked")})
            )
        )
        await rig.parts.subscribe(range(1, 4))
        await rig.approved()
        await rig.deliver()
        assert rig.states() == {1: SENT, 2: DeliveryState.FAILED, 3: SENT}
        later = await rig.approved()
        await rig.deliver()
        assert later.announcement_id != rig.rows()[0].occurrence_id
        assert sorted(rig.announcement_sender.chats) == [1, 1, 2, 3, 3]

    run_virtually(main())


def test_D20_a_refusal_concerns_its_row_only():
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(
                answering({2: Receipt(outcome=SendOutcome.REFUSED, reason="chat_not_found")})
            )
        )
        await rig.parts.subscribe(range(1, 4))
        await rig.approved()
        await rig.deliver()
        assert rig.states() == {1: SENT, 2: DeliveryState.FAILED, 3: SENT}
        assert rig.announcement_sender.chats.count(2) == 1

    run_virtually(main())


@pytest.mark.parametrize(
    "receipt",
    [
        Receipt(outcome=SendOutcome.UNPARSEABLE, reason="cant_parse"),
        Receipt(outcome=SendOutcome.SENT, message_id=1, was_plain=True),
    ],
)
def test_D21_a_body_that_telegram_can_not_read_stops_early(receipt):
    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(lambda _: receipt))
        await rig.parts.subscribe(range(1, 1001))
        await rig.approved()
        await rig.deliver()
        assert rig.occurrence.state is OccurrenceState.PAUSED
        assert rig.occurrence.pause_reason == "body_refused"
        assert len(rig.announcement_sender.chats) <= W + DeliveryRules().alike_limit
        assert "occurrence_paused" in rig.parts.notified.events

    run_virtually(main())


def test_D21_a_bad_body_in_one_language_is_noticed_among_good_ones():
    async def main():
        def answer(outgoing):
            if outgoing.locale is Locale.RU:
                return Receipt(outcome=SendOutcome.UNPARSEABLE, reason="cant_parse")
            return Receipt(outcome=SendOutcome.SENT, message_id=outgoing.chat_id)

        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(answer))
        await rig.parts.subscribe(range(1, 500, 2))
        await rig.parts.subscribe(range(2, 500, 2), locale=Locale.RU)
        await rig.approved()
        await rig.deliver()
        assert rig.occurrence.pause_reason == "body_refused"

    run_virtually(main())


@pytest.mark.parametrize("also_new", [False, True])
def test_D22_a_group_that_got_a_new_id_gets_one_copy(also_new):
    async def main():
        old, new = ChatId(-5), ChatId(-100_5)
        moved = Receipt(outcome=SendOutcome.MIGRATED, new_chat_id=new)
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(answering({old: moved})))
        await rig.parts.subscribe([1, old, *([new] if also_new else [])])
        await rig.approved()
        await rig.deliver()
        assert rig.announcement_sender.chats.count(new) == 1
        assert (await rig.parts.outbox.standing(rig.occurrence.occurrence_id)).adds_up
        assert rig.states()[new] is SENT
        assert rig.states().get(old) is (DeliveryState.SKIPPED if also_new else None)
        assert old not in rig.tables.subscriptions

    run_virtually(main())


def test_D23_a_revoked_token_stops_everything_and_fails_nobody():
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(lambda _: Receipt(outcome=SendOutcome.NOTHING_GOES))
        )
        await rig.parts.subscribe(range(1, 1001))
        await rig.approved()
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(3600)
            assert rig.dispatcher.trouble == "token_refused"
        assert set(rig.states().values()) == {PLANNED}
        assert len(rig.announcement_sender.chats) <= W
        assert rig.parts.notified.events.count("token_refused") == 1

    run_virtually(main())


def test_D23_started_again_with_the_right_token_it_goes_on():
    async def main():
        answers = {
            chat_id: lambda count: Receipt(outcome=SendOutcome.NOTHING_GOES) if count == 1 else None
            for chat_id in (1, 2)
        }
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(answering(answers)))
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(60)
        async with rig.sending():
            await asyncio.sleep(60)
        assert set(rig.states().values()) == {SENT}

    run_virtually(main())


def test_D24_two_dispatchers_send_nothing_twice():
    async def main():
        database, announcement_sender, clock = FakeDatabase(), FakeAnnouncementSender(takes_s=0.2), VirtualClock(START)
        one = AnnouncementRig(database=database, announcement_sender=announcement_sender, clock=clock)
        two = AnnouncementRig(
            database=FakeDatabase(database.disk), announcement_sender=announcement_sender, clock=clock, holder="two"
        )
        await one.parts.subscribe(range(1, 201))
        await one.approved()
        await asyncio.gather(one.plan(), two.plan())
        async with one.sending(), two.sending():
            await asyncio.sleep(60)
        assert sorted(announcement_sender.chats) == list(range(1, 201))
        assert one.tables.epoch == 1 or set(one.states().values()) == {SENT}

    run_virtually(main())


def test_D25_a_process_that_slept_beyond_its_lease_writes_and_sends_nothing_more():
    async def main():
        database, announcement_sender, clock = FakeDatabase(), FakeAnnouncementSender(), VirtualClock(START)
        asleep = asyncio.Event()

        async def sleepy(point):
            if point is CrashPoint.CP10 and not asleep.is_set():
                asleep.set()
            if point is CrashPoint.CP10:
                await asyncio.sleep(40)

        zombie = AnnouncementRig(database=database, announcement_sender=announcement_sender, clock=clock, probe=sleepy)
        await zombie.parts.subscribe(range(1, 101))
        await zombie.approved()
        await zombie.plan()
        real_renew = zombie.parts.lease.renew

        async def no_renewal(epoch, *, now, lasts_s):
            await asyncio.sleep(45)  # the whole process stands still
            return await real_renew(epoch, now=now, lasts_s=lasts_s)

        zombie.parts.lease.renew = no_renewal
        running = asyncio.create_task(zombie.dispatcher.run())
        await asleep.wait()
        await asyncio.sleep(16)
        living = AnnouncementRig(
            database=FakeDatabase(database.disk), announcement_sender=announcement_sender, clock=clock, holder="two"
        )
        async with living.sending():
            await asyncio.sleep(60)
        zombie.dispatcher.leave()
        await running
        states = living.states()
        assert len(announcement_sender.chats) == len(set(announcement_sender.chats)) == 100 - W
        assert list(states.values()).count(UNKNOWN) == W

    run_virtually(main())


def test_D26_a_double_tap_makes_one_announcement():
    async def main():
        rig = AnnouncementRig()
        await rig.appoint()
        made = [await rig.workflow.create(draft(), actor=AUTHOR, request_key="update 7", now=START) for _ in range(2)]
        assert made[0].announcement == made[1].announcement
        assert len(rig.tables.announcements) == 1
        assert [entry.action for entry in rig.tables.audit] == ["announcement_created"]

    run_virtually(main())


def test_D26_submitting_and_approving_twice_makes_one_occurrence():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe([1])
        approved = await rig.approved()
        again = await rig.workflow.approve(approved.announcement_id, actor=APPROVER, version=2, now=START)
        assert again.outcome is CommandOutcome.WRONG_STAGE
        await rig.deliver()
        await rig.deliver()
        assert rig.announcement_sender.chats == [1]

    run_virtually(main())


def test_D27_what_is_approved_can_not_be_edited_and_every_row_has_one_body():
    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(takes_s=0.1))
        await rig.parts.subscribe(range(1, 101))
        await rig.parts.subscribe(range(101, 201), locale=Locale.RU)
        approved = await rig.approved()
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(0.3)
            edited = await rig.workflow.edit(
                approved.announcement_id,
                set_text(Locale.EN, "Other"),
                actor=AUTHOR,
                version=approved.version,
                now=rig.now,
            )
            assert edited.outcome is CommandOutcome.WRONG_STAGE
            await asyncio.sleep(60)
        hashes = {(row.locale, row.body_hash) for row in rig.rows()}
        assert hashes == {(locale, body_hash(approved.content, locale)) for locale in TEXTS}
        assert {outgoing.text for outgoing in rig.announcement_sender.sent} == set(TEXTS.values())

    run_virtually(main())


def test_D27_a_body_that_was_changed_behind_our_back_is_not_sent():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe(range(1, 11))
        approved = await rig.approved()
        await rig.plan()
        changed = replace(approved.content, texts={**TEXTS, Locale.EN: "Other"})
        async with rig.parts.database.writing() as tables:
            tables.announcements[approved.announcement_id] = replace(approved, content=changed)
        await rig.deliver()
        assert rig.announcement_sender.sent == []
        assert (rig.occurrence.state, rig.occurrence.pause_reason) == (OccurrenceState.PAUSED, "body_changed")
        assert set(rig.states().values()) == {PLANNED}

    run_virtually(main())


def test_D28_stop_works_within_a_second_and_the_counts_add_up():
    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(takes_s=0.5))
        await rig.parts.subscribe(range(1, 1001))
        approved = await rig.approved()
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(3)
            stopped = await rig.lifecycle.stop(approved.announcement_id, actor=AUTHOR, now=rig.now)
            before = len(rig.announcement_sender.chats) + rig.announcement_sender.in_flight
            assert stopped.is_done
            await asyncio.sleep(60)
        assert len(rig.announcement_sender.chats) == before
        standing = await rig.parts.outbox.standing(rig.occurrence.occurrence_id)
        assert standing.adds_up
        assert standing.occurrence.state is OccurrenceState.STOPPED
        assert standing.counts[SENT] + standing.counts[DeliveryState.CANCELLED] == 1000
        assert standing.counts[SENT] == before

    run_virtually(main())


def test_D28_a_copy_that_would_be_tried_again_after_the_stop_is_cancelled():
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(
                lambda _: Receipt(outcome=SendOutcome.NOT_SENT, pause_s=5), takes_s=1
            )
        )
        await rig.parts.subscribe(range(1, 101))
        approved = await rig.approved()
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(0.5)
            await rig.lifecycle.stop(approved.announcement_id, actor=AUTHOR, now=rig.now)
            await asyncio.sleep(30)
        assert set(rig.states().values()) == {DeliveryState.CANCELLED}

    run_virtually(main())


def test_D29_who_unsubscribes_before_their_turn_gets_nothing():
    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(takes_s=0.1))
        await rig.parts.subscribe(range(1, 201))
        await rig.approved()
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(0.15)
            await rig.parts.subscriptions.end(ChatId(200))
            await asyncio.sleep(60)
        assert rig.states()[200] is DeliveryState.SKIPPED
        assert 200 not in rig.announcement_sender.chats
        assert rig.occurrence.state is OccurrenceState.FINISHED

    run_virtually(main())


def test_D30_who_subscribes_in_the_middle_is_not_in_the_audience():
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(takes_s=0.1), planning=PlanningRules(batch=10, batches_a_wake=1)
        )
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.planner.wake(START)
        await rig.parts.subscribe([1000])
        await rig.deliver()
        assert sorted(rig.announcement_sender.chats) == list(range(1, 101))

    run_virtually(main())


@pytest.mark.parametrize("send", [True, False])
def test_D31_after_a_restore_nothing_is_sent_without_a_word(send):
    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(takes_s=0.1))
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.plan()
        backup, mark = rig.tables.copied(), rig.parts.database.disk.mark
        await rig.deliver()
        assert len(rig.announcement_sender.chats) == 100
        disk = rig.parts.database.disk
        disk.tables, disk.mark = backup, mark
        restored = AnnouncementRig(database=FakeDatabase(disk), clock=rig.clock)
        await restored.deliver(timedelta(hours=1))
        assert restored.announcement_sender.sent == []
        assert restored.occurrence.state is OccurrenceState.AWAITING_CONFIRMATION
        assert "database_restored" in restored.parts.notified.events
        word = await restored.lifecycle.confirm(
            restored.occurrence.occurrence_id, send=send, actor=OWNER, now=restored.now
        )
        assert word.is_done
        await restored.deliver()
        assert len(restored.announcement_sender.chats) == (100 if send else 0)
        assert (await restored.parts.outbox.standing(restored.occurrence.occurrence_id)).adds_up
        assert not await restored.parts.guard.was_restored()

    run_virtually(main())


def test_D31_deletions_that_wait_in_a_backup_wait_for_a_word_though_no_announcement_does():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe(range(1, 6))
        await rig.approved()
        await rig.deliver()
        await rig.lifecycle.withdraw(rig.occurrence.announcement_id, actor=OWNER, now=rig.now)
        disk = rig.parts.database.disk
        backup, disk.mark = rig.tables.copied(), disk.outside_mark - 1
        disk.tables = backup
        restored = AnnouncementRig(database=FakeDatabase(disk), clock=rig.clock)
        restored.parts.guard.waits_for_word = True
        await restored.deliver(timedelta(hours=1))
        assert restored.announcement_sender.deletions == []
        assert await restored.parts.guard.was_restored()
        await restored.parts.guard.accept()
        await restored.deliver()
        assert len(restored.announcement_sender.deletions) == 5

    run_virtually(main())


def test_D31_what_became_due_before_the_restore_waits_for_a_word_too():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe(range(1, 11))
        await rig.approved()
        rig.parts.database.disk.outside_mark = 5
        await rig.deliver()
        assert rig.announcement_sender.sent == []
        assert rig.occurrence.state is OccurrenceState.AWAITING_CONFIRMATION
        assert "occurrence_awaits_word" in rig.parts.notified.events

    run_virtually(main())


@pytest.mark.parametrize("send", [True, False])
def test_D31_what_the_backup_knows_as_paused_and_overdue_waits_for_a_word_too(send):
    """It may have been resumed and sent since the backup."""

    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe(range(1, 11))
        made = await rig.approved()
        await rig.lifecycle.pause(made.announcement_id, actor=OWNER, now=rig.now)
        rig.parts.database.disk.outside_mark = 5
        await rig.deliver()
        assert rig.occurrence.state is OccurrenceState.AWAITING_CONFIRMATION
        assert await rig.parts.guard.was_restored()
        await rig.lifecycle.resume(made.announcement_id, actor=OWNER, now=rig.now)
        await rig.deliver()
        assert rig.announcement_sender.sent == []
        await rig.lifecycle.confirm(rig.occurrence.occurrence_id, send=send, actor=OWNER, now=rig.now)
        await rig.deliver()
        assert len(rig.announcement_sender.sent) == (10 if send else 0)
        assert rig.tables.announcements[made.announcement_id].stage is Stage.FINISHED
        assert not await rig.parts.guard.was_restored()

    run_virtually(main())


def test_D31_a_paused_announcement_that_is_let_be_is_over():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe(range(1, 11))
        made = await rig.approved()
        await rig.lifecycle.pause(made.announcement_id, actor=OWNER, now=rig.now)
        rig.parts.database.disk.outside_mark = 5
        await rig.deliver()
        await rig.lifecycle.confirm(rig.occurrence.occurrence_id, send=False, actor=OWNER, now=rig.now)
        assert rig.tables.announcements[made.announcement_id].stage is Stage.FINISHED

    run_virtually(main())


def test_O05_a_restored_database_with_nothing_open_goes_on_by_itself_and_tells():
    async def main():
        rig = AnnouncementRig()
        rig.parts.database.disk.outside_mark = 5
        await rig.plan()
        assert not await rig.parts.guard.was_restored()
        assert rig.parts.notified.events == ["database_restored"]

    run_virtually(main())


def test_D32_without_a_durable_intent_nothing_is_sent_and_it_resumes_by_itself():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.plan()

        async def full():
            if rig.clock.monotonic() < 60:
                raise DatabaseError("the disk is full")

        claim = rig.parts.outbox.claim

        async def failing_claim(*given, **named):
            await full()
            return await claim(*given, **named)

        rig.parts.outbox.claim = failing_claim
        async with rig.sending():
            await asyncio.sleep(59)
            assert rig.announcement_sender.sent == []
            assert rig.dispatcher.trouble == "database_failed"
            assert rig.parts.notified.events.count("database_failed") == 1
            await asyncio.sleep(60)
        assert set(rig.states().values()) == {SENT}
        assert rig.parts.notified.events.count("occurrence_finished") == 1

    run_virtually(main())


def test_D32_an_intent_whose_commit_was_durable_but_reported_as_failed_is_sent_later_once():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.plan()
        fails = [True]

        async def lost_connection():
            if fails and any(row.state is DeliveryState.SENDING for row in rig.rows()):
                fails.clear()
                raise DatabaseError("the connection was lost")

        rig.parts.database.after_commit = lost_connection
        await rig.deliver()
        assert not fails
        assert sorted(rig.announcement_sender.chats) == list(range(1, 101))
        assert set(rig.states().values()) == {SENT}

    run_virtually(main())


@pytest.mark.parametrize(("outage_s", "doubts"), [(20, 0), (120, W)])
def test_D33_results_are_kept_for_a_while_when_the_database_sulks(outage_s, doubts):
    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(takes_s=1))
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.plan()

        async def sulking():
            if 0.5 < rig.clock.monotonic() < outage_s:
                raise DatabaseError("database is locked")

        rig.parts.database.gate = sulking
        await rig.deliver(timedelta(minutes=10))
        assert list(rig.states().values()).count(UNKNOWN) == doubts
        assert sorted(rig.announcement_sender.chats) == list(range(1, 101))
        assert rig.occurrence.state is OccurrenceState.FINISHED

    run_virtually(main())


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=1)])
def test_D35_when_the_clock_jumps_nothing_fires_twice_and_nothing_is_skipped(jump):
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe([1])
        await rig.approved(cron="0 * * * *", zone="UTC")
        for minute in range(240):
            if minute == 90:
                rig.clock.offset = jump
            if minute == 100:
                rig.clock.offset = timedelta()
            await rig.plan()
            await asyncio.sleep(60)
        fired = {one.slot: one.state for one in rig.tables.occurrences.values()}
        assert list(fired) == ["20261103T1000", "20261103T1100", "20261103T1200", "20261103T1300"]
        assert set(fired.values()) == {OccurrenceState.RUNNING}

    run_virtually(main())


def test_D35_a_clock_that_stays_where_it_leaped_is_believed_after_a_while():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe([1])
        await rig.approved(cron="0 * * * *", zone="UTC")
        for minute in range(60):
            if minute == 10:
                rig.clock.offset = timedelta(hours=5)
            await rig.plan()
            assert bool(rig.tables.occurrences) == (minute >= 25)
            await asyncio.sleep(60)
        fired = {one.slot: one.state for one in rig.tables.occurrences.values()}
        assert [slot for slot, state in fired.items() if state is OccurrenceState.RUNNING] == [
            "20261103T1400",
            "20261103T1500",
        ]

    run_virtually(main())


@pytest.mark.parametrize(
    ("day", "utc", "note"),
    [
        (datetime(2026, 10, 24, 12, tzinfo=UTC), "2026-10-25T00:30:00+00:00", Note.OVERLAP),
        (datetime(2027, 3, 27, 12, tzinfo=UTC), "2027-03-28T01:00:00+00:00", Note.GAP),
    ],
)
def test_D36_a_time_in_a_gap_or_overlap_fires_once_and_the_preview_says_so(day, utc, note):
    async def main():
        rig = AnnouncementRig(clock=VirtualClock(day))
        await rig.parts.subscribe([1])
        approved = await rig.approved(cron="30 2 * * *", zone="Europe/Berlin")
        (moment,) = preview(approved.schedule, 1, after=day)
        assert (moment.utc.isoformat(), moment.note) == (utc, note)
        for _ in range(24 * 4):
            await rig.plan()
            await asyncio.sleep(15 * 60)
        assert [occurrence.due_at.isoformat() for occurrence in rig.tables.occurrences.values()] == [utc]

    run_virtually(main())


@pytest.mark.parametrize(
    ("terms", "state", "event"),
    [
        (Terms(valid_for=timedelta(hours=1)), OccurrenceState.FINISHED, "occurrence_late"),
        (Terms(valid_for=timedelta(minutes=5)), OccurrenceState.MISSED, "occurrence_missed"),
        (Terms(lateness=Lateness.MARK_MISSED), OccurrenceState.MISSED, "occurrence_missed"),
    ],
)
def test_D37_ten_minutes_late_it_is_sent_if_it_is_valid_and_may_be_late(terms, state, event):
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe([1])
        await rig.approved(at=SIX_LOCAL, terms=terms)
        await asyncio.sleep(40 * 60)
        await rig.deliver()
        assert rig.occurrence.state is state
        assert event in rig.parts.notified.events
        assert len(rig.announcement_sender.chats) == (state is OccurrenceState.FINISHED)
        assert {one.stage for one in rig.tables.announcements.values()} == {Stage.FINISHED}

    run_virtually(main())


def test_D37_of_several_missed_slots_only_the_latest_is_sent():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe([1])
        await rig.approved(cron="0 * * * *")
        await asyncio.sleep(3.75 * 3600)
        await rig.deliver()
        states = {one.slot: one.state for one in rig.tables.occurrences.values()}
        assert states == {
            "20261103T1800": OccurrenceState.MISSED,
            "20261103T1900": OccurrenceState.MISSED,
            "20261103T2000": OccurrenceState.MISSED,
            "20261103T2100": OccurrenceState.FINISHED,
        }
        assert rig.announcement_sender.chats == [1]

    run_virtually(main())


def test_D38_a_tick_that_comes_three_seconds_late_still_fires():
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe([1])
        await rig.approved(at=SIX_LOCAL, terms=Terms(lateness=Lateness.MARK_MISSED))
        await asyncio.sleep(30 * 60 + 3)
        await rig.deliver()
        assert rig.announcement_sender.chats == [1]

    run_virtually(main())


@pytest.mark.parametrize(
    ("terms", "state", "text"),
    [
        (Terms(missing_language=MissingLanguage.HOLD), DeliveryState.HELD, None),
        (Terms(missing_language=MissingLanguage.FALLBACK, fallback=Locale.RU), SENT, TEXTS[Locale.RU]),
    ],
)
def test_D39_a_missing_language_gets_the_fallback_or_nothing_as_was_decided(terms, state, text):
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe([1], locale=Locale.FA)
        approved = await rig.approved(terms=terms)
        await rig.deliver()
        (row,) = rig.rows()
        assert row.state is state
        assert [outgoing.text for outgoing in rig.announcement_sender.sent] == ([text] if text else [])
        assert row.body_hash == (approved.body_hashes[Locale.RU] if text else "")

    run_virtually(main())


def test_D40_a_text_that_is_too_long_in_one_language_is_refused_before_it_is_submitted():
    async def main():
        rig = AnnouncementRig()
        await rig.appoint()
        made = await rig.draft(texts={**TEXTS, Locale.RU: "я" * 5000})
        refused = await rig.workflow.submit(made.announcement_id, actor=AUTHOR, version=1, now=START)
        assert refused.outcome is CommandOutcome.HAS_PROBLEMS
        bad = [problem for problem in refused.problems if problem.trouble is Trouble.BAD_TEXT]
        assert [(problem.where, "5000" in problem.detail) for problem in bad] == [("text.ru", True)]

    run_virtually(main())


def test_D42_a_row_that_always_breaks_the_courier_does_not_stop_the_others():
    async def main():
        def answer(outgoing):
            if outgoing.chat_id == 2:
                raise ZeroDivisionError
            return Receipt(outcome=SendOutcome.SENT, message_id=outgoing.chat_id)

        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(answer))
        await rig.parts.subscribe(range(1, 101))
        await rig.approved(terms=Terms(policy=Policy.AT_LEAST_ONCE))
        await rig.deliver()
        states = rig.states()
        assert states.pop(2) is UNKNOWN
        assert set(states.values()) == {SENT}

    run_virtually(main())


def test_D42_a_row_that_kills_its_process_is_given_up_and_takes_nobody_with_it():
    async def main():
        database, clock = FakeDatabase(), VirtualClock(START)

        def answer(outgoing):
            if outgoing.chat_id == 2:
                raise Killed
            return Receipt(outcome=SendOutcome.SENT, message_id=outgoing.chat_id)

        announcement_sender = FakeAnnouncementSender(answer)
        rig = AnnouncementRig(database=database, announcement_sender=announcement_sender, clock=clock)
        await rig.parts.subscribe(range(1, 101))
        await rig.approved(terms=Terms(policy=Policy.AT_LEAST_ONCE))
        await rig.plan()
        deaths = 0
        while rig.occurrence.state is OccurrenceState.RUNNING:
            rig = AnnouncementRig(
                database=FakeDatabase(database.disk), announcement_sender=announcement_sender, clock=clock
            )
            running = asyncio.create_task(rig.dispatcher.run())
            done, _ = await asyncio.wait([running], timeout=120)
            deaths += bool(done)
            if not done:
                rig.dispatcher.leave()
            await asyncio.wait([running])
            assert not running.cancelled()
            running.exception()
        assert deaths == 2
        rows = {row.chat_id: row for row in rig.rows()}
        assert (rows[2].state, rows[2].reason) == (UNKNOWN, "poison")
        assert {row.state for chat_id, row in rows.items() if chat_id != 2} == {SENT}

    run_virtually(main())


def test_D42_a_parcel_that_can_not_be_made_fails_alone(monkeypatch):
    async def main():
        real = calling.message_of

        def broken(bodies, row):
            if row.chat_id == 2:
                raise KeyError(row.chat_id)
            return real(bodies, row)

        monkeypatch.setattr(calling, "message_of", broken)
        rig = AnnouncementRig()
        await rig.parts.subscribe(range(1, 11))
        await rig.approved()
        await rig.deliver()
        rows = {row.chat_id: row for row in rig.rows()}
        assert (rows[2].state, rows[2].reason) == (DeliveryState.FAILED, "poison")
        assert {row.state for chat_id, row in rows.items() if chat_id != 2} == {SENT}

    run_virtually(main())


def test_D43_planning_goes_on_at_the_batch_where_a_kill_interrupted_it():
    async def main():
        commits = []

        async def probe(point):
            if point is CrashPoint.CP0:
                commits.append(point)
                if len(commits) == 4:
                    raise Killed

        rig = AnnouncementRig(probe=probe, planning=PlanningRules(batch=10))
        await rig.parts.subscribe(range(1, 96))
        await rig.approved()
        with pytest.raises(Killed):
            await rig.plan()
        assert len(rig.rows()) == 20
        after = AnnouncementRig(database=FakeDatabase(rig.parts.database.disk), clock=rig.clock)
        await after.deliver()
        assert sorted(after.announcement_sender.chats) == list(range(1, 96))
        assert after.occurrence.audience == 95

    run_virtually(main())


def test_O01_leaving_in_order_leaves_nothing_in_doubt():
    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(takes_s=2))
        await rig.parts.subscribe(range(1, 101))
        await rig.approved()
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(3)
        states = list(rig.states().values())
        assert {*states} == {SENT, PLANNED}
        assert rig.tables.lease_holder == ""
        assert states.count(SENT) == len(rig.announcement_sender.chats)

    run_virtually(main())


def test_A08_rights_are_read_when_the_button_is_pressed():
    async def main():
        rig = AnnouncementRig()
        await rig.appoint()
        made = await rig.draft()
        await rig.workflow.submit(made.announcement_id, actor=AUTHOR, version=1, now=START)
        await rig.organisers.revoke(APPROVER, next(iter(await rig.organisers.roles(APPROVER))), actor=OWNER, now=START)
        refused = await rig.workflow.approve(made.announcement_id, actor=APPROVER, version=2, now=START)
        assert refused.outcome is CommandOutcome.NOT_ALLOWED
        assert refused.announcement is None
        assert rig.tables.audit[-1].action == "announcement_approved_denied"

    run_virtually(main())


def test_A10_an_author_can_not_approve_their_own_but_an_owner_may_in_an_emergency_loudly():
    async def main():
        rig = AnnouncementRig()
        await rig.appoint()
        mine = await rig.workflow.create(draft(), actor=OWNER, request_key="k", now=START)
        announcement_id = mine.announcement.announcement_id
        await rig.workflow.submit(announcement_id, actor=OWNER, version=1, now=START)
        alone = await rig.workflow.approve(announcement_id, actor=OWNER, version=2, now=START)
        assert alone.outcome is CommandOutcome.OWN_WORK
        forced = await rig.workflow.approve_in_emergency(announcement_id, actor=OWNER, version=2, now=START)
        assert forced.is_done
        assert forced.announcement.is_emergency
        assert rig.parts.notified.events[-1] == "announcement_approved_in_emergency"
        assert rig.tables.audit[-1].action == "announcement_approved_in_emergency"

    run_virtually(main())


def test_a_picture_is_uploaded_once():
    async def main():
        picture = Attachment(AttachmentKind.PHOTO, "map.png", content=b"picture")
        seen = []

        def answer(outgoing):
            seen.append(outgoing.attachment)
            new = "" if outgoing.attachment.file_id else "file-1"
            return Receipt(outcome=SendOutcome.SENT, message_id=outgoing.chat_id, file_id=new)

        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(answer, takes_s=0.5))
        await rig.parts.subscribe(range(1, 101))
        approved = await rig.approved(content=Content(source=Locale.EN, texts=TEXTS, attachment=picture))
        await rig.deliver()
        assert [attachment.content for attachment in seen].count(b"picture") == 1
        assert {attachment.file_id for attachment in seen[1:]} == {"file-1"}
        assert rig.tables.announcements[approved.announcement_id].content.attachment.file_id == "file-1"
        assert set(rig.states().values()) == {SENT}

    run_virtually(main())


NAMED = Attachment(AttachmentKind.PHOTO, "map.png", content=b"hall 2")
AT_TELEGRAM = Attachment(AttachmentKind.PHOTO, "photo.jpg", file_id="AgAC-hall-2")


@pytest.mark.parametrize(
    ("approved_with", "swapped_for"),
    [
        (NAMED, replace(NAMED, content=b"hall 3")),
        (AT_TELEGRAM, Attachment(AttachmentKind.PHOTO, "photo.jpg", file_id="AgAC-hall-3")),
    ],
    ids=("bytes", "file id"),
)
def test_D44_a_file_that_was_swapped_behind_our_back_is_not_sent(approved_with, swapped_for):
    async def main():
        rig = AnnouncementRig()
        await rig.parts.subscribe([1, 2])
        made = await rig.approved(content=Content(source=Locale.EN, texts=TEXTS, attachment=approved_with))
        await rig.plan()
        async with rig.parts.database.writing() as tables:
            found = tables.announcements[made.announcement_id]
            content = replace(found.content, attachment=swapped_for)
            tables.announcements[made.announcement_id] = replace(found, content=content)
        await rig.deliver(timedelta(seconds=30))
        assert rig.announcement_sender.sent == []
        assert rig.occurrence.pause_reason == "body_changed"

    run_virtually(main())


@pytest.mark.parametrize("attachment", [NAMED, AT_TELEGRAM, None], ids=("bytes", "file id", "no file"))
def test_D44_what_was_approved_when_hashes_knew_files_by_their_names_still_goes_out(attachment):
    async def main():
        rig = AnnouncementRig(
            announcement_sender=FakeAnnouncementSender(
                answering({1: Receipt(outcome=SendOutcome.SENT, message_id=1, file_id="f")})
            )
        )
        await rig.parts.subscribe([1, 2])
        made = await rig.approved(content=Content(source=Locale.EN, texts=TEXTS, attachment=attachment))
        async with rig.parts.database.writing() as tables:
            found = tables.announcements[made.announcement_id]
            old = {locale: hash_by_name(found.content, locale) for locale in TEXTS}
            assert (old == found.body_hashes) is (attachment is None)
            tables.announcements[made.announcement_id] = replace(found, body_hashes=old)
        await rig.deliver()
        assert set(rig.states().values()) == {SENT}

    run_virtually(main())


def test_several_occurrences_take_turns():
    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender(takes_s=0.5))
        await rig.parts.subscribe(range(1, 301))
        first = await rig.approved()
        second = await rig.approved(topic=NewsTopic.EXPO)
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(3.2)
            halves = [
                sum(outgoing.announcement_id == one.announcement_id for outgoing in rig.announcement_sender.sent)
                for one in (first, second)
            ]
            assert min(halves) > 0.6 * max(halves)
            await asyncio.sleep(60)
        assert len(rig.announcement_sender.chats) == 600

    run_virtually(main())


# What is in doubt


class PacedSender(FakeAnnouncementSender):
    """Gives turns as the program's own pace does, at so many a second."""

    def __init__(self, per_s, **more):
        super().__init__(**more)
        self.pace = Pace(Rates(overall_per_s=per_s), clock=lambda: asyncio.get_running_loop().time())
        self.turns_given = 0

    async def turns(self, *, limit, is_paid):
        turns = await self.pace.turns(priority=Priority.ANNOUNCEMENT, limit=limit, patience_s=3.5)
        self.turns_given += len(turns)
        return Leave([PacedTurn(self, turn) for turn in turns])


@dataclass
class PacedTurn:
    announcement_sender: PacedSender
    turn: PaceSlot

    def seat(self, chat_id):
        return self.turn.seat(chat_id)

    async def deliver(self, outgoing):
        self.turn.begin()
        receipt = await self.announcement_sender.deliver(outgoing)
        self.turn.answered()
        return receipt

    def give_back(self):
        self.turn.give_back()


def test_D45_what_waits_for_its_turn_is_not_in_doubt():
    """30 a second to a server that answers within 20 ms: the intent comes after the turn."""

    async def main():
        rig = AnnouncementRig(announcement_sender=PacedSender(30, takes_s=0.02))
        await rig.parts.subscribe(range(1, 301))
        await rig.approved()
        await rig.plan()
        seen = []
        async with rig.sending():
            while not rig.occurrence.state.has_ended:
                seen.append(sum(state is DeliveryState.SENDING for state in rig.states().values()))
                await asyncio.sleep(0.007)
        assert max(seen) <= 4
        assert sum(seen) / len(seen) <= 2
        assert set(rig.states().values()) == {SENT}

    run_virtually(main())


def test_D45_an_announcement_keeps_its_rate_though_each_intent_comes_after_its_turn():
    async def main():
        rig = AnnouncementRig(announcement_sender=PacedSender(30, takes_s=0.02))
        await rig.parts.subscribe(range(1, 601))
        await rig.approved()
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(600 / 30 * 1.05)
            assert rig.occurrence.state is OccurrenceState.FINISHED

    run_virtually(main())


def test_D45_a_turn_for_a_row_that_is_skipped_is_not_lost():
    async def main():
        rig = AnnouncementRig(announcement_sender=PacedSender(30))
        await rig.parts.subscribe(range(1, 301))
        await rig.approved()
        await rig.plan()
        for chat_id in range(1, 300):
            await rig.parts.subscriptions.end(ChatId(chat_id))
        async with rig.sending():
            await asyncio.sleep(3)
        assert rig.announcement_sender.chats == [300]
        assert rig.occurrence.state is OccurrenceState.FINISHED

    run_virtually(main())


def test_D45_a_chat_that_must_wait_goes_back_into_the_plan_and_holds_up_nobody():
    async def main():
        rig = AnnouncementRig(announcement_sender=PacedSender(30, takes_s=0.01))
        await rig.parts.subscribe(range(1, 31))
        await rig.approved()
        await rig.plan()
        for _ in range(3):  # a visitor who has just had three answers
            async with rig.announcement_sender.pace.turn(ChatId(1), priority=Priority.REPLY, patience_s=1) as turn:
                turn.answered()
        async with rig.sending():
            await asyncio.sleep(2)
            assert rig.rows()[0].state is PLANNED
            assert len(rig.announcement_sender.chats) == 29
            await asyncio.sleep(5)
        assert rig.announcement_sender.chats[-1] == 1
        assert set(rig.states().values()) == {SENT}

    run_virtually(main())


def test_D46_two_announcements_take_turns():
    async def main():
        rig = AnnouncementRig(announcement_sender=PacedSender(30, takes_s=0.01))
        await rig.parts.subscribe(range(1, 91))
        for label in ("First", "Second"):
            await rig.approved(label=label, texts={Locale.EN: label})
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(3)
        texts = [outgoing.text for outgoing in rig.announcement_sender.sent]
        assert abs(texts.count("First") - texts.count("Second")) <= 2

    run_virtually(main())


def test_D18_a_pause_for_a_day_that_the_pace_knows_of_pauses_the_occurrence():
    """A visitor's answer was refused for so long: no copy needs to be tried to know it."""

    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender())
        rig.announcement_sender.leave = lambda _: _paused(86_400)
        await rig.parts.subscribe(range(1, 11))
        await rig.approved()
        await rig.deliver(timedelta(seconds=10))
        assert (rig.occurrence.state, rig.occurrence.pause_reason) == (OccurrenceState.PAUSED, "flood_wait")
        assert rig.parts.notified.events.count("occurrence_paused") == 1
        assert set(rig.states().values()) == {PLANNED}

    async def _paused(seconds):
        return Leave(pause_s=seconds)

    run_virtually(main())


def test_D32_turns_are_given_back_when_no_intent_can_be_stored():
    async def main():
        rig = AnnouncementRig(announcement_sender=FakeAnnouncementSender())
        turns = [FakeSendSlot(rig.announcement_sender) for _ in range(3)]

        async def leave(_limit):
            rig.parts.database.gate = _full
            return Leave(turns)

        rig.announcement_sender.leave = leave
        await rig.parts.subscribe(range(1, 11))
        await rig.approved()
        await rig.plan()
        async with rig.sending():
            await asyncio.sleep(2)
            assert [bool(turn.given_back) for turn in turns] == [True, True, True]
            rig.parts.database.gate = _pass
            rig.announcement_sender.leave = None
            await asyncio.sleep(60)
        assert set(rig.states().values()) == {SENT}

    async def _full():
        raise DatabaseError("database or disk is full")

    async def _pass():
        pass

    run_virtually(main())
