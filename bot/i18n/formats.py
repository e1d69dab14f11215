"""Dates and numbers as each language writes them: CLDR by Babel, where people write as it says."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta, get_day_names
from babel.numbers import format_decimal
from babel.numbers import format_percent as babel_percent

from bot.i18n.bidi import isolate
from bot.i18n.hijri import solar_hijri
from bot.ids import Locale
from bot.writing.digits import PERSIAN_DIGITS

_PERSIAN_NUMBERS = PERSIAN_DIGITS | str.maketrans(",.", "٬٫")
_HIJRI_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
_TAJIK_MONTHS = (
    "январи", "феврали", "марти", "апрели", "майи", "июни",
    "июли", "августи", "сентябри", "октябри", "ноябри", "декабри",
)  # fmt: skip

_DAYS_KEPT = 1024
"""Dates that stay written out: by reasoning, more than the knowledge names; Babel parses its pattern for each."""


def format_number(number: float, locale: Locale) -> str:
    """The number with the language's own group and decimal signs; Persian digits in Persian."""
    text = format_decimal(number, locale=locale.value, numbering_system="latn")
    return text.translate(_PERSIAN_NUMBERS) if locale is Locale.FA else text


def format_percent(share: float, locale: Locale) -> str:
    """A share, 0 to 1, in whole per cent as the language writes it; never more than is there."""
    text = babel_percent(math.floor(share * 100) / 100, locale=locale.value, numbering_system="latn")
    return text.translate(_PERSIAN_NUMBERS) if locale is Locale.FA else text


@lru_cache(maxsize=_DAYS_KEPT)
def format_day(day: date, locale: Locale) -> str:
    """The date in words: Persian with the Solar Hijri date in brackets, Tajik by hand because CLDR's is thin."""
    if locale is Locale.FA:
        return _persian(day)
    if locale is Locale.TG:
        return f"{day.day} {_TAJIK_MONTHS[day.month - 1]} соли {day.year}"
    return format_date(day, format="long", locale=locale.value)


def weekday(number: int, locale: Locale) -> str:
    """A day of the week in short, 0 is Monday."""
    return str(get_day_names("abbreviated", locale=locale.value)[number])


def format_moment(moment: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """Day, time and distance from UTC of an aware `moment` as clocks in `zone` show it: 24 hours in every language."""
    local = moment.astimezone(zone)
    time_of_day, offset = f"{local:%H:%M}", utc_offset(local.utcoffset() or timedelta())
    day = format_day(local.date(), locale)
    if locale is Locale.ZH:
        return f"{day} {time_of_day}（{offset}）"
    if locale is Locale.FA:
        return f"{day}، ساعت {time_of_day.translate(_PERSIAN_NUMBERS)} ({isolate(offset, locale)})"
    comma = "، " if locale is Locale.UR else ", "
    return f"{day}{comma}{time_of_day} ({isolate(offset, locale)})"


def utc_offset(from_utc: timedelta) -> str:
    """`UTC`, `UTC+8` or `UTC−2:30`, with the minus sign of print."""
    minutes = round(from_utc.total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


def _persian(day: date) -> str:
    gregorian = format_date(day, format="long", locale=Locale.FA.value)
    year, month, day_of_month = solar_hijri(day)
    text = f"{gregorian} ({day_of_month} {_HIJRI_MONTHS[month - 1]} {year})"
    return text.translate(_PERSIAN_NUMBERS)


def format_duration(duration: timedelta, locale: Locale) -> str:
    """A span of time in its largest unit: `3 дня`."""
    if locale is Locale.TG:
        return _tajik_duration(duration)
    text = format_timedelta(duration, threshold=1.0, locale=locale.value)
    return text.translate(_PERSIAN_NUMBERS) if locale is Locale.FA else text


def _tajik_duration(duration: timedelta) -> str:
    """CLDR has no units for Tajik."""
    hours = duration // timedelta(hours=1)
    return f"{hours // 24} рӯз" if hours and hours % 24 == 0 else f"{hours} соат"
