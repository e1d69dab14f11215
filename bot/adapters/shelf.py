"""Where built generations stand: `index/gen-<number>`, each written beside the others and never changed afterwards.

Which one is in use stands in the manifest alone, so there is no second place that could disagree. A folder whose seal
does not fit the manifest counts as missing and is built again.
"""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.adapters import chroma
from bot.adapters.child import ChildCrashedError, in_child
from bot.adapters.chroma import StorePlace
from bot.adapters.generation_files import (
    FORMAT,
    Seal,
    chroma_folder,
    difference,
    is_undamaged,
    read_seal,
    seal,
    searched_chunks,
    sync_to_disk,
    write_discriminant,
    write_files,
    write_lexicons,
)
from bot.errors import GenerationError, KnowledgeError
from bot.ingestion.model import Generation, GenerationContent

_log = structlog.get_logger(__name__)

_COLLECTION = "chunks"
_RETRY_S = 0.1
_PATCHED_AT_MOST = 0.2
"""The share of chunks that may have been changed in copies of a store before it is written from nothing."""


@dataclass(frozen=True, slots=True)
class _Before:
    """A generation whose store may be copied; `patched` chunks of it were changed since it was written whole."""

    folder: Path
    patched: int


@dataclass(frozen=True, slots=True)
class _Written:
    """How many chunks a store holds, and how many of them were changed since it was written whole."""

    searched: int
    patched: int = 0


