"""The language a question is in, and the language to answer in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bot.answering.model import Question
from bot.answering.ports import LanguageGuess, LanguageIdentifier
from bot.ids import Locale
from bot.languages import words_of
from bot.writing.folding import has_han, is_latin, words

_PLAIN = 0.95
"""The probability from which a message is plainly in another language than the one chosen. Chosen: it overrules a
choice."""
_PLAIN_FROM_WORDS = 3
"""Words that it must have for that: fewer may be a name. Chosen."""
_LIKELY = 0.6
"""The probability from which a message's language is gone by, where nothing was chosen. Chosen: a little over even
odds."""

_ALIKE_IN_LATIN = (Locale.HI, Locale.UR)
"""Typed in Latin letters the two can hardly be told apart: a visitor who has shown one of them writes that one."""


@dataclass(frozen=True, slots=True)
class Languages:
    """What a question is written in and what the visitor is spoken to in."""

    written: Locale
    spoken: Locale


def languages_of(question: Question, identifier: LanguageIdentifier) -> Languages:
    """Settle both languages.

    The visitor's own choice wins unless the message is plainly in another of the twelve; without a choice the
    message decides, and where it says too little (a name, one word) the last turn or the app's language does.
    """
    prior = expected_locale(question)
    guess = identifier.identify(question.text, prior=prior)
    is_anyones_guess = guess is not None and prior is None and guess.probability < _LIKELY and is_latin(question.text)
    if guess is None or is_anyones_guess:
        return Languages(prior or Locale.EN, prior or Locale.EN)
    if guess.is_foreign:
        return Languages(guess.locale, prior or Locale.EN)
    if prior in _ALIKE_IN_LATIN and guess.locale in _ALIKE_IN_LATIN and is_latin(question.text):
        return Languages(prior, prior)
    return Languages(guess.locale, _spoken(question, guess, prior))


def expected_locale(question: Question) -> Locale | None:
    """The language that is expected before the message is looked at."""
    last = question.history[-1].locale if question.history else None
    return question.chosen or last or question.app_locale


@cache
def copy_order(locale: Locale) -> tuple[Locale, ...]:
    """Where to look for a text that is wanted in `locale`: in itself, in what its readers know, in the rest."""
    first = (locale, *words_of(locale).nearest)
    return first + tuple(other for other in Locale if other not in first)


def _spoken(question: Question, guess: LanguageGuess, prior: Locale | None) -> Locale:
    if prior is None or guess.locale is prior:
        return guess.locale
    if question.chosen is not None and not _is_plain(question.text, guess):
        return question.chosen
    return guess.locale if guess.probability >= _LIKELY else prior


def _is_plain(text: str, guess: LanguageGuess) -> bool:
    return guess.probability >= _PLAIN and (has_han(text) or len(words(text)) >= _PLAIN_FROM_WORDS)
