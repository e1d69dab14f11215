"""Pictures with words in every language: SVG to PNG, with fonts that lie in this package.

https://github.com/linebender/resvg shapes and orders all our scripts, so a machine needs no fonts of its own, and the
same page gives the same bytes on each. `.ci/fonts.py` makes the fonts.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import resvg_py

_FOLDER = Path(__file__).with_name("fonts")
FAMILIES = "Noto Sans, Noto Sans Arabic, Noto Sans Devanagari, Noto Sans CJK SC"
"""The families that the files hold, in the order in which a letter is looked for."""
_FROM_LEFT, _FROM_RIGHT, _END = "\u202a", "\u202b", "\u202c"
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9.-]*")
_DEVANAGARI = re.compile(r"[\u0900-\u097f]")


def font_files() -> list[Path]:
    """The fonts."""
    return sorted(file for file in _FOLDER.iterdir() if file.suffix in {".ttf", ".otf"})


@cache
def characters() -> frozenset[str]:
    """Every character that one of the fonts holds."""
    held: set[str] = set()
    for span in (_FOLDER / "characters.txt").read_text(encoding="ascii").split():
        first, _, last = span.partition("-")
        held.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(held)


def drawable(text: str) -> str:
    """`text` in one line, without what no font holds: an emoji, or a script of no language of ours."""
    held = characters()
    return " ".join("".join(letter for letter in text if letter in held or letter.isspace()).split())


def in_order(text: str, *, is_rtl: bool) -> str:
    """`text` with the marks by which it is ordered and shaped right wherever scripts meet in it.

    resvg lays a text out from the left unless it is told, and shapes what runs in one direction as one script: Latin
    letters beside Indian ones are told to be a run of their own.
    """
    if _DEVANAGARI.search(text):
        text = _LATIN.sub(f"{_FROM_LEFT}\\g<0>{_END}", text)
    return f"{_FROM_RIGHT}{text}{_END}" if is_rtl else text


def render(svg: str) -> bytes:
    """The drawing as PNG. Nothing outside of it is read but the fonts."""
    return resvg_py.svg_to_bytes(
        svg_string=svg, background="#ffffff", skip_system_fonts=True, font_files=[str(file) for file in font_files()]
    )
