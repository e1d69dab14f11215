"""Drafts of knowledge files, made from office files; nothing is told from them until a person has moved them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import regex

from bot.adapters.knowledge.file_format import GENERAL_TOPIC
from bot.adapters.knowledge.folder_writer import write_whole
from bot.adapters.office.converting import LARGEST_FILE, OfficeConverter
from bot.adapters.office.labels import generated_name, safe_label
from bot.adapters.office.outcome import Converted, RefusalReason, Refused
from bot.app.knowledge_parts import identify_locale
from bot.errors import KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import DRAFTS_FOLDER
from bot.proposals.model import UnreadableFile

_LONGEST_NAME = 60
"""Characters of a draft's name: with four bytes each it still fits every file system."""
_NOT_IN_NAMES = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_TOPIC = regex.compile(r"[\p{L}\p{N}_-]+(?:/[\p{L}\p{N}_-]+)*")

UNREADABLE: Mapping[RefusalReason, UnreadableFile] = {
    RefusalReason.PASSWORD: UnreadableFile.PASSWORD,
    RefusalReason.MACROS: UnreadableFile.MACROS,
    RefusalReason.OLD_FORMAT: UnreadableFile.OLD_FORMAT,
    RefusalReason.UNKNOWN_KIND: UnreadableFile.UNKNOWN_KIND,
    RefusalReason.UNKNOWN_ENCODING: UnreadableFile.UNKNOWN_ENCODING,
    RefusalReason.SCANNED: UnreadableFile.SCANNED,
    RefusalReason.NO_TEXT: UnreadableFile.NO_TEXT,
    RefusalReason.TOO_LARGE: UnreadableFile.TOO_LARGE,
    RefusalReason.TOO_MUCH_TEXT: UnreadableFile.TOO_LARGE,
    RefusalReason.EXPANDS_TOO_FAR: UnreadableFile.TOO_LARGE,
    RefusalReason.TOOK_TOO_LONG: UnreadableFile.TOO_LARGE,
    RefusalReason.UNSAFE: UnreadableFile.DAMAGED,
    RefusalReason.DAMAGED: UnreadableFile.DAMAGED,
}
"""A refusal by what a person can do about it."""


class OfficeDraftError(KnowledgeError):
    """This content makes no draft, however often it is tried; `kind` is set where the file can't be read."""

    def __init__(self, message: str, kind: UnreadableFile | None = None) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class MadeDraft:
    """A draft in place; `file` is its name below the knowledge folder, `target` where it belongs in the end."""

    file: str
    target: str
    remarks: tuple[str, ...]


class OfficeImport:
    """Makes drafts; the file that a draft is made from is only read."""

    def __init__(self, folder: Path, converter: OfficeConverter) -> None:
        self._folder = folder.absolute()
        self._converter = converter

    async def make_draft(
        self,
        path: Path,
        *,
        locale: Locale | None = None,
        topic: str | None = None,
        content: bytes | None = None,
        may_stand: bool = False,
    ) -> MadeDraft:
        """Convert one file; its folder tells language and topic if it stands in the knowledge folder.

        `content` is what it holds, if somebody has read it; with `may_stand` the very same draft may be there already.

        Raises:
            OfficeDraftError: it can't be converted, its language can't be told, or another draft is in its place.
            KnowledgeError: it can't be read, or the draft can't be written.
        """
        file = self._found(path)
        converted = await self._converted(file, content)
        own_locale, own_topic = self._place_of(file)
        chosen = locale or own_locale or identify_locale()(converted.markdown)
        if chosen is None:
            raise OfficeDraftError(f"{path}: its language can't be told; name it, like --locale en")
        named = topic or own_topic or GENERAL_TOPIC
        if not _TOPIC.fullmatch(named):
            raise KnowledgeError(f"{named!r} is no topic: letters, digits, - and _, like logistics")
        target = f"{chosen}/{named}/{_name_of(file.name)}.md"
        changed = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC).date()
        text = "".join(_draft(converted, label=safe_label(file.name), topic=named, target=target, as_of=changed))
        await asyncio.to_thread(self._put, path, f"{DRAFTS_FOLDER}/{target}", text, may_stand=may_stand)
        return MadeDraft(f"{DRAFTS_FOLDER}/{target}", target, tuple(map(str, converted.remarks)))

    def _put(self, path: Path, name: str, text: str, *, may_stand: bool) -> None:
        draft = self._folder / name
        try:
            if not draft.exists():
                write_whole(draft, [text])
            elif not may_stand or draft.read_bytes() != text.encode():
                raise OfficeDraftError(f"{path}: the draft {name} is there already; move or remove it first")
        except OSError as error:
            raise KnowledgeError(f"{draft} can't be written: {error.strerror}") from error

    def _found(self, path: Path) -> Path:
        """Below the working folder, or below that of the knowledge."""
        file = next((place for place in (path, self._folder / path) if place.is_file()), None)
        if file is None:
            raise KnowledgeError(f"{path}: there is no such file, here or in {self._folder}")
        return file.absolute()

    async def _converted(self, file: Path, content: bytes | None) -> Converted:
        if content is None:
            content = await asyncio.to_thread(content_of, file)
        outcome = await self._converter.convert(content, file.name)
        if isinstance(outcome, Refused):
            raise OfficeDraftError(str(outcome), UNREADABLE[outcome.reason])
        return outcome

    def _place_of(self, file: Path) -> tuple[Locale | None, str | None]:
        if not file.is_relative_to(self._folder):
            return None, None
        first, *folders = file.relative_to(self._folder).parent.parts or ("",)
        return (Locale(first), "/".join(folders) or None) if first in set(Locale) else (None, None)


def content_of(file: Path) -> bytes:
    """What a file holds, a byte more than the largest at most.

    Raises:
        KnowledgeError: it can't be read.
    """
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise KnowledgeError(f"{file}: can't be read: {error.strerror}") from error


def _name_of(file: str) -> str:
    stem = _NOT_IN_NAMES.sub("-", Path(safe_label(file)).stem.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    return stem or generated_name()


def _draft(converted: Converted, *, label: str, topic: str, target: str, as_of: date) -> Iterator[str]:
    """Front matter that `scoda knowledge check` takes only when a person has named the source, then the text."""
    yield "---\n"
    yield f"# A draft made from {label}. Nothing is told from it.\n"
    yield "# Missing: who published this (publisher) and where it can be read (url).\n"
    yield f"# When text and source are right, move this file to {target} and run: scoda knowledge check\n"
    yield from (f"# Remark: {remark}\n" for remark in converted.remarks)
    yield f"title: {_quoted(converted.title)}\n"
    yield f"topic: {topic}\n"
    yield f"source:\n  publisher: ''\n  title: {_quoted(label)}\n  date: {as_of}\n  url: ''\n"
    yield f"as_of: {as_of}\n---\n\n"
    yield converted.markdown


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
