"""`parse_mode=MarkdownV2` and the older `Markdown`, with Telegram's error texts and byte offsets.

See https://core.telegram.org/bots/api#markdownv2-style and #markdown-style.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.sandbox.formatting import FormattedText, byte_offset, cannot_parse, link_entity
from bot.sandbox.limits import utf16_length
from bot.sandbox.wire import ApiError, Json

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
"""Characters that must be escaped in MarkdownV2: https://core.telegram.org/bots/api#markdownv2-style."""
_STYLES = (
    ("__", "underline", "Underline"),
    ("||", "spoiler", "Spoiler"),
    ("```", "pre", "Pre"),
    ("*", "bold", "Bold"),
    ("_", "italic", "Italic"),
    ("~", "strikethrough", "Strikethrough"),
    ("`", "code", "Code"),
)
"""Mark, kind of entity, and the name in Telegram's errors; of marks that begin alike the longer first."""
_PRE_LANGUAGE = re.compile(r"([^\s`]+)(?=\s)")
"""The word behind ``` where a space or line break follows."""
_EMOJI_LINK = re.compile(r"tg://emoji\?id=(\d+)")
"""The address of a custom emoji: the same section."""
_LEGACY_SPECIAL = frozenset("_*`[")
"""Characters with a meaning in the older Markdown: https://core.telegram.org/bots/api#markdown-style."""
_LEGACY_TYPES = {"_": "italic", "*": "bold", "`": "code", "```": "pre"}
"""By mark, the kind of entity of the older Markdown."""


def parse_markdown_v2(markup: str) -> FormattedText:
    """Text and entities of MarkdownV2.

    Raises:
        ApiError: 400 "can't parse entities: …", as Telegram words it.
    """
    return _MarkdownReader(markup).read()


@dataclass(slots=True)
class _Open:
    mark: str
    kind: str
    title: str
    offset: int
    begin: int
    language: str = ""


