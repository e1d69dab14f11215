"""What is drawn with words: every letter of the twelve languages has a shape, and none is drawn as an empty box."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph

from bot.chat.text.statistics_pages import statistics_page
from bot.i18n.formats import format_day, format_number
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.reports import lettering
from bot.reports.charts import page_svg
from bot.reports.lettering import FAMILIES, characters, drawable, font_files, in_order, render
from bot.reports.statistics import Period
from tests.support.statistics import TODAY, busy

LOCALES = Path(__file__).parents[3] / "locales"
REMAKE = "cut the fonts anew: make fonts"
DRAWN = {"chart", "topic"}
"""Contexts of messages that stand in pictures."""
ACROSS_SCRIPTS = [
    "100 में से 95 उत्तर इतने में",
    "SCO क्षेत्र GDP-2 क्षेत्र 2026 %",
    "95 پاسخ از ۱۰۰ (SCO) لا می‌شود",
    "博览会 2026 Expo «Шёлковый»",
    "Oʻzbekcha Ғылым Өнөр Ҷаҳон",
]


@pytest.fixture(scope="module")
def boxless(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same fonts, whose sign for a missing letter draws nothing."""
    folder = tmp_path_factory.mktemp("fonts")
    for file in font_files():
        font = TTFont(file)
        if "glyf" in font:
            font["glyf"][".notdef"] = Glyph()
        else:
            strings = font["CFF "].cff.topDictIndex[0].CharStrings
            old = strings[".notdef"]
            strings[".notdef"] = T2CharStringPen(1000, None).getCharString(old.private, old.globalSubrs)
        font.save(folder / file.name)
    return sorted(folder.iterdir())


def boxes(svg: str, boxless: list[Path], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the drawing shows a sign for a missing letter."""
    drawn = render(svg)
    monkeypatch.setattr(lettering, "font_files", lambda: boxless)
    return render(svg) != drawn


def written(*texts: str) -> str:
    lines = "".join(f'<text x="9" y="{40 * at + 40}" font-size="30">{text}</text>' for at, text in enumerate(texts))
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="700" height="400" font-family="{FAMILIES}">{lines}</svg>'


def test_the_list_of_letters_is_that_of_the_fonts():
    held = {letter for file in font_files() for letter in TTFont(file).getBestCmap()}
    assert {ord(letter) for letter in characters()} == held, REMAKE


def test_the_fonts_stay_small_and_have_their_licence_beside_them():
    assert sum(file.stat().st_size for file in font_files()) < 1_500_000
    assert "SIL OPEN FONT LICENSE" in (font_files()[0].parent / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("locale", [locale for locale in Locale if locale is not Locale.EN])
def test_every_label_of_a_picture_can_be_drawn(locale):
    with (LOCALES / locale / "LC_MESSAGES" / "bot.po").open("rb") as file:
        labels = [str(message.string) for message in read_po(file) if message.context in DRAWN]
    assert labels
    missing = {letter for label in [*labels, locale.endonym] for letter in label if letter not in characters()}
    assert not missing, REMAKE


@pytest.mark.parametrize("locale", list(Locale))
def test_every_day_and_number_can_be_drawn(locale):
    days = [format_day(date(2026, 1, 1) + timedelta(days=number), locale) for number in range(366)]
    shown = "".join([*days, format_number(1234567.8, locale)])
    assert {letter for letter in shown if letter not in characters() and not letter.isspace()} == set(), REMAKE


@pytest.mark.nightly
@pytest.mark.parametrize("locale", list(Locale))
def test_no_picture_shows_an_empty_box(locale, boxless, monkeypatch):
    t = Catalogs(LOCALES).translator(locale)
    page = statistics_page(busy(Period.last(14, today=TODAY)), t)
    assert not boxes(page_svg(page), boxless, monkeypatch)


@pytest.mark.parametrize("text", ACROSS_SCRIPTS)
def test_no_label_across_scripts_shows_an_empty_box(text, boxless, monkeypatch):
    assert not boxes(written(in_order(drawable(text), is_rtl=False)), boxless, monkeypatch)


def test_an_empty_box_would_be_seen(boxless, monkeypatch):
    assert boxes(written("ถนน"), boxless, monkeypatch)


def test_what_no_font_holds_is_left_out():
    assert drawable("🎉 Форум\u202f2026\n ถนน 论坛") == "Форум 2026 论坛"
    assert drawable("🎉") == ""


def test_indian_letters_beside_latin_ones_are_joined_as_they_are_alone():
    alone = ending("क्षेत्र")
    assert ending(in_order("SCO क्षेत्र", is_rtl=False)) == alone
    assert ending("SCO क्षेत्र") != alone, "resvg joins them by itself now: in_order can be simpler"


def ending(text: str) -> bytes:
    """The end of a text, as wide as the word alone; what is drawn before it lies below a cover.

    At this size a font's unit is the sixteenth of a pixel, so that sums of widths are exact.
    """
    return render(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="90" font-family="{FAMILIES}">'
        f'<text x="390" y="60" font-size="62.5" text-anchor="end">{text}</text><path d="M0 0H301V90H0z" fill="#fff"/></svg>'
    )
