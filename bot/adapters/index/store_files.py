"""A version's vector store on the disk: how it is written, sealed and known as whole.

It stands beside the version, in `index/store-<number>`, and comes later: what is published answers by exact comparison
until then.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.adapters.index import chroma
from bot.adapters.index.chroma import DATABASE, StoredChunks, StorePlace
from bot.adapters.index.folders import hash_of, put_in_place
from bot.adapters.index.version_files import VersionFiles, read_folder
from bot.adapters.system.child import TellShare
from bot.operations.durable import sync_to_disk

_SEAL = "store.json"
_PATCHED_AT_MOST = 0.2
"""The share of chunks that may have been changed in copies of a store before it is written from nothing."""


class StoreSeal(BaseModel):
    """Written last: whose vectors a store holds. `fitted` names the means by which they are centred."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    number: int
    fingerprint: str
    fitted: str
    patched: int
    """How many chunks were deleted from and added to it since it was last written from nothing."""
    hashes: dict[str, str]
    """Of every file that no reader writes to."""


def write_from_nothing(folder: Path, place: StorePlace, tell: TellShare) -> str:
    """What the child process does: the whole store from nothing. Returns what names the means."""
    files = read_folder(folder)
    chroma.write_store(place, stored_chunks(files), tell=tell)
    return files.fitted


def patch_copy(folder: Path, place: StorePlace, before: Path, tell: TellShare) -> tuple[str, int] | None:
    """What the child process does: a copy of the store before, and the difference; None when that is not worth while.

    Deleted chunks stay in the graph as dead ends, so after a while it is written whole again.
    """
    sealed, files = read_store_seal(before), read_folder(folder)
    if sealed is None or sealed.fitted != files.fitted:
        return None
    chunks = stored_chunks(files)
    at_most = int(_PATCHED_AT_MOST * len(chunks.ids)) - sealed.patched
    changed = chroma.patch_store(place, before / "chroma", chunks, at_most=at_most, tell=tell)
    return None if changed is None else (files.fitted, sealed.patched + changed)


def stored_chunks(files: VersionFiles) -> StoredChunks:
    """What a store holds of a version: the rows that may nominate their section."""
    rows, ids = files.searched()
    labels = [
        {"key": str(section.key), "locale": section.locale.value, "kind": files.kind_of(row).value}
        for row in rows.tolist()
        if (section := files.sections[files.section_of[row]])
    ]
    return StoredChunks(ids, files.vectors(rows), labels)


def finish_store(writing: Path, folder: Path, sealed: StoreSeal) -> None:
    """Seal what was written, force it to the disk and put it in its place."""
    hashes = {name: hash_of(writing / name) for name in _sealed_names(writing)}
    whole = sealed.model_copy(update={"hashes": hashes})
    (writing / _SEAL).write_text(whole.model_dump_json(indent=1), encoding="utf-8")
    for path in (*writing.rglob("*"), writing):
        sync_to_disk(path)
    put_in_place(writing, folder)


def read_store_seal(folder: Path) -> StoreSeal | None:
    """The seal; None when there is no whole one."""
    try:
        return StoreSeal.model_validate_json((folder / _SEAL).read_bytes())
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


def is_undamaged_store(folder: Path, sealed: StoreSeal) -> bool:
    """Whether every sealed file is as it was written, and Chroma's database sound."""
    try:
        is_as_written = all(hash_of(folder / name) == known for name, known in sealed.hashes.items())
        return is_as_written and _is_sound(folder / "chroma" / DATABASE)
    except (OSError, sqlite3.Error):
        return False


def _is_sound(database: Path) -> bool:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        has_collection = connection.execute("SELECT 1 FROM collections").fetchone() is not None
        return has_collection and bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
