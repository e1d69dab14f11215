"""Messages that are no question: greetings, thanks, farewells, «what can you do»."""

from __future__ import annotations

from bot.answering import lexicon
from bot.answering.model import Outcome
from bot.writing.folding import words

_PHRASES = (
    (Outcome.GREETING, lexicon.GREETINGS),
    (Outcome.THANKS, lexicon.THANKS),
    (Outcome.FAREWELL, lexicon.FAREWELLS),
    (Outcome.ABOUT_BOT, lexicon.ABOUT_BOT),
)


def small_talk(message: str) -> Outcome | None:
    """What kind of small talk the whole message is; None when it is something else, EMPTY when it says nothing."""
    if not words(message):
        return Outcome.EMPTY
    for outcome, phrases in _PHRASES:
        if lexicon.is_phrase(message, phrases):
            return outcome
    return None


def without_greeting(message: str) -> str:
    """The question behind a leading «Hello,»; the message itself when nothing would be left."""
    for separator in (",", "!", ".", "，", "！", "。", "،", "।", "۔", "\n"):
        head, found, tail = message.partition(separator)
        if found and words(tail) and lexicon.is_phrase(head, lexicon.GREETINGS):
            return tail.strip()
    return message
