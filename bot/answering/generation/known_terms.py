"""The words of one language that the knowledge uses: in a translation a row of others is a name, or an invention."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.answering.generation.claims import Token, TokenKind, claims_of
from bot.answering.ports import Knowledge
from bot.ids import Locale
from bot.writing.terms import is_among

_STARTS = range(3, 13)
"""Letters of the beginnings that are kept: by twelve a word of up to 19 is known (see `terms.shared_start`)."""


@dataclass(frozen=True, slots=True)
class KnownTerms:
    """The folded words of a language; of Chinese two signs in a row."""

    words: frozenset[str] = frozenset()
    starts: frozenset[str] = frozenset()
    """Their beginnings, of `_STARTS` letters."""

    def knows(self, mark: Token) -> bool:
        """Whether a word is known with whatever ending."""
        return is_among(mark.value, self.words, self.starts)


class KnownTermsByLocale:
    """The terms of one version of the knowledge, a language's read when first needed: up to a quarter of a second."""

    def __init__(self) -> None:
        self._version = 0
        self._read: dict[Locale, KnownTerms] = {}

    async def of(self, knowledge: Knowledge, locale: Locale) -> KnownTerms:
        """The terms of a language in the version that is published now."""
        if knowledge.version != self._version:
            self._version, self._read = knowledge.version, {}
        if (known := self._read.get(locale)) is not None:
            return known
        read = self._read
        read[locale] = await asyncio.to_thread(known_terms_of, knowledge, locale)
        return read[locale]


def known_terms_of(knowledge: Knowledge, locale: Locale) -> KnownTerms:
    """The terms of everything that is published in a language; empty when nothing is."""
    found: set[str] = set()
    for key in knowledge.keys():  # noqa: SIM118 - no mapping, a port
        for copy in knowledge.copies(key):
            if copy.locale is locale:
                found.update(mark.value for mark in claims_of(copy.text, locale).marks if mark.sort is TokenKind.WORD)
    return KnownTerms(
        frozenset(found), frozenset(word[:size] for word in found for size in _STARTS if size <= len(word))
    )
