"""Files in memory. A file_id stays good as long as the sandbox runs, unless newer files push the file out."""

from __future__ import annotations

import hashlib
import struct
from collections import OrderedDict
from dataclasses import dataclass
from itertools import count
from pathlib import PurePosixPath

from bot.sandbox.wire import InputFile, Json

_KEPT_BYTES = 256 * 1024 * 1024
"""Bytes of all files, 256 MiB, five of the largest uploads; the oldest fall out. Chosen to bound memory."""
_PNG = b"\x89PNG\r\n\x1a\n"
"""How a PNG begins: https://www.w3.org/TR/png-3/#5PNG-file-signature."""
_JPEG = b"\xff\xd8"
"""How a JPEG begins (start of image): https://www.w3.org/Graphics/JPEG/itu-t81.pdf, table B.1."""
_JPEG_SIZES = frozenset({0xC0, 0xC1, 0xC2})
"""Markers of a JPEG's frame, which tells height and width: the same table, SOF0 to SOF2."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file; `kind` is the message field that it came in, such as `photo`."""

    file_id: str
    unique_id: str
    kind: str
    path: str
    upload: InputFile

    @property
    def ids(self) -> Json:
        """The fields that every kind of file object has."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.upload.content),
        }


class FileStore:
    """The uploaded files, by file_id and by path."""

    def __init__(self, kept_bytes: int = _KEPT_BYTES) -> None:
        self._files: OrderedDict[str, StoredFile] = OrderedDict()
        self._paths: dict[str, str] = {}
        self._numbers = count(1)
        self._bytes = 0
        self._kept_bytes = kept_bytes

    def add(self, kind: str, upload: InputFile) -> StoredFile:
        """Keeps a file under a path of our own making; its name is only a label."""
        number = next(self._numbers)
        unique_id = hashlib.sha256(upload.content).hexdigest()[:16]
        suffix = PurePosixPath(upload.name).suffix
        suffix = suffix if suffix[1:].isalnum() and suffix.isascii() else ""
        path = f"{kind}s/file_{number}{suffix}"
        stored = StoredFile(f"sandbox_{kind}_{number}_{unique_id}", unique_id, kind, path, upload)
        self._files[stored.file_id] = stored
        self._paths[path] = stored.file_id
        self._bytes += len(upload.content)
        while self._bytes > self._kept_bytes and len(self._files) > 1:
            _, oldest = self._files.popitem(last=False)
            del self._paths[oldest.path]
            self._bytes -= len(oldest.upload.content)
        return stored

    def get(self, file_id: str) -> StoredFile | None:
        """The file of this id."""
        return self._files.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        """The file of a path that getFile gave."""
        return self._files.get(self._paths.get(path, ""))


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, JPEG, GIF or WebP; None for anything else."""
    if content.startswith(_PNG) and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content[:6] in {b"GIF87a", b"GIF89a"} and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return width, height
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return 512, 512
    if content.startswith(_JPEG):
        return _jpeg_size(content)
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", content[at + 2 : at + 4])[0])
    return None
