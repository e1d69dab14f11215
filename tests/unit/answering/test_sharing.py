"""One answer for all who ask the same, made once."""

from __future__ import annotations

import asyncio
import gc
import weakref
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.answering.model import Answer, Outcome, Question
from bot.answering.sharing import SharedAnswers
from bot.ids import Locale
from tests.support.answering_parts import BOLD, TODAY, GivenRetriever, answerer, ask, section, told

ANSWER = Answer(Outcome.ANSWERED, Locale.EN, Locale.EN, ("In July.",), score=0.9, steps={"clean": 1.0})
TOMORROW = TODAY.replace(day=TODAY.day + 1)


@dataclass
class SlowAnswerer:
    """Answers when it is let; what it does next, and what it was asked."""

    knowledge: Any = field(default_factory=lambda: GivenRetriever([], {}))
    asked: list[Question] = field(default_factory=list)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    fails: list[BaseException] = field(default_factory=list)

    async def answer(self, question: Question, *, on_sentence: object = None) -> Answer:
        self.asked.append(question)
        await self.may_end.wait()
        if self.fails:
            raise self.fails.pop()
        return ANSWER


@pytest.fixture
def slow():
    slow = SlowAnswerer()
    slow.may_end.set()
    return slow


async def asked_at_once(shared: SharedAnswers, *questions: Question) -> list[asyncio.Task[Answer]]:
    tasks = [asyncio.create_task(shared.answer(question)) for question in questions]
    await asyncio.sleep(0)
    return tasks


async def test_the_same_question_is_answered_once_and_the_second_answer_took_no_steps(slow):
    shared = SharedAnswers(slow)
    first, second = await shared.answer(ask("when is the expo")), await shared.answer(ask("when is the expo"))
    assert (first, second) == (ANSWER, ANSWER)
    assert (dict(first.steps), dict(second.steps)) == ({"clean": 1.0}, {})
    assert len(slow.asked) == 1


@pytest.mark.parametrize("text", ["  when is\nthe  expo ", "when is the expo\u200b", "WHEN IS THE EXPO"])
async def test_questions_that_the_answering_can_not_tell_apart_share_an_answer(slow, text):
    shared = SharedAnswers(slow)
    await shared.answer(ask("when is the expo"))
    await shared.answer(ask(text))
    assert len(slow.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        ask("where is the expo"),
        Question("when is the expo", TOMORROW),
        ask("when is the expo", chosen=Locale.RU),
        ask("when is the expo", app_locale=Locale.RU),
    ],
)
async def test_what_an_answer_depends_on_makes_it_another_one(slow, other):
    shared = SharedAnswers(slow)
    await shared.answer(ask("when is the expo"))
    await shared.answer(other)
    assert slow.asked[1:] == [other]


async def test_a_message_after_another_one_is_answered_for_itself(slow):
    shared, question = SharedAnswers(slow), ask("when is the expo", history=(told("where is it", "expo"),))
    for _ in range(2):
        await shared.answer(question)
    await shared.answer(ask("when is the expo"))
    assert len(slow.asked) == 3


async def test_other_knowledge_makes_all_answers_anew_and_the_former_is_let_go(slow):
    shared = SharedAnswers(slow)
    await shared.answer(ask("when is the expo"))
    former = weakref.ref(slow.knowledge)
    slow.knowledge = GivenRetriever([], {}, version=2)
    gc.collect()
    assert former() is None
    await shared.answer(ask("when is the expo"))
    assert len(slow.asked) == 2


async def test_an_answer_from_former_knowledge_is_not_kept_for_the_new(slow):
    slow.may_end.clear()
    shared = SharedAnswers(slow)
    [early] = await asked_at_once(shared, ask("when is the expo"))
    slow.knowledge = GivenRetriever([], {}, version=2)
    [late] = await asked_at_once(shared, ask("when is the expo"))
    slow.may_end.set()
    await early
    await late
    assert len(slow.asked) == 2
    await shared.answer(ask("when is the expo"))
    assert len(slow.asked) == 2


async def test_visitors_who_ask_the_same_at_once_share_one_answer_in_the_making(slow):
    slow.may_end.clear()
    shared = SharedAnswers(slow)
    tasks = await asked_at_once(shared, *[ask("when is the expo")] * 5, ask("where is it"))
    slow.may_end.set()
    assert [await task for task in tasks] == [ANSWER] * 6
    assert [question.text for question in slow.asked] == ["when is the expo", "where is it"]


async def test_who_gives_up_leaves_the_making_to_the_next(slow):
    slow.may_end.clear()
    shared = SharedAnswers(slow)
    first, *others = await asked_at_once(shared, *[ask("when is the expo")] * 3)
    first.cancel()
    await asyncio.wait([first])
    slow.may_end.set()
    assert [await task for task in others] == [ANSWER, ANSWER]
    assert len(slow.asked) == 2


async def test_who_gives_up_waiting_disturbs_nobody(slow):
    slow.may_end.clear()
    shared = SharedAnswers(slow)
    first, second, third = await asked_at_once(shared, *[ask("when is the expo")] * 3)
    second.cancel()
    await asyncio.wait([second])
    slow.may_end.set()
    assert (await first, await third) == (ANSWER, ANSWER)
    assert len(slow.asked) == 1


async def test_an_answer_that_failed_is_made_again(slow):
    slow.fails.append(RuntimeError("no memory"))
    shared = SharedAnswers(slow)
    with pytest.raises(RuntimeError):
        await shared.answer(ask("when is the expo"))
    assert await shared.answer(ask("when is the expo")) == ANSWER


@pytest.mark.parametrize("bounds", [{"most_answers": 2}, {"most_bytes": 2100}])
async def test_of_too_many_answers_those_go_that_nobody_asked_for_longest(slow, bounds):
    shared = SharedAnswers(slow, **bounds)
    for text in ("one day", "two days", "one day", "three days", "one day", "two days"):
        await shared.answer(ask(text))
    assert [question.text for question in slow.asked] == ["one day", "two days", "three days", "two days"]


async def test_a_shared_answer_is_that_of_the_answering():
    expo = section("expo", "The expo is in July.")
    alone = answerer(GivenRetriever([expo], {"expo": 0.9}), BOLD)
    shared = SharedAnswers(alone)
    answers = [await shared.answer(ask("when is the expo")) for _ in range(2)]
    assert answers == [await alone.answer(ask("when is the expo"))] * 2
    assert shared.section(expo.key, Locale.EN, TODAY) == alone.section(expo.key, Locale.EN, TODAY)
    assert shared.topics(TODAY) == alone.topics(TODAY)
    assert shared.documents("topic", Locale.EN, TODAY) == alone.documents("topic", Locale.EN, TODAY)
