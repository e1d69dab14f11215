"""Passages and sentences as rows of marks that can be laid side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from bot.answering.generation.claims import Claims, Token, TokenKind, claims_of
from bot.answering.ports import StoredSection
from bot.ids import Locale
from bot.writing.terms import is_among

_CALENDAR = range(1900, 2101)
"""The years that a sentence may name without a unit; 2100, as plans do, among them, unlike `terms.is_year`."""
_JOINED_FROM = 4
"""Letters from which a word of the passage may be the first part of a longer one. Chosen: shorter ones begin many."""


@dataclass(frozen=True, slots=True)
class PassageLine:
    """A sentence, reduced to what is compared: small words are left out."""

    marks: tuple[Token, ...]
    """In reading order, without names: what a name is made of stands among them as words."""
    keys: frozenset[tuple[TokenKind, str]]
    """Of all marks but words; a number also as an ordinal, and the other way round."""
    names: frozenset[str]
    """The ids of the names in it."""
    words: frozenset[str]
    """Folded; of Chinese the pairs of signs."""
    starts: frozenset[str]
    """All beginnings of its words, from three letters on."""
    pairs: frozenset[tuple[str, str]]
    """Numbers with their units."""
    rows: frozenset[tuple[str, str]]
    """Two numbers with no other word between them: 17–20 July."""

    def holds(self, mark: Token) -> bool:
        """Whether the word of a mark stands here with whatever ending."""
        word = mark.value
        joined = (word[:size] for size in range(_JOINED_FROM, len(word)))
        return is_among(word, self.words, self.starts) or any(first in self.words for first in joined)


@dataclass(frozen=True, slots=True)
class PassageEvidence:
    """The lines of some passages in one language."""

    locale: Locale
    lines: tuple[PassageLine, ...]
    """One a sentence."""
    headers: tuple[PassageLine, ...]
    """One a passage: its title and heading."""
    texts: frozenset[str]
    """The sentences as they stand there."""


def evidence_of(sections: Sequence[StoredSection]) -> PassageEvidence:
    """Read the passages; all must be in one language."""
    locale = sections[0].locale
    return PassageEvidence(
        locale,
        tuple(line_of(sentence, locale) for section in sections for sentence in section.sentences),
        tuple(line_of(f"{section.title}. {section.heading}", locale) for section in sections),
        frozenset(sentence.strip() for section in sections for sentence in section.sentences),
    )


@lru_cache(maxsize=4096)
def line_of(text: str, locale: Locale) -> PassageLine:
    """Read one sentence."""
    return reduced(claims_of(text, locale))


def reduced(claims: Claims) -> PassageLine:
    """What of a sentence is compared."""
    marks = tuple(mark for mark in claims.marks if mark.sort is not TokenKind.NAME and not _says_nothing(mark))
    written = {mark.value for mark in claims.marks if mark.sort is TokenKind.WORD}
    return PassageLine(
        marks=marks,
        keys=frozenset(key for mark in marks if mark.sort is not TokenKind.WORD for key in _keys(mark)),
        names=frozenset(mark.value for mark in claims.marks if mark.sort is TokenKind.NAME),
        words=frozenset(written),
        starts=frozenset(word[:size] for word in written for size in range(3, len(word) + 1)),
        pairs=frozenset(_pairs(marks)),
        rows=frozenset(
            (one.value, other.value)
            for one, other in pairwise(marks)
            if one.sort is TokenKind.NUMBER and other.sort is TokenKind.NUMBER
        ),
    )


def is_calendar_year(value: str) -> bool:
    """Whether a number in plain digits may be that of a year."""
    return value.isdigit() and int(value) in _CALENDAR


def _says_nothing(mark: Token) -> bool:
    return mark.is_small and mark.sort in {TokenKind.WORD, TokenKind.UNIT} and not mark.names


def _keys(mark: Token) -> Iterator[tuple[TokenKind, str]]:
    yield mark.key
    if mark.sort is TokenKind.NUMBER:
        yield TokenKind.ORDINAL, mark.value
    if mark.sort is TokenKind.ORDINAL:
        yield TokenKind.NUMBER, mark.value


def _pairs(marks: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Each number with the unit behind it (or the sign of a currency before it); in a list all share the last."""
    waiting: list[str] = []
    words_since = 0
    for place, mark in enumerate(marks):
        if mark.sort is TokenKind.NUMBER:
            following = marks[place + 1].sort if place + 1 < len(marks) else None
            if place and marks[place - 1].sort is TokenKind.UNIT and len(marks[place - 1].written) == 1:
                yield mark.value, marks[place - 1].value
            if not is_calendar_year(mark.value) or following is TokenKind.UNIT:
                waiting = [*waiting, mark.value] if waiting and not words_since else [mark.value]
                words_since = 0
        elif mark.sort is TokenKind.UNIT:
            yield from ((value, mark.value) for value in waiting)
            waiting = []
        elif mark.sort is TokenKind.WORD and not words_since:
            words_since = 1
        else:
            waiting = []
