"""What visitors asked and what became of it, as sums: for the chat, the command line, pictures and spreadsheets.

Only sums are here, and none is of more than a day and one thing besides: a rare language on a day with a rare topic
could be somebody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from bot.answering.model import Feedback, LostBy, Outcome
from bot.ids import Locale
from bot.reports.spreadsheet import cell, line_of

COLUMNS = ("figure", "day", "of", "number")
"""Of the CSV: a number is of a day where one is named, and of one language, topic, outcome or opinion."""
NO_TOPIC = ""
"""Of questions for which no section was told or offered."""


class Grouping(StrEnum):
    """By what the questions of a period are counted, besides by day and language."""

    TOPIC = "topic"
    """The topic folder of the first section that was told, or else offered."""
    OUTCOME = "outcome"
    """Its values are those of `bot.answering.model.Outcome`."""
    STEP = "step"
    """The step that lost the question, a `bot.answering.model.LostBy`; empty where it was not lost."""


class Fate(StrEnum):
    """What became of a question, as a picture shows it: outcomes that mean the same to who cares for the knowledge."""

    ANSWERED = "answered"
    OFFERED = "offered"
    CLARIFY = "clarify"
    UNKNOWN = "unknown"
    DECLINED = "declined"
    SMALL_TALK = "small_talk"


_FATES = {
    Outcome.ANSWERED: Fate.ANSWERED,
    Outcome.OFFERED: Fate.OFFERED,
    Outcome.CLARIFY: Fate.CLARIFY,
    Outcome.UNKNOWN: Fate.UNKNOWN,
    Outcome.DECLINED_POLITICS: Fate.DECLINED,
    Outcome.DECLINED_ADVICE: Fate.DECLINED,
    Outcome.DECLINED_HARM: Fate.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in the venues' time zone, the first and the last one included."""

    since: date
    until: date

    @classmethod
    def last(cls, days: int, *, today: date) -> Period:
        """So many days, today the last of them."""
        return cls(today - timedelta(days=days - 1), today)

    def days(self) -> Iterator[date]:
        """Each day, earliest first."""
        return (self.since + timedelta(days=number) for number in range((self.until - self.since).days + 1))


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """How long answers took, in milliseconds: half of them no longer than the one, 95 of 100 than the other."""

    median_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The figures of a period. What is not named was not there."""

    period: Period
    by_day: Mapping[tuple[date, Locale], int] = field(default_factory=dict)
    groups: Mapping[Grouping, Mapping[str, int]] = field(default_factory=dict)
    opinions: Mapping[tuple[date, Feedback], int] = field(default_factory=dict)
    took: AnswerTime | None = None
    took_by_day: Mapping[date, AnswerTime] = field(default_factory=dict)
    agreed: Mapping[date, int] = field(default_factory=dict)
    """Who agreed to announcements on that day and still receives them."""
    subscribers: int = 0
    """Chats that receive announcements now."""

    @property
    def questions(self) -> int:
        """All of them."""
        return sum(self.by_day.values())

    def each_day(self) -> list[tuple[date, int]]:
        """The questions of each day, those without any too."""
        sums: Counter[date] = Counter()
        for (day, _locale), number in self.by_day.items():
            sums[day] += number
        return [(day, sums[day]) for day in self.period.days()]

    def agreed_each_day(self) -> list[tuple[date, int]]:
        """New subscribers of each day, days without any too."""
        return [(day, self.agreed.get(day, 0)) for day in self.period.days()]

    def by_language(self) -> list[tuple[Locale, int]]:
        """The questions in each language, the most usual first."""
        sums: Counter[Locale] = Counter()
        for (_day, locale), number in sorted(self.by_day.items()):
            sums[locale] += number
        return sums.most_common()

    def by(self, grouping: Grouping) -> list[tuple[str, int]]:
        """The questions in each group, the largest first."""
        return Counter(dict(sorted(self.groups.get(grouping, {}).items()))).most_common()

    def fates(self) -> list[tuple[Fate, int]]:
        """What became of the questions, in the order of `Fate`, without what did not happen."""
        sums: Counter[Fate] = Counter()
        for outcome, number in self.groups.get(Grouping.OUTCOME, {}).items():
            sums[_FATES.get(Outcome(outcome), Fate.SMALL_TALK)] += number
        return [(fate, sums[fate]) for fate in Fate if sums[fate]]

    def steps(self) -> list[tuple[LostBy, int]]:
        """At which step questions were lost, the most usual first."""
        return [(LostBy(step), number) for step, number in self.by(Grouping.STEP) if step]

    def opinion(self, feedback: Feedback) -> int:
        """How often visitors thought so."""
        return sum(number for (_day, one), number in self.opinions.items() if one is feedback)


def write_statistics(statistics: Statistics, write: Callable[[str], object]) -> None:
    """Write a heading and a line for each figure, as CSV."""
    write(line_of(COLUMNS))
    for row in _rows(statistics):
        write(line_of(row))


def _rows(statistics: Statistics) -> Iterator[Sequence[str]]:
    for (day, locale), number in sorted(statistics.by_day.items()):
        yield "questions", day.isoformat(), locale.value, str(number)
    for grouping in Grouping:
        for name, number in statistics.by(grouping):
            yield grouping.value, "", cell(name), str(number)
    for (day, feedback), number in sorted(statistics.opinions.items()):
        yield "feedback", day.isoformat(), feedback.value, str(number)
    spans = [(day.isoformat(), took) for day, took in sorted(statistics.took_by_day.items())]
    for name, took in [*spans, ("", statistics.took)]:
        if took is not None:
            yield "response_ms", name, "median", f"{took.median_ms:.0f}"
            yield "response_ms", name, "p95", f"{took.p95_ms:.0f}"
    for day, number in sorted(statistics.agreed.items()):
        yield "agreed", day.isoformat(), "", str(number)
    yield "subscribers", "", "", str(statistics.subscribers)


def summary_of(statistics: Statistics) -> dict[str, object]:
    """The figures as plain values."""
    took = statistics.took
    return {
        "since": statistics.period.since.isoformat(),
        "until": statistics.period.until.isoformat(),
        "questions": statistics.questions,
        "by_day": {day.isoformat(): number for day, number in statistics.each_day()},
        "by_language": {locale.value: number for locale, number in statistics.by_language()},
        **{f"by_{grouping.value}": _named(statistics.by(grouping)) for grouping in Grouping},
        "feedback": {one.value: statistics.opinion(one) for one in Feedback},
        "response_ms": None if took is None else {"median": round(took.median_ms), "p95": round(took.p95_ms)},
        "subscribers": statistics.subscribers,
        "agreed_by_day": {day.isoformat(): number for day, number in statistics.agreed_each_day()},
    }


def _named(groups: Sequence[tuple[str, int]]) -> dict[str, int]:
    return {name or "none": number for name, number in groups}
