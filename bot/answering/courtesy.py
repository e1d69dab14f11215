"""What is said around a question out of courtesy: a greeting, thanks, «could you tell me»."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import regex

from bot.answering.asked_kind import QUESTION_MARKS, asked_kind
from bot.answering.reading import without_joiner
from bot.ids import Locale, ReplyKind
from bot.languages import words_of
from bot.writing.folding import has_han, word_count, words

_MOST_WORDS, _MOST_HAN = 5, 8
"""Words, or Chinese characters, of a courtesy. Chosen: the longest listed have as many."""
_HOW_ARE_YOU_WORDS = 4
"""Words up to which a question behind a greeting belongs to it. Chosen: «how are you doing»."""
_EMOJI_AROUND = regex.compile(r"^[\p{So}\p{Sk}\ufe0f\u200d\s]+|[\p{So}\p{Sk}\ufe0f\u200d\s]+$")
_LEADING = regex.compile(r"^[\s\p{P}\p{S}]+")
_PARTED = regex.compile(r"[\p{P}\p{S}]|.\s*[\p{P}\p{S}]")


@dataclass(frozen=True, slots=True)
class Courteous:
    """A message without its courtesies; `asked` is empty where it has none, or nothing else.

    `said` is the greeting or thanks among them, the first that stands there.
    """

    asked: str = ""
    said: ReplyKind | None = None

    def is_asked(self, locale: Locale) -> bool:
        """Whether that is what is asked, and not what belongs to a greeting or to thanks: «how are you?»."""
        return _asks(self.asked, locale) if self.said else bool(self.asked)


def _asks(text: str, locale: Locale) -> bool:
    is_marked = any(mark in text for mark in QUESTION_MARKS) and word_count(text) > _HOW_ARE_YOU_WORDS
    return is_marked or asked_kind(text, locale) is not None


@lru_cache(maxsize=64)
def courteous(text: str, locale: Locale) -> Courteous:
    """Take courtesies from both ends of a message; the mark of a question stays.

    With its greeting «سلام نمایشگاه کجاست» lies nearest to prayer rooms, with its thanks «where is the expo thanks» to
    «you are welcome».
    """
    rest, said = _EMOJI_AROUND.sub("", text), list[ReplyKind | None]()
    while (found := _at_start(rest, locale)) or (found := _at_end(rest)):
        rest, kind = found
        said.append(kind)
    if rest == text or not words(rest):
        return Courteous()
    return Courteous(rest, next((kind for kind in said if kind is not None), None))


def _at_start(text: str, locale: Locale) -> tuple[str, ReplyKind | None] | None:
    listed = _listed()
    for end in _ends(text):
        name = " ".join(words(text[:end]))
        if name in listed:
            rest = _LEADING.sub("", text[end:])
            is_thanks = listed[name] is ReplyKind.THANKS
            return None if is_thanks and not _begins_anew(text[end - 1 :], rest, locale) else (rest, listed[name])
    return None


def _begins_anew(end: str, rest: str, locale: Locale) -> bool:
    """Whether a question begins behind thanks, unlike in «thanks to whom» and «thanks, got the address»."""
    if not _asks(rest, locale):
        return False
    is_parted = _PARTED.match(end) is not None
    return is_parted or without_joiner(rest, locale) != rest or _at_start(rest, locale) is not None


def _at_end(text: str) -> tuple[str, ReplyKind | None] | None:
    listed = _listed()
    tail = text.rstrip(" .!。！…)")
    for length in _ends(tail[::-1]):
        kind = listed.get(" ".join(words(tail[len(tail) - length :])), ReplyKind.GREETING)
        if kind is not ReplyKind.GREETING:
            return tail[: len(tail) - length].rstrip(" ,，،、.。!！;；-–—"), kind
    return None


def _ends(text: str) -> list[int]:
    """Where a courtesy that `text` begins with may end, the farthest first."""
    ends = {match.end() for match in regex.finditer(r"\S+", text)}
    if has_han(text):
        ends |= set(range(1, min(len(text), _MOST_HAN) + 1))
        return sorted((end for end in ends if end <= _MOST_HAN), reverse=True)
    return sorted(ends)[:_MOST_WORDS][::-1]


@cache
def _listed() -> dict[str, ReplyKind | None]:
    """Of all languages: many greet in another one than they ask in."""
    found: dict[str, ReplyKind | None] = {}
    for locale in Locale:
        listed = words_of(locale)
        for entries, kind in (
            (listed.politeness, None),
            (listed.thanks, ReplyKind.THANKS),
            (listed.greetings, ReplyKind.GREETING),
        ):
            found |= {" ".join(words(entry)): kind for entry in entries}
    return found
