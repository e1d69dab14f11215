"""Every handler through python-telegram-bot's own dispatch: an update in, calls to Telegram and stored rows out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from structlog.testing import capture_logs

from bot.answering.model import Answer, Feedback, Offer, Outcome, Pinned, Suggestion, TopicView
from bot.chat.context import VisitorRules
from bot.chat.text import texts
from bot.chat.text.deeplinks import question_payload, section_payload, topic_payload
from bot.chat.wire.envelope import read_update
from bot.chat.wire.triage import Treatment
from bot.errors import NothingPublishedError
from bot.i18n.translator import Catalogs
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ids import ReplyKind as Kind
from tests.support.answering_parts import GivenRetriever, answerer
from tests.support.chat_rig import (
    ANSWER,
    BOT_ID,
    KEY,
    LOCALES,
    USERNAME,
    Rig,
    group_message,
    member,
    message,
    person,
    press,
)

CATALOGS = Catalogs(LOCALES)

# ── questions ──


async def test_a_question_is_answered_with_source_buttons_and_a_record(rig):
    await rig.write("How many trains?")
    [text] = rig.telegram.texts()
    assert "1,225 trains" in text
    assert '<a href="https://example.org/report">Source: SCODA, January 5, 2026 · as of: June 1, 2026</a>' in text
    labels = [button["text"] for button in rig.telegram.keyboard()]
    assert labels == ["📄 More", "🔗 Source", "👍", "👎", "Where do the trains go?"]
    [turn] = rig.state.turns.values()
    assert (turn.question, turn.outcome, turn.keys) == ("How many trains?", Outcome.ANSWERED, (KEY,))
    assert rig.visitor().app_locale is Locale.EN


async def test_a_pinned_answer_is_marked_with_its_day_and_its_pin_is_recorded_behind_what_was_told(rig):
    pin = SectionKey(DocumentPath("pins/trains.md"), "intro")
    rig.answerer.answer_to = lambda question: replace(ANSWER, pinned=Pinned(pin, date(2026, 11, 28)))
    await rig.write("How many trains?")
    [text] = rig.telegram.texts()
    assert text.startswith("<i>📌 Answer by the staff · November 28, 2026</i>")
    [turn] = rig.state.turns.values()
    assert turn.keys == (KEY, pin)


async def test_the_log_says_what_became_of_a_question_and_what_each_step_took_without_its_words(rig):
    rig.answerer.answer_to = lambda question: replace(ANSWER, steps={"search": 12.34, "rank": 0.56})
    with capture_logs() as logs:
        await rig.write("How many trains?")
    [line] = [entry for entry in logs if entry["event"] == "question_answered"]
    assert (line["outcome"], line["locale"], line["steps_ms"]) == ("answered", "en", {"search": 12.3, "rank": 0.6})
    assert line["took_ms"] >= 0
    assert "trains" not in str(line)


async def test_the_last_turns_of_the_chat_go_with_a_follow_up_question(rig):
    await rig.write("How many trains?")
    rig.now += timedelta(minutes=5)
    await rig.write("and where do they go?")
    rig.now += timedelta(minutes=31)
    await rig.write("and when?")
    assert [[turn.question for turn in question.history] for question in rig.answerer.asked] == [
        [],
        ["How many trains?"],
        [],
    ]


async def test_a_button_s_question_has_nothing_to_do_with_what_was_said_before(rig):
    suggested = Suggestion(KEY, "Where do they go?")
    rig.answerer.answer_to = lambda question: replace(ANSWER, suggestions=(suggested,))
    await rig.write("How many trains?")
    await rig.press(rig.telegram.button("Where do"))
    assert [question.history for question in rig.answerer.asked] == [(), ()]


@pytest.mark.parametrize(
    ("told", "secret", "stored"),
    [
        ("My card is 4000 1234 5678 9010, how many trains?", "5678", "My card is [number], how many trains?"),
        ("паспорт N12345678: сколько поездов?", "N12345678", "паспорт [number]: сколько поездов?"),
        ("我的电话是+86 138 0013 8000，有多少班列？", "0013", "我的电话是+[number]，有多少班列？"),
        ("x" * 990 + " +7 701 123-45-67", "701", "x" * 990 + " [number]"),
    ],
)
async def test_L17_numbers_of_persons_are_answered_but_not_stored(rig, told, secret, stored):
    await rig.write(told)
    await rig.write("and where do they go?")
    first, follow_up = rig.answerer.asked
    assert secret in first.text
    assert [turn.question for turn in follow_up.history] == [stored[:1000]]
    kept = [
        replace(turn, turn_id="", took_ms=0.0) for turn in rig.state.turns.values()
    ]  # random, and a stopwatch's digits
    assert secret not in repr(kept)


async def test_the_bot_speaks_the_answer_s_language_and_says_which_the_text_is_in(rig):
    rig.answerer.answer_to = lambda question: replace(ANSWER, locale=Locale.EN, written_in=Locale.ZH)
    await rig.write("question")
    assert "Language of the text: 简体中文" in rig.telegram.texts()[0]


@pytest.mark.parametrize("locale", list(Locale))
async def test_every_outcome_has_words_of_its_own_in_every_language(rig, locale):
    told = {}
    for outcome in Outcome:
        rig.answerer.answer_to = lambda question, outcome=outcome: Answer(outcome, locale, locale)
        await rig.write("question")
        told[outcome] = rig.telegram.texts()[-1].strip()
    assert all(told.values())
    assert told.pop(Outcome.ANSWERED) == told[Outcome.UNKNOWN], "an answer without a sentence tells nothing"
    assert len(set(told.values())) == len(told)


@pytest.mark.parametrize("sentence", ["Six words stand in this sentence.", "这里有一句话。"])
async def test_K02_of_a_section_as_long_as_a_book_a_few_messages_are_shown(rig, sentence):
    rig.answerer.section = lambda key, locale, today: replace(ANSWER, sentences=(sentence,) * 4000, rest=())
    await rig.write("question")
    asked = len(rig.telegram.texts())
    await rig.press(rig.telegram.button("📄 More"))
    shown = rig.telegram.texts()[asked:]
    assert 2 <= len(shown) <= 4
    assert "…" in shown[-1]
    assert "Source: SCODA" in shown[-1]


@pytest.mark.parametrize("locale", list(Locale))
async def test_an_answer_begins_with_a_word_of_greeting_or_thanks_where_the_message_held_one(rig, locale):
    texts = {}
    for opening in (None, Kind.GREETING, Kind.THANKS):
        answer = replace(ANSWER, locale=locale, opening=opening)
        rig.answerer.answer_to = lambda question, answer=answer: answer
        await rig.write("question")
        texts[opening] = rig.telegram.texts()[-1]
    plain = texts.pop(None)
    begun = [text.removesuffix(plain) for text in texts.values()]
    assert all(text.endswith("\n\n") and 0 < len(text.strip()) < 30 for text in begun)
    assert len(set(begun)) == len(begun)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("👍", "All right."),
        ("❤️", "Thank you, I am pleased"),
        ("🙏🏽", "You are welcome."),
        ("👎", "I am sorry that I was of no help."),
        ("😂", "All right."),
        ("…", "Please write your question in words."),
    ],
)
async def test_emoji_alone_get_the_reply_that_they_call_for(text, told):
    rig = await Rig(answerer=answerer(GivenRetriever([], {}))).open()
    await rig.write(text)
    await rig.application.shutdown()
    assert rig.telegram.texts()[-1].startswith(told)


async def test_where_nothing_is_sure_the_sections_that_may_hold_the_answer_are_offered(rig):
    other = SectionKey(DocumentPath("venue/pearl.md"), "halls")
    offers = (Offer(KEY, "Volumes", Locale.EN), Offer(other, "Залы", Locale.RU))
    rig.answerer.answer_to = lambda question: Answer(Outcome.OFFERED, Locale.EN, Locale.EN, offers=offers)
    await rig.write("trains and halls")
    assert "I am not sure" in rig.telegram.texts()[-1]
    labels = [button["text"] for button in rig.telegram.keyboard()]
    assert labels == ["Volumes", "Русский · Залы", "📚 Topics"]
    await rig.press(rig.telegram.button("Volumes"))
    assert "A whole section." in rig.telegram.sent("sendMessage")[-1]["text"]
    await rig.press(rig.telegram.button("Topics"))
    assert "What would you like to read about?" in rig.telegram.texts()[-1]
    [turn] = rig.state.turns.values()
    assert turn.outcome is Outcome.OFFERED


async def test_below_an_answer_from_a_new_file_what_is_about_as_near_stands_as_buttons(rig):
    other = SectionKey(DocumentPath("venue/pearl.md"), "halls")
    offers = (Offer(other, "Залы", Locale.RU),)
    rig.answerer.answer_to = lambda question: replace(ANSWER, locale=Locale.EN, suggestions=(), offers=offers)
    await rig.write("trains")
    assert "Русский · Залы" in [button["text"] for button in rig.telegram.keyboard()]
    assert rig.telegram.texts()[-1].endswith("You may also want to ask:")
    await rig.press(rig.telegram.button("Русский · Залы"))
    assert "A whole section." in rig.telegram.sent("sendMessage")[-1]["text"]


async def test_an_offered_section_is_shown_in_the_language_of_the_answer(rig):
    offers = (Offer(KEY, "Volumes", Locale.EN),)
    rig.answerer.answer_to = lambda question: Answer(Outcome.OFFERED, Locale.RU, Locale.RU, offers=offers)
    await rig.write("поезда")
    await rig.press(rig.telegram.button("English · Volumes"))
    assert "Язык текста: English" in rig.telegram.texts()[-1]
    assert [button["text"] for button in rig.telegram.keyboard()] == ["📚 Темы"]


async def test_no_more_than_five_sections_are_offered_and_one_without_a_heading_is_called_by_its_topic(rig):
    keys = [SectionKey(KEY.path, f"s{number}") for number in range(7)]
    offers = tuple(Offer(key, "", Locale.EN) for key in keys)
    rig.answerer.answer_to = lambda question: Answer(Outcome.OFFERED, Locale.EN, Locale.EN, offers=offers)
    await rig.write("trains")
    assert [button["text"] for button in rig.telegram.keyboard()] == ["Logistics and trains"] * 5 + ["📚 Topics"]


async def test_a_complaint_is_answered_with_regret_and_what_may_have_been_meant(rig):
    other = SectionKey(DocumentPath("venue/pearl.md"), "halls")
    rig.answerer.answer_to = lambda question: Answer(
        Outcome.COMPLAINT,
        Locale.EN,
        Locale.EN,
        suggestions=(Suggestion(KEY, "How many trains?"),),
        offers=(Offer(KEY, "Volumes", Locale.EN), Offer(other, "Halls", Locale.EN)),
    )
    await rig.write("that is wrong")
    assert rig.telegram.texts()[-1].startswith("I am sorry that I was of no help.")
    assert rig.telegram.texts()[-1].endswith("Did you mean one of these?")
    assert [button["text"] for button in rig.telegram.keyboard()] == ["How many trains?", "Halls", "📚 Topics"]


async def test_a_complaint_about_nothing_known_leads_to_the_topics(rig):
    rig.answerer.answer_to = lambda question: Answer(Outcome.COMPLAINT, Locale.EN, Locale.EN)
    await rig.write("useless")
    assert "Did you mean" not in rig.telegram.texts()[-1]
    assert [button["text"] for button in rig.telegram.keyboard()] == ["📚 Topics"]


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ("help@example.org", "You can reach a person here: help@example.org"),
        ("", "I have no contact details of a person"),
    ],
)
async def test_who_wants_a_person_is_told_whom_to_ask_and_what_the_bot_can_do_meanwhile(contact, told):
    rig = await Rig(rules=VisitorRules(contact=contact)).open()
    rig.answerer.answer_to = lambda question: Answer(Outcome.PERSON, Locale.EN, Locale.EN)
    await rig.write("can I talk to a human?")
    assert told in rig.telegram.texts()[-1]
    assert rig.telegram.texts()[-1].endswith("write your question, or browse the topics.")
    assert [button["text"] for button in rig.telegram.keyboard()] == ["📚 Topics"]
    await rig.application.shutdown()


async def test_where_there_are_no_announcements_only_the_data_can_be_deleted(rig):
    rig.answerer.answer_to = lambda question: Answer(Outcome.UNSUBSCRIBE, Locale.EN, Locale.EN)
    await rig.write("stop writing to me")
    assert "I do not send announcements" in rig.telegram.texts()[-1]
    assert "/settings" not in rig.telegram.texts()[-1]
    assert "/deleteme" in rig.telegram.texts()[-1]
    await rig.press(rig.telegram.button("Delete my data"))
    await rig.press(rig.telegram.button("Delete"))
    assert rig.visitor() is None


async def test_an_emergency_gets_the_numbers_to_call_and_nothing_to_read(rig):
    rig.answerer.answer_to = lambda question: Answer(Outcome.EMERGENCY, Locale.FA, Locale.FA)
    await rig.write("کمک")
    assert all(number in rig.telegram.texts()[-1] for number in ("110", "120", "119"))
    assert "reply_markup" not in rig.telegram.sent()[-1]


async def test_who_asks_about_the_bot_gets_the_contact_and_all_commands():
    rig = await Rig(rules=VisitorRules(contact="help@example.org")).open()
    rig.answerer.answer_to = lambda question: Answer(Outcome.ABOUT_BOT, Locale.EN, Locale.EN)
    await rig.write("who are you?")
    [text] = rig.telegram.texts()
    assert "I am a bot, not a person" in text
    assert "help@example.org" in text
    await rig.press(rig.telegram.button("Help"))
    assert "/deleteme" in rig.telegram.texts()[-1]
    await rig.application.shutdown()


async def test_what_is_not_known_leads_on_to_topics_and_contact():
    rig = await Rig(rules=VisitorRules(contact="help@example.org")).open()
    rig.answerer.answer_to = lambda question: Answer(
        Outcome.UNKNOWN, Locale.EN, Locale.EN, suggestions=(Suggestion(KEY, "How many trains?"),)
    )
    await rig.write("question")
    [text] = rig.telegram.texts()
    assert "I do not know" in text
    assert "help@example.org" in text
    assert [button["text"] for button in rig.telegram.keyboard()] == ["How many trains?", "📚 Topics"]
    await rig.application.shutdown()


async def test_a_suggested_question_is_asked_by_its_button_and_else_its_section_is_shown(rig):
    await rig.write("question")
    await rig.press(rig.telegram.button("Where do"))
    assert rig.answerer.asked[-1].text == "Where do the trains go?"
    data = rig.telegram.button("Where do")
    rig.answerer.answer_to = lambda question: Answer(Outcome.UNKNOWN, Locale.EN, Locale.EN)
    await rig.press(data)
    assert "A whole section." in rig.telegram.texts()[-1]


async def test_an_answer_that_takes_too_long_is_excused():
    rig = await Rig(rules=VisitorRules(answer_deadline_s=0.0)).open()

    async def never(_question, **_more):
        await asyncio.Event().wait()

    rig.answerer.answer = never
    await rig.write("question")
    assert "many people" in rig.telegram.texts()[0]
    await rig.application.shutdown()


async def test_more_and_source_buttons_show_the_section_and_where_it_comes_from(rig):
    await rig.write("question")
    more, source = rig.telegram.button("More"), rig.telegram.button("Source")
    await rig.press(more)
    assert "A whole section." in rig.telegram.texts()[-1]
    await rig.press(source)
    assert "Yearly report" in rig.telegram.texts()[-1]
    assert "https://example.org/report</a>" in rig.telegram.texts()[-1]
    rig.answerer.section_is_there = False
    await rig.press(more)
    assert "no longer valid" in rig.telegram.texts()[-1]


async def test_the_last_opinion_on_an_answer_is_kept(rig):
    await rig.write("question")
    good, bad = rig.telegram.button("👍"), rig.telegram.button("👎")
    await rig.press(good)
    await rig.press(bad)
    assert list(rig.state.feedback.values()) == [Feedback.UNHELPFUL]
    assert rig.telegram.sent("answerCallbackQuery")[-1]["text"] == "Thank you for your feedback."


# ── messages without text ──

FILE = {"file_id": "a", "file_unique_id": "a"}
PICTURE = FILE | {"width": 1, "height": 1}
PLACE = {"latitude": 36.1, "longitude": 120.1}
POLL = {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "type": "regular"} | dict.fromkeys(
    ("is_closed", "is_anonymous", "allows_multiple_answers", "allows_revoting", "members_only"), False
)
WITHOUT_TEXT = {
    "Thank you for the voice message!": {"voice": FILE | {"duration": 1}},
    "Thank you for the recording!": {"audio": FILE | {"duration": 1}},
    "Thank you for the picture!": {"photo": [PICTURE, PICTURE]},
    "Thank you for the video!": {"video": PICTURE | {"duration": 1}},
    "Thank you for the video message!": {"video_note": FILE | {"length": 1, "duration": 1}},
    "Thank you for the animation!": {"animation": PICTURE | {"duration": 1}, "document": FILE},
    "A nice sticker!": {"sticker": PICTURE | {"type": "regular", "is_animated": False, "is_video": False}},
    "Thank you for the file!": {"document": FILE},
    "Thank you for the location!": {"location": PLACE},
    "Thank you for the contact!": {"contact": {"phone_number": "+1", "first_name": "A"}},
    "I cannot take part in polls": {"poll": POLL},
    "I can only read text.": {"dice": {"emoji": "🎲", "value": 1}},
}


@pytest.mark.parametrize(("told", "content"), WITHOUT_TEXT.items(), ids=WITHOUT_TEXT)
async def test_whatever_comes_without_text_is_greeted_for_what_it_is_and_asked_for_words(rig, told, content):
    await rig.handle(message(None, **content))
    assert rig.telegram.texts()[-1].startswith(told)
    assert "in words" in rig.telegram.texts()[-1]
    assert rig.answerer.asked == []


async def test_a_place_with_a_name_is_a_location_too(rig):
    await rig.handle(message(None, location=PLACE, venue={"location": PLACE, "title": "A", "address": "B"}))
    assert rig.telegram.texts()[-1].startswith("Thank you for the location!")


async def test_several_messages_without_text_get_one_request_a_minute_in_the_visitor_s_language(rig):
    for content in WITHOUT_TEXT.values():
        await rig.handle(message(None, user=person(language="ru"), **content))
    [told] = rig.telegram.texts()
    assert told.startswith("Спасибо за голосовое сообщение!")


async def test_a_picture_with_words_below_it_is_answered_by_them(rig):
    await rig.handle(message(None, photo=[PICTURE], caption="How many trains?"))
    assert rig.answerer.asked[-1].text == "How many trains?"
    assert "1,225" in rig.telegram.texts()[-1]


# ── start, language, deep links ──


async def test_start_offers_all_languages_with_the_app_s_one_marked(rig):
    await rig.handle(message("/start", user=person(language="fa-IR")))
    labels = [button["text"] for button in rig.telegram.keyboard()]
    assert labels[-12:] == [("✅ " if locale is Locale.FA else "") + locale.endonym for locale in Locale]


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
async def test_start_offers_what_is_asked_most_and_asks_it_as_if_it_were_typed(rig, language):
    await rig.handle(message("/start", user=person(language=language)))
    labels = [button["text"] for button in rig.telegram.keyboard()]
    asked = [question(CATALOGS.translator(Locale(language))) for question in texts.FIRST_QUESTIONS]
    assert labels[:6] == asked
    await rig.press(rig.telegram.button(asked[0]))
    assert rig.answerer.asked[-1].text == asked[0]


async def test_who_writes_in_a_thirteenth_language_reads_in_it_which_ones_there_are(rig):
    rig.answerer.answer_to = lambda question: replace(ANSWER, foreign="de")
    await rig.write("Wann findet die Messe eigentlich statt?")
    assert rig.telegram.texts()[-1].startswith("Ich spreche Englisch, Chinesisch, Russisch")


async def test_two_questions_are_answered_in_one_message(rig):
    second = Answer(Outcome.UNKNOWN, Locale.EN, Locale.EN, sentences=("I do not know the hours.",), named=KEY)
    rig.answerer.answer_to = lambda question: replace(ANSWER, second=second)
    await rig.write("how many trains and when does it open")
    [text] = rig.telegram.texts()
    assert ANSWER.sentences[0] in text
    assert "I do not know the hours." in text


async def test_a_chosen_language_is_kept_and_beats_the_app_s(rig):
    await rig.write("/start")
    await rig.press(rig.telegram.button("Русский"))
    assert rig.visitor().chosen is Locale.RU
    await rig.write("question")
    assert rig.answerer.asked[-1].chosen is Locale.RU
    assert rig.answerer.asked[-1].app_locale is Locale.EN


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (question_payload("How many trains?"), "1,225 trains"),
        (topic_payload("logistics"), "Topic: "),
        (section_payload(KEY), "A whole section."),
    ],
)
async def test_a_deep_link_survives_the_choice_of_a_language(rig, payload, expected):
    await rig.write(f"/start {payload}")
    await rig.press(rig.telegram.button("English"))
    assert expected in rig.telegram.texts()[-1]
    before = len(rig.telegram.texts())
    await rig.write(f"/start {payload}")
    assert len(rig.telegram.texts()) == before + 1
    assert expected in rig.telegram.texts()[-1]


async def test_the_language_command_changes_it_again(rig):
    await rig.write("/language")
    await rig.press(rig.telegram.button("Монгол"))
    assert rig.visitor().chosen is Locale.MN


# ── topics ──


async def test_topics_documents_and_sections_change_one_message(rig):
    await rig.write("/topics")
    await rig.press(rig.telegram.button("Logistics"))
    await rig.press(rig.telegram.button("Freight trains"))
    await rig.press(rig.telegram.button("Volumes"))
    assert "A whole section." in rig.telegram.texts()[-1]
    await rig.press(rig.telegram.button("Back"))
    await rig.press(rig.telegram.button("Back"))
    await rig.press(rig.telegram.button("Back"))
    assert "What would you like to read about?" in rig.telegram.texts()[-1]
    assert len(rig.telegram.sent("sendMessage")) == 1
    assert len(rig.telegram.sent("editMessageText")) == 6


async def test_the_menu_begins_with_the_subjects_and_ends_with_folders_that_have_no_words(rig, monkeypatch):
    names = ["area", "zoo", "money", "expo", "logistics", "bazaar"]
    monkeypatch.setattr(rig.answerer, "topics", lambda today: [TopicView(name, 1) for name in names])
    await rig.write("/topics")
    assert [button["text"] for button in rig.telegram.keyboard()] == [
        "The expo",
        "Demonstration area",
        "Logistics and trains",
        "Payments",
        "Bazaar",
        "Zoo",
    ]


async def test_an_empty_topic_says_so(rig):
    await rig.write("/topics")
    await rig.press(rig.telegram.button("expo"))
    assert "nothing to read" in rig.telegram.texts()[-1]


async def test_a_menu_too_old_to_be_changed_comes_anew(rig):
    await rig.write("/topics")
    rig.telegram.refuse("editMessageText", 400, "Bad Request: message can't be edited")
    await rig.press(rig.telegram.button("Logistics"))
    assert "Topic: " in rig.telegram.sent("sendMessage")[-1]["text"]


# ── privacy ──


async def test_my_data_comes_as_a_json_file_in_private_only(rig):
    await rig.write("question")
    await rig.write("/mydata")
    assert len(rig.telegram.sent("sendDocument")) == 1
    await rig.handle(group_message("/mydata"))
    assert "private chat" in rig.telegram.texts()[-1]
    assert len(rig.telegram.sent("sendDocument")) == 1


async def test_P07_my_data_comes_once_an_hour_and_then_the_visitor_hears_when_again(rig):
    await rig.write("/mydata")
    rig.now += timedelta(minutes=12, seconds=1)
    await rig.write("/mydata")
    assert "again in 48 minutes" in rig.telegram.texts()[-1]
    await rig.write("/mydata", user=person(12))
    assert len(rig.telegram.sent("sendDocument")) == 2
    rig.now += timedelta(minutes=48)
    await rig.write("/mydata")
    assert len(rig.telegram.sent("sendDocument")) == 3


async def test_P07_my_data_that_did_not_arrive_may_be_asked_for_again(rig):
    rig.telegram.refuse("sendDocument", 400, "Bad Request: wrong file")
    await rig.write("/mydata")
    await rig.write("/mydata")
    assert len(rig.telegram.sent("sendDocument")) == 2


async def test_delete_me_asks_then_deletes_everything_and_works_once(rig):
    await rig.write("question")
    await rig.write("/deleteme")
    delete = rig.telegram.button("Delete")
    assert rig.visitor() is not None
    await rig.press(delete)
    assert rig.visitor() is None
    assert not rig.state.turns
    assert "deleted" in rig.telegram.texts()[-1]
    await rig.press(delete)
    assert "no longer works" in rig.telegram.sent("answerCallbackQuery")[-1]["text"]


async def test_delete_me_can_be_cancelled(rig):
    await rig.write("/deleteme")
    await rig.press(rig.telegram.button("Cancel"))
    assert rig.telegram.texts()[-1] == "Nothing was deleted."
    assert rig.visitor() is not None


# ── groups ──


async def test_in_a_group_only_what_is_addressed_to_the_bot_is_answered(rig):
    await rig.handle(group_message("how many trains?"))
    assert rig.telegram.calls == []
    await rig.handle(group_message(f"@{USERNAME} how many trains?"))
    bot = {"id": BOT_ID, "is_bot": True, "first_name": "SCODA"}
    answered = {"message_id": 1, "date": 1, "chat": {"id": -1001, "type": "supergroup"}, "from": bot, "text": "…"}
    await rig.handle(group_message("and where?", reply_to_message=answered))
    await rig.handle(group_message("/ask which city?"))
    assert [question.text for question in rig.answerer.asked] == ["how many trains?", "and where?", "which city?"]
    assert all(call["reply_parameters"]["message_id"] == 5 for call in rig.telegram.sent())


async def test_a_name_that_only_begins_like_the_bot_s_is_another_one(rig):
    text = f"@{USERNAME}_two how many?"
    entities = [{"type": "mention", "offset": 0, "length": len(USERNAME) + 5}]
    raw = group_message(text)
    raw["message"]["entities"] = entities
    await rig.handle(raw)
    assert rig.answerer.asked == []


async def test_ask_without_a_question_explains_itself(rig):
    await rig.handle(group_message("/ask"))
    assert "/ask Where is the expo held?" in rig.telegram.texts()[0]


async def test_a_group_is_greeted_once_when_the_bot_is_added(rig):
    chat = {"id": -1001, "type": "supergroup", "title": "G"}
    await rig.handle(member("left", "member", chat=chat))
    await rig.handle(member("member", "administrator", chat=chat) | {})
    [text] = rig.telegram.texts()
    assert f"@{USERNAME}" in text


async def test_a_result_of_the_inline_mode_is_not_taken_for_a_question(rig):
    await rig.write("The hub handled…", via_bot={"id": BOT_ID, "is_bot": True, "first_name": "S", "username": USERNAME})
    assert rig.answerer.asked == []


# ── inline mode ──


async def test_inline_mode_gives_the_answer_and_related_sections(rig):
    await rig.handle({"inline_query": {"id": "i1", "from": person(), "query": "how many trains", "offset": ""}})
    [call] = rig.telegram.sent("answerInlineQuery")
    assert [result["title"] for result in call["results"]] == ["how many trains", "Where do the trains go?"]
    assert call["is_personal"] in (True, "true")
    assert int(call["cache_time"]) <= 60
    assert "1,225" in call["results"][0]["input_message_content"]["message_text"]


async def test_inline_mode_lists_what_may_hold_the_answer(rig):
    offers = (Offer(KEY, "Volumes", Locale.EN),)
    rig.answerer.answer_to = lambda question: Answer(Outcome.OFFERED, Locale.EN, Locale.EN, offers=offers)
    await rig.handle({"inline_query": {"id": "i1", "from": person(), "query": "trains", "offset": ""}})
    [call] = rig.telegram.sent("answerInlineQuery")
    assert [result["title"] for result in call["results"]] == ["Volumes"]


async def test_inline_mode_without_words_shows_a_hint(rig):
    await rig.handle({"inline_query": {"id": "i1", "from": person(), "query": " ", "offset": ""}})
    [call] = rig.telegram.sent("answerInlineQuery")
    assert call["results"] == []
    assert "Type a question" in call["button"]["text"]


# ── faults ──


async def test_unknown_commands_get_a_short_help_in_private_and_nothing_in_groups(rig):
    await rig.write("/nonsense")
    assert "I do not know this command." in rig.telegram.texts()[0]
    await rig.handle(group_message("/nonsense"))
    assert len(rig.telegram.texts()) == 1


async def test_whoever_blocks_the_bot_meanwhile_is_noted(rig):
    await rig.write("question")
    rig.telegram.refuse("sendMessage", 403, "Forbidden: bot was blocked by the user")
    await rig.write("question")
    assert rig.visitor().is_reachable is False


async def test_every_callback_data_is_a_token_of_22_bytes(rig):
    for locale in ("fa", "mn", "hi"):
        await rig.handle(message("question", user=person(language=locale)))
        assert {len(button["callback_data"].encode()) for button in rig.telegram.keyboard()} == {22}


@pytest.mark.parametrize("treatment", [Treatment.TOO_MANY, Treatment.BUSY, Treatment.LATE])
async def test_an_excuse_takes_the_place_of_an_answer(rig, treatment):
    await rig.handle(message("question"), treatment)
    assert len(rig.telegram.texts()) == 1
    assert rig.answerer.asked == []
    await rig.handle(group_message(f"@{USERNAME} question"), treatment)
    assert len(rig.telegram.texts()) == 1


async def test_an_error_of_a_handler_reaches_the_intake(rig):
    def fail(_question):
        raise RuntimeError("broken")

    rig.answerer.answer_to = fail
    with pytest.raises(RuntimeError, match="broken"):
        await rig.write("question")


async def test_an_apology_goes_to_a_private_chat_or_as_a_notice(rig):
    await rig.dispatcher.apologise(read_update({"update_id": 1} | message("question")))
    assert "something went wrong" in rig.telegram.texts()[-1]
    await rig.dispatcher.apologise(read_update({"update_id": 2} | press("x")))
    assert "something went wrong" in rig.telegram.sent("answerCallbackQuery")[-1]["text"]
    await rig.dispatcher.apologise(read_update({"update_id": 3} | group_message("/ask x")))
    assert len(rig.telegram.texts()) == 1


async def test_help_and_topics_buttons_open_new_messages_under_an_answer(rig):
    await rig.write("/start")
    await rig.press(rig.telegram.button("English"))
    help_button, topics_button = rig.telegram.button("Help"), rig.telegram.button("Topics")
    await rig.press(help_button)
    assert "/deleteme" in rig.telegram.texts()[-1]
    await rig.press(rig.telegram.button("Language"))
    assert "Choose your language" in rig.telegram.texts()[-1]
    await rig.press(topics_button)
    assert "What would you like to read about?" in rig.telegram.sent("sendMessage")[-1]["text"]


# ── while the knowledge is read for the first time ──


def nothing_published(question: object) -> Answer:
    raise NothingPublishedError("no knowledge was ever published")


async def test_before_anything_is_read_the_visitor_hears_how_far_it_has_come():
    rig = await Rig(reading_in=lambda: 0.404).open()
    rig.answerer.answer_to = nothing_published
    await rig.write("How many trains?")
    await rig.write("Сколько поездов?", user=person(12, "ru"))
    await rig.write("چند قطار؟", user=person(13, "fa"))
    english, russian, persian = rig.telegram.texts()
    assert english == "I am still reading my documents: 40% so far. Soon I will know more."
    assert "40\u00a0%" in russian
    assert "۴۰٪" in persian.replace("\u200e", "") or "۴۰%" in persian
    assert not rig.state.turns


async def test_a_button_pressed_before_anything_is_read_is_answered_too(rig, monkeypatch):
    await rig.write("How many trains?")
    monkeypatch.setattr(type(rig.answerer), "section", lambda *_: nothing_published(None))
    await rig.press(rig.telegram.button("More"))
    assert "0% so far" in rig.telegram.texts()[-1]


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.OFFERED, Outcome.UNKNOWN, Outcome.CLARIFY])
async def test_what_is_answered_or_refused_meanwhile_says_that_not_all_is_read_yet(outcome):
    rig = await Rig(reading_in=lambda: 0.75).open()
    rig.answerer.answer_to = lambda question: replace(ANSWER, outcome=outcome)
    await rig.write("How many trains?")
    [text] = rig.telegram.texts()
    assert "<i>I am still reading my documents: 75% so far. Soon I will know more.</i>" in text


async def test_small_talk_and_whole_knowledge_bear_no_such_note(rig):
    await rig.write("How many trains?")
    reading = await Rig(reading_in=lambda: 0.75).open()
    reading.answerer.answer_to = lambda question: Answer(Outcome.GREETING, Locale.EN, Locale.EN)
    await reading.write("Hello")
    assert not any("still reading" in text for text in (*rig.telegram.texts(), *reading.telegram.texts()))
