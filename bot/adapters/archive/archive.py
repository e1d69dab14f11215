"""One archive: a gzipped tar of parts with a manifest at its end, sealed where a passphrase is set.

Parts are short pieces, so that neither writing nor reading an archive takes more memory the larger it is. Nothing is
ever unpacked to where a part's name leads: parts are read into memory and known by their names.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from bot.adapters.archive.manifest import FORMAT, ArchivedPart, ArchiveManifest, from_json, to_json
from bot.adapters.archive.sealing import MAGIC, SealedReader, SealingWriter
from bot.errors import BackupError

TABLES = "tables/"
"""Parts named `tables/<table>/<number>.jsonl` hold rows, a line each."""
_MANIFEST = "manifest.json"
_LARGEST_PART = 2**28
"""Bytes, more than the longest row of ours takes: a forged archive may not ask for all the memory."""
_LEVEL = 1
"""Of gzip's nine, the fastest: rows are words that come again and again, and vectors shrink at none (by reasoning)."""
_GZIP = b"\x1f\x8b"
_UNREADABLE = (OSError, EOFError, ValueError, zlib.error, tarfile.TarError)


class ArchiveWriter:
    """Puts parts into an archive in the making. Made by `writing`."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._parts: list[ArchivedPart] = []

    def add(self, name: str, content: bytes, *, rows: int = 0) -> None:
        """Write a part.

        Raises:
            BackupError: it is longer than one that is read again.
        """
        part = ArchivedPart(name, len(content), hashlib.sha256(content).hexdigest(), rows)
        if part.size > _LARGEST_PART:
            whose = f"a row of the table {table_of(part)}" if table_of(part) else name
            raise BackupError(
                f"{whose} takes {part.size // 2**20} MiB, and an archive holds none above {_LARGEST_PART // 2**20}: "
                "take out what is so long there, and make the backup again"
            )
        self._parts.append(part)
        self._write(name, content)

    def finish(self, manifest: ArchiveManifest) -> ArchiveManifest:
        """Write the manifest, with all parts in it, as the last part."""
        manifest = replace(manifest, parts=tuple(self._parts))
        self._write(_MANIFEST, to_json(manifest))
        return manifest

    def _write(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o600
        self._tar.addfile(member, io.BytesIO(content))
        _forget_members(self._tar)


@contextmanager
def writing(file: BinaryIO, passphrase: str) -> Iterator[ArchiveWriter]:
    """An archive written into `file`, whole and on the disk when the block ends; sealed if there is a passphrase."""
    with ExitStack() as stack:
        target = cast("BinaryIO", stack.enter_context(SealingWriter(file, passphrase))) if passphrase else file
        packed = stack.enter_context(gzip.GzipFile("", "wb", _LEVEL, fileobj=target, mtime=0))
        yield ArchiveWriter(stack.enter_context(tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT)))
    file.flush()
    os.fsync(file.fileno())


def verified(file: Path, passphrase: str) -> ArchiveManifest:
    """Read the whole archive and compare each part with the manifest; blocks.

    Raises:
        BackupError: it is damaged, cut off, none of ours, or can't be decrypted; the message says which.
    """
    found: list[ArchivedPart] = []
    manifest = None
    with _translated(file):
        for name, content in _parts_in(file, passphrase):
            if manifest is not None:
                raise ValueError(f"{name} stands behind its manifest")
            if name == _MANIFEST:
                manifest = from_json(content)
            else:
                rows = content.count(b"\n") if name.startswith(TABLES) else 0
                found.append(ArchivedPart(name, len(content), hashlib.sha256(content).hexdigest(), rows))
        if manifest is None:
            raise ValueError("it is cut off: its manifest is missing")
        _require_agreement(manifest, found)
    return manifest


def parts_of(file: Path, passphrase: str, manifest: ArchiveManifest) -> Iterator[tuple[ArchivedPart, bytes]]:
    """Each part with its bytes, in order, once it is known to be as this manifest says; blocks.

    Raises:
        BackupError: the archive is no longer as it was `verified`.
    """
    with _translated(file):
        parts = _parts_in(file, passphrase)
        for part in manifest.parts:
            name, content = next(parts, ("", b""))
            if (name, hashlib.sha256(content).hexdigest()) != (part.name, part.sha256):
                raise ValueError(f"{part.name} has changed since it was checked")
            yield part, content


def sha256_of(file: Path) -> str:
    """Of the whole file, to be noted somewhere else; blocks."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def is_sealed(file: Path) -> bool:
    """Whether it needs a passphrase.

    Raises:
        BackupError: it can't be read.
    """
    with _translated(file), file.open("rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC


def _require_agreement(manifest: ArchiveManifest, found: list[ArchivedPart]) -> None:
    if manifest.format != FORMAT:
        raise ValueError(f"it is of format {manifest.format}, and this program reads {FORMAT}: use a newer one")
    for told, read in zip(manifest.parts, found, strict=False):
        if told != read:
            raise ValueError(f"{read.name} is not as the manifest says")
    if len(manifest.parts) != len(found):
        raise ValueError(f"it holds {len(found)} parts, and its manifest names {len(manifest.parts)}")
    rows: Counter[str] = Counter()
    for part in found:
        if part.name.startswith(TABLES):
            rows[table_of(part)] += part.rows
    wrong = sorted(name for name in {*rows, *manifest.tables} if rows[name] != _rows_told(manifest, name))
    if wrong:
        raise ValueError(f"it holds other numbers of rows than its manifest says: {', '.join(wrong)}")


def _rows_told(manifest: ArchiveManifest, table: str) -> int:
    return manifest.tables[table].rows if table in manifest.tables else -1


def table_of(part: ArchivedPart) -> str:
    """The table that a part's rows belong to; empty for a part without rows."""
    return part.name.removeprefix(TABLES).partition("/")[0] if part.name.startswith(TABLES) else ""


def _parts_in(file: Path, passphrase: str) -> Iterator[tuple[str, bytes]]:
    with ExitStack() as stack:
        opened = stack.enter_context(file.open("rb"))
        packed = stack.enter_context(gzip.GzipFile("", "rb", fileobj=_opened(opened, passphrase)))
        tar = stack.enter_context(tarfile.open(fileobj=packed, mode="r|"))
        for member in tar:
            _forget_members(tar)
            content = tar.extractfile(member) if member.isreg() and member.size <= _LARGEST_PART else None
            if content is None:
                raise ValueError(f"{member.name!r} is no part of a backup")
            yield member.name, content.read()
        while packed.read(2**16):  # to the very end: gzip compares its sum there, and the last frame is checked
            pass


def _opened(file: io.BufferedReader, passphrase: str) -> BinaryIO:
    """The gzipped bytes.

    Raises:
        BackupError: it is sealed and there is no passphrase, or a wrong one.
        ValueError: it is no archive.
    """
    start = file.peek(len(MAGIC))[: len(MAGIC)]
    if start == MAGIC:
        if not passphrase:
            raise BackupError("it is encrypted: give its passphrase in SCODA_BACKUP_PASSPHRASE or [backup] key_file")
        return cast("BinaryIO", SealedReader(file, passphrase))
    if not start.startswith(_GZIP):
        raise ValueError("it is no backup of this program")
    return file


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise BackupError(f"{file} can't be used: {error}") from error
    except _UNREADABLE as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BackupError(f"{file} can't be used: {reason}; take another backup") from error


def _forget_members(tar: tarfile.TarFile) -> None:
    """It would keep all that it has seen in memory."""
    tar.__dict__["members"].clear()
