"""Finds what files of one language say twice: with different figures (two values for one fact), or just again."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.errors import Fault
from bot.ids import Locale, SectionKey
from bot.ingestion.model import Document, Section
from bot.writing.digits import ascii_digits
from bot.writing.figures import Figure, FigureKind, figures_of, without_figures
from bot.writing.folding import words
from bot.writing.sentences import split_sentences
from bot.writing.terms import is_year, terms

_ALIKE_FROM = 0.5
"""Share of common words from which two sentences are about the same: on the project's own files, where no two sections
contradict each other, the first false alarm in twelve languages comes at 0.4."""
_FEWEST_WORDS = 3
"""Words without which a sentence is about nothing: two of them alike would be half of it. Chosen."""
_SAME_FROM = 0.85
"""The same for sentences that say nothing but when: an event is easily told in the words of another of its kind."""
_REPEATED_FROM = 0.75
"""Share of common words from which two sections say the same: on the project's own files it is 0.63 at most."""
_REPEATED_WORDS = 6
"""The same for a whole section. Chosen: «Open daily from 9 to 17» may stand in several."""
_NEAR_MONTH = 8
"""Characters between a day and its month at most: "26 августа", "8月26日", «наймдугаар сарын 26»."""
_MEASURES = (FigureKind.NUMBER, FigureKind.PERCENT, FigureKind.TIME, FigureKind.LINK, FigureKind.MAIL)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A sentence with figures: what it is about, of when, and what it says."""

    document: Document
    section: Section
    about: frozenset[str]
    dates: tuple[Figure, ...]
    measures: tuple[Figure, ...]

    @property
    def when(self) -> frozenset[tuple[FigureKind, str]]:
        return frozenset(figure.key for figure in self.dates)

    @property
    def order(self) -> tuple[str, int]:
        return self.document.file, self.section.line


def contradictions(documents: Iterable[Document]) -> list[Fault]:
    """A warning for each pair of sections that contradict each other, in the first language that shows it.

    Sentences are compared when they stand in different documents and share most of their words. They contradict each
    other when they name the same days, months and years but other figures, or no figures and other days, months and
    years. Sections whose times of validity do not overlap, and such as name the other's value too ("other
    sources say …"), do not contradict each other.
    """
    by_locale: dict[Locale, list[_Statement]] = defaultdict(list)
    for document in documents:
        if document.answerable:
            by_locale[document.locale].extend(_statements(document))
    told: set[frozenset[object]] = set()
    faults = []
    for locale in Locale:
        for one, other in _alike(by_locale[locale]):
            pair = frozenset((one.document.key_of(one.section), other.document.key_of(other.section)))
            if pair not in told and (values := _contradicted(one, other)) is not None:
                told.add(pair)
                faults.append(_fault(one, other, values))
    return faults


def repetitions(documents: Iterable[Document]) -> list[Fault]:
    """A warning for each section that says again, or answers again, what one of another document does.

    Texts that repeat each other push all others out of an answer, whoever wrote them and whether they are true or not.
    """
    by_locale: dict[Locale, list[_Statement]] = defaultdict(list)
    for document in documents:
        if document.answerable:
            by_locale[document.locale].extend(_whole(document, section) for section in document.sections)
    told: set[SectionKey] = set()
    faults = []
    for locale in Locale:
        for one, other, reason in _repeated(by_locale[locale]):
            key = other.document.key_of(other.section)
            if key not in told:
                told.add(key)
                place = f"{one.document.file}:{one.section.line}"
                faults.append(Fault(other.document.file, other.section.line, reason.replace("{}", place)))
    return faults


def _whole(document: Document, section: Section) -> _Statement:
    return _Statement(document, section, frozenset(terms(section.text)), (), ())


def _repeated(sections: Sequence[_Statement]) -> Iterator[tuple[_Statement, _Statement, str]]:
    """The earlier section, the later one, and what is to be said of it."""
    asked: dict[str, _Statement] = {}
    for one in sorted(sections, key=lambda statement: statement.order):
        for question in one.section.questions:
            first = asked.setdefault(" ".join(words(question)), one)
            if first.document is not one.document:
                yield first, one, f"answers «{question}», as {{}} does: keep the question in one of them"
    long = [one for one in sections if len(one.about) >= _REPEATED_WORDS]
    for one, other in _alike(long):
        if _share(one, other) >= _REPEATED_FROM:
            yield one, other, "says nearly the same as {}: keep one of them, and ask who wrote the other"


def _statements(document: Document) -> Iterator[_Statement]:
    for section in document.sections:
        for sentence in split_sentences(section.text, document.locale):
            figures = figures_of(sentence, document.locale)
            when = _dates(figures)
            measures = tuple(figure for figure in figures if figure.kind in _MEASURES and figure not in when)
            about = frozenset(terms(without_figures(sentence, document.locale)))
            if figures and len(about) >= _FEWEST_WORDS:
                dates = tuple(figure for figure in figures if figure in when)
                yield _Statement(document, section, about, dates, measures)


def _dates(figures: Sequence[Figure]) -> set[Figure]:
    """Months, years, and the days beside a month."""
    dates = {figure for figure in figures if figure.kind is FigureKind.MONTH}
    for following in (figures, figures[::-1]):
        last: Figure | None = None
        for figure in following:
            if figure.kind is FigureKind.MONTH or (last is not None and _is_day(figure) and _is_beside(figure, last)):
                dates.add(figure)
                last = figure
            else:
                last = None
    return dates | {figure for figure in figures if _is_year(figure)}


def _is_year(figure: Figure) -> bool:
    return figure.kind is FigureKind.NUMBER and is_year(ascii_digits(figure.written))


def _is_day(figure: Figure) -> bool:
    return figure.kind is FigureKind.NUMBER and figure.value.isdigit() and 1 <= int(figure.value) <= 31


def _is_beside(day: Figure, other: Figure) -> bool:
    """Whether a day stands beside its month, or in a row of days that does ("17–20 July")."""
    return min(abs(other.start - day.end), abs(day.start - other.end)) <= _NEAR_MONTH


def _alike(statements: Sequence[_Statement]) -> Iterator[tuple[_Statement, _Statement]]:
    """Pairs of different documents that share most of their words, each once.

    Two sets with the share s in common meet already in their rarest (1 - s) words: only these are looked up, so a large
    folder costs hardly more than its own length.
    """
    frequency = Counter(word for statement in statements for word in statement.about)
    holders: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(statements):
        rarest = sorted(one.about, key=lambda word: (frequency[word], word))
        head = rarest[: len(rarest) - math.ceil(_ALIKE_FROM * len(rarest)) + 1]
        met = {place for word in head for place in holders[word]}
        for word in head:
            holders[word].append(number)
        for other in (statements[place] for place in sorted(met)):
            if other.document is not one.document and _share(one, other) >= _ALIKE_FROM:
                yield (other, one) if other.order < one.order else (one, other)


def _share(one: _Statement, other: _Statement) -> float:
    return len(one.about & other.about) / len(one.about | other.about)


def _contradicted(one: _Statement, other: _Statement) -> tuple[Sequence[Figure], Sequence[Figure]] | None:
    """The figures that each has and the other lacks, if they are two values for one fact."""
    if _never_together(one.section, other.section) or _never_together(other.section, one.section):
        return None
    if one.when == other.when:
        parted = (_parted(one.measures, other.measures, kind) for kind in _MEASURES)
        found = next((both for both in parted if both is not None), None)
    else:
        found = _parted(one.dates, other.dates, None) if _differ_in_dates_alone(one, other) else None
    return None if found is None or _explains(one, found[1]) or _explains(other, found[0]) else found


def _differ_in_dates_alone(one: _Statement, other: _Statement) -> bool:
    return not one.measures and not other.measures and _share(one, other) >= _SAME_FROM


def _parted(
    here: Iterable[Figure], there: Iterable[Figure], kind: FigureKind | None
) -> tuple[Sequence[Figure], Sequence[Figure]] | None:
    mine = [figure for figure in here if kind in {None, figure.kind}]
    theirs = [figure for figure in there if kind in {None, figure.kind}]
    only_here = [figure for figure in mine if figure.key not in {other.key for other in theirs}]
    only_there = [figure for figure in theirs if figure.key not in {other.key for other in mine}]
    return (only_here, only_there) if only_here and only_there else None


def _never_together(early: Section, late: Section) -> bool:
    return early.valid_until is not None and late.valid_from is not None and early.valid_until < late.valid_from


def _explains(statement: _Statement, values: Sequence[Figure]) -> bool:
    """Whether the statement's section names the other's values itself."""
    named = {figure.key for figure in figures_of(statement.section.text, statement.document.locale)}
    return {figure.key for figure in values} <= named


def _fault(one: _Statement, other: _Statement, values: tuple[Sequence[Figure], Sequence[Figure]]) -> Fault:
    return Fault(
        one.document.file,
        one.section.line,
        f"contradicts {other.document.file}:{other.section.line}: {one.section.section_id} says "
        f"{_shown(values[0])} ({_dated(one.section)}), {other.section.section_id} says "
        f"{_shown(values[1])} ({_dated(other.section)}); mend one, or name both values in one of them",
    )


def _shown(figures: Sequence[Figure]) -> str:
    return ", ".join(dict.fromkeys(figure.written for figure in figures))


def _dated(section: Section) -> str:
    return f"as of {section.as_of}" if section.as_of else "undated"
