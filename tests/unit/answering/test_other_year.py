"""«And in 2023?» in twelve languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.other_year import in_other_year
from bot.ids import Locale

ASKED = [
    (Locale.EN, "How many trains ran in 2025?", "and for 2024", "How many trains ran in 2024?"),
    (Locale.RU, "Сколько поездов прошло в 2025 году?", "А в 2024-м?", "Сколько поездов прошло в 2024 году?"),
    (Locale.BE, "Колькі цягнікоў было ў 2025 годзе?", "а ў 2024 годзе", "Колькі цягнікоў было ў 2024 годзе?"),
    (Locale.ZH, "2025年开行了多少班列？", "那2024年的呢？", "2024年开行了多少班列？"),
    (Locale.KK, "2025 жылы неше пойыз өтті?", "ал 2024 жылы ше?", "2024 жылы неше пойыз өтті?"),
    (Locale.KY, "2025-жылы канча поезд өттү?", "2024-жылычы?", "2024-жылы канча поезд өттү?"),
    (Locale.TG, "Соли 2025 чанд қатор гузашт?", "соли 2024 чӣ?", "Соли 2024 чанд қатор гузашт?"),
    (Locale.UZ, "2025-yilda nechta poyezd o‘tdi?", "2024-yilda-chi?", "2024-yilda nechta poyezd o‘tdi?"),
    (Locale.FA, "در سال ۲۰۲۵ چند قطار رفت؟", "سال ۲۰۲۴ چی؟", "در سال 2024 چند قطار رفت؟"),
    (Locale.UR, "2025 میں کتنی ٹرینیں چلیں؟", "اور ۲۰۲۴ میں؟", "2024 میں کتنی ٹرینیں چلیں؟"),
    (Locale.HI, "2025 में कितनी ट्रेनें चलीं?", "और 2024 में?", "2024 में कितनी ट्रेनें चलीं?"),
    (Locale.MN, "2025 онд хэдэн галт тэрэг явсан бэ?", "2024 онд?", "2024 онд хэдэн галт тэрэг явсан бэ?"),
]


@pytest.mark.parametrize(("locale", "before", "text", "in_full"), ASKED)
def test_what_only_names_another_year_asks_the_same_of_it(locale, before, text, in_full):
    assert in_other_year(text, before, locale) == in_full


def test_what_was_said_before_may_be_said_again_with_another_ending():
    assert in_other_year("выставка 2023 года", "Что было на выставке в 2019 году?", Locale.RU) == (
        "Что было на выставке в 2023 году?"
    )


@pytest.mark.parametrize(
    ("locale", "before", "text"),
    [
        (Locale.EN, "How many trains ran in 2025?", "and the expo of 2023?"),
        (Locale.EN, "How many trains ran in 2025?", "and in 2025?"),
        (Locale.EN, "How many trains ran in 2025?", "from 2018 to 2023?"),
        (Locale.EN, "How many trains ran in 2025?", "and in May?"),
        (Locale.EN, "How many trains ran in 2025?", "and in May 2023?"),
        (Locale.HI, "2025 में कितनी ट्रेनें चलीं?", "और जून 2024 तक?"),
        (Locale.RU, "Сколько поездов прошло в 2025 году?", "а за 1 кв. 2024?"),
        (Locale.EN, "How many trains ran in all?", "and in 2023?"),
        (Locale.RU, "Сколько поездов прошло в 2025 году?", "а торговля в 2024?"),
        (Locale.ZH, "2025年开行了多少班列？", "2024年博览会日期"),
    ],
)
def test_what_asks_something_of_its_own_is_left(locale, before, text):
    assert in_other_year(text, before, locale) == ""


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(list(Locale)))
def test_any_text_can_be_looked_at(text, before, locale):
    in_other_year(text, before, locale)
    in_other_year(f"{text} 2023", f"{before} 2019", locale)
