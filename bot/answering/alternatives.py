"""Sections of which a message must name one: those that a question back offers, «which passport?».

Such sections differ by a name alone, and a visitor must never be told of another country's rule. A section is named by
a word, its ending aside, that stands mostly in its heading and example questions rather than in those of the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from bot.answering.ports import Knowledge, StoredSection
from bot.ids import Locale, SectionKey
from bot.writing.folding import has_han, words

_AS_OFTEN = 0.5
"""A word belongs to the section that says it most often, and to those that say it at least so often as that …"""
_SHARED_BY = 4
"""… if these are no more than one in so many of the group: two sections of a country share its name."""
_STEM = 5
"""Letters of a word that count: «узбекам», «узбекский»."""
_LEAST_LETTERS = 2
"""Letters of a word that may name something: «UK», «РФ»."""


def offered_by(section: StoredSection, knowledge: Knowledge) -> tuple[SectionKey, ...]:
    """The sections that a question back offers, in its order."""
    keys = knowledge.keys()
    return tuple(dict.fromkeys(key for name in section.offers for key in keys if name in {key.path, str(key)}))


def are_named(keys: Sequence[SectionKey], text: str, knowledge: Knowledge, locale: Locale) -> Mapping[SectionKey, bool]:
    """For those of `keys` that belong to such a group, whether `text` names them."""
    groups = _groups(knowledge)
    concerned = [key for key in keys if key in groups]
    if not concerned:
        return {}
    said = set(_stems(text))
    return {key: bool(said & _distinctive(knowledge, groups[key], locale)[key]) for key in concerned}


@lru_cache(maxsize=2)
def _groups(knowledge: Knowledge) -> Mapping[SectionKey, SectionKey]:
    """The question back that offers each section."""
    found: dict[SectionKey, SectionKey] = {}
    for key in knowledge.keys():  # noqa: SIM118 - no mapping, a port
        copies = knowledge.copies(key)
        if copies and copies[0].offers:
            found |= dict.fromkeys(offered_by(copies[0], knowledge), key)
    return found


@lru_cache(maxsize=64)
def _distinctive(knowledge: Knowledge, asks: SectionKey, locale: Locale) -> Mapping[SectionKey, frozenset[str]]:
    """The stems that name each section of a group, in a language and in English."""
    group = [key for key, by in _groups(knowledge).items() if by == asks]
    shares = {key: _shares(knowledge.copies(key), locale) for key in (*group, asks)}
    named: dict[SectionKey, set[str]] = {key: set() for key in (*group, asks)}
    for stem in set().union(*shares.values()):
        most = max(found[stem] for found in shares.values())
        holders = [key for key, found in shares.items() if found[stem] >= _AS_OFTEN * most]
        if len(holders) <= max(1, len(group) // _SHARED_BY):
            for key in holders:
                named[key].add(stem)
    return {key: frozenset(named[key]) for key in group}


def _shares(copies: Sequence[StoredSection], locale: Locale) -> Counter[str]:
    """In which share of its headings and questions each stem stands."""
    texts = [text for copy in copies if copy.locale in {locale, Locale.EN} for text in (copy.heading, *copy.questions)]
    found = Counter(stem for text in texts for stem in set(_stems(text)))
    return Counter({stem: count / len(texts) for stem, count in found.items()})


def _stems(text: str) -> Iterator[str]:
    """The beginnings of its words; of Chinese each pair of characters."""
    for word in words(text):
        if has_han(word):
            yield from (word[at : at + 2] for at in range(len(word) - 1))
        elif len(word) >= _LEAST_LETTERS:
            yield word[:_STEM]
