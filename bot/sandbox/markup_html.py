"""The HTML of `parse_mode=HTML`: Telegram's few tags, with its error texts and byte offsets.

See https://core.telegram.org/bots/api#html-style.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.sandbox.formatting import FormattedText, byte_offset, cannot_parse, link_entity
from bot.sandbox.limits import utf16_length
from bot.sandbox.wire import Json, is_unicode

_STYLES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
"""By tag, the kind of entity: https://core.telegram.org/bots/api#html-style."""
_TAGS = frozenset({*_STYLES, "a", "pre", "code", "blockquote", "tg-emoji", "tg-time"})
"""All tags of the same section; any other is an error."""
_PLAIN = re.compile(r"[^<&]+")
"""Text up to the next tag or reference."""
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(lt|gt|amp|quot)(?![A-Za-z]));?")
"""A character by number, or by one of the four names of the same section; the semicolon may be missing."""
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
"""What the four names mean."""
_SPACES = re.compile(r"[ \t\r\n\v\0]*")
"""What may stand between the parts of a tag."""
_TAG_NAME = re.compile(r"[^ \t\r\n\v\0>]*")
"""Anything up to a space or the end of the tag, so that an error can name what was meant."""
_ATTRIBUTE_NAME = re.compile(r"[^ \t\r\n\v\0=>]*")
"""The same, up to the equal sign."""
_BARE_VALUE = re.compile(r"[A-Za-z0-9.-]*")
"""A value without quotes."""
_LARGEST_CODE = 0x10FFFF
"""The last code point of Unicode."""


def parse_html(markup: str) -> FormattedText:
    """Text and entities of the markup.

    Raises:
        ApiError: 400 "can't parse entities: …", as Telegram words it.
    """
    return _HtmlReader(markup).read()


@dataclass(slots=True)
class _OpenTag:
    name: str
    attributes: dict[str, str]
    offset: int
    first_part: int


