"""The figures of a period as pages of charts in the reader's language, and in a few lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from bot.answering.model import Feedback
from bot.chat.text import statistics_texts as words
from bot.chat.text import texts
from bot.chat.text.rendering import Html, bold, lines, paragraphs, said
from bot.i18n.translator import Translator
from bot.reports.charts import Bar, Chart, ChartPage, Tile
from bot.reports.statistics import NO_TOPIC, Fate, Grouping, Statistics

_MOST_TOPICS = 6
"""Topics with a bar of their own, so that a page is about as long as a phone's screen. Chosen by looking at them."""
_LONGEST_LINE = 46
"""Characters of a period that fit into one line of a page; chosen by looking at them."""


def statistics_pages(statistics: Statistics, t: Translator) -> list[ChartPage]:
    """What is drawn: sums and days; what became of the questions, and topics; languages, and who subscribed."""
    outcomes = _chart(words.by_fate(t), [(words.fate(t, fate), number) for fate, number in statistics.fates()], t)
    topics = _chart(words.by_topic(t), _with_rest(_topics(statistics, t), t), t)
    languages = _chart(words.by_language(t), [(one.endonym, number) for one, number in statistics.by_language()], t)
    steps = _chart(words.by_step(t), [(words.step(t, step), number) for step, number in statistics.steps()], t)
    pages: list[tuple[list[Tile], list[Chart]]] = [
        (_tiles(statistics, t), [_over_time(words.by_day(t), statistics.each_day(), t)]),
        ([], [outcomes, topics]),
        ([], [steps]),
        ([], [languages, _over_time(words.agreed_by_day(t), statistics.agreed_each_day(), t)]),
    ]
    return [
        ChartPage(
            title=words.title(t),
            lines=_period(statistics, t),
            tiles=tiles,
            charts=[chart for chart in charts if _has_something(chart)],
            is_rtl=t.locale.is_rtl,
        )
        for tiles, charts in pages
        if tiles or any(map(_has_something, charts))
    ]


def statistics_page(statistics: Statistics, t: Translator) -> ChartPage:
    """All of it on one long page."""
    pages = statistics_pages(statistics, t)
    return replace(pages[0], charts=[chart for page in pages for chart in page.charts])


def _has_something(chart: Chart) -> bool:
    return any(bar.amount for bar in chart.bars)


def statistics_caption(statistics: Statistics, t: Translator) -> Html:
    """The sums in words, for below the picture."""
    head = bold(said(words.title(t), t.locale))
    when = lines(*(said(line, t.locale) for line in _period(statistics, t)))
    if not statistics.questions:
        return paragraphs(lines(head, when), said(words.nothing_asked(t), t.locale))
    return paragraphs(lines(head, when), lines(*(said(_line(tile), t.locale) for tile in _tiles(statistics, t))))


def _line(tile: Tile) -> str:
    return f"{tile.label}: {tile.figure}"


def _period(statistics: Statistics, t: Translator) -> list[str]:
    since, until = t.date(statistics.period.since), t.date(statistics.period.until)
    if since == until:
        return [since]
    whole = words.period(t, since, until)
    return [whole] if len(whole) <= _LONGEST_LINE else [f"{since} –", until]


def _tiles(statistics: Statistics, t: Translator) -> list[Tile]:
    tiles = [Tile(t.number(statistics.questions), words.questions(t))]
    if statistics.questions:
        answered = dict(statistics.fates()).get(Fate.ANSWERED, 0)
        tiles.append(Tile(t.percent(answered / statistics.questions), words.answered(t)))
    if statistics.took is not None:
        tiles.append(Tile(words.duration(t, statistics.took.median_ms), words.usual_time(t)))
        tiles.append(Tile(words.duration(t, statistics.took.p95_ms), words.longest_time(t)))
    if statistics.opinions:
        up, down = (t.number(statistics.opinion(one)) for one in (Feedback.HELPFUL, Feedback.UNHELPFUL))
        tiles.append(Tile(f"{up} : {down}", words.opinions(t)))
    return [*tiles, Tile(t.number(statistics.subscribers), words.subscribers(t))]


def _over_time(heading: str, numbers: Iterable[tuple[date, int]], t: Translator) -> Chart:
    bars = [Bar(t.number(day.day), number, t.number(number)) for day, number in numbers]
    return Chart(heading=heading, bars=bars, over_time=True)


def _chart(heading: str, numbers: Iterable[tuple[str, int]], t: Translator) -> Chart:
    return Chart(heading=heading, bars=[Bar(name, number, t.number(number)) for name, number in numbers])


def _topics(statistics: Statistics, t: Translator) -> list[tuple[str, int]]:
    return [(texts.topic(t, name), number) for name, number in statistics.by(Grouping.TOPIC) if name != NO_TOPIC]


def _with_rest(numbers: Sequence[tuple[str, int]], t: Translator) -> list[tuple[str, int]]:
    """The largest ones, and the sum of the others."""
    if len(numbers) <= _MOST_TOPICS + 1:
        return list(numbers)
    return [*numbers[:_MOST_TOPICS], (words.others(t), sum(number for _, number in numbers[_MOST_TOPICS:]))]
