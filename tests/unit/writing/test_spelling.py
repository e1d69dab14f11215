import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.folding import fold
from bot.writing.spelling import Spelling

KAZAKH = Spelling.of(["Көрме қашан өтеді?", "Көрме Циндаода өтеді.", "ол осы жерде", "өл"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("корме кашан отеди", "Көрме қашан өтеді"),
        ("Көрме қашан өтеді?", "Көрме қашан өтеді?"),
        ("2025 корме, SCODA!", "2025 Көрме, SCODA!"),
        ("автобус кашан", "автобус қашан"),
    ],
)
def test_lost_letters_come_back_where_the_texts_have_the_word(typed, meant):
    assert KAZAKH.restored(typed) == meant


def test_a_word_that_the_texts_write_is_left_though_another_folds_to_the_same():
    assert KAZAKH.restored("ол өл") == "ол өл"


def test_persian_typed_on_an_arabic_keyboard():
    assert Spelling.of(["یک پارک در چینگ‌دائو"]).restored("پارك") == "پارک"


def test_the_usual_form_is_taken():
    assert Spelling.of(["Ёлка", "ёлка ёлка"]).restored("елка") == "ёлка"


@given(st.text())
def test_what_is_restored_folds_to_the_same(text):
    assert fold(KAZAKH.restored(text)) == fold(text)
