"""Rows A12 and A13 of the fault table: what was delivered to many is changed by two, and can be put back."""

from __future__ import annotations

import pytest

from bot.announcements.actions import Verdict
from bot.announcements.model import CorrectionState, OccurrenceId, Organiser, RequestState, Role
from bot.announcements.second_look import Signed
from bot.ids import Locale, VisitorId
from tests.support.announcing import APPROVER, AUTHOR, OWNER, START, STRANGER, TEXTS, House
from tests.support.virtual_time import run_virtually

EN, RU = Locale.EN, Locale.RU
SECOND = VisitorId(104)
BETTER = {EN: "The forum starts at eleven."}
FIRST_TWO = {EN: "The forum starts at eleven.", RU: "Форум начинается в одиннадцать."}


async def delivered() -> House:
    """Three copies are out, two of them in English; there are two approvers."""
    house = House()
    await house.parts.subscribe([1, 2])
    await house.parts.subscribe([3], locale=RU)
    await house.approved()
    await house.deliver()
    organiser = Organiser(visitor_id=SECOND, role=Role.APPROVER, granted_by=None, granted_at=START)
    await house.parts.organisers.grant(organiser)
    return house


def signed(house: House, actor: VisitorId, copies: int = 3, version: int | None = None) -> Signed:
    return Signed(actor=actor, now=house.now, copies=copies, version=version)


async def asked(house: House, texts=None, *, actor: VisitorId = APPROVER) -> str:
    """The id of a request that somebody else must agree to."""
    name = house.occurrence.occurrence_id
    decision = await house.second_look.correct(name, texts or BETTER, signed=signed(house, actor))
    assert decision.is_done, decision
    assert decision.request is not None
    return decision.request.request_id


async def corrected(house: House, texts=None) -> None:
    """Two agree, and the copies are edited."""
    await house.second_look.agree(await asked(house, texts), signed=signed(house, SECOND))
    await house.deliver()


def test_A12_what_was_delivered_stays_until_another_agrees():
    async def scenario():
        house = await delivered()
        request = await asked(house)
        await house.deliver()
        assert house.courier.edits == []
        assert house.tables.corrections == {}
        own = await house.second_look.agree(request, signed=signed(house, APPROVER))
        assert own.verdict is Verdict.OWN_WORK
        assert (await house.second_look.agree(request, signed=signed(house, SECOND))).is_done
        await house.deliver()
        assert [(parcel.chat_id, parcel.text) for parcel, _ in house.courier.edits] == [
            (1, BETTER[EN]),
            (2, BETTER[EN]),
        ]
        assert set(house.tables.correction_rows.values()) == {
            CorrectionState.DONE,
            CorrectionState.UNTOUCHED,
        }

    run_virtually(scenario())


@pytest.mark.parametrize("actor", [AUTHOR, STRANGER, OWNER, SECOND, APPROVER])
def test_A12_only_another_with_the_right_to_approve_agrees(actor):
    async def scenario():
        house = await delivered()
        request = await asked(house)
        decision = await house.second_look.agree(request, signed=signed(house, actor))
        assert decision.is_done is (actor in (OWNER, SECOND))
        assert bool(house.tables.corrections) is (actor in (OWNER, SECOND))

    run_virtually(scenario())


@pytest.mark.parametrize("actor", [AUTHOR, STRANGER])
def test_A12_who_may_not_approve_may_not_ask_either_and_is_told_no_number(actor):
    async def scenario():
        house = await delivered()
        name = house.occurrence.occurrence_id
        decision = await house.second_look.correct(name, BETTER, signed=signed(house, actor, copies=99))
        assert decision.verdict is Verdict.NOT_ALLOWED
        assert house.tables.requests == {}
        assert house.tables.audit[-1].action == "correct_asked_denied"

    run_virtually(scenario())


@pytest.mark.parametrize("copies", [-1, 0, 2, 4])
def test_A12_another_number_than_that_of_the_copies_changes_nothing(copies):
    async def scenario():
        house = await delivered()
        name = house.occurrence.occurrence_id
        wrong = await house.second_look.correct(name, BETTER, signed=signed(house, APPROVER, copies=copies))
        assert wrong.verdict is Verdict.WRONG_COUNT
        assert house.tables.requests == {}
        request = await asked(house)
        wrong = await house.second_look.agree(request, signed=signed(house, SECOND, copies=copies))
        assert wrong.verdict is Verdict.WRONG_COUNT
        assert house.tables.corrections == {}

    run_virtually(scenario())


def test_A12_an_owner_alone_does_it_loudly_and_an_approver_alone_does_not():
    async def scenario():
        house = await delivered()
        request = await asked(house)
        refused = await house.second_look.agree_in_emergency(request, signed=signed(house, APPROVER))
        assert refused.verdict is Verdict.NOT_ALLOWED
        others = await house.second_look.agree_in_emergency(request, signed=signed(house, OWNER))
        assert others.verdict is Verdict.NOT_ALLOWED, "an emergency is for one's own; this is plainly agreed to"
        own = await asked(house, actor=OWNER)
        assert (await house.second_look.agree_in_emergency(own, signed=signed(house, OWNER))).is_done
        assert house.parts.tell.told[-1][:2] == (frozenset(Role), "correct_agreed_in_emergency")

    run_virtually(scenario())


