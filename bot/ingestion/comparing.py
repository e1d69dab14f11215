"""Lays the copies of a document in all languages side by side and says where they part.

What is compared, section by section, is what must be the same in any language: ids, sources, dates, and sentence by
sentence the figures (see `figures`). English is the reference, or the first language where there is no English copy;
but where most copies agree against it, it is the reference that is named, once. The questions of a section (`? …`) are
each language's own and are not compared. Open questions (`answerable: false`) state no facts: their order and headings
are free, and what differs in their text is a warning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import regex

from bot.errors import Fault
from bot.ids import Locale
from bot.ingestion.model import Document, Section
from bot.ingestion.translations import copies_of, sections_apart
from bot.writing.figures import Figure, FigureKind, figures_of
from bot.writing.sentences import split_sentences

_LATIN_SCRIPT = frozenset({Locale.EN, Locale.UZ})
_TRANSLATES_NAMES = frozenset({Locale.ZH})
"""Chinese writes names and even codes in its own characters: a Latin name that it lacks says nothing."""
_LATIN_WORD = regex.compile(r"(?<![\p{L}\p{N}])[A-Za-z][A-Za-z0-9&.-]*[A-Za-z0-9]")
_WEBSITE = regex.compile(r"https?://\S+|\S+@\S+")
_COMPLETE_FROM = 0.5
"""A language that has at least this share of the documents is meant to have all of them."""

_Shared = TypeVar("_Shared", bound=Hashable)
_FigureKeys = frozenset[tuple[tuple[FigureKind, str], int]]
"""The figures of a sentence with how often each stands there."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs between the languages: faults where facts part, warnings where somebody should look."""

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def differences_of(documents: Iterable[Document], *, broken: Collection[str] = ()) -> Differences:
    """All differences between the copies of every document; `broken` are files that are there but can't be read."""
    groups = copies_of(documents)
    notes = _Notes()
    for copies in groups:
        if len(copies) > 1:
            _compare(copies, notes)
    notes.warnings.extend(_missing_copies(groups, broken))
    return Differences(tuple(notes.faults), tuple(notes.warnings))


class _Notes:
    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def note(self, document: Document, line: int, reason: str, *, is_fault: bool) -> None:
        (self.faults if is_fault else self.warnings).append(Fault(document.file, line, reason))


@dataclass(frozen=True, slots=True)
class _Copy:
    """One section in one language."""

    document: Document
    section: Section


def _missing_copies(groups: Sequence[Sequence[Document]], broken: Collection[str]) -> Iterator[Fault]:
    counts = Counter(copy.locale for copies in groups for copy in copies)
    meant = [locale for locale in Locale if len(groups) > counts[locale] >= max(2, _COMPLETE_FROM * len(groups))]
    for copies in groups:
        if copies[0].is_pin:
            continue  # it wins in all languages, wherever its questions stand
        there = {copy.locale for copy in copies}
        path = copies[0].path
        lacking = [locale for locale in meant if locale not in there and f"{locale}/{path}" not in broken]
        if lacking:
            yield Fault(copies[0].file, 1, f"has no copy in {', '.join(lacking)}: translate it")


def _compare(copies: Sequence[Document], notes: _Notes) -> None:
    reference = copies[0]
    for name, told in _document_facts(copies):
        _compare_facts([_Copy(copy, copy.sections[0]) for copy in copies], name, told, notes, line=1)
    _compare_titles(copies, notes)
    by_id = [{section.section_id: section for section in copy.sections} for copy in copies]
    for copy, sections in zip(copies[1:], by_id[1:], strict=True):
        _compare_ids(reference, copy, sections, notes)
    for section in reference.sections:
        same = [
            _Copy(copy, sections[section.section_id])
            for copy, sections in zip(copies, by_id, strict=True)
            if section.section_id in sections
        ]
        if len(same) > 1:
            _compare_sections(same, notes)


def _document_facts(copies: Sequence[Document]) -> Iterator[tuple[str, list[str]]]:
    yield "answerable", [str(copy.answerable).lower() for copy in copies]
    yield "reply", [copy.reply or "" for copy in copies]
    yield "pinned", [str(copy.is_pin).lower() for copy in copies]
    yield "tells", [str(copy.tells or "") for copy in copies]
    yield "audience", [copy.audience.value for copy in copies]


