"""From what a bot or an app sends to the text and entities that a chat holds."""

from __future__ import annotations

import re

from bot.sandbox.detected import detected_entities
from bot.sandbox.formatting import (
    QUOTES,
    SPLITTABLE,
    FormattedText,
    cannot_parse,
    checked_link,
    tidy,
)
from bot.sandbox.limits import ENTITIES, TEXT_UNITS, utf16_length
from bot.sandbox.markup_html import parse_html
from bot.sandbox.markup_markdown import parse_markdown, parse_markdown_v2
from bot.sandbox.wire import Json, bad_request

_PARSERS = {"html": parse_html, "markdownv2": parse_markdown_v2, "markdown": parse_markdown}
"""By `parse_mode` in lower case: https://core.telegram.org/bots/api#formatting-options."""
_GIVEN = frozenset({*SPLITTABLE, *QUOTES, "code", "pre", "text_link", "text_mention", "custom_emoji", "date_time"})
"""Kinds that a bot may set; all others of https://core.telegram.org/bots/api#messageentity the server finds itself."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\u2028\u2029\ufff9-\ufffc]")
"""Characters that no message keeps; each becomes a space."""
_INVISIBLE = re.compile(r"[\u202a-\u202e\u200e\u200f]+")
"""Marks of writing direction: a text of nothing else counts as empty."""
_SPACE = " \t\n\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u3000"
"""What is cut off at both ends of a text."""


def formatted(text: str, parse_mode: str = "", given: list[Json] | None = None) -> FormattedText:
    """The text as Telegram keeps it: markup read, control characters gone, trimmed, entities added and in order.

    Raises:
        ApiError: 400 "unsupported parse_mode", or "can't parse entities: …".
    """
    if parse_mode and parse_mode.lower() != "none":
        parser = _PARSERS.get(parse_mode.lower())
        if parser is None:
            raise bad_request("unsupported parse_mode")
        parsed = parser(text.replace("\r", ""))
    else:
        parsed = FormattedText(text, tuple(map(_checked, given or [])))
    return _kept(parsed)


def _kept(parsed: FormattedText) -> FormattedText:
    cleaned = _CONTROL.sub(" ", parsed.text.replace("\r", "")) if _CONTROL.search(parsed.text) else parsed.text
    start = len(cleaned) - len(cleaned.lstrip(_SPACE))
    start = min([start, *(one["offset"] for one in parsed.entities if one["length"])])
    trimmed = cleaned[start:].rstrip(_SPACE)
    if not _INVISIBLE.sub("", trimmed):
        trimmed = ""
    shift, length = utf16_length(cleaned[:start]), utf16_length(trimmed)
    entities = tidy([one for one in (_moved(one, shift, length) for one in parsed.entities) if one])
    if length > TEXT_UNITS:
        return FormattedText(trimmed, entities)  # too long for any message: the caller will refuse it
    found = detected_entities(trimmed, tuple(one for one in entities if _takes_its_place(one)))
    return FormattedText(trimmed, tidy([*entities, *found])[:ENTITIES] if found else entities[:ENTITIES])


def _takes_its_place(entity: Json) -> bool:
    return entity["type"] not in SPLITTABLE and entity["type"] not in QUOTES


def _moved(entity: Json, shift: int, length: int) -> Json | None:
    start = max(entity["offset"] - shift, 0)
    end = min(entity["offset"] + entity["length"] - shift, length)
    return {**entity, "offset": start, "length": end - start} if end > start else None


def _checked(entity: object) -> Json:
    """One entity of the `entities` parameter; kinds that the server finds by itself are left to it."""
    if not isinstance(entity, dict):
        raise cannot_parse("expected an Object")
    try:
        kind, offset, length = str(entity["type"]), int(entity["offset"]), int(entity["length"])
    except (KeyError, TypeError, ValueError) as error:
        raise cannot_parse(f"Can't find field {error}") from error
    if offset < 0 or length < 0:
        raise bad_request("entity begins before the start of the text")
    kept: Json = {"type": kind, "offset": offset, "length": length if kind in _GIVEN else 0}
    kept |= {name: entity[name] for name in _EXTRAS.get(kind, ()) if name in entity}
    if kind == "text_link":
        kept["url"] = checked_link(str(entity.get("url", "")))
        if not kept["url"]:
            raise bad_request(f"entity URL '{entity.get('url', '')}' is invalid: Wrong HTTP URL")
    return kept


_EXTRAS = {
    "text_link": ("url",),
    "text_mention": ("user",),
    "pre": ("language",),
    "custom_emoji": ("custom_emoji_id",),
    "date_time": ("unix_time", "date_time_format"),
}
"""By kind, the fields beside type, offset and length: https://core.telegram.org/bots/api#messageentity."""
