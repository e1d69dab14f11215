"""The sentences of a section that answer a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.asked_kind import AskedKind
from bot.answering.ports import StoredSection, Support
from bot.answering.proofs import holds_kind
from bot.ids import Locale
from bot.writing.folding import words
from bot.writing.terms import stem

_LONG_SENTENCE = 135
"""The characters of a long sentence: a section no longer than the sentences that may be told is told whole.

Cutting it saves nothing and may lose the point. On the training questions about plain files 222 of 282 were right, and
214 where the best three were told of any section of four.
"""
_LONG_HAN_SENTENCE = 45
"""The same in Chinese, which says as much in a third of the characters."""
_KIND_BONUS = 0.08
"""What a sentence gains that holds what is asked for, a date say, in cosine similarity. Chosen, as the two below."""
_WORD_BONUS = 0.25
"""What it gains by the share of the question's words that it holds, at most."""
_NEAR_BEST = 0.2
"""By how much a sentence may lie behind the best to be told with it."""
_READ_NEAR_BEST = 2.0
"""The same where the section was read, in nats. Chosen: of the answers to training questions on plain files 95 % are
among the sentences so near, two of four; with 1 it is 90 %, with 4 three sentences and 96 %."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The chosen sentences of one section and its others, both in reading order."""

    section: StoredSection
    sentences: tuple[str, ...]
    rest: tuple[str, ...]


def select(
    question: str,
    section: StoredSection,
    scores: Sequence[float],
    *,
    kind: AskedKind | None,
    at_most: int,
    support: Support | None = None,
) -> Extract:
    """Choose at most `at_most` sentences, the best and those nearly as good; or all of a section that is no longer.

    The reader says how good they are where it has read all of them; else their similarities with the question,
    `scores`, and the words they share with it.
    """
    everything = range(len(section.sentences))
    long_sentence = _LONG_HAN_SENTENCE if section.locale is Locale.ZH else _LONG_SENTENCE
    if len(section.text) <= at_most * long_sentence:
        chosen = set(everything)
    elif support is not None and len(support.sentences) == len(section.sentences):
        chosen = _best(support.sentences, _READ_NEAR_BEST, at_most)
    else:
        bonuses = (_bonus(question, sentence, kind, section.locale) for sentence in section.sentences)
        chosen = _best([a + b for a, b in zip(scores, bonuses, strict=True)], _NEAR_BEST, at_most)
    return Extract(
        section=section,
        sentences=tuple(section.sentences[place] for place in everything if place in chosen),
        rest=tuple(section.sentences[place] for place in everything if place not in chosen),
    )


def _best(weighed: Sequence[float], near: float, at_most: int) -> set[int]:
    top = sorted(range(len(weighed)), key=lambda place: -weighed[place])[:at_most]
    return {place for place in top if weighed[place] >= weighed[top[0]] - near}


def _bonus(question: str, sentence: str, kind: AskedKind | None, locale: Locale) -> float:
    asked = set(map(stem, words(question)))
    shared = asked & set(map(stem, words(sentence)))
    share = len(shared) / len(asked) if asked else 0.0
    return _WORD_BONUS * share + _KIND_BONUS * (kind is not None and holds_kind(sentence, kind, locale))
