"""The seal of a built version: what its folder holds, so that a damaged or foreign one is known as such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.adapters.index.folders import hash_of
from bot.ids import Locale
from bot.ingestion.model import IndexVersion, IndexVersionContent, PartNames
from bot.operations.durable import sync_to_disk

FORMAT = 10
"""Raise it when the files change their form: they are then built anew."""

_SEAL = "generation.json"


class Seal(BaseModel):
    """The last file that is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    number: int
    fingerprint: str
    embedding_identity: str
    parts: dict[Locale, PartNames]
    hashes: dict[str, str]
    """The SHA-256 of every other file, by its name below the folder."""


@dataclass(frozen=True, slots=True)
class SealedVersion:
    """A version that stands complete in its folder, in today's form; read no further than its seal."""

    folder: Path
    seal: Seal

    @property
    def parts(self) -> Mapping[Locale, PartNames]:
        """What it holds in each language."""
        return self.seal.parts

    def is_of(self, version: IndexVersion) -> bool:
        """Whether it is that version."""
        return (
            self.seal.number == version.number
            and self.seal.fingerprint == version.fingerprint
            and self.seal.embedding_identity == version.embedding_identity
        )

    def is_undamaged(self) -> bool:
        """Whether every file is as it was written: reads them all."""
        files = [self.folder / name for name in self.seal.hashes]
        with ThreadPoolExecutor() as threads:
            try:
                return list(threads.map(hash_of, files)) == list(self.seal.hashes.values())
            except OSError:
                return False

    def known_hashes(self) -> dict[tuple[int, str], str]:
        """The hash of each file by its inode and name: a file that another version took over has both in common."""
        return {((self.folder / name).stat().st_ino, name): known for name, known in self.seal.hashes.items()}


def sealed_version(folder: Path) -> SealedVersion | None:
    """The version that stands in a folder; None when it is not complete or not in today's form."""
    try:
        sealed = Seal.model_validate_json((folder / _SEAL).read_bytes())
    except (OSError, ValidationError):
        return None
    return SealedVersion(folder, sealed) if sealed.format == FORMAT else None


def seal(folder: Path, content: IndexVersionContent, *, before: SealedVersion | None) -> None:
    """Force everything new to the disk and write the seal; what was taken over from `before` is not hashed again."""
    known = before.known_hashes() if before is not None else {}
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


def _folders(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_dir())
    yield folder
