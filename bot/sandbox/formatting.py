"""Text and its entities: what the markup parsers give, and Telegram's rules for entities that overlap."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from bot.sandbox.wire import ApiError, Json, bad_request

SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
"""These may be cut in pieces; all others hold together."""

VERBATIM = frozenset({"code", "pre"})
"""Nothing else is marked inside these."""

QUOTES = frozenset({"blockquote", "expandable_blockquote"})
"""Kinds that may hold others, but not each other."""

_ORDER = ("blockquote", "expandable_blockquote", "text_link", "text_mention", *SPLITTABLE)
"""Of two entities at the same place the earlier kind here is the outer one."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?://)?", re.IGNORECASE)
"""The scheme of an address, with or without its slashes."""
_HOST = re.compile(
    r"(?:[^\s/?#@]*@)?((?:[\w-]+\.)+[\w-]{2,}|localhost|\[[0-9a-f:.]+\])(?::\d+)?(?=[/?#]|$)", re.IGNORECASE
)
"""The host of an address after its scheme, a user name before it and a port behind it."""
_USER_LINK = re.compile(r"tg://user\?id=(\d+)")
"""The address that mentions a user without a name: https://core.telegram.org/bots/api#formatting-options."""


@dataclass(frozen=True, slots=True)
class FormattedText:
    """A text without markup; offsets and lengths of its entities are UTF-16 units."""

    text: str
    entities: tuple[Json, ...] = ()


def cannot_parse(reason: str) -> ApiError:
    """The refusal that every parser of markup gives."""
    return bad_request(f"can't parse entities: {reason}")


def byte_offset(text: str, position: int) -> int:
    """Where a character stands, as Telegram's errors count it."""
    return len(text[:position].encode("utf-8", "surrogatepass"))


def link_entity(url: str, offset: int, length: int) -> Json | None:
    """A link, or a mention for `tg://user?id=`; None for an address that Telegram drops without a word."""
    if user := _USER_LINK.fullmatch(url):
        mentioned: Json = {"id": int(user[1]), "is_bot": False, "first_name": user[1]}
        return {"type": "text_mention", "offset": offset, "length": length, "user": mentioned}
    checked = checked_link(url)
    if not checked:
        return None
    return {"type": "text_link", "offset": offset, "length": length, "url": checked}


def checked_link(url: str) -> str:
    """The address as Telegram keeps it, or an empty string where it is none."""
    url = url.strip()
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() in {"tg", "ton", "tonsite"}:
        return url
    if scheme and scheme[1].lower() in {"http", "https"} and url[scheme.end() - 2 : scheme.end()] == "//":
        start, rest = url[: scheme.end()].lower(), url[scheme.end() :]
    elif scheme and not _HOST.match(url):
        return ""
    else:
        start, rest = "http://", url
    host = _HOST.match(rest)
    if host is None or re.search(r"\s", rest):
        return ""
    return start + rest if host.end() < len(rest) else f"{start}{rest}/"


def tidy(entities: list[Json]) -> tuple[Json, ...]:
    """The entities as Telegram gives them back: none empty, none crossing, outer before inner."""
    if not entities:
        return ()
    whole = _kept_whole([one for one in entities if one["length"] > 0 and one["type"] not in SPLITTABLE])
    verbatim = [_span(one) for one in whole if one["type"] in VERBATIM]
    found = list(whole)
    for kind in SPLITTABLE:
        spans = _united([_span(one) for one in entities if one["type"] == kind and one["length"] > 0])
        for start, end in _cut(_without(spans, verbatim), [_span(one) for one in whole]):
            found.append({"type": kind, "offset": start, "length": end - start})
    return tuple(sorted(found, key=_position))


def _position(entity: Json) -> tuple[int, int, int]:
    kind = entity["type"]
    return entity["offset"], -entity["length"], _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _span(entity: Json) -> tuple[int, int]:
    return entity["offset"], entity["offset"] + entity["length"]


def _kept_whole(entities: list[Json]) -> list[Json]:
    """Quotes may hold others, but not quotes; of the others that touch each other the first one stays."""
    quotes: list[Json] = []
    others: list[Json] = []
    quoted = spoken = 0
    for entity in sorted(entities, key=_position):
        start, end = _span(entity)
        if entity["type"] in QUOTES:
            if start >= quoted:
                quotes.append(entity)
                quoted = end
        elif start >= spoken:
            others.append(entity)
            spoken = end
    return quotes + others


def _united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that touch are one."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _without(spans: list[tuple[int, int]], holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    for hole_start, hole_end in holes:
        parts = []
        for start, end in spans:
            parts += [(start, min(end, hole_start)), (max(start, hole_end), end)]
        spans = [(start, end) for start, end in parts if start < end]
    return spans


def _cut(spans: list[tuple[int, int]], others: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cuts spans where they cross the edge of another one."""
    for other_start, other_end in others:
        parts: list[tuple[int, int]] = []
        for start, end in spans:
            edges = [start, end]
            if start < other_start < end < other_end:
                edges.insert(1, other_start)
            elif other_start < start < other_end < end:
                edges.insert(1, other_end)
            parts += itertools.pairwise(edges)
        spans = parts
    return spans
