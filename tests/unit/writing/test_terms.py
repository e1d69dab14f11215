"""Words, years and numbers by which texts are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.terms import is_year, numbers_in, of_year, shared_start, stem, terms, years_in


def test_years_are_found_in_any_digits_and_beside_chinese():
    assert years_in("in 2019 and ۲۰۲۳, 于2021年") == {"2019", "2023", "2021"}
    assert years_in("3,2019 rooms, A2019, 20191 and 1850") == frozenset()


def test_a_year_takes_the_place_of_all_others():
    assert (
        of_year("The expo of 2019 in ۲۰۲۳ had 12019 visitors", "2021") == "The expo of 2021 in 2021 had 12019 visitors"
    )
    assert of_year("The expo", "2021") == "The expo"


@given(st.text())
def test_no_other_year_is_left(text: str):
    assert years_in(of_year(text, "2021")) <= {"2021"}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,225 trains in 2025", {"1225", "2025"}),
        ("1 225 поездов", {"1225"}),
        ("۱٬۲۲۵ قطار", {"1225"}),
        ("१,६८,८०० वर्ग मीटर", {"168800"}),
        ("no number", set()),
    ],
)
def test_numbers_are_read_in_every_script_and_grouping(text, numbers):
    assert numbers_in(text) == numbers


@given(st.text())
def test_any_text_has_its_numbers_read(text):
    assert all(number for number in numbers_in(text))


def test_a_year_is_one_of_this_or_the_last_century():
    assert is_year("1900")
    assert is_year("2026")
    assert not any(map(is_year, ("1899", "2100", "20260", "202", "")))


def test_terms_are_folded_words_and_of_chinese_pairs_of_signs():
    assert terms("The Поезда, ЁЛКИ!") == {"the", "поезда", "елки"}
    assert terms("上合示范区 在") == {"上合", "合示", "示范", "范区", "在"}
    assert terms("… !") == set()


@pytest.mark.parametrize(
    ("word", "beginning", "shared"), [("поездами", "поезд", 5), ("visa", "visa", 3), ("до", "до", 2)]
)
def test_words_with_other_endings_begin_alike(word: str, beginning: str, shared: int):
    assert stem(word) == beginning
    assert shared_start(word) == shared
