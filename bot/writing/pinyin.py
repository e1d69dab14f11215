"""Chinese typed in Latin letters, as pinyin without tones, turned into characters: for searching only.

A syllable is the sound of up to some dozen characters of the texts. Which is meant, and where a word without blanks is
cut, is told by what stands side by side in the texts: the likeliest path is taken (a beam search over characters, with
probabilities of runs of three that hand over to pairs and to single ones).
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

import regex

from bot.writing.transliteration import stays_latin

_LATIN_RUN = regex.compile(r"\p{Latin}[\p{Latin}\p{M}'’]*(?:[\s-]+\p{Latin}[\p{Latin}\p{M}'’]*)*")
_BLANKS = regex.compile(r"[\s-]+")
_APOSTROPHES = regex.compile("['’]")
_TONES = regex.compile("[\u0300\u0301\u0304\u030c]")
_LONGEST_SYLLABLE = 6
"""Letters: «zhuang»."""
_LONGEST_READ = 160
"""Letters, some 50 syllables, read in 0.05 s; what follows stays as typed. Our longest question in pinyin has 43."""
_BEAM = 12
"""Paths that are followed at each letter. Chosen: a question is read in 0.05 s at most."""
_SHARES = (0.75, 0.2, 0.05)
"""Of the probability of a character: from runs of three, from pairs, from single characters."""
_TINY = 1e-9
"""The probability of what no text holds."""

_Path: TypeAlias = tuple[float, str]
_Paths: TypeAlias = dict[str, _Path]
"""For each pair of last characters the best path to it: its log probability and its characters."""


@lru_cache(maxsize=8192)
def sounds(letter: str) -> frozenset[str]:
    """How a Chinese character may be read, in pinyin without tones, ü as v."""
    from pypinyin import Style, pinyin  # noqa: PLC0415 - it reads 4 MB, and few questions need it

    return frozenset(pinyin(letter, style=Style.NORMAL, heteronym=True)[0])


class Pinyin:
    """Reads pinyin with the runs of three characters of the texts; `runs` tells how often they hold each."""

    def __init__(self, runs: Mapping[str, int]) -> None:
        self._runs = runs
        self._pairs, self._letters = Counter[str](), Counter[str]()
        for run, count in runs.items():
            self._pairs[run[:2]] += count
            self._letters[run[0]] += count
            self._letters[run[2]] += 0
        self._all = sum(self._letters.values())
        self._by_sound: defaultdict[str, list[str]] = defaultdict(list)
        for letter, _ in self._letters.most_common():
            for sound in sounds(letter):
                self._by_sound[sound].append(letter)

    def read(self, text: str) -> str:
        """`text` in characters; unchanged when a word is no pinyin. Names that Chinese writes in Latin letters stay."""
        end = len(text) if len(text) <= _LONGEST_READ else text.rfind(" ", 0, _LONGEST_READ) + 1
        words = [word for run in _LATIN_RUN.findall(text, 0, end) for word in _BLANKS.split(run)]
        if not all(stays_latin(word) or self._is_pinyin(_without_tones(word)) for word in words):
            return text
        return _LATIN_RUN.sub(lambda match: self._read_run(match.group()), text[:end]) + text[end:]

    def _is_pinyin(self, word: str) -> bool:
        """Whether the word can be cut into syllables."""
        can_begin = [True, *[False] * len(word)]
        for start in range(len(word)):
            if can_begin[start]:
                for end in range(start + 1, min(start + _LONGEST_SYLLABLE, len(word)) + 1):
                    can_begin[end] |= word[start:end] in self._by_sound or word[start:end] == "'"
        return can_begin[-1]

    def _read_run(self, run: str) -> str:
        parts: list[str] = []
        pinyin: list[str] = []
        for word in _BLANKS.split(run):
            if not stays_latin(word):
                pinyin.append(_without_tones(word))
                continue
            parts.extend((*self._characters(pinyin), word))
            pinyin = []
        return " ".join((*parts, *self._characters(pinyin)))

    def _characters(self, words: Sequence[str]) -> Iterator[str]:
        """The likeliest characters of these words of pinyin, if there are any words."""
        paths: _Paths = {"": (0.0, "")}
        for word in words:
            paths = self._extended(paths, word)
        if words:
            yield max(paths.values())[1]

    def _extended(self, paths: _Paths, word: str) -> _Paths:
        """The best ways to go on from `paths` through all of `word`; none where it is no pinyin."""
        at: list[_Paths] = [{} for _ in range(len(word) + 1)]
        at[0] = paths
        for start in range(len(word)):
            best = sorted(at[start].items(), key=lambda item: -item[1][0])[:_BEAM]
            if word[start] == "'":
                at[start + 1] |= dict(best)
                continue
            for end in range(start + 1, min(start + _LONGEST_SYLLABLE, len(word)) + 1):
                for letter in self._by_sound.get(word[start:end], ()) if best else ():
                    self._step(at[end], best, letter)
        return at[-1]

    def _step(self, into: _Paths, paths: Sequence[tuple[str, _Path]], letter: str) -> None:
        for last, (score, text) in paths:
            key = (last + letter)[-2:]
            reached = score + self._log_probability(last, letter)
            if key not in into or into[key][0] < reached:
                into[key] = (reached, text + letter)

    def _log_probability(self, last: str, letter: str) -> float:
        one = self._letters[letter] / self._all
        two = self._pairs[last[-1:] + letter] / max(1, self._letters[last[-1:]]) if last else one
        three = self._runs.get(last + letter, 0) / max(1, self._pairs[last]) if len(last) == 2 else two
        return math.log(_TINY + sum(share * each for share, each in zip(_SHARES, (three, two, one), strict=True)))


def _without_tones(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.lower().replace("ü", "v"))
    plain = _TONES.sub("", decomposed).replace("u\u0308", "v")
    return _APOSTROPHES.sub("'", plain)
