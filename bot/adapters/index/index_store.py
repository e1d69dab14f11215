"""Where built versions stand: `index/gen-<number>`, each written beside the others and never changed afterwards.

Which one is in use stands in the manifest alone, so there is no second place that could disagree. A folder whose seal
does not fit the manifest counts as missing and is built again.

The vector store of a version stands beside it, in `index/store-<number>`, and comes later: what is published answers
by exact comparison until then.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.adapters.index import chroma
from bot.adapters.index.chroma import DATABASE, StoredChunks, StorePlace
from bot.adapters.index.version_files import (
    FORMAT,
    Seal,
    VersionFiles,
    hash_of,
    is_undamaged,
    learn,
    read_files,
    read_seal,
    seal,
    sync_to_disk,
    take_over,
    write_means,
    write_texts,
    write_vectors,
)
from bot.adapters.system.child import ChildCrashedError, TellShare, in_child
from bot.adapters.system.file_lock import file_lock
from bot.errors import IndexVersionError, KnowledgeError
from bot.ids import Locale
from bot.ingestion.model import IndexVersion, IndexVersionContent, LanguagePart, PartNames
from bot.ingestion.ports import ReportShare

_log = structlog.get_logger(__name__)

_COLLECTION = "chunks"
_STORE_SEAL = "store.json"
_RETRY_S = 0.1
_PATCHED_AT_MOST = 0.2
"""The share of chunks that may have been changed in copies of a store before it is written from nothing."""
_SHARED_FROM = 4
"""So many languages are written by several processes at once."""


class _StoreSeal(BaseModel):
    """Written last: whose vectors a store holds. `fitted` names the means by which they are centred."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    number: int
    fingerprint: str
    url: str
    fitted: str
    patched: int
    """How many chunks were deleted from and added to it since it was last written from nothing."""
    hashes: dict[str, str]
    """Of every file that no reader writes to."""


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What is learned from the stored questions of all languages, and where it was learned before."""

    locales: Sequence[Locale]
    identity: str
    before: Sequence[Path]


class FileIndexStore:
    """See `bot.ingestion.ports.IndexStore`. `shipped` holds what was learned from the knowledge as it comes."""

    def __init__(
        self,
        folder: Path,
        *,
        chroma_url: str = "",
        lock_timeout_s: float = 600.0,
        workers: int = 2,
        shipped: Path | None = None,
    ) -> None:
        self._folder = folder
        self._chroma_url = chroma_url
        self._lock_timeout_s = lock_timeout_s
        self._workers = workers
        self._shipped = shipped

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
        sealed = await asyncio.to_thread(self._seal_of_whole, version)
        return sealed.parts if sealed is not None else {}

    async def build(self, content: IndexVersionContent, *, report: ReportShare | None = None) -> None:
        """See the port."""
        building = self._folder / f".build-{content.number}"
        before = await asyncio.to_thread(self._before, content)
        try:
            await _to_its_end(_begin, building, content, before)
            await self._write_texts(building, content, before)
            if report is not None:
                report(0.9)
            await _to_its_end(self._finish, building, content, before)
            if report is not None:
                report(1.0)
        except (ChildCrashedError, OSError) as error:
            raise IndexVersionError(f"building version {content.number} in {self._folder} failed: {error}") from error
        finally:
            await _to_its_end(_remove, building)

    async def holds(self, version: IndexVersion) -> bool:
        """See the port."""
        return await asyncio.to_thread(self._seal_of_whole, version) is not None

    async def store(self, version: IndexVersion, *, report: ReportShare | None = None) -> bool:
        """See the port. Only one process writes stores at a time."""
        async with self._locked(".store-lock"):
            if await asyncio.to_thread(self.store_of, version) is not None:
                await asyncio.to_thread(self._prune_stores, version)  # who wrote it may have been killed then
                return False
            writing = self._folder / f".store-{version.number}"
            place = self._place(writing, version)
            try:
                await asyncio.to_thread(_empty, writing)
                sealed = await self._written_store(writing, place, version, report)
                await _to_its_end(self._finish_store, writing, sealed)
            except (ChildCrashedError, OSError) as error:
                raise IndexVersionError(
                    f"writing the store of version {version.number} in {self._folder} failed: {error}"
                ) from error
            finally:
                await _to_its_end(_remove, writing)
            await asyncio.to_thread(self._prune_stores, version)
            return True

    def store_of(self, version: IndexVersion) -> StorePlace | None:
        """Where the version's vector store is, if it was finished and is as it was; blocks.

        An embedded store is not opened for that, since a damaged one may crash the process. A store on a server is
        asked whether it is there.
        """
        folder = self._folder / f"store-{version.number}"
        sealed = _read_store_seal(folder)
        if sealed is None or sealed.format != FORMAT or sealed.fingerprint != version.fingerprint:
            return None
        if sealed.url != self._chroma_url:
            return None
        place = self._place(folder, version)
        if self._chroma_url:
            return place if place.collection in chroma.collections_on(place) else None
        return place if _is_undamaged_store(folder, sealed) else None

    async def prune(self, keep: Collection[int]) -> None:
        """See the port."""
        await asyncio.to_thread(self._prune_folders, max(keep, default=0), keep)

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

    def _seal_of_whole(self, version: IndexVersion) -> Seal | None:
        """The version's seal, if it is there and every file is as it was written."""
        folder = self.folder_of(version.number)
        sealed = read_seal(folder)
        return sealed if sealed is not None and sealed.fits(version) and is_undamaged(folder, sealed) else None

    def _before(self, content: IndexVersionContent) -> Path | None:
        """The folder of the version that this one may take over from."""
        if content.before is None or read_seal(folder := self.folder_of(content.before)) is None:
            return None
        return folder

    async def _write_texts(self, building: Path, content: IndexVersionContent, before: Path | None) -> None:
        """Write what is told, and learn from it: in child processes, since there is much to count and visitors wait.

        Several work at once on many languages.
        """
        known = _parts_of(before)
        new = [
            replace(part, chunks=None, vectors=None)
            for part in content.parts
            if part.documents is not None and not _has_same_texts(part, known)
        ]
        if len(new) >= _SHARED_FROM:
            try:
                async with asyncio.TaskGroup() as group:
                    for first in range(self._workers):
                        group.create_task(in_child(_write_and_learn, building, new[first :: self._workers], None))
            except BaseExceptionGroup as failures:
                raise failures.exceptions[0] from None
            new = []
        folders = [folder for folder in (before, self._shipped) if folder is not None]
        lesson = _Lesson([part.locale for part in content.parts], content.embedding_identity, folders)
        if new or not content.pending:
            await in_child(_write_and_learn, building, new, None if content.pending else lesson)

    async def _written_store(
        self, writing: Path, place: StorePlace, version: IndexVersion, report: ReportShare | None
    ) -> _StoreSeal:
        """Make the store from the newest one before; from nothing where that is not worth while or does not succeed."""
        folder = self.folder_of(version.number)
        before = None if self._chroma_url else await asyncio.to_thread(self._store_before, version)
        if before is not None:
            try:
                patched = await in_child(_patch, folder, place, before, report=report)
            except (ChildCrashedError, IndexVersionError, KnowledgeError, OSError, sqlite3.Error) as error:
                _log.warning("store_not_patched", store=before.name, error=type(error).__name__)
                patched = None
            if patched is not None:
                return self._store_seal(version, patched[0], patched[1])
            await asyncio.to_thread(_empty, writing)
        fitted = await in_child(_write, folder, place, report=report)
        return self._store_seal(version, fitted, 0)

    def _store_seal(self, version: IndexVersion, fitted: str, patched: int) -> _StoreSeal:
        return _StoreSeal(
            format=FORMAT,
            number=version.number,
            fingerprint=version.fingerprint,
            url=self._chroma_url,
            fitted=fitted,
            patched=patched,
            hashes={},
        )

    def _store_before(self, version: IndexVersion) -> Path | None:
        """The newest other store that may be copied."""
        stores = {number: folder for folder, number in _numbered(self._folder, "store")}
        for number in sorted(stores.keys() - {version.number}, reverse=True):
            sealed = _read_store_seal(stores[number])
            is_usable = sealed is not None and sealed.format == FORMAT and not sealed.url
            if sealed is not None and is_usable and _is_undamaged_store(stores[number], sealed):
                return stores[number]
        return None

    def _place(self, folder: Path, version: IndexVersion) -> StorePlace:
        if self._chroma_url:
            return StorePlace(f"scoda-{version.number}-{version.fingerprint[:12]}", url=self._chroma_url)
        return StorePlace(_COLLECTION, folder=folder / "chroma")

    def _finish(self, building: Path, content: IndexVersionContent, before: Path | None) -> None:
        seal(building, content, before=before)
        folder = self.folder_of(content.number)
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
        sync_to_disk(self._folder)

    def _finish_store(self, writing: Path, sealed: _StoreSeal) -> None:
        whole = sealed.model_copy(update={"hashes": {name: hash_of(writing / name) for name in _sealed_names(writing)}})
        (writing / _STORE_SEAL).write_text(whole.model_dump_json(indent=1), encoding="utf-8")
        for path in (*writing.rglob("*"), writing):
            sync_to_disk(path)
        folder = self._folder / f"store-{sealed.number}"
        shutil.rmtree(folder, ignore_errors=True)
        writing.rename(folder)
        sync_to_disk(self._folder)

    def _prune_folders(self, newest: int, keep: Collection[int]) -> None:
        for kind in ("gen", ".build"):
            for folder, number in _numbered(self._folder, kind):
                if number < newest and (number not in keep or kind == ".build"):
                    shutil.rmtree(folder, ignore_errors=True)

    def _prune_stores(self, version: IndexVersion) -> None:
        """Who still reads an older store compares exactly when it fails."""
        for kind in ("store", ".store"):
            for folder, number in _numbered(self._folder, kind):
                if number < version.number:
                    shutil.rmtree(folder, ignore_errors=True)
        if self._chroma_url:
            place = StorePlace("", url=self._chroma_url)
            names = {name: name.split("-") for name in chroma.collections_on(place)}
            old = [
                name
                for name, parts in names.items()
                if len(parts) == 3 and parts[0] == "scoda" and parts[1].isdigit() and int(parts[1]) < version.number
            ]
            chroma.drop_collections(place, old)


