"""What kind of thing a question asks for, told by small words of twelve languages (`bot.languages`).

Lists and messages are folded before they are compared.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache, lru_cache

from bot.ids import Locale
from bot.languages import Entries, words_of
from bot.writing.folding import fold, has_han, words


class AskedKind(StrEnum):
    """What kind of thing would answer a question."""

    WHEN = "when"
    COUNT = "count"
    PRICE = "price"
    PHONE = "phone"
    EMAIL = "email"
    WEBSITE = "website"
    WHO = "who"
    WHERE = "where"
    DURATION = "duration"

    @property
    def is_provable(self) -> bool:
        """Whether the form of a text shows that it holds such a thing: a number has one, a name or a place has none."""
        return self not in (AskedKind.WHO, AskedKind.WHERE)


_KINDS = (
    AskedKind.EMAIL,
    AskedKind.PHONE,
    AskedKind.WEBSITE,
    AskedKind.PRICE,
    AskedKind.DURATION,
    AskedKind.COUNT,
    AskedKind.WHEN,
    AskedKind.WHO,
    AskedKind.WHERE,
)
"""In the order in which they are looked for: the first whose word is found is the one."""

QUESTION_MARKS = ("?", "？", "؟", "՞")
_TAKES_ENDINGS_FROM = 5
"""Letters of a listed phrase from which endings may follow it. Chosen: shorter ones begin other words. Unlike
`terms.STEM_LETTERS` it tells how a list is read."""


def asked_kind(question: str, locale: Locale) -> AskedKind | None:
    """The kind of thing that is asked for, where a word says so plainly; None for all other questions."""
    return next((kind for kind in _KINDS if asks_for(question, locale, kind)), None)


def asks_for(question: str, locale: Locale, kind: AskedKind) -> bool:
    """Whether one of the words for a kind stands in the question, whatever else it may ask for."""
    return _holds_any(_padded(question), _asked(kind, locale))


def is_question(text: str, locale: Locale) -> bool:
    """Whether a text asks something by its words or its mark, rather than tells it."""
    is_marked = text.rstrip(" )»”\"'").endswith(QUESTION_MARKS)
    return is_marked or asked_kind(text, locale) is not None or _holds_any(_padded(text), _question_words(locale))


def provable_kind(question: str, locale: Locale) -> AskedKind | None:
    """The kind of thing that is asked for, where a text shows by its form whether it holds that."""
    kind = asked_kind(question, locale)
    return kind if kind is not None and kind.is_provable else None


def refers_back(question: str, locale: Locale) -> bool:
    """Whether the question leans on what was said before by a pronoun or a leading «and»."""
    return _holds_any(_padded(question), _back_references(locale))


@lru_cache(maxsize=64)
def _padded(message: str) -> str:
    return f" {' '.join(words(message))} "


def _holds_any(padded: str, patterns: frozenset[str]) -> bool:
    return any(pattern in padded for pattern in patterns)


def _pattern(entry: str) -> str:
    """How a listed phrase stands in a padded message.

    Short phrases and those that end in a space count as whole words, longer ones at the start of a word (endings may
    follow), Chinese anywhere.
    """
    phrase = " ".join(words(entry)) + " " * entry.endswith(" ")
    if has_han(phrase):
        return phrase
    return f" {phrase}" if len(phrase) >= _TAKES_ENDINGS_FROM or phrase.endswith(" ") else f" {phrase} "


@cache
def _asked(kind: AskedKind, locale: Locale) -> frozenset[str]:
    entries: Entries = getattr(words_of(locale).asked, kind)
    return frozenset(map(_pattern, entries))


@cache
def _question_words(locale: Locale) -> frozenset[str]:
    entries = words_of(locale).question_words
    return frozenset(f"{fold(one[1:])} " if one.startswith("-") else _pattern(one) for one in entries)


@cache
def _back_references(locale: Locale) -> frozenset[str]:
    return frozenset(map(_pattern, words_of(locale).back_references))
