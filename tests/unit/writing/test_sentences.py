import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ids import Locale
from bot.writing.sentences import split_sentences


@pytest.mark.parametrize(
    ("locale", "sentences"),
    [
        (Locale.EN, ["It took place on 17–20 July 2025.", "It cost 3.5 million.", "See p. 4 there."]),
        (Locale.RU, ["Выставка прошла 17–20 июля 2025 г. в Циндао.", "Она заняла 44 тыс. м²."]),
        (Locale.ZH, ["第四届博览会于2025年举行。", "面积4.4万平方米！"]),
        (Locale.ZH, ["要签证吗?", "有直飞的航班没"]),
        (Locale.KK, ["Көрме 2025 ж. 17 шілдеде ашылды.", "Ол Цзяочжоуда өтті."]),
        (Locale.KY, ["Көргөзмө 2025-ж. 17-июлда ачылды.", "Ал Цзяочжоудо өттү."]),
        (Locale.UZ, ["Bu joy edi.", "2025-yilda ochildi."]),
        (Locale.FA, ["نمایشگاه برگزار شد.", "کجا؟", "اینجا."]),
        (Locale.UR, ["مرکز 2022 میں کھلا۔", "یہ بڑا ہے۔"]),
        (Locale.HI, ["केंद्र 2022 में खुला।", "यह बड़ा है।"]),
        (Locale.EN, ["President J. Smith spoke.", "Nobody listened."]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(locale, sentences):
    separator = "" if locale is Locale.ZH else " "
    assert split_sentences(separator.join(sentences), locale) == sentences


def test_a_line_break_ends_a_sentence():
    assert split_sentences("one\ntwo", Locale.EN) == ["one", "two"]


@pytest.mark.parametrize(
    ("locale", "text", "count"),
    [
        (Locale.EN, "?" * 4000 + "a", 1),
        (Locale.EN, "?" * 4000 + " a", 2),
        (Locale.EN, "." * 4000 + "a", 1),
        (Locale.EN, "A. " * 1000, 1),
        (Locale.RU, "Было г. а " * 400, 1),
        (Locale.EN, "Ab. " * 1000, 1000),
        (Locale.EN, "x" * 4000 + "approx. then", 2),
        (Locale.EN, "It took approx. two hours", 1),
    ],
)
def test_endless_marks_and_abbreviations_are_cut_as_short_ones(locale, text, count):
    assert len(split_sentences(text, locale)) == count


@given(st.text(), st.sampled_from(list(Locale)))
def test_no_letter_is_lost(text, locale):
    joined = "".join(split_sentences(text, locale))
    assert "".join(joined.split()) == "".join(text.split())
