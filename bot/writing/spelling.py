"""The words of a language as its texts write them, to put right what visitors mistype: for searching only.

Many keyboards lack letters (ө, қ, ӯ, the Persian ک), many thumbs leave marks out, and all thumbs slip. The embedding
model cuts such words into pieces that mean little to it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Self

import regex
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.writing.folding import fold, has_han
from bot.writing.pinyin import sounds

_WORD = regex.compile(r"[\p{L}\p{M}](?:[\p{L}\p{M}'‘’ʻʼ`\u200c]*[\p{L}\p{M}ʻʼ])?")
"""A word as it is written, not folded like `terms`: what is put right goes back to its place in the text."""
_STRETCHED = regex.compile(r"(\p{L})\1{2,}")
_NEVER_STRETCHED = regex.compile(r"[ivx]+|www", regex.IGNORECASE)
_LETTERS = regex.compile(r"\p{L}+")
_KNOWN_FROM = 4
"""Letters of a known word from which one that differs in one place may be meant for it."""
_TWO_SLIPS_FROM = 9
"""Letters from which a word may differ from a known one in two places."""
_SHORTEST_PART = 3
"""Letters of a word that is looked for where a blank was left out: shorter ones are endings as well."""
_LONGEST_WORD = 30
"""Letters. No slip is looked for in what is longer: the longest word of our texts has 20."""
LOOK_UPS = 12
"""So many words of one text are compared with all known ones, 0.3 ms each: people slip in one or two, noise in all."""
_HAN_LOOK_UPS = 24
"""The same for Chinese characters, which make shorter words."""
_HAN = 3
"""Chinese has no words between blanks: runs of three characters stand for them."""
_USUAL_HAN = 3
"""How often the texts must hold a character between its neighbours."""
_GAP = "_"


def unstretched(text: str) -> str:
    """Letters that are held down for emphasis (sooo, плиииз) once; Roman numerals and «www» stay."""
    return _LETTERS.sub(lambda match: _unstretched(match.group()), text) if _STRETCHED.search(text) else text


def is_looked_up(word: str) -> bool:
    """Whether `nearest` compares a word at all: too short and too long ones cost nothing."""
    return _KNOWN_FROM - 1 <= len(word) <= _LONGEST_WORD


def nearest(word: str, among: Sequence[str]) -> str | None:
    """The one like `word` enough to be meant by it, if there is one.

    Like enough are words that differ in one letter more, less, other or swapped, and from nine letters in two, if the
    first letter is the same.
    """
    if not is_looked_up(word):
        return None
    most = _slips(word)
    found = process.extractOne(word, among, scorer=OSA.distance, score_cutoff=most)
    return None if found is None or (found[1] > 1 and found[0][0] != word[0]) else str(found[0])


class KnownWords:
    """Words that others are looked up among, found by how long they are."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._about: dict[int, Sequence[str]] = {}

    def about_as_long_as(self, word: str) -> Sequence[str]:
        """In their order those that can be like `word`: all others differ in more letters."""
        length, most = len(word), _slips(word)
        if length not in self._about:
            self._about[length] = [known for known in self._words if abs(len(known) - length) <= most]
        return self._about[length]


class LookUps:
    """How many more words of one text are looked up."""

    def __init__(self, left: int = LOOK_UPS) -> None:
        self._left = left

    def take(self) -> bool:
        """Whether one more is; if so, it counts."""
        self._left -= 1
        return self._left >= 0


