"""Writes the knowledge folder as it was: what is to be done is noted first, so that it is done even after a kill.

The note is one file outside of the folder. It holds, for each file that differs, what stood there and what shall stand
there. Whoever completes it writes a file only where there still stands what stood there: what somebody has changed
since is newer than the wish to go back, and stays.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.adapters.knowledge.folder_writer import HALF_WRITTEN, remove_whole, write_bytes_whole, write_whole
from bot.adapters.knowledge.reader import LEDGER_NAME, kept_file, walk_folder
from bot.errors import KnowledgeError
from bot.ingestion.model import KeptFile, PublishingWord

_log = structlog.get_logger(__name__)

NOTE_NAME = "knowledge.restoring"
_MARK = "restored-"


class _Change(BaseModel):
    """One file: digests of what stood there and of what shall (None for no file), and its bytes in base64."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    was: str | None
    becomes: str | None
    content: str = ""


class _Note(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cause: str
    digest: str
    changes: tuple[_Change, ...]


class FolderRestore:
    """Implements `bot.ingestion.ports.FolderRestorer` for one folder; the note stands in the folder `data`."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder = folder
        self._note = data / NOTE_NAME

    @property
    def is_waiting(self) -> bool:
        """Whether something is noted that is not published yet."""
        return self._note.exists()

    async def begin(self, wanted: Sequence[KeptFile], word: PublishingWord) -> int:
        """See the port. What is no knowledge file, or can't be read and is not in the way, stays."""
        return await asyncio.to_thread(self._begin, wanted, word)

    async def complete(self) -> PublishingWord | None:
        """See the port."""
        return await asyncio.to_thread(self._complete)

    async def finish(self) -> None:
        """See the port."""
        await asyncio.to_thread(remove_whole, self._note)

    def _begin(self, wanted: Sequence[KeptFile], word: PublishingWord) -> int:
        becomes = {file.name: file for file in wanted}
        names = {file.name for file in walk_folder(self._folder).files}
        changes = []
        for name in sorted(names | {LEDGER_NAME} | becomes.keys()):
            was, file = self._digest(name), becomes.get(name)
            if was != (file.digest if file else None):
                content = base64.b64encode(file.raw).decode("ascii") if file else ""
                changes.append(_Change(name=name, was=was, becomes=file.digest if file else None, content=content))
        self._write(_Note(cause=word.cause, digest=word.digest, changes=tuple(changes)))
        return len(changes)

    def _complete(self) -> PublishingWord | None:
        note = self._read()
        if note is None:
            return None
        if note.changes:
            for change in note.changes:
                self._carry_out(change)
            self._clear_up(note)
            self._write(note.model_copy(update={"changes": ()}))
        return PublishingWord(note.cause, note.digest)

    def _carry_out(self, change: _Change) -> None:
        present = self._digest(change.name)
        if present == change.becomes:
            return
        if present != change.was:
            _log.warning("knowledge_file_not_restored", file=change.name, reason="it was changed meanwhile")
            return
        file = self._folder / change.name
        try:
            if change.becomes is None:
                remove_whole(file)
            else:
                write_bytes_whole(file, base64.b64decode(change.content), mark=_MARK)
        except OSError as error:
            raise KnowledgeError(
                f"{file} can't be restored ({error.strerror}): mend that and run: scoda knowledge sync; or remove "
                f"{self._note} to leave the folder as it is now"
            ) from error

    def _clear_up(self, note: _Note) -> None:
        """Remove what a kill has left half written."""
        for folder in {(self._folder / change.name).parent for change in note.changes}:
            for left in folder.glob(f"{HALF_WRITTEN}{_MARK}*"):
                left.unlink(missing_ok=True)

    def _digest(self, name: str) -> str | None:
        file = self._folder / name
        try:
            return kept_file(name, file.read_bytes()).digest
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise KnowledgeError(
                f"{file} can't be read ({error.strerror}), and it would be replaced: move it out of the folder first"
            ) from error

    def _write(self, note: _Note) -> None:
        try:
            write_whole(self._note, [note.model_dump_json()])
            self._note.chmod(0o600)
        except OSError as error:
            raise KnowledgeError(f"{self._note} can't be written: {error.strerror}") from error

    def _read(self) -> _Note | None:
        try:
            return _Note.model_validate_json(self._note.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise KnowledgeError(f"{self._note} can't be read ({error}); remove it, and roll back again") from error
