"""Rows A12 and A13 of the fault table (tests/faults/README.md): what was delivered to many is changed by two, and can be put back."""

from __future__ import annotations

import pytest

from bot.announcements.actions import CommandOutcome
from bot.announcements.change_requests import Signed
from bot.announcements.model import ORGANISER_ROLES, ChangeRequestState, CorrectionState, OccurrenceId, Organiser, Role
from bot.ids import Locale, VisitorId
from tests.support.announcement_rig import APPROVER, AUTHOR, OWNER, START, STRANGER, TEXTS, AnnouncementRig
from tests.support.virtual_time import run_virtually

EN, RU = Locale.EN, Locale.RU
SECOND = VisitorId(104)
BETTER = {EN: "The forum starts at eleven."}
FIRST_TWO = {EN: "The forum starts at eleven.", RU: "Форум начинается в одиннадцать."}


async def delivered() -> AnnouncementRig:
    """Three copies are out, two of them in English; there are two approvers."""
    rig = AnnouncementRig()
    await rig.parts.subscribe([1, 2])
    await rig.parts.subscribe([3], locale=RU)
    await rig.approved()
    await rig.deliver()
    organiser = Organiser(visitor_id=SECOND, role=Role.APPROVER, granted_by=None, granted_at=START)
    await rig.parts.organisers.grant(organiser)
    return rig


def signed(rig: AnnouncementRig, actor: VisitorId, copies: int = 3, version: int | None = None) -> Signed:
    return Signed(actor=actor, now=rig.now, copies=copies, version=version)


async def asked(rig: AnnouncementRig, texts=None, *, actor: VisitorId = APPROVER) -> str:
    """The id of a request that somebody else must agree to."""
    name = rig.occurrence.occurrence_id
    decision = await rig.change_requests.correct(name, texts or BETTER, signed=signed(rig, actor))
    assert decision.is_done, decision
    assert decision.request is not None
    return decision.request.request_id


async def corrected(rig: AnnouncementRig, texts=None) -> None:
    """Two agree, and the copies are edited."""
    await rig.change_requests.agree(await asked(rig, texts), signed=signed(rig, SECOND))
    await rig.deliver()


def test_A12_what_was_delivered_stays_until_another_agrees():
    async def scenario():
        rig = await delivered()
        request = await asked(rig)
        await rig.deliver()
        assert rig.announcement_sender.edits == []
        assert rig.tables.corrections == {}
        own = await rig.change_requests.agree(request, signed=signed(rig, APPROVER))
        assert own.outcome is CommandOutcome.OWN_WORK
        assert (await rig.change_requests.agree(request, signed=signed(rig, SECOND))).is_done
        await rig.deliver()
        assert [(outgoing.chat_id, outgoing.text) for outgoing, _ in rig.announcement_sender.edits] == [
            (1, BETTER[EN]),
            (2, BETTER[EN]),
        ]
        assert set(rig.tables.correction_rows.values()) == {
            CorrectionState.DONE,
            CorrectionState.UNTOUCHED,
        }

    run_virtually(scenario())


@pytest.mark.parametrize("actor", [AUTHOR, STRANGER, OWNER, SECOND, APPROVER])
def test_A12_only_another_with_the_right_to_approve_agrees(actor):
    async def scenario():
        rig = await delivered()
        request = await asked(rig)
        decision = await rig.change_requests.agree(request, signed=signed(rig, actor))
        assert decision.is_done is (actor in (OWNER, SECOND))
        assert bool(rig.tables.corrections) is (actor in (OWNER, SECOND))

    run_virtually(scenario())


@pytest.mark.parametrize("actor", [AUTHOR, STRANGER])
def test_A12_who_may_not_approve_may_not_ask_either_and_is_told_no_number(actor):
    async def scenario():
        rig = await delivered()
        name = rig.occurrence.occurrence_id
        decision = await rig.change_requests.correct(name, BETTER, signed=signed(rig, actor, copies=99))
        assert decision.outcome is CommandOutcome.NOT_ALLOWED
        assert rig.tables.requests == {}
        assert rig.tables.audit[-1].action == "correct_asked_denied"

    run_virtually(scenario())


@pytest.mark.parametrize("copies", [-1, 0, 2, 4])
def test_A12_another_number_than_that_of_the_copies_changes_nothing(copies):
    async def scenario():
        rig = await delivered()
        name = rig.occurrence.occurrence_id
        wrong = await rig.change_requests.correct(name, BETTER, signed=signed(rig, APPROVER, copies=copies))
        assert wrong.outcome is CommandOutcome.WRONG_COUNT
        assert rig.tables.requests == {}
        request = await asked(rig)
        wrong = await rig.change_requests.agree(request, signed=signed(rig, SECOND, copies=copies))
        assert wrong.outcome is CommandOutcome.WRONG_COUNT
        assert rig.tables.corrections == {}

    run_virtually(scenario())


def test_A12_an_owner_alone_does_it_loudly_and_an_approver_alone_does_not():
    async def scenario():
        rig = await delivered()
        request = await asked(rig)
        refused = await rig.change_requests.agree_in_emergency(request, signed=signed(rig, APPROVER))
        assert refused.outcome is CommandOutcome.NOT_ALLOWED
        others = await rig.change_requests.agree_in_emergency(request, signed=signed(rig, OWNER))
        assert others.outcome is CommandOutcome.NOT_ALLOWED, "an emergency is for one's own; this is plainly agreed to"
        own = await asked(rig, actor=OWNER)
        assert (await rig.change_requests.agree_in_emergency(own, signed=signed(rig, OWNER))).is_done
        roles, event = rig.parts.notified.told[-1]
        assert (roles, event.name) == (ORGANISER_ROLES, "correct_agreed_in_emergency")

    run_virtually(scenario())


