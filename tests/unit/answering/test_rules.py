"""What is never guessed, whatever the figures say."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.asked_kind import AskedKind
from bot.answering.rules import Reason, lacks_kind, lacks_year, objection
from bot.ids import Locale
from bot.writing.terms import years_in
from tests.support.answering_parts import TODAY, GivenRetriever, section

EXPO = section("expo", "The expo of 2025 was the fourth.", as_of=None)
KNOWN = GivenRetriever(
    [
        EXPO,
        section("expo", "دورهٔ سوم نمایشگاه در سال ۲۰۲۳ بود.", Locale.FA),
        section("seats", "The hall has 1,950 seats."),
        section("open", "Nothing is known of 2033.", answerable=False),
        section("plans", "The third stage.", questions=("When is the stage of 2029?",), heading="Until 2030"),
    ],
    {},
)


@pytest.mark.parametrize(
    "asked",
    [
        "the 2031 expo in Paris, which hall?",
        "эксп 2031 года?",
        "نمایشگاه ۲۰۳۱ کجاست؟",
        "2031年博览会在哪？",
        "on 17.07.2031?",
        "what of 2033?",
    ],
)
def test_L15_a_year_that_no_answer_names_can_t_be_asked_about(asked):
    assert objection(asked, None, EXPO, knowledge=KNOWN, today=TODAY) is Reason.UNKNOWN_YEAR


@pytest.mark.parametrize(
    "asked",
    [
        "the expo of 2025?",
        "the third one in 2023?",
        "and in 2026, this year?",
        "the stage of 2029?",
        "what until 2030?",
        "are there 1,950 seats?",
        "the 2,031 trains?",
        "flight SU2031?",
        "call 20310000?",
        "where is it?",
    ],
)
def test_L15_known_years_this_year_and_other_numbers_can(asked):
    assert objection(asked, None, EXPO, knowledge=KNOWN, today=TODAY) is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (AskedKind.PHONE, "Call +86 532 8888-0000."),
        (AskedKind.EMAIL, "Write to info@example.org."),
        (AskedKind.WEBSITE, "See https://example.org."),
        (AskedKind.PRICE, "A ticket is 50 yuan."),
        (AskedKind.PRICE, "Билет стоит 50 юаней."),
        (AskedKind.PRICE, "门票￥50。"),
    ],
)
def test_contacts_and_prices_are_told_only_where_they_stand(kind, text):
    assert (
        objection("that?", kind, section("a", "It is in Jiaozhou."), knowledge=KNOWN, today=TODAY) is Reason.LACKS_KIND
    )
    assert objection("that?", kind, section("a", text), knowledge=KNOWN, today=TODAY) is None


@pytest.mark.parametrize("kind", [None, AskedKind.WHEN, AskedKind.COUNT, AskedKind.WHO, AskedKind.WHERE])
def test_of_other_kinds_the_figures_decide(kind):
    assert objection("that?", kind, section("a", "No such thing."), knowledge=KNOWN, today=TODAY) is None


def test_where_an_example_question_seems_to_ask_for_it_too_the_word_means_something_else():
    wallet = section("wallet", "Alipay takes Visa.", questions=("Can I pay by phone?",))
    known = GivenRetriever([wallet], {})
    assert not lacks_kind(AskedKind.PHONE, wallet, known)
    assert objection("my phone, can it pay?", AskedKind.PHONE, wallet, knowledge=known, today=TODAY) is None
    assert lacks_kind(AskedKind.EMAIL, wallet, known)


def test_the_example_questions_of_another_language_count_as_well():
    copies = [section("a", "Оплата QR-кодом.", Locale.RU), section("a", "By QR code.", questions=("By phone?",))]
    assert not lacks_kind(AskedKind.PHONE, copies[0], GivenRetriever(copies, {}))


def test_a_section_that_says_nothing_of_the_years_asked_about_lacks_them():
    known = section("a", "In 2024 it rained.", as_of=date(2025, 1, 3), title="Report of 2023")
    assert lacks_year("in 2022?", known)
    assert not lacks_year("in 2022?", section("a", "In 2022."))
    assert not any(
        lacks_year(asked, known) for asked in ("in 2023?", "in 2024?", "in 2025?", "in 2022 or 2024?", "when?")
    )


@given(st.text())
def test_any_text_has_its_years_read(text):
    assert all(len(year) == 4 and year[:2] in ("19", "20") for year in years_in(text))
