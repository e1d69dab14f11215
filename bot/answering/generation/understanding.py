"""Follow-ups made to stand alone, double questions taken apart, near readings asked back.

What a model makes of a question is only used where code can see that it is made of the visitor's own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex
from pydantic import JsonValue

from bot.answering.asked_kind import refers_back
from bot.answering.generation.claims import NEUTRAL, TokenKind, claims_of
from bot.answering.generation.partial_json import value_of
from bot.answering.generation.shape import shape_block
from bot.answering.generation.wording import small_words
from bot.answering.model import Answer, Outcome, Question
from bot.ids import Locale
from bot.writing.cleaning import one_line
from bot.writing.folding import has_han, words
from bot.writing.terms import shared_start

_SHORT = (4, 8)
"""Words of a question, or Chinese characters, that are too few to stand alone. Chosen: «and how do I get there»."""
_BARE = (6, 12)
"""The same of a question that may be meant in two ways. Chosen: who writes more says which."""
_LONGEST = 300
"""Characters of a question that a model writes. Chosen: half of what is looked at of a visitor's own."""
_MOST = 2
"""Questions that a message is taken apart into, and readings that are asked back: what `answering.reading` takes."""
_QUESTION_MARKS = regex.compile(r"[?？؟]")


@dataclass(frozen=True, slots=True)
class Understood:
    """One or two questions that stand alone, or the numbers (from 1) of the readings to ask back."""

    questions: tuple[str, ...] = ()
    ask: tuple[int, ...] = ()


def leans_back(question: Question, locale: Locale) -> bool:
    """Whether the question needs the ones before it: a model's work is spent on it then."""
    return bool(question.history) and (_has_at_most(*_SHORT, question.text) or refers_back(question.text, locale))


def is_double(text: str) -> bool:
    """Whether two questions stand in one message."""
    return len(_QUESTION_MARKS.findall(text)) >= _MOST


def is_open_to_readings(text: str, answer: Answer) -> bool:
    """Whether a few words were answered from two documents."""
    if answer.outcome is not Outcome.ANSWERED or len({citation.key.path for citation in answer.citations}) < _MOST:
        return False
    return _has_at_most(*_BARE, text)


def _has_at_most(most_words: int, most_han: int, text: str) -> bool:
    return len(text) <= most_han if has_han(text) else len(words(text)) <= most_words


def understood(
    written: str, question: str, history: Sequence[str], *, locale: Locale, readings: int, canary: str
) -> Understood:
    """What of a model's answer may be used; empty when nothing may."""
    value = value_of(written)
    if not isinstance(value, dict):
        return Understood()
    ask = _asked_back(value.get("ask"), readings)
    if ask:
        return Understood(ask=ask)
    listed = value.get("questions")
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST:
        return Understood()
    known = " ".join((*history, question))
    found = [one_line(text, limit=_LONGEST) for text in listed if isinstance(text, str)]
    if len(found) != len(listed) or not all(_is_own(text, known, locale, canary) for text in found):
        return Understood()
    return Understood(questions=tuple(dict.fromkeys(found)))


def _asked_back(value: JsonValue, readings: int) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) != _MOST:
        return ()
    numbers = tuple(one for one in value if isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= readings)
    return numbers if len(set(numbers)) == _MOST else ()


def _is_own(text: str, known: str, locale: Locale, canary: str) -> bool:
    """Whether a question holds nothing but the visitor's words and small ones."""
    if not text or shape_block(text, canary=canary) is not None:
        return False
    own, given = claims_of(text, locale), claims_of(known, locale)
    if own.links or own.mails:
        return False
    keys = {mark.key for mark in given.marks}
    if any(mark.sort in NEUTRAL and mark.sort is not TokenKind.NAME and mark.key not in keys for mark in own.marks):
        return False
    if has_han(text):
        return _is_made_of_characters(text, known)
    told = words(known)
    return all(
        word in small_words(locale) or any(word[: shared_start(word)] == other[: shared_start(word)] for other in told)
        for word in words(text)
    )


def _is_made_of_characters(text: str, known: str) -> bool:
    allowed = set(known) | {character for word in small_words(Locale.ZH) for character in word}
    return all(character in allowed for character in regex.findall(r"[\p{L}\p{N}]", text))
