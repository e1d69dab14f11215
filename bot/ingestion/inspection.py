"""All that is wrong with a collection of knowledge beyond what each file tells by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from bot.errors import Fault
from bot.ids import Locale
from bot.ingestion.asked_close_by import is_open_to_drafts
from bot.ingestion.comparing import differences_of
from bot.ingestion.contradictions import contradictions, repetitions
from bot.ingestion.model import Document, FolderReading
from bot.ingestion.pins import pins_asked_alike, pins_without_target
from bot.ingestion.translations import TranslationRecord, stale_translations, translations
from bot.writing.folding import word_count

_ENOUGH_WORDS = 8
"""A shorter text, names perhaps, does not tell its language."""
_ENOUGH_CHARACTERS = 400
"""Of the 937 bundled documents none is taken for another language by them."""


def inspect(reading: FolderReading, translated_from: Mapping[str, str] | None = None) -> FolderReading:
    """The reading with all that is wrong between its files; `translated_from` is the record of translations."""
    differences = differences_of(reading.documents, broken=reading.broken)
    warnings = (
        *(warning for warning in reading.warnings if warning not in set(differences.faults)),
        *differences.warnings,
        *(_stale_fault(stale) for stale in stale_translations(reading.documents, translated_from or {})),
        *_never_recorded(reading.documents, translated_from or {}),
        *contradictions(reading.documents),
        *repetitions(one for one in reading.documents if not one.is_pin),
        *pins_asked_alike(reading.documents),
        *_answered_by_nothing(reading.documents),
    )
    targets = (*pins_without_target(reading.documents), *_offers_of_nothing(reading.documents))
    faults = (*reading.faults, *differences.faults, *targets)
    return replace(reading, faults=faults, warnings=warnings)


def in_other_languages(documents: Iterable[Document], identify: Callable[[str], Locale | None]) -> Iterator[Fault]:
    """The documents whose text is plainly not in the language of their folder; `identify` tells that of a text."""
    for document in documents:
        text = "\n".join(section.text for section in document.sections)[:_ENOUGH_CHARACTERS]
        is_long_enough = document.reply is None and word_count(text) >= _ENOUGH_WORDS
        found = identify(text) if is_long_enough else document.locale
        if found is not document.locale:
            language = f"in {found}" if found else "in none of the bot's languages"
            reason = f"the text seems to be {language}, but is told as {document.locale}: translate it or move the file"
            yield Fault(document.file, 1, reason)


def _offers_of_nothing(documents: Iterable[Document]) -> Iterator[Fault]:
    """A fault for each section that offers a document or a section which is not there."""
    documents = list(documents)
    known = {name for one in documents for section in one.sections for name in (one.path, str(one.key_of(section)))}
    for document in documents:
        for section in document.sections:
            for name in section.offers:
                if name not in known:
                    reason = f"offers={name} names no document and no section: write it as entry/countries.md#russia"
                    yield Fault(document.file, section.line, reason)


def _answered_by_nothing(documents: Iterable[Document]) -> Iterator[Fault]:
    """A warning for each open question that is marked as answered by a section which is not there."""
    documents = list(documents)
    told = {one.key_of(section) for one in documents if is_open_to_drafts(one) for section in one.sections}
    for document in documents:
        for section in document.sections:
            if section.answered_by is not None and section.answered_by not in told:
                reason = f"answered_by={section.answered_by} names no section that is told: the question stays open"
                yield Fault(document.file, section.line, reason)


def _stale_fault(translation: TranslationRecord) -> Fault:
    copy, source = translation.copy.file, translation.source.file
    return Fault(
        copy,
        1,
        f"stale: {source} has changed since this was translated; bring it up to date, then run: "
        f"scoda knowledge translated {copy}",
    )


def _never_recorded(documents: Iterable[Document], translated_from: Mapping[str, str]) -> Iterator[Fault]:
    """In a folder that keeps a record, translations that are not in it would never become stale."""
    if not translated_from:
        return
    for translation in translations(documents):
        if (copy := translation.copy.file) not in translated_from:
            reason = f"a translation that is not recorded: compare it, then run: scoda knowledge translated {copy}"
            yield Fault(copy, 1, reason)
