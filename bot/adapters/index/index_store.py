"""Where built versions stand: `index/gen-<number>`, each written beside the others and never changed afterwards.

Which one is in use stands in the manifest alone, so there is no second place that could disagree. A folder whose seal
does not fit the manifest counts as missing and is built again.

The vector store of a version stands beside it, in `index/store-<number>`, or on a Chroma server, and comes later: what
is published answers by exact comparison until then.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import structlog

from bot.adapters.index.chroma import StorePlace
from bot.adapters.index.folders import empty, numbered, put_in_place, remove, to_its_end
from bot.adapters.index.learning import Lesson, learn
from bot.adapters.index.server_stores import ServerStores
from bot.adapters.index.store_files import (
    StoreSeal,
    finish_store,
    is_undamaged_store,
    patch_copy,
    read_store_seal,
    write_from_nothing,
)
from bot.adapters.index.version_files import VersionFiles, read_files
from bot.adapters.index.version_seal import FORMAT, SealedVersion, seal, sealed_version
from bot.adapters.index.version_writing import take_over, write_means, write_texts, write_vectors
from bot.adapters.system.child import ChildCrashedError, in_child
from bot.adapters.system.file_lock import file_lock
from bot.errors import IndexVersionError, KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import IndexVersion, IndexVersionContent, LanguagePart, PartNames
from bot.ingestion.ports import ReportShare

_log = structlog.get_logger(__name__)

_COLLECTION = "chunks"
_TRIAL = "trial"
_RETRY_S = 0.1
"""Seconds between two tries to get the lock: by reasoning, short beside any build."""
_SHARED_FROM = 4
"""Languages from which on several processes write them: with fewer, by reasoning, one more start saves nothing."""
_FEW_SECTIONS = 1_000
"""Up to so many sections are written in a thread: .3 s of a processor, .1 s where most stand as they were. A child
process takes 1 to 3 s to begin."""


class FileIndexStore:
    """See `bot.ingestion.ports.IndexStore`. `shipped` holds what was learned from the knowledge as it comes.

    `origin` is the folder of the versions that are taken over from, where it is another one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        chroma_url: str = "",
        lock_timeout_s: float = 600.0,
        workers: int = 2,
        shipped: Path | None = None,
        origin: Path | None = None,
    ) -> None:
        self._folder = folder
        self._origin = origin or folder
        self._server = ServerStores(chroma_url) if chroma_url else None
        self._lock_timeout_s = lock_timeout_s
        self._workers = workers
        self._shipped = shipped

    def for_trials(self) -> FileIndexStore:
        """Implements `bot.ingestion.trials.TrialStore`: a place apart, where nobody looks for what is published."""
        return FileIndexStore(
            self._folder / _TRIAL,
            lock_timeout_s=self._lock_timeout_s,
            workers=self._workers,
            shipped=self._shipped,
            origin=self._folder,
        )

    def folder_of(self, number: int) -> Path:
        """Where this version stands once it is built."""
        return self._folder / f"gen-{number}"

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """See the port. The lock goes with its process, however that ends."""
        async with self._locked(".lock"):
            yield

    async def parts(self, version: IndexVersion) -> Mapping[Locale, PartNames]:
        """See the port."""
        sealed = await asyncio.to_thread(self._undamaged, version)
        return sealed.parts if sealed is not None else {}

    async def build(self, content: IndexVersionContent, *, report: ReportShare | None = None) -> None:
        """See the port."""
        building = self._folder / f".build-{content.number}"
        before = await asyncio.to_thread(self._before, content)
        try:
            await to_its_end(_begin, building, content, before)
            await self._write_texts(building, content, before)
            if report is not None:
                report(0.9)
            await to_its_end(self._finish, building, content, before)
            if report is not None:
                report(1.0)
        except (ChildCrashedError, OSError) as error:
            raise IndexVersionError(f"building version {content.number} in {self._folder} failed: {error}") from error
        finally:
            await to_its_end(remove, building)

    async def holds(self, version: IndexVersion) -> bool:
        """See the port."""
        return await asyncio.to_thread(self._undamaged, version) is not None

    async def read(self, version: IndexVersion, *, is_just_built: bool = False) -> VersionFiles | None:
        """The files of a version; None when it is not there, or not as it was written.

        What this process has just built and sealed is not looked through again for that.

        Raises:
            KnowledgeError: a file can't be read.
        """
        return await asyncio.to_thread(self._read, version, is_just_built=is_just_built)

    async def store(self, version: IndexVersion, *, report: ReportShare | None = None) -> bool:
        """See the port. Only one process writes stores at a time."""
        async with self._locked(".store-lock"):
            is_missing = await asyncio.to_thread(self.store_of, version) is None
            if is_missing:
                try:
                    await self._write_store(version, report)
                except (ChildCrashedError, OSError) as error:
                    raise IndexVersionError(
                        f"writing the store of version {version.number} in {self._folder} failed: {error}"
                    ) from error
            await asyncio.to_thread(self._prune_stores, version)  # who wrote it may have been killed then
            return is_missing

    def store_of(self, version: IndexVersion) -> StorePlace | None:
        """Where the version's vector store is, if it was finished and is as it was; blocks.

        An embedded store is not opened for that, since a damaged one may crash the process. A server is asked.

        Raises:
            KnowledgeError: the server does not answer.
        """
        if self._server is not None:
            return self._server.find(version)
        folder = self._folder / f"store-{version.number}"
        sealed = read_store_seal(folder)
        if sealed is None or sealed.format != FORMAT or sealed.fingerprint != version.fingerprint:
            return None
        return _place(folder) if is_undamaged_store(folder, sealed) else None

    async def prune(self, keep: Collection[int]) -> None:
        """See the port."""
        await asyncio.to_thread(self._prune_folders, max(keep, default=0), keep)

    async def discard(self, number: int) -> None:
        """See the port."""
        await to_its_end(remove, self.folder_of(number))

    async def clear(self) -> None:
        """See `bot.ingestion.trials.TrialStore`."""
        await to_its_end(self._clear)

    @asynccontextmanager
    async def _locked(self, name: str) -> AsyncIterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + self._lock_timeout_s
        while True:
            with file_lock(self._folder / name) as is_held:
                if is_held:
                    yield
                    return
            if time.monotonic() > deadline:
                raise KnowledgeError(
                    f"another process has been building the index in {self._folder} for over "
                    f"{self._lock_timeout_s:.0f} s; wait for it or end it, then try again"
                )
            await asyncio.sleep(_RETRY_S)

    def _sealed(self, version: IndexVersion) -> SealedVersion | None:
        sealed = sealed_version(self.folder_of(version.number))
        return sealed if sealed is not None and sealed.is_of(version) else None

    def _undamaged(self, version: IndexVersion) -> SealedVersion | None:
        """The version, if it is there and every file is as it was written."""
        sealed = self._sealed(version)
        return sealed if sealed is not None and sealed.is_undamaged() else None

    def _read(self, version: IndexVersion, *, is_just_built: bool) -> VersionFiles | None:
        sealed = self._sealed(version) if is_just_built else self._undamaged(version)
        return None if sealed is None else read_files(sealed)

    def _before(self, content: IndexVersionContent) -> SealedVersion | None:
        """The version that this one may take over from."""
        return None if content.before is None else sealed_version(self._origin / f"gen-{content.before}")

    async def _write_texts(self, building: Path, content: IndexVersionContent, before: SealedVersion | None) -> None:
        """Write what is shown, and learn from it.

        Where there is much to count, child processes do it, since visitors wait; several at once on many languages.
        """
        new = [
            replace(part, chunks=None, vectors=None)
            for part in content.parts
            if part.documents is not None and not _has_same_texts(part, before)
        ]
        folders = [folder for folder in (before.folder if before else None, self._shipped) if folder is not None]
        locales = [part.locale for part in content.parts]
        lesson = None if content.pending else Lesson(locales, content.embedding_identity, folders)
        origin = before.folder if before is not None else None
        if _sections_of(new) <= _FEW_SECTIONS:
            if await to_its_end(_write_and_learn, building, new, lesson, origin, may_take_long=False):
                return
            new = []
        if len(new) >= _SHARED_FROM:
            await self._share_out(building, new, origin)
            new = []
        if new or lesson is not None:
            await in_child(_write_and_learn, building, new, lesson, origin)

    async def _share_out(self, building: Path, parts: Sequence[LanguagePart], before: Path | None) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for first in range(self._workers):
                    share = parts[first :: self._workers]
                    group.create_task(in_child(_write_and_learn, building, share, None, before))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _write_store(self, version: IndexVersion, report: ReportShare | None) -> None:
        if self._server is not None:
            await self._server.write(self.folder_of(version.number), version, report)
            return
        writing = self._folder / f".store-{version.number}"
        try:
            await asyncio.to_thread(empty, writing)
            sealed = await self._written_store(writing, version, report)
            await to_its_end(finish_store, writing, self._folder / f"store-{version.number}", sealed)
        finally:
            await to_its_end(remove, writing)

    async def _written_store(self, writing: Path, version: IndexVersion, report: ReportShare | None) -> StoreSeal:
        """Make the store from the newest one before; from nothing where that is not worth while or does not succeed."""
        folder, place = self.folder_of(version.number), _place(writing)
        before = await asyncio.to_thread(self._store_before, version)
        if before is not None:
            try:
                patched = await in_child(patch_copy, folder, place, before, report=report)
            except (ChildCrashedError, IndexVersionError, KnowledgeError, OSError, sqlite3.Error) as error:
                _log.warning("store_not_patched", store=before.name, error=type(error).__name__)
                patched = None
            if patched is not None:
                return _store_seal(version, *patched)
            await asyncio.to_thread(empty, writing)
        fitted = await in_child(write_from_nothing, folder, place, report=report)
        return _store_seal(version, fitted, 0)

    def _store_before(self, version: IndexVersion) -> Path | None:
        """The newest other store that may be copied."""
        stores = {number: folder for folder, number in numbered(self._folder, "store")}
        for number in sorted(stores.keys() - {version.number}, reverse=True):
            sealed = read_store_seal(stores[number])
            is_usable = sealed is not None and sealed.format == FORMAT
            if sealed is not None and is_usable and is_undamaged_store(stores[number], sealed):
                return stores[number]
        return None

    def _finish(self, building: Path, content: IndexVersionContent, before: SealedVersion | None) -> None:
        seal(building, content, before=before)
        put_in_place(building, self.folder_of(content.number))

    def _clear(self) -> None:
        for kind in ("gen", ".build"):
            for folder, _ in numbered(self._folder, kind):
                remove(folder)

    def _prune_folders(self, newest: int, keep: Collection[int]) -> None:
        for kind in ("gen", ".build"):
            for folder, number in numbered(self._folder, kind):
                if number < newest and (number not in keep or kind == ".build"):
                    remove(folder)

    def _prune_stores(self, version: IndexVersion) -> None:
        """Who still reads an older store compares exactly when it fails."""
        for kind in ("store", ".store"):
            for folder, number in numbered(self._folder, kind):
                if number < version.number:
                    remove(folder)
        if self._server is not None:
            self._server.prune(version)


