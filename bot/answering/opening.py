"""The greeting or thanks beside a question: the labelled examples tell it, nothing is embedded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import regex

from bot.answering.asked_kind import QUESTION_MARKS, asked_kind
from bot.answering.ports import Knowledge
from bot.ids import Locale, ReplyKind
from bot.writing.folding import has_han, word_count, words
from bot.writing.sentences import split_sentences

_KINDS = (ReplyKind.GREETING, ReplyKind.THANKS)
_END_OF_OPENING = regex.compile("[,，،、!！.。…۔।]+")
_HOW_ARE_YOU_WORDS = 4
"""Words up to which a question behind a greeting belongs to it. Chosen: «how are you doing»."""
_MORE_LETTERS = 12
"""So many may follow thanks: «thank you» + «very much»."""


def opening_of(text: str, locale: Locale, knowledge: Knowledge) -> ReplyKind | None:
    """Whether a sentence of the message, or what stands before its first comma, greets or gives thanks."""
    found = (_kind_of(part, knowledge) for part in _parts(text, locale))
    return next((kind for kind in found if kind is not None), None)


def without_opening(text: str, locale: Locale, knowledge: Knowledge) -> str:
    """The question alone where the message begins with a greeting or thanks; else all of it.

    With its greeting «Салом, намоишгоҳ кай мешавад?» lies nearer to the examples of greetings than to its answer.
    """
    first, *rest = _END_OF_OPENING.split(text, maxsplit=1)
    if not rest or not _asks(rest[0], locale) or _kind_of(first, knowledge) is None:
        return text
    return rest[0].strip()


def _asks(text: str, locale: Locale) -> bool:
    """«How are you?» does not, as far as anybody can tell."""
    is_marked = any(mark in text for mark in QUESTION_MARKS) and word_count(text) > _HOW_ARE_YOU_WORDS
    return is_marked or asked_kind(text, locale) is not None


def _kind_of(part: str, knowledge: Knowledge) -> ReplyKind | None:
    said = " ".join(words(part))
    examples = _examples(knowledge).get(said[:1], ())
    likened = (kind for example, kind in examples if _is_like(said, example, kind))
    return next(likened, None)


def _parts(text: str, locale: Locale) -> Iterator[str]:
    for sentence in split_sentences(text, locale):
        yield from dict.fromkeys((sentence, _END_OF_OPENING.split(sentence, maxsplit=1)[0]))


def _is_like(said: str, example: str, kind: ReplyKind) -> bool:
    """The same words, the first of the example's, or the example's with more behind them.

    One word of thanks stands alone: with others it may as well mean «please».
    """
    if example.startswith(said) and (_is_phrase(said) or said == example):
        return example[len(said) :][:1] in {"", " "} or has_han(said)
    more = said.removeprefix(example)
    if more == said or not (more.startswith(" ") or has_han(example)):
        return False
    return kind is ReplyKind.GREETING or (_is_phrase(example) and len(more) <= _MORE_LETTERS)


def _is_phrase(text: str) -> bool:
    return " " in text or (has_han(text) and len(text) > 1)


@lru_cache(maxsize=2)
def _examples(knowledge: Knowledge) -> Mapping[str, Sequence[tuple[str, ReplyKind]]]:
    """The folded examples of all languages by their first letter: many greet in another one than they ask in."""
    found: dict[str, ReplyKind] = {}
    for key in knowledge.keys():  # noqa: SIM118 - no mapping, a port
        for copy in knowledge.copies(key):
            if copy.reply in _KINDS:
                found |= {" ".join(words(question)): copy.reply for question in copy.questions}
    by_letter = defaultdict(list)
    for example, kind in found.items():
        by_letter[example[:1]].append((example, kind))
    by_letter.pop("", None)
    return by_letter
