"""Figures to draw, and a store that gives them."""

from __future__ import annotations

from datetime import date

from bot.answering.model import Feedback, Outcome
from bot.ids import Locale
from bot.reports.statistics import AnswerTime, Grouping, Period, Statistics

TODAY = date(2026, 11, 14)
TOPICS = ("expo", "logistics", "venue", "entry", "forum", "money", "transport", "area", "")


def busy(period: Period) -> Statistics:
    """Days with everything on them: each language, outcome and opinion, and more topics than have bars."""
    days = list(period.days())
    by_day = {(day, locale): 3 + at + number for at, day in enumerate(days) for number, locale in enumerate(Locale)}
    return Statistics(
        period=period,
        by_day=by_day,
        groups={
            Grouping.TOPIC: {topic: 90 - 10 * number for number, topic in enumerate(TOPICS)},
            Grouping.OUTCOME: {outcome.value: 40 - number for number, outcome in enumerate(Outcome)},
        },
        opinions={(days[0], Feedback.HELPFUL): 87, (days[-1], Feedback.UNHELPFUL): 9},
        took=AnswerTime(34.2, 1240.0),
        took_by_day={days[0]: AnswerTime(34.2, 1240.0)},
        agreed={day: number for number, day in enumerate(days)},
        subscribers=1482,
    )


class FakeStatistics:
    """Implements `bot.reports.ports.StatisticsStore`: every period is busy, unless it `is_empty`."""

    def __init__(self) -> None:
        self.asked: list[Period] = []
        self.is_empty = False

    async def count(self, period: Period) -> Statistics:
        self.asked.append(period)
        return Statistics(period=period, subscribers=2) if self.is_empty else busy(period)
