"""What leads to a section beside its text: drafted questions, open ones that it answers, and what is asked close by.

A section's near misses stand in the index as a section of their own beside it, with the same text to be found by and
nothing to tell: of two that say the same, the questions decide which of them a visitor means.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.ids import NEAR_MISS_MARK, DocumentPath, Locale, SectionKey
from bot.ingestion.model import Document, DocumentUse, DraftSection, KnowledgeDraft, Readership, Section


def with_drafts(documents: Iterable[Document], drafts: Iterable[KnowledgeDraft]) -> list[Document]:
    """The documents with the questions of their drafts; a draft in a language without a copy becomes one that finds."""
    by_path: dict[DocumentPath, list[Document]] = defaultdict(list)
    for document in documents:
        by_path[document.path].append(document)
    for draft in drafts:
        copies = by_path.get(draft.path, [])
        if not copies or not is_open_to_drafts(copies[0]):
            continue
        own = next((place for place, copy in enumerate(copies) if copy.locale is draft.locale), None)
        if own is None:
            copies.append(_that_finds(copies[0], draft, {one.section_id for copy in copies for one in copy.sections}))
        else:
            copies[own] = _with_questions(copies[own], draft)
    return [copy for copies in by_path.values() for copy in copies if copy.sections]


def with_answered(documents: Iterable[Document], today: date) -> list[Document]:
    """The documents, with each open question that is marked as answered as example questions of the answer.

    It stays open where that section is not there, or does not hold `today`.
    """
    found = list(documents)
    told = {key for one in found if is_open_to_drafts(one) for key in _held_on(one, today)}
    by = {one.key_of(section): section.answered_by for one in found for section in one.sections if section.answered_by}
    answered = {question: answer for question, answer in by.items() if answer in told}
    if not answered:
        return found
    lent: dict[tuple[DocumentPath, Locale], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for document in found:
        for section in document.sections:
            if (answer := answered.get(document.key_of(section))) is not None:
                lent[answer.path, document.locale][answer.section_id].extend(section.questions)
    drafts = (_lent(path, locale, questions) for (path, locale), questions in lent.items())
    return with_drafts((_without(document, answered) for document in found), drafts)


def with_near_misses(documents: Iterable[Document]) -> list[Document]:
    """The documents, and beside each that has near misses in some language one that holds them."""
    found = list(documents)
    asked = {(copy.path, section.section_id) for copy in found for section in copy.sections if section.near_misses}
    paths = {path for path, _ in asked}
    for document in list(found):
        if document.path in paths and (document.is_pin or is_open_to_drafts(document)):
            sections = tuple(
                replace(section, questions=section.near_misses, drafted_questions=(), near_misses=())
                for section in document.sections
                if (document.path, section.section_id) in asked
            )
            if sections:
                found.append(_beside(document, sections))
    return found


def is_open_to_drafts(document: Document) -> bool:
    """Whether drafts are of any use: visitors are told from it, and it states facts."""
    is_public = document.audience is Readership.PUBLIC
    return is_public and document.answerable and document.reply is None and not document.is_pin


def _with_questions(document: Document, draft: KnowledgeDraft) -> Document:
    drafted = {section.section_id: section for section in draft.sections}
    sections = tuple(_joined(section, drafted) for section in document.sections)
    return replace(document, sections=sections, content_hash=_hash(document.content_hash, draft.content_hash))


def _held_on(document: Document, today: date) -> Iterator[SectionKey]:
    for section in document.sections:
        if (section.valid_from or today) <= today <= (section.valid_until or today):
            yield document.key_of(section)


def _lent(path: DocumentPath, locale: Locale, questions: Mapping[str, Sequence[str]]) -> KnowledgeDraft:
    sections = (DraftSection(section_id, "", "", tuple(lent), ()) for section_id, lent in questions.items())
    names = (f"{section_id} {question}" for section_id, lent in questions.items() for question in lent)
    return KnowledgeDraft(path, locale, "", tuple(sections), _hash(*names))


def _without(document: Document, answered: Collection[SectionKey]) -> Document:
    left = tuple(section for section in document.sections if document.key_of(section) not in answered)
    if len(left) == len(document.sections):
        return document
    return replace(
        document, sections=left, content_hash=_hash(document.content_hash, *(one.section_id for one in left))
    )


def _joined(section: Section, drafted: Mapping[str, DraftSection]) -> Section:
    draft = drafted.get(section.section_id)
    if draft is None:
        return section
    return replace(
        section,
        drafted_questions=_new(draft.questions, section.questions),
        near_misses=(*section.near_misses, *_new(draft.near_misses, section.near_misses)),
    )


def _new(questions: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    return tuple(question for question in questions if question not in known)


def _that_finds(original: Document, draft: KnowledgeDraft, known: set[str]) -> Document:
    return Document(
        path=draft.path,
        locale=draft.locale,
        title="",
        topic=original.topic,
        sections=tuple(_sections_that_find(draft, known)),
        content_hash=_hash("", draft.content_hash),
        use=DocumentUse.FINDS,
    )


def _sections_that_find(draft: KnowledgeDraft, known: set[str]) -> Iterator[Section]:
    for section in draft.sections:
        if section.section_id in known and (section.questions or section.near_misses):
            yield Section(
                section_id=section.section_id,
                heading="",
                text="",
                drafted_questions=section.questions,
                near_misses=section.near_misses,
            )


def _beside(document: Document, sections: tuple[Section, ...]) -> Document:
    uses = {DocumentUse.TOLD: DocumentUse.NEAR_MISSES, DocumentUse.LEADS: DocumentUse.LEADS}
    return replace(
        document,
        path=DocumentPath(document.path + NEAR_MISS_MARK),
        sections=sections,
        answerable=False,
        use=uses.get(document.use, DocumentUse.FINDS),
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
