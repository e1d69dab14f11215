"""One sentence of a file put right: which one is meant, and the text of the file with another in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from bot.writing.folding import has_han, words

_LIKE_ENOUGH = 0.3
"""Share of words, 0 to 1, that the meant sentence has in common with what is to stand there (by reasoning)."""
_CLEARLY_NEARER = 0.15
"""By which the nearest sentence must lead the next one, or people are asked (by reasoning)."""
_HEADING = regex.compile(r"^#{1,6}\s")
_BREAKS_OUT = regex.compile(r"^\s*(?:#|>|\||[?？؟!！]=?\s|[*+-]\s|[=-]{2}|\d+[.)]\s|`{3}|~{3}|<)")
"""How a line begins that Markdown would take for more than a sentence."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The sentences by how much they have in common with a text, the nearest first; places in the given order."""

    places: tuple[int, ...]
    is_clear: bool


def nearest_sentence(sentences: Sequence[str], text: str) -> Nearest:
    """Which of these a text is meant to replace."""
    likeness = [_likeness(sentence, text) for sentence in sentences]
    places = sorted(range(len(sentences)), key=lambda place: (-likeness[place], place))
    leads = [likeness[place] for place in places]
    is_clear = len(places) == 1 or (
        bool(leads) and leads[0] >= _LIKE_ENOUGH and all(a - b >= _CLEARLY_NEARER for a, b in pairwise(leads[:2]))
    )
    return Nearest(tuple(places), is_clear)


def is_plain_sentence(text: str) -> bool:
    """Whether a text stays running text wherever it is put in: no heading, list, question line or HTML."""
    return bool(text.strip()) and not _BREAKS_OUT.match(text) and "\n" not in text


def with_sentence(text: str, section_id: str, old: str, new: str) -> str | None:
    """The file's text with one sentence of a section in another's place; None where it does not stand word for word.

    Marks, links and line breaks inside a sentence of the file are of its author's making: what has them is left to
    somebody who sees the whole file.
    """
    start, end = _span(text, section_id)
    found = _as_written(old).search(text, start, end)
    return None if found is None else text[: found.start()] + new + text[found.end() :]


def _span(text: str, section_id: str) -> tuple[int, int]:
    """Where the section stands; the whole file if no heading names it."""
    marked = regex.compile(r"^#{1,6}\s.*\{#" + regex.escape(section_id) + r"(?=[\s}])", regex.MULTILINE).search(text)
    if marked is None:
        return 0, len(text)
    start = text.find("\n", marked.end())
    if start < 0:
        return len(text), len(text)
    below = regex.compile(_HEADING.pattern, regex.MULTILINE).search(text, start)
    return start, below.start() if below else len(text)


def _as_written(sentence: str) -> regex.Pattern[str]:
    """Finds a sentence also where its file breaks it into lines."""
    pieces: list[str] = []
    for before, character in zip(" " + sentence, sentence, strict=False):
        if character.isspace():
            pieces.append(r"\s+")
        elif has_han(character) and has_han(before):
            pieces.append(r"\n?" + regex.escape(character))
        else:
            pieces.append(regex.escape(character))
    return regex.compile("".join(pieces))


def _likeness(one: str, other: str) -> float:
    """The share of words, or in Chinese of pairs of characters, that both have."""
    left, right = _terms(one), _terms(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


def _terms(text: str) -> set[str]:
    return {term for word in words(text) for term in (_pairs(word) if has_han(word) else (word,))}


def _pairs(word: str) -> list[str]:
    """Chinese has no blanks between words."""
    return [word[place : place + 2] for place in range(max(1, len(word) - 1))]
