"""HTML as blocks: what a reader of the page would see, as far as its own styles tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import regex

from bot.adapters.office.blocks import Block, Heading, Item, Paragraph
from bot.adapters.office.outcome import Notes, RefusalReason, RefusedError, RemarkKind
from bot.adapters.office.tables import Naming, rows_as_items

_HIDES = regex.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0\d*)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*(?:0+(?:\.0+)?(?:px|pt|em|rem|%)?|[01](?:\.\d+)?(?:px|pt))\s*(?:;|!|$)"
    r"|(?:text-indent|left|top|right)\s*:\s*-\d{3,}|mso-hide\s*:\s*all|clip\s*:\s*rect\(\s*0"
    r"|clip-path\s*:\s*inset\(\s*(?:50|100)%",
    regex.IGNORECASE,
)
_WHITE = regex.compile(
    r"(?:^|[;\s{])color\s*:\s*(?:white|#f{3}(?:f{3})?\b|transparent|rgba?\(\s*255\s*,\s*255\s*,\s*255)",
    regex.IGNORECASE,
)
_GROUND = regex.compile(
    r"background(?:-color|-image)?\s*:\s*(?!\s*(?:white|#f{3}(?:f{3})?\b|transparent|none))", regex.IGNORECASE
)
_STYLES = regex.compile(r"<style\b[^>]*+(?:>|\Z)(.*?)(?:</style|\Z)", regex.IGNORECASE | regex.DOTALL)
_NO_WORDS = regex.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)|<!\[[^>]*+(?:>|\Z)"
    r"|<(?P<code>script|style)\b[^>]*+(?:>|\Z).*?(?:</(?P=code)\b[^>]*+(?:>|\Z)|\Z)",
    regex.IGNORECASE | regex.DOTALL,
)
"""Comments, marked sections, scripts and styles; what is not ended goes on to the end, as in a browser. Each letter is
looked at once, whereas older releases of Python look for an end that never comes again and again."""
_BEGINS = regex.compile(r"<[a-zA-Z/!?]")
_RULE = regex.compile(r"([^{}]{1,500})\{([^{}]*+)\}")
_NAME = regex.compile(r"[.#]?[\w-]+")
_UNSEEN = frozenset({
    "script", "style", "template", "head", "noscript", "iframe", "object", "svg", "canvas", "audio", "video", "select",
    "datalist", "textarea", "math",
})  # fmt: skip
_TOLD_WHEN_UNSEEN = frozenset({"template", "noscript"})
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html",
    "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "ul",
})  # fmt: skip
_ENDS = {
    "li": frozenset({"li"}), "dt": frozenset({"dt", "dd"}), "dd": frozenset({"dt", "dd"}),
    "tr": frozenset({"tr", "td", "th"}), "td": frozenset({"td", "th"}), "th": frozenset({"td", "th"}),
}  # fmt: skip
"""Which open elements a new one of a name ends."""
_WALLS = frozenset({"table", "ul", "ol", "dl", "div", "section", "article", "body", "blockquote"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


_DEEPEST = 1_000
"""Elements within each other: twice what browsers keep."""


@dataclass(slots=True)
class _Open:
    tag: str
    hides: bool
    is_grounded: bool
    """Something darker than the page lies behind its text."""
    href: str = ""
    start: int = 0


@dataclass(slots=True)
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    names: list[list[bool]] = field(default_factory=list)
    """For each cell, whether it is a name (`<th>`)."""


def read_html(text: str, notes: Notes) -> tuple[str, list[Block]]:
    """The page's title, empty where it has none, and its blocks."""
    page = _Page(notes, _hiding_names(text))
    page.feed(_readable(text, notes))
    page.close()
    page.end()
    return page.title, page.blocks


