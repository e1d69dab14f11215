import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.folding import fold, is_latin, unshouted, word_count, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ёлка", "елка"),
        ("Қазақстан", "Казакстан"),
        ("Үзэсгэлэн", "узэсгэлэн"),
        ("намоишгоҳ", "намоишгох"),
        ("Oʻzbekiston", "O'zbekiston"),
        ("Oʻzbekiston", "Ozbekiston"),
        ("سرمایه‌گذاری", "سرمايه‌گذاري"),
        ("ثبت‌نام", "ثبتنام"),
        ("हिन्दी", "हिंदी"),
        ("फ़ोरम", "फोरम"),
        ("臺灣貿易", "台湾贸易"),
        ("ＳＣＯＤＡ １２", "scoda 12"),
        ("۱۲۳", "123"),
        ("٤٥٦", "456"),
        ("१२३", "123"),
        ("аб’ява", "аб'ява"),
    ],
)
def test_spellings_of_one_word_fold_to_the_same(one, other):
    assert fold(one) == fold(other)


def test_different_words_stay_different():
    assert fold("expo") != fold("export")
    assert fold("сорок") != fold("сурок")


def test_words_drop_punctuation_and_keep_order():
    assert words("«SCODA», 2025 — где?") == ["scoda", "2025", "где"]


@given(st.text())
def test_folding_never_fails(text):
    assert isinstance(fold(text), str)


@pytest.mark.parametrize(("text", "count"), [("how big is it?", 4), ("它在哪里？", 2), ("SCODA 示范区", 3), ("", 0)])
def test_words_are_counted_in_chinese_by_two_characters(text, count):
    assert word_count(text) == count


def test_digits_and_signs_are_in_no_script():
    assert is_latin("metro line 8?")
    assert not is_latin("metro линия 8")


@pytest.mark.parametrize(
    ("shouted", "asked"),
    [
        ("ГДЕ ПРОЙДЁТ ВЫСТАВКА В 2026?", "где пройдёт выставка в 2026?"),
        ("HOW BIG IS SCODA", "how big is scoda"),
        ("SCODA?", "SCODA?"),
        ("How big is SCODA", "How big is SCODA"),
        ("上合示范区在哪里", "上合示范区在哪里"),
    ],
)
def test_a_message_in_capitals_is_read_in_small_letters(shouted, asked):
    assert unshouted(shouted) == asked
