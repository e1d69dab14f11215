"""Years in texts."""

from hypothesis import given
from hypothesis import strategies as st

from bot.answering.years import of_year, years_in


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
