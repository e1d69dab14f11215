"""PDF: lines by their places on the page, headings by their size, tables by their rules.

What a page draws invisibly (as recognised text behind a scan is), in white on white, tiny or off its edge is left out
and told.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pdfplumber
import regex
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdftypes import PDFStream, stream_value
from pdfplumber.utils.exceptions import PdfminerException

from bot.adapters.office.blocks import Block, Heading, Item, Paragraph
from bot.adapters.office.outcome import Notes, RefusalReason, RefusedError, RemarkKind
from bot.adapters.office.page_lines import Line, lines_of
from bot.adapters.office.tables import rows_as_items

_MOST_PAGES = 300
"""By reasoning: more is a book, and no knowledge file holds its text."""
_MOST_CHARACTERS = 1_000_000
"""Of all pages: by reasoning, four times what a knowledge file holds."""
_LARGEST_EXPANDED = 100 * 2**20
"""Bytes of all streams together: by reasoning, five times what Telegram lets a bot fetch."""
_LARGEST_STREAM = 25 * 2**20
"""Bytes of one stream: by reasoning; the largest fonts of Chinese have 20 MB."""
_LARGEST_CONTENTS = 10 * 2**20
"""Bytes of all that draws the pages: by reasoning, some 30 KB a page; a second is spent on a megabyte."""
_LONGEST_DETAIL = 200
"""Characters of a foreign error that a refusal repeats."""
_HEADING_SIZE = 1.15
"""By how much the letters of a heading are larger than most: by reasoning, 12 points over 10.5."""
_LONGEST_HEADING = 150
"""Characters: by reasoning; a longer line in large letters is a motto or a quotation."""
_NEW_PARAGRAPH = 0.75
"""Of a line's height: a gap above it that begins another paragraph; set solid, lines stand 0 to 0.5 apart."""
_REPEATED_ON = 3
"""Pages, and half of all, on which a head or foot stands."""
_MARGIN = 0.12
"""Share of the page at its top and bottom where heads and feet stand, by reasoning."""
_TINY = 2.0
"""Points."""
_INVISIBLE = frozenset({3, 7})
"""Modes of drawing text (PDF 32000-1, 9.3.6) that leave no mark."""
_ENTRY = regex.compile(r"^(?:[•●▪◦‣·–—\-*➢➤]|\d{1,3}[.)]|\(\d{1,3}\))\s+(?=\S)")
_JOINED = regex.compile(r"[\p{Devanagari}\p{Bengali}\p{Tamil}\p{Telugu}\p{Gurmukhi}\p{Gujarati}]")
"""Scripts whose letters join into forms that a PDF's table of letters often lacks."""
_DIGITS = regex.compile(r"\d+")


def read_pdf(content: bytes, notes: Notes) -> tuple[str, list[Block]]:
    """The title that the file gives itself, and the text of its pages.

    Raises:
        RefusedError: it is locked, scanned, damaged or too large.
    """
    try:
        with _without_invisible(notes), _bounded_streams(), pdfplumber.open(io.BytesIO(content)) as file:
            pages = list(_pages(file, notes))
            title = str(file.metadata.get("Title") or "")
    except PdfminerException as error:
        raise _refusal(error) from error
    if not pages:
        raise RefusedError(RefusalReason.DAMAGED, "no page")
    if not any(page.lines or page.tables for page in pages) and notes.count(RemarkKind.PICTURES):
        raise RefusedError(RefusalReason.SCANNED)
    repeated = _repeated(pages)
    body = _body_size(pages, repeated)
    notes.add(RemarkKind.UNSURE_LETTERS, sum(bool(_JOINED.search(line.text)) for page in pages for line in page.lines))
    blocks = [block for page in pages for block in _blocks(page, repeated, body, notes)]
    return title, _joined_over_pages(blocks)


@dataclass(frozen=True, slots=True)
class _Page:
    height: float
    lines: Sequence[Line]
    tables: Sequence[tuple[float, list[Item]]]
    """The top of each table with its rows."""


