"""Years that are counted from today, in the words of twelve languages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.relative_years import with_years
from bot.ids import Locale

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("locale", "asked", "read"),
    [
        ("en", "How many trains ran last year?", "How many trains ran in 2025?"),
        ("en", "LAST YEAR\u2019S expo", "2025 expo"),
        ("en", "and the year before last?", "and in 2024?"),
        ("zh", "去年开行了多少列，今年呢？", "2025年开行了多少列，2026年呢？"),
        ("zh", "明年的博覽會", "2027年的博覽會"),
        ("zh", "前年呢", "2024年呢"),
        ("ru", "А в прошлом году?", "А в 2025 году?"),
        ("ru", "прошлогодняя выставка и следующий год", "2025 года выставка и 2027 год"),
        ("kk", "откен жылы канша поезд, биыл ше?", "2025 жылы канша поезд, 2026 жылы ше?"),
        ("kk", "былтырғы көрме", "2025 жылғы көрме"),
        ("ky", "Өткөн жылы канча, быйыл канча?", "2025-жылы канча, 2026-жылы канча?"),
        ("tg", "Соли гузашта чанд қатор?", "соли 2025 чанд қатор?"),
        ("tg", "имсола", "соли 2026"),
        ("uz", "O\u2018tgan yili nechta poyezd?", "2025-yilda nechta poyezd?"),
        ("uz", "otgan yilgi koʻrgazma, kelasi yil", "2025-yilgi koʻrgazma, 2027-yilda"),
        ("fa", "پارسال چند قطار؟ امسال چی؟", "سال ۲۰۲۵ چند قطار؟ سال ۲۰۲۶ چی؟"),
        ("fa", "سال گذشته", "سال ۲۰۲۵"),
        ("ur", "پچھلے سال کتنی ٹرینیں؟", "2025 میں کتنی ٹرینیں؟"),
        ("ur", "گزشتہ سال کی ایکسپو", "2025 کی ایکسپو"),
        ("hi", "पिछले साल कितनी गाड़ियाँ?", "2025 में कितनी गाड़ियाँ?"),
        ("hi", "इस वर्ष का एक्सपो", "2026 का एक्सपो"),
        ("be", "летась і сёлета", "у 2025 годзе і у 2026 годзе"),
        ("be", "у мінулым годзе", "у 2025 годзе"),
        ("mn", "Өнгөрсөн жил хэдэн, энэ жилийн үзэсгэлэн", "2025 онд хэдэн, 2026 оны үзэсгэлэн"),
        ("mn", "ноднин", "2025 онд"),
    ],
)
def test_each_language_says_it_its_own_way(locale: str, asked: str, read: str):
    assert with_years(asked, Locale(locale), TODAY) == read


@pytest.mark.parametrize(
    ("locale", "asked"),
    [
        ("en", "the last expo, years ago"),
        ("zh", "当今年轻人看目前年吞吐量，证明年限"),
        ("fa", "در چند سال گذشته"),
        ("tg", "дар се соли гузашта"),
        ("hi", "पिछले दो साल"),
        ("ur", "اس سال"),
        ("ru", "в 2025 году"),
    ],
)
def test_other_years_and_other_words_stay(locale: str, asked: str):
    assert with_years(asked, Locale(locale), TODAY) == asked


@given(st.text(), st.sampled_from(Locale))
def test_any_text_is_read_and_a_second_reading_changes_nothing(text: str, locale: Locale):
    once = with_years(text, locale, TODAY)
    assert with_years(once, locale, TODAY) == once
