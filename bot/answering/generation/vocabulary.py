"""The words of one language that the knowledge uses: in a translation a row of others is a name, or an invention."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.answering.generation.claims import Token, TokenKind, claims_of
from bot.answering.ports import Knowledge
from bot.ids import Locale
from bot.writing.terms import shared_start


@dataclass(frozen=True, slots=True)
class KnownTerms:
    """Folded words and their beginnings; for Chinese two characters in a row."""

    words: frozenset[str] = frozenset()
    starts: frozenset[str] = frozenset()

    def knows(self, mark: Token) -> bool:
        """Whether a word is known with whatever ending."""
        word = mark.value
        return word in self.words or (len(word) > 3 and word[: shared_start(word)] in self.starts)


class KnownTermsByLocale:
    """The vocabularies of one generation, each read when it is first needed: that takes up to a quarter of a second."""

    def __init__(self) -> None:
        self._generation = 0
        self._read: dict[Locale, KnownTerms] = {}

    async def of(self, knowledge: Knowledge, locale: Locale) -> KnownTerms:
        """The vocabulary of a language in the generation that is published now."""
        if knowledge.version != self._generation:
            self._generation, self._read = knowledge.version, {}
        if (known := self._read.get(locale)) is not None:
            return known
        read = self._read
        read[locale] = await asyncio.to_thread(vocabulary_of, knowledge, locale)
        return read[locale]


def vocabulary_of(knowledge: Knowledge, locale: Locale) -> KnownTerms:
    """The vocabulary of everything that is published in a language; empty when nothing is."""
    found: set[str] = set()
    for key in knowledge.keys():  # noqa: SIM118 - no mapping, a port
        for copy in knowledge.copies(key):
            if copy.locale is locale:
                found.update(mark.value for mark in claims_of(copy.text, locale).marks if mark.sort is TokenKind.WORD)
    return KnownTerms(
        frozenset(found), frozenset(word[:size] for word in found for size in range(3, min(len(word), 12) + 1))
    )
