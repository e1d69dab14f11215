"""Parts that tell an observer what goes through them do and raise what they did before."""

from __future__ import annotations

import asyncio
from datetime import date

import numpy as np
import pytest

from bot.announcements.model import Receipt, SendOutcome
from bot.announcements.ports import Leave
from bot.answering.model import Answer, Loss, LostBy, Outcome, Question
from bot.app.observed import ObservedAnnouncementSender, ObservedAnswerer, ObservedEmbedder
from bot.errors import NothingPublishedError
from bot.ids import ChatId, Locale
from bot.observing import Happening, Work
from tests.support.fake_observer import FakeObserver

QUESTION = Question("How many seats has the hall?", date(2026, 11, 28), app_locale=Locale.KK)


class Says:
    """Implements `bot.chat.ports.Answerer`: gives one answer, or fails."""

    def __init__(self, answer: Answer | BaseException) -> None:
        self.told = answer

    async def answer(self, question, *, on_sentence=None):
        if isinstance(self.told, BaseException):
            raise self.told
        return self.told

    def section(self, key, locale, today):
        return (key, locale, today)

    def topics(self, today):
        return (today,)

    def documents(self, topic, locale, today):
        return (topic, locale, today)


async def asked(told: Answer | BaseException) -> FakeObserver:
    observer = FakeObserver()
    observed = ObservedAnswerer(Says(told), observer)
    if isinstance(told, Answer):
        assert await observed.answer(QUESTION) is told
    else:
        with pytest.raises(type(told)):
            await observed.answer(QUESTION)
    return observer


async def test_a_question_is_told_by_its_outcome_language_and_steps():
    steps = {"clean": 1.0, "retrieve": 20.0, "model": 300.0}
    observer = await asked(Answer(Outcome.ANSWERED, Locale.FA, Locale.EN, composed=True, steps=steps))
    [facts] = observer.of(Work.QUESTION)
    assert facts == {"language": "fa", "outcome": "answered", "composed": "yes"}
    assert [facts["step"] for facts in observer.of(Work.STEP)] == ["clean", "retrieve", "model"]
    assert [took_s for _facts, took_s, _ago in observer.times] == [0.001, 0.02, 0.3]
    assert [ago_s for *_, ago_s in observer.times] == [0.0, 0.0, 0.0], "no step lies in the future"


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.OFFERED, Outcome.ANSWERED])
async def test_a_lost_question_is_told_with_the_step_that_lost_it_and_a_found_one_without(outcome: Outcome):
    observer = await asked(Answer(outcome, Locale.EN, Locale.EN, loss=Loss(LostBy.EXPIRED, None, ())))
    [facts] = observer.of(Work.QUESTION)
    assert facts.get("lost_by") == (None if outcome is Outcome.ANSWERED else "expired")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ValueError("purple umbrellas"), "failed"),
        (NothingPublishedError("nothing yet"), "nothing_published"),
        (asyncio.CancelledError(), "cut_short"),
    ],
)
async def test_a_question_without_an_answer_is_told_by_the_reason_in_the_app_s_language(error, outcome: str):
    [facts] = (await asked(error)).of(Work.QUESTION)
    assert (facts["outcome"], facts["language"]) == (outcome, "kk")


def test_browsing_goes_through_as_it_is():
    says = Says(Answer(Outcome.EMPTY, Locale.EN, Locale.EN))
    observed = ObservedAnswerer(says, FakeObserver())
    day = date(2026, 11, 28)
    assert observed.topics(day) == says.topics(day)
    assert observed.documents("venue", Locale.EN, day) == says.documents("venue", Locale.EN, day)


class Embeds:
    """Implements `bot.adapters.index.version_retriever.QuestionEmbedder`."""

    identity = "model"

    def __init__(self) -> None:
        self.known: set[str] = set()

    async def question(self, text):
        self.known.add(text)
        return np.ones(3, dtype=np.float32)

    def remembers(self, text):
        return text in self.known


async def test_only_what_is_really_embedded_is_told_as_that():
    observer = FakeObserver()
    embedder = ObservedEmbedder(Embeds(), observer)
    for _ in range(3):
        assert (await embedder.question("a question")).shape == (3,)
    assert observer.of(Work.STEP) == [{"step": "embed"}]
    assert embedder.remembers("a question")
    assert embedder.identity == "model"


class Sends:
    """Implements `bot.announcements.ports.AnnouncementSender` and its turns."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def turns(self, *, limit, is_paid):
        return Leave([self] * limit, 0.5)

    def seat(self, chat_id):
        return 1.5

    async def deliver(self, outgoing):
        return Receipt(outcome=SendOutcome.GONE)

    def give_back(self):
        self.calls.append("give_back")

    async def edit(self, outgoing, message_id):
        return Receipt(outcome=SendOutcome.SENT)

    async def delete(self, chat_id, message_id):
        return Receipt(outcome=SendOutcome.SENT)


async def test_each_try_to_send_a_copy_is_told_by_what_it_proved_in_a_turn_or_without():
    observer, sends = FakeObserver(), Sends()
    sender = ObservedAnnouncementSender(sends, observer)
    leave = await sender.turns(limit=2, is_paid=False)
    assert (len(leave.turns), leave.pause_s) == (2, 0.5)
    assert leave.turns[0].seat(ChatId(1)) == 1.5
    leave.turns[1].give_back()
    assert sends.calls == ["give_back"]
    for receipt in (await leave.turns[0].deliver(None), await sender.deliver(None)):
        assert receipt.outcome is SendOutcome.GONE
    assert observer.happenings == [(Happening.COPY, 1.0, {"result": "gone"})] * 2
    assert (await sender.edit(None, 1)).outcome is (await sender.delete(ChatId(1), 1)).outcome is SendOutcome.SENT