@contextmanager
def _without_invisible(notes: Notes) -> Iterator[None]:
    """The library tells only its own device how text is drawn, so that is asked, in a process of its own."""
    draw = PDFTextDevice.render_string

    def draw_seen(self: Any, textstate: Any, *rest: Any) -> None:  # noqa: ANN401 - the library's own
        before = len(self.cur_item._objs)  # noqa: SLF001 - what it draws is kept there alone
        draw(self, textstate, *rest)
        if textstate.render in _INVISIBLE:
            notes.add(RemarkKind.HIDDEN_TEXT, len(self.cur_item._objs) - before)  # noqa: SLF001
            del self.cur_item._objs[before:]  # noqa: SLF001

    PDFTextDevice.render_string = draw_seen  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        PDFTextDevice.render_string = draw  # type: ignore[method-assign]


@contextmanager
def _bounded_streams() -> Iterator[None]:
    """Whatever its filters are, no stream grows far beyond the file; the process's memory bounds the step itself."""
    decode, left = PDFStream.decode, _LARGEST_EXPANDED

    def decode_bounded(self: Any) -> None:  # noqa: ANN401 - the library's own
        nonlocal left
        decode(self)
        size = len(self.data or b"")
        left -= size
        if size > _LARGEST_STREAM or left < 0:
            raise RefusedError(RefusalReason.EXPANDS_TOO_FAR, f"a stream of {size:,} bytes")

    PDFStream.decode = decode_bounded  # type: ignore[method-assign]
    try:
        yield
    finally:
        PDFStream.decode = decode  # type: ignore[method-assign]


def _refusal(error: PdfminerException) -> RefusedError:
    """What the library's error stands for."""
    for cause in (*error.args, error.__cause__):
        if isinstance(cause, RefusedError):
            return cause
        if isinstance(cause, PDFPasswordIncorrect):
            return RefusedError(RefusalReason.PASSWORD)
        if isinstance(cause, MemoryError):
            return RefusedError(RefusalReason.EXPANDS_TOO_FAR, "out of memory")
    return RefusedError(RefusalReason.DAMAGED, f"{error!r}"[:_LONGEST_DETAIL])


def _pages(file: Any, notes: Notes) -> Iterator[_Page]:  # noqa: ANN401 - the library's own
    if len(file.pages) > _MOST_PAGES:
        raise RefusedError(RefusalReason.TOO_MUCH_TEXT, f"{len(file.pages)} pages")
    characters = drawing = 0
    for page in file.pages:
        drawing += sum(len(stream_value(content).get_data()) for content in page.page_obj.contents)
        if drawing > _LARGEST_CONTENTS:
            raise RefusedError(RefusalReason.EXPANDS_TOO_FAR, f"{drawing:,} bytes that draw pages")
        notes.add(RemarkKind.PICTURES, len(page.images))
        characters += len(page.chars)
        if characters > _MOST_CHARACTERS:
            raise RefusedError(RefusalReason.TOO_MUCH_TEXT, f"more than {_MOST_CHARACTERS:,} characters")
        yield _page(page, notes)
        page.close()


def _page(page: Any, notes: Notes) -> _Page:  # noqa: ANN401 - the library's own
    grounds = [shape for shape in page.rects if shape.get("fill") and not _is_white(shape.get("non_stroking_color"))]
    seen = page.filter(lambda shape: shape["object_type"] != "char" or _is_seen(shape, page.bbox, grounds))
    notes.add(RemarkKind.HIDDEN_TEXT, len(page.chars) - len(seen.chars))
    words = seen.extract_words(extra_attrs=["size"], keep_blank_chars=False, use_text_flow=False)
    tables = []
    for table in seen.find_tables():
        inside = [word for word in words if _is_within(word, table.bbox)]
        rows = [[_cell(inside, box) for box in row.cells] for row in table.rows]
        if inside and len(rows) > 1 and max(map(len, rows)) > 1:
            words = [word for word in words if not _is_within(word, table.bbox)]
            tables.append((float(table.bbox[1]), rows_as_items(rows)))
    return _Page(float(page.height), lines_of(words), tables)


def _cell(words: Sequence[dict[str, Any]], box: tuple[float, float, float, float] | None) -> str:
    if box is None:
        return ""
    return "\n".join(line.text for line in lines_of([word for word in words if _is_within(word, box)]))


def _is_within(shape: dict[str, Any], box: tuple[float, float, float, float]) -> bool:
    x, y = (shape["x0"] + shape["x1"]) / 2, (shape["top"] + shape["bottom"]) / 2
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