def _compare_titles(copies: Sequence[Document], notes: _Notes) -> None:
    """The figures of the titles, of documents that state facts."""
    if copies[0].answerable:
        titles = [_Part(figures_of(copy.title, copy.locale)) for copy in copies]
        _compare_parts([_Copy(copy, copy.sections[0]) for copy in copies], titles, "the title", notes, line=1)


def _compare_source_titles(copies: Sequence[_Copy], notes: _Notes) -> None:
    sources = ((copy.section.source, copy.document.locale) for copy in copies)
    titles = [_Part(figures_of(source.title, locale) if source else ()) for source, locale in sources]
    _compare_parts(copies, titles, f"{copies[0].section.section_id}: the source's title", notes)


def _compare_parts(
    copies: Sequence[_Copy], parts: Sequence[_Part], name: str, notes: _Notes, *, line: int | None = None
) -> None:
    standard = _standard_part(parts)
    for copy, part in zip(copies, parts, strict=True):
        if part.frozen != standard.frozen:
            has, lacks = _written(part, part.keys - standard.keys), _written(standard, standard.keys - part.keys)
            other = None if copy is copies[0] else copies[0].document.locale
            reason = f"{name} {_parting(has, lacks, other)}"
            notes.note(copy.document, line or copy.section.line, reason, is_fault=True)


def _compare_ids(reference: Document, copy: Document, sections: Mapping[str, Section], notes: _Notes) -> None:
    notes.faults.extend(sections_apart(reference, copy))
    wanted = [section.section_id for section in reference.sections]
    shared = [name for name in wanted if name in sections]
    for wanted_name, (name, section) in zip(
        shared, ((name, section) for name, section in sections.items() if name in wanted), strict=True
    ):
        if copy.answerable and name != wanted_name:
            reason = f"the section {name} stands where {reference.locale} has {wanted_name}: put them in the same order"
            notes.note(copy, section.line, reason, is_fault=False)
            return


def _compare_sections(copies: Sequence[_Copy], notes: _Notes) -> None:
    for name in ("as_of", "valid_from", "valid_until"):
        _compare_facts(copies, name, [str(getattr(copy.section, name) or "") for copy in copies], notes)
    sources = [copy.section.source for copy in copies]
    _compare_facts(copies, "the source's url", [source.url if source else "" for source in sources], notes)
    dates = [str(source.date or "") if source else "" for source in sources]
    _compare_facts(copies, "the source's date", dates, notes)
    _compare_source_titles(copies, notes)
    _compare_texts(copies, notes)
    _compare_names(copies, notes)


def _compare_facts(
    copies: Sequence[_Copy], name: str, values: Sequence[str], notes: _Notes, *, line: int | None = None
) -> None:
    standard = _standard(values)
    for copy, value in zip(copies, values, strict=True):
        if value != standard:
            others = copies[0].document.locale if values[0] == standard else "the other languages"
            reason = f"{name} is {value or 'missing'}, in {others} it is {standard or 'missing'}"
            where = f"{copy.section.section_id}: " if line is None else ""
            notes.note(copy.document, line or copy.section.line, f"{where}{reason}: mend the wrong one", is_fault=True)


def _standard(values: Sequence[_Shared]) -> _Shared:
    """What most copies have; the reference (the first) decides where there is no majority."""
    most, count = Counter(values).most_common(1)[0]
    return most if count > len(values) / 2 else values[0]


@dataclass(frozen=True, slots=True)
class _Part:
    """The heading or a sentence of a copy: only what is compared of it."""

    figures: tuple[Figure, ...]

    @property
    def keys(self) -> Counter[tuple[FigureKind, str]]:
        return Counter(figure.key for figure in self.figures)

    @property
    def frozen(self) -> _FigureKeys:
        return frozenset(self.keys.items())


def _compare_texts(copies: Sequence[_Copy], notes: _Notes) -> None:
    """Sentence by sentence where a copy has as many as the reference has, otherwise the section as a whole."""
    parts = [_parts(copy) for copy in copies]
    length = len(parts[0])
    level = [(copy, own) for copy, own in zip(copies, parts, strict=True) if len(own) == length]
    others = [(copy, own) for copy, own in zip(copies, parts, strict=True) if len(own) != length]
    standards = [_standard_part([own[number] for _, own in level]) for number in range(length)]
    for copy, own in level:
        _compare_copy(copy, own, standards, reference=copies[0], notes=notes)
    whole = _joined(standards)
    for copy, own in others:
        _compare_copy(copy, [_joined(own)], [whole], reference=copies[0], notes=notes)


