"""Visitors talk with the whole bot through the sandbox: real HTTP, real retrieval, in polling and in webhook mode."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from bot.chat.text import texts
from bot.chat.text.deeplinks import question_payload
from bot.ids import Locale
from tests.support.apps import App, running_app
from tests.support.little_knowledge import EXPIRED_PRICE, TRAINS_IN_2025
from tests.support.processes import Place
from tests.support.visitors import Town, button, buttons, until

TRAINS = {
    Locale.EN: "How many freight trains ran in 2025?",
    Locale.ZH: "2025年开行了多少列货运班列？",
    Locale.RU: "Сколько грузовых поездов прошло в 2025 году?",
}


@pytest.fixture(params=["polling", pytest.param("webhook", marks=pytest.mark.nightly)])
async def app(request: pytest.FixtureRequest, place: Place, town: Town) -> AsyncIterator[App]:
    """The bot in each mode. Whatever it sends, Telegram must take as it is."""
    async with running_app(place, town, request.param) as app:
        yield app
        await app.is_idle()
    assert town.refused_calls() == []


async def test_a_newcomer_chooses_a_language_and_asks_follows_and_browses(app: App):
    chinese, russian = app.t(Locale.ZH), app.t(Locale.RU)
    wei = await app.town.visitor("Wei", "zh-hans")

    welcome = await wei.start()
    assert texts.welcome(chinese) in welcome["text"]
    assert {one["text"].removeprefix("✅ ") for one in buttons(welcome)} >= {locale.endonym for locale in Locale}
    assert button(welcome, Locale.ZH.endonym)["text"].startswith("✅")

    chosen = await wei.tap_for_change(welcome, Locale.RU.endonym)
    assert texts.language_chosen(russian) in chosen["text"]
    assert (await app.stored(wei.id)).chosen is Locale.RU

    answer = await wei.ask(TRAINS[Locale.RU])
    assert TRAINS_IN_2025 in answer["text"]
    assert "Грузовые поезда" in answer["text"]
    assert "19 января 2026" in answer["text"]

    topics = await wei.ask("/topics")
    documents = await wei.tap_for_change(topics, texts.topic_venue(russian))
    sections = await wei.tap_for_change(documents, "Жемчужина")
    section = await wei.tap_for_change(sections, "Место")
    assert "Цзяочжоу" in section["text"]
    back = await wei.tap_for_change(section, texts.button_back(russian))
    assert back["text"] == sections["text"]
    assert texts.topic_open(russian) not in [one["text"] for one in buttons(topics)]


async def test_each_is_answered_in_the_language_of_the_question(app: App):
    john = await app.town.visitor("John", "en")
    for locale, question in TRAINS.items():
        answer = await john.ask(question)
        assert TRAINS_IN_2025 in answer["text"]
        assert texts.related_questions(app.t(locale)) in answer["text"]
        assert texts.written_in(app.t(locale), locale) not in answer["text"]

    bekzod = await app.town.visitor("Bekzod", "uz")
    answer = await bekzod.ask("2025 yilda nechta yuk poyezdi qatnagan?")
    assert TRAINS_IN_2025 in answer["text"]
    assert texts.written_in(app.t(Locale.UZ), Locale.RU) in answer["text"]


async def test_the_buttons_under_an_answer_do_what_they_say(app: App):
    t = app.t(Locale.EN)
    john = await app.town.visitor("John", "en")
    answer = await john.ask(TRAINS[Locale.EN])
    assert "cotton" not in answer["text"]

    more = await john.tap_for_message(answer, texts.button_more(t))
    assert "cotton" in more["text"]
    source = await john.tap_for_message(answer, texts.button_source(t))
    assert "https://example.org/logistics" in source["text"]
    assert (await john.tap(answer, "👍"))["text"] == texts.feedback_thanks(t)
    related = next(one["text"] for one in buttons(answer) if one["text"].endswith("?"))
    assert texts.related_questions(t) in (await john.tap_for_message(answer, related))["text"]

    await app.is_idle()
    rows = (await _my_data(john))["feedback"]
    assert [row["opinion"] for row in rows] == ["helpful"]


@pytest.mark.nightly
async def test_a_follow_up_question_is_understood_from_the_one_before(app: App):
    john = await app.town.visitor("John", "en")
    for told in ("", "My number is +86 138 0013 8000. "):
        await john.ask(f"{told}How large is the Pearl exhibition hall?")
        answer = await john.ask("and which city is that in?")
        assert "Jiaozhou" in answer["text"]


async def test_what_is_not_known_or_no_longer_true_is_not_told(app: App):
    t = app.t(Locale.EN)
    john = await app.town.visitor("John", "en")
    parking = await john.ask("Where can I park my car?")
    assert "The bot has found no text about parking" in parking["text"]
    assert "👍" not in [one["text"] for one in buttons(parking)]
    button(parking, texts.button_topics(t))

    ticket = await john.ask("How much does an early ticket for the expo cost?")
    assert EXPIRED_PRICE not in ticket["text"]


@pytest.mark.nightly
async def test_a_deep_link_is_followed_once_the_language_is_chosen(app: App):
    anna = await app.town.visitor("Anna", "ru")
    welcome = await anna.start(question_payload("How long to Tashkent by train?") or "")
    answer = await anna.tap_for_message(welcome, Locale.EN.endonym)
    assert "11 days" in answer["text"]
    again = await anna.start("topic-venue")
    assert texts.topic_venue(app.t(Locale.EN)) in again["text"]


async def test_in_a_group_it_answers_when_it_is_spoken_to_and_not_otherwise(app: App):
    john = await app.town.visitor("John", "en")
    group = await app.town.act("groups", members=[john.id], title="Traders")
    chat = group["id"]

    async def bot_messages():
        messages = (await app.town.see(f"chats/{chat}/messages"))["messages"]
        return [message for message in messages if message.get("from", {}).get("is_bot")]

    await until(bot_messages, "the bot's greeting in the group")
    await john.write("Nobody asked the bot anything.", chat_id=chat)
    asked = await john.write(f"@scoda_sandbox_bot {TRAINS[Locale.EN]}", chat_id=chat)
    answer = (await until(lambda: _more_than(bot_messages, 1), "an answer to the mention"))[-1]
    assert TRAINS_IN_2025 in answer["text"]
    assert answer["reply_to_message"]["message_id"] == asked["message_id"]

    await john.write("And how long to Tashkent?", chat_id=chat, reply_to_message_id=answer["message_id"])
    answer = (await until(lambda: _more_than(bot_messages, 2), "an answer to the reply"))[-1]
    assert "11 days" in answer["text"]
    await app.is_idle()
    assert len(await bot_messages()) == 3


async def test_inline_mode_offers_an_answer_that_can_be_posted(app: App):
    john = await app.town.visitor("John", "en")
    offered = await app.town.act(f"personas/{john.id}/inline", query=TRAINS[Locale.EN], wait_s=60)
    assert offered["answered"]
    first = offered["results"][0]
    posted = await app.town.act(
        f"personas/{john.id}/inline/choose", result_id=first["id"], query=TRAINS[Locale.EN], chat_id=john.id
    )
    assert TRAINS_IN_2025 in posted["message"]["text"]
    await app.is_idle()
    assert await john.answers() == []


async def test_visitors_get_their_data_and_are_forgotten_when_they_wish(app: App):
    t = app.t(Locale.EN)
    john = await app.town.visitor("John", "en")
    await john.ask(TRAINS[Locale.EN])
    await app.is_idle()
    data = await _my_data(john)
    assert [row["question"] for row in data["turns"]] == [TRAINS[Locale.EN]]
    assert data["inbox"] == [{"count": 1}], "the request itself, as long as it is not handled"
    assert "John" not in json.dumps(data)

    question = await john.ask("/deleteme")
    done = await john.tap_for_change(question, texts.button_delete(t))
    assert done["text"] == texts.deleteme_done(t)
    await app.is_idle()
    assert await app.stored(john.id) is None
    assert texts.mydata_again(t, 60) == (await john.ask("/mydata"))["text"]


async def test_whoever_blocks_the_bot_is_left_alone_until_they_come_back(app: App):
    john = await app.town.visitor("John", "en")
    await john.start()
    await app.town.act(f"personas/{john.id}/block")
    await until(lambda: _is_reachable(app, john.id, is_so=False), "the block to be noted")
    await app.town.act(f"personas/{john.id}/unblock")
    await until(lambda: _is_reachable(app, john.id, is_so=True), "the return to be noted")
    assert TRAINS_IN_2025 in (await john.ask(TRAINS[Locale.EN]))["text"]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("sticker", texts.sticker_not_understood),
        ("voice", texts.voice_not_heard),
        ("location", texts.location_not_seen),
    ],
)
async def test_what_is_no_text_gets_a_request_for_words_in_one_s_language(
    place: Place, town: Town, kind: str, sentence
):
    async with running_app(place, town) as app:
        gul = await town.visitor("Gul", "fa")
        assert (await gul.attach(kind))["text"] == sentence(app.t(Locale.FA))
    assert town.refused_calls() == []


async def _my_data(visitor):
    message = await visitor.ask("/mydata")
    return await visitor.town.see(f"files/{message['document']['file_id']}")


async def _more_than(messages, count: int):
    found = await messages()
    return found if len(found) > count else None


async def _is_reachable(app: App, visitor_id: int, *, is_so: bool) -> bool:
    stored = await app.stored(visitor_id)
    return stored is not None and stored.is_reachable is is_so
