"""Grounding of names: who and what a sentence names stands in the passages."""

from __future__ import annotations

from bot.answering.generation.claims import Token, TokenKind
from bot.answering.generation.comparison import CASELESS, Comparison
from bot.answering.generation.model import RejectionReason
from bot.answering.generation.names import skeleton
from bot.ids import Locale

_WRITTEN_IN_LATIN = frozenset({Locale.EN, Locale.UZ})
"""Languages in which a word in Latin letters need not be a name."""
_BONES_FROM = 3
"""Consonants by which a name is known in another script: fewer are shared by many. Chosen."""


def missing_name(compared: Comparison) -> RejectionReason | None:
    """A name that the passages do not have."""
    for mark in compared.line.marks:
        if mark.sort is TokenKind.WORD and _is_name(mark, compared.locale) and not _is_held(mark, compared):
            return RejectionReason.NAME
    return None


def _is_name(mark: Token, locale: Locale) -> bool:
    if mark.names or _has_inner_capital(mark.written):
        return True
    stands_out = mark.is_capital and not mark.is_first
    if locale in CASELESS or not mark.value.isascii():
        return _is_latin(mark.value) or stands_out
    return _is_latin(mark.value) and (locale not in _WRITTEN_IN_LATIN or stands_out)


def _is_held(mark: Token, compared: Comparison) -> bool:
    if mark.names:
        return bool(compared.told_names.intersection(mark.names))
    if compared.is_held(mark):
        return True
    bones = skeleton(mark.value)
    told = (word for line in compared.told for word in line.words)
    return len(bones) >= _BONES_FROM and any(bones == skeleton(word) for word in told)


def _has_inner_capital(word: str) -> bool:
    """QR, WeChat, or something that was put into a code: nothing that stands in a dictionary."""
    return any(letter.isupper() for letter in word[1:])


def _is_latin(word: str) -> bool:
    return word.isascii() and word.isalpha() and len(word) > 1
