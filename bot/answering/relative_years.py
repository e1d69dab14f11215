"""«Last year» and its like by their numbers: the knowledge names years, visitors count from the day they ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

import regex

from bot.ids import Locale
from bot.languages import Entries, words_of
from bot.writing.digits import PERSIAN_DIGITS
from bot.writing.folding import fold

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’‘ʻʼ`\u200c-][\p{L}\p{M}\p{N}]+)*")
"""A word in its place in the text as it was typed, unlike `terms`: a year is written where the phrase stood."""


def with_years(text: str, locale: Locale, today: date) -> str:
    """`text` with each year that is counted from today named by its number; «last year» becomes «in 2025».

    >>> with_years("Сколько поездов было в прошлом году?", Locale.RU, date(2026, 11, 27))
    'Сколько поездов было в 2025 году?'
    """
    if locale is Locale.ZH:
        for offset, patterns in _by_offset(locale).items():
            said = words_of(locale).years.in_year.format(today.year + offset)
            text = regex.sub("|".join(patterns), said, text)
        return text
    told: list[str] = []
    end = 0
    for phrase in _found(text, locale):
        year = str(today.year + phrase.offset)
        said = phrase.template.format(year.translate(PERSIAN_DIGITS) if locale is Locale.FA else year)
        told += (text[end : phrase.start], said)
        end = phrase.end
    return "".join((*told, text[end:]))


class _Found(NamedTuple):
    start: int
    end: int
    offset: int
    template: str


def _found(text: str, locale: Locale) -> Sequence[_Found]:
    """The phrases in the order of the text, the longest of those that begin at one word."""
    spans = [match.span() for match in _WORD.finditer(text)]
    said = [fold(text[start:end]) for start, end in spans]
    phrases, longest = _phrases(locale)
    several, alone_before = _several(), _alone_before(locale)
    found: list[_Found] = []
    place = 0
    while place < len(said):
        for length in range(min(longest, len(said) - place), 0, -1):
            known = phrases.get(tuple(said[place : place + length]))
            if known is not None and not (place and said[place - 1] in several):
                offset, template = known
                after = said[place + length] if place + length < len(said) else ""
                if after in alone_before:
                    template = "{}"
                found.append(_Found(spans[place][0], spans[place + length - 1][1], offset, template))
                place += length - 1
                break
        place += 1
    return found


@cache
def _phrases(locale: Locale) -> tuple[Mapping[tuple[str, ...], tuple[int, str]], int]:
    """Offset and template by the folded words of a phrase, and of how many words the longest one is."""
    phrases = {}
    for offset, entries in _by_offset(locale).items():
        for entry in entries:
            phrase, _, template = entry.partition("=")
            phrases[tuple(map(fold, phrase.split()))] = (offset, template or words_of(locale).years.in_year)
    return phrases, max(map(len, phrases))


def _by_offset(locale: Locale) -> Mapping[int, Entries]:
    """The phrases of a language by how far their year is from this one."""
    years = words_of(locale).years
    by_offset = {-2: years.before_last, -1: years.last, 0: years.this, 1: years.next}
    return {offset: entries for offset, entries in by_offset.items() if entries}


@cache
def _several() -> frozenset[str]:
    """Numbers of all languages before which no single year is meant."""
    return frozenset(fold(word) for locale in Locale for word in words_of(locale).years.several)


@cache
def _alone_before(locale: Locale) -> frozenset[str]:
    return frozenset(map(fold, words_of(locale).years.alone_before))
