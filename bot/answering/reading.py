"""The readings of a message: what is looked for, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import pairwise

import regex as re

from bot.answering.asked_kind import QUESTION_MARKS, asked_kind, is_question, refers_back
from bot.answering.model import Outcome, Turn
from bot.answering.other_year import in_other_year
from bot.answering.relative_years import with_years
from bot.ids import Locale
from bot.languages import words_of
from bot.writing.folding import fold, word_count, words
from bot.writing.sentences import split_sentences
from bot.writing.terms import of_year, years_in

MOST_TEXTS = 6
"""Texts that are embedded for one message, whatever it says."""
MOST_OF_THE_WHOLE = 4
"""Those of them that are no halves of it."""
_SHORT_WORDS = 8
"""A question with no more words may be about what was asked before."""
_COMMAS = ",，،、"
_COMMA = re.compile(f"[{_COMMAS}]")
_CLAUSE_WORDS = 3
"""A clause with fewer words asks nothing by itself."""
_MOST_HALVED_WORDS = 20
"""Words up to which a sentence may be two short questions: in longer ones «and» joins names."""
_MOST_WORDS_OF_TWO = 32
"""Words up to which two sentences may be two questions. Chosen."""
_BROKEN_WORDS = 2
"""Words that each of two questions has which nothing joins. Chosen: «where are the toilets»."""
_OPENING_WORDS = 2
"""Words up to which the sentence before another is a greeting or thanks. Chosen."""


class ReadingKind(StrEnum):
    """How a text to look for was made of a message."""

    TYPED = "typed"
    """As it was written, in the language's own letters, with years by their number; «and in 2023?» in full."""
    SENTENCE = "sentence_alone"
    """Only one of its sentences, that which asks."""
    CLAUSE = "clause_alone"
    """Only what follows the last comma: «thanks, that helped, and where is the hall»."""
    BESIDE = "beside_courtesy"
    """Only what stands beside a greeting or thanks: «salom viza»."""
    HALF = "half"
    """What stands before or behind an «and», a comma or another break: «when and where is it?»."""
    SECOND_HALF = "second_half"
    """The second of them together with the first: «what is SCODA and who runs it?»."""
    CORRECTED = "corrected"
    """With what looks mistyped put right."""
    AFTER_QUESTION = "after_question"
    """Together with the question before."""
    AFTER_HEADING = "after_heading"
    """Together with the heading of the section last told."""


HALVES = (ReadingKind.HALF, ReadingKind.SECOND_HALF)
"""Readings of one of two questions."""


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
    `heading` over what was told then, if there are such. `beside` is what stands beside a greeting or thanks that the
    message may be as a whole.
    """

    text: str
    locale: Locale
    today: date
    corrected: str = ""
    before: Turn | None = None
    heading: str = ""
    beside: str = ""


def readings_of(message: Message) -> list[Reading]:
    """All readings of a message, that as it was typed first; they need at most `MOST_TEXTS` embeddings."""
    found: list[Reading] = []
    texts: set[str] = set()
    for reading in _readings(message):
        needed = texts | set(reading.texts)
        if len(needed) <= (MOST_TEXTS if reading.kind in HALVES else MOST_OF_THE_WHOLE):
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
    if message.beside:
        yield Reading(message.beside, ReadingKind.BESIDE)
    if clause := last_clause(typed, message.locale):
        yield Reading(clause, ReadingKind.CLAUSE)
    if message.corrected and message.corrected != message.text:
        yield Reading(with_years(message.corrected, message.locale, message.today), ReadingKind.CORRECTED)
    parts = halves(typed, message.locale)
    parts = [without_joiner(part, message.locale) for part in parts]
    yield from (Reading(part, ReadingKind.HALF) for part in parts)
    if len(parts) > 1 and is_question(parts[0], message.locale):
        yield Reading(parts[1], ReadingKind.SECOND_HALF, parts[0])


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
    """The last two sentences of a short message; of a single one what stands around a joining word or another break.

    Of several the one nearest to the middle.

    >>> halves("when and where is it?", Locale.EN)
    ['when', 'where is it?']
    >>> halves("where is hall 3 where are the toilets", Locale.EN)
    ['where is hall 3', 'where are the toilets']
    """
    sentences = split_sentences(text, locale)[-2:]
    if len(sentences) > 1 and word_count(text) <= _MOST_WORDS_OF_TWO:
        is_said_before = word_count(sentences[0]) <= _OPENING_WORDS or _is_marked(sentences[1])
        if _is_marked(sentences[0]) or not is_said_before:
            return list(dict.fromkeys(sentences))
    text = sentences[-1] if sentences else text
    if word_count(text) > _MOST_HALVED_WORDS:
        return ()
    for places in (_joined(text, locale), _broken(text, locale)):
        for start, end in sorted(places, key=lambda place: abs(place[0] + place[1] - len(text))):
            parts = [part.strip(f"{_COMMAS} ") for part in (text[:start], text[end:])]
            if all(map(words, parts)):
                return list(dict.fromkeys(parts))
    return ()


def _joined(text: str, locale: Locale) -> list[tuple[int, int]]:
    """Where a joining word or a comma stands."""
    return [found.span() for pattern in (_joiners(locale), _COMMA) for found in pattern.finditer(text)]


def _broken(text: str, locale: Locale) -> list[tuple[int, int]]:
    """Where one question ends or another begins by its words, some words from either end; in Chinese at a blank."""
    if locale is Locale.ZH:
        places = [found.span() for found in _chinese_break().finditer(text)]
    else:
        before, after, endings = _breaks(locale)
        tokens = [(found.span(), " ".join(words(found[0]))) for found in re.finditer(r"\S+", text)]
        ends = [*(said for _, said in tokens[1:]), ""]
        places = [
            (one[1], other[0])
            for ((one, said), (other, begins)), second in zip(pairwise(tokens), ends[1:], strict=True)
            if said in after or said.endswith(endings) or f"{begins} {second} ".startswith(before)
        ]
    return [(start, end) for start, end in places if min(map(word_count, (text[:start], text[end:]))) >= _BROKEN_WORDS]


def without_joiner(text: str, locale: Locale) -> str:
    """Without the «and» that it begins with."""
    joined = _joiners(locale).match(f" {text}", 1)
    return text[joined.end() - 1 :].lstrip() if joined else text


@cache
def _joiners(locale: Locale) -> re.Pattern[str]:
    """The words that join two questions; of Chinese anywhere, else between blanks."""
    listed = "|".join(map(re.escape, words_of(locale).joiners))
    return re.compile(listed if locale is Locale.ZH else rf"(?<=\s)(?:{listed})(?=\s)", re.IGNORECASE)


@cache
def _breaks(locale: Locale) -> tuple[tuple[str, ...], frozenset[str], tuple[str, ...]]:
    """What a second question begins with, and the words and the endings of words behind which it begins."""
    entries = {entry: fold(entry.strip("… -")) for entry in words_of(locale).breaks}
    before = tuple(f"{word} " for entry, word in entries.items() if entry.startswith("…"))
    endings = tuple(word for entry, word in entries.items() if entry.startswith("-"))
    return before, frozenset(entries.values()) - set(endings) - {word.strip() for word in before}, endings


@cache
def _chinese_break() -> re.Pattern[str]:
    closing = "|".join(re.escape(entry.strip("… ")) for entry in words_of(Locale.ZH).breaks)
    return re.compile(rf"(?<=\p{{Han}})\s+(?=\p{{Han}})|(?<={closing})(?=\p{{Han}})")
