"""What a child process does with a file: binds itself, finds out what it is, reads it, and writes it as Markdown."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence

from bot.adapters.office.archive_limits import OfficeArchive
from bot.adapters.office.blocks import Block, Heading, as_markdown, tidy
from bot.adapters.office.csv_table import read_csv
from bot.adapters.office.html_page import read_html
from bot.adapters.office.kinds import recognise
from bot.adapters.office.outcome import Converted, FileKind, Notes, RefusalReason, Refused, RefusedError, RemarkKind
from bot.adapters.office.plain_text import read_text
from bot.adapters.office.slide_file import read_pptx
from bot.adapters.system.limits import ProcessLimits, bind_this_process
from bot.writing.cleaning import one_line

_LONGEST_MARKDOWN = 250_000
"""Bytes: the knowledge reader takes 262,144, and a front matter comes on top."""
_LONGEST_TITLE = 200
"""Characters, as of a heading."""
_CALLED_BY_NAME = frozenset({FileKind.XLSX, FileKind.CSV, FileKind.ICS})
"""Their first heading is that of a sheet or an event."""

Opened = OfficeArchive | str | bytes


def convert_bound(content: bytes, label: str, limits: ProcessLimits) -> Converted | Refused:
    """Convert in a process that may end by it: its memory and time are limited, and it opens nothing."""
    logging.disable(logging.CRITICAL)
    bind_this_process(limits)
    return convert(content, label)


def convert(content: bytes, label: str) -> Converted | Refused:
    """Convert in this process, whatever it takes; no content raises."""
    notes = Notes()
    try:
        with warnings.catch_warnings(action="ignore"):
            kind, opened = recognise(content)
            title, blocks = _read(kind, content, opened, notes)
        return _converted(kind, title or _stem(label), blocks, notes)
    except RefusedError as refused:
        return Refused(label, refused.reason, refused.detail)
    except MemoryError:
        return Refused(label, RefusalReason.EXPANDS_TOO_FAR, "out of memory")
    except Exception as error:  # noqa: BLE001 - on damaged files the libraries raise errors of all kinds
        return Refused(label, RefusalReason.DAMAGED, type(error).__name__)


def _read(kind: FileKind, content: bytes, opened: Opened, notes: Notes) -> tuple[str, Sequence[Block]]:
    """The title that the file gives itself, and its blocks."""
    if isinstance(opened, OfficeArchive):
        return "", _read_archive(kind, content, opened, notes)
    if isinstance(opened, str):
        return _read_text(kind, opened, notes)
    from bot.adapters.office.pdf_file import read_pdf  # noqa: PLC0415 - 0.2 s, as the other libraries here

    return read_pdf(opened, notes)


def _read_archive(kind: FileKind, content: bytes, archive: OfficeArchive, notes: Notes) -> Sequence[Block]:
    notes.add(RemarkKind.EMBEDDED_FILES, sum("/embeddings/" in name for name in archive.names))
    if kind is FileKind.PPTX:
        return read_pptx(archive, notes)
    if kind is FileKind.XLSX:
        from bot.adapters.office.sheet_file import read_xlsx  # noqa: PLC0415

        return read_xlsx(content, archive, notes)
    from bot.adapters.office.word_file import read_docx  # noqa: PLC0415

    return read_docx(archive, notes)


def _read_text(kind: FileKind, text: str, notes: Notes) -> tuple[str, Sequence[Block]]:
    if kind is FileKind.HTML:
        return read_html(text, notes)
    if kind is FileKind.CSV:
        return "", read_csv(text)
    if kind is FileKind.TEXT:
        return "", read_text(text, notes)
    from bot.adapters.office.calendar_file import read_calendar  # noqa: PLC0415

    return "", read_calendar(text, notes)


def _converted(kind: FileKind, given: str, found: Sequence[Block], notes: Notes) -> Converted:
    blocks = tidy(found, notes)
    if not any(not isinstance(block, Heading) for block in blocks):
        raise RefusedError(RefusalReason.NO_TEXT)
    leading = "" if kind in _CALLED_BY_NAME else _leading(blocks)
    if leading:
        blocks = blocks[1:]
    title = leading or one_line(given, limit=_LONGEST_TITLE)
    markdown = as_markdown(title, blocks)
    if (size := len(markdown.encode())) > _LONGEST_MARKDOWN:
        raise RefusedError(RefusalReason.TOO_MUCH_TEXT, f"{size:,} bytes of {_LONGEST_MARKDOWN:,}")
    return Converted(kind, title, markdown, notes.remarks)


def _leading(blocks: Sequence[Block]) -> str:
    """The heading that stands first, and above all others."""
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    first = blocks[0]
    is_title = isinstance(first, Heading) and all(level > first.level for level in levels[1:])
    return first.text if is_title else ""


def _stem(label: str) -> str:
    stem, dot, ending = label.rpartition(".")
    name = stem if dot and len(ending) <= 5 else label
    return " ".join(name.replace("_", " ").replace("-", " ").split()) or label
