"""The knowledge folder as proposals see it: what a change would make of it, and the writing of what was approved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import structlog

from bot.adapters.knowledge.file_format import GENERAL_TOPIC
from bot.adapters.knowledge.folder_writer import remove_whole, write_whole
from bot.adapters.knowledge.reader import DEEPEST, UnusableError, decoded, parse_raw, raw_file
from bot.adapters.knowledge.translation_ledger import TranslationLedger
from bot.errors import Fault, KnowledgeError
from bot.ids import DocumentPath, Locale
from bot.ingestion.comparing import Differences, differences_of
from bot.ingestion.inspection import in_other_languages
from bot.ingestion.model import DRAFTS_FOLDER, VECTORS_FOLDER, Document
from bot.ingestion.pins import pins_without_target
from bot.ingestion.translations import brought_along, content_hash, copies_of
from bot.proposals.model import FileChange, FolderCheck, StandingFile, content_name
from bot.proposals.ports import RecognisedText

_log = structlog.get_logger(__name__)

_LONGEST_NAME = 200
"""Bytes of a name with its folders: every file system takes 255 for one part of it (by reasoning)."""
_SENT = "sent.md"
"""Stands for a file whose place is not known yet."""


class ChangeableFolder:
    """Implements `bot.proposals.ports.KnowledgeFolder`; `identify` tells the language of a text that does not."""

    def __init__(self, folder: Path, *, identify: Callable[[str], Locale | None]) -> None:
        self._folder = folder
        self._identify = identify
        self._ledger = TranslationLedger(folder)

    async def standing(self, file: str) -> StandingFile:
        """See the port."""
        return await asyncio.to_thread(self._standing, file)

    async def check(self, changes: Sequence[FileChange]) -> FolderCheck:
        """See the port."""
        return await asyncio.to_thread(self._check, changes)

    async def recognised(self, text: str) -> RecognisedText:
        """See the port."""
        return await asyncio.to_thread(self._recognised, text)

    async def write(self, changes: Sequence[FileChange], recorded: Mapping[str, str]) -> Collection[str]:
        """See the port."""
        try:
            return await asyncio.to_thread(self._write, changes, recorded)
        except OSError as error:
            raise KnowledgeError(f"the knowledge folder can't be written: {error.strerror}") from error

    async def clear_up(self, files: Iterable[str]) -> None:
        """See the port."""
        await asyncio.to_thread(self._clear_up, {self._path(file).parent for file in files})

    def _standing(self, file: str) -> StandingFile:
        raw = self._raw(file)
        if raw is None:
            return StandingFile(None, "")
        try:
            return StandingFile(decoded(raw), content_name(raw))
        except UnusableError as error:
            raise KnowledgeError(f"{file}: {error}") from error

    def _raw(self, file: str) -> bytes | None:
        try:
            return raw_file(self._path(file))
        except UnusableError as error:
            raise KnowledgeError(f"{file}: {error}") from error

    def _path(self, file: str) -> Path:
        """Where a file stands, if one of that name may.

        Raises:
            KnowledgeError: it may not, or a folder above it is a link to elsewhere.
        """
        parts = file.split("/")
        is_plain = file.isprintable() and "\\" not in file and len(file.encode()) <= _LONGEST_NAME
        is_below = all(part and not part.startswith(".") and part == part.strip() for part in parts)
        if not is_plain or not is_below or not file.endswith(".md") or len(parts) > DEEPEST or VECTORS_FOLDER in parts:
            raise KnowledgeError(f"{file[:_LONGEST_NAME]!r} is no name for a knowledge file: use en/topic/name.md")
        path = self._folder
        for part in parts[:-1]:
            path /= part
            if path.is_symlink():
                raise KnowledgeError(f"{file}: {part} is a link to another folder: nothing is written there")
        return path / parts[-1]

    def _check(self, changes: Sequence[FileChange]) -> FolderCheck:
        before: dict[str, Document] = {}
        after: dict[str, Document] = {}
        faults: list[Fault] = []
        warnings: list[Fault] = []
        moved = set()
        for change in changes:
            try:
                raw = self._raw(change.file)
            except KnowledgeError as error:
                faults.append(Fault(change.file, 1, str(error)))
                continue
            if _named(raw) != change.made_from:
                moved.add(change.file)
            if change.file.startswith(f"{DRAFTS_FOLDER}/"):
                continue  # nothing is told from it
            if raw is not None and (document := parse_raw(raw, change.file, self._identify).document) is not None:
                before[change.file] = document
            if change.text is not None:
                parsed = parse_raw(change.text.encode(), change.file, self._identify)
                faults.extend(parsed.faults)
                warnings.extend(parsed.warnings)
                after |= {change.file: parsed.document} if parsed.document is not None else {}
        changed = {change.file for change in changes}
        copies = list(self._copies((one.path for one in (*before.values(), *after.values())), changed))
        told = self._copies((one.tells.path for one in after.values() if one.tells is not None), changed)
        faults += pins_without_target([*after.values(), *told])
        parted = _new_differences([*before.values(), *copies], [*after.values(), *copies])
        warnings += [*parted.warnings, *in_other_languages(after.values(), self._identify)]
        return FolderCheck(
            before=tuple(before.values()),
            after=tuple(after.values()),
            faults=tuple(faults),
            partings=parted.faults,
            warnings=tuple(dict.fromkeys(warnings)),
            moved=frozenset(moved),
            following=self._following([*before.values(), *copies], [*after.values(), *copies]),
        )

    def _copies(self, paths: Iterable[DocumentPath], changed: Collection[str]) -> Iterator[Document]:
        """What stands at these paths in all languages, without the changed files, as far as it can be read."""
        for path in dict.fromkeys(paths):
            for locale in Locale:
                file = f"{locale}/{path}"
                raw = None if file in changed else self._raw_if_usable(file)
                document = parse_raw(raw, file, self._identify).document if raw is not None else None
                if document is not None:
                    yield document

    def _raw_if_usable(self, file: str) -> bytes | None:
        try:
            return self._raw(file)
        except KnowledgeError:
            return None

    def _following(self, before: Sequence[Document], after: Sequence[Document]) -> dict[str, str]:
        """The entries by which copies that follow their source now follow what it becomes."""
        sources = {copies[0].path: content_hash(copies[0]) for copies in copies_of(before)}
        try:
            record, _unreadable = self._ledger.read()
        except KnowledgeError as error:
            _log.warning("translations_not_compared", reason=str(error))
            return {}
        return brought_along(after, record, sources)

    def _recognised(self, text: str) -> RecognisedText:
        guesses: list[Locale | None] = []

        def identify(body: str) -> Locale:
            guesses.append(self._identify(body))
            return guesses[-1] or Locale.EN  # so that the rest is read, too

        document = parse_raw(text.encode(), _SENT, identify).document
        if document is None:
            return RecognisedText(self._identify(text), "", "")
        topic = "" if document.topic == GENERAL_TOPIC else document.topic
        return RecognisedText(guesses[-1] if guesses else document.locale, topic, document.title)

    def _write(self, changes: Sequence[FileChange], recorded: Mapping[str, str]) -> Collection[str]:
        left: list[FileChange] = []
        foreign: list[FileChange] = []
        for change in changes:
            present = _named(self._raw(change.file))
            if present == _named(None if change.text is None else change.text.encode()):
                continue
            (left if present == change.made_from else foreign).append(change)
        if foreign:
            return {change.file for change in foreign}
        for change in left:
            if change.text is None:
                remove_whole(self._path(change.file))
            else:
                write_whole(self._path(change.file), (change.text,))
        self._record(recorded)
        return ()

    def _record(self, recorded: Mapping[str, str]) -> None:
        """Add to the record of translations. One with lines that can't be read is left to somebody who can."""
        record, unreadable = self._ledger.read()
        if unreadable:
            _log.warning("translations_not_recorded", files=len(recorded), reason=str(unreadable[0]))
        elif record | dict(recorded) != record:
            self._ledger.write(record | dict(recorded))

    @staticmethod
    def _clear_up(folders: Iterable[Path]) -> None:
        for folder in folders:
            for left in folder.glob(".writing-*"):
                left.unlink(missing_ok=True)


def _named(raw: bytes | None) -> str:
    return content_name(raw) if raw is not None else ""


def _new_differences(before: Sequence[Document], after: Sequence[Document]) -> Differences:
    """What differs between the languages only since the change, whatever the line it is told on."""
    were, are = differences_of(before), differences_of(after)
    return Differences(_beyond(are.faults, were.faults), _beyond(are.warnings, were.warnings))


def _beyond(faults: Sequence[Fault], known: Sequence[Fault]) -> tuple[Fault, ...]:
    reasons = {(fault.path, fault.reason) for fault in known}
    return tuple(fault for fault in faults if (fault.path, fault.reason) not in reasons)
