"""The Solar Hijri calendar of Iran and Afghanistan by arithmetic.

Leap years follow the 33-year cycle, which agrees with the astronomical calendar of the nineteenth to
twenty-second centuries.
"""

from __future__ import annotations

from datetime import date

_LEAP_REMAINDERS = frozenset({1, 5, 9, 13, 17, 22, 26, 30})
"""Of a year divided by 33."""
_LONG_MONTHS_DAYS = 6 * 31
"""The first half of the year: each of its months has 31 days, of the others 30 or 29."""
_EPOCH_YEAR = 1354
"""The first year of a 33-year cycle plus one: 1353 = 33 · 41."""
_EPOCH = date(1975, 3, 21)
"""1 Farvardin 1354."""


def solar_hijri(day: date) -> tuple[int, int, int]:
    """Year, month and day of the month of a Gregorian date."""
    year = _EPOCH_YEAR
    rest = (day - _EPOCH).days
    while rest < 0:
        year -= 1
        rest += _days_in(year)
    while rest >= _days_in(year):
        rest -= _days_in(year)
        year += 1
    if rest < _LONG_MONTHS_DAYS:
        return year, rest // 31 + 1, rest % 31 + 1
    rest -= _LONG_MONTHS_DAYS
    return year, 7 + rest // 30, rest % 30 + 1


def _days_in(year: int) -> int:
    return 366 if year % 33 in _LEAP_REMAINDERS else 365
