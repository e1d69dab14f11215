from pathlib import Path

import pytest

from bot.answering.evidence import holds_kind
from bot.answering.lexicon import AskedKind, asked_kind, provable_kind, refers_back
from bot.answering.model import Outcome
from bot.answering.policy import declined
from bot.answering.smalltalk import small_talk, without_greeting
from bot.languages import words_of
from bot.vocabulary import Locale

KNOWLEDGE = Path(__file__).parents[3] / "knowledge"


@pytest.mark.parametrize(
    ("locale", "question", "kind"),
    [
        (Locale.EN, "When was the alliance founded?", AskedKind.WHEN),
        (Locale.RU, "сколько поездов прошло", AskedKind.COUNT),
        (Locale.ZH, "门票多少钱", AskedKind.PRICE),
        (Locale.FA, "شماره تلفن نمایشگاه", AskedKind.PHONE),
        (Locale.UZ, "Ko'rgazma qachon bo'ladi", AskedKind.WHEN),
        (Locale.KK, "Қанша парк бар?", AskedKind.COUNT),
        (Locale.MN, "Хэзээ байгуулагдсан бэ?", AskedKind.WHEN),
        (Locale.RU, "какой срок визы", AskedKind.DURATION),
        (Locale.BE, "як доўга чакаць візу", AskedKind.DURATION),
        (Locale.MN, "Ташкент хүртэл галт тэрэг хэр удах вэ?", AskedKind.DURATION),
        (Locale.TG, "Форуме, ки дар Чиндао аст", None),
        (Locale.UR, "کون سے ممالک رکن ہیں؟", None),
        (Locale.UR, "expo kahan hai", AskedKind.WHERE),
        (Locale.HI, "logo kisne banaya", AskedKind.WHO),
        (Locale.EN, "How long does the train take?", AskedKind.COUNT),
        (Locale.EN, "What is SCODA?", None),
        (Locale.EN, "What is the venue called?", None),
    ],
)
def test_a_question_tells_what_kind_of_thing_it_asks_for(locale, question, kind):
    assert asked_kind(question, locale) is kind


@pytest.mark.parametrize("locale", list(Locale))
def test_who_and_where_are_told_in_every_language_and_from_other_questions(locale):
    asked = [asked_kind(question, locale) for question in words_of(locale).typical_questions]
    assert [place for place, kind in enumerate(asked) if kind is AskedKind.WHERE] == [1, 11]
    assert [place for place, kind in enumerate(asked) if kind is AskedKind.WHO] == [5, 13]


@pytest.mark.parametrize("question", ["Who built the hub port?", "Where is SCODA?", "The duration of the journey?"])
def test_what_has_no_form_of_its_own_is_not_missed_in_a_text(question):
    kind = asked_kind(question, Locale.EN)
    assert kind is not None
    assert holds_kind("Some text.", kind)
    assert provable_kind(question, Locale.EN) is None
    assert provable_kind("When was it founded?", Locale.EN) is AskedKind.WHEN


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("Hello!", Outcome.GREETING),
        ("ЗДРАВСТВУЙТЕ", Outcome.GREETING),
        ("您好", Outcome.GREETING),
        ("Ассалому алайкум", Outcome.GREETING),
        ("Rahmat!", Outcome.THANKS),
        ("شکریہ", Outcome.THANKS),
        ("баярлалаа", Outcome.THANKS),
        ("До свидания.", Outcome.FAREWELL),
        ("आप क्या कर सकते हैं?", Outcome.ABOUT_BOT),
        ("What is this bot about?", Outcome.ABOUT_BOT),
        ("can I speak to a human", Outcome.ABOUT_BOT),
        ("позовите оператора!", Outcome.ABOUT_BOT),
        ("转人工", Outcome.ABOUT_BOT),
        ("энэ ямар бот вэ", Outcome.ABOUT_BOT),
        ("Who is the operator of the train?", None),
        ("How do I change the language?", Outcome.ABOUT_BOT),
        ("хабарландыруларды қалай аламын", Outcome.ABOUT_BOT),
        ("怎么取消订阅", Outcome.ABOUT_BOT),
        ("چطور زبان را عوض کنم", Outcome.ABOUT_BOT),
        ("OK!", Outcome.THANKS),
        ("жақсы", Outcome.THANKS),
        ("ठीक है", Outcome.THANKS),
        ("это неправильно", Outcome.UNKNOWN),
        ("Xato!", Outcome.UNKNOWN),
        ("is it good", None),
        ("Not sure", None),
        ("hi, where is the expo?", None),
        ("😀", Outcome.EMPTY),
        ("   ", Outcome.EMPTY),
    ],
)
def test_small_talk_is_told_from_questions(message, outcome):
    assert small_talk(message) is outcome


def test_the_question_behind_a_greeting_is_kept():
    assert without_greeting("Hello! Where is the expo?") == "Where is the expo?"
    assert without_greeting("您好，博览会在哪里") == "博览会在哪里"
    assert without_greeting("Hello") == "Hello"


def test_follow_ups_lean_back():
    assert refers_back("and which city is that in?", Locale.EN)
    assert refers_back("а где он находится?", Locale.RU)
    assert not refers_back("Where is SCODA?", Locale.EN)


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("Is Taiwan a country?", Outcome.DECLINED_POLITICS),
        ("какие акции мне купить", Outcome.DECLINED_ADVICE),
        ("how to forge a passport", Outcome.DECLINED_HARM),
        ("Does SCODA have a branch in Xinjiang?", None),
        ("хабарландыруларды қалай аламын", None),
        ("чӣ хабар", None),
        ("Сувд төвд ямар эмнэлэг ойр вэ?", None),
        ("बुख़ारा के नागरिकों को वीज़ा चाहिए?", None),
        ("Төвдийн тусгаар тогтнол", Outcome.DECLINED_POLITICS),
        ("каб даць хабар мытніку", Outcome.DECLINED_HARM),
        ("Who announced SCODA in 2018?", None),
        ("Do the SCO members have an anti-terrorist structure?", None),
        ("How many projects should be built with investment?", None),
    ],
)
def test_L11_L12_L13_politics_advice_and_harm_are_declined_and_nothing_else(message, outcome):
    assert declined(message) is outcome


def test_nothing_that_the_knowledge_answers_is_declined_or_taken_for_small_talk():
    taken = []
    for file in sorted(KNOWLEDGE.rglob("*.md")):
        text = file.read_text(encoding="utf-8")
        if "answerable: false" not in text:
            asked = [line[2:] for line in text.split("\n") if line.startswith("? ")]
            taken += [(file.name, line) for line in asked if declined(line) or small_talk(line)]
    assert taken == []
