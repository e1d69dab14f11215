"""Reads a text into the marks that can be compared: figures, units, names, words that turn a claim, other words.

A mark's `value` is the same in every language for all kinds but WORD, which holds the folded word itself (for Chinese
two characters in a row).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import regex

from bot.answering.generation.names import name_base
from bot.answering.generation.wording import number_words, small_words, turns, units
from bot.ids import Locale
from bot.writing.figures import Figure, FigureKind, figures_of
from bot.writing.folding import fold, has_han


class TokenKind(StrEnum):
    """What kind of thing a mark is."""

    NUMBER = "number"
    PERCENT = "percent"
    ORDINAL = "ordinal"
    MONTH = "month"
    TIME = "time"
    CODE = "code"
    UNIT = "unit"
    NAME = "name"
    TURN = "turn"
    WORD = "word"


NEUTRAL = frozenset(TokenKind) - {TokenKind.WORD}
"""Alike in all languages."""
FIGURES = frozenset(
    {TokenKind.NUMBER, TokenKind.PERCENT, TokenKind.ORDINAL, TokenKind.MONTH, TokenKind.TIME, TokenKind.CODE}
)

_SORTS = {
    FigureKind.NUMBER: TokenKind.NUMBER,
    FigureKind.PERCENT: TokenKind.PERCENT,
    FigureKind.MONTH: TokenKind.MONTH,
    FigureKind.TIME: TokenKind.TIME,
    FigureKind.CODE: TokenKind.CODE,
}
_WORD = regex.compile(r"\p{Han}+|(?:(?!\p{Han})[\p{L}\p{M}])(?:(?!\p{Han})[\p{L}\p{M}\p{Nd}'’‘ʼ`\u200c²])*")
"""A word with its place in the text, unlike `terms`: what stands beside it is compared too."""
_MONEY = {"$": "dollar", "€": "euro", "¥": "yuan", "￥": "yuan", "₽": "ruble", "₸": "tenge"}
_SIGN = regex.compile("[$€¥￥₽₸]")
_HAN_NUMBER = regex.compile("(?P<th>第)?(?P<number>[一二两三四五六七八九十]{1,3})(?=(?P<next>.?))")
_HAN_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_HAN_COUNTED = frozenset("个届国条家项次年月日天大座名位期批类种所台人倍成")
_LONGEST_ENDING = 4
"""Letters behind a hyphen that may be an ending. Chosen by the endings of Kazakh to Mongolian: SCODA-ға, 2025-yilda."""
_AGGLUTINATIVE = frozenset({Locale.KK, Locale.KY, Locale.TG, Locale.UZ, Locale.MN})
_CASED = regex.compile(r"[\p{Latin}\p{Cyrillic}]")
_OPENS_SENTENCE = regex.compile(r"(?:^|[.!?:…]\s*)[«“\"„(—–\s]*$")


@dataclass(frozen=True, slots=True)
class Token:
    """One thing that a text says. `is_soft` marks need no support: the word for one is also an article."""

    sort: TokenKind
    value: str
    written: str
    start: int
    is_capital: bool = False
    is_first: bool = False
    is_small: bool = False
    is_soft: bool = False
    names: tuple[str, ...] = ()
    """For a WORD: the ids of the names that it is a part of."""

    @property
    def key(self) -> tuple[TokenKind, str]:
        """What is compared."""
        return self.sort, self.value


@dataclass(frozen=True, slots=True)
class Claims:
    """A text as marks in reading order, with the addresses and the links in it."""

    text: str
    locale: Locale
    marks: tuple[Token, ...]
    links: tuple[str, ...]
    mails: tuple[str, ...]


@lru_cache(maxsize=4096)
def claims_of(text: str, locale: Locale) -> Claims:
    """Read a sentence, a heading or a passage."""
    figures = figures_of(text, locale)
    left = _blanked(text, figures)
    marks = [
        Token(_SORTS[figure.kind], figure.value.casefold(), figure.written, figure.start)
        for figure in figures
        if figure.kind in _SORTS
    ]
    marks += [
        Token(TokenKind.UNIT, _MONEY[match.group()], match.group(), match.start()) for match in _SIGN.finditer(left)
    ]
    marks += _word_marks(left, locale)
    return Claims(
        text,
        locale,
        tuple(sorted(marks, key=lambda mark: mark.start)),
        tuple(figure.value for figure in figures if figure.kind is FigureKind.LINK),
        tuple(figure.value for figure in figures if figure.kind is FigureKind.MAIL),
    )


def _blanked(text: str, figures: Sequence[Figure]) -> str:
    for figure in figures:
        text = text[: figure.start] + "\0" * (figure.end - figure.start) + text[figure.end :]
    return text


@dataclass(frozen=True, slots=True)
class _Word:
    written: str
    folded: str
    start: int


def _word_marks(text: str, locale: Locale) -> Iterator[Token]:
    found: list[_Word] = []
    for match in _WORD.finditer(text):
        if has_han(match.group()):
            yield from _han_marks(match.group(), match.start(), text)
        else:
            found.append(_Word(match.group(), _fold(match.group()), match.start()))
    yield from _spelt_marks(found, text, locale)


@lru_cache(maxsize=65536)
def _fold(word: str) -> str:
    return fold(word)


def _spelt_marks(found: Sequence[_Word], text: str, locale: Locale) -> Iterator[Token]:
    names: dict[int, list[str]] = {}
    for one in name_base(locale).in_words([word.folded for word in found]):
        if not _is_written_as_name(found[one.start : one.end]):
            continue
        yield Token(TokenKind.NAME, one.name_id, found[one.start].written, found[one.start].start)
        for place in range(one.start, one.end):
            names.setdefault(place, []).append(one.name_id)
    meanings = _meanings(found, locale)
    small = small_words(locale)
    for place, word in enumerate(found):
        is_ending = locale in _AGGLUTINATIVE and _is_ending(word, text)
        sort, value = (TokenKind.WORD, word.folded) if is_ending else meanings.get(place, (TokenKind.WORD, word.folded))
        yield Token(
            sort,
            value,
            word.written,
            word.start,
            is_capital=word.written[:1].isupper(),
            is_first=_OPENS_SENTENCE.search(text[max(0, word.start - 8) : word.start]) is not None,
            is_small=is_ending or word.folded in small,
            is_soft=sort in {TokenKind.NUMBER, TokenKind.ORDINAL} and value == "1",
            names=tuple(names.get(place, ())),
        )


def _is_ending(word: _Word, text: str) -> bool:
    """SCODA-ға, 2025-yilda: what stands behind a hyphen and is short bends the word or number before it."""
    is_behind_hyphen = word.start > 0 and text[word.start - 1] in "-‑"
    return is_behind_hyphen and len(word.folded) <= _LONGEST_ENDING and word.written.islower()


def _is_written_as_name(found: Sequence[_Word]) -> bool:
    """In scripts with capitals a name has one; китайский is no name."""
    return not _CASED.match(found[0].written) or any(word.written[:1].isupper() for word in found)


def _meanings(found: Sequence[_Word], locale: Locale) -> dict[int, tuple[TokenKind, str]]:
    meanings: dict[int, tuple[TokenKind, str]] = {}
    tables = ((TokenKind.TURN, turns(locale)), (TokenKind.UNIT, units(locale)))
    for place, word in enumerate(found):
        following = found[place + 1].folded if place + 1 < len(found) else ""
        for sort, table in tables:
            if pair := table.meaning_of_two(word.folded, following):
                meanings[place] = meanings[place + 1] = (sort, pair)
        if place in meanings:
            continue
        meaning = _meaning(word.folded, locale)
        if meaning is not None:
            meanings[place] = meaning
    return meanings


@lru_cache(maxsize=65536)
def _meaning(word: str, locale: Locale) -> tuple[TokenKind, str] | None:
    if unit := units(locale).meaning(word):
        return TokenKind.UNIT, unit
    if number := number_words(locale).meaning(word):
        kind, _, value = number.partition("-")
        return TokenKind(kind), value
    if turn := turns(locale).meaning(word):
        return TokenKind.TURN, turn
    return None


def _han_marks(run: str, start: int, text: str) -> Iterator[Token]:
    folded = fold(run)
    if len(folded) != len(run):
        folded = run
    names: dict[int, list[str]] = {}
    for one in name_base(Locale.ZH).in_han(folded):
        yield Token(TokenKind.NAME, one.name_id, run[one.start : one.end], start + one.start)
        for place in range(one.start, one.end):
            names.setdefault(place, []).append(one.name_id)
    taken: set[int] = set()
    for mark, size in _han_meanings(folded, start, text, frozenset(names)):
        taken.update(range(mark.start - start, mark.start - start + size))
        yield mark
    small = small_words(Locale.ZH)
    for place in range(len(folded) - 1):
        pair = folded[place : place + 2]
        is_small = place in taken or place + 1 in taken or bool({pair, pair[0], pair[1]} & small)
        inside = tuple({*names.get(place, ()), *names.get(place + 1, ())})
        yield Token(TokenKind.WORD, pair, run[place : place + 2], start + place, is_small=is_small, names=inside)


def _han_meanings(folded: str, start: int, text: str, named: frozenset[int]) -> Iterator[tuple[Token, int]]:
    after_figure = start > 0 and text[start - 1] in "\0 " and "\0" in text[max(0, start - 2) : start]
    if after_figure and (unit := _longest(units(Locale.ZH).whole, folded, 0)):
        yield Token(TokenKind.UNIT, unit[1], unit[0], start), len(unit[0])
    for match in _HAN_NUMBER.finditer(folded):
        is_counted = match["th"] or match["next"] in _HAN_COUNTED
        value = _han_number(match["number"])
        if is_counted and value and match.start() not in named and match.end() - 1 not in named:
            sort = TokenKind.ORDINAL if match["th"] else TokenKind.NUMBER
            yield Token(sort, str(value), match.group(), start + match.start(), is_soft=value == 1), len(match.group())
    for place in range(len(folded)):
        turn = _longest(turns(Locale.ZH).whole, folded, place)
        if turn and place not in named:
            yield Token(TokenKind.TURN, turn[1], turn[0], start + place), len(turn[0])


def _longest(forms: object, text: str, place: int) -> tuple[str, str] | None:
    assert isinstance(forms, dict)
    for size in (4, 3, 2, 1):
        form = text[place : place + size]
        if len(form) == size and form in forms:
            return form, forms[form]
    return None


def _han_number(written: str) -> int | None:
    """3, 10, 13, 20, 35 … from 三, 十, 十三, 二十, 三十五."""
    tens, ten, ones = written.rpartition("十")
    if not ten:
        return _HAN_DIGITS.get(written)
    if (tens and tens not in _HAN_DIGITS) or (ones and ones not in _HAN_DIGITS):
        return None
    return 10 * _HAN_DIGITS.get(tens, 1) + _HAN_DIGITS.get(ones, 0)
