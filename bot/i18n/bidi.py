"""Direction marks, so that Latin names and codes stay right inside Persian and Urdu.

Telegram gives each line the direction of its first strong character and deletes U+2028–U+202E. Isolates
(U+2066–U+2069) have not been seen to work in all apps, so the plain marks are used.
"""

from __future__ import annotations

import unicodedata

from bot.ids import Locale

LEFT_TO_RIGHT_MARK = "\u200e"
RIGHT_TO_LEFT_MARK = "\u200f"


def is_rtl(text: str) -> bool | None:
    """The direction of the first strong character; None when there is none (digits, signs, emoji)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return False
        if kind in ("R", "AL"):
            return True
    return None


def isolate(value: str, locale: Locale) -> str:
    """`value` so that it keeps its inner order and leaves that of a sentence in `locale` alone.

    A name that runs against the sentence gets its own mark inside and the sentence's mark outside at both ends; signs
    and digits without a direction (a telephone number, an ISO date) run from left to right.
    """
    value_is_rtl = is_rtl(value)
    if not value or value_is_rtl == locale.is_rtl or (value_is_rtl is None and not locale.is_rtl):
        return value
    if value_is_rtl is None and value.isdigit():
        return value
    outer = RIGHT_TO_LEFT_MARK if locale.is_rtl else LEFT_TO_RIGHT_MARK
    inner = RIGHT_TO_LEFT_MARK if value_is_rtl else LEFT_TO_RIGHT_MARK
    return f"{outer}{inner}{value}{inner}{outer}"


def directed(text: str, locale: Locale) -> str:
    """`text` with U+200F before each line of a right-to-left language that would start from the left."""
    if not locale.is_rtl:
        return text
    return "\n".join(RIGHT_TO_LEFT_MARK + line if is_rtl(line) is False else line for line in text.split("\n"))