class Spelling:
    """The words of one language, each with what it folds to, the usual ones first.

    `han` are the runs of three Chinese characters and how often the texts hold each.
    """

    def __init__(self, words: Iterable[tuple[str, str]], han: Iterable[tuple[str, int]] = ()) -> None:
        self._words = list(words)
        self._han = dict(han)
        self._known = {folded if word.casefold() == folded else word.casefold() for word, folded in self._words}
        self._usual: dict[str, str] = {}
        for word, folded in self._words:
            self._usual.setdefault(folded, word)
        self._correct = KnownWords([folded for folded in self._usual if len(folded) >= _KNOWN_FROM])

    @property
    def words(self) -> list[str]:
        """The words as they are written, the usual ones first; no Chinese ones."""
        return [word for word, _ in self._words]

    @property
    def runs(self) -> Mapping[str, int]:
        """The runs of three Chinese characters, and how often the texts hold each."""
        return self._han

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Learn the words of these texts, which are all in one language."""
        uses, han = Counter[str](), Counter[str]()
        for word in (word for text in texts for word in _WORD.findall(text)):
            if has_han(word):
                han.update(_runs(word))
            else:
                uses[word] += 1
        words = [(word, fold(word)) for word, _ in uses.most_common()]
        return cls(words, sorted((run, count) for run, count in han.items() if count > 1))

    @classmethod
    def read(cls, written: str) -> Self:
        """Make of the lines of `written` what they were made of."""
        pairs = [(word, other) for word, _, other in (line.partition("\t") for line in written.splitlines())]
        # Most words fold to themselves: one string is kept of them, not two or three.
        words = [(word, word if folded == word else folded) for word, folded in pairs if not folded.isdecimal()]
        return cls(words, ((run, int(count)) for run, count in pairs if count.isdecimal()))

    def written(self) -> str:
        """A line a word with what it folds to, and a line a Chinese run with its number, for `read`."""
        return "".join(f"{word}\t{other}\n" for word, other in (*self._words, *self._han.items()))

    def restored(self, text: str) -> str:
        """`text` with each word that no text holds written like the usual one that it folds to, where there is one."""
        return _WORD.sub(lambda match: self._restored(match.group()), text)

    def corrected(self, text: str) -> str:
        """`text` with each word that is not known replaced by the likest one that is, if one is like enough.

        What is nothing but known words is taken apart: many thumbs miss the blank («manyclusters»). A Chinese character
        that fits nowhere between its neighbours gives way to one of the same sound that does: an input method offers
        many. Some words that are right, but in no text, are changed too. Of a text that holds many unknown words only
        the first are looked up.
        """
        words, han = LookUps(), LookUps(_HAN_LOOK_UPS)
        return _WORD.sub(lambda match: self._corrected(match.group(), words, han), text)

    def _restored(self, word: str) -> str:
        return word if word.casefold() in self._known else self._usual.get(fold(word), word)

    def _corrected(self, word: str, words: LookUps, han: LookUps) -> str:
        if has_han(word):
            return self._corrected_han(word, han)
        folded = fold(word)
        if folded in self._usual or not is_looked_up(folded) or not words.take():
            return word
        if apart := self._apart(folded):
            return apart
        found = nearest(folded, self._correct.about_as_long_as(folded))
        return word if found is None else self._usual[found]

    def _apart(self, folded: str) -> str | None:
        """The known words, as usual ones as can be, that make up `folded` when they stand side by side, if any do.

        Of questions in which a blank or two were left out 87.3 instead of 81.9 % of 331 are answered rightly.
        """
        ways: dict[int, tuple[float, str]] = {0: (0.0, "")}
        for end in range(_SHORTEST_PART, len(folded) + 1):
            found = [
                (ways[start][0] + math.log(self._ranks[part]), f"{ways[start][1]} {self._usual[part]}")
                for start in range(end - _SHORTEST_PART + 1)
                if start in ways and (part := folded[start:end]) in self._ranks
            ]
            if found:
                ways[end] = min(found)
        return ways[len(folded)][1].strip() if len(folded) in ways else None

    @cached_property
    def _ranks(self) -> dict[str, int]:
        """The place of each folded word among the usual ones, from 1."""
        return {folded: place for place, folded in enumerate(self._usual, start=1)}

    def _corrected_han(self, word: str, left: LookUps) -> str:
        letters = list(word)
        for place in range(len(letters)):
            windows = _windows(letters, place)
            if not any("".join(window) in self._han for window in windows.values()):
                if not left.take():
                    break
                letters[place] = self._fitting(windows, letters[place]) or letters[place]
        return "".join(letters)

    def _fitting(self, windows: dict[int, list[str]], letter: str) -> str | None:
        """The character of the same sound as `letter` that stands most often between these neighbours, if one does."""
        counts: Counter[str] = Counter()
        for gap, window in windows.items():
            counts.update(self._between.get("".join((*window[:gap], _GAP, *window[gap + 1 :])), ()))
        usual = (other for other, count in counts.most_common() if count >= _USUAL_HAN)
        return next((other for other in usual if sounds(other) & sounds(letter)), None)

    @cached_property
    def _between(self) -> dict[str, Counter[str]]:
        """For each Chinese run with a gap in it the characters that fill it."""
        between: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for run, count in self._han.items():
            for gap in range(_HAN):
                between[f"{run[:gap]}{_GAP}{run[gap + 1 :]}"][run[gap]] += count
        return dict(between)


def _slips(word: str) -> int:
    """In how many places a known word may differ from it."""
    return 1 if len(word) < _TWO_SLIPS_FROM else 2


def _unstretched(word: str) -> str:
    return word if _NEVER_STRETCHED.fullmatch(word) else _STRETCHED.sub(r"\1", word)


def _runs(word: str) -> Iterator[str]:
    return (word[start : start + _HAN] for start in range(len(word) - _HAN + 1))


def _windows(letters: list[str], place: int) -> dict[int, list[str]]:
    """The runs of three that hold the letter at `place`, by where in them it stands."""
    starts = range(max(0, place - _HAN + 1), min(place, len(letters) - _HAN) + 1)
    return {place - start: letters[start : start + _HAN] for start in starts}
