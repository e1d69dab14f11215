"""Office files that somebody puts into the knowledge folder of a running bot: each becomes a draft, once a content."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError

from bot.adapters.knowledge.folder_writer import write_whole
from bot.adapters.knowledge.reader import OFFICE_FILE, FoundFile, Walk, is_untouched
from bot.adapters.office.converting import OfficeConverter
from bot.app.office_import import OfficeDraftError, OfficeImport, content_of
from bot.errors import Fault, KnowledgeError
from bot.ingestion.model import FolderReading
from bot.proposals.model import OfficeFileNews
from bot.settings import Settings

_log = structlog.get_logger(__name__)

_NOTES_FILE = "office-files.json"
_MOST_NOTES = 1000
"""Files that are remembered, the newest: some 300 bytes each. Chosen by reasoning."""


class _Note(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: str
    draft: str = ""
    reason: str = ""


class _Notes(RootModel[dict[str, _Note]]):
    """What became of each file, by its name below the folder."""


class OfficeNotes:
    """Remembers in the data folder what became of which content, so that a start does not convert it again."""

    def __init__(self, data: Path) -> None:
        self._file = data / _NOTES_FILE

    def read(self) -> dict[str, _Note]:
        """By the file's name, the oldest first; none where they can't be read: then drafts that stand are found."""
        try:
            return _Notes.model_validate_json(self._file.read_bytes()).root
        except (OSError, ValidationError):
            return {}

    def write(self, file: str, note: _Note) -> None:
        """Remember what became of this file.

        Raises:
            OSError: it can't be written.
        """
        notes = self.read()
        notes.pop(file, None)
        kept = dict([*notes.items(), (file, note)][-_MOST_NOTES:])
        write_whole(self._file, [_Notes(kept).model_dump_json(), "\n"])


class OfficeFolder:
    """Sees office files at every look of the folder's watch, and makes drafts of them beside everything else."""

    def __init__(
        self,
        folder: Path,
        imports: OfficeImport,
        notes: OfficeNotes,
        tell: Callable[[OfficeFileNews], Awaitable[None]],
        *,
        started: asyncio.Event,
        settle_s: float,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._folder = folder
        self._imports = imports
        self._notes = notes
        self._tell = tell
        self._started = started
        self._settle_s = settle_s
        self._pause = pause
        self._seen: list[FoundFile] = []
        self._done: set[FoundFile] = set()
        self._changed = asyncio.Event()

    def notice(self, walk: Walk) -> None:
        """Compare what stands in the folder with the look before; where no office file is, that is all."""
        if walk.office != self._seen:
            self._seen = walk.office
            self._changed.set()

    async def run(self) -> None:
        """Make drafts until cancelled, once the chat has started: nobody could be told before."""
        await self._started.wait()
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._pause(self._settle_s)
            await self.take_in()

    async def take_in(self) -> None:
        """One turn over what was seen: what has changed since is left for the look that sees it."""
        self._done.intersection_update(self._seen)
        for file in [one for one in self._seen if one not in self._done]:
            if not await asyncio.to_thread(is_untouched, self._folder, file):
                continue
            try:
                await self._take(file)
                self._done.add(file)
            except Exception as error:  # noqa: BLE001 - a full disk, say: it is tried again after the next change
                _log.error("office_file_not_taken_in", file=file.name, reason=f"{type(error).__name__}: {error}")

    async def _take(self, file: FoundFile) -> None:
        """Write the draft whole, then the note, then tell: killed anywhere, nobody hears it twice.

        Killed before the note, the draft that stands is found; after it, `scoda knowledge status` says it.
        """
        content = await asyncio.to_thread(content_of, self._folder / file.name)
        digest = hashlib.sha256(content).hexdigest()
        notes = await asyncio.to_thread(self._notes.read)
        known = next((note for note in notes.values() if note.digest == digest), None)
        if known is not None:
            if file.name not in notes or notes[file.name].digest != digest:
                await asyncio.to_thread(self._notes.write, file.name, known)
            return
        news = await self._made(file.name, content)
        await asyncio.to_thread(
            self._notes.write, file.name, _Note(digest=digest, draft=news.draft, reason=news.reason)
        )
        _log.info("office_file_taken_in", file=file.name, draft=news.draft, reason=news.reason)
        await self._tell(news)

    async def _made(self, name: str, content: bytes) -> OfficeFileNews:
        news = OfficeFileNews(file=name)
        try:
            made = await self._imports.make_draft(self._folder / name, content=content, may_stand=True)
        except OfficeDraftError as error:
            return replace(news, reason=str(error).replace(f"{self._folder}/", ""), kind=error.kind)
        return replace(news, draft=made.file)


def office_folder_of(
    settings: Settings, tell: Callable[[OfficeFileNews], Awaitable[None]], started: asyncio.Event
) -> OfficeFolder:
    """Over the folder and the data of the settings."""
    folder = settings.knowledge.folder.absolute()
    imports, notes = OfficeImport(folder, OfficeConverter()), OfficeNotes(settings.store.data)
    return OfficeFolder(folder, imports, notes, tell, started=started, settle_s=settings.knowledge.settle_s)


def with_office_files(reading: FolderReading, settings: Settings) -> FolderReading:
    """The same, each office file with what became of it, if a running bot has taken it in as it stands now."""
    notes = OfficeNotes(settings.store.data).read()
    warnings = [_with_fate(one, notes, settings.knowledge.folder) for one in reading.warnings]
    return replace(reading, warnings=tuple(warnings))


def _with_fate(warning: Fault, notes: Mapping[str, _Note], folder: Path) -> Fault:
    note = notes.get(warning.path)
    if note is None or not warning.reason.startswith(OFFICE_FILE):
        return warning
    try:
        if hashlib.sha256(content_of(folder / warning.path)).hexdigest() != note.digest:
            return warning
    except KnowledgeError:
        return warning
    if note.reason:
        fate = f"no draft was made of it: {note.reason}"
    elif (folder / note.draft).exists():
        fate = f"it became {note.draft}, which waits for a person"
    else:
        fate = f"it became {note.draft}, which was moved or removed since"
    return Fault(warning.path, 1, f"{OFFICE_FILE}: {fate}")
