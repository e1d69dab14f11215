"""Markdown as plain lines: what a reader would see, without marks; what is hidden from readers is left out and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import regex
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, lheading
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from bot.adapters.knowledge.html_scan import Closing, Opening, Text, Unseen, scan_html

LONGEST_BLOCK = 20_000
"""Characters of a paragraph or a piece of HTML; the longest of the bundled ones has 3,688."""
_LONGEST_NAME = 20
"""Characters of a tag that a remark repeats."""
_LOOKED_AHEAD = 50
"""Lines of a paragraph."""
_QUESTION = regex.compile(r"^[?？؟]\s+(?=\S)")
_NEAR_MISS = regex.compile(r"^[!！]\s+(?=\S)")
_HIDING_STYLE = regex.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|font-size\s*:\s*0|color\s*:\s*(?:white|#fff)",
    regex.IGNORECASE,
)
_UNSEEN_ELEMENTS = frozenset({"script", "style", "template", "head", "title", "noscript", "iframe", "object"})
_VOID_ELEMENTS = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "wbr", "source", "area", "base", "col", "embed"}
)
_BREAKS = {"softbreak": "\n", "hardbreak": "\v"}
_HAN_BORDER = regex.compile(r"(?<=[\p{Han}，。！？；：、])\n(?=\p{Han})")


@dataclass(slots=True)
class MarkdownBlock:
    """A heading with what follows it, up to the next heading. The first block of a file may have no heading."""

    line: int
    level: int = 0
    heading: str = ""
    lines: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    near_misses: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The body, a paragraph or list entry a line."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in the file that was left out or looks wrong."""

    line: int
    reason: str


class BlockTooLongError(Exception):
    """The library's time for a paragraph grows with the square of its length, so a long one is not read at all."""

    def __init__(self, line: int, length: int) -> None:
        super().__init__(
            f"a paragraph of {length:,} characters: {LONGEST_BLOCK:,} are read at most; divide it by blank lines"
        )
        self.line = line
        """Counted from 0."""


def read_markdown(text: str, *, first_line: int) -> tuple[list[MarkdownBlock], list[Remark]]:
    """Cut Markdown at its headings; the attributes of a heading (`{#id …}`) stay at its end.

    Raises:
        BlockTooLongError: a paragraph has more than `LONGEST_BLOCK` characters.
    """
    reader = _Reader(first_line)
    reader.read(_MARKDOWN.parse(text))
    return reader.blocks, reader.remarks


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005 - judged below
    markdown.block.ruler.at("lheading", _underlined_heading)
    markdown.core.ruler.after("block", "bounded", _refuse_long_blocks)
    return markdown


def _refuse_long_blocks(state: StateCore) -> None:
    """Between the library's two passes: the first, by lines, is quick; the second, within paragraphs, may not be."""
    for token in state.tokens:
        if token.type in {"inline", "html_block"} and len(token.content) > LONGEST_BLOCK:
            raise BlockTooLongError(token.map[0] if token.map else 0, len(token.content))


