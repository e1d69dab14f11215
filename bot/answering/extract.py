"""The sentences that answer a question: a few of the best section, and of the next when it is about as good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.evidence import holds_kind
from bot.answering.lexicon import AskedKind
from bot.answering.ports import SentenceHit, StoredSection
from bot.writing.folding import words

_SHORT_SECTION = 340
"""A section of so many characters is shown whole: cutting it saves nothing and may lose the point."""
_KIND_BONUS = 0.08
_WORD_BONUS = 0.25
_NEAR_BEST = 0.2
_STEM = 5


@dataclass(frozen=True, slots=True)
class Extract:
    """The chosen sentences of one section and its others, both in reading order."""

    section: StoredSection
    sentences: tuple[str, ...]
    rest: tuple[str, ...]


def extract(
    question: str,
    section: StoredSection,
    hits: Sequence[SentenceHit],
    *,
    kind: AskedKind | None,
    at_most: int,
) -> Extract:
    """Choose at most `at_most` sentences: the best and those nearly as good, or all of a short section."""
    everything = range(len(section.sentences))
    scores = dict.fromkeys(everything, 0.0)
    for hit in hits:
        scores[hit.ordinal] = hit.score + _bonus(question, section.sentences[hit.ordinal], kind)
    if len(section.text) <= _SHORT_SECTION and len(section.sentences) <= at_most:
        chosen = set(everything)
    else:
        top = sorted(everything, key=lambda ordinal: -scores[ordinal])[:at_most]
        chosen = {ordinal for ordinal in top if scores[ordinal] >= scores[top[0]] - _NEAR_BEST}
    return Extract(
        section=section,
        sentences=tuple(section.sentences[ordinal] for ordinal in everything if ordinal in chosen),
        rest=tuple(section.sentences[ordinal] for ordinal in everything if ordinal not in chosen),
    )


def _bonus(question: str, sentence: str, kind: AskedKind | None) -> float:
    asked = {word[:_STEM] for word in words(question)}
    shared = asked & {word[:_STEM] for word in words(sentence)}
    share = len(shared) / len(asked) if asked else 0.0
    return _WORD_BONUS * share + _KIND_BONUS * (kind is not None and holds_kind(sentence, kind))
