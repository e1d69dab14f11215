"""/why: what an answer is based on, word for word, with files, dates and the version of the knowledge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.answering.model import Answer, Outcome
from bot.chat.context import VisitorRules
from bot.ids import Locale
from tests.support.chat_rig import ANSWER, BOT_ID, Rig, group_message, person

SECTION = "The hub handled <1,225> trains in 2025."


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = await Rig().open()
    rig.answerer.answer_to = lambda question: replace(ANSWER, knowledge_version=7)
    rig.answerer.section = lambda key, locale, today: Answer(
        Outcome.ANSWERED, locale, Locale.EN, (SECTION,), citations=ANSWER.citations, knowledge_version=7
    )
    yield rig
    await rig.application.shutdown()


def answer_of(rig: Rig) -> dict:
    """The last message with buttons, as Telegram gives it back inside a reply."""
    sent = [call for call in rig.telegram.sent() if "reply_markup" in call][-1]
    chat = {"id": int(sent["chat_id"]), "type": "private"}
    bot = {"id": BOT_ID, "is_bot": True, "first_name": "SCODA"}
    return {"message_id": 4, "date": 1, "chat": chat, "from": bot, "text": "…", "reply_markup": sent["reply_markup"]}


async def test_the_last_answer_is_explained_word_for_word(rig: Rig):
    await rig.write("How many trains?")
    await rig.write("/why")
    page = rig.telegram.texts()[-1]
    assert "What this answer is based on" in page
    assert "quoted from these passages" in page
    assert "<blockquote expandable>The hub handled &lt;1,225&gt; trains in 2025.</blockquote>" in page
    assert "File: en/logistics/trains.md#volumes" in page
    assert "January 5, 2026 · as of: June 1, 2026" in page
    assert "Version of the collection: 7" in page
    assert "was given from version" not in page


async def test_an_answer_that_a_model_worded_says_so_below_it_and_in_its_explanation(rig: Rig):
    rig.answerer.answer_to = lambda question: replace(ANSWER, knowledge_version=6, composed=True)
    await rig.write("How many trains?")
    assert "Worded by a language model and checked against:\n📄 Freight trains" in rig.telegram.texts()[-1]
    await rig.write("/why")
    page = rig.telegram.texts()[-1]
    assert "worded by a language model from these passages" in page
    assert "was given from version 6" in page


async def test_the_answer_that_is_replied_to_is_the_one_explained(rig: Rig):
    await rig.write("How many trains?")
    first = answer_of(rig)
    rig.answerer.answer_to = lambda question: Answer(Outcome.UNKNOWN, Locale.EN, Locale.EN)
    rig.now += timedelta(minutes=1)
    await rig.write("How many elephants?")
    await rig.write("/why")
    assert "not based on any passage" in rig.telegram.texts()[-1]
    await rig.write("/why", reply_to_message=first)
    assert "1,225" in rig.telegram.texts()[-1]


async def test_a_message_that_is_no_answer_is_not_explained_by_another(rig: Rig):
    await rig.write("How many trains?")
    bare = {name: value for name, value in answer_of(rig).items() if name != "reply_markup"}
    await rig.write("/why", reply_to_message=bare)
    assert "no answer to explain" in rig.telegram.texts()[-1]


async def test_there_is_nothing_to_explain_before_the_first_question_or_after_forgetting(rig: Rig):
    await rig.write("/why")
    assert "no answer to explain" in rig.telegram.texts()[-1]
    assert "/why" in rig.telegram.texts()[-1]


async def test_a_passage_that_is_gone_is_said_to_be_gone(rig: Rig):
    await rig.write("How many trains?")
    rig.answerer.section = lambda key, locale, today: None
    await rig.write("/why")
    assert "no longer valid" in rig.telegram.texts()[-1]


async def test_in_a_group_everybody_may_have_an_answer_explained(rig: Rig):
    await rig.handle(group_message("/ask How many trains?"))
    answer = answer_of(rig)
    answer["chat"] = {"id": -1001, "type": "supergroup", "title": "G"}
    await rig.handle(group_message("/why", user=person(22), reply_to_message=answer))
    assert "1,225" in rig.telegram.texts()[-1]
    await rig.handle(group_message("/why", user=person(22)))
    assert "no answer to explain" in rig.telegram.texts()[-1]


async def test_nobody_is_told_of_answers_in_another_chat(rig: Rig):
    await rig.write("How many trains?")
    answer = answer_of(rig)
    answer["chat"] = {"id": -1001, "type": "supergroup", "title": "G"}
    await rig.handle(group_message("/why", reply_to_message=answer))
    assert "no answer to explain" in rig.telegram.texts()[-1]


async def test_privacy_tells_where_questions_go():
    rig = await Rig(rules=VisitorRules(model_host="models.example.org")).open()
    await rig.write("/privacy")
    assert "a language model at models.example.org" in rig.telegram.texts()[-1]
    await rig.application.shutdown()


@pytest.mark.parametrize(
    ("hosts", "told"),
    [
        ({"search_host": "vectors.example.org"}, "a language model at vectors.example.org, which compares"),
        (
            {"model_host": "a.example", "search_host": "b.example"},
            "a language model at a.example, b.example, which words",
        ),
        ({"model_host": "a.example", "search_host": "a.example"}, "a language model at a.example, which words"),
    ],
)
async def test_S13_privacy_names_the_host_that_questions_are_searched_with(hosts: dict[str, str], told: str):
    rig = await Rig(rules=VisitorRules(**hosts)).open()
    await rig.write("/privacy")
    assert told in rig.telegram.texts()[-1]
    assert "Nothing is sold or passed on" not in rig.telegram.texts()[-1]
    await rig.application.shutdown()