def _underlined_heading(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    """The library's rule, asked only where a line below begins like an underline: it tries six others on each line.

    It is asked, too, where no blank line comes soon: to look for one from each paragraph on would take its own time.
    """
    last = min(end_line, start_line + 1 + _LOOKED_AHEAD)
    for line in range(start_line + 1, last):
        if state.isEmpty(line):
            return False
        if state.src[state.bMarks[line] + state.tShift[line]] in "-=":
            return lheading(state, start_line, end_line, silent)
    return last < end_line and lheading(state, start_line, end_line, silent)


_MARKDOWN = _markdown()


class _Reader:
    def __init__(self, first_line: int) -> None:
        self.blocks = [MarkdownBlock(first_line)]
        self.remarks: list[Remark] = []
        self._first_line = first_line
        self._line = first_line
        self._header: list[str] = []
        self._row: list[str] | None = None
        self._heading_level = 0

    def read(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.map is not None:
                self._line = self._first_line + token.map[0]
            self._take(token)

    def _take(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self._heading_level = int(token.tag[1:])
            case "inline":
                self._take_inline(self._plain(token.children or []))
            case "fence" | "code_block":
                self._add(token.content.strip().replace("\n", "\v"))
            case "html_block":
                sieve = _Sieve()
                sieve.html(token.content)
                self._add(self._finish(sieve))
            case "tr_open":
                self._row = []
            case "tr_close":
                self._end_row()
            case "table_close":
                self._header = []

    def _take_inline(self, text: str) -> None:
        if self._row is not None:
            self._row.append(" ".join(text.split()))
        elif self._heading_level:
            self.blocks.append(MarkdownBlock(self._line, self._heading_level, " ".join(text.split())))
            self._heading_level = 0
        else:
            self._add(text)

    def _end_row(self) -> None:
        row, self._row = self._row or [], None
        if not self._header:
            self._header = row
            return
        cells = (f"{name}: {cell}" if name else cell for name, cell in zip(self._header, row, strict=False) if cell)
        self._add("; ".join(cells))

    def _add(self, text: str) -> None:
        """Add a paragraph; its lines that begin with `? ` are questions, those with `! ` ones that are not answered."""
        block = self.blocks[-1]
        prose: list[str] = []
        for line in text.split("\n"):
            if _QUESTION.match(line):
                block.questions.append(" ".join(_QUESTION.sub("", line).split()))
            elif _NEAR_MISS.match(line):
                block.near_misses.append(" ".join(_NEAR_MISS.sub("", line).split()))
            else:
                prose.append(line)
        joined = _HAN_BORDER.sub("", "\n".join(prose))
        block.lines.extend(line for part in joined.split("\v") if (line := " ".join(part.split())))

    def _plain(self, tokens: Sequence[Token]) -> str:
        sieve = _Sieve()
        for token in tokens:
            match token.type:
                case "text" | "code_inline" | "text_special" | "softbreak" | "hardbreak":
                    sieve.text(_BREAKS.get(token.type, token.content))
                case "link_open":
                    sieve.open_link(str(token.attrGet("href") or ""))
                case "link_close":
                    sieve.close_link()
                case "html_inline":
                    sieve.html(token.content)
                case "image":
                    sieve.remarks.append("a picture and its hidden description were left out")
        return self._finish(sieve)

    def _finish(self, sieve: _Sieve) -> str:
        text = sieve.finish()
        self.remarks.extend(Remark(self._line, reason) for reason in dict.fromkeys(sieve.remarks))
        return text


class _Sieve:
    """Lets through what a reader of the page would see."""

    def __init__(self) -> None:
        self.remarks: list[str] = []
        self._kept: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._names: Counter[str] = Counter()
        """How often each tag is open."""
        self._hidden = 0
        """How many of them hide what they hold."""
        self._links: list[tuple[str, int]] = []

    def text(self, text: str) -> None:
        """Text that is no HTML."""
        if not self._hidden:
            self._kept.append(text)

    def html(self, source: str) -> None:
        """A piece of HTML: one tag of a line, or a block."""
        for piece in scan_html(source):
            match piece:
                case Text(text):
                    self.text(text)
                case Opening(tag, attributes):
                    self._enter(tag, attributes)
                case Closing(tag):
                    self._leave(tag)
                case Unseen(what, length):
                    self.remarks.append(f"{what} was left out ({length} characters)")

    def open_link(self, address: str) -> None:
        """What follows is the text of a link."""
        self._links.append((address, len(self._kept)))

    def close_link(self) -> None:
        """Put the address behind the link's text, if a browser may open it and the text does not say it."""
        address, start = self._links.pop()
        shown = "".join(self._kept[start:]).strip()
        if not address.startswith(("https://", "http://")):
            if address and not address.startswith(("#", "mailto:")):
                self.remarks.append(f"the link to {address[:60]!r} was left out: only http(s) addresses are kept")
        elif _bare(address) != _bare(shown):
            self.text(f" ({address})")

    def finish(self) -> str:
        """All that was let through."""
        return "".join(self._kept)

    def _enter(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in {"br", "p", "div", "li", "tr"}:
            self.text("\v")
        if tag in _VOID_ELEMENTS:
            return
        hides = (
            tag in _UNSEEN_ELEMENTS or "hidden" in attributes or bool(_HIDING_STYLE.search(attributes.get("style", "")))
        )
        if hides:
            self.remarks.append(f"hidden text was left out (<{tag[:_LONGEST_NAME]}>)")
        self._open.append((tag, hides))
        self._names[tag] += 1
        self._hidden += hides

    def _leave(self, tag: str) -> None:
        """Close the last such tag with all that are open in it."""
        while self._names[tag]:
            name, hides = self._open.pop()
            self._names[name] -= 1
            self._hidden -= hides
            if name == tag:
                return


def _bare(address: str) -> str:
    return regex.sub(r"^https?://|/$", "", address)


def unseen_characters(text: str) -> Iterator[tuple[int, str]]:
    """Line (from 0) and name of characters that no reader sees and that may carry hidden words."""
    number = counted = 0
    for match in _UNSEEN.finditer(text):
        number += text.count("\n", counted, match.start())
        counted = match.start()
        yield number, f"U+{ord(match.group()[0]):04X}"


_UNSEEN = regex.compile("[\U000e0000-\U000e0fff\u200b\u2060-\u2064\u00ad\u202a-\u202e\x00-\x08\x0e-\x1f\x7f]+")
