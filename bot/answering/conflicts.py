"""Sections that give the same fact another value than the best one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

from bot.answering.ports import StoredSection
from bot.writing.folding import has_han
from bot.writing.terms import is_year, terms

_ALIKE_FROM = 0.5
"""Share of common words; `bot.ingestion.contradictions` has measured it on the project's own files."""
_SENTENCES_KEPT = 4096
"""Sentences whose words stay known: by reasoning, those of the sections that are often told, in a few megabytes."""


def disagree(one: StoredSection, other: StoredSection) -> bool:
    """Whether a sentence of each says the same of the same year, but with other figures."""
    if one.key.path == other.key.path:
        return False
    said = [_words(sentence) for sentence in other.sentences]
    return any(_part(mine, theirs) for mine in map(_words, one.sentences) for theirs in said)


def newest_first(sections: Sequence[StoredSection]) -> list[int]:
    """The order of telling, as places in `sections`: what disagrees with the first goes by date, the rest stays.

    Of two values for one fact the newest leads, and both are told.
    """
    rivals = [place for place, section in enumerate(sections) if place == 0 or disagree(sections[0], section)]
    newest = sorted(rivals, key=lambda place: sections[place].as_of or date.min, reverse=True)
    others = [place for place in range(len(sections)) if place not in rivals]
    return [*newest, *others]


def _part(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    figures, others = {w for w in mine if w.isdigit()}, {w for w in theirs if w.isdigit()}
    about, of = mine - figures, theirs - others
    if not figures - others or not others - figures or _years(figures) != _years(others):
        return False
    return len(about & of) >= _ALIKE_FROM * len(about | of)


def _years(figures: Iterable[str]) -> set[str]:
    return set(filter(is_year, figures))


@lru_cache(maxsize=_SENTENCES_KEPT)
def _words(sentence: str) -> frozenset[str]:
    """Its terms without lone Chinese signs, which are mostly particles."""
    return frozenset(term for term in terms(sentence) if len(term) > 1 or not has_han(term))
