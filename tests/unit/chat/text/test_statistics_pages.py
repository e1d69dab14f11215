"""The pages and the words of `/stats`, in every language."""

from __future__ import annotations

from datetime import date

import pytest

from bot.chat.text.rendering import plain
from bot.chat.text.statistics_pages import statistics_caption, statistics_page, statistics_pages
from bot.chat.text.statistics_texts import duration
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.reports.charts import page_svg
from bot.reports.statistics import Grouping, Period, Statistics
from tests.support.chat_rig import LOCALES
from tests.support.statistics import TODAY, busy

CATALOGS = Catalogs(LOCALES)
EN = CATALOGS.translator(Locale.EN)
PERIOD = Period.last(14, today=TODAY)
MOST_ON_A_PHONE = 2_100
"""Pixels of height for 1,080 of width: about a phone's screen."""


@pytest.mark.parametrize("locale", list(Locale))
def test_each_language_has_three_pages_in_its_direction(locale):
    pages = statistics_pages(busy(PERIOD), CATALOGS.translator(locale))
    assert [len(page.charts) for page in pages] == [1, 2, 2]
    assert {page.is_rtl for page in pages} == {locale in (Locale.FA, Locale.UR)}
    assert {bar.label for bar in pages[2].charts[0].bars} == {one.endonym for one in Locale}
    heights = [int(page_svg(page).partition('height="')[2].partition('"')[0]) for page in pages]
    assert max(heights) < MOST_ON_A_PHONE


def test_every_topic_and_question_is_in_a_bar():
    statistics = busy(PERIOD)
    [_, (outcomes, topics), (languages, _)] = [page.charts for page in statistics_pages(statistics, EN)]
    assert sum(bar.amount for bar in languages.bars) == statistics.questions
    assert sum(bar.amount for bar in topics.bars) == sum(statistics.groups[Grouping.TOPIC].values()) - 10
    assert topics.bars[-1].label == "Others"
    assert [bar.label for bar in outcomes.bars][:2] == ["Answered", "Sections offered"]


def test_the_sums_in_words_are_those_of_the_picture():
    statistics = busy(PERIOD)
    told = plain(statistics_caption(statistics, EN))
    assert [f"{tile.label}: {tile.figure}" in told for tile in statistics_page(statistics, EN).tiles] == [True] * 6
    assert "95 of 100 answers within: 1.2 s" in told


def test_a_chart_without_anything_is_left_out():
    [page] = statistics_pages(Statistics(period=PERIOD), EN)
    assert page.charts == []
    assert [tile.figure for tile in page.tiles] == ["0", "0"]
    assert "Nobody has asked" in plain(statistics_caption(Statistics(period=PERIOD), EN))


def test_the_long_page_has_every_chart():
    assert len(statistics_page(busy(PERIOD), EN).charts) == 5


def test_one_day_is_named_once_and_a_long_period_stands_on_two_lines():
    one = statistics_page(busy(Period(TODAY, TODAY)), EN)
    assert one.lines == ["November 14, 2026"]
    assert len(statistics_page(busy(PERIOD), EN).lines) == 1
    assert len(statistics_page(busy(PERIOD), CATALOGS.translator(Locale.FA)).lines) == 2


@pytest.mark.parametrize(("took", "said"), [(0.4, "0 ms"), (34.2, "34 ms"), (999.4, "999 ms"), (1240, "1.2 s")])
def test_a_time_is_in_milliseconds_below_a_second(took, said):
    assert duration(EN, took) == said


def test_topics_that_have_no_words_are_shown_by_their_folder():
    statistics = Statistics(period=Period(date(2026, 1, 1), date(2026, 1, 1)), groups={Grouping.TOPIC: {"new_hall": 1}})
    assert statistics_page(statistics, EN).charts[0].bars[0].label == "New hall"
