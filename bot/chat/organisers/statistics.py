"""`/stats`: figures of the last days as pictures in the organiser's language, and the same as a table."""

from __future__ import annotations

import asyncio
import re
from io import StringIO

from bot.announcements.model import Role
from bot.chat.admission import OrganiserContext, admit
from bot.chat.context import UpdateContext
from bot.chat.text import statistics_texts as words
from bot.chat.text.rendering import Html, said
from bot.chat.text.statistics_pages import statistics_caption, statistics_pages
from bot.reports.charts import ChartPage, draw_page
from bot.reports.statistics import Period, write_statistics
from bot.writing.digits import ascii_digits

MAY_LOOK = frozenset(Role)
"""Who sees the figures: they name nobody."""
_USUAL_DAYS = 14
"""Two weeks: a weekend beside another, and each day's column has room for its number. By reasoning."""
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")


async def stats(update: UpdateContext) -> None:
    """Show the last days: two weeks, or so many as stand behind the command and as questions are kept."""
    context = await admit(update, MAY_LOOK, "stats")
    if context is None:
        return
    days = _days_of(context)
    if days is None:
        await context.say(context.text(lambda t: words.how_to_ask(t, "/stats 7")))
        return
    period = Period.last(days, today=context.today)
    statistics = await context.statistics.count(period)
    caption = statistics_caption(statistics, context.t)
    if not statistics.questions:
        await context.say(caption)
        return
    await _send_pictures(context, statistics_pages(statistics, context.t), caption)
    table = StringIO()
    write_statistics(statistics, table.write)
    name, note = f"{period.since}_{period.until}.csv", said(words.table_note(context.t), context.locale)
    content = table.getvalue().encode("utf-8-sig")
    await context.app.sender.document(context.chat_id, content, filename=name, caption=note)


async def _send_pictures(context: OrganiserContext, pages: list[ChartPage], caption: Html) -> None:
    """One a page; the first has the sums in words below it."""
    for number, page in enumerate(pages):
        drawn = await asyncio.to_thread(draw_page, page)
        words_below = Html() if number else caption
        await context.app.sender.photo(context.chat_id, drawn, filename=f"{number + 1}.png", caption=words_below)


def _days_of(context: OrganiserContext) -> int | None:
    """How many days are wished for; None when what stands behind the command is no such number."""
    _command, *wish = (context.message.text or "").split() if context.message else [""]
    if not wish:
        return _USUAL_DAYS
    found = _NUMBER.fullmatch(ascii_digits(" ".join(wish)))
    return min(int(found.group()), context.app.rules.retention.questions_days) if found else None