class _HtmlReader:
    """One pass over the markup; it keeps the stack of open tags."""

    def __init__(self, markup: str) -> None:
        self._markup = markup
        self._at = 0
        self._parts: list[str] = []
        self._units = 0
        self._open: list[_OpenTag] = []
        self._entities: list[Json] = []

    def read(self) -> FormattedText:
        while self._at < len(self._markup):
            char = self._markup[self._at]
            if char == "<":
                self._read_tag()
            elif char == "&":
                self._write(self._reference())
            else:
                self._write(self._take(_PLAIN))
        if self._open:
            raise cannot_parse(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        text = "".join(self._parts)
        if not is_unicode(text):
            raise cannot_parse(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        for entity in self._entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return FormattedText(text, tuple(self._entities))

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._units += utf16_length(text)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._markup, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _next(self) -> str:
        """The character at hand, or nothing at the end."""
        return self._markup[self._at : self._at + 1]

    def _reference(self) -> str:
        """The character that `&…;` stands for, or the ampersand itself where it stands for none."""
        found = _REFERENCE.match(self._markup, self._at)
        decoded = _decoded(found) if found else None
        if found is None or decoded is None:
            self._at += 1
            return "&"
        self._at = found.end()
        return decoded

    def _read_tag(self) -> None:
        begin = self._at
        self._at += 1
        if self._next() == "/":
            self._read_end_tag(begin)
        else:
            self._read_start_tag(begin)

    def _read_start_tag(self, begin: int) -> None:
        name = self._take(_TAG_NAME).lower()
        if not self._next():
            raise self._fault("Unclosed start tag", begin)
        if name not in _TAGS:
            raise self._fault(f'Unsupported start tag "{name}"', begin)
        attributes = self._read_attributes(name, begin)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise self._fault('Tag "span" must have class "tg-spoiler"', begin)
        self._open.append(_OpenTag(name, attributes, self._units, len(self._parts)))

    def _read_attributes(self, tag: str, begin: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while True:
            self._take(_SPACES)
            if self._next() == ">":
                self._at += 1
                return attributes
            name = self._take(_ATTRIBUTE_NAME)
            if not name:
                if not self._next():
                    raise self._fault(f'Unclosed start tag "{tag}"', begin)
                raise self._fault(f'Empty attribute name in the tag "{tag}"', begin)
            self._take(_SPACES)
            if self._next() != "=":
                if tag == "blockquote" and name == "expandable" and self._next():
                    attributes[name] = ""
                    continue
                raise self._fault(f'Expected equal sign in declaration of an attribute of the tag "{tag}"', begin)
            self._at += 1
            attributes[name] = self._read_value(tag, begin)

    def _read_value(self, tag: str, begin: int) -> str:
        self._take(_SPACES)
        if not self._next():
            raise self._fault(f'Unclosed start tag "{tag}"', begin)
        if self._next() in {'"', "'"}:
            value = self._read_quoted()
        else:
            token_begin = self._at
            value = self._take(_BARE_VALUE).lower()
            if self._next() not in {*" \t\r\n\v\0>"}:
                raise self._fault("Unexpected end of name token", token_begin)
        if not self._next():
            raise self._fault("Unclosed start tag", begin)
        return value

    def _read_quoted(self) -> str:
        quote = self._next()
        self._at += 1
        value: list[str] = []
        while self._next() not in {quote, ""}:
            if self._next() == "&":
                value.append(self._reference())
            else:
                value.append(self._next())
                self._at += 1
        self._at += 1
        return "".join(value)

    def _read_end_tag(self, begin: int) -> None:
        if not self._open:
            raise self._fault("Unexpected end tag", begin)
        self._at += 1
        name = self._take(_TAG_NAME).lower()
        self._take(_SPACES)
        if self._next() != ">":
            raise self._fault("Unclosed end tag", begin)
        self._at += 1
        tag = self._open.pop()
        if name and name != tag.name:
            offset = byte_offset(self._markup, begin)
            raise cannot_parse(
                f'Unmatched end tag at byte offset {offset}, expected "</{tag.name}>", found "</{name}>"'
            )
        if self._units > tag.offset:
            self._close(tag)

    def _close(self, tag: _OpenTag) -> None:
        length = self._units - tag.offset
        if tag.name in {"pre", "code"}:
            self._close_verbatim(tag, length)
            return
        entity = self._link(tag, length) if tag.name == "a" else _entity(tag, length)
        if entity is not None:
            self._entities.append(entity)

    def _link(self, tag: _OpenTag, length: int) -> Json | None:
        url = tag.attributes.get("href") or "".join(self._parts[tag.first_part :])
        return link_entity(url, tag.offset, length)

    def _close_verbatim(self, tag: _OpenTag, length: int) -> None:
        """`<pre><code class="language-x">` and its reverse make one block with a language."""
        language = tag.attributes.get("class", "") if tag.name == "code" else ""
        language = language.removeprefix("language-") if language.startswith("language-") else ""
        inner = self._entities[-1] if self._entities else {}
        same_place = (inner.get("offset"), inner.get("length")) == (tag.offset, length)
        if same_place and {inner["type"], tag.name} == {"pre", "code"} and (language or "language" in inner):
            inner["type"] = "pre"
            inner["language"] = language or inner["language"]
            return
        entity: Json = {"type": tag.name, "offset": tag.offset, "length": length}
        if language:
            entity["language"] = language
        self._entities.append(entity)

    def _fault(self, reason: str, position: int) -> Exception:
        return cannot_parse(f"{reason} at byte offset {byte_offset(self._markup, position)}")


def _decoded(reference: re.Match[str]) -> str | None:
    if name := reference[3]:
        return _NAMED[name]
    digits = reference[0].rstrip(";")
    if len(digits) >= 10:
        return None
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return chr(code) if 0 < code < _LARGEST_CODE else None


def _entity(tag: _OpenTag, length: int) -> Json:
    entity: Json = {"type": _STYLES.get(tag.name, tag.name), "offset": tag.offset, "length": length}
    if tag.name == "blockquote" and "expandable" in tag.attributes:
        entity["type"] = "expandable_blockquote"
    elif tag.name == "tg-emoji":
        emoji_id = tag.attributes.get("emoji-id", "")
        if not emoji_id.isdecimal() or int(emoji_id) == 0:
            raise cannot_parse("Invalid custom emoji identifier specified")
        entity.update(type="custom_emoji", custom_emoji_id=emoji_id)
    elif tag.name == "tg-time":
        unix_time = tag.attributes.get("unix", "")
        if not unix_time.isdecimal():
            raise cannot_parse("Invalid date-time entity specified")
        entity.update(type="date_time", unix_time=int(unix_time))
        if "format" in tag.attributes:
            entity["date_time_format"] = tag.attributes["format"]
    return entity
