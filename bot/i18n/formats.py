"""Dates and numbers as each language writes them: CLDR by Babel, with the exceptions that the term base names."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

from bot.i18n.hijri import solar_hijri
from bot.vocabulary import Locale

_PERSIAN_DIGITS = str.maketrans("0123456789,.", "۰۱۲۳۴۵۶۷۸۹٬٫")
_HIJRI_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
_TAJIK_MONTHS = (
    "январи", "феврали", "марти", "апрели", "майи", "июни",
    "июли", "августи", "сентябри", "октябри", "ноябри", "декабри",
)  # fmt: skip


def format_number(number: float, locale: Locale) -> str:
    """The number with the language's own group and decimal signs; Persian digits in Persian."""
    text = format_decimal(number, locale=locale.value, numbering_system="latn")
    return text.translate(_PERSIAN_DIGITS) if locale is Locale.FA else text


def format_day(day: date, locale: Locale) -> str:
    """The date in words: Persian with the Solar Hijri date in brackets, Tajik by hand because CLDR's is thin."""
    if locale is Locale.FA:
        return _persian(day)
    if locale is Locale.TG:
        return f"{day.day} {_TAJIK_MONTHS[day.month - 1]} соли {day.year}"
    return format_date(day, format="long", locale=locale.value)


def _persian(day: date) -> str:
    gregorian = format_date(day, format="long", locale=Locale.FA.value)
    year, month, day_of_month = solar_hijri(day)
    text = f"{gregorian} ({day_of_month} {_HIJRI_MONTHS[month - 1]} {year})"
    return text.translate(_PERSIAN_DIGITS)
