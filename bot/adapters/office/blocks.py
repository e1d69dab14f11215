"""A document as the pieces that a knowledge file has, and these as Markdown that reads back as the same text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import regex

from bot.adapters.office.outcome import Notes, RemarkKind
from bot.writing.cleaning import clean, one_line

_LONGEST_HEADING = 200
"""Characters, as the knowledge reader has it."""
_LONGEST_PARAGRAPH = 18_000
"""Characters: the knowledge reader takes 20,000, marks of Markdown among them."""
_LONGEST_ID = 40
"""Characters of a heading's id; the knowledge reader takes 64, and a link has to hold it."""
_UNSEEN = regex.compile("[\U000e0000-\U000e0fff\u200b\u2060-\u2064\u202a-\u202e\ufeff]")
_HAN_BORDER = regex.compile(r"(?<=[\p{Han}，。！？；：、])\s*\n\s*(?=[\p{Han}，。！？；：、])")
_LEADING_MARK = regex.compile(r"^(?:[?？؟!！]\s+)+")
"""The knowledge reader takes such a line for a question."""
_MARKS = regex.compile(r"""
    [\\`*\[\]]
  | (?<![\p{L}\p{N}])_ | _(?![\p{L}\p{N}])
  | <(?=[A-Za-z/!?])
  | &(?=\#?\w+;)
""", regex.VERBOSE)  # fmt: skip
_AT_BEGINNING = regex.compile(r"^(?:>|#{1,6}(?=\s|$)|[-+](?=\s|$)|-(?=[-\s]*$)|~(?=~~))|^(\d{1,9})(?=[.)](?:\s|$))")
_CLOSING_HASHES = regex.compile(r"(?<=\s)#+$")


@dataclass(frozen=True, slots=True)
class Heading:
    """Level 1 is the highest, as in HTML."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that may run over several lines of the file."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a list, or a row of a table."""

    text: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line that a colleague marked as a question of the section; the mark is `?` or `!`."""

    mark: str
    text: str


Block = Heading | Paragraph | Item | MarkedLine


def tidy(blocks: Iterable[Block], notes: Notes) -> list[Block]:
    """Each text on one line and without what no reader sees; empty pieces are gone, too long ones divided."""
    tidied: list[Block] = []
    for block in blocks:
        if unseen := len(_UNSEEN.findall(block.text)):
            notes.add(RemarkKind.HIDDEN_CHARACTERS, unseen)
        text = _LEADING_MARK.sub("", " ".join(clean(_HAN_BORDER.sub("", block.text)).split()))
        if isinstance(block, Heading):
            text = one_line(text, limit=_LONGEST_HEADING)
        tidied.extend(replace(block, text=part) for part in _pieces(text))
    return tidied


def as_markdown(title: str, blocks: Sequence[Block]) -> str:
    """The document as a knowledge file has it, without front matter; `blocks` are tidy and do not repeat the title."""
    highest = min((block.level for block in blocks if isinstance(block, Heading)), default=1)
    ids = _Ids()
    lines = [f"# {_heading(title)}", ""]
    for number, block in enumerate(blocks):
        match block:
            case Heading(level, text):
                lines += [f"{'#' * min(6, level - highest + 2)} {_heading(text)} {{#{ids.of(text)}}}", ""]
            case Item(text, depth):
                lines.append(f"{'  ' * depth}- {escape(text)}")
                if number + 1 == len(blocks) or not isinstance(blocks[number + 1], Item):
                    lines.append("")
            case MarkedLine(mark, text):
                lines += [f"{mark} {escape(text)}", ""]
            case Paragraph(text):
                lines += [escape(text), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def escape(text: str) -> str:
    """One line of text so that Markdown shows it as it is."""
    escaped = _MARKS.sub(r"\\\g<0>", text)
    return _AT_BEGINNING.sub(lambda found: f"{found[1]}\\" if found[1] else f"\\{found[0]}", escaped, count=1)


def _heading(text: str) -> str:
    return _CLOSING_HASHES.sub(r"\\\g<0>", escape(text.replace("{#", "{ #")))


class _Ids:
    """An id a heading: its own letters where they are Latin, else a number; never one twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def of(self, heading: str) -> str:
        """Call it once a heading, in their order."""
        words = regex.findall(r"[a-z0-9]+", heading.lower()) if heading.isascii() else []
        stem = "-".join(words)[:_LONGEST_ID].strip("-") or f"part-{len(self._given) + 1}"
        name, number = stem, 2
        while name in self._given:
            name, number = f"{stem}-{number}", number + 1
        self._given.add(name)
        return name


def _pieces(text: str) -> Iterator[str]:
    while len(text) > _LONGEST_PARAGRAPH:
        cut = text.rfind(" ", _LONGEST_PARAGRAPH // 2, _LONGEST_PARAGRAPH)
        cut = cut if cut > 0 else _LONGEST_PARAGRAPH
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text
