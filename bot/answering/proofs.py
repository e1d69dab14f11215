"""Whether a text holds the kind of thing that is asked for, as far as its form shows: a number has one, a name none."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

import regex

from bot.answering.asked_kind import AskedKind
from bot.ids import Locale
from bot.languages import words_of
from bot.writing.folding import fold, has_han
from bot.writing.terms import YEAR

_DIGIT = r"\d"
_HAN_DIGIT = "[一二三四五六七八九十百千万两]"
_TELEPHONE = regex.compile(r"\+?\d[\d\s()-]{6,}\d")
_MAIL = regex.compile(r"\S@\S")
_ADDRESS = regex.compile(r"https?://|www\.")
_MONEY_SIGNS = r"%|[¥$€]"
"""A text may name its sums in the money of another language, too."""
_NO_YEAR = rf"(?<!\d)(?!{YEAR}(?!\d))\d+(?:[.,]\d+)?"
_WORD = r"(?<![\p{{L}}\p{{M}}\p{{N}}])(?:{})(?![\p{{L}}\p{{M}}\p{{N}}])"
_UP_TO_A_WORD = r"[\s–—-]{0,3}(?:[^\s\d]{1,12}\s)?"
"""«30 days», «240-hour», «30 хүртэл хоног»: what stands between a number and what it counts."""
_FROM_TO = (r"(?<!\d)\d{1,2}\s?[–—-]\s?\d{1,2}(?!\d)", r"\d:\d\d.{1,12}\d:\d\d")
"""«17–20 July» tells how long something lasts, and so does «06:20 to 22:00»."""


@lru_cache(maxsize=4096)
def holds_kind(text: str, kind: AskedKind, locale: Locale) -> bool:
    """Whether a text, written in `locale`, holds such a thing: what has no form of its own is never missed."""
    if kind is AskedKind.EMAIL:
        return _MAIL.search(text) is not None
    proof = _proof(kind, locale)
    return proof is None or proof.search(fold(text)) is not None


@cache
def _proof(kind: AskedKind, locale: Locale) -> regex.Pattern[str] | None:
    match kind:
        case AskedKind.PHONE:
            return _TELEPHONE
        case AskedKind.WEBSITE:
            return _ADDRESS
        case AskedKind.PRICE:
            return _any_of((_MONEY_SIGNS, *(fold(word) for one in Locale for word in words_of(one).money)))
        case AskedKind.WHEN:
            return _any_of((_DIGIT, _HAN_DIGIT))
        case AskedKind.COUNT:
            return _any_of((_DIGIT, _HAN_DIGIT, *_number_words(locale)))
        case AskedKind.DURATION:
            number = f"(?:{'|'.join((_NO_YEAR, *_number_words(locale)))}){_UP_TO_A_WORD}"
            return _any_of((*_FROM_TO, *(fold(one).replace("# ", number) for one in words_of(locale).durations)))
        case _:
            return None


def _number_words(locale: Locale) -> list[str]:
    entries = (fold(entry) for entry in words_of(locale).numbers)
    return [entry if has_han(entry) else _WORD.format(entry) for entry in entries]


def _any_of(patterns: Iterable[str]) -> regex.Pattern[str]:
    return regex.compile("|".join(patterns))
