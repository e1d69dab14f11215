"""Translations that nobody has approved, told with a mark: where wished for, and no figure parts from the original."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.ids import Locale, SectionKey
from bot.ingestion.asked_close_by import is_open_to_drafts
from bot.ingestion.comparing import differences_of
from bot.ingestion.model import Document, DraftSection, KnowledgeDraft, Section
from bot.writing.sentences import split_sentences

_WHOLE = 600
"""Characters of a drafted section that are told whole where it can't be told sentence by sentence: by reasoning, as
long as an answer is."""

DraftedTexts = Mapping[tuple[SectionKey, Locale], DraftSection]


def drafted_texts(documents: Iterable[Document], drafts: Iterable[KnowledgeDraft]) -> DraftedTexts:
    """The drafted texts of what visitors are told from, in languages without a copy."""
    copies: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        copies[document.path].append(document)
    return {
        (SectionKey(draft.path, section.section_id), draft.locale): section
        for draft in drafts
        if (own := copies[draft.path]) and is_open_to_drafts(own[0])
        if draft.locale not in {copy.locale for copy in own}
        for section in draft.sections
        if section.text
    }


def told_instead(
    draft: DraftSection, locale: Locale, told: Sequence[str], whole: Sequence[str], *, written_in: Locale
) -> tuple[str, ...]:
    """What a draft says in place of the sentences that are told out of the whole section; nothing where it can't.

    Its figures must be those of the section as it is told now, not of the one that it was once made from.
    """
    if _parts_from(draft, locale, whole, written_in):
        return ()
    sentences = split_sentences(draft.text, locale)
    if len(sentences) == len(whole) and set(told) <= set(whole):
        return tuple(one for one, original in zip(sentences, whole, strict=True) if original in told)
    return tuple(sentences) if len(draft.text) <= _WHOLE else ()


def _parts_from(draft: DraftSection, locale: Locale, whole: Sequence[str], written_in: Locale) -> bool:
    section = Section("text", "", "\n".join(whole))
    original = Document(SectionKey.parse("told/section.md#text").path, written_in, "", "", (section,), "")
    copy = replace(original, locale=locale, sections=(replace(section, text=draft.text),))
    return bool(differences_of([original, copy]).faults)
