"""Calls to Telegram as values."""

from __future__ import annotations

import json

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile

from bot.chat.text.rendering import Html, bold
from bot.chat.wire.calls import NO_CHAT, call, file_call, message_call, message_id_of, worded
from bot.ids import ChatId

CHAT = ChatId(-1001)


def test_a_text_goes_formatted_or_in_plain():
    made = worded("sendMessage", bold(Html("hi")))
    assert json.loads(made.request(CHAT, formatted=True).body) == {
        "chat_id": -1001,
        "text": "<b>hi</b>",
        "parse_mode": "HTML",
    }
    assert json.loads(made.request(CHAT, formatted=False).body) == {"chat_id": -1001, "text": "hi"}


def test_what_is_not_given_is_left_out_and_objects_of_the_library_become_json():
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Help", callback_data="x")]])
    sent = json.loads(message_call(Html("hi"), keyboard, None).request(CHAT, formatted=True).body)
    assert sent["reply_markup"] == {"inline_keyboard": [[{"text": "Help", "callback_data": "x"}]]}
    assert "reply_parameters" not in sent


def test_a_call_without_a_chat_names_none():
    made = call("answerCallbackQuery", callback_query_id="q")
    assert json.loads(made.request(NO_CHAT, formatted=True).body) == {"callback_query_id": "q"}


def test_a_file_goes_beside_its_caption():
    file = InputFile(b"%PDF", filename="a.pdf")
    request = file_call("sendDocument", "document", file, Html("mine")).request(CHAT, formatted=True)
    assert request.contains_files
    assert request.multipart_data == {"document": ("a.pdf", b"%PDF", "application/pdf")}
    assert request.json_parameters == {"chat_id": "-1001", "caption": "mine", "parse_mode": "HTML"}


def test_a_call_may_be_about_a_message_that_was_sent():
    made = call("deleteMessage").of_message(7)
    assert json.loads(made.request(CHAT, formatted=False).body) == {"chat_id": -1001, "message_id": 7}


def test_an_answer_without_a_message_has_no_id():
    assert [message_id_of(result) for result in (True, [], {"message_id": True}, {"message_id": 4})] == [
        None,
        None,
        None,
        4,
    ]


def test_half_a_surrogate_pair_does_not_stop_a_call():
    made = call("answerCallbackQuery", callback_query_id="a\ud83d")
    assert json.loads(made.request(NO_CHAT, formatted=True).body) == {"callback_query_id": "a?"}
