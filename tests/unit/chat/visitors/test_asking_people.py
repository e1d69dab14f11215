"""«Ask a person» as the visitor sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.answering.model import Outcome
from bot.chat.text.privacy_pages import privacy_page
from bot.chat.text.rendering import plain
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.visitors.model import Retention
from tests.support.chat_rig import ANSWER, LOCALES, Rig, group_message, message
from tests.support.relay_chat import REFUSED, relay_chat


@pytest.fixture
async def rig(tmp_path):
    async with relay_chat(tmp_path) as rig:
        rig.answerer.answer_to = lambda _question: REFUSED
        yield rig


def labels(rig):
    return [button["text"] for button in rig.telegram.keyboard()]


async def test_nothing_of_it_shows_where_no_group_is_set():
    rig = await Rig().open()
    rig.answerer.answer_to = lambda _question: REFUSED
    await rig.write("dog inside?")
    assert not [label for label in labels(rig) if "person" in label]
    await rig.write("/end")
    assert rig.telegram.texts()[-1].startswith("I do not know this command.")
    await rig.application.shutdown()


async def test_a_person_is_offered_under_a_refusal_and_to_who_wants_one_in_a_private_chat_alone(rig):
    for outcome in (Outcome.UNKNOWN, Outcome.PERSON):
        rig.answerer.answer_to = lambda _question, outcome=outcome: replace(REFUSED, outcome=outcome)
        await rig.write("dog inside?")
        assert "👤 Ask a person" in labels(rig)
    assert "With the button below" in rig.telegram.texts()[-1]
    rig.answerer.answer_to = lambda _question: ANSWER
    await rig.write("trains?")
    assert "👤 Ask a person" not in labels(rig)
    rig.answerer.answer_to = lambda _question: REFUSED
    await rig.handle(group_message("@scoda_test_bot dog inside?"))
    assert "👤 Ask a person" not in labels(rig)


async def test_nothing_goes_to_people_before_the_visitor_has_read_who_reads_it_and_said_yes(rig):
    await rig.write("dog <inside>? Call +7 701 123 45 67")
    await rig.press(rig.telegram.button("Ask a person"))
    offer = rig.telegram.texts()[-1]
    assert "People will read it" in offer
    assert "<blockquote>dog &lt;inside&gt;? Call [number]</blockquote>" in offer
    assert "Mon–Fri 09:00–18:00 (UTC+8)" in offer
    assert "They are away now" in offer, "it is eight in the evening there"
    assert labels(rig) == ["✅ Pass it on", "Cancel"]
    await rig.carry()
    assert rig.group() == []
    await rig.press(rig.telegram.button("Cancel"))
    await rig.carry()
    assert rig.group() == []
    await rig.write("and a cat?")
    assert len(rig.answerer.asked) == 2, "the bot answers as before"


async def test_the_yes_works_once_and_the_question_arrives_as_it_is_kept(rig):
    await rig.write("dog inside? Call +7 701 123 45 67")
    await rig.press(rig.telegram.button("Ask a person"))
    yes = rig.telegram.button("Pass it on")
    for _ in range(2):
        await rig.press(yes)
    await rig.carry()
    [sent] = rig.group()
    assert "dog inside? Call [number]" in sent["text"]
    assert "no longer works" in rig.telegram.sent("answerCallbackQuery")[-1]["text"]


async def test_while_it_is_open_what_is_written_goes_to_the_staff_and_commands_still_work(rig):
    await rig.ask_a_person()
    asked = len(rig.answerer.asked)
    await rig.write("and a cat?")
    assert rig.telegram.sent("setMessageReaction")[-1]["message_id"] == "5", "what follows at once gets a sign"
    rig.now += timedelta(minutes=3)
    await rig.write("and a horse?", at=rig.now)
    assert rig.private()[-1]["text"] == "On its way to our staff."
    assert labels(rig) == ["⏹ End"], "who has forgotten it sees the way out"
    await rig.carry()
    assert [one["text"].split("<blockquote>")[1].split("<")[0] for one in rig.group()[1:]] == [
        "and a cat?",
        "and a horse?",
    ]
    assert len(rig.answerer.asked) == asked
    await rig.write("/ask and a goat?", at=rig.now)
    assert len(rig.answerer.asked) == asked + 1


async def test_a_sign_that_is_not_taken_becomes_words(rig):
    await rig.ask_a_person()
    rig.telegram.refuse("setMessageReaction", 400, "Bad Request: REACTION_INVALID")
    await rig.write("and a cat?")
    assert rig.private()[-1]["text"] == "On its way to our staff."
    await rig.carry()
    assert "and a cat?" in rig.group()[-1]["text"]
    assert "reply to this message" not in rig.group()[-1]["text"], "it is said once"


async def test_what_is_no_text_is_told_not_to_be_carried(rig):
    await rig.ask_a_person()
    before = len(rig.group())
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    for fields in ({"photo": photo}, {"photo": photo, "caption": "look"}):
        await rig.handle(message(None, **fields))
        assert rig.private()[-1]["text"] == "Only text is passed on, so this was not."
    await rig.carry()
    assert len(rig.group()) == before


@pytest.mark.parametrize("way", ["button", "command"])
async def test_the_visitor_ends_it_and_the_bot_answers_again(rig, way):
    await rig.ask_a_person()
    asked = len(rig.answerer.asked)
    if way == "button":
        await rig.press(
            rig.telegram.sent("editMessageText")[-1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        )
    else:
        await rig.write("/end")
    assert "has ended" in rig.private()[-1]["text"]
    await rig.carry()
    assert "#r00000001\nThe conversation has ended." in rig.group()[-1]["text"]
    await rig.write("and a cat?")
    assert len(rig.answerer.asked) == asked + 1
    await rig.write("/end")
    assert rig.private()[-1]["text"] == "There is nothing to cancel."


async def test_a_second_question_goes_into_the_conversation_that_is_open(rig):
    await rig.ask_a_person()
    await rig.write("/ask cat?")
    await rig.press(rig.telegram.button("Ask a person"))
    await rig.press(rig.telegram.button("Pass it on"))
    await rig.carry()
    assert [one["text"].split(" ")[0] for one in rig.group()] == ["#r00000001", "#r00000001"]


async def test_a_long_message_is_carried_in_parts_that_each_fit(rig):
    await rig.ask_a_person()
    text = ("слово <b>& " * 400)[:4096]
    await rig.write(text)
    await rig.carry()
    parts = rig.group()[1:]
    assert len(parts) == 5
    assert all("&lt;b&gt;&amp;" in part["text"] for part in parts)


async def test_what_may_not_have_arrived_is_told_with_the_words(rig):
    await rig.ask_a_person()
    await rig.write("and a <cat>?")
    rig.telegram.script("sendMessage", (502, b"<html>bad gateway</html>"))
    await rig.carry()
    told = rig.private()[-1]["text"]
    assert told.startswith("It is not certain that our staff received this.")
    assert "<blockquote>and a &lt;cat&gt;?</blockquote>" in told


async def test_the_page_of_privacy_says_so_where_people_answer(rig):
    await rig.write("/privacy")
    assert "If you write to our staff, what you and they wrote is stored for 30 days." in rig.telegram.texts()[-1]
    assert "to be translated" not in rig.telegram.texts()[-1]
    page = privacy_page(
        Catalogs(LOCALES).translator(Locale.EN), kept=Retention(), contact="", model_host="a.example", has_relay=True
    )
    assert "sent to a language model at a.example to be translated." in plain(page)
