"""The language a question is in, and the language to answer in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bot.answering.asked_kind import asked_kind
from bot.answering.model import Question
from bot.answering.ports import LanguageGuess, LanguageIdentifier
from bot.ids import Locale
from bot.languages import words_of

_CHANGES_FROM_WORDS = 3
"""Words from which a message can change the language of a chat. A word or two may be a name, a loan or thanks: of 7,616
first messages in eight languages, each on a phone in its own, 28 of one to three words were taken for another one."""
_ASKS_FROM_WORDS = 2
"""The same where they ask something in a script that the expected language is not written in."""
_SURE = 0.7
"""The probability from which such a message is believed …"""
_SURE_OF_TWINS = 0.97
"""… and that of Hindi or Urdu in Latin letters, which borrow every seventh word from English: «us citizn need viza?» is
Hindi by .94, «metro kahan hai» by .99."""
_PLAIN = 0.95
"""The same against a language that the visitor picked."""

_ALIKE_IN_LATIN = (Locale.HI, Locale.UR)
"""Typed in Latin letters the two can hardly be told apart: a visitor who has shown one of them writes that one."""


@dataclass(frozen=True, slots=True)
class Languages:
    """What a question is written in and what the visitor is spoken to in."""

    written: Locale
    spoken: Locale
    foreign: str = ""
    """The code of the language it is written in, where that is none of the twelve and there is a line for it."""


def languages_of(question: Question, identifier: LanguageIdentifier) -> Languages:
    """Settle both languages.

    The chat's language is the one that the visitor picked, else the one of the last answer, else the app's. A message
    changes it only if it is long enough and surely in another of the twelve.
    """
    prior = expected_locale(question)
    guess = identifier.identify(question.text, prior=prior)
    expected = prior or Locale.EN
    if guess is None:
        return Languages(expected, expected)
    if guess.is_foreign:
        return Languages(expected if guess.is_latin else guess.locale, expected, guess.foreign)
    if prior in _ALIKE_IN_LATIN and guess.locale in _ALIKE_IN_LATIN and guess.is_latin:
        return Languages(prior, prior)
    if guess.locale is expected or _changes(question, guess, prior):
        return Languages(guess.locale, guess.locale)
    return Languages(guess.locale if guess.is_other_script else expected, expected)


def expected_locale(question: Question) -> Locale | None:
    """The language that is expected before the message is looked at."""
    last = question.history[-1].locale if question.history else None
    return question.chosen or last or question.app_locale


@cache
def copy_order(locale: Locale) -> tuple[Locale, ...]:
    """Where to look for a text that is wanted in `locale`: in itself, in what its readers know, in the rest."""
    first = (locale, *words_of(locale).nearest)
    return first + tuple(other for other in Locale if other not in first)


def _changes(question: Question, guess: LanguageGuess, prior: Locale | None) -> bool:
    """Whether a message in another language than the expected one changes that of the chat."""
    if prior is None and not guess.is_latin:
        return True
    asks = guess.is_other_script and asked_kind(question.text, guess.locale) is not None
    if guess.words < (_ASKS_FROM_WORDS if asks or prior is None else _CHANGES_FROM_WORDS):
        return False
    if question.chosen is not None:
        return guess.probability >= _PLAIN
    is_twin = guess.is_latin and guess.locale in _ALIKE_IN_LATIN
    return guess.probability >= (_SURE_OF_TWINS if is_twin else _SURE)
