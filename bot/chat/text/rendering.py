"""The one place where HTML is made.

Telegram's HTML mode knows few tags; this module writes `b`, `i`, `a` and `blockquote`, always closed, and escapes all
else (https://core.telegram.org/bots/api#html-style).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote, urlsplit

import regex

from bot.i18n.bidi import directed
from bot.ids import Locale
from bot.writing.cleaning import clean
from bot.writing.utf16 import utf16_length

MESSAGE_LIMIT = 4096
"""UTF-16 units of a message's visible text."""

_TOKEN = regex.compile(r"<(/?)([a-z]+)([^>]*)>|&(?:lt|gt|amp|quot);|[^<&]+")
_HOST = regex.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+[a-z]{2,63}$|(?:\d{1,3}\.){3}\d{1,3}$")
_TELEGRAM = ("t.me", "telegram.me", "telegram.dog")
"""Hosts that lead to the same pages; `name.t.me` is `t.me/name`."""
_PUBLIC_PAGE = regex.compile(r"/(?:(?:s/)?(?P<name>[a-z][a-z0-9_]{2,31})(?:/[0-9]+){0,3}/?)?")
_NOT_NAMES = frozenset(
    {"joinchat", "addlist", "proxy", "socks", "login", "confirmphone", "invoice", "giftcode", "share"}
)
"""Paths that look like names and do something else (https://core.telegram.org/api/links)."""
_MOST_QUOTED = 4
"""Rounds of unquoting an address: more are nobody's in good faith. Chosen by reasoning."""
_LONGEST_URL = 2048
"""Characters, as many as every browser takes."""
_UNSAFE_IN_URL = regex.compile(r"[\s<>\"'`\\\p{C}]")
_BREAKS = ("\n\n", "\n", "。", ". ", "۔ ", "। ", "؟ ", "! ", "? ", " ")
"""Marks after which a long text is divided, best first."""


@dataclass(frozen=True, slots=True)
class Html:
    """Text in Telegram's HTML, safe to send: only the functions of this module and of `markup` make it."""

    source: str = ""

    def __add__(self, other: Html) -> Html:
        return Html(self.source + other.source)

    def __bool__(self) -> bool:
        return bool(self.source)

    def __str__(self) -> str:
        return self.source


def said(sentence: str, locale: Locale) -> Html:
    """A sentence of `texts` in the visitor's language."""
    return Html(_escape(directed(sentence, locale)))


def quoted(text: str, locale: Locale) -> Html:
    """Text from outside (the knowledge, a contact line) written in `locale`: cleaned, escaped, in its own direction."""
    return Html(_escape(directed(clean(text), locale)))


def bold(content: Html) -> Html:
    """In bold."""
    return Html(f"<b>{content}</b>") if content else content


def italic(content: Html) -> Html:
    """In italics."""
    return Html(f"<i>{content}</i>") if content else content


def link(label: Html, url: str) -> Html:
    """`label` leading to `url`, or the label alone when the address is not to be trusted."""
    address = safe_url(url)
    return Html(f'<a href="{html.escape(address)}">{label}</a>') if address and label else label


def blockquote(content: Html, *, expandable: bool = False) -> Html:
    """A quotation; an expandable one shows its first lines and unfolds at a tap."""
    opening = "<blockquote expandable>" if expandable else "<blockquote>"
    return Html(f"{opening}{content}</blockquote>") if content else content


def lines(*parts: Html) -> Html:
    """The parts that are not empty, one below the other."""
    return join(parts, "\n")


def paragraphs(*parts: Html) -> Html:
    """The parts that are not empty, with a blank line between them."""
    return join(parts, "\n\n")


def join(parts: Iterable[Html], separator: str) -> Html:
    """The parts that are not empty with `separator` (plain text) between them."""
    return Html(_escape(separator).join(part.source for part in parts if part))


def safe_url(url: str) -> str | None:
    """`url` when it is a plain web address that shows where it leads; None otherwise.

    Refused: other schemes (javascript:, tg:), user names before the host, hosts with other than ASCII letters or in
    punycode (look-alikes), invitations to chats and what else of Telegram's is no public page, however it is written.
    """
    if not url or len(url) > _LONGEST_URL or _UNSAFE_IN_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc or not port_is_valid:
        return None
    if not _HOST.match(host) or any(label.startswith("xn--") for label in host.split(".")):
        return None
    return None if _opens_telegram(host, parts.path) else url


def plain(content: Html) -> str:
    """The text that a reader sees."""
    return "".join(html.unescape(match.group()) for match in _TOKEN.finditer(content.source) if not match.group(2))


def divided(text: str, *, limit: int) -> tuple[str, ...]:
    """Text from outside, cleaned, in parts of at most `limit` UTF-16 units as `split` makes them; none of nothing."""
    return tuple(plain(part) for part in split(Html(_escape(clean(text).strip())), limit=limit))


