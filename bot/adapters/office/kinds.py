"""What a file is, by its content: names and types that came with it are never asked."""

from __future__ import annotations

import regex

from bot.adapters.office.archive_limits import OfficeArchive
from bot.adapters.office.csv_table import separator_of
from bot.adapters.office.encodings import decode
from bot.adapters.office.outcome import FileKind, RefusalReason, RefusedError

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of old Office formats, and of new ones behind a password."""
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_PDF = b"%PDF-"
_PDF_HEAD = 1024
"""Bytes within which readers of PDF look for its mark."""
_OTHERS = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf", b"\x7fELF",
    b"MZ\x90", b"BM\x00", b"II*\x00", b"MM\x00*", b"OggS", b"ID3", b"SQLite", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe",
)  # fmt: skip
_MAIN_PARTS = {
    "word/document.xml": FileKind.DOCX,
    "xl/workbook.xml": FileKind.XLSX,
    "ppt/presentation.xml": FileKind.PPTX,
}
_MACRO_PART = regex.compile(r"vbaproject|vbadata|/macrosheets/|/activex/", regex.IGNORECASE)
_HTML = regex.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|h[1-6]|div|p|table|article|main|ul|ol|meta)\b",
    regex.IGNORECASE | regex.DOTALL,
)
_HEAD = 4096
"""Characters within which a page or a calendar shows what it is: by reasoning."""


def recognise(content: bytes) -> tuple[FileKind, OfficeArchive | str | bytes]:
    """The kind with the file opened as far as that took: a checked archive, decoded text, or the bytes of a PDF.

    Raises:
        RefusedError: it is of no kind that is read.
    """
    if content.startswith(_ZIP):
        archive = OfficeArchive(content)
        return _kind_of_archive(archive), archive
    if content.startswith(_COMPOUND):
        is_locked = _ENCRYPTED_PACKAGE in content
        raise RefusedError(RefusalReason.PASSWORD if is_locked else RefusalReason.OLD_FORMAT)
    if _PDF in content[:_PDF_HEAD]:
        return FileKind.PDF, content
    if content.startswith(_OTHERS):
        raise RefusedError(RefusalReason.UNKNOWN_KIND)
    text = decode(content)
    if not text.strip():
        raise RefusedError(RefusalReason.NO_TEXT)
    return _kind_of_text(text), text


def _kind_of_archive(archive: OfficeArchive) -> FileKind:
    if any(_MACRO_PART.search(name) for name in archive.names):
        raise RefusedError(RefusalReason.MACROS)
    kind = next((kind for part, kind in _MAIN_PARTS.items() if part in archive.names), None)
    if kind is None or "[Content_Types].xml" not in archive.names:
        raise RefusedError(RefusalReason.UNKNOWN_KIND)
    if b"macroenabled" in archive.read("[Content_Types].xml").lower():
        raise RefusedError(RefusalReason.MACROS)
    archive.check_xml()
    return kind


def _kind_of_text(text: str) -> FileKind:
    head = text[:_HEAD].lstrip()
    if head.upper().startswith("BEGIN:VCALENDAR"):
        return FileKind.ICS
    if _HTML.match(head):
        return FileKind.HTML
    return FileKind.CSV if separator_of(text) else FileKind.TEXT
