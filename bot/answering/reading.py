"""The readings of a message: what is looked for, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache

from bot.answering.asked_kind import asked_kind, refers_back
from bot.answering.model import Outcome, Turn
from bot.answering.other_year import in_other_year
from bot.answering.relative_years import with_years
from bot.ids import Locale
from bot.languages import words_of
from bot.writing.folding import word_count, words
from bot.writing.sentences import split_sentences
from bot.writing.terms import of_year, years_in

MOST_TEXTS = 4
"""Texts that are embedded for one message, whatever it says."""
_SHORT_WORDS = 8
"""A question with no more words may be about what was asked before."""
_COMMAS = ",，،、"
_COMMA = re.compile(f"[{_COMMAS}]")
_CLAUSE_WORDS = 3
"""A clause with fewer words asks nothing by itself."""
_MOST_HALVED_WORDS = 16
"""Words up to which a message may be two short questions: in longer ones «and» joins names."""
_OPENING_WORDS = 2
"""Words up to which the sentence before another is a greeting or thanks. Chosen."""
QUESTION_MARKS = ("?", "？", "؟", "՞")


class ReadingKind(StrEnum):
    """How a text to look for was made of a message."""

    TYPED = "typed"
    """As it was written, in the language's own letters, with years by their number; «and in 2023?» in full."""
    SENTENCE = "sentence_alone"
    """Only one of its sentences, that which asks."""
    CLAUSE = "clause_alone"
    """Only what follows the last comma: «thanks, that helped, and where is the hall»."""
    HALF = "half"
    """What stands before or behind an «and» or a comma: «when and where is it?»."""
    CORRECTED = "corrected"
    """With what looks mistyped put right."""
    AFTER_QUESTION = "after_question"
    """Together with the question before."""
    AFTER_HEADING = "after_heading"
    """Together with the heading of the section last told."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One text to look for; `context` is what was said before, where it is read together with that."""

    text: str
    kind: ReadingKind = ReadingKind.TYPED
    context: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What is embedded of it."""
        return (self.text, f"{self.context} {self.text}") if self.context else (self.text,)


@dataclass(frozen=True, slots=True)
class Message:
    """A message made ready for the search: in its language's own letters, on `today`.

    `corrected` is the same with what looks mistyped put right. `before` is the last turn that asked something, with
    `heading` over what was told then, if there are such.
    """

    text: str
    locale: Locale
    today: date
    corrected: str = ""
    before: Turn | None = None
    heading: str = ""


def readings_of(message: Message) -> list[Reading]:
    """All readings of a message, that as it was typed first; they need at most `MOST_TEXTS` embeddings."""
    found: list[Reading] = []
    texts: set[str] = set()
    for reading in _readings(message):
        needed = texts | set(reading.texts)
        if len(needed) <= MOST_TEXTS:
            found.append(reading)
            texts = needed
    return found


def may_lean_back(text: str, locale: Locale) -> bool:
    """Whether a question may be about what was asked before: it is short, or says so.

    It is read alone as well, so this is wider than `generation.understanding.leans_back`, by which a model is asked.
    """
    return word_count(text) <= _SHORT_WORDS or refers_back(text, locale)


def last_question(history: Sequence[Turn]) -> Turn | None:
    """The last turn that asked something of the knowledge; one that only named another year, in full."""
    last: Turn | None = None
    for turn in history:
        if turn.outcome in FROM_KNOWLEDGE:
            in_full = _in_full(turn.question, turn.locale, last)
            last = replace(turn, question=in_full) if in_full else turn
    return last


FROM_KNOWLEDGE = (Outcome.ANSWERED, Outcome.OFFERED, Outcome.CLARIFY, Outcome.UNKNOWN)
"""What becomes of a question to the knowledge."""


def _readings(message: Message) -> Iterator[Reading]:
    """In the order of what they are worth."""
    typed = with_years(message.text, message.locale, message.today)
    if in_full := _in_full(typed, message.locale, message.before):
        yield Reading(in_full)
        return
    yield Reading(typed)
    if message.before is not None and may_lean_back(typed, message.locale):
        yield Reading(typed, ReadingKind.AFTER_QUESTION, _context(message.before.question, typed))
        if message.heading:
            yield Reading(typed, ReadingKind.AFTER_HEADING, _context(message.heading, typed))
    yield from (Reading(sentence, ReadingKind.SENTENCE) for sentence in asking_sentences(typed, message.locale))
    yield from (Reading(half, ReadingKind.HALF) for half in halves(typed, message.locale))
    if clause := last_clause(typed, message.locale):
        yield Reading(clause, ReadingKind.CLAUSE)
    if message.corrected and message.corrected != message.text:
        yield Reading(with_years(message.corrected, message.locale, message.today), ReadingKind.CORRECTED)


def _in_full(text: str, locale: Locale, before: Turn | None) -> str:
    if before is None or before.locale is not locale:
        return ""
    return in_other_year(text, before.question, locale)


def _context(said_before: str, typed: str) -> str:
    """What was said before; «and in 2023?» asks the same of another year, which takes the place of that before."""
    years = years_in(typed)
    return of_year(said_before, *years) if len(years) == 1 else said_before


def asking_sentences(text: str, locale: Locale) -> Sequence[str]:
    """Of several sentences those, at most two, that ask something, or the last; none of a text that is only one."""
    sentences = split_sentences(text, locale)
    if len(sentences) < 2:
        return ()
    marked = [sentence for sentence in sentences if _is_marked(sentence)]
    asking = marked or [sentence for sentence in sentences if asked_kind(sentence, locale) is not None]
    return list(dict.fromkeys((asking or sentences)[-2:] if len(marked) > 1 else (asking or sentences)[-1:]))


def _is_marked(sentence: str) -> bool:
    return sentence.rstrip(" )»”\"'").endswith(QUESTION_MARKS)


def last_clause(text: str, locale: Locale) -> str:
    """Of a single sentence what follows its last comma that has a few words behind it; empty where none has."""
    if len(split_sentences(text, locale)) > 1:
        return ""
    rests = (text[match.end() :].strip() for match in _COMMA.finditer(text))
    return next((rest for rest in reversed(list(rests)) if word_count(rest) >= _CLAUSE_WORDS), "")


def halves(text: str, locale: Locale) -> Sequence[str]:
    """The last two sentences of a short message; of a single one what stands around a joining word or a comma.

    Of several the one nearest to the middle.

    >>> halves("when and where is it?", Locale.EN)
    ['when', 'where is it?']
    """
    if word_count(text) > _MOST_HALVED_WORDS:
        return ()
    sentences = split_sentences(text, locale)[-2:]
    marked = [sentence for sentence in sentences if _is_marked(sentence)] or sentences
    if len(marked) > 1 and word_count(marked[0]) > _OPENING_WORDS * (not _is_marked(marked[0])):
        return list(dict.fromkeys(marked))
    text = marked[-1] if marked else text
    places = [found.span() for pattern in (_joiners(locale), _COMMA) for found in pattern.finditer(text)]
    for start, end in sorted(places, key=lambda place: abs(place[0] + place[1] - len(text))):
        parts = [part.strip(f"{_COMMAS} ") for part in (text[:start], text[end:])]
        if all(map(words, parts)):
            return list(dict.fromkeys(parts))
    return ()


@cache
def _joiners(locale: Locale) -> re.Pattern[str]:
    """The words that join two questions; of Chinese anywhere, else between blanks."""
    listed = "|".join(map(re.escape, words_of(locale).joiners))
    return re.compile(listed if locale is Locale.ZH else rf"(?<=\s)(?:{listed})(?=\s)", re.IGNORECASE)
