"""What a page of charts looks like, read from its drawing."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from bot.reports.charts import Bar, Chart, ChartPage, Tile, draw_page, page_svg
from bot.reports.sheet import WIDTH

BARS = [Bar("Expo", 40, "40"), Bar("Forums & more", 10, "10"), Bar("None", 0, "0")]


def page(*, over_time: bool = False, is_rtl: bool = False, bars: list[Bar] = BARS) -> ChartPage:
    charts = [Chart(heading="By topic", bars=bars, over_time=over_time)]
    return ChartPage(title="Title", lines=["May"], tiles=[Tile("50", "Questions")], charts=charts, is_rtl=is_rtl)


def parts(one: ChartPage, kind: str) -> list[dict[str, str]]:
    """The texts or boxes of a page: what they say, and how."""
    root = ET.fromstring(page_svg(one))
    return [{**part.attrib, "said": part.text or ""} for part in root.iter(f"{{http://www.w3.org/2000/svg}}{kind}")]


def accents(one: ChartPage) -> list[tuple[float, float]]:
    """Left side and width of each box in the accent colour."""
    return [(float(box["x"]), float(box["width"])) for box in parts(one, "rect") if box["fill"] == "#0a7a8c"]


def test_every_word_stands_on_the_page_with_its_number():
    said = [text["said"] for text in parts(page(), "text")]
    assert said == ["Title", "May", "50", "Questions", "By topic", "Expo", "40", "Forums & more", "10", "None", "0"]


def test_bars_are_as_long_as_their_amounts_and_nothing_has_none():
    (_, whole), (_, quarter) = accents(page())
    assert quarter == pytest.approx(whole / 4)


def test_columns_are_as_high_as_their_amounts_earliest_first():
    boxes = [box for box in parts(page(over_time=True), "rect") if box["fill"] == "#0a7a8c"]
    assert float(boxes[1]["height"]) == pytest.approx(float(boxes[0]["height"]) / 4)
    assert float(boxes[0]["x"]) < float(boxes[1]["x"])


@pytest.mark.parametrize("over_time", [False, True])
def test_a_page_for_readers_from_right_to_left_is_mirrored(over_time):
    from_left, from_right = accents(page(over_time=over_time)), accents(page(over_time=over_time, is_rtl=True))
    assert [WIDTH - left - width for left, width in from_right] == pytest.approx(
        [left for left, _ in from_left], abs=0.2
    )
    assert [width for _, width in from_right] == [width for _, width in from_left]
    title = parts(page(is_rtl=True), "text")[0]
    assert (title["text-anchor"], float(title["x"])) == ("end", WIDTH - 64)


def test_of_many_columns_only_the_highest_has_a_number():
    many = [Bar(str(number), number, f"n{number}") for number in range(1, 31)]
    said = [text["said"] for text in parts(page(over_time=True, bars=many), "text")]
    assert [one for one in said if one.startswith("n")] == ["n30"]
    assert "1" in said
    assert "2" not in said


def test_long_words_are_made_smaller_until_they_fit():
    tile = Tile("1", "Wszystkie niezwykle długie słowa obok siebie")
    sizes = [float(text["font-size"]) for text in parts(ChartPage(title="T", tiles=[tile]), "text")]
    assert sizes[-1] * 0.58 * len(tile.label) <= (WIDTH - 2 * 64) / 2
    assert sizes[0] == 56


def test_the_page_is_as_high_as_what_stands_on_it():
    height = int(re.search(r'height="(\d+)"', page_svg(page())).group(1))
    lowest = max(float(box["y"]) + float(box["height"]) for box in parts(page(), "rect"))
    assert lowest < height < lowest + 150


def test_what_is_not_there_is_not_drawn():
    assert draw_page(ChartPage(title="")).startswith(b"\x89PNG")
    assert accents(page(bars=[])) == []
    assert accents(page(bars=[], over_time=True)) == []
    assert accents(page(bars=[Bar("1", 0, "0")], over_time=True)) == []


def test_the_same_page_is_the_same_picture():
    assert draw_page(page()) == draw_page(page())
