from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.i18n.formats import format_day, format_moment, format_number
from bot.i18n.hijri import solar_hijri
from bot.i18n.plurals import PLURALS
from bot.ids import Locale


@pytest.mark.parametrize(
    ("gregorian", "hijri"),
    [
        (date(1979, 2, 11), (1357, 11, 22)),
        (date(2021, 3, 20), (1399, 12, 30)),
        (date(2025, 3, 20), (1403, 12, 30)),
        (date(2025, 3, 21), (1404, 1, 1)),
        (date(2026, 8, 31), (1405, 6, 9)),
        (date(1900, 1, 1), (1278, 10, 11)),
    ],
)
def test_solar_hijri_dates_agree_with_the_calendar_of_iran(gregorian, hijri):
    assert solar_hijri(gregorian) == hijri


def test_solar_hijri_days_follow_one_another_without_gap():
    day, before = date(1950, 1, 1), solar_hijri(date(1949, 12, 31))
    for _ in range(40_000):
        year, month, day_of_month = solar_hijri(day)
        assert (year, month, day_of_month) > before
        assert day_of_month == before[2] + 1 or day_of_month == 1
        day, before = day + timedelta(days=1), (year, month, day_of_month)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        (Locale.EN, "June 15, 2026"),
        (Locale.ZH, "2026年6月15日"),
        (Locale.TG, "15 июни соли 2026"),
        (Locale.FA, "۱۵ ژوئن ۲۰۲۶ (۲۵ خرداد ۱۴۰۵)"),
        (Locale.UR, "15 جون، 2026"),
        (Locale.HI, "15 जून 2026"),
        (Locale.UZ, "15-iyun, 2026"),
    ],
)
def test_dates_are_written_as_each_language_does(locale, text):
    assert format_day(date(2026, 6, 15), locale) == text


@pytest.mark.parametrize(
    ("locale", "zone", "text"),
    [
        (Locale.EN, "Europe/London", "June 15, 2026, 02:30 (UTC+1)"),
        (Locale.ZH, "Asia/Shanghai", "2026年6月15日 09:30（UTC+8）"),
        (Locale.RU, "Europe/Moscow", "15 июня 2026\u202fг., 04:30 (UTC+3)"),
        (Locale.TG, "Asia/Dushanbe", "15 июни соли 2026, 06:30 (UTC+5)"),
        (Locale.HI, "Asia/Kolkata", "15 जून 2026, 07:00 (UTC+5:30)"),
        (Locale.UR, "Asia/Karachi", "15 جون، 2026، 06:30 (\u200f\u200eUTC+5\u200e\u200f)"),
        (
            Locale.FA,
            "Asia/Tehran",
            "۱۵ ژوئن ۲۰۲۶ (۲۵ خرداد ۱۴۰۵)، ساعت ۰۵:۰۰ (\u200f\u200eUTC+3:30\u200e\u200f)",
        ),
        (Locale.EN, "America/St_Johns", "June 14, 2026, 23:00 (UTC−2:30)"),
        (Locale.EN, "UTC", "June 15, 2026, 01:30 (UTC)"),
    ],
)
def test_moments_are_shown_in_the_reader_s_zone_and_calendar(locale, zone, text):
    moment = datetime(2026, 6, 15, 1, 30, tzinfo=UTC)
    assert format_moment(moment, ZoneInfo(zone), locale) == text


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        (Locale.EN, "1,234,567"),
        (Locale.RU, "1\u00a0234\u00a0567"),
        (Locale.FA, "۱٬۲۳۴٬۵۶۷"),
        (Locale.HI, "12,34,567"),
        (Locale.UR, "1,234,567"),
    ],
)
def test_numbers_have_each_language_s_separators_and_digits(locale, text):
    assert format_number(1_234_567, locale) == text


def test_plural_forms_follow_the_table_of_the_term_base():
    russian = [PLURALS[Locale.RU].index(n) for n in (0, 1, 2, 4, 5, 11, 12, 21, 22, 25, 111, 121)]
    assert russian == [2, 0, 1, 1, 2, 2, 2, 0, 1, 2, 2, 0]
    assert [PLURALS[Locale.FA].index(n) for n in (0, 1, 2)] == [0, 0, 1]
    assert [PLURALS[Locale.UZ].index(n) for n in (0, 1, 2)] == [1, 0, 1]
    assert [PLURALS[Locale.TG].index(n) for n in (0, 1, 2)] == [0, 0, 0]
