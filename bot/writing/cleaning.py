"""Text from outside made harmless: what is removed here is invisible, breaks a library, or hides instructions.

Letters, punctuation and everything a reader sees stay as they were written.
"""

from __future__ import annotations

import unicodedata

import regex

MARKS_PER_LETTER = 4
"""Vietnamese and Indic scripts need up to three combining marks on a letter; more is a prank that breaks layouts."""

_CONTROLS = regex.compile(r"[\p{Cc}--[\n\t]]|\p{Cs}|\p{Co}|\p{Noncharacter_Code_Point}", regex.V1)
_BIDI_CONTROLS = regex.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HIDDEN = regex.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\uffff\U000e0000-\U000e0fff]"
)
_STRAY_JOINER = regex.compile(
    r"(?<![\p{L}\p{M}\p{Emoji}\ufe0f])[\u200c\u200d]+|[\u200c\u200d]+(?![\p{L}\p{M}\p{Emoji}])"
)
_STRAY_SELECTOR = regex.compile(r"(?<!\p{Emoji})[\ufe00-\ufe0f]")
_MANY_MARKS = regex.compile(r"(\p{M}{16})\p{M}+")
"""Of a longer run only the beginning is put in order: what that takes grows with its square (4,096 marks: 16 ms)."""
_EXCESS_MARKS = regex.compile(rf"(\p{{M}}{{{MARKS_PER_LETTER}}})\p{{M}}+")
_PRINTABLE_HIDDEN = regex.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\ufe00-\ufe0f\ufffc\ufffd\U000e0100-\U000e01ef]"
    rf"|\p{{M}}{{{MARKS_PER_LETTER + 1}}}"
)
"""What `clean` may remove although `str.isprintable` holds it for printable."""
_ANSI = regex.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")


def clean(text: str) -> str:
    """Remove controls, surrogates, hidden characters and surplus combining marks; newlines and tabs stay.

    Zero-width joiners stay where Persian, Indic scripts and emoji need them. Direction marks go: whoever shows the
    text sets its direction. Running it twice changes nothing more.
    """
    return text if _is_clean(text) else _cleaned(text)


def _is_clean(text: str) -> bool:
    """Whether nothing can be there to remove, told in a tenth of the time; False says nothing."""
    line = text.replace("\n", "")
    return line.isprintable() and not _PRINTABLE_HIDDEN.search(line) and unicodedata.is_normalized("NFC", text)


def _cleaned(text: str) -> str:
    text = _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROLS.sub("", text)
    text = _BIDI_CONTROLS.sub("", text)
    text = _HIDDEN.sub("", text)
    text = _STRAY_SELECTOR.sub("", text)
    text = _STRAY_JOINER.sub("", text)
    return _EXCESS_MARKS.sub(r"\1", unicodedata.normalize("NFC", _MANY_MARKS.sub(r"\1", text)))


def one_line(text: str, *, limit: int) -> str:
    """Clean `text`, fold white space to single blanks and keep at most `limit` characters, cut at a grapheme."""
    flat = " ".join(clean(text[: limit * 8]).split())
    if len(flat) <= limit:
        return flat
    kept: list[str] = []
    length = 0
    for match in regex.finditer(r"\X", flat):
        length += len(match.group())
        if length > limit - 1:
            break
        kept.append(match.group())
    return "".join(kept).rstrip() + "…"
