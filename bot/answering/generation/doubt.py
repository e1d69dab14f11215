"""Whether the extractive answer is in doubt, and what a model is then asked about: pure, from values to values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest

from bot.answering.asked_kind import provable_kind
from bot.answering.browsing import is_valid
from bot.answering.generation.structured import MOST_LANGUAGES
from bot.answering.judging import Finding
from bot.answering.language import copy_order
from bot.answering.model import Outcome
from bot.answering.pipeline import Context
from bot.answering.ports import StoredSection
from bot.answering.reading import ReadingKind
from bot.answering.reranking import Candidate
from bot.answering.rules import Reason, objection
from bot.ids import Locale, SectionKey

CANDIDATES = 8
"""Sections that a model is shown."""
_SURE_FROM = 0.8
"""Of 88 calibration questions that were answered with less probability 33 got the wrong section or have no answer, of
303 others 14."""
_HOPELESS_BELOW = 0.02
"""Of 676 questions that have an answer, many of them in another language only, 4 lay below it."""


@dataclass(frozen=True, slots=True)
class Shortlisted:
    """A section that may hold the answer, in the copy that would be told, and in which context it was found."""

    section: StoredSection
    context: Context


def is_in_doubt(context: Context) -> bool:
    """Whether a model may know better.

    What a rule refuses, what is known to have no answer, what is nowhere near and what is no question is not in doubt;
    neither is the answer to two questions at once.
    """
    best, answer = context.best, context.answer
    if best is None or answer is None or not best.answerable or best.reason is not None:
        return False
    if answer.outcome is Outcome.ANSWERED:
        return best.probability < _SURE_FROM and not _asks_two_things(context)
    is_open = answer.outcome is Outcome.UNKNOWN and not answer.sentences and best.probability >= _HOPELESS_BELOW
    return is_open or answer.outcome is Outcome.OFFERED


def languages_to_try(context: Context) -> tuple[Locale, ...]:
    """The languages to search in: first those of sections that have no copy in the question's, then the candidates'."""
    best, written = context.best, context.languages.written
    if best is None:
        return ()
    foreign, any_language = Counter[Locale](), Counter[Locale]()
    for place, candidate in enumerate(best.answerable):
        locales = _locales_of(candidate, context)
        if written not in locales:
            foreign.update(locales)
        if place < CANDIDATES:
            any_language.update(locales - {written})
    order = [*_most_common(foreign, written), *_most_common(any_language, written)]
    return tuple(dict.fromkeys(order))[:MOST_LANGUAGES]


def shortlist(contexts: Sequence[Context]) -> tuple[Shortlisted, ...]:
    """The best sections of each search in turn, each section once, at most `CANDIDATES`."""
    found: dict[SectionKey, Shortlisted] = {}
    rows = [_shortlisted(context) for context in contexts]
    for one in chain.from_iterable(zip_longest(*rows)):
        if one is not None:
            found.setdefault(one.section.key, one)
    return tuple(islice(found.values(), CANDIDATES))


def chosen_first(context: Context, chosen: Sequence[SectionKey]) -> Finding:
    """What was found, with the chosen sections before all others, in their order."""
    assert context.best is not None
    place = {key: number for number, key in enumerate(chosen)}
    best_first = sorted(context.best.answerable, key=lambda candidate: place.get(candidate.key, len(place)))
    return replace(context.best, answerable=tuple(best_first))


def ruled_out(context: Context, section: StoredSection) -> Reason | None:
    """The rule that speaks against a section as the answer to what was really asked."""
    assert context.best is not None
    asked = context.best.reading.text
    kind = provable_kind(asked, context.languages.written)
    return objection(asked, kind, section, knowledge=context.knowledge, today=context.question.today)


def _asks_two_things(context: Context) -> bool:
    return sum(reading.kind is ReadingKind.SENTENCE for reading in context.readings) > 1


def _locales_of(candidate: Candidate, context: Context) -> set[Locale]:
    copies = context.knowledge.copies(candidate.key)
    return {copy.locale for copy in copies if is_valid(copy, context.question.today)}


def _most_common(locales: Counter[Locale], written: Locale) -> list[Locale]:
    """Of as common ones that first which readers of the question's language know."""
    return sorted((one for one in copy_order(written) if one in locales), key=lambda locale: -locales[locale])


def _shortlisted(context: Context) -> Iterator[Shortlisted]:
    if context.best is None:
        return
    for candidate in context.best.answerable[:CANDIDATES]:
        section = context.circumstances.copy(candidate)
        if section is not None:
            yield Shortlisted(section, context)
