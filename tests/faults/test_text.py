"""Rows T of the fault table (tests/faults/README.md), as far as they are seen by a visitor."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from bot.answering.model import Answer, Outcome
from bot.chat.text.rendering import plain, quoted
from bot.ids import Locale
from tests.support.chat_rig import ANSWER, CITATION, Rig, message, person, press
from tests.support.naughty_texts import NAUGHTY


@pytest.fixture
async def rig(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    rig = await Rig().open()
    yield rig
    await rig.application.shutdown()


def _answer(text: str) -> Answer:
    citation = replace(CITATION, title=text, heading=text, publisher=text, source_title=text, url=text)
    return replace(ANSWER, sentences=(text, "An answer."), rest=(text,), citations=(citation,))


async def test_T01_html_in_a_name_or_a_question_is_never_markup(rig):
    rig.answerer.answer_to = lambda question: _answer('<b>x</b> & <a href="https://evil.example">')
    await rig.handle(message("<i>hi</i>", user=person(name="<b>x</b> & <a href=...>")))
    [text] = rig.telegram.texts()
    assert "&lt;b&gt;x&lt;/b&gt; &amp; &lt;a href=" in text
    assert "<b>x" not in text
    assert 'evil.example">' not in text.replace('&lt;a href="https://evil.example"&gt;', "")


async def test_T02_markdown_signs_and_half_tags_in_the_knowledge_stay_text(rig):
    rig.answerer.answer_to = lambda question: _answer("*a* _b [c](d) </i> <b> `e` &nope;")
    await rig.write("question")
    [call] = rig.telegram.sent()
    assert call["parse_mode"] == "HTML"
    assert "*a* _b [c](d) &lt;/i&gt; &lt;b&gt; `e` &amp;nope;" in call["text"]


async def test_T03_links_of_the_knowledge_pass_a_list_and_previews_are_off(rig):
    for url in ("tg://user?id=1", "javascript:alert(1)", "https://t.me/+invite", "https://xn--80ak6aa92e.com"):
        citation = replace(CITATION, url=url)
        rig.answerer.answer_to = lambda question, citation=citation: replace(ANSWER, citations=(citation,))
        await rig.write("question")
        call = rig.telegram.sent()[-1]
        assert "<a " not in call["text"]
        assert call["link_preview_options"] == {"is_disabled": True}


def test_T04_direction_overrides_go_and_persian_stays_right():
    assert plain(quoted("a\u202eb\u2067c\u2069", Locale.EN)) == "abc"
    assert plain(quoted("SCODA می‌شود", Locale.FA)) == "\u200fSCODA می‌شود"


def test_T05_hidden_text_goes_and_joiners_stay_where_scripts_need_them():
    assert plain(quoted("hi\u200b\U000e0049\U000e0047\U000e004e", Locale.EN)) == "hi"
    assert plain(quoted("می‌شود 👩\u200d🚀", Locale.EN)) == "می‌شود 👩\u200d🚀"


async def test_T06_four_thousand_marks_on_a_letter_are_bounded_and_fast(rig):
    rig.answerer.answer_to = lambda question: replace(ANSWER, sentences=("Z" + "\u0335" * 4000,))
    began = time.process_time()
    await rig.write("Z" + "\u0301" * 4000)
    assert time.process_time() - began < 1.0
    assert rig.telegram.texts()[0].count("\u0335") <= 4


def test_T07_wide_letters_are_shown_as_they_were_written():
    assert plain(quoted("ｉｇｎｏｒｅ", Locale.EN)) == "ｉｇｎｏｒｅ"


async def test_T08_surrogates_and_controls_neither_fail_nor_arrive(rig):
    rig.answerer.answer_to = lambda question: _answer("a\ud800b\x00c\ufffed\x1b[31me")
    await rig.write("x\ud800\x00\ufffe\x1b[0m")
    [text] = rig.telegram.texts()
    assert "abcde" in text
    [turn] = rig.state.turns.values()
    assert turn.question == "x"


@pytest.mark.parametrize("text", ["x" * 4096, "?", "👍👍👍", "   ", "\u200b"])
async def test_T09_the_longest_and_the_emptiest_questions_are_answered(rig, text):
    rig.answerer.answer_to = lambda question: Answer(Outcome.EMPTY, Locale.EN, Locale.EN)
    await rig.write(text)
    assert rig.telegram.texts() == ["Please write your question in words."]


async def test_T10_an_answer_of_many_messages_keeps_its_buttons_under_the_last(rig):
    rig.answerer.answer_to = lambda question: replace(ANSWER, sentences=("👩\u200d🚀 " * 2000,))
    await rig.write("question")
    calls = rig.telegram.sent()
    assert len(calls) > 1
    assert [("reply_markup" in call) for call in calls] == [False] * (len(calls) - 1) + [True]
    assert all(not call["text"].rstrip().endswith("\u200d") for call in calls)


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
async def test_T11_no_string_makes_the_bot_fail_or_breaks_the_format(rig, text):
    rig.answerer.answer_to = lambda question: _answer(text)
    await rig.handle(message(text, user=person(name=text)))
    await rig.handle(press(text, user=person(name=text)))
    await rig.handle({"inline_query": {"id": "1", "from": person(name=text), "query": text[:256], "offset": ""}})
    for call in rig.telegram.calls:
        json.dumps(call.params, ensure_ascii=False).encode()


@pytest.mark.parametrize("code", [None, "zh-hans-raw", "xx", "q" * 40, "", "ru_RU"])
async def test_T13_any_language_code_is_borne(rig, code):
    await rig.handle(message("/privacy", user=person(language=code)))
    [text] = rig.telegram.texts()
    assert "30" in text
