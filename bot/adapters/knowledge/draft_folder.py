"""The drafts of a knowledge folder: written beside what is told, and put in place once a person has said yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.knowledge.draft_writing import draft_lines, translated, with_drafted_questions
from bot.adapters.knowledge.folder_writer import remove_whole, write_whole
from bot.adapters.knowledge.reader import decoded, parse_raw
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import Document, DraftSection, KnowledgeDraft
from bot.ingestion.translations import content_hash


class DraftFolder:
    """Writes, adopts and discards drafts; killed at any moment, what was asked for can be asked for again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, draft: KnowledgeDraft, original: Document, open_draft: KnowledgeDraft | None = None) -> bool:
        """Write a draft beside the document; False when there is one already, which stays.

        An `open_draft`, which has questions and no text yet, gives its questions to the new one.

        Raises:
            KnowledgeError: the folder can't be written.
        """
        file = self._folder / draft.file
        if file.exists() and open_draft is None:
            return False
        draft = _with_known_questions(draft, open_draft)
        self._put(file, "".join(draft_lines(draft, original.sections, original.locale)))
        return True

    def adopted(self, draft: KnowledgeDraft, copies: Sequence[Document]) -> str:
        """The text of the file that the draft becomes; `copies` are those of its document, the reference first.

        Raises:
            KnowledgeError: the document is gone, or the draft lacks what it needs.
        """
        if not copies:
            return self._whole(draft)
        own = next((copy for copy in copies if copy.locale is draft.locale), None)
        if own is not None and not has_text(draft):
            return with_drafted_questions(self._text(own), draft)
        original = next((copy for copy in copies if copy.locale is not draft.locale), None)
        if original is None:
            raise KnowledgeError(f"{draft.file} translates a text into its own language: take its texts out")
        return translated(self._text(original), _with_known_questions(draft, own), original)

    def _whole(self, draft: KnowledgeDraft) -> str:
        """A draft of a document that is new: it must be fit to be told as it stands."""
        file = self._folder / draft.file
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise KnowledgeError(f"{draft.file} can't be read: {error.strerror}") from error
        parsed = parse_raw(raw, f"{draft.locale}/{draft.path}", lambda _text: None)
        if parsed.document is None:
            raise KnowledgeError("\n".join(f"{draft.file}:{fault.line}: {fault.reason}" for fault in parsed.faults))
        return decoded(raw)

    def adopt(self, draft: KnowledgeDraft, copies: Sequence[Document]) -> str:
        """Put a draft in its place and record what it translates; returns the file below the folder.

        Raises:
            KnowledgeError: see `adopted`; nothing has changed then.
        """
        text, target = self.adopted(draft, copies), f"{draft.locale}/{draft.path}"
        self._put(self._folder / target, text)
        original = copies[0] if copies else None
        if original is not None and original.locale is not draft.locale and has_text(draft):
            self._record(target, original)
        self.discard(draft)
        return target

    def written_at(self, draft: KnowledgeDraft) -> datetime:
        """When its file was written last; the beginning of time where it is gone."""
        try:
            return datetime.fromtimestamp((self._folder / draft.file).stat().st_mtime, UTC)
        except OSError:
            return datetime.fromtimestamp(0, UTC)

    def discard(self, draft: KnowledgeDraft) -> None:
        """Take a draft away.

        Raises:
            KnowledgeError: the folder can't be written.
        """
        try:
            remove_whole(self._folder / draft.file)
        except OSError as error:
            raise KnowledgeError(f"{draft.file} can't be removed: {error.strerror}") from error

    def _record(self, target: str, original: Document) -> None:
        ledger = TranslationLedger(self._folder)
        record, unreadable = ledger.read()
        if unreadable:
            raise KnowledgeError("\n".join(map(str, unreadable)))
        ledger.write(record | {target: content_hash(original)})

    def _text(self, document: Document) -> str:
        try:
            return (self._folder / _name(self._folder, document)).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise KnowledgeError(f"{document.file} can't be read: {error}") from error

    @staticmethod
    def _put(file: Path, text: str) -> None:
        try:
            write_whole(file, [text])
        except OSError as error:
            raise KnowledgeError(f"{file} can't be written: {error.strerror}") from error


def has_text(draft: KnowledgeDraft) -> bool:
    """Whether somebody, or the model, has written what is to be told."""
    return any(section.text for section in draft.sections)


def _name(folder: Path, document: Document) -> str:
    """Its file, also in a folder that is not laid out by language."""
    return document.file if (folder / document.file).exists() else document.path


def _with_known_questions(draft: KnowledgeDraft, own: Document | KnowledgeDraft | None) -> KnowledgeDraft:
    """A new translation keeps the questions that its file has by now."""
    if own is None:
        return draft
    known = {section.section_id: section for section in own.sections}

    def joined(section: DraftSection) -> DraftSection:
        there = known.get(section.section_id)
        if there is None:
            return section
        return replace(
            section,
            questions=tuple(dict.fromkeys((*there.questions, *section.questions))),
            near_misses=tuple(dict.fromkeys((*there.near_misses, *section.near_misses))),
        )

    return replace(draft, sections=tuple(map(joined, draft.sections)))


def empty_draft(document: Document, locale: Locale) -> KnowledgeDraft:
    """A draft with nothing in it, for a translator to fill in."""
    return KnowledgeDraft(path=document.path, locale=locale, title="", sections=(), content_hash="")