def _begin(building: Path, content: IndexVersionContent, before: Path | None) -> None:
    """Write the vectors, and take over what is in the version before."""
    _empty(building)
    write_means(building, content.means)
    known = _parts_of(before)
    for part in content.parts:
        if part.vectors is not None and not (part.locale in known and known[part.locale] == part.names):
            write_vectors(building, part)
            takes_vectors = False
        else:
            takes_vectors = True
        takes_texts = part.documents is None or _has_same_texts(part, known)
        if takes_texts or takes_vectors:
            if before is None:
                raise IndexVersionError(f"the version from which {part.locale} is to be taken is gone; try again")
            take_over(building, before, part.locale, texts=takes_texts, vectors=takes_vectors)


def _parts_of(folder: Path | None) -> Mapping[Locale, PartNames]:
    sealed = read_seal(folder) if folder is not None else None
    return sealed.parts if sealed is not None and sealed.format == FORMAT else {}


def _has_same_texts(part: LanguagePart, known: Mapping[Locale, PartNames]) -> bool:
    return part.locale in known and known[part.locale].texts == part.names.texts


def _write_and_learn(building: Path, parts: Sequence[LanguagePart], lesson: _Lesson | None) -> None:
    """What a child process does."""
    for part in parts:
        write_texts(building, part)
    if lesson is not None:
        learn(building, lesson.locales, lesson.identity, lesson.before)


