"""Bytes as text, by what they hold: marked Unicode, UTF-8, UTF-16 without a mark, GB18030, Windows-1251."""

from __future__ import annotations

import codecs

import regex

from bot.adapters.office.outcome import RefusalReason, RefusedError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT = 65_536
"""Bytes from which an encoding without a mark is guessed: many times what it takes."""
_LEGACY = ("gb18030", "cp1251")
_NO_TEXT = regex.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def decode(content: bytes) -> str:
    """The text.

    Raises:
        RefusedError: it is no text, or in an encoding that is not known.
    """
    text = _decoded(content)
    if _NO_TEXT.search(text):
        raise RefusedError(RefusalReason.UNKNOWN_ENCODING)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(content: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None) or _wide(content)
    try:
        return content.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding is not None:
            raise RefusedError(RefusalReason.UNKNOWN_ENCODING) from error
    return _legacy(content)


def _wide(content: bytes) -> str | None:
    """UTF-16 without a mark shows in the zeros of its blanks and line ends."""
    sample = content[:_LOOKED_AT]
    if b"\0" not in sample:
        return None
    little, big = sample[1::2].count(0), sample[::2].count(0)
    return "utf-16-le" if little > big else "utf-16-be"


def _legacy(content: bytes) -> str:
    """Russian bytes are Chinese to GB18030 and the other way round; which letters are common tells them apart."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - in the child, and only where nothing simpler tells

    best = from_bytes(content[:_LOOKED_AT], cp_isolation=list(_LEGACY)).best()
    if best is None:
        raise RefusedError(RefusalReason.UNKNOWN_ENCODING)
    try:
        return content.decode(best.encoding)
    except UnicodeDecodeError as error:
        raise RefusedError(RefusalReason.UNKNOWN_ENCODING) from error
