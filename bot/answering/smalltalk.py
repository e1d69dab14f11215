"""Messages that are no question: greetings, thanks, farewells, «what can you do», «wrong answer»."""

from __future__ import annotations

from bot.answering import lexicon
from bot.answering.model import Outcome
from bot.writing.folding import words

_PHRASES = (
    (Outcome.GREETING, lexicon.GREETINGS),
    (Outcome.THANKS, lexicon.THANKS),
    (Outcome.FAREWELL, lexicon.FAREWELLS),
    (Outcome.ABOUT_BOT, lexicon.ABOUT_BOT),
    (Outcome.THANKS, lexicon.CONTENT),
    (Outcome.UNKNOWN, lexicon.DISCONTENT),
)


def small_talk(message: str) -> Outcome | None:
    """What kind of small talk the whole message is; None when it is something else, EMPTY when it says nothing.

    UNKNOWN stands for discontent with an answer: it is answered with regret, and the advice to use other words.
    """
    if not words(message):
        return Outcome.EMPTY
    for outcome, phrases in _PHRASES:
        if lexicon.is_phrase(message, phrases):
            return outcome
    is_about_use = lexicon.holds_any(message, lexicon.phrases(lexicon.ABOUT_ITS_USE))
    return Outcome.ABOUT_BOT if is_about_use else None


def without_greeting(message: str) -> str:
    """The question behind a leading «Hello,»; the message itself when nothing would be left."""
    for separator in (",", "!", ".", "，", "！", "。", "،", "।", "۔", "\n"):
        head, found, tail = message.partition(separator)
        if found and words(tail) and lexicon.is_phrase(head, lexicon.GREETINGS):
            return tail.strip()
    return message
