"""Where the kernel of the embedding model stands, how it is compiled, and texts of every kind for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "bot/adapters/e5/kernel.c"

Compile = Callable[..., Path]
"""Compiles a C file, or its text, with the arguments given, and tells where the library is."""

STRANGE = (
    "",
    " ",
    "a",
    "a\x00b",
    "🚂🇨🇳👩‍👩‍👧",
    "SCO 上合 ШОС शंघाई شانگهای ﷺ ½ ① ﬁ",
    "two  spaces\tand\u3000wide ones\u200d",
    "▁<s></s><unk><mask>",
    "a" * 2000,
    "的一是" * 230,
)
