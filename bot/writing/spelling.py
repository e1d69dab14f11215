"""The words of a language as its texts write them, to put lost letters back: for searching only.

Many keyboards lack letters (ө, қ, ӯ, the Persian ک), and many thumbs leave marks out. The embedding model cuts such
words into pieces that mean little to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Self

import regex

from bot.writing.folding import fold, has_han

_WORD = regex.compile(r"[\p{L}\p{M}](?:[\p{L}\p{M}'‘’ʻʼ`\u200c]*[\p{L}\p{M}ʻʼ])?")


class Spelling:
    """The words of one language, the usual ones first."""

    def __init__(self, words: Collection[str]) -> None:
        self._known = {word.casefold() for word in words}
        self._usual: dict[str, str] = {}
        for word in words:
            self._usual.setdefault(fold(word), word)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Learn the words of these texts, which are all in one language."""
        uses = Counter(word for text in texts for word in _WORD.findall(text) if not has_han(word))
        return cls([word for word, _ in uses.most_common()])

    def restored(self, text: str) -> str:
        """`text` with each word that no text holds written like the usual one that it folds to, where there is one."""
        return _WORD.sub(lambda match: self._word(match.group()), text)

    def _word(self, word: str) -> str:
        return word if word.casefold() in self._known else self._usual.get(fold(word), word)
