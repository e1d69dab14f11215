from datetime import date

import pytest

from bot.adapters.language_id import ShortMessageIdentifier
from bot.answering.language import copy_order, languages_of
from bot.answering.model import Outcome, Question, Turn
from bot.vocabulary import Locale

TODAY = date(2026, 11, 25)
IDENTIFIER = ShortMessageIdentifier()


def ask(text, **known):
    return languages_of(Question(text, TODAY, **known), IDENTIFIER)


def test_without_a_choice_the_message_decides():
    assert ask("Когда состоится выставка?", app_locale=Locale.EN).spoken is Locale.RU


def test_the_choice_wins_over_one_foreign_word():
    assert ask("expo", chosen=Locale.KK).spoken is Locale.KK


def test_a_message_plainly_in_another_language_wins_over_the_choice():
    assert ask("Где находится выставочный центр?", chosen=Locale.EN).spoken is Locale.RU


def test_a_name_alone_keeps_the_language_of_the_conversation():
    turn = Turn("Что такое SCODA?", Locale.RU, Outcome.ANSWERED)
    assert ask("SCODA", app_locale=Locale.EN, history=(turn,)).spoken is Locale.RU


def test_a_message_in_none_of_the_twelve_is_answered_in_the_language_of_the_app():
    assert ask("Wann findet die Messe eigentlich statt?", app_locale=Locale.RU).spoken is Locale.RU
    assert ask("Wann findet die Messe eigentlich statt?").spoken is Locale.EN


def test_digits_alone_say_nothing():
    assert ask("2025", app_locale=Locale.FA).spoken is Locale.FA


@pytest.mark.parametrize("locale", list(Locale))
def test_every_language_can_fall_back_to_every_other(locale):
    order = copy_order(locale)
    assert order[0] is locale
    assert sorted(order) == sorted(Locale)


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        (Locale.EN, "how many trains were there last year"),
        (Locale.ZH, "博览会什么时候举行"),
        (Locale.ZH, "博覽會什麼時候舉行"),
        (Locale.RU, "сколько стран входит в ШОС"),
        (Locale.RU, "gde nahoditsya vystavochnyy tsentr"),
        (Locale.KK, "Көрме қашан өтеді?"),
        (Locale.KK, "кормеге калай тиркелуге болады"),
        (Locale.KK, "Korme qashan otedi?"),
        (Locale.KY, "Көргөзмө качан өтөт?"),
        (Locale.TG, "Намоишгоҳ кай баргузор мешавад?"),
        (Locale.TG, "намоишгох кучост"),
        (Locale.UZ, "Koʻrgazma qachon boʻladi?"),
        (Locale.UZ, "Кўргазма қачон бўлади?"),
        (Locale.FA, "نمایشگاه کی برگزار می‌شود؟"),
        (Locale.UR, "نمائش کب ہوگی؟"),
        (Locale.UR, "numaish kahan hogi"),
        (Locale.HI, "प्रदर्शनी कब होगी?"),
        (Locale.HI, "pradarshani kab hogi"),
        (Locale.BE, "Калі адбудзецца выстава?"),
        (Locale.MN, "Үзэсгэлэн хэзээ болох вэ?"),
    ],
)
def test_the_language_of_a_short_message_is_told(locale, message):
    assert IDENTIFIER.identify(message, prior=None).locale is locale
