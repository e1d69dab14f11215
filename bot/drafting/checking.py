"""Code checks what a model wrote of a section: a draft that is wrong in a figure never reaches a person's eyes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.answering.generation.claims import claims_of
from bot.answering.generation.model import RejectionReason
from bot.answering.generation.names import is_form_of
from bot.answering.generation.shape import address_block, host_of, script_block, shape_block
from bot.answering.ports import LanguageIdentifier
from bot.drafting.model import DraftRefusal, NameForms
from bot.ids import Locale
from bot.ingestion.comparing import differences_of
from bot.ingestion.model import Document, Section
from bot.writing.cleaning import clean, one_line
from bot.writing.figures import FigureKind, figures_of
from bot.writing.folding import fold, has_han, words
from bot.writing.sentences import split_sentences

_LONGEST_QUESTION = 300
"""Characters, as in a knowledge file."""
_MORE_OR_LESS = 2
"""Sentences by which a translation may differ from a text of four or fewer. Chosen: languages divide otherwise."""
_SHARE_MORE_OR_LESS = 0.5
"""The share of the sentences by which a translation of a longer text may differ. Chosen."""
_LONGER = 2.5
"""How many times as long a translation may be, at most. Chosen."""
_HAN_LETTERS = 3
"""Letters of other scripts that a Chinese character says as much as: of 47 sections that people translated, the Chinese
were a third as long."""
_FIXED = frozenset({FigureKind.TIME, FigureKind.LINK, FigureKind.MAIL, FigureKind.CODE, FigureKind.PERCENT})
"""Figures that a question only has from the section it asks about; a bare number may be the visitor's own."""
_REFUSALS = {
    RejectionReason.EMPTY: DraftRefusal.EMPTY,
    RejectionReason.TOO_LONG: DraftRefusal.LENGTH,
    RejectionReason.CANARY: DraftRefusal.RULES_SHOWN,
    RejectionReason.MARKUP: DraftRefusal.MARKUP,
    RejectionReason.LINK: DraftRefusal.ADDRESS,
    RejectionReason.CONTACT: DraftRefusal.ADDRESS,
    RejectionReason.LANGUAGE: DraftRefusal.LANGUAGE,
}


@dataclass(frozen=True, slots=True)
class SectionCheck:
    """Checks what was written of one section in `locale`; `names` are those of its document."""

    document: Document
    section: Section
    locale: Locale
    names: Sequence[NameForms]
    identifier: LanguageIdentifier
    canary: str

    def text(self, heading: str, text: str) -> DraftRefusal | None:
        """Why a translation is thrown away; None when it may be shown to a person."""
        sentences = split_sentences(clean(text), self.locale)
        spoken = [one for one in sentences if words(one)] or sentences
        for written in (heading, *spoken) if self.section.heading else spoken:
            if (refusal := self._by_itself(written)) is not None:
                return refusal
        if not self._is_in_language(text):
            return DraftRefusal.LANGUAGE
        if not self._is_about_as_long(text, len(sentences)):
            return DraftRefusal.LENGTH
        if self._has_other_figures(heading, text):
            return DraftRefusal.FIGURES
        return None if self._has_the_names(text) else DraftRefusal.NAMES

    def question(self, text: str, *, is_answered: bool) -> DraftRefusal | None:
        """Why a question is thrown away; one that the section answers may have no time, code or link of its own."""
        if len(text) > _LONGEST_QUESTION:
            return DraftRefusal.LENGTH
        if (refusal := self._by_itself(text)) is not None:
            return refusal
        if not self._is_in_language(text):
            return DraftRefusal.LANGUAGE
        told = {figure.key for figure in figures_of(self._source, self.document.locale)}
        asked = {figure.key for figure in figures_of(text, self.locale) if figure.kind in _FIXED}
        return DraftRefusal.FIGURES if is_answered and not asked <= told else None

    def label(self, text: str, original: str) -> DraftRefusal | None:
        """Why a button's label is thrown away: too short to be sure of its language, it must be in its script."""
        if (refusal := self._by_itself(text)) is not None:
            return refusal
        told = {figure.key for figure in figures_of(original, self.document.locale)}
        asked = {figure.key for figure in figures_of(text, self.locale)}
        return None if asked == told else DraftRefusal.FIGURES

    @property
    def _source(self) -> str:
        return f"{self.document.title}\n{self.section.heading}\n{self.section.text}"

    def _by_itself(self, text: str) -> DraftRefusal | None:
        return next((_REFUSALS[block] for block in self._blocks(text) if block in _REFUSALS), None)

    def _blocks(self, text: str) -> Iterator[RejectionReason]:
        source = self.section.source
        hosts = frozenset({host_of(source.url)} if source else ())
        found = (
            shape_block(text, canary=self.canary),
            address_block(claims_of(text, self.locale), self._source, hosts=hosts),
            script_block(text, self.locale, self._source),
        )
        yield from (block for block in found if block is not None)

    def _is_in_language(self, text: str) -> bool:
        guess = self.identifier.identify(text, prior=self.locale)
        return guess is not None and guess.locale is self.locale and not guess.is_foreign

    def _is_about_as_long(self, text: str, sentences: int) -> bool:
        own = len(split_sentences(self.section.text, self.document.locale))
        allowed = max(_MORE_OR_LESS, round(own * _SHARE_MORE_OR_LESS))
        length, wanted = _length(text), _length(self.section.text)
        return abs(sentences - own) <= allowed and length <= _LONGER * wanted and wanted <= _LONGER * length

    def _has_other_figures(self, heading: str, text: str) -> bool:
        """By the code that compares the copies of a document in `scoda knowledge check`."""
        section = replace(self.section, heading=one_line(heading, limit=_LONGEST_QUESTION), text=text)
        original = replace(self.document, sections=(self.section,))
        return bool(differences_of([original, replace(original, locale=self.locale, sections=(section,))]).faults)

    def _has_the_names(self, text: str) -> bool:
        return self._named(self.section.text, self.document.locale) == self._named(text, self.locale)

    def _named(self, text: str, locale: Locale) -> frozenset[int]:
        """The numbers of the names in a text, of those that both languages have a form for."""
        row, folded = words(text), fold(text)
        return frozenset(
            number
            for number, forms in enumerate(self.names)
            if {locale, self.document.locale, self.locale} <= forms.keys() and _is_in(forms[locale], row, folded)
        )


def _length(text: str) -> int:
    """In letters."""
    return len(text) + (_HAN_LETTERS - 1) * sum(map(has_han, text))


def _is_in(name: str, row: Sequence[str], folded: str) -> bool:
    """Whether a name stands in a text, with whatever endings; in Chinese, as it is written."""
    wanted = words(name)
    if fold(name) in folded:
        return True
    places = range(len(row) - len(wanted) + 1)
    return bool(wanted) and any(
        all(is_form_of(word, part) for word, part in zip(row[place:], wanted, strict=False)) for place in places
    )
