"""DOCX: what Word would print, by way of HTML; hidden words are taken out before anything else reads the file."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring, tostring

import mammoth

from bot.adapters.office.archive_limits import OfficeArchive
from bot.adapters.office.blocks import Block
from bot.adapters.office.html_page import read_html
from bot.adapters.office.outcome import Notes, RefusalReason, RefusedError, RemarkKind

_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT_WORDS = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_TINY = 4
"""Half-points: two points, which nobody reads."""
_WHITE = frozenset({"FFFFFF", "FFFFFE", "FEFEFE"})
_TEXT_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_STYLES = "word/styles.xml"
_OFF = frozenset({"0", "false", "off", "none"})
_STYLE_MAP = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='heading 1'] => h2:fresh
p[style-name='heading 2'] => h3:fresh
p[style-name='heading 3'] => h4:fresh
p[style-name='heading 4'] => h5:fresh
"""
"""A title stands above the headings, which Word counts from one."""


def read_docx(archive: OfficeArchive, notes: Notes) -> list[Block]:
    """Headings, paragraphs, lists, notes at the foot, and tables, in their order.

    Raises:
        RefusedError: it is damaged.
    """
    styles = _Styles(archive.read(_STYLES)) if _STYLES in archive.names else _Styles(b"")
    parts = {name: _without_hidden(archive.read(name), styles, notes) for name in _TEXT_PARTS if name in archive.names}
    if "word/comments.xml" in archive.names and (comments := _count(archive.read("word/comments.xml"), "comment")):
        notes.add(RemarkKind.COMMENTS, comments)
    try:
        page = mammoth.convert_to_html(
            archive.replaced(parts),
            style_map=_STYLE_MAP,
            convert_image=lambda _image: [],
            external_file_access=False,
        )
    except (KeyError, ValueError, AttributeError, IndexError, TypeError) as error:
        raise RefusedError(RefusalReason.DAMAGED, f"{type(error).__name__}: {error}"[:200]) from error
    _, blocks = read_html(page.value, notes)
    return blocks


class _Styles:
    """Which of a document's styles hide what is written in them."""

    def __init__(self, raw: bytes) -> None:
        found = {_value(style, "styleId"): style for style in _all(_parsed(raw), "style")} if raw else {}
        self._hiding = {name for name in found if self._hides(name, found)}

    def hide(self, properties: Element | None) -> bool:
        """Whether the style that a run or a paragraph names does."""
        return any(
            _value(named) in self._hiding
            for tag in ("rStyle", "pStyle")
            for named in ([] if properties is None else _children(properties, tag))
        )

    @staticmethod
    def _hides(name: str, styles: dict[str, Element]) -> bool:
        """By itself or by one that it is based on; styles that go round in a circle end the search."""
        seen: set[str] = set()
        while name in styles and name not in seen:
            seen.add(name)
            style = styles[name]
            if any(_is_unseen(properties) for properties in _children(style, "rPr")):
                return True
            name = next((_value(based) for based in _children(style, "basedOn")), "")
        return False


def _without_hidden(raw: bytes, styles: _Styles, notes: Notes) -> bytes:
    """The part without the runs that no reader sees."""
    root = _parsed(raw)
    notes.add(RemarkKind.PICTURES, sum(1 for _ in _all(root, "drawing")) + sum(1 for _ in _all(root, "pict")))
    waiting: list[tuple[Element, bool, bool]] = [(root, False, False)]
    while waiting:
        element, is_shaded, is_hidden = waiting.pop()
        is_shaded = is_shaded or _is_shaded(element)
        is_hidden = is_hidden or (_is(element, "p") and _style_hides(element, "pPr", styles))
        for child in list(element):
            if _is(child, "r") and (is_hidden or _run_is_hidden(child, styles, is_shaded=is_shaded)):
                hidden = "".join(text.text or "" for text in _all(child, "t")).strip()
                notes.add(RemarkKind.HIDDEN_TEXT, len(hidden))
                element.remove(child)
            else:
                waiting.append((child, is_shaded, is_hidden))
    whole: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def _run_is_hidden(run: Element, styles: _Styles, *, is_shaded: bool) -> bool:
    for properties in _children(run, "rPr"):
        shaded = is_shaded or any(_fills(shade) for tag in ("shd", "highlight") for shade in _children(properties, tag))
        if styles.hide(properties) or _is_unseen(properties, on_white=not shaded):
            return True
    return False


def _style_hides(paragraph: Element, tag: str, styles: _Styles) -> bool:
    return any(styles.hide(properties) for properties in _children(paragraph, tag))


def _is_unseen(properties: Element, *, on_white: bool = True) -> bool:
    for element in properties:
        value = _value(element)
        if _is(element, "vanish") and value.lower() not in _OFF:
            return True
        if _is(element, "color") and on_white and value.upper() in _WHITE:
            return True
        if _is(element, "sz") and value.isdecimal() and int(value) <= _TINY:
            return True
    return False


def _is_shaded(element: Element) -> bool:
    """A paragraph or a cell of a table on a ground of its own."""
    tags = {"p": "pPr", "tc": "tcPr"}
    own = next((properties for tag, properties in tags.items() if _is(element, tag)), None)
    return own is not None and any(
        _fills(shade) for properties in _children(element, own) for shade in _children(properties, "shd")
    )


def _fills(shade: Element) -> bool:
    fill = _value(shade, "fill") or _value(shade)
    return fill.upper() not in {*_WHITE, "", "AUTO", "CLEAR", "NIL", "NONE", "WHITE"} or bool(
        _value(shade, "themeFill")
    )


def _count(raw: bytes, tag: str) -> int:
    return sum(1 for _ in _all(_parsed(raw), tag))


def _parsed(raw: bytes) -> Element:
    try:
        return fromstring(raw)  # noqa: S314 - `OfficeArchive` has refused every declaration
    except (ParseError, ValueError) as error:
        raise RefusedError(RefusalReason.DAMAGED, str(error)) from error


def _is(element: Element, tag: str) -> bool:
    return element.tag in {f"{{{_WORDS}}}{tag}", f"{{{_STRICT_WORDS}}}{tag}"}


def _all(root: Element, tag: str) -> Iterator[Element]:
    return (element for element in root.iter() if _is(element, tag))


def _children(element: Element, tag: str) -> list[Element]:
    return [child for child in element if _is(child, tag)]


def _value(element: Element, name: str = "val") -> str:
    return element.get(f"{{{_WORDS}}}{name}") or element.get(f"{{{_STRICT_WORDS}}}{name}") or ""
