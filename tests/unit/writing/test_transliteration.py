import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ids import Locale
from bot.writing.transliteration import known_word, own_script, spelt


@pytest.mark.parametrize(
    ("locale", "typed", "own"),
    [
        (Locale.RU, "Когда выставка SCODA", "Когда выставка SCODA"),
        (Locale.UZ, "Кўргазма қачон", "koʻrgazma qachon"),
        (Locale.EN, "where is it", "where is it"),
        (Locale.ZH, "expo 在哪里", "expo 在哪里"),
        (Locale.ZH, "博覽會在哪裡", "博览会在哪里"),
    ],
)
def test_words_in_a_foreign_script_are_put_into_the_own_one(locale, typed, own):
    assert own_script(typed, locale) == own


@pytest.mark.parametrize(
    ("locale", "typed", "own"),
    [
        (Locale.RU, "vystavka", "выставка"),
        (Locale.KK, "Qashan", "қашан"),
        (Locale.HI, "lohe", "लोहे"),
        (Locale.UR, "karobar", "کروبر"),
        (Locale.MN, "hezee", "hezee"),
    ],
)
def test_a_word_is_spelt_letter_by_letter_where_there_is_a_table(locale, typed, own):
    assert spelt(typed, locale) == own


def test_some_words_are_known_however_they_sound():
    assert [known_word("Hai", locale) for locale in (Locale.HI, Locale.UR, Locale.RU)] == ["है", "ہے", None]


@given(st.text(), st.sampled_from(list(Locale)))
def test_no_text_makes_it_fail(text, locale):
    assert isinstance(own_script(text, locale), str)
    assert not text or isinstance(spelt(text, locale), str)
