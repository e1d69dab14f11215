"""`scoda stats`: what visitors asked and what became of it, in sums; it needs no running bot and disturbs none."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.adapters.database.statistics_store import SqlStatistics
from bot.adapters.system.clock import utc_now
from bot.app.state import open_state
from bot.chat.text.statistics_pages import statistics_page
from bot.cli.console import say_aside
from bot.cli.options import AsJson, file_to_write
from bot.cli.printing import print_tree
from bot.i18n.translator import Catalogs
from bot.i18n.zones import EVENT_ZONE
from bot.ids import Locale
from bot.reports.charts import draw_page
from bot.reports.statistics import Period, Statistics, summary_of, write_statistics
from bot.settings import Settings

_USUAL_DAYS = 14
"""As many as `/stats` shows."""
_STANDARD_OUTPUT = Path("-")
_DAY = ["%Y-%m-%d"]


def stats(
    context: typer.Context,
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The first day; default: two weeks in all.", metavar="DATE")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The last day; default: today.", metavar="DATE")
    ] = None,
    csv_file: Annotated[
        Path | None, file_to_write("--csv", "Write the figures here as a table; - prints them.", "FILE|-")
    ] = None,
    picture: Annotated[Path | None, file_to_write("--picture", "Write them here as a picture, PNG.", "FILE")] = None,
    lang: Annotated[Locale, typer.Option(help="The language of the picture.")] = Locale.EN,
    as_json: AsJson = False,
) -> None:
    """Count what visitors asked, by day, language, topic and outcome. Days begin in Beijing time; nobody is named."""
    settings: Settings = context.obj
    now = utc_now()
    period = _period(since, until, today=now.astimezone(ZoneInfo(EVENT_ZONE)).date())
    kept = settings.privacy.keep_questions_days
    if period.since <= (now.astimezone(UTC) - timedelta(days=kept)).date():
        say_aside(f"Questions are kept for {kept} days ([privacy] keep_questions_days): older ones are not counted.")
    statistics = asyncio.run(_counted(settings, period))
    if picture is not None:
        picture.write_bytes(draw_page(statistics_page(statistics, Catalogs().translator(lang))))
    if csv_file is not None:
        _write_table(statistics, csv_file)
    if csv_file != _STANDARD_OUTPUT:
        print_tree(summary_of(statistics), as_json=as_json)


def _period(since: datetime | None, until: datetime | None, *, today: date) -> Period:
    last = today if until is None else until.date()
    first = last - timedelta(days=_USUAL_DAYS - 1) if since is None else since.date()
    if first > last:
        raise typer.BadParameter(f"--since {first} lies after --until {last}: name the earlier day first")
    return Period(first, last)


async def _counted(settings: Settings, period: Period) -> Statistics:
    async with open_state(settings, reads_only=True) as database:
        return await SqlStatistics(database).count(period)


def _write_table(statistics: Statistics, file: Path) -> None:
    if file == _STANDARD_OUTPUT:
        table = StringIO()
        write_statistics(statistics, table.write)
        typer.echo(table.getvalue(), nl=False)
        return
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        write_statistics(statistics, opened.write)
