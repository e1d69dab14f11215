#!/usr/bin/env python3
"""Make `bot/reports/fonts` again: Debian's Noto fonts (fonts-noto-core, fonts-noto-cjk), cut to what pictures need.

That is every letter of the twelve languages and, of Chinese, the 3,755 usual characters with those of the catalog:
a new label seldom needs the fonts made anew, and `tests/unit/reports/test_lettering.py` says when one does.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools import subset
from fontTools.merge import Merger
from fontTools.ttLib import TTFont

FOLDER = Path("bot/reports/fonts")
FONTS = Path("/usr/share/fonts")
SIMPLIFIED_CHINESE = 2
"""Its place in Debian's collections: Japanese, Korean, simplified Chinese and so on."""
ASCII = range(0x20, 0x7F)
SIGNS = [*range(0x2000, 0x2030), *range(0x2030, 0x203B), 0x20AC, 0x20BD, 0x2116, 0x2122, 0x2212]
ARABIC = [*ASCII, 0xA0, *range(0x600, 0x700), *SIGNS]
DEVANAGARI = [*ASCII, 0xA0, *range(0x900, 0x980), *SIGNS]
JOINING = frozenset({"NotoSansArabic.ttf", "NotoSansDevanagari.ttf"})


def usual_hanzi() -> Iterator[int]:
    """The first level of GB 2312, ordered by sound: what covers nearly all of what is written."""
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            character = bytes((row, cell)).decode("gb2312", errors="ignore")
            if character:
                yield ord(character)


def catalog_characters() -> set[int]:
    """What the Chinese texts are written with."""
    text = Path("locales/zh/LC_MESSAGES/bot.po").read_text(encoding="utf-8")
    return {ord(character) for character in text if ord(character) > 0x2E7F and ord(character) < 0x10000}


def cuts() -> dict[str, tuple[Path, Iterable[int]]]:
    """Each font of the folder: what it is cut from, and which characters stay."""
    noto, cjk = FONTS / "truetype/noto", FONTS / "opentype/noto"
    letters = [*ASCII, *range(0xA0, 0x180), *range(0x2B0, 0x300), *range(0x400, 0x530), *SIGNS]
    return {
        "NotoSans.ttf": (noto / "NotoSans-Regular.ttf", letters),
        "NotoSansArabic.ttf": (noto / "NotoSansArabic-Regular.ttf", ARABIC),
        "NotoSansDevanagari.ttf": (noto / "NotoSansDevanagari-Regular.ttf", DEVANAGARI),
        "NotoSansSC.otf": (
            cjk / "NotoSansCJK-Regular.ttc",
            {*usual_hanzi(), *catalog_characters(), *range(0x3000, 0x3020), *range(0xFF01, 0xFF60)},
        ),
    }  # fmt: skip


def cut(source: Path, characters: Iterable[int], features: Sequence[str] = ("*",)) -> TTFont:
    """The font with those of the characters that it holds."""
    options = subset.Options(hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 6, 13, 14])
    options.layout_features = list(features)
    font = TTFont(source, fontNumber=SIMPLIFIED_CHINESE if source.suffix == ".ttc" else -1, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    return font


def with_latin(font: TTFont, latin: Path) -> TTFont:
    """The font with the Latin letters that it lacks.

    A label such as «SCO 2026» among letters that join needs one font: resvg takes a letter from another font only where
    both make equally many shapes of the label.
    """
    with TemporaryDirectory() as folder:
        lacking = set(ASCII) - set(font.getBestCmap())
        parts = [Path(folder) / "own.ttf", Path(folder) / "latin.ttf"]
        font.save(parts[0])
        cut(latin, lacking, features=()).save(parts[1])
        merged = Merger().merge(list(map(str, parts)))
    merged.recalcTimestamp = False  # the same parts give the same bytes
    merged["head"].created, merged["head"].modified = font["head"].created, font["head"].modified
    return merged


def ranges(characters: set[int]) -> str:
    """`20-7e a0-17f …`, in hexadecimal."""
    ordered = sorted(characters)
    firsts = [ordered[0], *(after for before, after in pairwise(ordered) if after != before + 1)]
    lasts = [*(before for before, after in pairwise(ordered) if after != before + 1), ordered[-1]]
    return " ".join(f"{a:x}-{b:x}" if a != b else f"{a:x}" for a, b in zip(firsts, lasts, strict=True))


def main() -> str | None:
    """Write the fonts, and beside them which characters they hold together."""
    held: set[int] = set()
    for name, (source, characters) in cuts().items():
        if not source.is_file():
            return f"there is no {source}: apt-get install fonts-noto-core fonts-noto-cjk"
        # Chinese needs no vertical writing and no other country's shapes.
        font = cut(source, characters, ("*",) if source.suffix == ".ttf" else ())
        if name in JOINING:
            font = with_latin(font, FONTS / "truetype/noto/NotoSans-Regular.ttf")
        font.save(FOLDER / name)
        held |= set(font.getBestCmap())
    (FOLDER / "characters.txt").write_text(ranges(held) + "\n", encoding="ascii")
    return None


if __name__ == "__main__":
    sys.exit(main())