def _parts(copy: _Copy) -> list[_Part]:
    locale = copy.document.locale
    heading = figures_of(copy.section.heading, locale) if copy.document.answerable else ()
    sentences = split_sentences(copy.section.text, locale)
    return [_Part(heading), *(_Part(figures_of(sentence, locale)) for sentence in sentences)]


def _standard_part(parts: Sequence[_Part]) -> _Part:
    wanted = _standard([part.frozen for part in parts])
    return next(part for part in parts if part.frozen == wanted)


def _joined(parts: Iterable[_Part]) -> _Part:
    return _Part(tuple(figure for part in parts for figure in part.figures))


def _compare_copy(
    copy: _Copy, own: Sequence[_Part], standards: Sequence[_Part], *, reference: _Copy, notes: _Notes
) -> None:
    """Note where the figures of one copy part from the standard.

    It is a warning when the section has all figures and no others, but in other sentences or not as often.
    """
    moved = set(_joined(own).keys) == set(_joined(standards).keys)
    other = None if copy is reference else reference.document.locale
    for number, (part, standard) in enumerate(zip(own, standards, strict=True)):
        if part.frozen == standard.frozen:
            continue
        has = _written(part, part.keys - standard.keys)
        lacks = _written(standard, standard.keys - part.keys)
        where = f"{copy.section.section_id}{_place(number, len(standards))}"
        reason = f"{where}: {_parting(has, lacks, other)}"
        notes.note(copy.document, copy.section.line, reason, is_fault=copy.document.answerable and not moved)


def _place(number: int, count: int) -> str:
    """Where in a section, as it follows on its id; a section that is compared as a whole needs no more than that."""
    if count == 1:
        return ""
    return f", sentence {number}" if number else ", heading"


def _parting(has: str, lacks: str, other: Locale | None) -> str:
    """What differs, in words; `other` is the language that has it otherwise, None for all others."""
    if has and lacks:
        return f"says {has}, {f'{other} says' if other else 'the others say'} {lacks}: mend the wrong one"
    if lacks:
        return f"lacks {lacks}, which {f'{other} has' if other else 'the others have'}: add it"
    return f"says {has}, which {f'{other} does' if other else 'the others do'} not: take it out or add it there"


def _written(part: _Part, wanted: Counter[tuple[FigureKind, str]]) -> str:
    """The wanted figures as the text has them."""
    left = Counter(wanted)
    shown = []
    for figure in part.figures:
        if left[figure.key] > 0:
            left[figure.key] -= 1
            shown.append(figure.written)
    return ", ".join(shown)


def _compare_names(copies: Sequence[_Copy], notes: _Notes) -> None:
    """Names and codes in Latin letters: none that the reference does not know, and none that nearly all others keep."""
    reference = copies[0]
    if reference.document.locale not in _LATIN_SCRIPT or not reference.document.answerable:
        return
    known = _latin_words(reference)
    foreign = [copy for copy in copies[1:] if copy.document.locale not in _LATIN_SCRIPT]
    own = [(copy, _latin_words(copy)) for copy in foreign]
    unknown = Counter(word for _, names in own for word in names.keys() - known.keys())
    for word, count in unknown.items():
        holders = [(copy, names) for copy, names in own if word in names]
        if count > len(foreign) / 2 and len(foreign) > 2:
            name = holders[0][1][word]
            reason = f"{reference.section.section_id}: lacks the name {name}, which the other languages have: mend it"
            notes.note(reference.document, reference.section.line, reason, is_fault=True)
            continue
        for copy, names in holders:
            reason = f"{copy.section.section_id}: has the name {names[word]}, which en does not: mend the wrong one"
            notes.note(copy.document, copy.section.line, reason, is_fault=True)
    keeping = [(copy, names) for copy, names in own if copy.document.locale not in _TRANSLATES_NAMES]
    for word, name in known.items():
        lacking = [copy for copy, names in keeping if word not in names]
        if len(keeping) > 2 and len(lacking) == 1:
            reason = f"{lacking[0].section.section_id}: lacks the name {name}, which all others have: add it"
            notes.note(lacking[0].document, lacking[0].section.line, reason, is_fault=False)


def _latin_words(copy: _Copy) -> dict[str, str]:
    """The words in Latin letters, by their small letters; codes with digits are figures already."""
    text = _WEBSITE.sub(" ", f"{copy.section.heading} {copy.section.text}")
    return {word.casefold(): word for word in _LATIN_WORD.findall(text) if word.replace("-", "").isalpha()}
