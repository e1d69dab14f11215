from itertools import count, islice, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing import spelling
from bot.writing.folding import fold
from bot.writing.spelling import LOOK_UPS, KnownWords, Spelling, nearest, unstretched

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


ENGLISH = Spelling.of(
    ["How many financial institutions moved in? Institution of trade, the demonstration area, trains."]
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how mny financal institutons", "how many financial institutions"),
        ("moed ni", "moved ni"),
        ("FINANCAL", "financial"),
        ("tradin", "tradin"),
        ("teh inn trian", "teh inn trian"),
        ("demosntrtaion", "demonstration"),
        ("hedgehogs eat apples", "hedgehogs eat apples"),
        ("institution", "institution"),
        ("2025 trains, SCODA!", "2025 trains, SCODA!"),
    ],
)
def test_words_with_a_slip_of_the_thumb_are_corrected_where_the_right_one_has_four_letters(typed, meant):
    assert ENGLISH.corrected(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("manyfinancial institutions", "many financial institutions"),
        ("thedemonstrationarea", "the demonstration area"),
        ("institutionof", "institutions"),
        ("manyhedgehogs", "manyhedgehogs"),
    ],
)
def test_words_without_a_blank_between_them_are_taken_apart_unless_the_short_one_may_be_an_ending(typed, meant):
    assert ENGLISH.corrected(typed) == meant


def test_of_several_ways_to_take_words_apart_that_with_the_usual_ones_is_taken():
    assert Spelling.of(["nota ble", "not able", "not able"]).corrected("notable") == "not able"


def test_words_of_other_scripts_are_corrected_too():
    assert Spelling.of(["Үзэсгэлэнгийн төв хэзээ ашиглалтад орсон бэ"]).corrected("үзсгэлэнгийн") == "Үзэсгэлэнгийн"
    assert Spelling.of(["इस्तेमाल"]).corrected("इस्तमाल") == "इस्तेमाल"


CHINESE = Spelling.of(
    ["胶东机场是哪年启用的", "胶东机场在哪里", "去胶东机场", "产业链供应链论坛", "供应链论坛", "供应链"]
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("胶东机厂是哪年启用的", "胶东机场是哪年启用的"),
        ("供应练论坛几号", "供应链论坛几号"),
        ("胶东机场在哪里", "胶东机场在哪里"),
        ("刺猬冬天吃什么", "刺猬冬天吃什么"),
        ("胶东机会", "胶东机会"),
        ("机厂", "机厂"),
    ],
)
def test_a_chinese_character_of_the_same_sound_gives_way_to_the_usual_one(typed, meant):
    assert CHINESE.corrected(typed) == meant
    assert Spelling.read(CHINESE.written()).corrected(typed) == meant


def test_of_many_unknown_words_only_the_first_are_looked_up(monkeypatch):
    looked_up = []
    nearest = spelling.nearest
    monkeypatch.setattr(spelling, "nearest", lambda word, among: looked_up.append(word) or nearest(word, among))
    noise = ["".join(letters) for letters in islice(product("xyz", repeat=6), 300)]

    read = ENGLISH.corrected(" ".join(["financal", *noise, "financal"])).split()

    assert len(looked_up) == LOOK_UPS
    assert (read[0], read[-1]) == ("financial", "financal")


def test_known_short_and_endless_words_are_not_looked_up(monkeypatch):
    monkeypatch.setattr(spelling, "nearest", None)
    text = " ".join(["financial", "institution", "ab", "a" * 600] * 60)
    assert ENGLISH.corrected(text) == text


def test_of_many_chinese_characters_that_fit_nowhere_only_the_first_are_looked_up(monkeypatch):
    calls = count()
    fitting = Spelling._fitting
    monkeypatch.setattr(Spelling, "_fitting", lambda *arguments: (next(calls) and None) or fitting(*arguments))
    noise = "".join(map(chr, range(0x5000, 0x5000 + 600)))

    assert CHINESE.corrected(f"胶东机厂 {noise} 胶东机厂") == f"胶东机场 {noise} 胶东机厂"
    assert next(calls) <= 24


def test_what_was_written_is_read_again():
    again = Spelling.read(ENGLISH.written())
    assert again.written() == ENGLISH.written()
    assert again.corrected("financal") == "financial"
    assert Spelling.read("").corrected("financal") == "financal"


@pytest.mark.parametrize(
    ("held", "meant"),
    [
        ("سلااااام", "سلام"),
        ("плиииз", "плиз"),
        ("sooo good", "so good"),
        ("hiii part iii", "hi part iii"),
        ("need book", "need book"),
        ("www.scoda.com, XVIII, III", "www.scoda.com, XVIII, III"),
        ("1000000", "1000000"),
    ],
)
def test_letters_that_are_held_down_count_once(held, meant):
    assert unstretched(held) == meant


@given(st.text())
def test_any_text_can_be_corrected(text):
    assert ENGLISH.corrected(ENGLISH.corrected(text)) == ENGLISH.corrected(text)
    unstretched(text)


@given(st.text())
def test_what_is_restored_folds_to_the_same(text):
    assert fold(KAZAKH.restored(text)) == fold(text)


@given(st.text("аб", max_size=12), st.lists(st.text("аб", min_size=1, max_size=14), max_size=9))
def test_the_nearest_word_is_among_those_about_as_long(word, known):
    words = KnownWords(known)
    for _ in range(2):
        assert nearest(word, words.about_as_long_as(word)) == nearest(word, known)
