"""Sums over questions, as series and as a table."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

import pytest

from bot.answering.model import Feedback, Outcome
from bot.ids import Locale
from bot.reports.statistics import (
    COLUMNS,
    AnswerTime,
    Fate,
    Grouping,
    Period,
    Statistics,
    summary_of,
    write_statistics,
)
from tests.support.statistics import TODAY, busy

PERIOD = Period(date(2026, 11, 12), TODAY)


def rows(statistics: Statistics) -> list[list[str]]:
    table = StringIO()
    write_statistics(statistics, table.write)
    return list(csv.reader(StringIO(table.getvalue(), newline="")))


def test_a_period_counts_today_as_its_last_day():
    assert Period.last(3, today=TODAY) == PERIOD
    assert list(Period.last(1, today=TODAY).days()) == [TODAY]


def test_days_without_a_question_are_there_too():
    statistics = Statistics(period=PERIOD, by_day={(TODAY, Locale.RU): 2, (TODAY, Locale.ZH): 3})
    assert [number for _, number in statistics.each_day()] == [0, 0, 5]
    assert statistics.questions == 5
    assert statistics.by_language() == [(Locale.ZH, 3), (Locale.RU, 2)]


def test_the_largest_group_comes_first():
    statistics = Statistics(period=PERIOD, groups={Grouping.TOPIC: {"expo": 1, "forum": 3, "area": 1}})
    assert statistics.by(Grouping.TOPIC) == [("forum", 3), ("area", 1), ("expo", 1)]
    assert statistics.by(Grouping.OUTCOME) == []


@pytest.mark.parametrize(
    ("outcome", "fate"),
    [
        ("answered", Fate.ANSWERED),
        ("declined_harm", Fate.DECLINED),
        ("thanks", Fate.SMALL_TALK),
        ("empty", Fate.SMALL_TALK),
    ],
)
def test_outcomes_that_mean_the_same_share_a_bar(outcome, fate):
    statistics = Statistics(period=PERIOD, groups={Grouping.OUTCOME: {outcome: 4}})
    assert statistics.fates() == [(fate, 4)]


def test_no_question_is_lost_between_outcomes_and_bars():
    statistics = busy(PERIOD)
    assert sum(number for _, number in statistics.fates()) == sum(40 - number for number in range(len(Outcome)))


def test_the_table_has_a_line_for_each_sum():
    made = rows(
        Statistics(
            period=PERIOD,
            by_day={(TODAY, Locale.RU): 2},
            groups={Grouping.TOPIC: {"expo": 2}, Grouping.OUTCOME: {"answered": 2}},
            opinions={(TODAY, Feedback.HELPFUL): 1},
            took=AnswerTime(20.4, 31.6),
            agreed={TODAY: 1},
            subscribers=7,
        )
    )
    assert made == [
        list(COLUMNS),
        ["questions", "2026-11-14", "ru", "2"],
        ["topic", "", "expo", "2"],
        ["outcome", "", "answered", "2"],
        ["feedback", "2026-11-14", "helpful", "1"],
        ["response_ms", "", "median", "20"],
        ["response_ms", "", "p95", "32"],
        ["agreed", "2026-11-14", "", "1"],
        ["subscribers", "", "", "7"],
    ]


def test_no_sum_is_of_more_than_a_day_and_one_thing():
    for figure, day, _of, _number in rows(busy(PERIOD))[1:]:
        assert not day or figure in {"questions", "feedback", "response_ms", "agreed"}


def test_a_table_of_nothing_says_how_many_subscribe():
    assert rows(Statistics(period=PERIOD)) == [list(COLUMNS), ["subscribers", "", "", "0"]]


def test_the_plain_values_agree_with_the_table():
    statistics = busy(PERIOD)
    told, made = summary_of(statistics), rows(statistics)
    assert told["questions"] == sum(int(row[3]) for row in made if row[0] == "questions")
    assert told["feedback"] == {"helpful": 87, "unhelpful": 9}
    assert told["response_ms"] == {"median": 34, "p95": 1240}
    assert summary_of(Statistics(period=PERIOD))["response_ms"] is None