def _place(folder: Path) -> StorePlace:
    return StorePlace(_COLLECTION, folder=folder / "chroma")


def _store_seal(version: IndexVersion, fitted: str, patched: int) -> StoreSeal:
    number, fingerprint = version.number, version.fingerprint
    return StoreSeal(format=FORMAT, number=number, fingerprint=fingerprint, fitted=fitted, patched=patched, hashes={})


def _begin(building: Path, content: IndexVersionContent, before: SealedVersion | None) -> None:
    """Write the vectors, and take over what is in the version before."""
    empty(building)
    write_means(building, content.means)
    known = before.parts if before is not None else {}
    for part in content.parts:
        if part.vectors is not None and not (part.locale in known and known[part.locale] == part.names):
            write_vectors(building, part)
            takes_vectors = False
        else:
            takes_vectors = True
        takes_texts = part.documents is None or _has_same_texts(part, before)
        if takes_texts or takes_vectors:
            if before is None:
                raise IndexVersionError(f"the version from which {part.locale} is to be taken is gone; try again")
            take_over(building, before.folder, part.locale, texts=takes_texts, vectors=takes_vectors)


def _has_same_texts(part: LanguagePart, before: SealedVersion | None) -> bool:
    known = before.parts.get(part.locale) if before is not None else None
    return known is not None and known.texts == part.names.texts


def _sections_of(parts: Sequence[LanguagePart]) -> int:
    return sum(len(document.sections) for part in parts for document in part.documents or ())


def _write_and_learn(
    building: Path,
    parts: Sequence[LanguagePart],
    lesson: Lesson | None,
    before: Path | None,
    *,
    may_take_long: bool = True,
) -> bool:
    """Returns False where there is something left to learn that would take long."""
    written = {part.locale: write_texts(building, part, before) for part in parts}
    return lesson is None or learn(building, lesson, written, may_take_long=may_take_long)
