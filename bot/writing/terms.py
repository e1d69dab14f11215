"""What texts are compared by: their words, the beginnings of these, the years and the numbers they name.

All of it is folded or in plain digits, so that two spellings of one thing are equal. What a number means in its
language («1,5 млн», a month, a percentage) is read by `bot.writing.figures`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import ceil
from typing import Final

import regex

from bot.writing.digits import ascii_digits
from bot.writing.folding import has_han, words

STEM_LETTERS: Final = 5
"""Letters by which two words count as one word with different endings.

Chosen, not fitted: it came with the first ranking of answers, whose figures were measured with it in place. Where more
than a hint hangs on it, words are compared by `same_beginning`.
"""
_SHARED_FROM: Final = 0.62
"""The share of a word's letters that another must begin with to be the same word with another ending.

Chosen with the check of composed answers, whose false alarms and misses were measured with it in place.
"""
_NEVER_BENT: Final = 3
"""Letters up to which a word must be the same throughout: of so short a one nothing is left to bend."""

YEAR: Final = r"(?:19|20)\d\d"
"""A pattern for a year, in plain digits: of the last and of this century, as all that the knowledge tells of."""
_YEAR_ALONE = regex.compile(YEAR)
_YEAR_IN_TEXT = regex.compile(rf"(?<!\d[,٬])(?<![\d[\p{{L}}--\p{{Han}}]]){YEAR}(?!\d|[.,٬]\d)", regex.V1)
_NUMBER = regex.compile(r"\d(?:[\d., \u00a0\u202f\u066b\u066c]*\d)?")
_SEPARATORS = regex.compile(r"[., \u00a0\u202f\u066b\u066c]")


def terms(text: str) -> set[str]:
    """The folded words of a text; of Chinese, which has no blanks, the pairs of signs."""
    found: set[str] = set()
    for word in words(text):
        found.update(han_pairs(word) if has_han(word) else (word,))
    return found


def han_pairs(word: str) -> Iterator[str]:
    """Every two signs in a row of a Chinese word; a sign that stands alone by itself."""
    return (word[place : place + 2] for place in range(max(1, len(word) - 1)))


def stem(word: str) -> str:
    """The beginning of a folded word, which is the same in other cases and numbers."""
    return word[:STEM_LETTERS]


def shared_start(word: str) -> int:
    """How many letters of a folded word must be alike for another to be the same word with another ending."""
    return len(word) if len(word) <= _NEVER_BENT else max(_NEVER_BENT, ceil(_SHARED_FROM * len(word)))


def is_among(word: str, whole: Collection[str], starts: Collection[str]) -> bool:
    """Whether a folded word is one of `whole`, or one with another ending: `starts` are all beginnings of these."""
    return word in whole or (len(word) > _NEVER_BENT and word[: shared_start(word)] in starts)


def is_year(digits: str) -> bool:
    """Whether plain digits are those of a year."""
    return _YEAR_ALONE.fullmatch(digits) is not None


def years_in(text: str) -> frozenset[str]:
    """The years that a text names, in plain digits; not those inside of longer numbers and codes."""
    return frozenset(_YEAR_IN_TEXT.findall(ascii_digits(text)))


def of_year(text: str, year: str) -> str:
    """`text` in plain digits, with `year` in place of every year it names."""
    return _YEAR_IN_TEXT.sub(year, ascii_digits(text))


def numbers_in(text: str) -> frozenset[str]:
    """The numbers of a text as plain digits without signs between them: «2 000,5» and «2,000.5» are `20005`.

    Coarser than `bot.writing.figures.figures_of`, since the question's language does not tell how a section in another
    one groups its digits.
    """
    return frozenset(_SEPARATORS.sub("", number) for number in _NUMBER.findall(ascii_digits(text)))