def test_A12_a_request_is_carried_out_once_and_not_after_it_was_refused():
    async def scenario():
        house = await delivered()
        first, second = await asked(house), await asked(house)
        await house.second_look.agree(first, signed=signed(house, SECOND))
        again = await house.second_look.agree(first, signed=signed(house, OWNER))
        assert again.verdict is Verdict.WRONG_STAGE
        assert (await house.second_look.refuse(second, actor=SECOND, now=house.now)).is_done
        refused = await house.second_look.agree(second, signed=signed(house, OWNER))
        assert refused.verdict is Verdict.WRONG_STAGE
        assert len(house.tables.corrections) == 1
        assert [one.state for one in house.tables.requests.values()] == [RequestState.AGREED, RequestState.REFUSED]

    run_virtually(scenario())


def test_A12_nobody_agrees_to_words_whose_ground_has_changed_since():
    async def scenario():
        house = await delivered()
        overtaken = await asked(house, {EN: "It starts at twelve."})
        beside = await asked(house, {RU: "Начало в двенадцать."})
        await corrected(house)
        late = await house.second_look.agree(overtaken, signed=signed(house, SECOND))
        assert late.verdict is Verdict.CHANGED_MEANWHILE
        assert (await house.second_look.agree(beside, signed=signed(house, SECOND))).is_done

    run_virtually(scenario())


def test_A12_what_is_going_out_or_was_withdrawn_is_not_corrected():
    async def scenario():
        house = await delivered()
        request = await asked(house)
        await house.steering.withdraw(house.occurrence.announcement_id, actor=OWNER, now=house.now)
        late = await house.second_look.agree(request, signed=signed(house, SECOND))
        assert late.verdict is Verdict.WRONG_STAGE
        gone = await house.second_look.correct(OccurrenceId("none"), BETTER, signed=signed(house, SECOND))
        assert gone.verdict is Verdict.NOT_FOUND

    run_virtually(scenario())


def test_A12_a_language_in_which_nothing_went_out_is_named_as_the_problem():
    async def scenario():
        house = await delivered()
        name = house.occurrence.occurrence_id
        for texts in ({Locale.ZH: "十一点"}, {EN: " "}, {EN: "x" * 5000}, {}):
            decision = await house.second_look.correct(name, texts, signed=signed(house, APPROVER))
            assert decision.verdict is Verdict.HAS_PROBLEMS, texts
        assert house.tables.requests == {}

    run_virtually(scenario())


def test_A12_a_request_for_an_older_version_of_the_announcement_is_refused():
    async def scenario():
        house = await delivered()
        [announcement] = house.tables.announcements.values()
        name = house.occurrence.occurrence_id
        old = await house.second_look.correct(
            name, BETTER, signed=signed(house, APPROVER, version=announcement.version - 1)
        )
        assert old.verdict is Verdict.CHANGED_MEANWHILE
        now = await house.second_look.correct(
            name, BETTER, signed=signed(house, APPROVER, version=announcement.version)
        )
        assert now.is_done

    run_virtually(scenario())


def test_A13_the_text_before_the_latest_correction_comes_back_by_two():
    async def scenario():
        house = await delivered()
        await corrected(house, FIRST_TWO)
        await corrected(house, {EN: "It starts at twelve."})
        name = house.occurrence.occurrence_id
        assert await house.second_look.earlier_texts(name) == {EN: FIRST_TWO[EN]}
        request = (await house.second_look.put_back(name, signed=signed(house, APPROVER))).request
        assert request is not None
        assert request.replaces == {EN: "It starts at twelve."}
        own = await house.second_look.agree(request.request_id, signed=signed(house, APPROVER))
        assert own.verdict is Verdict.OWN_WORK
        assert (await house.second_look.agree(request.request_id, signed=signed(house, SECOND))).is_done
        house.courier.edits.clear()
        await house.deliver()
        assert [(parcel.chat_id, parcel.text) for parcel, _ in house.courier.edits] == [
            (1, FIRST_TWO[EN]),
            (2, FIRST_TWO[EN]),
        ]

    run_virtually(scenario())


def test_A13_after_one_correction_what_was_sent_at_first_comes_back_and_before_it_nothing():
    async def scenario():
        house = await delivered()
        name = house.occurrence.occurrence_id
        assert await house.second_look.earlier_texts(name) == {}
        nothing = await house.second_look.put_back(name, signed=signed(house, APPROVER))
        assert nothing.verdict is Verdict.WRONG_STAGE
        await corrected(house, FIRST_TWO)
        assert await house.second_look.earlier_texts(name) == TEXTS
        assert (await house.second_look.put_back(name, signed=signed(house, APPROVER))).is_done

    run_virtually(scenario())
