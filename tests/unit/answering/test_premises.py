"""Years that a question names and no file does."""

import pytest

from bot.answering.model import Outcome
from bot.answering.premises import names_unknown_year
from bot.vocabulary import Locale
from tests.unit.answering.test_service import TODAY, GivenSearch, answerer, ask, section

KNOWN = GivenSearch(
    [
        section("expo", "The expo of 2025 was the fourth."),
        section("expo", "دورهٔ سوم نمایشگاه در سال ۲۰۲۳ بود.", Locale.FA),
        section("seats", "The hall has 1,950 seats."),
    ],
    {"expo": 0.9},
)


@pytest.mark.parametrize(
    "question",
    [
        "the 2031 expo in Paris, which hall?",
        "эксп 2031 года?",
        "نمایشگاه ۲۰۳۱ کجاست؟",
        "2031年博览会在哪？",
        "on 17.07.2031?",
    ],
)
def test_L15_a_year_that_no_file_names_can_t_be_asked_about(question):
    assert names_unknown_year(question, KNOWN, TODAY)


@pytest.mark.parametrize(
    "question",
    [
        "the expo of 2025?",
        "the third one in 2023?",
        "and in 2026, this year?",
        "are there 1,950 seats?",
        "the 2,031 trains?",
        "flight SU2031?",
        "call 20310000?",
        "where is it?",
    ],
)
def test_L15_known_years_this_year_and_other_numbers_can(question):
    assert not names_unknown_year(question, KNOWN, TODAY)


async def test_L15_however_sure_the_search_is_the_answer_is_that_it_is_not_known():
    answer = await answerer(KNOWN).answer(ask("the 2031 expo in Paris, which hall?"))
    assert (answer.outcome, answer.citations) == (Outcome.UNKNOWN, ())
    assert (await answerer(KNOWN).answer(ask("the 2025 expo in Qingdao, which hall?"))).outcome is Outcome.ANSWERED
