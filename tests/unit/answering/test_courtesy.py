"""Greetings, thanks and politeness around a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.courtesy import Courteous, courteous
from bot.ids import Locale, ReplyKind
from bot.languages import words_of

GREETING, THANKS = ReplyKind.GREETING, ReplyKind.THANKS


@pytest.mark.parametrize(
    ("text", "locale", "asked", "said"),
    [
        ("hi where is the expo", Locale.EN, "where is the expo", GREETING),
        ("hi 👋 where?", Locale.EN, "where?", GREETING),
        ("where is the expo thanks", Locale.EN, "where is the expo", THANKS),
        ("where is it? many thanks :)", Locale.EN, "where is it?", THANKS),
        ("could you please tell me when it opens", Locale.EN, "when it opens", None),
        ("thanks and where is it", Locale.EN, "and where is it", THANKS),
        ("стенд, цена? спасибо", Locale.RU, "стенд, цена?", THANKS),
        ("здравствуйте, подскажите пожалуйста где выставка? спасибо!", Locale.RU, "где выставка?", GREETING),
        ("سلام وقت بخیر ببخشید نمایشگاه کجاست؟ ممنون", Locale.FA, "نمایشگاه کجاست؟", GREETING),
        ("你好请问展会在哪谢谢", Locale.ZH, "展会在哪", GREETING),
        ("salom viza", Locale.UZ, "viza", GREETING),
        ("when does it open 😊🙏", Locale.EN, "when does it open", None),
        ("салом, hello, намоишгоҳ кай мешавад?", Locale.TG, "намоишгоҳ кай мешавад?", GREETING),
    ],
)
def test_a_courtesy_is_taken_from_either_end(text, locale, asked, said):
    assert courteous(text, locale) == Courteous(asked, said)


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "please",
        "hello sir",
        "Thanks to whom is there an expo?",
        "thanks, got the tickets",
        "Othello is on when?",
        "when is the greeting",
        "",
        "?",
    ],
)
def test_what_is_nothing_else_or_no_courtesy_stays_as_it_is(text):
    assert courteous(text, Locale.EN) == Courteous()


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [
        ("hi when is the expo", True),
        ("hello, how are you?", False),
        ("hello, can you tell me which of the halls it is in?", True),
        ("hi visa", False),
        ("please visa", True),
        ("visa thanks", False),
    ],
)
def test_what_stands_beside_a_greeting_or_thanks_is_asked_where_its_words_say_so(text, is_asked):
    assert courteous(text, Locale.EN).is_asked(Locale.EN) is is_asked


@pytest.mark.parametrize("locale", list(Locale))
def test_every_listed_courtesy_is_known_in_its_place(locale):
    listed = words_of(locale)
    gap = "" if locale is Locale.ZH else " "
    for greeting in listed.greetings:
        assert courteous(f"{greeting}{gap}ABC", locale).asked == "ABC", greeting
    for thanks in listed.thanks:
        assert courteous(f"ABC{gap}{thanks}", locale) == Courteous("ABC", THANKS), thanks
    for polite in listed.politeness:
        assert courteous(f"{polite}, ABC", locale) == Courteous("ABC"), polite
        assert courteous(f"ABC, {polite}", locale) == Courteous("ABC"), polite


@given(st.text(max_size=80), st.sampled_from(list(Locale)))
def test_any_text_can_be_looked_at_and_only_its_middle_is_left(text, locale):
    assert courteous(text, locale).asked in text
