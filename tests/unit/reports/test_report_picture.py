"""The picture of a report: a whole PNG in which the bars have the lengths of their counts."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from bot.ids import Locale
from bot.reports.report_picture import CopyOutcome, Figures, draw_report

START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


def figures(by_locale, sent_at=(), title="Forum moved") -> Figures:
    return Figures(title=title, by_locale=by_locale, sent_at=sent_at, span=timedelta(minutes=1))


def pixels(png: bytes) -> np.ndarray:
    """Reads our own kind of PNG, and checks each block's sum."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, blocks = 8, {}
    while at < len(png):
        [length] = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + content),)
        blocks[kind] = content
        at += length + 12
    assert list(blocks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height = struct.unpack(">II", blocks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(blocks[b"IDAT"]), np.uint8).reshape(height, 1 + width * 3)
    return rows[:, 1:].reshape(height, width, 3)


def longest_run(image: np.ndarray, outcome: CopyOutcome) -> int:
    """The length of the longest row of this colour."""
    return max((int(row.sum()) for row in (image == outcome.value).all(axis=2)), default=0)


def test_a_bar_is_as_long_as_its_count():
    image = pixels(draw_report(figures({Locale.ZH: {CopyOutcome.SENT: 300, CopyOutcome.FAILED: 100}})))
    assert longest_run(image, CopyOutcome.SENT) == pytest.approx(3 * longest_run(image, CopyOutcome.FAILED), abs=3)
    assert longest_run(image, CopyOutcome.BLOCKED) == 0


def test_every_outcome_and_language_is_drawn():
    counts = {outcome: 10 + number for number, outcome in enumerate(CopyOutcome)}
    image = pixels(draw_report(figures(dict.fromkeys(Locale, counts))))
    assert all(longest_run(image, outcome) > 10 for outcome in CopyOutcome)
    less = pixels(draw_report(figures({Locale.EN: counts})))
    assert len(image) > len(less)


def test_copies_over_time_rise_with_their_number():
    sent_at = [(START + timedelta(minutes=minute), count) for minute, count in enumerate((10, 40, 20))]
    image = pixels(draw_report(figures({Locale.EN: {CopyOutcome.SENT: 70}}, sent_at)))
    green = (image[-240:] == CopyOutcome.SENT.value).all(axis=2).sum(axis=0)
    heights = [int(green[at]) for at in (200, 500, 800)]
    assert heights[1] == pytest.approx(4 * heights[0], abs=4)
    assert heights[2] == pytest.approx(2 * heights[0], abs=3)


def test_nothing_sent_yet_is_drawn_too():
    assert pixels(draw_report(figures({}))).shape[1] == 960


def test_a_title_in_another_script_is_left_out_and_does_no_harm():
    assert draw_report(figures({}, title="论坛")) == draw_report(figures({}, title=""))


def test_the_same_figures_give_the_same_bytes():
    given = figures({Locale.FA: {CopyOutcome.SENT: 5}})
    assert draw_report(given) == draw_report(given)
