"""PPTX: a slide a section, by its title; notes and hidden slides are left out and told."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring

from bot.adapters.office.archive_limits import OfficeArchive
from bot.adapters.office.blocks import Block, Heading, Item, Paragraph
from bot.adapters.office.outcome import Notes, RefusalReason, RefusedError, RemarkKind
from bot.adapters.office.tables import Naming, rows_as_items

_PRESENTATION = "ppt/presentation.xml"
_TITLES = frozenset({"title", "ctrTitle"})
_NOT_TOLD = frozenset({"dt", "ftr", "sldNum", "hdr"})
"""Placeholders of the date, the foot, the number and the head of a slide."""
_TINY = 200
"""Hundredths of a point: two points, which nobody reads."""
_ON = frozenset({"1", "true", "on"})


def read_pptx(archive: OfficeArchive, notes: Notes) -> list[Block]:
    """The slides in the order in which they are shown.

    Raises:
        RefusedError: it is damaged.
    """
    presentation = _parsed(archive, _PRESENTATION)
    targets = _targets(archive, _PRESENTATION)
    size = next(_named(presentation, "sldSz"), None)
    width, height = (_number(size, "cx"), _number(size, "cy")) if size is not None else (0, 0)
    blocks: list[Block] = []
    for number, entry in enumerate(_named(presentation, "sldId"), start=1):
        name = targets.get(_related(entry), "")
        if name not in archive.names:
            raise RefusedError(RefusalReason.DAMAGED, f"slide {number} is not there")
        slide = _Slide(archive, name, notes, (width, height))
        if slide.is_hidden:
            notes.add(RemarkKind.HIDDEN_PARTS)
            continue
        found = slide.blocks()
        if found:
            blocks += [Heading(slide.level, slide.title or f"{number}"), *found]
        elif slide.title:
            blocks.append(Heading(slide.level, slide.title))
    return blocks


class _Slide:
    def __init__(self, archive: OfficeArchive, name: str, notes: Notes, size: tuple[int, int]) -> None:
        self._root = _parsed(archive, name)
        self._links = _targets(archive, name)
        self._notes = notes
        self._size = size
        self.is_hidden = self._root.get("show") in {"0", "false"}
        self.title = ""
        self.level = 2
        if any("notesSlide" in target for target in self._links.values()) and not self.is_hidden:
            notes.add(RemarkKind.NOTES)

    def blocks(self) -> list[Block]:
        """What stands on the slide but its title."""
        blocks: list[Block] = []
        tree = next(_named(self._root, "spTree"), None)
        for shape in [] if tree is None else _shapes(tree):
            if _local(shape) == "pic" or any(_named(shape, "chart")):
                self._notes.add(RemarkKind.PICTURES)
            elif self._is_out_of_sight(shape):
                self._notes.add(RemarkKind.HIDDEN_TEXT, sum(len(text.text or "") for text in _named(shape, "t")))
            else:
                blocks += self._table(shape) if _local(shape) == "graphicFrame" else self._text(shape)
        return blocks

    def _text(self, shape: Element) -> list[Block]:
        place = next(_named(shape, "ph"), None)
        kind = place.get("type", "body") if place is not None else ""
        if kind in _NOT_TOLD:
            return []
        lines = [(self._line(one), _level(one)) for one in _named(shape, "p")]
        lines = [(text, level) for text, level in lines if text.strip()]
        if kind in _TITLES and not self.title:
            self.title = " ".join(text for text, _ in lines)
            self.level = 1 if kind == "ctrTitle" else 2
            return []
        if kind in {"body", "obj"} and len(lines) > 1:
            return [Item(text, level) for text, level in lines]
        return [Paragraph(text) for text, _ in lines]

    def _table(self, frame: Element) -> list[Block]:
        table = next(_named(frame, "tbl"), None)
        if table is None:
            return []
        rows = [
            [" ".join(self._line(one) for one in _named(cell, "p")) for cell in _named(row, "tc")]
            for row in _named(table, "tr")
        ]
        marks = next(_named(table, "tblPr"), None)
        is_marked = marks is not None and marks.get("firstRow") in _ON
        return [*rows_as_items(rows, Naming.FIRST_ROW if is_marked else Naming.UNKNOWN)]

    def _line(self, paragraph: Element) -> str:
        parts = []
        for run in paragraph:
            text = "".join(one.text or "" for one in _named(run, "t"))
            if _local(run) == "br":
                parts.append(" ")
            elif text and _is_unseen(run):
                self._notes.add(RemarkKind.HIDDEN_TEXT, len(text))
            else:
                parts += [text, self._address(run, text)]
        return "".join(parts)

    def _address(self, run: Element, text: str) -> str:
        for link in _named(run, "hlinkClick"):
            address = self._links.get(_related(link), "")
            if address.startswith(("https://", "http://")) and address.rstrip("/") != text.strip().rstrip("/"):
                return f" ({address})"
        return ""

    def _is_out_of_sight(self, shape: Element) -> bool:
        properties = next(_named(shape, "cNvPr"), None)
        if properties is not None and properties.get("hidden") in _ON:
            return True
        place, extent = next(_named(shape, "off"), None), next(_named(shape, "ext"), None)
        width, height = self._size
        if place is None or extent is None or not width:
            return False
        left, top = _number(place, "x"), _number(place, "y")
        return left >= width or top >= height or left + _number(extent, "cx") <= 0 or top + _number(extent, "cy") <= 0


def _shapes(tree: Element) -> Iterator[Element]:
    """In the order of the file, those of groups in their place."""
    for shape in tree:
        if _local(shape) == "grpSp":
            yield from _shapes(shape)
        elif _local(shape) in {"sp", "graphicFrame", "pic", "cxnSp"}:
            yield shape


def _is_unseen(run: Element) -> bool:
    """Tiny or wholly transparent; white is not judged, since slides are often dark."""
    properties = next((child for child in run if _local(child) == "rPr"), None)
    if properties is None:
        return False
    size = properties.get("sz", "")
    is_clear = any(alpha.get("val") == "0" for alpha in _named(properties, "alpha"))
    return is_clear or (size.isdecimal() and int(size) <= _TINY)


def _level(paragraph: Element) -> int:
    properties = next((child for child in paragraph if _local(child) == "pPr"), None)
    return min(3, _number(properties, "lvl")) if properties is not None else 0


def _targets(archive: OfficeArchive, name: str) -> dict[str, str]:
    """What a part's relations lead to, by their ids: names of parts, or addresses outside."""
    folder, _, own = name.rpartition("/")
    relations = f"{folder}/_rels/{own}.rels"
    if relations not in archive.names:
        return {}
    return {
        one.get("Id", ""): one.get("Target", "") if one.get("TargetMode") == "External" else _within(folder, one)
        for one in _named(_parsed(archive, relations), "Relationship")
    }


def _within(folder: str, relation: Element) -> str:
    return posixpath.normpath(posixpath.join("/" + folder, relation.get("Target", ""))).lstrip("/")


def _related(element: Element) -> str:
    return next((value for name, value in element.attrib.items() if name.endswith("}id")), "")


def _parsed(archive: OfficeArchive, name: str) -> Element:
    try:
        return fromstring(archive.read(name))  # noqa: S314 - `OfficeArchive` has refused every declaration
    except (ParseError, ValueError) as error:
        raise RefusedError(RefusalReason.DAMAGED, f"{name}: {error}") from error


def _named(element: Element, name: str) -> Iterator[Element]:
    """All below it, whichever of the two namespaces of Office they are written in."""
    return (one for one in element.iter() if _local(one) == name)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _number(element: Element, name: str) -> int:
    value = element.get(name, "0")
    return int(value) if value.lstrip("-").isdecimal() else 0