def split(content: Html, *, limit: int = MESSAGE_LIMIT) -> tuple[Html, ...]:
    """`content` as messages of at most `limit` UTF-16 units each, blank ones left out.

    A cut is made at a paragraph, line, sentence or word where possible, never inside a character as people see it
    (unless that alone is longer than a message), an entity or a tag: open tags are closed and opened again.
    """
    text = plain(content)
    if utf16_length(text) <= limit:
        return (content,) if text.strip() else ()
    spans = _spans(content)
    pieces: list[Html] = []
    start = 0
    while start < len(text):
        end = _cut(text, start, limit)
        if text[start:end].strip():
            pieces.append(_piece(text, start, end, spans))
        start = end
    return tuple(pieces)


@dataclass(frozen=True, slots=True)
class _Span:
    """A tag's reach in the visible text."""

    start: int
    end: int
    opening: str
    closing: str


def _spans(content: Html) -> Sequence[_Span]:
    """Every tag with its reach, outer before inner."""
    found: list[tuple[int, _Span]] = []
    open_tags: list[tuple[int, int, str, str]] = []
    position = 0
    for order, match in enumerate(_TOKEN.finditer(content.source)):
        name = match.group(2)
        if not name:
            position += len(html.unescape(match.group()))
        elif not match.group(1):
            open_tags.append((order, position, match.group(), f"</{name}>"))
        else:
            opened, start, opening, closing = open_tags.pop()
            found.append((opened, _Span(start, position, opening, closing)))
    return [span for _order, span in sorted(found, key=lambda entry: entry[0])]


def _piece(text: str, start: int, end: int, spans: Sequence[_Span]) -> Html:
    """The visible text from `start` to `end` with the tags that reach into it."""
    parts: list[str] = []
    open_spans: list[_Span] = []
    for low, high in _segments(start, end, spans):
        covering = [span for span in spans if span.start <= low and span.end >= high]
        shared = 0
        while shared < min(len(covering), len(open_spans)) and covering[shared] is open_spans[shared]:
            shared += 1
        parts.extend(span.closing for span in reversed(open_spans[shared:]))
        parts.extend(span.opening for span in covering[shared:])
        parts.append(_escape(text[low:high]))
        open_spans = covering
    parts.extend(span.closing for span in reversed(open_spans))
    return Html("".join(parts))


def _segments(start: int, end: int, spans: Sequence[_Span]) -> Iterable[tuple[int, int]]:
    borders = sorted(
        {start, end, *(border for span in spans for border in (span.start, span.end) if start < border < end)}
    )
    return pairwise(borders)


def _cut(text: str, start: int, limit: int) -> int:
    """The best place, at most `limit` units after `start`, at which to end a message."""
    borders = _borders(text, start, limit)
    if not borders:
        return _hard_cut(text, start, limit)
    furthest = borders[-1]
    if furthest == len(text):
        return furthest
    good = set(borders)
    earliest = start + (furthest - start) // 2
    for mark in _BREAKS:
        position = text.rfind(mark, earliest, furthest)
        if position >= 0 and position + len(mark) in good:
            return position + len(mark)
    return furthest


def _borders(text: str, start: int, limit: int) -> list[int]:
    """The ends of the characters as people see them (graphemes) that `limit` units reach.

    The window is one longer than the limit: a grapheme that the window cuts off is longer than what fits.
    """
    borders: list[int] = []
    used = 0
    for match in regex.finditer(r"\X", text[start : start + limit + 1]):
        used += utf16_length(match.group())
        if used > limit:
            break
        borders.append(start + match.end())
    return borders


def _hard_cut(text: str, start: int, limit: int) -> int:
    used, position = 0, start
    while position < len(text) and used + utf16_length(text[position]) <= limit:
        used += utf16_length(text[position])
        position += 1
    return max(position, start + 1)


def _opens_telegram(host: str, path: str) -> bool:
    """Whether an address of Telegram's own does more than show a public chat or message: join, log in, set a proxy."""
    if host == "web.telegram.org":
        return True  # may hold any such address again
    home = next((home for home in _TELEGRAM if host == home or host.endswith(f".{home}")), None)
    if home is None:
        return False
    person = host.removesuffix(home).removesuffix(".").removeprefix("www").removeprefix(".")
    shown = f"/{person}/{_unquoted(path)}" if person else f"/{_unquoted(path)}"
    page = _PUBLIC_PAGE.fullmatch(regex.sub("/+", "/", shown).lower())
    return page is None or page["name"] in _NOT_NAMES


def _unquoted(path: str) -> str:
    """The path as it is read where it is quoted once, or several times over."""
    for _ in range(_MOST_QUOTED):
        path = unquote(path)
    return path


def _escape(text: str) -> str:
    return html.escape(text, quote=False)
