import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vocabulary import Locale
from bot.writing.transliteration import own_script


@pytest.mark.parametrize(
    ("locale", "typed", "own"),
    [
        (Locale.RU, "kogda vystavka", "когда выставка"),
        (Locale.RU, "Когда выставка SCODA", "Когда выставка SCODA"),
        (Locale.RU, "gde SCODA", "где SCODA"),
        (Locale.UZ, "Кўргазма қачон", "koʻrgazma qachon"),
        (Locale.KK, "qashan", "қашан"),
        (Locale.HI, "expo kab hai", "expo कब है"),
        (Locale.UR, "numaish kahan hai", "نمائش کہاں ہے"),
        (Locale.EN, "where is it", "where is it"),
        (Locale.ZH, "expo 在哪里", "expo 在哪里"),
        (Locale.ZH, "博覽會在哪裡", "博览会在哪里"),
    ],
)
def test_words_in_a_foreign_script_are_put_into_the_own_one(locale, typed, own):
    assert own_script(typed, locale) == own


@given(st.text(), st.sampled_from(list(Locale)))
def test_no_text_makes_it_fail(text, locale):
    assert isinstance(own_script(text, locale), str)
