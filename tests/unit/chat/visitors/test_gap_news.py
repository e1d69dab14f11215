"""«Tell me when you know», the message that tells, and what a tap below an offer says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answering.model import Answer, Loss, LostBy, Offer, Outcome, Suggestion
from bot.chat.text import texts
from bot.chat.visitors.gap_news import GapNews
from bot.gaps.model import FoundAnswer, Told, Watch
from bot.ids import Locale, VisitorId
from tests.support.chat_rig import ANSWER, KEY, NOW, Rig, group_message

LOSS = Loss(LostBy.LOW_CONFIDENCE, KEY, (Locale.EN,))
REFUSED = Answer(
    Outcome.UNKNOWN, Locale.EN, Locale.EN, suggestions=(Suggestion(KEY, "Where do the trains go?"),), loss=LOSS
)
OFFERED = Answer(Outcome.OFFERED, Locale.EN, Locale.EN, offers=(Offer(KEY, "Volumes", Locale.EN),), loss=replace(LOSS, by=LostBy.OFFERED))  # fmt: skip
WATCH = Watch("t1", VisitorId(11), "dog <inside>?", Locale.RU)


class Wishes:
    """Stands for the desk: keeps what is wished."""

    def __init__(self):
        self.kept = []

    async def wish(self, turn_id, visitor_id, *, now):
        self.kept.append((turn_id, visitor_id, now))


@pytest.fixture
async def rig():
    rig = await Rig(gaps=Wishes()).open()
    rig.answerer.answer_to = lambda question: REFUSED
    yield rig
    await rig.application.shutdown()


async def test_who_is_refused_may_wish_to_be_told(rig):
    await rig.write("dog inside?")
    [turn] = rig.state.turns.values()
    assert (turn.loss, turn.offered, turn.tapped) == (LOSS, (KEY,), None)
    await rig.press(rig.telegram.button("Tell me"))
    assert rig.telegram.sent("answerCallbackQuery")[-1]["text"] == "I will write to you once I know."
    assert rig.dispatcher._app.gaps.kept == [(turn.turn_id, 11, NOW)]


async def test_the_wish_is_offered_below_a_refusal_in_a_private_chat_alone(rig):
    def labels():
        return [button["text"] for button in rig.telegram.keyboard()]

    await rig.handle(group_message("@scoda_test_bot dog inside?"))
    assert not [label for label in labels() if "Tell me" in label]
    for answer in (ANSWER, OFFERED, replace(REFUSED, outcome=Outcome.DECLINED_POLITICS)):
        rig.answerer.answer_to = lambda question, answer=answer: answer
        await rig.write("dog inside?")
        assert not [label for label in labels() if "Tell me" in label]
    assert [turn.loss and turn.loss.by for turn in rig.state.turns.values()] == [LostBy.LOW_CONFIDENCE, None, LostBy.OFFERED, None]  # fmt: skip


async def test_a_tap_below_an_offer_or_a_refusal_marks_its_turn(rig):
    await rig.write("dog inside?")
    rig.answerer.answer_to = lambda question: ANSWER
    await rig.press(rig.telegram.button("Where do the trains go?"))
    rig.answerer.answer_to = lambda question: OFFERED
    await rig.write("and trains?")
    await rig.press(rig.telegram.button("Volumes"))
    assert [turn.tapped for turn in rig.state.turns.values()] == [KEY, None, KEY]
    assert [turn_id for turn_id, _ in rig.state.shown] == [list(rig.state.turns)[2]], "the offered section was shown"


async def test_a_section_in_place_of_an_answer_was_shown(rig):
    await rig.write("dog inside?")
    await rig.press(rig.telegram.button("Where do the trains go?"))
    first, second = rig.state.turns.values()
    assert first.outcome is second.outcome is Outcome.UNKNOWN
    assert list(rig.state.shown) == [(second.turn_id, KEY)]


async def test_who_says_that_nothing_offered_fits_may_wish_to_be_told_and_the_turn_is_lost_at_once(rig):
    rig.answerer.answer_to = lambda question: OFFERED
    await rig.write("dog inside?")
    [turn] = rig.state.turns.values()
    labels = [button["text"] for button in rig.telegram.keyboard()]
    assert labels == ["Volumes", "🚫 None of these", "📚 Topics"]
    await rig.press(rig.telegram.button("None of these"))
    shown = rig.telegram.sent("editMessageText")[-1]
    assert texts.unknown(rig.dispatcher._app.catalogs.translator(Locale.EN)) in shown["text"]
    assert [button["text"] for button in rig.telegram.keyboard()] == ["🔔 Tell me when known", "📚 Topics"]
    assert rig.state.rejected == {turn.turn_id}
    await rig.press(rig.telegram.button("Tell me"))
    assert rig.dispatcher._app.gaps.kept == [(turn.turn_id, 11, NOW)]


async def test_in_a_group_nothing_follows_from_saying_so_and_it_is_not_offered(rig):
    rig.answerer.answer_to = lambda question: OFFERED
    await rig.handle(group_message("@scoda_test_bot dog inside?"))
    assert [button["text"] for button in rig.telegram.keyboard()] == ["Volumes", "📚 Topics"]


async def news(rig):
    return await GapNews(rig.dispatcher._app, now=lambda: NOW)(FoundAnswer(WATCH, KEY))


async def test_the_news_speak_the_language_of_the_question_and_ask_it_again(rig):
    assert await news(rig) is Told.SENT
    [sent] = rig.telegram.sent()
    assert "dog &lt;inside&gt;?" in sent["text"]
    rig.answerer.answer_to = lambda question: ANSWER
    await rig.press(rig.telegram.keyboard()[0]["callback_data"])
    assert rig.answerer.asked[-1].text == "dog <inside>?"


async def test_what_telegram_says_tells_what_became_of_the_news(rig):
    rig.telegram.refuse("sendMessage", 403, "Forbidden: bot was blocked by the user")
    await rig.write("hello")  # so that there is a visitor
    rig.telegram.refuse("sendMessage", 403, "Forbidden: bot was blocked by the user")
    assert await news(rig) is Told.GONE
    assert rig.visitor().is_reachable is False
    rig.telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 5", retry_after=5)
    assert await news(rig) is Told.NOT_SENT
    rig.telegram.script("sendMessage", (502, b"<html>"))
    assert await news(rig) is Told.IN_DOUBT
