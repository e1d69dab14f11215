"""The years that a text names."""

from __future__ import annotations

import regex

from bot.writing.folding import ascii_digits

_YEAR = regex.compile(r"(?<!\d[,٬])(?<![\d[\p{L}--\p{Han}]])(?:19|20)\d\d(?!\d|[.,٬]\d)", regex.V1)


def years_in(text: str) -> frozenset[str]:
    """The years of the last and this century that a text names, in plain digits."""
    return frozenset(_YEAR.findall(ascii_digits(text)))


def of_year(text: str, year: str) -> str:
    """`text` in plain digits, with `year` in place of every year it names."""
    return _YEAR.sub(year, ascii_digits(text))
