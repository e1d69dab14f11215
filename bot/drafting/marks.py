"""What of an announcement is no text stands as a mark before the model: it can lose a link, but never change one.

Tags of Telegram's HTML come in pairs, `⟦1⟧words⟦/1⟧`; addresses, telephones and `{moments}` are single, `⟦2⟧`.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import regex

_TOKEN = regex.compile(
    r"""<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)[^<>]*>
    | (?P<single>
        \{[^{}<>\n]+\}
      | https?://[^\s<>"«»“”，。；、）]*[^\s<>"«»“”，。；、）.,:!?)]
      | [A-Za-z][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+
      | (?<![\w@])@\w{3,}
      | (?<![\w@.-])(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/[^\s<>"«»“”，。；、）]*[^\s<>"«»“”，。；、）.,:!?)])?(?![\w@])
      | \+\s?\d[\d\s()./-]{4,}\d
      )
    | (?P<brace>\{\{|\}\})
    | (?P<text>[^<{}@+A-Za-z]+|[A-Za-z]+|.)""",
    regex.DOTALL | regex.VERBOSE,
)
_MARK = regex.compile(r"⟦(?P<end>/?)(?P<number>\d{1,3})⟧")
_SIGNS = regex.compile(r"[⟦⟧]")
_MARKUP_SIGNS = "*[]`{}_|#~\\>"
"""Signs that mean formatting to other programs. In an announcement they are text, where the original has them, too."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a mark stands for; a single one ends nowhere."""

    opening: str
    closing: str | None


@dataclass(slots=True)
class MarkedText:
    """A text with marks. `lines` are those that hold something; `gaps` count the breaks before each."""

    lines: list[str] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    pieces: dict[int, _Piece] = field(default_factory=dict)

    @property
    def plain(self) -> str:
        """The words alone."""
        return "\n".join(without_marks(line) for line in self.lines)

    def restored(self, lines: list[str]) -> str | None:
        """The source of a translation; None when it has not the lines and marks of this text."""
        if len(lines) != len(self.lines):
            return None
        whole = "".join("\n" * gap + line for gap, line in zip(self.gaps, lines, strict=True))
        return _Restoring(self.pieces).source_of(whole)


@dataclass(slots=True)
class _Restoring:
    """One pass over a text that a model wrote."""

    pieces: Mapping[int, _Piece]
    seen: set[int] = field(default_factory=set)
    still_open: list[int] = field(default_factory=list)

    def source_of(self, text: str) -> str | None:
        parts: list[str] = []
        position = 0
        for match in _MARK.finditer(text):
            parts.append(_escaped(text[position : match.start()]))
            position = match.end()
            source = self._closed(match) if match["end"] else self._opened(match)
            if source is None:
                return None
            parts.append(source)
        parts.append(_escaped(text[position:]))
        is_whole = self.seen == self.pieces.keys() and not self.still_open
        return "".join(parts) if is_whole and not _SIGNS.search(_MARK.sub("", text)) else None

    def _opened(self, match: regex.Match[str]) -> str | None:
        number = int(match["number"])
        piece = self.pieces.get(number)
        if piece is None or number in self.seen:
            return None
        self.seen.add(number)
        if piece.closing is not None:
            self.still_open.append(number)
        return piece.opening

    def _closed(self, match: regex.Match[str]) -> str | None:
        number = int(match["number"])
        if not self.still_open or self.still_open.pop() != number:
            return None
        return self.pieces[number].closing


def marked(source: str) -> MarkedText:
    """An announcement's text with marks; signs that look like marks go, and so does an end of nothing."""
    made = MarkedText()
    text = html.unescape("".join(_tokens(source.strip(), made.pieces)))
    gap = 0
    for number, line in enumerate(text.split("\n")):
        gap += number > 0
        if line.strip():
            made.lines.append(line.strip())
            made.gaps.append(gap)
            gap = 0
    return made


def without_marks(text: str) -> str:
    """The words of a marked text; where a single mark stood is a blank."""
    return _MARK.sub(lambda match: "" if match["end"] else " ", text).replace("  ", " ").strip()


def without_signs(text: str, original: str) -> str:
    """The text without the signs that its original has, too: they are no markup."""
    return "".join(" " if letter in _MARKUP_SIGNS and letter in original else letter for letter in text)


def _tokens(source: str, pieces: dict[int, _Piece]) -> Iterator[str]:
    still_open: list[int] = []
    for match in _TOKEN.finditer(source):
        if match["name"] and match["end"]:
            if not still_open:
                continue
            number = still_open.pop()
            pieces[number] = _Piece(pieces[number].opening, match[0])
            yield f"⟦/{number}⟧"
        elif match["name"] or match["single"]:
            number = len(pieces) + 1
            pieces[number] = _Piece(match[0], None)
            if match["name"]:
                still_open.append(number)
            yield f"⟦{number}⟧"
        else:
            yield match["brace"][0] if match["brace"] else _SIGNS.sub("", match["text"])


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("{", "{{").replace("}", "}}")