def _write(folder: Path, place: StorePlace, tell: TellShare) -> str:
    """What the child process does: the whole store from nothing. Returns what names the means."""
    files = read_files(folder)
    chroma.write_store(place, _stored(files), tell=tell)
    return files.fitted


def _patch(folder: Path, place: StorePlace, before: Path, tell: TellShare) -> tuple[str, int] | None:
    """What the child process does: a copy of the store before, and the difference; None when that is not worth while.

    Deleted chunks stay in the graph as dead ends, so after a while it is written whole again.
    """
    sealed, files = _read_store_seal(before), read_files(folder)
    if sealed is None or sealed.fitted != files.fitted:
        return None
    chunks = _stored(files)
    at_most = int(_PATCHED_AT_MOST * len(chunks.ids)) - sealed.patched
    changed = chroma.patch_store(place, before / "chroma", chunks, at_most=at_most, tell=tell)
    return None if changed is None else (files.fitted, sealed.patched + changed)


def _stored(files: VersionFiles) -> StoredChunks:
    rows, ids = files.searched()
    labels = [
        {"key": str(section.key), "locale": section.locale.value, "kind": files.kind_of(row).value}
        for row in rows.tolist()
        if (section := files.sections[files.section_of[row]])
    ]
    return StoredChunks(ids, files.vectors(rows), labels)


def _read_store_seal(folder: Path) -> _StoreSeal | None:
    try:
        return _StoreSeal.model_validate_json((folder / _STORE_SEAL).read_bytes())
    except (OSError, ValidationError):
        return None


def _sealed_names(folder: Path) -> list[str]:
    """All files but those in which even a reader leaves its mark.

    That is Chroma's database, and its graph folder while the graph is so small that it lives in the database.
    """
    unwritten = {path.parent for path in folder.rglob("header.bin")}
    unwritten -= {path.parent for path in folder.rglob("index_metadata.pickle")}
    paths = (path for path in folder.rglob("*") if path.is_file() and path.parent not in unwritten)
    return sorted(str(path.relative_to(folder)) for path in paths if not path.name.startswith(DATABASE))


def _is_undamaged_store(folder: Path, sealed: _StoreSeal) -> bool:
    try:
        is_as_written = all(hash_of(folder / name) == known for name, known in sealed.hashes.items())
        return is_as_written and _is_sound(folder / "chroma" / DATABASE)
    except (OSError, sqlite3.Error):
        return False


def _is_sound(database: Path) -> bool:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        has_collection = connection.execute("SELECT 1 FROM collections").fetchone() is not None
        return has_collection and bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))


async def _to_its_end(function: Callable[..., object], *arguments: object) -> None:
    """Do it in a thread; when cancelled, wait for that all the same, so that nothing is written behind our back."""
    work = asyncio.create_task(asyncio.to_thread(function, *arguments))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _numbered(root: Path, kind: str) -> Iterator[tuple[Path, int]]:
    """The folders of this kind with their numbers."""
    for folder in root.iterdir():
        name, dash, number = folder.name.rpartition("-")
        if name == kind and dash and number.isdigit() and folder.is_dir():
            yield folder, int(number)
