"""Row D47 of the fault table (tests/faults/README.md): one more copy on purpose for those in doubt, by two people, and never a third copy."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.announcements.actions import CommandOutcome
from bot.announcements.change_requests import Signed
from bot.announcements.model import DeliveryState, OccurrenceState, Policy, Receipt, SendOutcome, Stage, Terms
from bot.ids import ChatId, Locale
from tests.support.announcement_rig import APPROVER, OWNER, AnnouncementRig
from tests.support.fake_announcement_sender import FakeAnnouncementSender
from tests.support.virtual_time import run_virtually

DOUBT = Receipt(outcome=SendOutcome.DOUBT, reason="timed_out")
IN_DOUBT = (2, 3)


class DoubtfulCourier(FakeAnnouncementSender):
    """The first `doubts` copies to these chats get no answer."""

    def __init__(self, *, doubts: int = 1) -> None:
        super().__init__()
        self.doubts = doubts
        self.answer = self._answer

    def _answer(self, outgoing):
        if outgoing.chat_id in IN_DOUBT and self.chats.count(outgoing.chat_id) <= self.doubts:
            return DOUBT
        return Receipt(outcome=SendOutcome.SENT, message_id=len(self.sent))


async def delivered(*, doubts: int = 1, **terms: object) -> AnnouncementRig:
    """Copies to four went out, of two nobody knows."""
    rig = AnnouncementRig(announcement_sender=DoubtfulCourier(doubts=doubts))
    await rig.parts.subscribe(range(1, 5))
    await rig.approved(terms=Terms(**terms))
    await rig.deliver()
    assert rig.states()[2] is DeliveryState.UNKNOWN
    return rig


def first(rig: AnnouncementRig):
    return next(one for one in rig.tables.occurrences.values() if not one.is_repeat)


def signed(rig: AnnouncementRig, actor, copies: int = 2) -> Signed:
    return Signed(actor=actor, now=rig.now, copies=copies)


async def asked(rig: AnnouncementRig, *, copies: int = 2):
    return await rig.change_requests.resend(first(rig).occurrence_id, signed=signed(rig, APPROVER, copies))


async def resent(rig: AnnouncementRig) -> None:
    request = (await asked(rig)).request
    assert request is not None
    decision = await rig.change_requests.agree(request.request_id, signed=signed(rig, OWNER))
    assert decision.is_done, decision
    await rig.deliver()


def test_D47_those_in_doubt_get_one_more_copy_marked_and_silent_once_two_agree():
    async def scenario():
        rig = await delivered()
        request = (await asked(rig)).request
        await rig.deliver()
        assert len(rig.announcement_sender.sent) == 4
        own = await rig.change_requests.agree(request.request_id, signed=signed(rig, APPROVER))
        assert own.outcome is CommandOutcome.OWN_WORK
        assert (await rig.change_requests.agree(request.request_id, signed=signed(rig, OWNER))).is_done
        await rig.deliver()
        again = rig.announcement_sender.sent[4:]
        assert [(one.chat_id, one.may_repeat, one.is_silent) for one in again] == [(2, True, True), (3, True, True)]

    run_virtually(scenario())


def test_D47_what_the_first_firing_counted_stays_and_the_second_adds_up_too():
    async def scenario():
        rig = await delivered()
        await resent(rig)
        standings = [await rig.parts.outbox.standing(name) for name in rig.tables.occurrences]
        assert [dict(one.counts) for one in standings] == [
            {DeliveryState.SENT: 2, DeliveryState.UNKNOWN: 2},
            {DeliveryState.SENT: 2},
        ]
        assert all(one.adds_up for one in standings)
        assert {one.state for one in rig.tables.occurrences.values()} == {OccurrenceState.FINISHED}
        assert [one.stage for one in rig.tables.announcements.values()] == [Stage.FINISHED]

    run_virtually(scenario())


@pytest.mark.parametrize("doubts", [1, 2], ids=("the second is sent", "the second is in doubt too"))
def test_D47_nobody_gets_a_third_copy(doubts):
    async def scenario():
        rig = await delivered(doubts=doubts)
        late = (await asked(rig)).request
        await resent(rig)
        assert await rig.change_requests.resendable(first(rig).occurrence_id, now=rig.now) == 0
        assert (await asked(rig)).outcome is CommandOutcome.WRONG_STAGE
        overtaken = await rig.change_requests.agree(late.request_id, signed=signed(rig, OWNER))
        assert overtaken.outcome is CommandOutcome.WRONG_STAGE
        repeat = await rig.change_requests.resend(first(rig).repeat_id, signed=signed(rig, APPROVER))
        assert repeat.outcome is CommandOutcome.WRONG_STAGE
        await rig.deliver()
        assert max(Counter(rig.announcement_sender.chats).values()) == 2

    run_virtually(scenario())


def test_D47_who_got_a_second_copy_by_the_policy_gets_no_third():
    async def scenario():
        rig = await delivered(doubts=2, policy=Policy.AT_LEAST_ONCE)
        assert Counter(rig.announcement_sender.chats)[ChatId(2)] == 2
        assert await rig.change_requests.resendable(first(rig).occurrence_id, now=rig.now) == 0
        await resent_nobody(rig)

    async def resent_nobody(rig: AnnouncementRig) -> None:
        decision = await asked(rig, copies=0)
        assert decision.outcome is CommandOutcome.WRONG_STAGE

    run_virtually(scenario())


@pytest.mark.parametrize("copies", [-1, 0, 1, 4])
def test_D47_another_number_than_that_of_the_copies_in_doubt_sends_nothing(copies):
    async def scenario():
        rig = await delivered()
        assert (await asked(rig, copies=copies)).outcome is CommandOutcome.WRONG_COUNT
        request = (await asked(rig)).request
        wrong = await rig.change_requests.agree(request.request_id, signed=signed(rig, OWNER, copies))
        assert wrong.outcome is CommandOutcome.WRONG_COUNT
        assert len(rig.tables.occurrences) == 1

    run_virtually(scenario())


def test_D47_what_was_corrected_stopped_or_has_expired_is_not_sent_once_more():
    async def scenario():
        rig = await delivered(valid_for=timedelta(hours=1))
        name = first(rig).occurrence_id
        waiting = (await asked(rig)).request
        async with rig.parts.database.writing() as tables:
            [found] = tables.announcements.values()
            tables.announcements[found.announcement_id] = replace(found, stage=Stage.STOPPED)
        assert await rig.change_requests.resendable(name, now=rig.now) == 0
        assert (await asked(rig)).outcome is CommandOutcome.WRONG_STAGE
        async with rig.parts.database.writing() as tables:
            tables.announcements[found.announcement_id] = found
        late = replace(signed(rig, OWNER), now=rig.now + timedelta(hours=2))
        assert (await rig.change_requests.agree(waiting.request_id, signed=late)).outcome is CommandOutcome.WRONG_STAGE
        edit = await rig.change_requests.correct(name, {Locale.EN: "At noon."}, signed=signed(rig, APPROVER))
        await rig.change_requests.agree(edit.request.request_id, signed=signed(rig, OWNER))
        corrected = await rig.change_requests.agree(waiting.request_id, signed=signed(rig, OWNER))
        assert corrected.outcome is CommandOutcome.WRONG_STAGE
        assert len(rig.tables.occurrences) == 1

    run_virtually(scenario())


def test_D47_who_has_unsubscribed_since_gets_no_second_copy():
    async def scenario():
        rig = await delivered()
        await rig.parts.subscribers.mark_gone(ChatId(2))
        await resent(rig)
        assert rig.announcement_sender.chats[4:] == [3]

    run_virtually(scenario())


def test_D47_a_pause_and_a_resume_bring_nobody_else_into_the_repetition():
    async def scenario():
        rig = await delivered()
        request = (await asked(rig)).request
        await rig.change_requests.agree(request.request_id, signed=signed(rig, OWNER))
        name = first(rig).announcement_id
        assert (await rig.lifecycle.pause(name, actor=OWNER, now=rig.now)).is_done
        await rig.parts.subscribe(range(5, 9))
        assert (await rig.lifecycle.resume(name, actor=OWNER, now=rig.now)).is_done
        await rig.deliver()
        assert rig.announcement_sender.chats[4:] == [2, 3]

    run_virtually(scenario())


def test_D47_a_correction_reaches_the_copies_that_were_sent_once_more():
    async def scenario():
        rig = await delivered()
        await resent(rig)
        name = first(rig).occurrence_id
        edit = await rig.change_requests.correct(name, {Locale.EN: "At noon."}, signed=signed(rig, APPROVER, 4))
        assert edit.is_done
        await rig.change_requests.agree(edit.request.request_id, signed=signed(rig, OWNER, 4))
        await rig.deliver()
        assert sorted(outgoing.chat_id for outgoing, _ in rig.announcement_sender.edits) == [1, 2, 3, 4]

    run_virtually(scenario())
