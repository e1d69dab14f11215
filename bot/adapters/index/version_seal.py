"""The seal of a built version: what its folder holds, so that a damaged or foreign one is known as such."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.adapters.index.folders import hash_of, sync_to_disk
from bot.ids import Locale
from bot.ingestion.model import (
    IndexVersion,
    IndexVersionContent,
    PartNames,
)

FORMAT = 10
"""Raise it when the files change their form: they are then built anew."""
_SEAL = "generation.json"


class Seal(BaseModel):
    """Written last: what the folder holds, so that a damaged or foreign one is known as such."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    number: int
    fingerprint: str
    embedding_identity: str
    parts: dict[Locale, PartNames]
    hashes: dict[str, str]
    """Of every file."""

    def fits(self, version: IndexVersion) -> bool:
        """Whether this is the seal of that version, in today's form."""
        return (
            self.format == FORMAT
            and self.number == version.number
            and self.fingerprint == version.fingerprint
            and self.embedding_identity == version.embedding_identity
        )


def seal(folder: Path, content: IndexVersionContent, *, before: Path | None) -> None:
    """Force everything new to the disk and write the seal; the hashes of files taken over are known."""
    known = _hashes_by_inode(before) if before is not None else {}
    hashes = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        hashes[name] = known.get((path.stat().st_ino, name)) or hash_of(path)
    written = Seal(
        format=FORMAT,
        number=content.number,
        fingerprint=content.fingerprint,
        embedding_identity=content.embedding_identity,
        parts={part.locale: part.names for part in content.parts},
        hashes=hashes,
    )
    (folder / _SEAL).write_text(written.model_dump_json(indent=1), encoding="utf-8")
    for path in (*(folder / name for name in hashes if (folder / name).stat().st_nlink == 1), *_folders(folder)):
        sync_to_disk(path)
    sync_to_disk(folder / _SEAL)


def read_seal(folder: Path) -> Seal | None:
    """The seal; None when there is no whole one."""
    try:
        return Seal.model_validate_json((folder / _SEAL).read_bytes())
    except (OSError, ValidationError):
        return None


def is_undamaged(folder: Path, sealed: Seal) -> bool:
    """Whether every sealed file is as it was written."""
    with ThreadPoolExecutor() as threads:
        try:
            return list(threads.map(hash_of, [folder / name for name in sealed.hashes])) == list(sealed.hashes.values())
        except OSError:
            return False


def _hashes_by_inode(folder: Path) -> dict[tuple[int, str], str]:
    sealed = read_seal(folder)
    if sealed is None:
        return {}
    return {((folder / name).stat().st_ino, name): known for name, known in sealed.hashes.items()}


def _folders(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_dir())
    yield folder
