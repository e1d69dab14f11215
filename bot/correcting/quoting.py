"""Which words of an announcement say what was wrong in a section."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

import regex

from bot.correcting.facts import holds_words
from bot.correcting.model import WrongCopy
from bot.ids import Locale
from bot.writing.figures import figures_of
from bot.writing.folding import has_han
from bot.writing.sentences import split_sentences
from bot.writing.terms import stem, terms

_TAG = regex.compile("<[^<>]*>")
_GRAMMAR = 3
"""Letters up to which a word says nothing of what a sentence is about. By reasoning."""
_SHARED = 2
"""Words that a sentence with a wrong figure must share with what was said, or one with the heading. By reasoning."""


def words_quoted(text: str, locale: Locale, copies: Sequence[WrongCopy]) -> tuple[str, ...]:
    """What of an announcement's text was wrong: whole sentences of the section, or figures that it has no more.

    A figure counts where its sentence is about the same: the same number may mean anything elsewhere.
    """
    plain = html.unescape(_TAG.sub("", text))
    found: list[str] = []
    for copy in copies:
        if copy.locale is locale:
            whole = [sentence for sentence in copy.was if holds_words(plain, sentence)]
            found += whole or _figures_quoted(plain, copy)
    return tuple(dict.fromkeys(found))


def _figures_quoted(plain: str, copy: WrongCopy) -> Iterator[str]:
    was, now = " ".join(copy.was), " ".join(copy.now)
    right = {figure.key for figure in figures_of(now, copy.locale)}
    wrong = {figure.key for figure in figures_of(was, copy.locale)} - right
    heading, about = _about(copy.heading), _about(was)
    for sentence in split_sentences(plain, copy.locale):
        says = _about(sentence)
        if heading & says or len(about & says) >= _SHARED:
            yield from (figure.written for figure in figures_of(sentence, copy.locale) if figure.key in wrong)


def _about(text: str) -> set[str]:
    """The beginnings of the words that a text is about; no numbers."""
    found = {word for word in terms(text) if not any(letter.isdigit() for letter in word)}
    return {word if has_han(word) else stem(word) for word in found if has_han(word) or len(word) > _GRAMMAR}