def _is_seen(
    character: dict[str, Any], page: tuple[float, float, float, float], grounds: Sequence[dict[str, Any]]
) -> bool:
    if not _is_within(character, page) or character["size"] < _TINY:
        return False
    if not _is_white(character.get("non_stroking_color")):
        return True
    return any(_is_within(character, (one["x0"], one["top"], one["x1"], one["bottom"])) for one in grounds)


def _is_white(color: object) -> bool:
    """In grey, RGB or CMYK."""
    parts = color if isinstance(color, tuple | list) else (color,)
    if not all(isinstance(part, int | float) for part in parts):
        return False
    return (
        all(part <= 0.02 for part in parts) if len(parts) == 4 else bool(parts) and all(part >= 0.98 for part in parts)
    )


def _body_size(pages: Sequence[_Page], repeated: frozenset[str]) -> float:
    """That of most letters, but for those of heads and feet."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[line.size] += 0 if _is_repeated(line, page, repeated) else len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _repeated(pages: Sequence[_Page]) -> frozenset[str]:
    """Heads and feet: what stands at the edge of many pages, whatever number is in it."""
    counts: Counter[str] = Counter()
    for page in pages:
        counts.update({_DIGITS.sub("#", line.text) for line in page.lines if _is_at_edge(line, page)})
    return frozenset(text for text, count in counts.items() if count >= max(_REPEATED_ON, len(pages) / 2))


def _is_repeated(line: Line, page: _Page, repeated: frozenset[str]) -> bool:
    return _is_at_edge(line, page) and _DIGITS.sub("#", line.text) in repeated


def _is_at_edge(line: Line, page: _Page) -> bool:
    return line.bottom < page.height * _MARGIN or line.top > page.height * (1 - _MARGIN)


def _blocks(page: _Page, repeated: frozenset[str], body: float, notes: Notes) -> Iterator[Block]:
    """In the order from top to bottom."""
    kept = [line for line in page.lines if not _is_repeated(line, page, repeated)]
    notes.add(RemarkKind.REPEATED_LINES, len(page.lines) - len(kept))
    waiting = sorted(page.tables, key=lambda table: table[0])
    borders = [top for top, _ in waiting]
    for lines in _paragraphs(kept, borders, body):
        text = "\n".join(line.text for line in lines)
        block: Block
        if _is_heading(lines[0], body) and len(text) <= _LONGEST_HEADING:
            block = Heading(max(1, 6 - round(lines[0].size / body * 2)), text)
        elif entry := _ENTRY.match(text):
            block = Item(text[entry.end() :])
        else:
            block = Paragraph(text)
        while waiting and waiting[0][0] < lines[0].top:
            yield from waiting.pop(0)[1]
        yield block
    for _, items in waiting:
        yield from items


def _paragraphs(lines: Sequence[Line], borders: Sequence[float], body: float) -> Iterator[list[Line]]:
    if not lines:
        return
    paragraph = [lines[0]]
    for above, line in pairwise(lines):
        is_apart = (
            above.is_short
            or line.top < above.top
            or line.top - above.bottom > _NEW_PARAGRAPH * min(above.height, line.height)
        )
        is_parted = any(above.top < border < line.top for border in borders)
        is_other = _is_heading(above, body) != _is_heading(line, body) or abs(above.size - line.size) > 1
        if is_apart or is_parted or is_other or _ENTRY.match(line.text):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    yield paragraph


def _is_heading(line: Line, body: float) -> bool:
    return body > 0 and line.size >= body * _HEADING_SIZE and len(line.text) <= _LONGEST_HEADING


def _joined_over_pages(blocks: Sequence[Block]) -> list[Block]:
    """A paragraph that a page's end cuts goes on with a small letter."""
    joined: list[Block] = []
    for block in blocks:
        before = joined[-1] if joined else None
        if (
            isinstance(block, Paragraph)
            and isinstance(before, Paragraph)
            and block.text[:1].islower()
            and regex.search(r"[\p{L},;]\s*$", before.text)
        ):
            joined[-1] = Paragraph(f"{before.text}\n{block.text}")
        else:
            joined.append(block)
    return joined