class _Page(HTMLParser):
    def __init__(self, notes: Notes, hiding: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.blocks: list[Block] = []
        self._notes = notes
        self._hiding = hiding
        self._open: list[_Open] = []
        self._hidden = 0
        """How many of the open elements hide what they hold."""
        self._text: list[str] = []
        self._tables: list[_Table] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See the base class."""
        attributes = {name: value or "" for name, value in reversed(attrs)}
        if tag in _BLOCKS:
            self._end_implied(tag)
            self._end_text()
        if tag in _BLOCKS - {"html"} and any(element.tag == "head" for element in self._open):
            self._close("head")
        if tag == "br":
            self._text.append("\v")
        elif tag == "img" and not self._hidden:
            self._notes.add(RemarkKind.PICTURES)
        if tag not in _VOID:
            self._push(tag, attributes)
        if not self._hidden:
            self._begin(tag)

    def handle_endtag(self, tag: str) -> None:
        """See the base class."""
        if any(element.tag == tag for element in self._open):
            self._close(tag)

    def handle_data(self, data: str) -> None:
        """See the base class."""
        within = {element.tag for element in self._open[-2:]}
        if "title" in within and "head" in within | {element.tag for element in self._open} and not self.title:
            self.title = " ".join(data.split())
        elif not self._hidden:
            self._text.append(data.replace("\v", " "))
        elif data.strip() and self._is_told():
            self._notes.add(RemarkKind.HIDDEN_TEXT, len(data.strip()))

    def end(self) -> None:
        """Close what is still open."""
        while self._open:
            self._pop()
        self._end_text()

    def _push(self, tag: str, attributes: dict[str, str]) -> None:
        style = attributes.get("style", "")
        ground = bool(_GROUND.search(style)) or attributes.get("bgcolor", "#ffffff").lower() not in {"#ffffff", "white"}
        is_grounded = ground or bool(self._open and self._open[-1].is_grounded)
        color = attributes.get("color", "").lower() if tag == "font" else ""
        is_white = bool(_WHITE.search(style)) or color in {"white", "#fff", "#ffffff"}
        hides = (
            tag in _UNSEEN
            or "hidden" in attributes
            or bool(_HIDES.search(style))
            or (is_white and not is_grounded)
            or not self._hiding.isdisjoint(_names(tag, attributes))
        )
        if len(self._open) >= _DEEPEST:
            raise RefusedError(RefusalReason.DAMAGED, f"more than {_DEEPEST} elements within each other")
        self._open.append(_Open(tag, hides, is_grounded, attributes.get("href", ""), len(self._text)))
        self._hidden += hides

    def _begin(self, tag: str) -> None:
        if tag == "table":
            self._tables.append(_Table())
        elif self._tables and tag == "tr":
            self._tables[-1].rows.append([])
            self._tables[-1].names.append([])
        elif self._tables and tag in {"td", "th"}:
            table = self._tables[-1]
            if not table.rows:
                table.rows.append([])
                table.names.append([])
            table.rows[-1].append("")
            table.names[-1].append(tag == "th")

    def _close(self, tag: str) -> None:
        """Close the last such element with all that are open in it."""
        while self._open and self._pop() != tag:
            pass

    def _pop(self) -> str:
        element = self._open[-1]
        if element.href and not self._hidden:
            self._end_link(element)
        if element.tag in _BLOCKS:
            self._end_text()
        self._open.pop()
        self._hidden -= element.hides
        if element.tag == "table" and self._tables and not self._hidden and not element.hides:
            table = self._tables.pop()
            self._put(rows_as_items(table.rows, _naming(table)))
        return element.tag

    def _end_implied(self, tag: str) -> None:
        ended = _ENDS.get(tag, frozenset()) | {"p"}
        for number in range(len(self._open) - 1, -1, -1):
            name = self._open[number].tag
            if name in ended:
                while len(self._open) > number:
                    self._pop()
            elif name in _WALLS or (name in {"td", "th", "li"} and tag not in _ENDS):
                return

    def _end_link(self, element: _Open) -> None:
        shown = "".join(self._text[element.start :]).strip()
        if element.href.startswith(("https://", "http://")):
            bare = regex.sub(r"^https?://|/$", "", element.href)
            if bare != regex.sub(r"^https?://|/$", "", shown):
                self._text.append(f" ({element.href})")
        elif not element.href.startswith(("#", "mailto:", "tel:")):
            self._notes.add(RemarkKind.LINKS)

    def _end_text(self) -> None:
        text, self._text = "".join(self._text), []
        if not text.strip():
            return
        if self._tables and self._tables[-1].rows and self._tables[-1].rows[-1]:
            row = self._tables[-1].rows[-1]
            row[-1] = f"{row[-1]} {text}".strip()
            return
        self._put(self._block(line) for line in text.split("\v") if line.strip())

    def _block(self, line: str) -> Block:
        tags = [element.tag for element in self._open]
        level = next((_HEADINGS[tag] for tag in tags if tag in _HEADINGS), 0)
        if level:
            return Heading(level, line)
        if "li" in tags:
            return Item(
                line, min(3, sum(tag in {"ul", "ol"} for tag in tags) - 1) if "ul" in tags or "ol" in tags else 0
            )
        return Paragraph(line)

    def _put(self, blocks: Iterable[Block]) -> None:
        """Where the text goes: a table within a table is text of its cell."""
        for block in blocks:
            if self._tables and self._tables[-1].rows and self._tables[-1].rows[-1]:
                row = self._tables[-1].rows[-1]
                row[-1] = f"{row[-1]} {block.text}".strip()
            else:
                self.blocks.append(block)

    def _is_told(self) -> bool:
        """Scripts and styles are no words that anybody hid."""
        unseen = [element.tag for element in self._open if element.tag in _UNSEEN]
        return all(tag in _TOLD_WHEN_UNSEEN for tag in unseen)


def _naming(table: _Table) -> Naming:
    named = [row for row in table.names if row]
    if not named or not any(map(any, named)):
        return Naming.UNKNOWN
    if all(named[0]):
        return Naming.FIRST_ROW
    return Naming.FIRST_COLUMN if all(row[0] and not any(row[1:]) for row in named) else Naming.UNKNOWN


def _readable(text: str, notes: Notes) -> str:
    """The page without what is no words of it, up to a last element that has no end."""
    for found in _NO_WORDS.finditer(text):
        comment = (found["comment"] or "").strip()
        if comment and not comment.startswith(("[if", "<![")):
            notes.add(RemarkKind.COMMENTS)
    text = _NO_WORDS.sub("", text)
    begins = _BEGINS.search(text, text.rfind(">") + 1)
    return text[: begins.start()] if begins else text


def _hiding_names(text: str) -> frozenset[str]:
    """Classes, ids and elements that the page's own styles hide; what needs more than a name is not judged."""
    names: set[str] = set()
    for style in _STYLES.findall(text):
        for selectors, rules in _RULE.findall(style):
            if _HIDES.search(rules) or (_WHITE.search(rules) and not _GROUND.search(rules)):
                names.update(name for one in selectors.split(",") if _NAME.fullmatch(name := one.strip()))
    return frozenset(names)


def _names(tag: str, attributes: dict[str, str]) -> set[str]:
    classes = {f".{name}" for name in attributes.get("class", "").split()}
    return {tag, f"#{attributes.get('id', '')}", *classes}