class GenerationShelf:
    """See `bot.ingestion.ports.Shelf`."""

    def __init__(self, folder: Path, *, chroma_url: str = "", lock_timeout_s: float = 600.0) -> None:
        self._folder = folder
        self._chroma_url = chroma_url
        self._lock_timeout_s = lock_timeout_s

    def folder_of(self, number: int) -> Path:
        """Where this generation stands once it is built."""
        return self._folder / f"gen-{number}"

    def place_of(self, generation: Generation) -> StorePlace:
        """Where this generation's vectors are."""
        return self._place(self.folder_of(generation.number), generation.number, generation.fingerprint)

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """See the port. The lock goes with its process, however that ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as file:
            deadline = time.monotonic() + self._lock_timeout_s
            while not _locked(file.fileno()):
                if time.monotonic() > deadline:
                    raise KnowledgeError(
                        f"another process has been building the index in {self._folder} for over "
                        f"{self._lock_timeout_s:.0f} s; wait for it or end it, then try again"
                    )
                await asyncio.sleep(_RETRY_S)
            yield

    async def build(self, content: GenerationContent) -> None:
        """See the port."""
        building = self._folder / f".build-{content.number}"
        try:
            await asyncio.to_thread(_begin, building, content)
            place = self._place(building, content.number, content.fingerprint)
            before = await asyncio.to_thread(self._generation_before, content)
            written = await _patched(building, place, before) if before is not None else None
            if written is None:
                written = await in_child(_build, building, place)
            await asyncio.to_thread(self._finish, building, content, written)
        except ChildCrashedError as error:
            raise GenerationError(f"building generation {content.number} failed: {error}") from error
        finally:
            await asyncio.to_thread(shutil.rmtree, building, ignore_errors=True)

    async def holds(self, generation: Generation) -> bool:
        """See the port.

        An embedded store is not opened for that, since a damaged one may crash the process: its files must be as they
        were sealed after they had passed every check. A store on a server is asked.
        """
        folder = self.folder_of(generation.number)
        sealed = await asyncio.to_thread(read_seal, folder)
        if sealed is None or sealed.embedded == bool(self._chroma_url) or not _fits(sealed, generation):
            return False
        if not await asyncio.to_thread(is_undamaged, folder, sealed):
            return False
        return not self._chroma_url or await self._server_holds(folder, generation)

    async def prune(self, keep: Collection[int]) -> None:
        """See the port."""
        newest = max(keep, default=0)
        await asyncio.to_thread(self._prune_folders, newest, keep)
        if self._chroma_url:
            await asyncio.to_thread(self._prune_collections, newest, keep)

    def _place(self, folder: Path, number: int, fingerprint: str) -> StorePlace:
        if self._chroma_url:
            return StorePlace(f"scoda-{number}-{fingerprint[:12]}", url=self._chroma_url)
        return StorePlace(_COLLECTION, folder=chroma_folder(folder))

    def _generation_before(self, content: GenerationContent) -> _Before | None:
        """The newest other generation whose vector store may be copied."""
        if self._chroma_url:
            return None
        folders = {number: folder for folder, number in _numbered(self._folder) if not folder.name.startswith(".")}
        for number in sorted(folders.keys() - {content.number}, reverse=True):
            sealed = read_seal(folders[number])
            if sealed is not None and _can_be_copied(sealed, content) and is_undamaged(folders[number], sealed):
                return _Before(folders[number], sealed.patched)
        return None

    def _finish(self, building: Path, content: GenerationContent, written: _Written) -> None:
        seal(building, content, searched=written.searched, patched=written.patched)
        folder = self.folder_of(content.number)
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
        sync_to_disk(self._folder)

    async def _server_holds(self, folder: Path, generation: Generation) -> bool:
        try:
            await asyncio.to_thread(_check, folder, self.place_of(generation))
        except KnowledgeError:
            return False
        return True

    def _prune_folders(self, newest: int, keep: Collection[int]) -> None:
        for folder, number in _numbered(self._folder):
            if number < newest and (number not in keep or folder.name.startswith(".")):
                shutil.rmtree(folder, ignore_errors=True)

    def _prune_collections(self, newest: int, keep: Collection[int]) -> None:
        place = StorePlace("", url=self._chroma_url)
        names = {name: name.split("-") for name in chroma.collections_on(place)}
        old = [
            name
            for name, parts in names.items()
            if len(parts) == 3 and parts[0] == "scoda" and parts[1].isdigit()
            and int(parts[1]) < newest and int(parts[1]) not in keep
        ]  # fmt: skip
        chroma.drop_collections(place, old)


def _begin(building: Path, content: GenerationContent) -> None:
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    write_files(building, content)


def _build(building: Path, place: StorePlace) -> _Written:
    """What the child process does: everything from nothing."""
    write_lexicons(building)
    write_discriminant(building)
    chunks, vectors = searched_chunks(building)
    chroma.write_store(place, chunks, vectors)
    return _Written(len(chunks))


async def _patched(building: Path, place: StorePlace, before: _Before) -> _Written | None:
    """Make the store from that of the generation before; None when that is not worth while or does not succeed."""
    try:
        return await in_child(_patch, building, place, before)
    except (ChildCrashedError, GenerationError, KnowledgeError, OSError, sqlite3.Error) as error:
        _log.warning("store_not_patched", generation=before.folder.name, error=type(error).__name__)
        await asyncio.to_thread(shutil.rmtree, chroma_folder(building), ignore_errors=True)
        return None


def _patch(building: Path, place: StorePlace, before: _Before) -> _Written | None:
    """What the child process does: a copy of the store before, and the difference.

    Deleted chunks stay in the graph as dead ends, so after a while it is written whole again.
    """
    chunks, vectors = searched_chunks(building)
    changes = difference(before.folder, chunks, vectors)
    patched = before.patched + len(changes)
    if patched > _PATCHED_AT_MOST * len(chunks):
        return None
    write_lexicons(building)
    write_discriminant(building)
    chroma.patch_store(place, chroma_folder(before.folder), changes, chunks=chunks, vectors=vectors)
    return _Written(len(chunks), patched)


def _check(folder: Path, place: StorePlace) -> None:
    chunks, vectors = searched_chunks(folder)
    chroma.check_store(place, chunks, vectors)


def _can_be_copied(sealed: Seal, content: GenerationContent) -> bool:
    return sealed.format == FORMAT and sealed.embedded and sealed.embedding_identity == content.embedding_identity


def _fits(sealed: Seal, generation: Generation) -> bool:
    return (
        sealed.format == FORMAT
        and sealed.number == generation.number
        and sealed.fingerprint == generation.fingerprint
        and sealed.embedding_identity == generation.embedding_identity
    )


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _numbered(root: Path) -> Iterator[tuple[Path, int]]:
    """The folders of generations, finished and not."""
    for folder in root.iterdir():
        _, dash, number = folder.name.partition("-")
        if dash and number.isdigit() and folder.is_dir():
            yield folder, int(number)