class _Output:
    """The text so far and its length in UTF-16 units."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.units = 0

    def write(self, text: str) -> None:
        self.parts.append(text)
        self.units += utf16_length(text)

    def since(self, offset: int) -> bool:
        return self.units > offset


class _MarkdownReader:
    def __init__(self, markup: str) -> None:
        self._markup = markup
        self._at = 0
        self._out = _Output()
        self._open: list[_Open] = []
        self._entities: list[Json] = []
        self._quote: _Open | None = None

    def read(self) -> FormattedText:
        while self._at < len(self._markup):
            if self._at == 0 or self._markup[self._at - 1] == "\n":
                self._read_line_start()
            if self._at < len(self._markup):
                self._step()
        self._end_quote(expandable=False)
        if self._open:
            raise self._unfinished(self._open[-1])
        return FormattedText("".join(self._out.parts), tuple(self._entities))

    def _step(self) -> None:
        char = self._markup[self._at]
        following = self._markup[self._at + 1 : self._at + 2]
        if char == "\\" and following and 0 < ord(following) <= 126:
            self._out.write(following)
            self._at += 2
        elif self._is_plain(char):
            self._out.write(char)
            self._at += 1
        elif self._ends_expandable_quote():
            self._at += 2
            self._end_quote(expandable=True)
        elif not self._try_close():
            self._begin(char)

    def _is_plain(self, char: str) -> bool:
        if self._inside_verbatim():
            return char != "`"
        return char not in _RESERVED

    def _inside_verbatim(self) -> bool:
        return bool(self._open) and self._open[-1].kind in {"code", "pre"}

    def _read_line_start(self) -> None:
        """A line that starts with `>` is quoted; the quote lasts as long as its lines follow each other."""
        if self._inside_verbatim():
            return
        if self._markup.startswith("**>", self._at) and self._quote is None:
            self._at += 2
        if self._markup.startswith(">", self._at):
            self._at += 1
            if self._quote is None:
                self._quote = _Open(">", "blockquote", "BlockQuote", self._out.units, self._at)
        else:
            self._end_quote(expandable=False)

    def _ends_expandable_quote(self) -> bool:
        if self._quote is None or not self._markup.startswith("||", self._at) or self._inside_verbatim():
            return False
        after = self._markup[self._at + 2 : self._at + 3]
        return after in {"", "\n"} and not any(one.kind == "spoiler" for one in self._open)

    def _end_quote(self, *, expandable: bool) -> None:
        quote, self._quote = self._quote, None
        if quote is None or not self._out.since(quote.offset):
            return
        inside = [one for one in self._open if one.begin >= quote.begin]
        if inside:
            raise self._unfinished(inside[-1])
        text = "".join(self._out.parts)
        trailing = 1 if text.endswith("\n") else 0
        self._entities.append(
            {
                "type": "expandable_blockquote" if expandable else "blockquote",
                "offset": quote.offset,
                "length": self._out.units - quote.offset - trailing,
            }
        )

    def _try_close(self) -> bool:
        if not self._open:
            return False
        last = self._open[-1]
        if not self._markup.startswith(last.mark, self._at):
            return False
        if last.mark == "_" and self._markup.startswith("__", self._at):
            return False  # of two underscores the pair is read first, as in `__underlined _and italic___`
        self._open.pop()
        self._at += len(last.mark)
        if last.mark == "]":
            self._close_link(last)
        elif self._out.since(last.offset):
            self._add(last)
        return True

    def _add(self, closed: _Open, **more: object) -> None:
        length = self._out.units - closed.offset
        entity: Json = {"type": closed.kind, "offset": closed.offset, "length": length, **more}
        if closed.language:
            entity["language"] = closed.language
        self._entities.append(entity)

    def _close_link(self, link: _Open) -> None:
        url = self._read_address(link)
        length = self._out.units - link.offset
        if not length:
            return
        if link.kind == "custom_emoji":
            emoji = _EMOJI_LINK.fullmatch(url)
            if emoji is None:
                raise cannot_parse("Custom emoji URL must have scheme tg and host emoji")
            self._add(link, custom_emoji_id=emoji[1])
            return
        text = "".join(self._out.parts).encode("utf-16-le", "surrogatepass")
        shown = text[2 * link.offset :].decode("utf-16-le", "surrogatepass")
        if entity := link_entity(url or shown, link.offset, length):
            self._entities.append(entity)

    def _read_address(self, link: _Open) -> str:
        if not self._markup.startswith("(", self._at):
            if link.kind == "custom_emoji":
                raise cannot_parse("Custom emoji entity must contain a tg://emoji URL")
            return ""
        begin = self._at
        self._at += 1
        url: list[str] = []
        while self._at < len(self._markup) and self._markup[self._at] != ")":
            if self._markup[self._at] == "\\" and self._at + 1 < len(self._markup):
                self._at += 1
            url.append(self._markup[self._at])
            self._at += 1
        if self._at >= len(self._markup):
            title = "CustomEmoji" if link.kind == "custom_emoji" else "a URL"
            offset = byte_offset(self._markup, begin)
            raise cannot_parse(f"Can't find end of {title} at byte offset {offset}")
        self._at += 1
        return "".join(url)

    def _begin(self, char: str) -> None:
        if char == "[":
            self._push("]", "text_link", "TextUrl", width=1)
            return
        if char == "!" and self._markup.startswith("![", self._at):
            self._push("]", "custom_emoji", "CustomEmoji", width=2)
            return
        for mark, kind, title in _STYLES:
            if self._markup.startswith(mark, self._at):
                self._push(mark, kind, title, width=len(mark))
                return
        raise cannot_parse(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")

    def _push(self, mark: str, kind: str, title: str, *, width: int) -> None:
        opened = _Open(mark, kind, title, self._out.units, self._at)
        self._at += width
        if kind == "pre":
            if language := _PRE_LANGUAGE.match(self._markup, self._at):
                opened.language = language[1]
                self._at = language.end()
            if self._markup.startswith("\n", self._at):
                self._at += 1
        self._open.append(opened)

    def _unfinished(self, opened: _Open) -> ApiError:
        offset = byte_offset(self._markup, opened.begin)
        return cannot_parse(f"Can't find end of {opened.title} entity at byte offset {offset}")


def parse_markdown(markup: str) -> FormattedText:
    """Text and entities of the older Markdown, where nothing nests.

    Raises:
        ApiError: 400 "can't parse entities: Can't find end of the entity starting at byte offset N".
    """
    out = _Output()
    entities: list[Json] = []
    at = 0
    while at < len(markup):
        char = markup[at]
        if char == "\\" and markup[at + 1 : at + 2] in _LEGACY_SPECIAL:
            out.write(markup[at + 1])
            at += 2
        elif char in _LEGACY_SPECIAL:
            at, entity = _legacy_entity(markup, at, out)
            entities += [entity] if entity else []
        else:
            out.write(char)
            at += 1
    return FormattedText("".join(out.parts), tuple(entities))


def _legacy_entity(markup: str, begin: int, out: _Output) -> tuple[int, Json | None]:
    """Reads one entity; returns where the text goes on."""
    mark = "```" if markup.startswith("```", begin) else markup[begin]
    closing = "]" if mark == "[" else mark
    start = begin + len(mark)
    end = markup.find(closing, start)
    if end < 0:
        offset = byte_offset(markup, begin)
        raise cannot_parse(f"Can't find end of the entity starting at byte offset {offset}")
    content, after, offset = markup[start:end], end + len(closing), out.units
    language = ""
    if mark == "```":
        first = _PRE_LANGUAGE.match(content)
        language = first[1] if first and content[first.end()] == "\n" else ""
        content = content[len(language) :].removeprefix("\n")
    out.write(content)
    length = out.units - offset
    if mark == "[":
        url_end = markup.find(")", after) if markup.startswith("(", after) else -1
        url = markup[after + 1 : url_end] if url_end > 0 else content
        return (url_end + 1 if url_end > 0 else after), (link_entity(url, offset, length) if length else None)
    entity: Json = {"type": _LEGACY_TYPES[mark], "offset": offset, "length": length}
    if language:
        entity["language"] = language
    return after, entity if length else None
