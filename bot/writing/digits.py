"""The digits of the scripts that the twelve languages are written in."""

from __future__ import annotations

from typing import Final

_PLAIN: Final = "0123456789"
ASCII_DIGITS: Final = {ord(zero) + value: str(value) for zero in "٠۰०০๐" for value in range(10)}
"""For `str.translate`: Arabic, Persian, Devanagari, Bengali and Thai digits as 0 to 9."""
PERSIAN_DIGITS: Final = str.maketrans(_PLAIN, "۰۱۲۳۴۵۶۷۸۹")
"""For `str.translate`: 0 to 9 as Persian writes them."""


def ascii_digits(text: str) -> str:
    """`text` with the digits of all scripts written 0 to 9; nothing moves to another place."""
    return text.translate(ASCII_DIGITS)
