"""The sentences of a section that answer a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.asked_kind import AskedKind
from bot.answering.ports import StoredSection
from bot.answering.proofs import holds_kind
from bot.ids import Locale
from bot.writing.folding import words
from bot.writing.terms import stem

_SHORT_SECTION = 340
"""A section of so many characters is shown whole: cutting it saves nothing and may lose the point."""
_KIND_BONUS = 0.08
"""What a sentence gains that holds what is asked for, a date say, in cosine similarity. Chosen, as the two below."""
_WORD_BONUS = 0.25
"""What it gains by the share of the question's words that it holds, at most."""
_NEAR_BEST = 0.2
"""By how much a sentence may lie behind the best to be told with it."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The chosen sentences of one section and its others, both in reading order."""

    section: StoredSection
    sentences: tuple[str, ...]
    rest: tuple[str, ...]


def select(
    question: str, section: StoredSection, scores: Sequence[float], *, kind: AskedKind | None, at_most: int
) -> Extract:
    """Choose at most `at_most` sentences: the best and those nearly as good, or all of a short section.

    `scores` are the similarities of the sentences with the question.
    """
    everything = range(len(section.sentences))
    weighed = [scores[place] + _bonus(question, section.sentences[place], kind, section.locale) for place in everything]
    if len(section.text) <= _SHORT_SECTION and len(section.sentences) <= at_most:
        chosen = set(everything)
    else:
        top = sorted(everything, key=lambda place: -weighed[place])[:at_most]
        chosen = {place for place in top if weighed[place] >= weighed[top[0]] - _NEAR_BEST}
    return Extract(
        section=section,
        sentences=tuple(section.sentences[place] for place in everything if place in chosen),
        rest=tuple(section.sentences[place] for place in everything if place not in chosen),
    )


def _bonus(question: str, sentence: str, kind: AskedKind | None, locale: Locale) -> float:
    asked = set(map(stem, words(question)))
    shared = asked & set(map(stem, words(sentence)))
    share = len(shared) / len(asked) if asked else 0.0
    return _WORD_BONUS * share + _KIND_BONUS * (kind is not None and holds_kind(sentence, kind, locale))
