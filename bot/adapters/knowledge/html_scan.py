"""HTML as its pieces, in one pass: each character is looked at once or twice, whatever stands there.

Python's own parser begins anew at each mark that has no end, and takes seconds for 64 KB of them. What a browser makes
of broken HTML is followed as far as it decides what a reader sees (https://html.spec.whatwg.org/#tokenization).
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import regex

_MARKUP = regex.compile(
    r"""<(?:
        !--(?:-?>|(?P<comment>.*?)(?:--!?>|\Z))
      | !\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)
      | [!?](?P<declaration>[^>]*+)(?:>|\Z)
      | /(?P<closed>[a-zA-Z][^\s/>]*+)[^>]*+(?:>|\Z)
      | (?P<opened>[a-zA-Z][^\s/>]*+)
        (?P<attributes>(?:[^>=]++ | =\s*+(?:"[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z))?+)*+)
        (?P<end>>?)
    )""",
    regex.VERBOSE | regex.DOTALL,
)
_ATTRIBUTE = regex.compile(
    r"""(?P<name>[^\s=/>]++)\s*+(?:=\s*+(?:"(?P<double>[^"]*+)|'(?P<single>[^']*+)|(?P<bare>[^\s>]*+)))?+"""
)
_HOLDS_NO_TAGS = {name: regex.compile(rf"</{name}(?=[\s/>])", regex.IGNORECASE) for name in ("script", "style")}


@dataclass(frozen=True, slots=True)
class Text:
    """What stands between the marks, with character references resolved."""

    text: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """A comment, a declaration, or a tag that never ends: no reader sees it."""

    what: str
    length: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A start tag, its name and those of its attributes in small letters."""

    tag: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Closing:
    """An end tag."""

    tag: str


Piece = Text | Unseen | Opening | Closing


def scan_html(source: str) -> Iterator[Piece]:
    """The pieces in their order."""
    position = 0
    while (found := _MARKUP.search(source, position)) is not None:
        if found.start() > position:
            yield Text(html.unescape(source[position : found.start()]))
        piece = _piece(found)
        yield piece
        position = found.end()
        if isinstance(piece, Opening) and (closing := _HOLDS_NO_TAGS.get(piece.tag)) is not None:
            ended = closing.search(source, position)
            position = ended.start() if ended else len(source)
    if position < len(source):
        yield Text(html.unescape(source[position:]))


def _piece(found: regex.Match[str]) -> Piece:
    if (tag := found["closed"]) is not None:
        return Closing(tag.lower())
    if (tag := found["opened"]) is None:
        return Unseen("a hidden comment", len(found["comment"] or found["cdata"] or found["declaration"] or ""))
    if not found["end"]:
        return Unseen("a tag without an end", len(found.group()))
    return Opening(tag.lower(), _attributes(found["attributes"]))


def _attributes(source: str) -> dict[str, str]:
    """The first of each name counts."""
    attributes: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(source):
        value = found["double"] or found["single"] or found["bare"] or ""
        attributes.setdefault(found["name"].lower(), html.unescape(value))
    return attributes
