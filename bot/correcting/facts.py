"""What a section said in the versions that are kept, and says no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.correcting.model import Wanted, WrongCopy, WrongFact
from bot.errors import CorrectionError, NothingPublishedError
from bot.ids import Locale, SectionKey
from bot.ingestion.diffing import diff_of
from bot.ingestion.model import Document, VersionRecord
from bot.writing.figures import figures_of
from bot.writing.folding import has_han, words

_Copies = Mapping[Locale, Document]
"""The section by language, each as a document that holds nothing else."""


def wrong_fact(
    wanted: Wanted, records: Sequence[VersionRecord], documents: Mapping[int, Sequence[Document]]
) -> WrongFact:
    """The wrong sentences of a section; `documents` are the copies of its file in each version.

    Raises:
        NothingPublishedError: nothing was ever published.
        CorrectionError: there is no such section, or what it said it says still; the message says what to do.
    """
    kept = sorted((one for one in records if one.was_published), key=lambda one: one.number)
    present = next((one.number for one in kept if one.is_published), None)
    if present is None:
        raise NothingPublishedError("no knowledge was ever published; run: scoda knowledge sync")
    sections = {one.number: _section_in(documents.get(one.number, ()), wanted.key) for one in kept}
    if not any(sections.values()):
        raise CorrectionError(
            f"no version that is kept has a section {wanted.key}: scoda knowledge status --sections names them all"
        )
    before = {number: copies for number, copies in sections.items() if _is_in(number, wanted)}
    copies = tuple(copy for locale in Locale for copy in _wrong_copies(locale, before, sections[present]))
    if wanted.words:
        copies = tuple(_with_words(copies, wanted.words))
    if not copies:
        raise CorrectionError(_nothing_wrong(wanted))
    return WrongFact(
        key=wanted.key,
        copies=copies,
        kept=tuple((one.number, one.at) for one in kept),
        locales={number: frozenset(found) for number, found in sections.items()},
        still_wrong=_still_wrong(copies, before, sections[present]),
    )


def holds_words(text: str, wanted: str) -> bool:
    """Whether a text holds these words one after the other, however they are written: case, marks, script variants."""
    if has_han(wanted):  # no blanks are between its words
        return "".join(words(wanted)) in "".join(words(text))
    return f" {' '.join(words(wanted))} " in f" {' '.join(words(text))} "


def _section_in(documents: Sequence[Document], key: SectionKey) -> _Copies:
    return {
        document.locale: replace(document, sections=(section,))
        for document in documents
        for section in document.sections
        if document.is_file and section.section_id == key.section_id
    }


def _is_in(number: int, wanted: Wanted) -> bool:
    """Days say when it was told, not from which version."""
    after = not isinstance(wanted.since, int) or number >= wanted.since
    return after and (not isinstance(wanted.until, int) or number <= wanted.until)


def _wrong_copies(locale: Locale, before: Mapping[int, _Copies], present: _Copies) -> Iterator[WrongCopy]:
    """One for each text that it had and has no more."""
    texts: dict[str, list[int]] = {}
    for number, copies in before.items():
        if locale in copies:
            texts.setdefault(copies[locale].sections[0].text, []).append(number)
    now = [present[locale]] if locale in present else []
    for text, numbers in texts.items():
        then = before[numbers[-1]][locale]
        for change in diff_of([then], now).sections:
            gone = [*change.removed, *(one.was for one in change.reworded)]
            came = [*change.added, *(one.now for one in change.reworded)]
            if gone:
                present_text = now[0].sections[0].text if now else ""
                yield WrongCopy(
                    locale,
                    tuple(numbers),
                    tuple(sorted(gone, key=text.find)),
                    tuple(sorted(came, key=present_text.find)),
                    change.heading,
                    change.reworded,
                )


def _with_words(copies: Sequence[WrongCopy], wanted: str) -> Iterator[WrongCopy]:
    """The sentences with these words; in other languages what else was wrong in the same versions."""
    narrowed = {copy: sentences for copy in copies if (sentences := [s for s in copy.was if holds_words(s, wanted)])}
    versions = {number for copy in narrowed for number in copy.versions}
    languages = {copy.locale for copy in narrowed}
    for copy in copies:
        if copy in narrowed:
            yield _narrowed(copy, narrowed[copy])
        elif copy.locale not in languages and (shared := versions & set(copy.versions)):
            yield replace(copy, versions=tuple(sorted(shared)))


def _narrowed(copy: WrongCopy, sentences: Sequence[str]) -> WrongCopy:
    """These sentences alone; of what stands there now, what took their place, or what is new where nothing did."""
    instead = {one.was: one.now for one in copy.reworded}
    others = {now for was, now in instead.items() if was not in sentences}
    now = tuple(instead[one] for one in sentences if one in instead)
    return replace(copy, was=tuple(sentences), now=now or tuple(one for one in copy.now if one not in others))


def _still_wrong(
    copies: Sequence[WrongCopy], before: Mapping[int, _Copies], present: _Copies
) -> dict[Locale, frozenset[int]]:
    """Copies that stayed as they were though they hold a figure that went elsewhere, with the versions of that."""
    gone = {
        figure.key
        for copy in copies
        for figure in figures_of(" ".join(copy.was), copy.locale)
        if figure.key not in {one.key for one in figures_of(" ".join(copy.now), copy.locale)}
    }
    versions = {number for copy in copies for number in copy.versions}
    found: dict[Locale, frozenset[int]] = {}
    for locale in present.keys() - {copy.locale for copy in copies}:
        text = present[locale].sections[0].text
        if gone & {figure.key for figure in figures_of(text, locale)}:
            same = {n for n in versions if locale in before[n] and before[n][locale].sections[0].text == text}
            found[locale] = frozenset(same)
    return {locale: numbers for locale, numbers in found.items() if numbers}


def _nothing_wrong(wanted: Wanted) -> str:
    words_told = (
        f" a sentence with «{wanted.words}» that it says no more" if wanted.words else " anything else than now"
    )
    return (
        f"in no version that is kept and meant did {wanted.key} say{words_told}: put the file right and publish it "
        "first (scoda knowledge publish); scoda knowledge history lists the versions"
    )