def test_A12_a_request_is_carried_out_once_and_not_after_it_was_refused():
    async def scenario():
        rig = await delivered()
        first, second = await asked(rig), await asked(rig)
        await rig.change_requests.agree(first, signed=signed(rig, SECOND))
        again = await rig.change_requests.agree(first, signed=signed(rig, OWNER))
        assert again.outcome is CommandOutcome.WRONG_STAGE
        assert (await rig.change_requests.refuse(second, actor=SECOND, now=rig.now)).is_done
        refused = await rig.change_requests.agree(second, signed=signed(rig, OWNER))
        assert refused.outcome is CommandOutcome.WRONG_STAGE
        assert len(rig.tables.corrections) == 1
        assert [one.state for one in rig.tables.requests.values()] == [
            ChangeRequestState.AGREED,
            ChangeRequestState.REFUSED,
        ]

    run_virtually(scenario())


def test_A12_nobody_agrees_to_words_whose_ground_has_changed_since():
    async def scenario():
        rig = await delivered()
        overtaken = await asked(rig, {EN: "It starts at twelve."})
        beside = await asked(rig, {RU: "Начало в двенадцать."})
        await corrected(rig)
        late = await rig.change_requests.agree(overtaken, signed=signed(rig, SECOND))
        assert late.outcome is CommandOutcome.CHANGED_MEANWHILE
        assert (await rig.change_requests.agree(beside, signed=signed(rig, SECOND))).is_done

    run_virtually(scenario())


def test_A12_what_is_going_out_or_was_withdrawn_is_not_corrected():
    async def scenario():
        rig = await delivered()
        request = await asked(rig)
        await rig.lifecycle.withdraw(rig.occurrence.announcement_id, actor=OWNER, now=rig.now)
        late = await rig.change_requests.agree(request, signed=signed(rig, SECOND))
        assert late.outcome is CommandOutcome.WRONG_STAGE
        gone = await rig.change_requests.correct(OccurrenceId("none"), BETTER, signed=signed(rig, SECOND))
        assert gone.outcome is CommandOutcome.NOT_FOUND

    run_virtually(scenario())


def test_A12_a_language_in_which_nothing_went_out_is_named_as_the_problem():
    async def scenario():
        rig = await delivered()
        name = rig.occurrence.occurrence_id
        for texts in ({Locale.ZH: "十一点"}, {EN: " "}, {EN: "x" * 5000}, {}):
            decision = await rig.change_requests.correct(name, texts, signed=signed(rig, APPROVER))
            assert decision.outcome is CommandOutcome.HAS_PROBLEMS, texts
        assert rig.tables.requests == {}

    run_virtually(scenario())


def test_A12_a_request_for_an_older_version_of_the_announcement_is_refused():
    async def scenario():
        rig = await delivered()
        [announcement] = rig.tables.announcements.values()
        name = rig.occurrence.occurrence_id
        old = await rig.change_requests.correct(
            name, BETTER, signed=signed(rig, APPROVER, version=announcement.version - 1)
        )
        assert old.outcome is CommandOutcome.CHANGED_MEANWHILE
        now = await rig.change_requests.correct(
            name, BETTER, signed=signed(rig, APPROVER, version=announcement.version)
        )
        assert now.is_done

    run_virtually(scenario())


def test_A13_the_text_before_the_latest_correction_comes_back_by_two():
    async def scenario():
        rig = await delivered()
        await corrected(rig, FIRST_TWO)
        await corrected(rig, {EN: "It starts at twelve."})
        name = rig.occurrence.occurrence_id
        assert await rig.change_requests.earlier_texts(name) == {EN: FIRST_TWO[EN]}
        request = (await rig.change_requests.put_back(name, signed=signed(rig, APPROVER))).request
        assert request is not None
        assert request.replaces == {EN: "It starts at twelve."}
        own = await rig.change_requests.agree(request.request_id, signed=signed(rig, APPROVER))
        assert own.outcome is CommandOutcome.OWN_WORK
        assert (await rig.change_requests.agree(request.request_id, signed=signed(rig, SECOND))).is_done
        rig.announcement_sender.edits.clear()
        await rig.deliver()
        assert [(outgoing.chat_id, outgoing.text) for outgoing, _ in rig.announcement_sender.edits] == [
            (1, FIRST_TWO[EN]),
            (2, FIRST_TWO[EN]),
        ]

    run_virtually(scenario())


def test_A13_after_one_correction_what_was_sent_at_first_comes_back_and_before_it_nothing():
    async def scenario():
        rig = await delivered()
        name = rig.occurrence.occurrence_id
        assert await rig.change_requests.earlier_texts(name) == {}
        nothing = await rig.change_requests.put_back(name, signed=signed(rig, APPROVER))
        assert nothing.outcome is CommandOutcome.WRONG_STAGE
        await corrected(rig, FIRST_TWO)
        assert await rig.change_requests.earlier_texts(name) == TEXTS
        assert (await rig.change_requests.put_back(name, signed=signed(rig, APPROVER))).is_done

    run_virtually(scenario())
