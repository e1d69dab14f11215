"""What a zipped document may be before anything parses it: few parts, of bounded size, and XML that declares nothing.

Sizes are those that the archive declares: Python's `zipfile` gives no byte more than these, whatever is packed.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import regex

from bot.adapters.office.outcome import RefusalReason, RefusedError

_MOST_PARTS = 3_000
"""By reasoning: 200 slides with pictures have some 1,500."""
_LARGEST_EXPANDED = 100 * 2**20
"""Bytes of all parts, pictures among them: by reasoning, five times what Telegram lets a bot fetch."""
_LARGEST_XML = 24 * 2**20
"""Bytes of all XML: by reasoning; a book of 300 pages has about 5 MB of it."""
_SMALL = 2**20
"""Bytes of a part whose ratio does not matter."""
_LARGEST_RATIO = 150
"""Expanded by packed size: by reasoning; real sheets come to 10 to 50, bombs to 400 and more."""
_MOST_CELLS = 1_000_000
"""Cells that a sheet may declare: by reasoning, a hundred times what anybody reads."""
_IS_ENCRYPTED = 0x1
"""The bit of a part's flags."""
_XML_ENDINGS = (".xml", ".rels", ".vml")
_DECLARES = regex.compile(rb"<\0?!\0?(?:D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)", regex.IGNORECASE)
_ENCODING = regex.compile(rb"^[^>]{0,200}?encoding\s*=\s*[\"']\s*([^\"'>]{0,40})")
_KNOWN_ENCODINGS = frozenset({b"utf-8", b"utf8", b"utf-16", b"us-ascii"})
_DIMENSION = regex.compile(
    rb"<(?:\w+:)?dimension\s[^>]*?ref\s*=\s*[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']"
)
_HEAD = 65_536
"""Bytes of a sheet before which it declares its dimension: by reasoning; it is the second of its elements."""


class OfficeArchive:
    """A zipped document whose parts are safe to expand and to parse."""

    def __init__(self, content: bytes) -> None:
        """Check it.

        Raises:
            RefusedError: it is damaged, locked, too large when expanded, or holds XML that is unsafe to parse.
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError) as error:
            raise RefusedError(RefusalReason.DAMAGED, str(error)) from error
        self.names = frozenset(self._zip.namelist())
        self._check_parts()

    def read(self, name: str) -> bytes:
        """A part's bytes.

        Raises:
            RefusedError: there is no such part, or it is damaged.
        """
        try:
            return self._zip.read(name)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise RefusedError(RefusalReason.DAMAGED, f"{name}: {type(error).__name__}") from error

    def check_xml(self) -> None:
        """Look through all XML: nothing may declare a type, an entity or an unusual encoding.

        Raises:
            RefusedError: something does, or a sheet declares more cells than anybody reads.
        """
        for name in sorted(self.names):
            if name.lower().endswith(_XML_ENDINGS):
                _check_xml(name, self.read(name))

    def replaced(self, parts: dict[str, bytes]) -> io.BytesIO:
        """The archive anew, with other bytes for these parts; unpacked, so that it costs no time."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(self.names):
                archive.writestr(name, parts[name] if name in parts else self.read(name))
        target.seek(0)
        return target

    def _check_parts(self) -> None:
        parts = self._zip.infolist()
        if any(part.flag_bits & _IS_ENCRYPTED for part in parts):
            raise RefusedError(RefusalReason.PASSWORD)
        if len(parts) != len(self.names):
            raise RefusedError(RefusalReason.DAMAGED, "a part is there twice")
        expanded = sum(part.file_size for part in parts)
        xml = sum(part.file_size for part in parts if part.filename.lower().endswith(_XML_ENDINGS))
        dense = [part.filename for part in parts if part.file_size > max(_SMALL, _LARGEST_RATIO * part.compress_size)]
        if len(parts) > _MOST_PARTS or expanded > _LARGEST_EXPANDED or xml > _LARGEST_XML or dense:
            raise RefusedError(RefusalReason.EXPANDS_TOO_FAR, f"{len(parts):,} parts, {expanded:,} bytes")


def _check_xml(name: str, raw: bytes) -> None:
    if _DECLARES.search(raw):
        raise RefusedError(RefusalReason.UNSAFE, f"{name} declares a type or an entity")
    declared = _ENCODING.match(raw.replace(b"\0", b"")[:_HEAD])
    if declared and declared[1].strip().lower() not in _KNOWN_ENCODINGS:
        raise RefusedError(RefusalReason.UNSAFE, f"{name} is in another encoding than UTF-8 and UTF-16")
    if name.startswith("xl/worksheets/") and (found := _DIMENSION.search(raw[:_HEAD])):
        columns = _column(found[3]) - _column(found[1]) + 1
        cells = columns * (int(found[4]) - int(found[2]) + 1)
        if cells > _MOST_CELLS:
            raise RefusedError(RefusalReason.EXPANDS_TOO_FAR, f"{name} declares {cells:,} cells")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
