"""«And in 2023?» in full: the question before, with that year in the place of its own.

Read with what was said before it, as other follow-ups are, it is nearest to whatever else happened in that year, and
that was told; in full it is a question like any other, and where nothing answers it, that is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache

from bot.ids import Locale
from bot.languages import words_of
from bot.writing.figures import figures_of
from bot.writing.folding import has_han, words
from bot.writing.terms import is_among, of_year, years_in

_SMALL_LETTERS = 3
"""Letters up to which a word counts as a small one, listed or not: «for», «ше», «чӣ». Chosen by reasoning."""
_SMALL_SIGNS = 1
"""Chinese characters besides year, listed words and what was asked before: the 的 of «2022年的». By reasoning."""


def in_other_year(text: str, before: str, locale: Locale) -> str:
    """What is asked in full where `text` only names another year than the question `before`; empty of all others.

    >>> in_other_year("and in 2023?", "How many trains ran in 2025?", Locale.EN)
    'How many trains ran in 2023?'
    >>> in_other_year("and the expo of 2023?", "How many trains ran in 2025?", Locale.EN)
    ''
    """
    named = years_in(text)
    if len(named) != 1 or not years_in(before) - named or len(figures_of(text, locale)) != 1:
        return ""  # with a month or another number it asks for something else
    (year,) = named
    said = {*_small_words(locale), *words(before)}
    starts = frozenset(_starts(said))
    is_bare = all(_adds_nothing(word, year, said, starts) for word in words(text))
    return of_year(before, year) if is_bare else ""


def _adds_nothing(word: str, year: str, said: Collection[str], starts: Collection[str]) -> bool:
    """Whether a word is the year, a small one, or was said before; endings do not count."""
    if has_han(word):
        signs = set("".join(said)) | set(year)
        return sum(sign not in signs for sign in word) <= _SMALL_SIGNS
    return year in word or len(word) <= _SMALL_LETTERS or is_among(word, said, starts)


def _starts(said: Collection[str]) -> Iterator[str]:
    return (word[:length] for word in said for length in range(1, len(word) + 1))


@cache
def _small_words(locale: Locale) -> frozenset[str]:
    """What stands around a year, and what a question begins with that leans on the one before."""
    listed = words_of(locale)
    phrases = (listed.years.in_year.format(""), *listed.back_references)
    return frozenset(word for phrase in phrases for word in words(phrase))
