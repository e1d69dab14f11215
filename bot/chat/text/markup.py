"""The markup that organisers write: a subset of Telegram's HTML, read with care and written anew.

Allowed are b, i, u, s, tg-spoiler, a, code, pre and blockquote (https://core.telegram.org/bots/api#html-style) with
their other names, and `{name}` for a moment; `{{` is a brace. What comes out always parses.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

import regex

from bot.chat.text.rendering import Html, safe_url
from bot.i18n.bidi import RIGHT_TO_LEFT_MARK, is_rtl, isolate
from bot.ids import Locale
from bot.writing.cleaning import clean
from bot.writing.utf16 import utf16_length

_TOKEN = regex.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<rest>[^<>]*)>|\{(?P<variable>[^{}<>\n]{0,64})\}|(?P<brace>\{\{|\}\})|(?P<text>[^<{}]+|.)", regex.DOTALL)  # fmt: skip  # noqa: E501
_ATTRIBUTE = regex.compile(r"""\s+(?P<name>[A-Za-z-]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'))?""")
_DIRECTION_CONTROL = regex.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SAME = {"strong": "b", "em": "i", "ins": "u", "strike": "s", "del": "s", "span": "tg-spoiler"}
_NAMES = frozenset({"b", "i", "u", "s", "tg-spoiler", "a", "code", "pre", "blockquote"})
"""The names that are written; `_SAME` has the others that mean the same."""
_VERBATIM = ("code", "pre")
"""Nothing is formatted inside."""
_NOT_IN_THEMSELVES = ("a", "blockquote")
_MOST_PARTS = 100
"""Telegram drops the formatting of what comes after (https://core.telegram.org/method/messages.sendMessage)."""


class MarkupError(ValueError):
    """A text can't be sent; the message says what is wrong, for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as its reader gets it: formatted, and plain with the addresses of its links written out."""

    html: Html
    plain: str
    length: int
    """Of the visible text, in UTF-16 units."""


def refuse_controls(text: str) -> None:
    """Direction controls come from copying out of other programs and turn text round at unforeseen places.

    Raises:
        MarkupError: there is one.
    """
    found = _DIRECTION_CONTROL.search(text)
    if found:
        raise MarkupError(
            f"character {found.start() + 1} is the invisible direction control U+{ord(found[0]):04X}: delete it, "
            "the bot sets directions by itself"
        )


def render(text: str, *, locale: Locale, values: Mapping[str, str]) -> Rendered:
    """The text with the values in place of their names, cleaned, each line in the direction of its language.

    Raises:
        MarkupError: a tag, an address or a variable is wrong.
    """
    writer = _Writer(locale, values)
    for match in _TOKEN.finditer(text.strip()):
        writer.write(match)
    return writer.finished()


@dataclass(slots=True)
class _Writer:
    """One pass over the tokens of a text."""

    locale: Locale
    values: Mapping[str, str]
    open_tags: list[tuple[str, str]] = field(default_factory=list)
    """(name as written, address of a link)."""
    parts: list[tuple[str, bool]] = field(default_factory=list)
    """(source, whether it is text that a reader sees)."""
    plain: list[str] = field(default_factory=list)
    formatted: int = 0

    def write(self, match: regex.Match[str]) -> None:
        if match["name"] is not None:
            if match["end"]:
                self._close(match["name"].lower(), match["rest"])
            else:
                self._open(match["name"].lower(), match["rest"])
        elif match["variable"] is not None:
            self._say(self._value(match["variable"]))
        elif match["brace"] is not None:
            self._say(match["brace"][0])
        elif match["text"] == "<":
            raise MarkupError("a < that opens no tag: write &lt; for the sign itself")
        else:
            self._say(clean(html.unescape(match["text"])))

    def finished(self) -> Rendered:
        if self.open_tags:
            raise MarkupError(f"<{self.open_tags[-1][0]}> is never closed: put </{self.open_tags[-1][0]}> at its end")
        if self.formatted > _MOST_PARTS:
            raise MarkupError(f"{self.formatted} formatted parts, at most {_MOST_PARTS}")
        directed = self._directed()
        visible = "".join(source for source, is_text in directed if is_text)
        source = "".join(html.escape(part, quote=False) if is_text else part for part, is_text in directed)
        return Rendered(Html(source), "".join(self.plain), utf16_length(visible.strip()))

    def _say(self, text: str) -> None:
        if text:
            self.parts.append((text, True))
            self.plain.append(text)

    def _value(self, name: str) -> str:
        if name not in self.values:
            known = ", ".join(f"{{{known}}}" for known in self.values) or "none"
            raise MarkupError(f"unknown variable {{{name}}}; known here: {known} (write {{{{ for a brace)")
        return isolate(clean(self.values[name]), self.locale)

    def _open(self, written: str, rest: str) -> None:
        name = _SAME.get(written, written)
        if name not in _NAMES:
            raise MarkupError(f"unknown tag <{written}>; allowed are {', '.join(sorted(_NAMES))}")
        enclosing = [_SAME.get(outer, outer) for outer, _ in self.open_tags]
        if any(outer in _VERBATIM for outer in enclosing) and (enclosing[-1], name) != ("pre", "code"):
            raise MarkupError(f"<{written}> inside <{enclosing[-1]}>: nothing is formatted there")
        if name in _NOT_IN_THEMSELVES and name in enclosing:
            raise MarkupError(f"<{written}> inside another <{written}>")
        attributes = _attributes(written, rest)
        self.formatted += 1
        self.open_tags.append((written, attributes.get("href", "")))
        self.parts.append((_opening(name, attributes), False))

    def _close(self, written: str, rest: str) -> None:
        if rest.strip():
            raise MarkupError(f"</{written}{rest}>: an end tag holds its name alone")
        if not self.open_tags or self.open_tags[-1][0] != written:
            expected = f"</{self.open_tags[-1][0]}> is due first" if self.open_tags else "nothing is open"
            raise MarkupError(f"</{written}> closes nothing here: {expected}")
        _, address = self.open_tags.pop()
        self.parts.append((f"</{_SAME.get(written, written)}>", False))
        if address:
            self.plain.append(f" ({address})")

    def _directed(self) -> list[tuple[str, bool]]:
        """In a right-to-left language each line that would start from the left gets a mark (see `bidi.directed`)."""
        if not self.locale.is_rtl:
            return self.parts
        visible = "".join(text for text, is_text in self.parts if is_text)
        turns = iter([is_rtl(line) is False for line in visible.split("\n")])
        directed: list[tuple[str, bool]] = []
        starts_line = True
        for text, is_text in self.parts:
            if not is_text:
                directed.append((text, False))
                continue
            lines = text.split("\n")
            marks = [next(turns) if number or starts_line else False for number in range(len(lines))]
            marked = (RIGHT_TO_LEFT_MARK + line if mark else line for mark, line in zip(marks, lines, strict=True))
            directed.append(("\n".join(marked), True))
            starts_line = False
        return directed


def _attributes(written: str, rest: str) -> Mapping[str, str]:
    """The attributes of a start tag, all of them allowed.

    Raises:
        MarkupError: one is not, or an address is not to be trusted.
    """
    found: dict[str, str] = {}
    position = 0
    while match := _ATTRIBUTE.match(rest, position):
        value = match["double"] if match["double"] is not None else match["single"]
        found[match["name"].lower()] = html.unescape(value or "")
        position = match.end()
    if rest[position:].strip():
        raise MarkupError(f'<{written}{rest}> can\'t be read: an attribute has the form name="value"')
    if set(found) != _WANTED.get(written, set()) and not (written == "blockquote" and set(found) == {"expandable"}):
        wanted = ", ".join(sorted(_WANTED.get(written, ()))) or "no attributes"
        raise MarkupError(f"<{written}> takes {wanted}, not {', '.join(sorted(found)) or 'none'}")
    if written == "a" and safe_url(found["href"]) is None:
        raise MarkupError(f"bad address {found['href']!r}: it must be http:// or https:// with a plain host name")
    if written == "span" and found["class"] != "tg-spoiler":
        raise MarkupError('<span> takes class="tg-spoiler" only')
    return found


_WANTED = {"a": {"href"}, "span": {"class"}}


def _opening(name: str, attributes: Mapping[str, str]) -> str:
    if name == "a":
        return f'<a href="{html.escape(attributes["href"])}">'
    return "<blockquote expandable>" if "expandable" in attributes else f"<{name}>"
