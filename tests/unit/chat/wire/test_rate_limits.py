"""What one visitor may ask within a minute, and what the answers may cost."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from bot.chat.context import CPU_S_PER_MINUTE
from bot.chat.wire.rate_limits import Admission, CpuBudget, RateLimit
from bot.settings import LimitSettings
from tests.support.chat_rig import ANSWER, NOW, FakeAnswerer, Rig, group_message, person, press

ANN, BOB = 11, 12


def at(seconds: float):
    return NOW + timedelta(seconds=seconds)


def test_answers_are_given_until_the_budget_is_used_up():
    budget = CpuBudget(6.0)
    for second in (0, 10, 20):
        assert budget.admit(ANN, at(second)) is Admission.ADMITTED
        budget.spend(ANN, at(second), 2.0)
    assert budget.admit(ANN, at(30)) is Admission.NOTICE
    assert budget.admit(ANN, at(31)) is Admission.DROPPED
    assert budget.admit(BOB, at(31)) is Admission.ADMITTED


def test_what_was_spent_a_minute_ago_counts_no_longer():
    budget = CpuBudget(6.0)
    budget.spend(ANN, at(0), 5.0)
    budget.spend(ANN, at(30), 5.0)
    assert budget.admit(ANN, at(59)) is Admission.NOTICE
    assert budget.admit(ANN, at(60)) is Admission.ADMITTED
    budget.spend(ANN, at(61), 5.0)
    assert budget.admit(ANN, at(62)) is Admission.NOTICE


def test_a_budget_is_used_up_without_a_word_for_who_needs_none():
    budget = CpuBudget(6.0)
    budget.spend(ANN, at(0), 6.0)
    assert budget.is_used_up(ANN, at(1))
    assert budget.admit(ANN, at(1)) is Admission.NOTICE


def test_many_small_steps_of_one_answer_are_one_entry():
    budget = CpuBudget(6.0)
    for _ in range(1000):
        budget.spend(ANN, at(0), 0.005)
    assert len(budget._spent[ANN]) == 1
    assert not budget.is_used_up(ANN, at(1))


def test_only_so_many_visitors_are_remembered():
    budget = CpuBudget(6.0)
    for visitor_id in range(20_010):
        budget.spend(visitor_id, at(0), 6.0)
        budget.admit(visitor_id, at(0))
    assert len(budget._spent) == 20_000
    assert len(budget._noticed) == 20_000


def test_the_setting_and_the_chat_have_the_same_default():
    assert LimitSettings().cpu_s_per_minute == CPU_S_PER_MINUTE


class DearAnswerer(FakeAnswerer):
    """Each answer takes two seconds of a processor, as the clock below tells."""

    took_s = 0.0

    async def answer(self, question, *, on_sentence=None):
        self.asked.append(question)
        await asyncio.sleep(0)
        DearAnswerer.took_s += 2.0
        return ANSWER


@pytest.fixture
async def rig(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    monkeypatch.setattr(time, "thread_time", lambda: DearAnswerer.took_s)
    rig = Rig()
    rig.answerer = DearAnswerer()
    rig = await rig.open()
    yield rig
    await rig.application.shutdown()


async def test_who_asks_dear_questions_is_asked_to_wait_sooner(rig):
    for _ in range(6):
        await rig.write("question")
    assert len(rig.answerer.asked) == 3
    assert len(rig.telegram.texts()) == 4
    assert "minute" in rig.telegram.texts()[-1]


async def test_a_minute_later_there_are_answers_again_and_others_never_waited(rig):
    for _ in range(4):
        await rig.write("question")
    await rig.write("question", user=person(BOB))
    assert len(rig.answerer.asked) == 4
    rig.now += timedelta(minutes=1)
    await rig.write("question")
    assert len(rig.answerer.asked) == 5


async def test_buttons_inline_queries_and_groups_cost_the_same_budget(rig):
    await rig.write("question")
    await rig.handle(press(rig.telegram.button("Where do the trains go?")))
    await rig.handle({"inline_query": {"id": "i1", "from": person(), "query": "how many trains", "offset": ""}})
    assert len(rig.answerer.asked) == 3
    await rig.handle({"inline_query": {"id": "i2", "from": person(), "query": "how many trains", "offset": ""}})
    await rig.handle(group_message("@scoda_test_bot how many?"))
    assert len(rig.answerer.asked) == 3
    assert rig.telegram.sent("answerInlineQuery")[-1]["results"] == []


async def test_rights_are_answered_whatever_was_spent(rig):
    for _ in range(5):
        await rig.write("question")
    answered = len(rig.telegram.texts())
    await rig.write("/privacy")
    assert len(rig.telegram.texts()) == answered + 1


def test_what_was_admitted_elsewhere_counts_and_leaves_the_notice_to_be_given():
    limit = RateLimit(2)
    for _ in range(5):
        limit.count(1, NOW)
    assert [limit.admit(1, NOW) for _ in range(2)] == [Admission.NOTICE, Admission.DROPPED]
