"""The picture of a report: bars have the lengths of their counts, and every number stands beside its bar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from bot.ids import Locale
from bot.reports.report_picture import CopyOutcome, Figures, draw_report, report_svg

START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


def figures(by_locale, sent_at=(), title="Forum moved") -> Figures:
    return Figures(title=title, by_locale=by_locale, sent_at=sent_at, span=timedelta(minutes=1))


def boxes(figures_: Figures, outcome: CopyOutcome) -> list[dict[str, float]]:
    """Place and size of what is drawn in an outcome's colour, its square in the legend first."""
    found = ET.fromstring(report_svg(figures_)).iter("{http://www.w3.org/2000/svg}rect")
    return [
        {name: float(box.attrib[name]) for name in ("x", "y", "width", "height")}
        for box in found
        if box.attrib["fill"] == outcome.value
    ]


def words(figures_: Figures) -> list[str]:
    return [text.text or "" for text in ET.fromstring(report_svg(figures_)).iter("{http://www.w3.org/2000/svg}text")]


def test_a_bar_is_as_long_as_its_count():
    given = figures({Locale.ZH: {CopyOutcome.SENT: 300, CopyOutcome.FAILED: 100}})
    for sent, failed in zip(boxes(given, CopyOutcome.SENT)[1:], boxes(given, CopyOutcome.FAILED)[1:], strict=True):
        assert sent["width"] == pytest.approx(3 * failed["width"], abs=0.5)
        assert failed["x"] == pytest.approx(sent["x"] + sent["width"], abs=0.2)
    assert boxes(given, CopyOutcome.BLOCKED) == []


def test_every_outcome_and_language_is_drawn_with_its_number():
    counts = {outcome: 10 + number for number, outcome in enumerate(CopyOutcome)}
    given = figures(dict.fromkeys(Locale, counts))
    assert {len(boxes(given, outcome)) for outcome in CopyOutcome} == {1 + 1 + len(Locale)}
    assert {locale.endonym for locale in Locale} <= set(words(given))
    assert {f"{12 * count}" for count in counts.values()} <= set(words(given))
    assert words(given).count(str(sum(counts.values()))) == len(Locale)


def test_copies_over_time_rise_with_their_number():
    sent_at = [(START + timedelta(minutes=minute), count) for minute, count in enumerate((10, 40, 20))]
    given = figures({Locale.EN: {CopyOutcome.SENT: 70}}, sent_at)
    heights = [box["height"] for box in boxes(given, CopyOutcome.SENT)[-3:]]
    assert heights == pytest.approx([heights[1] / 4, heights[1], heights[1] / 2])
    assert words(given)[-3:] == ["40", "2026-11-03 09:30:00", "09:33:00 UTC"]


def test_nothing_sent_yet_is_drawn_too():
    assert draw_report(figures({})).startswith(b"\x89PNG")


@pytest.mark.parametrize("title", ["论坛改期", "Форум перенесён", "همایش", "मंच स्थानांतरित", "Forum <moved> & more"])
def test_a_title_is_drawn_in_every_script(title):
    assert words(figures({}, title=title))[0] == title


def test_what_no_font_holds_is_left_out_of_the_title_and_does_no_harm():
    assert report_svg(figures({}, title="🎉")) == report_svg(figures({}, title=""))


def test_the_same_figures_give_the_same_bytes():
    given = figures({Locale.FA: {CopyOutcome.SENT: 5}})
    assert draw_report(given) == draw_report(given)
